//! The allocator: size-class blocks for objects, accounted buffers, memory limit, fault injection.
//!
//! It never collects: it only asks for a collection through the interrupt word (see ARCHITECTURE.md, "Collection").
//! Since the collection comes at the next poll only, the limit is one of what is live: it asks early, and up to half the
//! limit more may be used for as long as the collection has not come.
//! It knows sizes and headers, not what objects mean; `collect` walks its blocks.
//!
//! With the cargo feature `separate-cells` no two objects share a block: each is an allocation of its own that the sweep
//! gives back to the system, so that a memory checker knows where an object begins and ends and when it is gone.

mod buffers;

pub mod object;

use std::alloc::Layout;
use std::any::TypeId;
use std::ptr::NonNull;

use engine_api::{Interrupt, Limits};

use crate::heap::buffers::Buffers;
use crate::heap::object::{Gc, Header, Kind};
use crate::value::Value;

/// Objects up to this size live in blocks, larger ones in allocations of their own.
pub const LARGEST_CELL_BYTES: usize = 512;
/// Cell sizes are multiples of this.
pub const CELL_GRANULE_BYTES: usize = 16;
/// Size and alignment of a block of cells.
pub const BLOCK_BYTES: usize = 32 * 1024;
/// Empty blocks kept for reuse; more go back to the allocator.
const SPARE_BLOCKS: usize = 64;
/// The heap grows at least this far before the first collection: what comes and goes stays in the processor's caches.
const FIRST_COLLECTION_BYTES: u64 = 1024 * 1024;
/// While less than this is used, a heap may grow to [`SMALL_HEAP_GROWTH`] times what is live before a collection, which costs as
/// much as there is live.
const SMALL_HEAP_BYTES: u64 = 4 * 1024 * 1024;
const SMALL_HEAP_GROWTH: u64 = 8;
const CLASSES: usize = LARGEST_CELL_BYTES / CELL_GRANULE_BYTES;

/// Offset of the first of the lists of free cells in a [`Heap`], one for each size (see [`cell_class`]). Compiled code takes
/// cells off them, and counts and accounts for what it takes.
pub const HEAP_FREE_OFFSET: usize = std::mem::offset_of!(Heap, free);
/// Offset of the bytes that can be allocated before the allocator wants to be called (i64).
pub const HEAP_ALLOWANCE_OFFSET: usize = std::mem::offset_of!(Heap, allowance_bytes);
/// Offset of the number of allocations (u64).
pub const HEAP_ALLOCATIONS_OFFSET: usize =
    std::mem::offset_of!(Heap, counts) + std::mem::offset_of!(HeapCounts, allocations);
/// Offset of the pointer to the next free cell in a free one.
pub const FREE_CELL_NEXT_OFFSET: usize = std::mem::offset_of!(FreeCell, next);

/// The index of the list of free cells for objects of so many bytes, and the size of such a cell. An object of more than
/// [`LARGEST_CELL_BYTES`] has none.
pub const fn cell_class(bytes: usize) -> (usize, usize) {
    let granules = bytes.div_ceil(CELL_GRANULE_BYTES);
    (granules - 1, granules * CELL_GRANULE_BYTES)
}

/// An allocation failed: the limit was reached, the system has no memory, or a fault was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;

/// A block of equal cells.
pub(crate) struct Block {
    memory: NonNull<u8>,
    pub(crate) cell_bytes: usize,
}

impl Block {
    /// Pointers to the cells, free ones included.
    pub(crate) fn cells(&self) -> impl DoubleEndedIterator<Item = *mut Header> + use<> {
        let (memory, cell_bytes) = (self.memory, self.cell_bytes);
        // SAFETY: every offset is inside the block, whose size is BLOCK_BYTES.
        (0..BLOCK_BYTES / cell_bytes).map(move |i| unsafe { memory.as_ptr().add(i * cell_bytes).cast() })
    }
}

/// What a free cell holds.
#[repr(C)]
struct FreeCell {
    header: Header,
    next: *mut FreeCell,
}

/// Counts of the heap since its start.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeapCounts {
    /// Objects and buffers allocated.
    pub allocations: u64,
    /// Bytes allocated in all.
    pub allocated_bytes: u64,
    /// Bytes in use now.
    pub used_bytes: u64,
    /// The most bytes that were in use at once, as seen when the heap grew or was collected.
    pub peak_bytes: u64,
    /// Collections so far.
    pub collections: u64,
    /// Time spent collecting.
    pub gc_time_ns: u64,
}

