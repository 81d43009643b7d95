//! Memory that is used again, and numbers that begin where a cache line does, so that no register is loaded from two lines.

use std::ops::{Deref, DerefMut};

/// Values in a cache line, and in the widest register that there is.
pub(super) const LINE: usize = 16;

/// Numbers whose first one begins a cache line. What they are after a change of length is not said.
#[derive(Default)]
pub(super) struct Aligned {
    /// The numbers, with room in front of them.
    values: Vec<f32>,
    first: usize,
    len: usize,
}

impl Aligned {
    /// Makes it `len` numbers, which are to be written before they are read.
    pub(super) fn resize(&mut self, len: usize) {
        if self.values.len() < len + LINE {
            self.values.resize(len + LINE, 0.0);
            // Should the system not say where the numbers lie, they are read more slowly, and that is all.
            self.first = self.values.as_ptr().align_offset(size_of::<[f32; LINE]>()).min(LINE);
        }
        self.len = len;
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.first..][..self.len]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.first..][..self.len]
    }
}

/// The first `len` values of a buffer, which grows when it is shorter. They are to be written before they are read.
pub(super) fn sized<T: Copy + Default>(buffer: &mut Vec<T>, len: usize) -> &mut [T] {
    if buffer.len() < len {
        buffer.resize(len, T::default());
    }
    &mut buffer[..len]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_begins_a_line_at_any_length() {
        let mut numbers = Aligned::default();
        for len in [1, 100, 7, 100_000] {
            numbers.resize(len);
            numbers.fill(1.0);
            assert_eq!((numbers.len(), numbers.as_ptr() as usize % 64), (len, 0));
        }
    }
}
