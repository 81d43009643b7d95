//! candle's BERT with a linear layer on top, on batches that are given to it.
//!
//! ```text
//! karat-peer-candle MODEL BATCHES LOGITS TASK CALLERS
//! ```
//!
//! BATCHES is a safetensors file of `ids.N`, `mask.N` and `types.N`, u32, `[sequences, tokens]`. Each of CALLERS threads takes the next batch
//! that nobody has, and has a pool of `RAYON_NUM_THREADS` threads, which is also what candle reads. TASK is `ner`, logits for each token, or
//! `stance`, logits for each sequence through BERT's pooler. LOGITS becomes a safetensors file of `logits.N`, f32. One line of JSON
//! says how many seconds the forward passes took, one batch to warm up left out, and how many CPU seconds the process had used
//! before and after. candle-transformers has no head for BERT, so the pooler and the classifier here are its linear layers with
//! the checkpoint's weights.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use candle_core::{DType, Device, IndexOp, Tensor, safetensors};
use candle_nn::{Linear, Module, VarBuilder, linear};
use candle_transformers::models::bert::{BertModel, Config};

struct Model {
    bert: BertModel,
    pooler: Option<Linear>,
    classifier: Linear,
}

struct Batch {
    ids: Tensor,
    mask: Tensor,
    types: Tensor,
}

impl Model {
    fn load(folder: &Path, task: &str) -> Result<Self> {
        let text = std::fs::read_to_string(folder.join("config.json"))?;
        let config: Config = serde_json::from_str(&text)?;
        let classes = serde_json::from_str::<serde_json::Value>(&text)?["id2label"]
            .as_object()
            .context("config.json has no id2label")?
            .len();
        let tensors = safetensors::load(folder.join("model.safetensors"), &Device::Cpu)?;
        let weights = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let hidden = config.hidden_size;
        let pooler = match task {
            "ner" => None,
            "stance" => Some(linear(hidden, hidden, weights.pp("bert.pooler.dense"))?),
            other => bail!("no task `{other}`"),
        };
        Ok(Self {
            bert: BertModel::load(weights.clone(), &config)?,
            pooler,
            classifier: linear(hidden, classes, weights.pp("classifier"))?,
        })
    }

    fn forward(&self, batch: &Batch) -> Result<Tensor> {
        let hidden = self.bert.forward(&batch.ids, &batch.types, Some(&batch.mask))?;
        let read = match &self.pooler {
            None => hidden,
            Some(pooler) => pooler.forward(&hidden.i((.., 0))?.contiguous()?)?.tanh()?,
        };
        Ok(self.classifier.forward(&read)?)
    }
}

fn batches(path: &Path) -> Result<Vec<Batch>> {
    let mut tensors = safetensors::load(path, &Device::Cpu)?;
    let mut take = |name: &str, number: usize| {
        let name = format!("{name}.{number}");
        tensors.remove(&name).with_context(|| format!("no tensor `{name}`"))
    };
    let mut found = Vec::new();
    while let Ok(ids) = take("ids", found.len()) {
        let number = found.len();
        found.push(Batch { ids, mask: take("mask", number)?, types: take("types", number)? });
    }
    Ok(found)
}

/// The logits of all batches, in their order, and the seconds that they took.
fn run(model: &Model, batches: &[Batch], callers: usize) -> Result<(Vec<Tensor>, f64)> {
    let pools = (0..callers).map(|_| rayon::ThreadPoolBuilder::new().build()).collect::<Result<Vec<_>, _>>()?;
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::with_capacity(batches.len()));
    let started = Instant::now();
    let work = || -> Result<()> {
        while let Some((number, batch)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, batches.get(n)?)))
        {
            let logits = model.forward(batch)?;
            found.lock().expect("no thread panics with it").push((number, logits));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = pools.iter().map(|pool| scope.spawn(|| pool.install(work))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a caller does not panic"))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let mut found = found.into_inner().expect("no thread panics with it");
    found.sort_by_key(|(number, _)| *number);
    Ok((found.into_iter().map(|(_, logits)| logits).collect(), seconds))
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
    let [folder, input, output, task, callers] = arguments.as_slice() else {
        bail!("karat-peer-candle MODEL BATCHES LOGITS TASK CALLERS");
    };
    let model = Model::load(Path::new(folder), task)?;
    let batches = batches(Path::new(input))?;
    run(&model, &batches[..batches.len().min(1)], 1)?;
    let before = cpu_seconds()?;
    let (logits, seconds) = run(&model, &batches, callers.parse()?)?;
    let after = cpu_seconds()?;
    let named: HashMap<String, Tensor> =
        logits.into_iter().enumerate().map(|(n, t)| (format!("logits.{n}"), t)).collect();
    safetensors::save(&named, output)?;
    let cpu = after - before;
    println!("{}", serde_json::json!({ "batches": batches.len(), "seconds": seconds, "cpu_seconds": cpu }));
    Ok(())
}