/// What a program can set with `collectgarbage`.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    /// Percent of the live bytes that the heap may reach before the next collection.
    pub pause_percent: u64,
    /// The speed of an incremental collector. Only remembered: collections stop the world.
    pub step_percent: u64,
    /// Whether the program has asked for a generational collector. Only remembered, too.
    pub is_generational: bool,
}

/// The heap of one instance.
pub struct Heap {
    free: [*mut FreeCell; CLASSES],
    pub(crate) blocks: Vec<Block>,
    spare: Vec<NonNull<u8>>,
    buffers: Buffers,
    /// Objects with allocations of their own, with their sizes.
    pub(crate) large: Vec<(NonNull<Header>, usize)>,
    /// Bytes that can be allocated before the slow path looks at limit and threshold; below zero when it is due.
    allowance_bytes: i64,
    /// How many bytes will have been allocated in all when the allowance is used up: the one number that an allocation changes
    /// is the allowance.
    allowed_bytes: u64,
    /// All counts but that of bytes, which follows from the two above.
    counts: HeapCounts,
    freed_bytes: u64,
    /// Past this many bytes in use, the slow path looks at limit and threshold.
    trigger_bytes: u64,
    threshold_bytes: u64,
    limit_bytes: u64,
    /// The limit and what may be overdrawn until the next poll.
    overdraft_limit_bytes: u64,
    /// Bytes that the last collection has left.
    live_bytes: u64,
    /// The allocation number at which the slow path has something to do (fault or `gc-every`).
    next_event: u64,
    gc_every: u64,
    fail_allocation: u64,
    /// When collections are due.
    pub tuning: Tuning,
    /// `collectgarbage("stop")`: no collection is asked for.
    pub stopped: bool,
    interrupt: Interrupt,
    /// The type of the engine's code.
    code_type: TypeId,
}

impl Heap {
    /// An empty heap for the engine whose code for one function is of this type.
    pub(crate) fn new(
        limits: &Limits,
        gc_every: u64,
        fail_allocation: u64,
        interrupt: Interrupt,
        code_type: TypeId,
    ) -> Heap {
        let mut heap = Heap {
            free: [std::ptr::null_mut(); CLASSES],
            blocks: Vec::new(),
            spare: Vec::new(),
            buffers: Buffers::default(),
            large: Vec::new(),
            allowance_bytes: 0,
            allowed_bytes: 0,
            counts: HeapCounts::default(),
            freed_bytes: 0,
            trigger_bytes: 0,
            threshold_bytes: FIRST_COLLECTION_BYTES,
            limit_bytes: limits.heap_bytes.unwrap_or(u64::MAX),
            overdraft_limit_bytes: limits.heap_bytes.map_or(u64::MAX, |limit| limit.saturating_add(limit / 2)),
            live_bytes: 0,
            next_event: 0,
            gc_every,
            fail_allocation,
            // The stand-alone `lua` begins in the generational mode.
            tuning: Tuning { pause_percent: 200, step_percent: 100, is_generational: true },
            stopped: false,
            interrupt,
            code_type,
        };
        heap.set_trigger();
        heap.set_next_event();
        heap.set_allowance();
        heap
    }

    /// The type of the code of the engine whose heap it is.
    pub(crate) fn code_type(&self) -> TypeId {
        self.code_type
    }

    /// The counts so far.
    pub fn counts(&self) -> HeapCounts {
        let mut counts = self.counts;
        counts.allocated_bytes = self.allocated_bytes();
        counts.used_bytes = self.used_bytes();
        counts.peak_bytes = counts.peak_bytes.max(counts.used_bytes);
        counts
    }

    /// Bytes allocated since the start.
    #[inline(always)]
    fn allocated_bytes(&self) -> u64 {
        self.allowed_bytes.wrapping_sub_signed(self.allowance_bytes)
    }

    /// Bytes in use now.
    #[inline(always)]
    pub fn used_bytes(&self) -> u64 {
        self.allocated_bytes() - self.freed_bytes
    }

    /// Whether more than the limit is in use. Right after a collection it means that the limit is reached.
    #[inline]
    pub(crate) fn is_over_limit(&self) -> bool {
        self.used_bytes() > self.limit_bytes
    }

    /// Whether `bytes` more would go past the limit, but need not if there is garbage.
    pub(crate) fn lacks_room_for(&self, bytes: u64) -> bool {
        bytes <= self.limit_bytes && self.used_bytes().saturating_add(bytes) > self.limit_bytes
    }

