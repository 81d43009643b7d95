//! Throughput of what was scored. The only table whose bytes differ from run to run.

use super::{CellKey, Stored, Table, TableError};

/// One cell's work and time.
#[derive(Debug, Clone, PartialEq)]
pub struct ThroughputRow {
    /// Which cell.
    pub key: CellKey,
    /// `native`, `rust-bert`, `rust-bert (cuda)`, `none` for a floor, or [`ThroughputRow::STORED`].
    pub engine: String,
    /// Precision of the arithmetic, such as `f32`.
    pub precision: String,
    /// Worker threads.
    pub threads: usize,
    /// Documents answered.
    pub documents: usize,
    /// Sequences that the engine read.
    pub sequences: usize,
    /// Sequences that were the same as another one near them and were not read again; not among `sequences`.
    pub repeated: usize,
    /// Tokens in the sequences that the engine read, special tokens and hypotheses included, no padding.
    pub tokens: usize,
    /// Seconds by phase: load, tokenize, forward, decode. All but loading are what threads spent, divided by their number.
    pub seconds: [f64; 4],
    /// Seconds of wall time from the first document to the last answer.
    pub wall: f64,
}

/// Names of the phases, in the order of [`ThroughputRow::seconds`].
pub(super) const PHASES: [&str; 4] = ["load", "tokenize", "forward", "decode"];

impl ThroughputRow {
    /// What stands for the engine where logits were taken from another run and nothing went forward.
    pub const STORED: &str = "stored logits";

    /// Tokens a second of the forward phase; None where nothing went forward.
    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.tokens > 0 && self.seconds[2] > 0.0).then(|| self.tokens as f64 / self.seconds[2])
    }

    /// Documents a second of wall time, from the first document to the last answer; None where no time passed.
    pub fn documents_per_second(&self) -> Option<f64> {
        (self.wall > 0.0).then(|| self.documents as f64 / self.wall)
    }

    /// The table.
    pub fn table(rows: &[Self]) -> Table {
        let mut table = Table::keyed(rows.iter().map(|row| &row.key))
            .text("engine", rows.iter().map(|row| Some(row.engine.as_str())))
            .text("precision", rows.iter().map(|row| Some(row.precision.as_str())))
            .count("threads", rows.iter().map(|row| Some(row.threads)))
            .count("documents", rows.iter().map(|row| Some(row.documents)))
            .count("sequences", rows.iter().map(|row| Some(row.sequences)))
            .count("repeated", rows.iter().map(|row| Some(row.repeated)))
            .count("tokens", rows.iter().map(|row| Some(row.tokens)));
        for (phase, name) in PHASES.iter().enumerate() {
            table = table.number(&format!("{name}_s"), rows.iter().map(|row| Some(row.seconds[phase])));
        }
        table
            .number("wall_s", rows.iter().map(|row| Some(row.wall)))
            .number("tokens_per_second", rows.iter().map(Self::tokens_per_second))
            .number("documents_per_second", rows.iter().map(Self::documents_per_second))
    }

    /// The rows again.
    ///
    /// # Errors
    /// [`TableError`] when a column is missing.
    pub fn read(stored: &Stored) -> Result<Vec<Self>, TableError> {
        let (engines, precisions) = (stored.text("engine")?, stored.text("precision")?);
        let (threads, documents) = (stored.count("threads")?, stored.count("documents")?);
        let (sequences, tokens) = (stored.count("sequences")?, stored.count("tokens")?);
        let mut seconds = Vec::new();
        for name in PHASES {
            seconds.push(stored.number(&format!("{name}_s"))?);
        }
        // Runs of before there were these columns: nothing was repeated, and one phase followed the other.
        let repeated = stored.count("repeated").unwrap_or_else(|_| vec![None; stored.rows()]);
        let wall = stored.number("wall_s").unwrap_or_else(|_| vec![None; stored.rows()]);
        let phases = |at: usize| seconds[1..].iter().filter_map(|phase| phase[at]).sum();
        let row = |(at, key): (usize, CellKey)| Self {
            key,
            engine: engines[at].clone().unwrap_or_default(),
            precision: precisions[at].clone().unwrap_or_default(),
            threads: threads[at].unwrap_or_default(),
            documents: documents[at].unwrap_or_default(),
            sequences: sequences[at].unwrap_or_default(),
            repeated: repeated[at].unwrap_or_default(),
            tokens: tokens[at].unwrap_or_default(),
            wall: wall[at].unwrap_or_else(|| phases(at)),
            seconds: std::array::from_fn(|phase| seconds[phase][at].unwrap_or_default()),
        };
        Ok(stored.keys()?.into_iter().enumerate().map(row).collect())
    }
}
