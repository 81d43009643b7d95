//! What to do about an error.

use super::bench::{ReadOnce, Unwritable};
use super::gate::{NoBaseline, NoPlace};
use super::gold::{NoFolder, NoPasses, NoQueue, Occupied, Schemeless, Stale};
use super::history::{NoPoint, NoSeries};
use super::models::NoModels;
use super::predict::{BothToStdout, Foreign, SameFile, TwoMeanings, Unlike};
use super::score::{ScoreError, Unanswered};
use crate::base::file::TextError;
use crate::bench::BenchError;
use crate::compare::{CompareError, GateError};
use crate::corpus::CorpusError;
use crate::engine::LoadError;
use crate::hub::HubError;
use crate::run::{
    CellError, FolderError, HistoryError, ModelError, PlanError, PredictError, RunError, StoredError, Warning,
};
use crate::suite::SuiteError;
use crate::table::Misfit;
use crate::task::floor::FloorError;
use crate::task::{LabelError, TaskError};
use crate::text::TokenizerError;
use std::error::Error;
use std::io::ErrorKind;

/// The cure for an error, where there is one to name.
pub(super) fn of(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(of_cause)
}

/// The cure for what a warning names, where there is one to name.
pub(super) fn of_warning(warning: &Warning) -> Option<String> {
    match warning {
        Warning::Labels { unmatched, .. } if unmatched.types.is_empty() => None,
        Warning::Labels { unmatched, labels, .. } => {
            let pair = |(label, meant): (&String, &String)| format!("`{label}` is probably `{meant}`");
            let likely: Vec<String> = unmatched.likely.iter().map(pair).collect();
            let likely = if likely.is_empty() { String::new() } else { format!("{}: ", likely.join(", ")) };
            Some(format!("{likely}write `{}` under the model in the suite", unmatched.map(labels)))
        }
        Warning::Probes { .. } => Some(
            "`karat check --format json` lists them; `probes = false` under the model (or --no-probes) leaves them out, as for a \
             model of another language than English"
                .to_owned(),
        ),
    }
}

/// Transparent errors show the one inside as themselves, so each wrapper hands on what it wraps.
fn of_cause(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<RunError>() {
        return match error {
            RunError::Plan(error) => of_cause(error),
            RunError::Cell(error) => of_cause(error),
            RunError::Folder(error) => of_cause(error),
            RunError::Stored(error) => of_cause(error),
        };
    }
    if let Some(error) = cause.downcast_ref::<PredictError>() {
        return match error {
            PredictError::Input(error) => of_cause(error),
            PredictError::Cell(error) => of_cause(error),
            error => of_prediction(error).map(str::to_owned),
        };
    }
    if let Some(error) = cause.downcast_ref::<PlanError>() {
        return match error {
            PlanError::Corpus(error) => of_cause(error),
            PlanError::NoGold { .. } => {
                Some("label some documents, or take the evaluation out of the suite".to_owned())
            }
            PlanError::NoSplit { .. } => {
                Some("name a split of [splits] in the corpus's `corpus.toml`, or leave `split` out".to_owned())
            }
            PlanError::NoneTaken { .. } => Some("raise --limit, or leave it out".to_owned()),
            PlanError::Model { source, .. } => of_cause(source),
            PlanError::Several(errors) => {
                errors.first().and_then(|error| of_cause(error)).map(|hint| format!("for the first of these: {hint}"))
            }
            PlanError::Map(_) => Some(MAP.to_owned()),
            PlanError::Probe { .. } => Some(BROKEN.to_owned()),
            PlanError::Swapped { swapped, .. } => Some(format!(
                "if the classes are named wrongly, write `{}` under the model in the suite; `probes = false` there turns the probes off",
                swapped.better.map()
            )),
            PlanError::Task { source, .. } => of_cause(source),
        };
    }
    if let Some(error) = cause.downcast_ref::<BenchError>() {
        return match error {
            BenchError::Cell(error) => of_cause(error),
            BenchError::Corpus(error) => of_cause(error),
            BenchError::Nothing(_) => Some(
                "`native` runs on the CPU; `cargo build --release --features rust-bert` builds the other engine in".to_owned(),
            ),
            BenchError::NoTokens { .. } => Some("there is nothing to measure; choose other documents".to_owned()),
            BenchError::Unequal { .. } => Some(
                "what is timed is not what is scored: `karat check --noise` shows which setting is at fault; please report it"
                    .to_owned(),
            ),
            BenchError::Io { .. } => Some(DISK.to_owned()),
        };
    }
    if let Some(GateError::Compare(error)) = cause.downcast_ref::<GateError>() {
        return of_cause(error);
    }
    if let Some(HistoryError::Folder(error)) = cause.downcast_ref::<HistoryError>() {
        return of_cause(error);
    }
    if let Some(error) = cause.downcast_ref::<CellError>() {
        return match error {
            CellError::Model(error) => of_cause(error),
            CellError::Task { source, .. } => of_cause(source),
            CellError::Floor(error) => of_cause(error),
            CellError::Stored(error) => of_cause(error),
            CellError::Forward { .. } => Some(BROKEN.to_owned()),
        };
    }
    if let Some(error) = cause.downcast_ref::<ModelError>() {
        return match error {
            ModelError::NoFolder(_) => Some(MODEL_FOLDER.to_owned()),
            ModelError::Hub(error) => of_cause(error.as_ref()),
            ModelError::Load(error) => of_cause(error),
            ModelError::Tokenizer(error) => of_cause(error),
            ModelError::Floor(error) => of_cause(error),
        };
    }
    if let Some(error) = cause.downcast_ref::<HubError>() {
        return Some(error.cure());
    }
    of_leaf(cause).map(str::to_owned)
}

