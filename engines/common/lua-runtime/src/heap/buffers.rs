//! The small buffers that heap objects own (array parts, slots outside the object), kept for the next object when one is freed.
//!
//! A program that makes many small tables would pay the system's allocator twice for each. Buffers are of few sizes, so a list for
//! each size serves them. This file must not know what is in a buffer, nor how bytes are accounted for.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

/// Sizes are multiples of this.
const GRANULE_BYTES: usize = 16;
/// Larger buffers are left to the system.
const LARGEST_BYTES: usize = 256;
/// Bytes that are kept at most.
const MOST_KEPT_BYTES: usize = 1 << 20;

struct FreeBuffer {
    next: Option<NonNull<FreeBuffer>>,
}

/// The buffers that wait for another owner, by size.
#[derive(Default)]
pub(super) struct Buffers {
    free: [Option<NonNull<FreeBuffer>>; LARGEST_BYTES / GRANULE_BYTES],
    kept_bytes: usize,
}

/// The list for a layout, and the layout of all its buffers; `None` for what is left to the system.
fn class(layout: Layout) -> Option<(usize, Layout)> {
    // With every allocation apart, tools see what is used after it was freed.
    if layout.size() == 0
        || layout.size() > LARGEST_BYTES
        || layout.align() > GRANULE_BYTES
        || cfg!(feature = "separate-cells")
    {
        return None;
    }
    let class = (layout.size() - 1) / GRANULE_BYTES;
    Some((class, class_layout(class)))
}

fn class_layout(class: usize) -> Layout {
    let size = (class + 1) * GRANULE_BYTES;
    Layout::from_size_align(size, GRANULE_BYTES).expect("a small size and a power of two")
}

impl Buffers {
    /// A buffer, not initialised; `None` if the system has no memory.
    ///
    /// # Safety
    /// The size must not be zero.
    #[inline]
    pub(super) unsafe fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let Some((class, layout)) = class(layout) else {
            // SAFETY: as the caller says.
            return NonNull::new(unsafe { alloc(layout) });
        };
        let Some(buffer) = self.free[class] else {
            // SAFETY: classes have a size.
            return NonNull::new(unsafe { alloc(layout) });
        };
        // SAFETY: what is in a list is a free buffer with a link at its start.
        self.free[class] = unsafe { buffer.read() }.next;
        self.kept_bytes -= layout.size();
        Some(buffer.cast())
    }

    /// Takes a buffer back.
    ///
    /// # Safety
    /// `memory` must come from [`Buffers::allocate`] with the same layout and not be used again.
    #[inline]
    pub(super) unsafe fn free(&mut self, memory: NonNull<u8>, layout: Layout) {
        match class(layout) {
            Some((class, layout)) if self.kept_bytes + layout.size() <= MOST_KEPT_BYTES => {
                let buffer = memory.cast::<FreeBuffer>();
                // SAFETY: the buffer is nobody's any more, and every class has room and alignment for a link.
                unsafe { buffer.write(FreeBuffer { next: self.free[class] }) };
                self.free[class] = Some(buffer);
                self.kept_bytes += layout.size();
            }
            // SAFETY: it was allocated with this layout.
            Some((_, layout)) => unsafe { dealloc(memory.as_ptr(), layout) },
            // SAFETY: as the caller says.
            None => unsafe { dealloc(memory.as_ptr(), layout) },
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        for (class, list) in self.free.iter_mut().enumerate() {
            while let Some(buffer) = *list {
                // SAFETY: what is in a list is a free buffer of the class, with a link at its start.
                unsafe {
                    *list = buffer.read().next;
                    dealloc(buffer.as_ptr().cast(), class_layout(class));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_buffer_is_the_next_one_of_its_size() {
        let mut buffers = Buffers::default();
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        // SAFETY: each buffer is freed once, with the layout of its allocation or another of its size.
        unsafe {
            let first = buffers.allocate(layout(36)).unwrap();
            first.write_bytes(0xAB, 36);
            buffers.free(first, layout(36));
            assert_eq!(buffers.allocate(layout(90)).map(|other| buffers.free(other, layout(90))), Some(()));
            let again = buffers.allocate(layout(40)).unwrap();
            assert_eq!(again == first, !cfg!(feature = "separate-cells"));
            buffers.free(again, layout(40));
            let large = buffers.allocate(layout(LARGEST_BYTES + 1)).unwrap();
            buffers.free(large, layout(LARGEST_BYTES + 1));
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut buffers = Buffers::default();
        let layout = Layout::from_size_align(LARGEST_BYTES, 8).unwrap();
        // SAFETY: each buffer is freed once, with its layout.
        unsafe {
            let many: Vec<_> =
                (0..2 * MOST_KEPT_BYTES / LARGEST_BYTES).map(|_| buffers.allocate(layout).unwrap()).collect();
            many.into_iter().for_each(|buffer| buffers.free(buffer, layout));
        }
        assert!(buffers.kept_bytes <= MOST_KEPT_BYTES);
    }
}
