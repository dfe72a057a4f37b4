//! Functions ready to run, and what their instructions have seen.

pub mod feedback;

pub mod prototype;
