//! The order of a run: randomised complete blocks. Every block has each pair of contender and workload once, in an
//! order of its own, so that drift of the machine hits all contenders alike.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// A pair of contender and workload, by their places in the plan's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Index of the contender.
    pub contender: usize,
    /// Index of the workload.
    pub workload: usize,
}

/// `blocks` orders of `cells`. The same seed gives the same orders.
pub fn shuffled_blocks(cells: &[Cell], blocks: u32, seed: u64) -> Vec<Vec<Cell>> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..blocks)
        .map(|_| {
            let mut block = cells.to_vec();
            block.shuffle(&mut generator);
            block
        })
        .collect()
}

/// What differs between invocations on purpose: a number for the children of one block, drawn from the run's seed.
/// All contenders of a block get the same, so that blocks stay comparable.
pub fn block_seed(seed: u64, block: u32) -> u64 {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(u64::from(block) + 1);
    // 53 bits survive every reader of CSV and JSON.
    generator.next_u64() >> 11
}

/// A seed for a run that was given none. Short, because people type it.
pub fn fresh_seed() -> u64 {
    u64::from(rand::make_rng::<ChaCha8Rng>().next_u32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Vec<Cell> {
        (0..4).flat_map(|contender| (0..3).map(move |workload| Cell { contender, workload })).collect()
    }

    #[test]
    fn every_block_has_every_cell_once() {
        let blocks = shuffled_blocks(&cells(), 5, 1);
        assert_eq!(blocks.len(), 5);
        for block in &blocks {
            let mut sorted = block.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, cells());
        }
        assert_ne!(blocks[0], blocks[1]);
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(shuffled_blocks(&cells(), 3, 7), shuffled_blocks(&cells(), 3, 7));
        assert_ne!(shuffled_blocks(&cells(), 3, 7), shuffled_blocks(&cells(), 3, 8));
        assert_eq!(block_seed(7, 2), block_seed(7, 2));
        assert_ne!(block_seed(7, 2), block_seed(7, 3));
        assert_ne!(block_seed(7, 2), block_seed(8, 2));
        assert!(block_seed(7, 2) < 1 << 53);
    }
}
