//! Memory for machine code: one reserved range of addresses, cut into blocks of whole pages.
//!
//! A block is writable or executable, never both, and its type says which: [`WritableBlock::publish`] consumes the one
//! and gives the other, and there is no way back. This file must know nothing about units or when they die; that is
//! [`crate::cache`]. Pages are counted out in `memory::pages`, protected in `memory::reservation`, and made visible to
//! instruction fetch in `memory::coherence`.

mod coherence;
mod mark;
mod pages;
mod reservation;

pub use mark::CodeNamesMark;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::position::CodeOffset;
use pages::{PageAllocator, PageRange};
use reservation::{Protection, Reservation};

/// The most that can be reserved: any byte of it reaches any other with a 32-bit displacement.
pub const MAX_RESERVATION_BYTES: usize = 1 << 30;

/// Why there is no code memory. A compiler that gets one declines the unit.
#[derive(Debug)]
pub enum CodeMemoryError {
    /// No range of free pages is long enough.
    NoRoom {
        /// Whole pages of the request, in bytes.
        wanted_bytes: usize,
        /// The longest free range, in bytes.
        largest_free_bytes: usize,
        /// All free pages, in bytes.
        free_bytes: usize,
        /// What may be in use at most, in bytes.
        limit_bytes: usize,
    },
    /// The knob `fail-code-request` asked for it.
    Injected {
        /// The number of the request, from 1.
        request: u64,
    },
    /// The operating system refused.
    System {
        /// What it refused, in the infinitive.
        operation: &'static str,
        /// Its reason.
        error: io::Error,
    },
}

impl fmt::Display for CodeMemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodeMemoryError::NoRoom { wanted_bytes, largest_free_bytes, free_bytes, limit_bytes } => write!(
                f,
                "no room for {wanted_bytes} bytes of code: {free_bytes} of {limit_bytes} bytes are free, \
                 at most {largest_free_bytes} in one piece; a larger code-cache-bytes helps"
            ),
            CodeMemoryError::Injected { request } => {
                write!(f, "request {request} for code memory failed because fail-code-request={request}")
            }
            CodeMemoryError::System { operation, error } => write!(f, "cannot {operation}: {error}"),
        }
    }
}

impl std::error::Error for CodeMemoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CodeMemoryError::NoRoom { .. } | CodeMemoryError::Injected { .. } => None,
            CodeMemoryError::System { operation: _, error } => Some(error),
        }
    }
}

/// How the reserved range is used. Whole pages, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeMemoryUse {
    /// What may be in use at most.
    pub limit_bytes: usize,
    /// In blocks.
    pub used_bytes: usize,
    /// The longest free range.
    pub largest_free_bytes: usize,
    /// Lost: the system refused to take these pages back, so nobody gets them again. Part of `used_bytes`.
    pub stranded_bytes: usize,
    /// Requests since the start, failed ones too.
    pub requests: u64,
}

/// A reserved range of addresses that gives out blocks for code. Clones share it; blocks keep it alive.
#[derive(Debug, Clone)]
pub struct CodeMemory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reservation: Reservation,
    /// The request that fails, counted from 1.
    fail_request: Option<u64>,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    pages: PageAllocator,
    stranded_pages: usize,
    requests: u64,
}

impl CodeMemory {
    /// Reserves addresses for at most `limit_bytes` of code, rounded down to whole pages; `None` stands for
    /// [`MAX_RESERVATION_BYTES`], which is also the most. No memory is used yet. The request with number
    /// `fail_request`, counted from 1, will fail.
    ///
    /// # Errors
    /// [`CodeMemoryError::System`] if the process may not have that many addresses.
    pub fn reserve(limit_bytes: Option<u64>, fail_request: Option<u64>) -> Result<CodeMemory, CodeMemoryError> {
        let limit_bytes = limit_bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(MAX_RESERVATION_BYTES)
            .min(MAX_RESERVATION_BYTES);
        let page_count = limit_bytes / reservation::page_bytes();
        let reservation = Reservation::new(page_count)
            .map_err(|error| CodeMemoryError::System { operation: "reserve addresses for code", error })?;
        let books = Books { pages: PageAllocator::new(page_count), stranded_pages: 0, requests: 0 };
        Ok(CodeMemory(Arc::new(Shared { reservation, fail_request, books: Mutex::new(books) })))
    }

