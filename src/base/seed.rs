//! Counter-based random streams: the numbers of a replicate depend on (seed, replicate) and on nothing else.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The random stream of one replicate. Replicates can be drawn in any order, on any number of threads.
pub fn stream(seed: u64, replicate: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(replicate);
    random
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    #[test]
    fn a_replicate_depends_on_its_number_and_the_seed_only() {
        let first = super::stream(1, 7).next_u64();
        assert_eq!(first, super::stream(1, 7).next_u64());
        assert_ne!(first, super::stream(1, 8).next_u64());
        assert_ne!(first, super::stream(2, 7).next_u64());
    }
}
