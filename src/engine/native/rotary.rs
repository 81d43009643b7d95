//! Rotary positions: pairs of a query's or key's values are turned by an angle that grows with the position.

/// Sines and cosines of every position, shared by the layers that have the same base.
pub(super) struct Rotary {
    /// `[positions, half]`.
    cosines: Vec<f32>,
    /// `[positions, half]`.
    sines: Vec<f32>,
    /// Half of a head's width.
    half: usize,
}

impl Rotary {
    /// Tables for `positions` positions and heads of `width` values; value `i` of a pair turns by `position / base^(2i/width)`.
    pub(super) fn new(positions: usize, width: usize, base: f32) -> Self {
        let half = width / 2;
        let frequency = |i: usize| 1.0 / base.powf((2 * i) as f32 / width as f32);
        let angles = (0..positions).flat_map(|position| (0..half).map(move |i| position as f32 * frequency(i)));
        let (cosines, sines) = angles.map(|angle| (angle.cos(), angle.sin())).unzip();
        Self { cosines, sines, half }
    }

    /// Turns the first `hidden` values of each row, head by head. Rows are `stride` values apart, the first of them stands
    /// at `position`.
    pub(super) fn turn(&self, rows: &mut [f32], (stride, hidden): (usize, usize), position: usize) {
        let half = self.half;
        for (at, row) in rows.chunks_mut(stride).enumerate() {
            let angles = (position + at) * half..(position + at + 1) * half;
            let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
            for head in row[..hidden].chunks_exact_mut(2 * half) {
                let (first, second) = head.split_at_mut(half);
                for (((a, b), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                    (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_turned_rows_depend_on_their_distance_alone() {
        let rotary = Rotary::new(64, 8, 10_000.0);
        let (query, key): (Vec<f32>, Vec<f32>) = (0..8).map(|i| ((i * 5 % 7) as f32, (i * 3 % 11) as f32)).unzip();
        let product = |a: usize, b: usize| {
            let (mut query, mut key) = (query.clone(), key.clone());
            rotary.turn(&mut query, (8, 8), a);
            rotary.turn(&mut key, (8, 8), b);
            query.iter().zip(&key).map(|(a, b)| a * b).sum::<f32>()
        };
        assert!((product(3, 10) - product(43, 50)).abs() < 1e-3);
        assert!((product(3, 10) - product(10, 3)).abs() > 1.0, "the direction counts");
    }
}