    /// A writable block of whole pages with room for `code_bytes`, filled with zeros.
    ///
    /// # Errors
    /// [`CodeMemoryError`]; nothing is changed but the count of requests.
    pub fn request(&self, code_bytes: usize) -> Result<WritableBlock, CodeMemoryError> {
        self.count_request()?;
        self.block(code_bytes)
    }

    /// Counts one request.
    ///
    /// # Errors
    /// [`CodeMemoryError::Injected`] if it is the one that has to fail.
    pub(crate) fn count_request(&self) -> Result<(), CodeMemoryError> {
        let mut books = self.0.books();
        books.requests += 1;
        match self.0.fail_request {
            Some(request) if request == books.requests => Err(CodeMemoryError::Injected { request }),
            Some(_) | None => Ok(()),
        }
    }

    /// [`CodeMemory::request`] without counting, for a caller that makes room and tries again.
    pub(crate) fn block(&self, code_bytes: usize) -> Result<WritableBlock, CodeMemoryError> {
        let page_bytes = self.page_bytes();
        let page_count = page_count(code_bytes, page_bytes);
        let mut books = self.0.books();
        let Some(pages) = books.pages.take(page_count) else {
            return Err(CodeMemoryError::NoRoom {
                wanted_bytes: page_count.saturating_mul(page_bytes),
                largest_free_bytes: books.pages.largest_free_pages() * page_bytes,
                free_bytes: books.pages.free_pages() * page_bytes,
                limit_bytes: books.pages.total_pages() * page_bytes,
            });
        };
        drop(books);
        let block = Block { memory: self.0.clone(), pages: Some(pages), code_bytes };
        // SAFETY: nobody has used the pages since they were reserved or discarded.
        unsafe { self.0.reservation.protect(block.pages(), Protection::ReadWrite) }
            .map_err(|error| CodeMemoryError::System { operation: "make pages for code writable", error })?;
        Ok(WritableBlock(block))
    }

    /// Bytes of a page, a power of two.
    pub fn page_bytes(&self) -> usize {
        self.0.reservation.page_bytes()
    }

    /// How the range is used now.
    pub fn usage(&self) -> CodeMemoryUse {
        let page_bytes = self.page_bytes();
        let books = self.0.books();
        CodeMemoryUse {
            limit_bytes: books.pages.total_pages() * page_bytes,
            used_bytes: (books.pages.total_pages() - books.pages.free_pages()) * page_bytes,
            largest_free_bytes: books.pages.largest_free_pages() * page_bytes,
            stranded_bytes: books.stranded_pages * page_bytes,
            requests: books.requests,
        }
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        // A thread that panicked with the lock held did so on a broken invariant of one call; the counts stay usable.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes pages back.
    ///
    /// # Safety
    /// Nobody may use the pages any more.
    unsafe fn release(&self, pages: PageRange) {
        // SAFETY: as the caller says.
        let discarded = unsafe { self.reservation.discard(&pages) };
        let mut books = self.books();
        match discarded {
            Ok(()) => books.pages.give_back(pages),
            // Their protection is unknown, so they are never given out again; `usage` shows them.
            Err(_) => books.stranded_pages += pages.count(),
        }
    }
}

/// Pages with one owner, given back when dropped.
#[derive(Debug)]
struct Block {
    memory: Arc<Shared>,
    /// `None` only while it is dropped.
    pages: Option<PageRange>,
    /// Bytes of the pages that the owner uses, from the start.
    code_bytes: usize,
}

impl Block {
    fn pages(&self) -> &PageRange {
        self.pages.as_ref().expect("a block has its pages until it is dropped")
    }

    fn start(&self) -> *mut u8 {
        self.memory.reservation.address(self.pages()).as_ptr()
    }

