//! Which pages of the reservation are free: first fit over a sorted list of free ranges that merge with their
//! neighbours.
//!
//! Page numbers only; this file must never know an address or touch memory. First fit from the bottom keeps used pages
//! together, so that the free rest stays in few, long ranges.

use std::collections::BTreeMap;

/// Pages that somebody owns. It cannot be copied, so that no page is given back twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageRange {
    first: usize,
    count: usize,
}

impl PageRange {
    /// The number of the first page.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// How many pages there are; at least one.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Keeps the first `keep` pages and returns the others; `None` if there are no others.
    ///
    /// # Panics
    /// If `keep` is zero.
    pub(super) fn split_off(&mut self, keep: usize) -> Option<PageRange> {
        assert!(keep > 0, "a range has at least one page");
        let others = self.count.checked_sub(keep).filter(|others| *others > 0)?;
        self.count = keep;
        Some(PageRange { first: self.first + keep, count: others })
    }
}

/// The free pages among `0..total`.
#[derive(Debug)]
pub(super) struct PageAllocator {
    /// Free ranges: number of the first page to count of pages. No two of them touch.
    free: BTreeMap<usize, usize>,
    free_pages: usize,
    total_pages: usize,
}

impl PageAllocator {
    /// All of `total_pages` pages are free.
    pub(super) fn new(total_pages: usize) -> PageAllocator {
        let free = if total_pages == 0 { BTreeMap::new() } else { BTreeMap::from([(0, total_pages)]) };
        PageAllocator { free, free_pages: total_pages, total_pages }
    }

    /// Takes the first `count` adjacent free pages; `None` if there are no such pages.
    ///
    /// # Panics
    /// If `count` is zero.
    pub(super) fn take(&mut self, count: usize) -> Option<PageRange> {
        assert!(count > 0, "a range has at least one page");
        let (first, available) = self.free.iter().map(|(f, c)| (*f, *c)).find(|(_, available)| *available >= count)?;
        self.free.remove(&first);
        if available > count {
            self.free.insert(first + count, available - count);
        }
        self.free_pages -= count;
        Some(PageRange { first, count })
    }

    /// Takes back pages that [`PageAllocator::take`] gave, whole or split.
    ///
    /// # Panics
    /// If one of them is free already: they came from another allocator.
    pub(super) fn give_back(&mut self, range: PageRange) {
        let PageRange { mut first, mut count } = range;
        let end = first + count;
        let before = self.free.range(..end).next_back().map(|(f, c)| (*f, *c));
        self.free_pages += count;
        if let Some((before_first, before_count)) = before {
            assert!(before_first + before_count <= first, "pages {first}..{end} are not in use");
            if before_first + before_count == first {
                self.free.remove(&before_first);
                first = before_first;
                count += before_count;
            }
        }
        if let Some(after_count) = self.free.remove(&end) {
            count += after_count;
        }
        self.free.insert(first, count);
    }

    /// Free pages, wherever they are.
    pub(super) fn free_pages(&self) -> usize {
        self.free_pages
    }

    /// Pages in use or free.
    pub(super) fn total_pages(&self) -> usize {
        self.total_pages
    }

    /// The most adjacent free pages: the largest count that [`PageAllocator::take`] can give.
    pub(super) fn largest_free_pages(&self) -> usize {
        self.free.values().copied().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
