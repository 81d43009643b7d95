//! `model.safetensors` as checked f32 tensors.

use crate::engine::LoadError;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use std::path::{Path, PathBuf};

/// Values converted at a time: the stored and the converted piece stay in the first-level cache.
const PIECE: usize = 2048;

/// A parsed file of weights. Nothing is copied before a tensor is asked for.
pub(super) struct Weights<'a> {
    path: PathBuf,
    tensors: SafeTensors<'a>,
}

impl<'a> Weights<'a> {
    fn path(folder: &Path) -> PathBuf {
        folder.join("model.safetensors")
    }

    /// The file's bytes.
    pub(super) fn bytes(folder: &Path) -> Result<Vec<u8>, LoadError> {
        let path = Self::path(folder);
        std::fs::read(&path).map_err(|source| LoadError::Read { path, source })
    }

    /// Reads the header of a file's bytes and checks that it covers them.
    pub(super) fn parse(folder: &Path, bytes: &'a [u8]) -> Result<Self, LoadError> {
        let path = Self::path(folder);
        match SafeTensors::deserialize(bytes) {
            Ok(tensors) => Ok(Self { path, tensors }),
            Err(error) => Err(LoadError::Malformed { path, reason: reason(&error, bytes.len()) }),
        }
    }

    /// A tensor of the encoder, which checkpoints name with or without the prefix `bert.`; checkpoints converted from
    /// TensorFlow call the two vectors of a layer normalisation `gamma` and `beta`.
    pub(super) fn encoder(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let old = match name.rsplit_once("LayerNorm.") {
            Some((path, "weight")) => Some(format!("{path}LayerNorm.gamma")),
            Some((path, "bias")) => Some(format!("{path}LayerNorm.beta")),
            _ => None,
        };
        let names = [Some(name), old.as_deref()].into_iter().flatten();
        let known = names.flat_map(|name| [format!("bert.{name}"), name.to_owned()]);
        match known.into_iter().find_map(|name| self.tensors.tensor(&name).ok().map(|tensor| (name, tensor))) {
            Some((found, tensor)) => self.values(found, &tensor, shape),
            None => Err(self.missing(format!("bert.{name}"))),
        }
    }

    /// A tensor of the head, which has one name.
    pub(super) fn head(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        match self.tensors.tensor(name) {
            Ok(tensor) => self.values(name.to_owned(), &tensor, shape),
            Err(_) => Err(self.missing(name.to_owned())),
        }
    }

    fn missing(&self, name: String) -> LoadError {
        LoadError::MissingTensor { path: self.path.clone(), name }
    }

    /// Row-major values of a tensor whose shape is as expected, all of them finite.
    fn values(&self, name: String, tensor: &TensorView<'_>, expected: &[usize]) -> Result<Vec<f32>, LoadError> {
        let path = self.path.clone();
        if tensor.shape() != expected {
            return Err(LoadError::WrongShape {
                path,
                name,
                found: tensor.shape().to_vec(),
                expected: expected.to_vec(),
            });
        }
        let values = match tensor.dtype() {
            Dtype::F32 => full(tensor.data()),
            Dtype::F16 => half_precision(tensor.data(), f16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice),
            Dtype::BF16 => half_precision(tensor.data(), bf16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice),
            other => return Err(LoadError::WrongType { path, name, found: format!("{other:?}") }),
        };
        match first_not_finite(&values) {
            Some(index) => Err(LoadError::NotFinite { path, name, index }),
            None => Ok(values),
        }
    }
}

/// What is wrong with a file, in words for someone who has it and not its specification.
fn reason(error: &SafeTensorError, size_bytes: usize) -> String {
    match error {
        SafeTensorError::MetadataIncompleteBuffer | SafeTensorError::InvalidHeaderLength => {
            format!("its header describes another size than the {size_bytes} bytes that it has; it may be truncated")
        }
        SafeTensorError::HeaderTooSmall => format!("it has {size_bytes} bytes and ends before its header"),
        other => format!("not a safetensors file: {other}"),
    }
}

fn full(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
}

fn half_precision<H: Copy + Default>(bytes: &[u8], read: fn([u8; 2]) -> H, convert: fn(&[H], &mut [f32])) -> Vec<f32> {
    let mut values = vec![0.0; bytes.len() / 2];
    let mut piece = [H::default(); PIECE];
    for (pairs, out) in bytes.as_chunks().0.chunks(PIECE).zip(values.chunks_mut(PIECE)) {
        for (value, &pair) in piece.iter_mut().zip(pairs) {
            *value = read(pair);
        }
        convert(&piece[..out.len()], out);
    }
    values
}

/// The position of the first NaN or infinity. Whole pieces are tested without a branch in them.
fn first_not_finite(values: &[f32]) -> Option<usize> {
    const EXPONENT: u32 = 0x7F80_0000;
    let bad = |piece: &&[f32]| piece.iter().fold(false, |bad, value| bad | (value.to_bits() & EXPONENT == EXPONENT));
    values.chunks(PIECE).find(bad)?;
    values.iter().position(|value| !value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_values_are_widened_exactly() {
        let numbers: Vec<f32> = (0..5000).map(|i| (i as f32 - 2500.0) / 64.0).collect();
        let f16s: Vec<u8> = numbers.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect();
        let bf16s: Vec<u8> = numbers.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect();
        let wide = half_precision(&f16s, f16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice);
        assert!(wide.iter().zip(&numbers).all(|(&a, &b)| a.to_bits() == f16::from_f32(b).to_f32().to_bits()));
        let wide = half_precision(&bf16s, bf16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice);
        assert!(wide.iter().zip(&numbers).all(|(&a, &b)| a.to_bits() == bf16::from_f32(b).to_f32().to_bits()));
    }

    #[test]
    fn the_first_value_that_is_not_finite_is_found() {
        let mut values = vec![f32::MAX; 3 * PIECE];
        assert_eq!(first_not_finite(&values), None);
        values[2 * PIECE + 7] = f32::NAN;
        values[2 * PIECE + 5] = f32::NEG_INFINITY;
        assert_eq!(first_not_finite(&values), Some(2 * PIECE + 5));
    }
}
