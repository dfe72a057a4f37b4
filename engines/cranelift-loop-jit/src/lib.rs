//! The loop compiler: a loop of the bytecode VM that has become hot is compiled while it runs, and entered at its next
//! header, and again behind every call that the VM has to make for it.
//!
//! It builds on the VM as its lower tier and uses Cranelift as its back end. Compiled code runs no function of the program
//! but inlined ones: for any other, and for metamethods, it leaves for the VM. So nothing that can look at a frame finds
//! one that is not complete, and no error or yield has to find its way through more than one compiled frame.
//!
//! Read in this order: [`region`] (what is compiled), [`types`] and [`state`] (what is known of it), [`mod@lower`]
//! (bytecode to Cranelift's IR) with [`locations`], [`vm_call`] and [`helpers`] (what it calls) and [`exits`], then
//! `backend` (IR to published code), `policy` with `loops`, `trial` and `budget` (what is hot, and what is worth it), `enter` (running a unit) and `engine`.

mod region;

mod types;

mod state;

mod exits;

mod vm_call;

mod helpers;

mod locations;

mod lower;

mod backend;

mod budget;

mod trial;

mod loops;

mod compile;

mod policy;

mod enter;

mod listing;

mod profiled;

mod engine;

pub use backend::Target;
pub use budget::Allowance;
pub use compile::Techniques;
pub use engine::{ENGINE, GIVE_BACK, INLINING, OPT_LEVEL, TARGET};
pub use enter::{back_edge, counted_down, is_counting, make_due, resumed};
pub use loops::Costs;
pub use policy::{Jit, Policy};
