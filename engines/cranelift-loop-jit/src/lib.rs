//! The loop compiler: a loop of the bytecode VM that has become hot is compiled while it runs, and entered at its next
//! header.
//!
//! It builds on the VM as its lower tier and uses Cranelift as its back end. Compiled code runs no Lua code of its own
//! accord: whatever needs a frame, a metamethod or an error leaves for the VM, which does the instruction again. So
//! nothing that can look at a frame ever finds compiled code on the native stack.
//!
//! Read in this order: [`region`] (what is compiled), [`types`] and [`state`] (what is known of it),
//! [`mod@lower`] (bytecode to Cranelift's IR) with [`helpers`] and [`exits`], then `machine` (IR to published code),
//! `policy` (what is hot, and what is entered) and `engine`.

mod region;

mod types;

mod state;

mod class;

mod exits;

mod operate;

mod helpers;

mod lower;

mod machine;

mod loops;

mod compile;

mod policy;

mod enter;

mod listing;

mod engine;

pub use engine::ENGINE;
