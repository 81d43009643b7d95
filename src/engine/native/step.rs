//! What is done to rows one after another, in front of an encoder and behind it.

use super::linear::Linear;
use super::norm::LayerNorm;
use crate::engine::config::Activation;

/// A function of one row.
pub(super) enum Step {
    /// A dense layer.
    Dense(Linear),
    /// A dense layer and an activation.
    Activated(Linear, Activation),
    /// A layer normalisation.
    Norm(LayerNorm),
}

impl Step {
    /// Additions and multiplications of its product for a row.
    pub(super) fn operations(&self) -> u64 {
        match self {
            Self::Norm(_) => 0,
            Self::Dense(linear) | Self::Activated(linear, _) => linear.operations(),
        }
    }

    /// Replaces rows by what the step makes of them.
    pub(super) fn run(&self, rows: &mut Vec<f32>) {
        let dense = |dense: &Linear| vec![0.0; rows.len() / dense.inputs() * dense.outputs()];
        match self {
            Self::Norm(norm) => norm.run(rows),
            Self::Dense(linear) => {
                let mut out = dense(linear);
                linear.run(rows, &mut out);
                *rows = out;
            }
            Self::Activated(linear, activation) => {
                let mut out = dense(linear);
                linear.run_activated(rows, &mut out, *activation);
                *rows = out;
            }
        }
    }
}
