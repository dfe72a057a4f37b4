//! Mixed mode: the bytecode VM interprets, the method JIT compiles functions that are called often, the loop JIT compiles loops
//! that run long, and each hands over to the others where they meet.
//!
//! The three are libraries here and stand nowhere twice. This crate has what none of them can know: which tiers there are, when
//! each is used, and the seams between them. It must not know what a compiler makes of an instruction.
//!
//! Read in this order: `knobs` (the policy as data), `tiers` (the state and the seams), `engine` (hooks and instances).

mod knobs;

mod tiers;

mod engine;

pub use engine::ENGINE;
