//! From text to answer: the steps that a chunk of documents goes through. `run` and `predict` share this line; [`super::stream`]
//! says which thread does which step when.

use super::cell::{CellError, Request};
use super::forward::{ForwardFault, Packing};
use super::model::Model;
use super::plan::bind;
use crate::corpus::Document;
use crate::engine::{Config, Engine, Logits, Sequence, Worker};
use crate::task::floor::BoundFloor;
use crate::task::{Answer, Prepared, Task};
use crate::text::Tokenizer;
use std::borrow::Cow;
use std::sync::Mutex;

/// Documents that go through a model together.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    /// Position of the first one among all.
    pub(super) first: usize,
    /// The documents.
    pub(super) documents: Vec<Cow<'a, Document>>,
}

impl Chunk<'_> {
    /// Bytes of text.
    pub(super) fn bytes(&self) -> usize {
        self.documents.iter().map(|document| document.text.len()).sum()
    }
}

/// A model that is bound to what it is asked.
pub(super) struct Asked<'a> {
    request: &'a Request<'a>,
    responds: Responds<'a>,
}

enum Responds<'a> {
    Floor(BoundFloor<'a>),
    Neural { task: Box<dyn Task>, engine: &'a dyn Engine, tokenizer: &'a Tokenizer },
}

/// A chunk on its way: its batches can go forward in any order, on any thread.
pub(super) struct Open<'a> {
    chunk: Chunk<'a>,
    prepared: Vec<Prepared>,
    packing: Packing,
    /// What came of each batch so far.
    batches: Mutex<Vec<Option<Vec<Logits>>>>,
}

/// A chunk that a model has answered.
pub(super) struct Done<'a> {
    /// Position of the first document among all.
    pub(super) first: usize,
    /// The documents.
    pub(super) documents: Vec<Cow<'a, Document>>,
    /// An answer a document.
    pub(super) answers: Vec<Answer>,
    /// What was asked; empty for a floor.
    pub(super) prepared: Vec<Prepared>,
    /// What the engine returned; empty for a floor.
    pub(super) logits: Vec<Vec<Logits>>,
    pub(super) counts: Counts,
}

/// How much was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Documents answered.
    pub documents: usize,
    /// Those in which the tokenizer found nothing, so that the model was not asked.
    #[serde(default)]
    pub without_tokens: usize,
    /// Windows of them; 0 for a floor.
    pub windows: usize,
    /// Sequences that the engine read.
    pub sequences: usize,
    /// Sequences that were the same as another one of their chunk, and were not computed again.
    pub repeated: usize,
    /// Tokens that went forward.
    pub tokens: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.without_tokens += other.without_tokens;
        self.windows += other.windows;
        self.sequences += other.sequences;
        self.repeated += other.repeated;
        self.tokens += other.tokens;
    }
}

impl<'a> Asked<'a> {
    /// Binds a model to a request.
    pub(super) fn bind(request: &'a Request<'a>, model: &'a Model) -> Result<Self, CellError> {
        let labels = &request.model.labels;
        let responds = match model {
            Model::Floor(floor) => {
                labels.refuse_for_floor().map_err(|error| request.refused(error.into()))?;
                Responds::Floor(floor.bind(request.gold)?)
            }
            Model::Neural { engine, tokenizer } => {
                let model = (engine.config(), labels);
                let task = bind(request.options, model, request.targets, request.asked.clone());
                let task = task.map_err(|source| request.refused(source))?;
                Responds::Neural { task, engine: engine.as_ref(), tokenizer }
            }
        };
        Ok(Self { request, responds })
    }