    fn block_bytes(&self) -> usize {
        self.pages().count() * self.memory.reservation.page_bytes()
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: the pages of a block are readable in both of its states, and only its owner writes.
        unsafe { std::slice::from_raw_parts(self.start(), self.code_bytes) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(pages) = self.pages.take() {
            // SAFETY: borrows of the bytes end before the owner, and that nothing runs there any more is what owners of
            // executable blocks answer for.
            unsafe { self.memory.release(pages) };
        }
    }
}

/// Pages that can be read and written but not run. Dropping it frees them.
#[derive(Debug)]
pub struct WritableBlock(Block);

impl WritableBlock {
    /// Where the code will be: the address does not change when the block is published. Writing through the pointer is
    /// sound for [`WritableBlock::code_bytes`] bytes while the block lives and none of its slices is in use.
    pub fn start(&mut self) -> *mut u8 {
        self.0.start()
    }

    /// The size that was asked for, in bytes.
    pub fn code_bytes(&self) -> usize {
        self.0.code_bytes
    }

    /// The bytes to fill.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let code_bytes = self.0.code_bytes;
        &mut self.pages_mut()[..code_bytes]
    }

    /// All bytes of the pages.
    fn pages_mut(&mut self) -> &mut [u8] {
        // SAFETY: the pages are writable until `publish` takes the block, zeroed by the system, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.0.start(), self.0.block_bytes()) }
    }

    /// Keeps the first `code_bytes` and frees the pages behind them, for a compiler that has to know the address before
    /// the size.
    ///
    /// # Panics
    /// If the block is smaller than that: the compiler wrote where it must not.
    pub fn trim(&mut self, code_bytes: usize) {
        assert!(code_bytes <= self.0.code_bytes, "{code_bytes} bytes in a block of {}", self.0.code_bytes);
        self.0.code_bytes = code_bytes;
        let keep = page_count(code_bytes, self.0.memory.reservation.page_bytes());
        let rest = self.0.pages.as_mut().and_then(|pages| pages.split_off(keep));
        if let Some(rest) = rest {
            // SAFETY: the block is borrowed mutably, so nobody borrows its bytes.
            unsafe { self.0.memory.release(rest) };
        }
    }

    /// Ends writing: the same pages can be read and run from now on by this thread. What is left of the last page is
    /// filled with instructions that trap.
    ///
    /// # Errors
    /// [`CodeMemoryError::System`]; the block is freed then.
    pub fn publish(mut self) -> Result<ExecutableBlock, CodeMemoryError> {
        let code_bytes = self.0.code_bytes;
        let bytes = self.pages_mut();
        coherence::fill_with_traps(&mut bytes[code_bytes..]);
        coherence::synchronise(bytes);
        // SAFETY: the block was moved in, so nobody borrows its bytes for writing.
        unsafe { self.0.memory.reservation.protect(self.0.pages(), Protection::ReadExecute) }
            .map_err(|error| CodeMemoryError::System { operation: "make code executable", error })?;
        Ok(ExecutableBlock(self.0))
    }
}

/// Pages that can be read and run but not written. Dropping it frees them: whoever drops it must know that no thread
/// runs or will run code in it ([`crate::CodeCache`] counts activations for that).
#[derive(Debug)]
pub struct ExecutableBlock(Block);

impl ExecutableBlock {
    /// The address of the first byte.
    pub fn start(&self) -> *const u8 {
        self.0.start()
    }

    /// The address of a byte of the code, for entry cells and function pointers. To call it is the caller's unsafe
    /// deed.
    ///
    /// # Panics
    /// If it lies behind the code.
    pub fn address(&self, offset: CodeOffset) -> *const u8 {
        &raw const self.bytes()[offset.index()]
    }

    /// The code, as it was written.
    pub fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    /// What the block takes from the limit: whole pages, in bytes.
    pub fn block_bytes(&self) -> usize {
        self.0.block_bytes()
    }
}

/// Pages for `code_bytes`; an empty block takes a page too, so that every block has an address of its own.
fn page_count(code_bytes: usize, page_bytes: usize) -> usize {
    code_bytes.div_ceil(page_bytes).max(1)
}

#[cfg(test)]
mod tests;
