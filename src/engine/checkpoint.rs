//! A checkpoint's tensors, in one safetensors file or in shards.
//!
//! Headers are read when a checkpoint is opened, values when a tensor is asked for, so that no more than one tensor is in
//! memory as it is stored.

use super::LoadError;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The weights of a checkpoint that is not sharded.
pub const SINGLE: &str = "model.safetensors";
/// Says which shard holds which tensor.
pub const INDEX: &str = "model.safetensors.index.json";
/// Weights that only running code from the checkpoint could read.
const PICKLED: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/// Values converted at a time: the stored and the converted piece stay in the first-level cache.
const PIECE: usize = 2048;

/// The longest header that is believed, as in the format's own reader.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// An opened checkpoint: what tensors there are, and where their values lie.
#[derive(Debug)]
pub struct Checkpoint {
    files: Vec<Shard>,
    tensors: BTreeMap<String, (usize, TensorInfo)>,
}

/// One file of weights.
#[derive(Debug)]
struct Shard {
    path: PathBuf,
    file: File,
    /// Bytes before the first value.
    header_bytes: u64,
}

/// A tensor as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its element type, such as `F32`.
    pub dtype: String,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the weights of a model folder: `model.safetensors`, or the shards of its index.
    ///
    /// # Errors
    /// [`LoadError`] when a file is missing, truncated or of another kind, when a shard lacks a tensor of the index, and for
    /// pickled weights.
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        let (single, index) = (folder.join(SINGLE), folder.join(INDEX));
        if !single.exists() {
            if index.exists() {
                return Self::open_shards(folder, &index);
            }
            if let Some(path) = PICKLED.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
                return Err(LoadError::Pickled { path });
            }
        }
        let (shard, metadata) = Shard::open(single)?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, (0, info.clone()))).collect();
        Ok(Self { files: vec![shard], tensors })
    }

    fn open_shards(folder: &Path, index: &Path) -> Result<Self, LoadError> {
        let malformed = |reason: String| LoadError::Malformed { path: index.to_owned(), reason };
        let bytes = std::fs::read(index).map_err(|source| LoadError::Read { path: index.to_owned(), source })?;
        let Index { weight_map } = serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        let names: BTreeSet<&String> = weight_map.values().collect();
        if let Some(name) =
            names.iter().find(|name| Path::new(name).file_name().is_none_or(|file| file != name.as_str()))
        {
            return Err(malformed(format!("`{name}` is no name of a file beside it")));
        }
        let mut checkpoint = Self { files: Vec::new(), tensors: BTreeMap::new() };
        for name in names {
            let (shard, metadata) = Shard::open(folder.join(name))?;
            for (tensor, _) in weight_map.iter().filter(|(_, file)| *file == name) {
                let info = metadata.info(tensor);
                let info =
                    info.ok_or_else(|| LoadError::MissingTensor { path: shard.path.clone(), name: tensor.clone() })?;
                checkpoint.tensors.insert(tensor.clone(), (checkpoint.files.len(), info.clone()));
            }
            checkpoint.files.push(shard);
        }
        Ok(checkpoint)
    }

    /// The files that hold the weights.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|shard| shard.path.as_path())
    }

    /// Every tensor, in order of name.
    pub fn tensors(&self) -> impl Iterator<Item = Stored<'_>> {
        self.tensors.iter().map(|(name, (_, info))| Stored {
            name,
            shape: &info.shape,
            dtype: format!("{:?}", info.dtype),
        })
    }

    /// True when there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// True when there is a tensor whose name begins so.
    pub fn has_any(&self, prefix: &str) -> bool {
        self.tensors.range(prefix.to_owned()..).next().is_some_and(|(name, _)| name.starts_with(prefix))
    }

    /// Row-major values of a tensor, as f32.
    ///
    /// # Errors
    /// [`LoadError`] when the tensor is missing, has another shape, is of a type that cannot be read, or holds a value that
    /// is not finite.
    pub fn values(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, LoadError> {
        let Some((at, info)) = self.tensors.get(name) else {
            return Err(LoadError::MissingTensor { path: self.files[0].path.clone(), name: name.to_owned() });
        };
        let shard = &self.files[*at];
        let (path, name) = (shard.path.clone(), name.to_owned());
        if info.shape != expected {
            return Err(LoadError::WrongShape { path, name, found: info.shape.clone(), expected: expected.to_vec() });
        }
        let convert = match info.dtype {
            Dtype::F32 => full,
            Dtype::F16 => {
                |bytes: &[u8]| half_precision(bytes, f16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice)
            }
            Dtype::BF16 => {
                |bytes: &[u8]| half_precision(bytes, bf16::from_le_bytes, HalfFloatSliceExt::convert_to_f32_slice)
            }
            other => return Err(LoadError::WrongType { path, name, found: format!("{other:?}") }),
        };
        let values = convert(&shard.read(info).map_err(|source| LoadError::Read { path: path.clone(), source })?);
        match first_not_finite(&values) {
            Some(index) => Err(LoadError::NotFinite { path, name, index }),
            None => Ok(values),
        }
    }
}

impl Shard {
    /// Opens a file, reads its header and checks that it covers the file.
    fn open(path: PathBuf) -> Result<(Self, Metadata), LoadError> {
        let unread = |source| LoadError::Read { path: path.clone(), source };
        let mut file = File::open(&path).map_err(unread)?;
        let file_bytes = file.metadata().map_err(unread)?.len();
        let malformed = |error| LoadError::Malformed { path: path.clone(), reason: reason(&error, file_bytes) };
        let mut length = [0; 8];
        if file_bytes < 8 {
            return Err(malformed(SafeTensorError::HeaderTooSmall));
        }
        file.read_exact(&mut length).map_err(unread)?;
        if length == *b"version " {
            let reason = "it is a pointer that git-lfs left in place of the weights".to_owned();
            return Err(LoadError::Malformed { path: path.clone(), reason });
        }
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER_BYTES {
            return Err(malformed(SafeTensorError::HeaderTooLarge));
        }
        if 8 + length > file_bytes {
            return Err(malformed(SafeTensorError::InvalidHeaderLength));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(unread)?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| malformed(SafeTensorError::InvalidHeaderDeserialization(error)))?;
        if 8 + length + metadata.data_len() as u64 != file_bytes {
            return Err(malformed(SafeTensorError::MetadataIncompleteBuffer));
        }
        Ok((Self { path, file, header_bytes: 8 + length }, metadata))
    }

    /// The bytes of a tensor.
    fn read(&self, info: &TensorInfo) -> std::io::Result<Vec<u8>> {
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.header_bytes + start as u64))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// What is wrong with a file, in words for someone who has it and not its specification.
fn reason(error: &SafeTensorError, size_bytes: u64) -> String {
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
