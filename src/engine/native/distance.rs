//! How far tokens stand apart, in buckets that widen with the distance.

/// Buckets of MPNet (and T5): half of them for each direction; the first half of those are single distances, the others
/// widen logarithmically up to `furthest`. `offset` is the key's position less the query's.
pub(super) fn bidirectional_bucket(offset: isize, buckets: usize, furthest: f32) -> usize {
    let each = buckets / 2;
    let exact = each / 2;
    let distance = offset.unsigned_abs();
    let bucket = if distance < exact {
        distance
    } else {
        // In f32 and in this order, as the reference computes it: a distance on an edge falls where it does there.
        let share = (distance as f32 / exact as f32).ln() / (furthest / exact as f32).ln();
        (exact + (share * (each - exact) as f32) as usize).min(each - 1)
    };
    if offset > 0 { each + bucket } else { bucket }
}

/// Buckets of DeBERTa v2: distances up to half of `buckets` are themselves, further ones widen logarithmically up to
/// `furthest`. The sign is that of `offset`, the query's position less the key's.
pub(super) fn signed_log_bucket(offset: isize, buckets: usize, furthest: usize) -> isize {
    let middle = buckets / 2;
    let distance = offset.unsigned_abs();
    if distance <= middle {
        return offset;
    }
    let share = (distance as f32 / middle as f32).ln() / ((furthest - 1) as f32 / middle as f32).ln();
    let bucket = (share * (middle - 1) as f32).ceil() as isize + middle as isize;
    bucket * offset.signum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_distances_have_buckets_of_their_own() {
        let near: Vec<usize> = (-8..=8).map(|offset| bidirectional_bucket(offset, 32, 128.0)).collect();
        assert_eq!(near, [8, 7, 6, 5, 4, 3, 2, 1, 0, 17, 18, 19, 20, 21, 22, 23, 24]);
        let far = [16, 31, 32, 64, 127, 128, 4000].map(|offset| bidirectional_bucket(offset, 32, 128.0));
        assert_eq!(far, [26, 27, 28, 30, 31, 31, 31]);
        assert_eq!(
            [-128, -127, -1, 0, 1, 128].map(|offset| signed_log_bucket(offset, 256, 512)),
            [-128, -127, -1, 0, 1, 128]
        );
        assert_eq!([129, 200, 511, -511].map(|offset| signed_log_bucket(offset, 256, 512)), [129, 169, 255, -255]);
    }
}
