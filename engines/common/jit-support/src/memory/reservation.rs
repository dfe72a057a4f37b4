//! One range of address space and the protection of its pages: the only `mmap` and `mprotect` of the project.
//!
//! There is no operation that makes a page writable and executable. Which pages are whose is the business of
//! [`super::CodeMemory`]; this file must not know.

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};

use super::pages::PageRange;

/// What may be done with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// Nothing.
    None,
    /// Read and write.
    ReadWrite,
    /// Read and execute.
    ReadExecute,
}

/// A reserved range of addresses, unmapped when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    start: NonNull<c_void>,
    bytes: usize,
    page_bytes: usize,
}

// SAFETY: it owns the mapping alone, and an address range belongs to the process, not to a thread.
unsafe impl Send for Reservation {}
// SAFETY: its methods take page ranges, which have one owner each, and the system calls behind them are thread-safe.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Reserves `pages` pages, at least one, that may not be touched yet.
    ///
    /// # Errors
    /// What `mmap` says, when the address space of the process does not have room.
    pub(super) fn new(pages: usize) -> io::Result<Reservation> {
        let page_bytes = page_bytes();
        let bytes = pages.max(1).checked_mul(page_bytes).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: a new private mapping at an address of the kernel's choice touches nobody else's memory.
        let start = unsafe {
            mmap_anonymous(std::ptr::null_mut(), bytes, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE)
        }?;
        let start = NonNull::new(start).expect("mmap without MAP_FIXED never gives address 0");
        Ok(Reservation { start, bytes, page_bytes })
    }

    /// The size of a page.
    pub(super) fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// The address of the first byte of `range`, good for all of its pages.
    pub(super) fn address(&self, range: &PageRange) -> NonNull<u8> {
        debug_assert!((range.first() + range.count()) * self.page_bytes <= self.bytes);
        // SAFETY: the allocator of this reservation gives out only pages that lie in it.
        unsafe { self.start.cast::<u8>().add(range.first() * self.page_bytes) }
    }

    /// Changes what may be done with every page of `range`.
    ///
    /// # Errors
    /// What `mprotect` says, when the kernel cannot split the mapping any further. Some of the pages may have been
    /// changed then.
    ///
    /// # Safety
    /// Nothing may refer to the pages in a way that the new protection forbids: no borrow of their bytes if they become
    /// inaccessible, no running code unless they stay executable.
    pub(super) unsafe fn protect(&self, range: &PageRange, protection: Protection) -> io::Result<()> {
        let flags = match protection {
            Protection::None => MprotectFlags::empty(),
            Protection::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
            Protection::ReadExecute => MprotectFlags::READ | MprotectFlags::EXEC,
        };
        // SAFETY: the pages are ours, and the caller vouches for those who use them.
        unsafe { mprotect(self.address(range).as_ptr().cast(), range.count() * self.page_bytes, flags) }?;
        Ok(())
    }

    /// Makes every page of `range` inaccessible and gives its memory back to the system. Its next content is zeros.
    ///
    /// # Errors
    /// What `mprotect` or `madvise` says; the pages must not be used again then.
    ///
    /// # Safety
    /// Nobody may use the pages any more.
    pub(super) unsafe fn discard(&self, range: &PageRange) -> io::Result<()> {
        // SAFETY: as the caller says.
        unsafe { self.protect(range, Protection::None) }?;
        // SAFETY: the pages are ours and private, and nobody uses their content any more.
        unsafe {
            madvise(self.address(range).as_ptr().cast(), range.count() * self.page_bytes, Advice::LinuxDontNeed)
        }?;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: every block holds the reservation alive, so nobody has an address in it any more.
        let result = unsafe { munmap(self.start.as_ptr(), self.bytes) };
        result.expect("address and size are those of the mapping");
    }
}

/// The system's page size in bytes, a power of two.
pub(super) fn page_bytes() -> usize {
    rustix::param::page_size()
}
