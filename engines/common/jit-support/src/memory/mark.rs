//! The mark by which `perf` learns of a jitdump: the file that names compiled code, mapped for execution.
//!
//! Nothing is executed there. `perf record` notes each executable mapping with its file's name, and `perf inject` looks for
//! the file by that.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::param::page_size;

/// One page of a file, mapped until this is dropped.
#[derive(Debug)]
pub struct CodeNamesMark {
    start: NonNull<c_void>,
}

impl CodeNamesMark {
    /// Maps the first page of a file, whether there is anything in it or not.
    ///
    /// # Errors
    /// What `mmap` says, as on a file system without executable files.
    pub fn new(file: &File) -> io::Result<CodeNamesMark> {
        let flags = ProtFlags::READ | ProtFlags::EXEC;
        // SAFETY: a new private mapping at an address of the kernel's choice touches nobody else's memory.
        let start = unsafe { mmap(std::ptr::null_mut(), page_size(), flags, MapFlags::PRIVATE, file, 0) }?;
        let start = NonNull::new(start).expect("mmap without MAP_FIXED never gives address 0");
        Ok(CodeNamesMark { start })
    }
}

impl Drop for CodeNamesMark {
    fn drop(&mut self) {
        // SAFETY: it is the mapping of `new`, and nobody else has its address.
        let unmapped = unsafe { munmap(self.start.as_ptr(), page_size()) };
        debug_assert!(unmapped.is_ok(), "a mapping can be taken away");
    }
}
