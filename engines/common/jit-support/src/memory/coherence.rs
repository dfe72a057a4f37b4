//! Making freshly written code visible to instruction fetch.
//!
//! On x86-64 fetch is coherent with stores, and the system call that makes the pages executable orders the two. On
//! aarch64 the data cache has to be cleaned and the instruction cache invalidated by hand. This file must know nothing
//! about who allocates or protects pages: that is `reservation`.

/// Makes the bytes at `code` the ones that this thread fetches from now on. To be called after the last write and while
/// the bytes are still readable. Another thread needs a context synchronisation event of its own (on aarch64 an `isb`)
/// before it runs them.
#[cfg(target_arch = "x86_64")]
pub(super) fn synchronise(_code: &[u8]) {}

/// Makes the bytes at `code` the ones that this thread fetches from now on. To be called after the last write and while
/// the bytes are still readable. Another thread needs a context synchronisation event of its own (an `isb`) before it
/// runs them.
#[cfg(target_arch = "aarch64")]
pub(super) fn synchronise(code: &[u8]) {
    use std::arch::asm;

    let range = code.as_ptr_range();
    let (start, end) = (range.start as usize, range.end as usize);
    let cache_type: u64;
    // SAFETY: CTR_EL0 can be read from user space on Linux (the kernel traps and emulates where it must).
    unsafe { asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags)) };
    // DminLine and IminLine hold the logarithm of the smallest line in words of four bytes.
    let data_line_bytes = 4_usize << ((cache_type >> 16) & 0xf);
    let instruction_line_bytes = 4_usize << (cache_type & 0xf);
    for line in (start & !(data_line_bytes - 1)..end).step_by(data_line_bytes) {
        // SAFETY: cleaning a line of readable memory changes no value.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier: the cleaned lines are visible before any line is invalidated.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in (start & !(instruction_line_bytes - 1)..end).step_by(instruction_line_bytes) {
        // SAFETY: invalidating instruction lines changes no value.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers: the invalidation has finished, and this thread fetches again.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("jit-support knows how to publish code on x86-64 and aarch64 only");

/// Fills what lies behind the code on its last page with instructions that trap, so that running over the end of the
/// code does not go unnoticed.
pub(super) fn fill_with_traps(rest: &mut [u8]) {
    // `int3` on x86-64. On aarch64 a word of zeros is `udf #0`, which traps.
    rest.fill(if cfg!(target_arch = "x86_64") { 0xcc } else { 0 });
}