fn of_prediction(error: &PredictError) -> Option<&'static str> {
    Some(match error {
        PredictError::Input(_) | PredictError::Cell(_) => return None,
        PredictError::Changed(_) => "let it stand while karat reads it, and try again",
        PredictError::NoLogits(_) => "leave the option out",
        PredictError::Write { source, .. } => match source.kind() {
            ErrorKind::ResourceBusy => "wait until it has ended, or name another place; nothing was changed",
            ErrorKind::BrokenPipe => "what reads stdout must read all of it, or the logits are not whole",
            _ => DISK,
        },
        PredictError::Shards { .. } => "take more documents a file with --shard-documents; nothing was written",
        PredictError::Taken(_) => "--resume takes up what is not finished; or name another folder",
        PredictError::Occupied(_) => "name another folder",
        PredictError::Other { .. } => "name another folder, or go back to what it was begun with; nothing was changed",
        PredictError::Malformed { .. } => "name another folder; this one cannot be taken up",
        PredictError::Newer { .. } => UPGRADE,
    })
}

const MODEL_FOLDER: &str =
    "a model is a folder with config.json, tokenizer.json and model.safetensors, such as models/ner-minilm-l6";

const BROKEN: &str = "the weights may be damaged; compare their digest with their source";
const DAMAGED: &str = "the file is damaged or incomplete: fetch it again from its source";
const DISK: &str = "check the path, its permissions, and the room on the disk";
const PATH: &str = "check the path and its permissions";
const UPGRADE: &str = "upgrade karat";
const SAY: &str = "say what the classes mean: `labels = { LABEL_0 = \"…\" }` under the model in the suite, `--label LABEL_0=…` in predict";
const MAP: &str =
    "name a class as `id2label` of the model's config.json has it, or an entity type; README.md has examples";