    /// The most bytes that may be gathered outside the heap for one object that is then made of them: together with both
    /// copies the heap stays within twice its limit.
    pub fn room_bytes(&self) -> u64 {
        self.limit_bytes.saturating_sub(self.used_bytes() / 2)
    }

    /// Takes up automatic collections again (`collectgarbage("restart")`).
    pub fn restart(&mut self) {
        self.stopped = false;
        self.set_trigger();
        self.set_allowance();
    }

    /// Every store of a reference into a heap object passes here. Nothing to do while collections stop the world; it
    /// is where an incremental or generational collector will hook in.
    #[inline(always)]
    pub fn barrier(&mut self, _object: Gc<Header>, _stored: Value) {}

    /// Allocates an object of type `T` with `tail_bytes` after it and writes `object` into it. The tail is not
    /// initialised.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was allocated then.
    #[inline]
    pub(crate) fn allocate<T>(&mut self, tail_bytes: usize, object: T) -> Result<Gc<T>, OutOfMemory> {
        const { assert!(align_of::<T>() <= CELL_GRANULE_BYTES) };
        let bytes = size_of::<T>().checked_add(tail_bytes).ok_or(OutOfMemory)?;
        let shares_block = bytes <= LARGEST_CELL_BYTES && !cfg!(feature = "separate-cells");
        let cell = if shares_block { self.allocate_cell(bytes)? } else { self.allocate_large(bytes)? };
        let pointer = cell.cast::<T>();
        // SAFETY: the cell has room for a `T` at this alignment and nobody else refers to it.
        unsafe {
            pointer.write(object);
            Ok(Gc::new(pointer))
        }
    }

    #[inline]
    fn allocate_cell(&mut self, bytes: usize) -> Result<NonNull<Header>, OutOfMemory> {
        let (class, cell_bytes) = cell_class(bytes);
        self.account(cell_bytes as u64)?;
        let cell = match NonNull::new(self.free[class]) {
            Some(cell) => cell,
            None => self.refill(class)?,
        };
        // SAFETY: the head of a free list is a free cell whose `next` was written by `refill` or the sweep.
        self.free[class] = unsafe { (*cell.as_ptr()).next };
        Ok(cell.cast())
    }

