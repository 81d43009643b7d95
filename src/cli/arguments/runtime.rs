//! How models are run, as typed.

use crate::engine::{Device, EngineName, Precision, Runtime};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct RuntimeOptions {
    /// What runs the forward passes [default: what a suite says of the model, or native]
    #[arg(long, value_enum)]
    engine: Option<EngineArgument>,
    /// Precision of the arithmetic [default: what a suite says of the model, or f32]
    #[arg(long, value_enum)]
    precision: Option<PrecisionArgument>,
    /// Where the arithmetic goes on [default: what a suite says of the model, or cpu]
    #[arg(long, value_enum)]
    device: Option<DeviceArgument>,
}

impl RuntimeOptions {
    /// Puts what was typed in place of what stands there.
    pub(in crate::cli) fn choose(&self, runtime: &mut Runtime) {
        runtime.engine = self.engine.map_or(runtime.engine, Into::into);
        runtime.precision = self.precision.map_or(runtime.precision, Into::into);
        runtime.device = self.device.map_or(runtime.device, Into::into);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EngineArgument {
    /// karat's own, on the CPU
    Native,
    /// libtorch through the model structs of rust-bert, where karat was built with it
    RustBert,
}

impl From<EngineArgument> for EngineName {
    fn from(argument: EngineArgument) -> Self {
        match argument {
            EngineArgument::Native => Self::Native,
            EngineArgument::RustBert => Self::RustBert,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PrecisionArgument {
    /// 32-bit floating point
    F32,
    /// 16-bit floating point (rust-bert)
    F16,
    /// 16-bit floating point with the range of f32 (rust-bert)
    Bf16,
    /// 8-bit whole numbers in the dense layers, f32 elsewhere (native)
    Int8,
}

impl From<PrecisionArgument> for Precision {
    fn from(argument: PrecisionArgument) -> Self {
        match argument {
            PrecisionArgument::F32 => Self::F32,
            PrecisionArgument::F16 => Self::F16,
            PrecisionArgument::Bf16 => Self::Bf16,
            PrecisionArgument::Int8 => Self::Int8,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DeviceArgument {
    /// The processor
    Cpu,
    /// The first NVIDIA GPU (rust-bert)
    Cuda,
}

impl From<DeviceArgument> for Device {
    fn from(argument: DeviceArgument) -> Self {
        match argument {
            DeviceArgument::Cpu => Self::Cpu,
            DeviceArgument::Cuda => Self::Cuda,
        }
    }
}
