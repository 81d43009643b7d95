//! Uniform integers below a bound, without bias.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, TryRng};
use std::convert::Infallible;

/// Draws that are fetched at once: the generator makes so many together.
const FETCHED: usize = 64;

/// The 32-bit draws of a stream, fetched many at once: the same numbers, sooner.
pub(super) struct Draws {
    stream: Option<ChaCha8Rng>,
    bytes: [u8; 4 * FETCHED],
    next: usize,
}

impl Default for Draws {
    fn default() -> Self {
        Self { stream: None, bytes: [0; 4 * FETCHED], next: FETCHED }
    }
}

impl Draws {
    /// Goes on with another stream, from its beginning.
    pub(super) fn begin(&mut self, stream: ChaCha8Rng) {
        (self.stream, self.next) = (Some(stream), FETCHED);
    }

    fn draw(&mut self) -> u32 {
        if self.next == FETCHED {
            self.stream.as_mut().expect("a stream was begun").fill_bytes(&mut self.bytes);
            self.next = 0;
        }
        let at = 4 * self.next;
        self.next += 1;
        u32::from_le_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], self.bytes[at + 3]])
    }
}

impl TryRng for Draws {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.draw())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.draw());
        Ok(low | u64::from(self.draw()) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.draw() as u8;
        }
        Ok(())
    }
}

/// A uniform integer in `0..bound`; 0 where `bound` is 0.
///
/// The high half of a 32-bit draw times the bound is the answer. The 2^32 products fall into `bound` classes of size
/// ⌊2^32 / bound⌋ or one more; draws whose low half is below 2^32 mod `bound` are rejected, which makes the classes equal
/// (Lemire 2019, *Fast Random Integer Generation in an Interval*, ACM TOMACS 29(1), algorithm 5).
pub fn below(bound: u32, random: &mut impl Rng) -> u32 {
    let product = u64::from(random.next_u32()) * u64::from(bound);
    // The remainder of a division is needed only for the few low halves that could be rejected.
    let product = if (product as u32) < bound { accepted(product, bound, random) } else { product };
    (product >> 32) as u32
}

#[cold]
fn accepted(mut product: u64, bound: u32, random: &mut impl Rng) -> u64 {
    let rejected = bound.wrapping_neg() % bound;
    while (product as u32) < rejected {
        product = u64::from(random.next_u32()) * u64::from(bound);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stream;

    /// Gives the numbers it was made with.
    struct Scripted(Vec<u32>);

    impl TryRng for Scripted {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(self.0.remove(0))
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!("only 32-bit draws are used")
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
            unreachable!("only 32-bit draws are used")
        }
    }

    #[test]
    fn draws_that_would_favour_a_class_are_rejected() {
        // 2^32 mod 3 = 1: of all draws only 0 has a low half below 1, and it is drawn again.
        let mut random = Scripted(vec![0, 0, u32::MAX]);
        assert_eq!(below(3, &mut random), 2);
        assert!(random.0.is_empty());
        // 2^32 mod 4 = 0: nothing is rejected.
        assert_eq!(below(4, &mut Scripted(vec![0])), 0);
    }

    #[test]
    fn all_classes_of_a_large_bound_are_equally_likely() {
        // With 3·2^30 classes, draws without rejection would give every third class twice the weight of the others.
        let mut random = stream(5, 0);
        let mut thirds = [0_i32; 3];
        for _ in 0..30_000 {
            thirds[(below(3 << 30, &mut random) % 3) as usize] += 1;
        }
        // Standard deviation 82.
        assert!(thirds.iter().all(|count| (count - 10_000).abs() < 410), "{thirds:?}");
    }

    #[test]
    fn draws_that_are_fetched_at_once_are_those_of_the_stream() {
        let (mut draws, mut one_by_one) = (Draws::default(), stream(9, 4));
        draws.begin(stream(9, 1));
        let mut sum = 0_u64;
        (0..300).for_each(|_| sum += u64::from(draws.next_u32()));
        assert!(sum > 0);
        draws.begin(stream(9, 4));
        for _ in 0..1_000 {
            assert_eq!(draws.next_u32(), one_by_one.next_u32());
        }
    }

    #[test]
    fn one_class_and_no_class_are_zero() {
        assert_eq!(below(1, &mut stream(1, 1)), 0);
        assert_eq!(below(0, &mut stream(1, 1)), 0);
    }
}