fn of_leaf(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<SuiteError>() {
        return Some(match error {
            SuiteError::Text(error @ TextError::NotUtf8 { .. }) => return of_leaf(error),
            SuiteError::Text(_) => "name a suite, or run from the folder that holds suites/demo.toml",
            SuiteError::Newer { .. } => UPGRADE,
            SuiteError::Problems(_) => "suites/demo.toml is an example that works",
        });
    }
    if let Some(error) = cause.downcast_ref::<TaskError>() {
        return of_task(error);
    }
    if let Some(error) = cause.downcast_ref::<CorpusError>() {
        return match error {
            CorpusError::Text(error) => of_leaf(error),
            CorpusError::Problems(_) | CorpusError::Many { .. } => {
                Some("mend what is named above and try again; nothing was written")
            }
            CorpusError::Unsealed(_) => {
                Some("bring the sealed files back; or, when the change is meant, `karat gold seal` the corpus")
            }
            CorpusError::NoTable { .. } => {
                Some("check that it is whole; a file whose name does not end in `.parquet` is read as JSONL")
            }
            CorpusError::List { .. } => Some(PATH),
            CorpusError::Copy { .. } => Some("make room for temporary files, or set TMPDIR to a folder that has it"),
            CorpusError::NoCorpus(_) => Some("data/envoy is an example of a corpus"),
        };
    }
    if let Some(error) = cause.downcast_ref::<TextError>() {
        return Some(match error {
            TextError::Read { .. } => PATH,
            TextError::NotUtf8 { .. } => "convert the file to UTF-8",
        });
    }
    if let Some(error) = cause.downcast_ref::<LoadError>() {
        return Some(of_load(error));
    }
    if let Some(error) = cause.downcast_ref::<TokenizerError>() {
        return Some(match error {
            TokenizerError::Read { .. } => MODEL_FOLDER,
            TokenizerError::Malformed { .. } => DAMAGED,
            TokenizerError::Vocabulary { .. } => {
                "tokenizer.json and model.safetensors must come from the same checkpoint"
            }
            TokenizerError::Encode { .. } => "look at the text for characters that the tokenizer cannot take",
        });
    }
    if let Some(error) = cause.downcast_ref::<FloorError>() {
        return match error {
            FloorError::NoGold => Some("use it in a suite, where gold is at hand"),
            FloorError::Task { .. } => Some("give the floor to the task that it answers"),
            FloorError::Text(error) => of_leaf(error),
            FloorError::Malformed { .. } => Some("models/gazetteer and models/majority are examples that work"),
        };
    }
    if let Some(error) = cause.downcast_ref::<FolderError>() {
        return Some(match error {
            FolderError::Exists(_) => "choose another --out, or move it away",
            FolderError::Interrupted(_) => "--resume takes it up; or remove the folder and run anew",
            FolderError::Other(_) => "remove the folder and run anew, or go back to what it was made from",
            FolderError::NoRun(_) => "runs stand under reports/; name one",
            FolderError::Newer { .. } => UPGRADE,
            FolderError::Blessed(_) => "bless the run that it was made from",
            FolderError::Taken(_) => "choose another --name, or give --replace",
            FolderError::Changed(_) => "bring the file back from version control, or bless and add runs anew",
            FolderError::Older { .. } => "make the run anew",
            FolderError::Malformed { .. } | FolderError::Table(_) => "the run is damaged: make it anew",
            FolderError::Io { .. } => DISK,
        });
    }
    if let Some(error) = cause.downcast_ref::<StoredError>() {
        return match error {
            StoredError::Folder(error) => of_leaf(error),
            StoredError::Missing { .. } => Some("name a run that asked this model, or run without --from"),
            StoredError::Changed { .. } => {
                Some("bring the files back that the run was made from, or run without --from")
            }
            StoredError::Misfit { source, .. } => Some(of_misfit(source)),
        };
    }
    if let Some(error) = cause.downcast_ref::<Unanswered>() {
        return Some(error.cure());
    }
    if let Some(error) = cause.downcast_ref::<ScoreError>() {
        return Some(error.cure());
    }
    if let Some(cure) = of_command(cause) {
        return Some(cure);
    }
    if cause.is::<Schemeless>() || cause.is::<Foreign>() || cause.is::<TwoMeanings>() {
        return Some("leave the option out");
    }
    cause.is::<std::io::Error>().then_some(DISK)
}

/// Errors that commands make themselves.
fn of_command(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if cause.is::<Stale>() {
        return Some("run `karat gold import` with --force in place of --check, and look at what changed");
    }
    if let Some(error) = cause.downcast_ref::<Occupied>() {
        return Some(match error {
            Occupied::Corpus(_) => "look at what would change, then give --force; or import into another folder",
            Occupied::Output(_) => "choose another --output, or move it away",
        });
    }
    if let Some(error) = cause.downcast_ref::<NoQueue>() {
        return Some(error.cure());
    }
    if cause.is::<NoPasses>() {
        return Some(
            "put each annotator's labels into `passes/NAME/ner.jsonl` or `passes/NAME/stance.jsonl` of the corpus",
        );
    }
    if cause.is::<NoModels>() {
        return Some(MODEL_FOLDER);
    }
    if cause.is::<NoPlace>() {
        return Some("name another file; nothing was written");
    }
    if cause.is::<NoBaseline>() {
        return Some("`karat bless RUN --name NAME` makes one; a run's folder will do too");
    }
    if let Some(error) = cause.downcast_ref::<CompareError>() {
        return Some(match error {
            CompareError::Alone { .. } => "name a second run",
            CompareError::NothingShared { .. } => "compare runs of one suite",
            CompareError::Contradiction { .. } => "the folder is damaged: make the run anew, or bless another",
            CompareError::Unlike { .. } => {
                "run both on the same files with the same suite; for a gate, bless a run made on these"
            }
        });
    }
    if let Some(error) = cause.downcast_ref::<GateError>() {
        return Some(match error {
            GateError::Compare(_) => return None,
            GateError::NoMetric { .. } | GateError::NoCell { .. } => "mend [gate] in the suite; nothing was passed",
            GateError::Undefined { .. } => "hold a metric that this gold defines; nothing was passed",
            GateError::Gone { .. } | GateError::New { .. } => "bless a run with the same models; nothing was passed",
        });
    }
    if let Some(error) = cause.downcast_ref::<HistoryError>() {
        return Some(match error {
            HistoryError::None(_) => "`karat history --add RUN` begins one",
            HistoryError::Gap { .. } => "bring it back from version control; nothing was read or added",
            HistoryError::There { .. } => "leave it out; nothing was added",
            HistoryError::Folder(_) => return None,
        });
    }
    if cause.is::<NoPoint>() || cause.is::<NoSeries>() {
        return Some("`karat history --format json` lists what there is");
    }
    if let Some(unwritable) = cause.downcast_ref::<Unwritable>() {
        return Some(match unwritable {
            Unwritable::Exists(_) | Unwritable::InFile(..) => "choose another --out, or move it away",
            Unwritable::Above(..) => DISK,
        });
    }
    if cause.is::<ReadOnce>() {
        return Some("write the documents to a file first");
    }
    if cause.is::<Unlike>() {
        return Some("a name that ends in `/` is that of a folder of Parquet files");
    }
    if cause.is::<SameFile>() {
        return Some("give each a place of its own; nothing was written");
    }
    if cause.is::<BothToStdout>() {
        return Some("name a file with --output, or leave --format out");
    }
    if cause.is::<NoFolder>() {
        return Some("name a folder with --output");
    }
    None
}

