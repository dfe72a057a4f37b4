//! The contender `native`: workloads in Rust, from the crate `native-workloads` (`harness/native`), which stands apart
//! because it needs one `asm!` and this crate has no unsafe code.

pub use native_workloads::find;

#[cfg(test)]
mod tests;