    /// The model's configuration; None for a floor.
    pub(super) fn config(&self) -> Option<&'a Config> {
        match &self.responds {
            Responds::Floor(_) => None,
            Responds::Neural { engine, .. } => Some(engine.config()),
        }
    }

    /// What a thread needs to go forward; None where nothing does.
    pub(super) fn worker(&self) -> Option<Box<dyn Worker + 'a>> {
        match &self.responds {
            Responds::Neural { engine, .. } if self.request.stored.is_none() => Some(engine.worker()),
            _ => None,
        }
    }

    /// Text → tokens → windows → sequences → batches.
    pub(super) fn open<'b>(&self, chunk: Chunk<'b>) -> Result<Open<'b>, CellError> {
        let (mut prepared, mut packing) = (Vec::new(), Packing::of(&[], 0));
        if let Responds::Neural { task, engine, tokenizer } = &self.responds {
            let stored = self.request.stored;
            for document in &chunk.documents {
                let beside = stored.map(|stored| stored.beside(&document.id)).unwrap_or_default();
                let asked = task.prepare(document, tokenizer, &beside);
                prepared.push(asked.map_err(|source| self.request.refused(source))?);
            }
            if stored.is_none() {
                packing = Packing::of(&sequences(&prepared), engine.batch_tokens());
            }
        }
        let batches = Mutex::new(vec![None; packing.batches()]);
        Ok(Open { chunk, prepared, packing, batches })
    }

    /// One batch → logits. Returns its tokens, and its share of the chunk's bytes.
    pub(super) fn forward(
        &self,
        open: &Open<'_>,
        batch: usize,
        worker: &mut dyn Worker,
    ) -> Result<(usize, usize), CellError> {
        let head = self.config().expect("a floor has no batches").head;
        let failed = |fault: ForwardFault| CellError::Forward {
            model: self.request.model.path.clone(),
            document: open.chunk.documents[fault.document].id.clone(),
            source: fault.error,
        };
        let ran = open.packing.run(&sequences(&open.prepared), batch, (worker, head));
        let (tokens, logits) = ran.map_err(failed)?;
        open.batches.lock().expect("no thread panics while it puts logits down")[batch] = Some(logits);
        Ok((tokens, open.chunk.bytes() * tokens / open.packing.tokens))
    }

    /// Logits → answers.
    pub(super) fn close<'b>(&self, open: Open<'b>) -> Result<Done<'b>, CellError> {
        let Open { chunk, prepared, packing, batches } = open;
        let batches = batches.into_inner().expect("no thread panics while it puts logits down");
        let batches = batches.into_iter().map(|logits| logits.expect("every batch went forward")).collect();
        let counts = Counts {
            documents: chunk.documents.len(),
            without_tokens: prepared.iter().filter(|prepared| prepared.windows.is_empty()).count(),
            windows: prepared.iter().map(|prepared| prepared.windows.len()).sum(),
            sequences: packing.sequences(),
            repeated: packing.repeated(),
            tokens: packing.tokens,
        };
        let (mut answers, mut logits) = (Vec::with_capacity(counts.documents), Vec::new());
        match &self.responds {
            Responds::Floor(floor) => {
                for (at, document) in chunk.documents.iter().enumerate() {
                    let gold = self.request.gold.get(chunk.first + at).copied();
                    let asked = self.request.asked.get(&document.id).map(Vec::as_slice);
                    answers.push(floor.answer(document, gold, asked));
                }
            }
            Responds::Neural { task, engine, .. } => {
                logits = match self.request.stored {
                    None => packing.spread(&sequences(&prepared), batches),
                    Some(stored) => {
                        let classes = engine.config().labels.len();
                        let pairs = chunk.documents.iter().zip(&prepared);
                        let of =
                            |(document, prepared): (&Cow<'_, Document>, _)| stored.of(&document.id, prepared, classes);
                        pairs.map(of).collect::<Result<_, _>>()?
                    }
                };
                for ((document, prepared), logits) in chunk.documents.iter().zip(&prepared).zip(&logits) {
                    answers.push(task.decode(document, prepared, logits));
                }
            }
        }
        Ok(Done { first: chunk.first, documents: chunk.documents, answers, prepared, logits, counts })
    }
}

impl Open<'_> {
    /// Number of batches.
    pub(super) fn batches(&self) -> usize {
        self.packing.batches()
    }

    /// Bytes of text.
    pub(super) fn bytes(&self) -> usize {
        self.chunk.bytes()
    }

    /// True when every batch went forward.
    pub(super) fn is_whole(&self) -> bool {
        self.batches.lock().expect("no thread panics while it puts logits down").iter().all(Option::is_some)
    }
}

fn sequences(prepared: &[Prepared]) -> Vec<&[Sequence]> {
    prepared.iter().map(|prepared| prepared.sequences.as_slice()).collect()
}
