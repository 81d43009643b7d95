//! rust-bert's NER pipeline as its users call it: texts in, entities out.
//!
//! ```text
//! karat-peer-rust-bert-pipeline MODEL VOCABULARY DOCUMENTS ENTITIES THREADS CALL
//! ```
//!
//! MODEL is a folder of a BERT for token classification that lower-cases, VOCABULARY its vocab.txt. DOCUMENTS are JSON lines of `id` and `text`.
//! CALL is how many documents one call takes; 0 gives all to one call, which shows the defect that misplaces labels
//! beyond the first batch of windows. Documents are sorted by length first, because the pipeline pads and does not sort. ENTITIES become
//! JSON lines of `id` and `entities`, in the order of DOCUMENTS. One line of JSON says how many seconds the calls took, one call of one
//! document to warm up left out, and how many CPU seconds.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use rust_bert::pipelines::common::{ModelResource, ModelType};
use rust_bert::pipelines::ner::{Entity, NERModel};
use rust_bert::pipelines::token_classification::{LabelAggregationOption, TokenClassificationConfig};
use rust_bert::resources::LocalResource;
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
}

fn load(folder: &Path, vocabulary: &str) -> Result<NERModel> {
    let local = |path: PathBuf| LocalResource { local_path: path };
    let mut config = TokenClassificationConfig::new(
        ModelType::Bert,
        ModelResource::Torch(Box::new(local(folder.join("model.safetensors")))),
        local(folder.join("config.json")),
        local(PathBuf::from(vocabulary)),
        None,
        true,
        None,
        None,
        LabelAggregationOption::First,
    );
    config.device = tch::Device::Cpu;
    Ok(NERModel::new(config)?)
}

/// Entities of each document, in the order of `documents`.
fn run(model: &NERModel, documents: &[Document], call: usize) -> Vec<Vec<Entity>> {
    let mut order: Vec<usize> = (0..documents.len()).collect();
    order.sort_by_key(|&at| documents[at].text.len());
    let mut found: Vec<Vec<Entity>> = documents.iter().map(|_| Vec::new()).collect();
    for group in order.chunks(call) {
        let texts: Vec<&str> = group.iter().map(|&at| documents[at].text.as_str()).collect();
        for (&at, entities) in group.iter().zip(model.predict_full_entities(&texts)) {
            found[at] = entities;
        }
    }
    found
}

/// User and system seconds of this process, all threads, at Linux's 100 ticks a second.
fn cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = text.rsplit(')').next().context("/proc/self/stat has no name")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, vocabulary, input, output, threads, call] = arguments.as_slice() else {
        bail!("karat-peer-rust-bert-pipeline MODEL VOCABULARY DOCUMENTS ENTITIES THREADS CALL");
    };
    tch::set_num_threads(threads.parse()?);
    tch::set_num_interop_threads(1);
    let model = load(Path::new(folder), vocabulary)?;
    let documents: Vec<Document> =
        std::fs::read_to_string(input)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let call = match call.parse()? {
        0 => documents.len().max(1),
        call => call,
    };
    run(&model, &documents[..documents.len().min(1)], 1);
    let (before, started) = (cpu_seconds()?, Instant::now());
    let found = run(&model, &documents, call);
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds()? - before);
    let mut lines = String::new();
    for (document, entities) in documents.iter().zip(&found) {
        let entities: Vec<_> = entities
            .iter()
            .map(|e| serde_json::json!({ "start": e.offset.begin, "end": e.offset.end, "label": e.label }))
            .collect();
        writeln!(lines, "{}", serde_json::json!({ "id": document.id, "entities": entities }))?;
    }
    std::fs::write(output, lines)?;
    println!("{}", serde_json::json!({ "documents": documents.len(), "seconds": seconds, "cpu_seconds": cpu }));
    Ok(())
}