    /// Gets a new block for a class and gives its first free cell.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, class: usize) -> Result<NonNull<FreeCell>, OutOfMemory> {
        let cell_bytes = (class + 1) * CELL_GRANULE_BYTES;
        let memory = match self.spare.pop() {
            Some(memory) => memory,
            // SAFETY: the layout's size is not zero.
            None => match NonNull::new(unsafe { std::alloc::alloc(block_layout()) }) {
                Some(memory) => memory,
                None => {
                    self.freed_bytes += cell_bytes as u64;
                    return Err(OutOfMemory);
                }
            },
        };
        let block = Block { memory, cell_bytes };
        let mut next = std::ptr::null_mut();
        for cell in block.cells().rev() {
            let cell = cell.cast::<FreeCell>();
            // SAFETY: the cell lies inside the block, is at least 16 bytes and unused.
            unsafe { cell.write(FreeCell { header: Header::new(Kind::Free, 0, 0, 0), next }) };
            next = cell;
        }
        self.blocks.push(block);
        self.free[class] = next;
        NonNull::new(next).ok_or(OutOfMemory)
    }

    #[inline(never)]
    fn allocate_large(&mut self, bytes: usize) -> Result<NonNull<Header>, OutOfMemory> {
        let layout = Layout::from_size_align(bytes, CELL_GRANULE_BYTES).map_err(|_| OutOfMemory)?;
        let memory = self.allocate_buffer(layout)?.cast::<Header>();
        self.large.push((memory, bytes));
        Ok(memory)
    }

    /// Allocates an accounted buffer that some object owns. Not initialised.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was allocated then.
    pub(crate) fn allocate_buffer(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        debug_assert!(layout.size() > 0);
        self.account(layout.size() as u64)?;
        // SAFETY: no caller asks for zero bytes, as the assertion above checks in debug builds.
        match unsafe { self.buffers.allocate(layout) } {
            Some(memory) => Ok(memory),
            None => {
                self.freed_bytes += layout.size() as u64;
                Err(OutOfMemory)
            }
        }
    }

    /// Frees a buffer.
    ///
    /// # Safety
    /// `memory` must come from [`Heap::allocate_buffer`] with the same layout and not be used again.
    pub(crate) unsafe fn free_buffer(&mut self, memory: NonNull<u8>, layout: Layout) {
        self.freed_bytes += layout.size() as u64;
        // SAFETY: as the caller says.
        unsafe { self.buffers.free(memory, layout) };
    }

    /// Counts bytes that Rust collections owned by heap objects hold (a shape's tables, an engine's code).
    ///
    /// # Errors
    /// [`OutOfMemory`] if the limit and the overdraft are reached; nothing was counted then.
    #[inline]
    pub fn account(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        self.counts.allocations += 1;
        self.allowance_bytes = self.allowance_bytes.saturating_sub_unsigned(bytes);
        if self.allowance_bytes < 0 {
            return self.account_slow(bytes);
        }
        Ok(())
    }

    /// Counts such bytes as given back.
    #[inline]
    pub fn unaccount(&mut self, bytes: u64) {
        self.freed_bytes += bytes;
    }

    #[cold]
    #[inline(never)]
    fn account_slow(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        let result = self.look_at_limits(bytes);
        self.set_allowance();
        result
    }

    /// What is due after an allocation of so many bytes.
    fn look_at_limits(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        let number = self.counts.allocations;
        let is_event = number >= self.next_event;
        if !is_event && self.used_bytes() <= self.trigger_bytes {
            // What was freed since the last look has made room.
            return Ok(());
        }
        self.set_next_event();
        if number == self.fail_allocation || self.used_bytes() > self.overdraft_limit_bytes {
            self.freed_bytes += bytes;
            if self.used_bytes() > self.limit_bytes / 2 {
                self.interrupt.request_here(Interrupt::COLLECT);
            }
            return Err(OutOfMemory);
        }
        let due = self.gc_every != 0 && number.is_multiple_of(self.gc_every);
        let used_bytes = self.used_bytes();
        if due || used_bytes > self.limit_bytes || (used_bytes > self.threshold_bytes && !self.stopped) {
            self.counts.peak_bytes = self.counts.peak_bytes.max(used_bytes);
            self.interrupt.request_here(Interrupt::COLLECT);
        }
        // Asked once: the next look is at the next limit, or after the collection has set a new threshold.
        self.trigger_bytes = if used_bytes > self.limit_bytes {
            self.overdraft_limit_bytes
        } else if used_bytes > self.threshold_bytes {
            self.limit_bytes
        } else {
            self.threshold_bytes
        };
        Ok(())
    }

    /// Sets how much can be allocated before the next look: up to the trigger, or nothing while single allocations are
    /// counted.
    fn set_allowance(&mut self) {
        let allocated_bytes = self.allocated_bytes();
        let used_bytes = allocated_bytes - self.freed_bytes;
        let room_bytes = if self.next_event == u64::MAX { self.trigger_bytes.saturating_sub(used_bytes) } else { 0 };
        self.allowance_bytes = i64::try_from(room_bytes).unwrap_or(i64::MAX);
        self.allowed_bytes = allocated_bytes.wrapping_add_signed(self.allowance_bytes);
    }

    /// Sets when the slow path has its next look: at the threshold, which is never far above four fifths of the limit.
    fn set_trigger(&mut self) {
        let early_bytes = self.limit_bytes / 5 * 4;
        let half_of_rest = self.live_bytes + self.limit_bytes.saturating_sub(self.live_bytes) / 2;
        self.threshold_bytes = self.threshold_bytes.min(early_bytes.max(half_of_rest));
        self.trigger_bytes = self.threshold_bytes;
    }

    fn set_next_event(&mut self) {
        let number = self.counts.allocations;
        let fault = if self.fail_allocation > number { self.fail_allocation } else { u64::MAX };
        let collection = match self.gc_every {
            0 => u64::MAX,
            every => (number / every + 1) * every,
        };
        self.next_event = fault.min(collection);
    }

    /// Starts fault injection anew: the `nth` allocation from now fails. The start of an instance is not counted, so
    /// that the numbers mean the same for every engine.
    pub(crate) fn arm_fault(&mut self, nth: u64) {
        self.fail_allocation = if nth == 0 { 0 } else { self.counts.allocations + nth };
        self.set_next_event();
        self.set_allowance();
    }

    /// Goes over all cells of the blocks: `is_live` says of each that is not free whether it stays, and drops what a dead one
    /// owns. Builds the free lists anew, in the order of the blocks, and gives empty blocks back.
    pub(crate) fn sweep_blocks(&mut self, mut is_live: impl FnMut(&mut Heap, Gc<Header>) -> bool) {
        self.free = [std::ptr::null_mut(); CLASSES];
        let mut lasts: [*mut FreeCell; CLASSES] = [std::ptr::null_mut(); CLASSES];
        for block in std::mem::take(&mut self.blocks) {
            let (mut first, mut last) = (std::ptr::null_mut::<FreeCell>(), std::ptr::null_mut::<FreeCell>());
            let mut is_empty = true;
            for cell in block.cells() {
                // SAFETY: every cell of a block starts with a header; live kinds are whole objects. A dead one becomes a free
                // cell, and the last free cell is one of this block.
                unsafe {
                    if (*cell).kind != Kind::Free {
                        if is_live(self, Gc::new(NonNull::new_unchecked(cell))) {
                            is_empty = false;
                            continue;
                        }
                        self.freed_bytes += block.cell_bytes as u64;
                        if cfg!(debug_assertions) {
                            cell.cast::<u8>().write_bytes(0xDB, block.cell_bytes);
                        }
                    }
                    let cell = cell.cast::<FreeCell>();
                    cell.write(FreeCell { header: Header::new(Kind::Free, 0, 0, 0), next: std::ptr::null_mut() });
                    if last.is_null() {
                        first = cell;
                    } else {
                        (*last).next = cell;
                    }
                    last = cell;
                }
            }
            if is_empty {
                self.release_block(block.memory);
                continue;
            }
            let class = block.cell_bytes / CELL_GRANULE_BYTES - 1;
            if !last.is_null() {
                match lasts[class] {
                    previous if previous.is_null() => self.free[class] = first,
                    // SAFETY: it is the last free cell of a block that stays.
                    previous => unsafe { (*previous).next = first },
                }
                lasts[class] = last;
            }
            self.blocks.push(block);
        }
    }

    /// Frees a dead large object.
    ///
    /// # Safety
    /// The object must be dead, taken off the list, and of that size.
    pub(crate) unsafe fn free_large(&mut self, object: NonNull<Header>, bytes: usize) {
        let layout = Layout::from_size_align(bytes, CELL_GRANULE_BYTES).expect("it was allocated with this layout");
        // SAFETY: as the caller says.
        unsafe { self.free_buffer(object.cast(), layout) };
    }

    /// Shows every live object.
    pub(crate) fn for_each_object(&self, mut visit: impl FnMut(Gc<Header>)) {
        let cells = self.blocks.iter().flat_map(Block::cells);
        let large = self.large.iter().map(|(object, _)| object.as_ptr());
        for cell in cells.chain(large) {
            // SAFETY: every cell of a block starts with a header; what is not free is an object, and not null.
            unsafe {
                if (*cell).kind != Kind::Free {
                    visit(Gc::new(NonNull::new_unchecked(cell)));
                }
            }
        }
    }

    fn release_block(&mut self, memory: NonNull<u8>) {
        if self.spare.len() < SPARE_BLOCKS {
            self.spare.push(memory);
        } else {
            // SAFETY: the block was allocated with this layout and no list refers to it any more.
            unsafe { std::alloc::dealloc(memory.as_ptr(), block_layout()) };
        }
    }

    /// Ends a collection: sets the next threshold and the counts.
    pub(crate) fn collection_done(&mut self, time_ns: u64) {
        self.counts.collections += 1;
        self.counts.gc_time_ns += time_ns;
        let live = self.used_bytes();
        self.live_bytes = live;
        let least = live.saturating_mul(SMALL_HEAP_GROWTH).clamp(FIRST_COLLECTION_BYTES, SMALL_HEAP_BYTES);
        self.threshold_bytes = (live / 100).saturating_mul(self.tuning.pause_percent).max(live + live / 10).max(least);
        self.set_trigger();
        self.set_allowance();
    }

    /// Gives all blocks back. Called when the instance ends, after every object was dropped.
    pub(crate) fn release_all(&mut self) {
        for block in std::mem::take(&mut self.blocks) {
            // SAFETY: allocated with this layout; the instance is ending and nothing refers to it.
            unsafe { std::alloc::dealloc(block.memory.as_ptr(), block_layout()) };
        }
        for memory in std::mem::take(&mut self.spare) {
            // SAFETY: as above.
            unsafe { std::alloc::dealloc(memory.as_ptr(), block_layout()) };
        }
        self.free = [std::ptr::null_mut(); CLASSES];
    }
}

fn block_layout() -> Layout {
    Layout::from_size_align(BLOCK_BYTES, CELL_GRANULE_BYTES).expect("a valid constant layout")
}
