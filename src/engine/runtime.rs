//! What runs a model, in which precision, on which device.

use super::LoadError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What runs forward passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineName {
    /// karat's own.
    #[default]
    Native,
    /// libtorch, through the model structs of rust-bert.
    RustBert,
}

/// The precision of the arithmetic and of the weights while it goes on. Logits are f32 always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, 11 of them significant.
    F16,
    /// 16 bits, 8 of them significant, with the range of f32.
    Bf16,
    /// Whole numbers of 8 bits in blocks' dense layers, weights rounded once and each row of inputs as it comes; f32 elsewhere.
    Int8,
}

/// Where the arithmetic goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The first GPU of NVIDIA's.
    Cuda,
}

/// How a model is run. Another runtime gives other logits, if only in their last digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Runtime {
    /// What runs it.
    #[serde(default)]
    pub engine: EngineName,
    /// The precision of its arithmetic.
    #[serde(default)]
    pub precision: Precision,
    /// Where it is run.
    #[serde(default)]
    pub device: Device,
}

impl Runtime {
    /// Every combination that there could be; [`super::load`] says which ones this build and this machine have.
    pub fn all() -> impl Iterator<Item = Self> {
        let engines = [EngineName::Native, EngineName::RustBert].into_iter();
        engines.flat_map(|engine| {
            let devices = [Device::Cpu, Device::Cuda].into_iter();
            devices.flat_map(move |device| {
                let precisions = [Precision::F32, Precision::F16, Precision::Bf16, Precision::Int8].into_iter();
                precisions.map(move |precision| Self { engine, precision, device })
            })
        })
    }

    /// The engine, and the device where it is not the processor: `rust-bert (cuda)`.
    pub fn place(self) -> String {
        match self.device {
            Device::Cpu => self.engine.to_string(),
            device @ Device::Cuda => format!("{} ({device})", self.engine),
        }
    }

    /// Refuses a precision or a device that the engine does not have for `what`, whatever the machine.
    ///
    /// # Errors
    /// [`LoadError::Runtime`] with what there is instead.
    pub(super) fn must_be_among(self, what: &str, runtimes: &[(Device, &[Precision])]) -> Result<(), LoadError> {
        let there = runtimes.iter().any(|(device, all)| *device == self.device && all.contains(&self.precision));
        if there {
            return Ok(());
        }
        let of_device = |(device, all): &(Device, &[Precision])| {
            let all: Vec<_> = all.iter().map(ToString::to_string).collect();
            format!("{} on {device}", all.join(", "))
        };
        let instead = runtimes.iter().map(of_device).collect::<Vec<_>>().join("; ");
        Err(LoadError::Runtime { asked: self, what: what.to_owned(), instead })
    }
}

impl fmt::Display for Runtime {
    /// `rust-bert (cuda) bf16`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place(), self.precision)
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::RustBert => "rust-bert",
        })
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}