fn of_misfit(error: &Misfit) -> &'static str {
    match error {
        Misfit::Document(_) => "take only documents that the run asked about (`split`, --limit), or run without --from",
        Misfit::Hypothesis { .. } => {
            "take only targets and hypotheses that the run asked, word for word, or run without --from"
        }
        Misfit::Windows { .. } | Misfit::Window { .. } | Misfit::Tokens { .. } => {
            "write `windows` and hypotheses as the run's suite has them (its run.json), or run without --from"
        }
        Misfit::Classes { .. } => "the run is damaged, or its model is another; run without --from",
    }
}

fn of_load(error: &LoadError) -> &'static str {
    match error {
        LoadError::NotBuilt(_) => {
            "`just libtorch` brings what it needs, `cargo build --release --features rust-bert` builds it in; or choose `engine = \"native\"`"
        }
        LoadError::Runtime { .. } => "choose one of these, or leave `precision` and `device` out",
        LoadError::NoDevice { .. } => {
            "for a GPU, build with `just libtorch cuda` where its driver is; or choose `device = \"cpu\"`"
        }
        LoadError::Read { .. } => MODEL_FOLDER,
        LoadError::Malformed { path, .. } if path.ends_with("config.json") => {
            "mend the file, or fetch it again from its source"
        }
        LoadError::Malformed { .. } => DAMAGED,
        LoadError::Unsupported { .. } => "choose a checkpoint that asks for one of these",
        LoadError::Pickled { .. } => {
            "convert it once, where transformers is installed: AutoModelForTokenClassification (or \
             AutoModelForSequenceClassification) .from_pretrained(FOLDER).save_pretrained(FOLDER)"
        }
        LoadError::MissingTensor { name, .. } if of_a_head(name) => {
            "the checkpoint has no trained head for this; choose one that was fine-tuned for token or sequence classification"
        }
        LoadError::MissingTensor { .. } | LoadError::WrongShape { .. } => {
            "config.json and model.safetensors must come from the same checkpoint"
        }
        LoadError::WrongType { .. } => "save the weights in one of these types",
        LoadError::NotFinite { .. } => {
            "the weights are damaged or training diverged; compare their digest with their source"
        }
    }
}

fn of_task(error: &TaskError) -> Option<&'static str> {
    match error {
        TaskError::Head { .. } => Some("choose a model that was trained for the task"),
        TaskError::Label(LabelError::Nameless(_) | LabelError::Missing { .. } | LabelError::Mixed { .. }) => Some(SAY),
        TaskError::Label(LabelError::NoType(_)) => {
            Some("choose a model that names things, or leave a type in the label map")
        }
        TaskError::Label(LabelError::Map(_)) => Some(MAP),
        TaskError::NoRoom { .. } => Some("take longer windows or a smaller overlap"),
        TaskError::TooLong { .. } => {
            Some("leave `max_tokens` out (in predict `--max-tokens`) to take the model's limit")
        }
        TaskError::Tokenizer(error) => of_leaf(error),
        TaskError::NoPairs => Some("the tokenizer needs a post-processor with a template for pairs"),
    }
}

/// True for a tensor of a head, which a checkpoint that was only pretrained lacks.
fn of_a_head(tensor: &str) -> bool {
    ["classifier", "classification_head", "pre_classifier", "pooler", "head."].iter().any(|part| tensor.contains(part))
}
