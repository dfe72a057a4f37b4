//! The allocator against a model that keeps one flag a page.

use proptest::prelude::*;

use super::*;

/// First fit over one flag a page.
struct Model {
    used: Vec<bool>,
}

impl Model {
    fn take(&mut self, count: usize) -> Option<usize> {
        let first = (0..(self.used.len() + 1).saturating_sub(count))
            .find(|first| !self.used[*first..first + count].contains(&true))?;
        self.used[first..first + count].fill(true);
        Some(first)
    }

    fn largest_free(&self) -> usize {
        self.used.split(|used| *used).map(<[bool]>::len).max().unwrap_or(0)
    }
}

/// What happens to the allocator; numbers are taken modulo what is possible.
#[derive(Debug, Clone)]
enum Step {
    Take(usize),
    GiveBack(usize),
    GiveBackTail { range: usize, keep: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1_usize..12).prop_map(Step::Take),
        2 => any::<usize>().prop_map(Step::GiveBack),
        1 => (any::<usize>(), 1_usize..12).prop_map(|(range, keep)| Step::GiveBackTail { range, keep }),
    ]
}

fn check_step(step: Step, pages: &mut PageAllocator, model: &mut Model, taken: &mut Vec<PageRange>) {
    match step {
        Step::Take(count) => {
            let range = pages.take(count);
            assert_eq!(range.as_ref().map(PageRange::first), model.take(count));
            assert!(range.as_ref().is_none_or(|range| range.count() == count));
            taken.extend(range);
        }
        Step::GiveBack(_) | Step::GiveBackTail { .. } if taken.is_empty() => {}
        Step::GiveBack(index) => {
            let range = taken.swap_remove(index % taken.len());
            model.used[range.first()..range.first() + range.count()].fill(false);
            pages.give_back(range);
        }
        Step::GiveBackTail { range, keep } => {
            let index = range % taken.len();
            if let Some(tail) = taken[index].split_off(keep) {
                model.used[tail.first()..tail.first() + tail.count()].fill(false);
                pages.give_back(tail);
            }
        }
    }
    assert_eq!(pages.free_pages(), model.used.iter().filter(|used| !**used).count());
    assert_eq!(pages.largest_free_pages(), model.largest_free());
    // Free ranges are merged: there are as many as runs of free pages in the model.
    assert_eq!(pages.free.len(), model.used.split(|used| *used).filter(|run| !run.is_empty()).count());
}

proptest! {
    #[test]
    fn agrees_with_the_model(total in 0_usize..60, steps in proptest::collection::vec(step(), 1..150)) {
        let mut pages = PageAllocator::new(total);
        let mut model = Model { used: vec![false; total] };
        let mut taken = Vec::new();
        for step in steps {
            check_step(step, &mut pages, &mut model, &mut taken);
        }
        for range in taken {
            pages.give_back(range);
        }
        prop_assert_eq!(pages.free_pages(), total);
        prop_assert_eq!(pages.largest_free_pages(), total);
    }
}

#[test]
fn a_range_between_two_free_ones_joins_them() {
    let mut pages = PageAllocator::new(3);
    let [low, middle, high] = [1, 1, 1].map(|count| pages.take(count).unwrap());
    assert_eq!(pages.take(1), None);
    pages.give_back(low);
    pages.give_back(high);
    assert_eq!((pages.free_pages(), pages.largest_free_pages()), (2, 1));
    pages.give_back(middle);
    assert_eq!(pages.largest_free_pages(), 3);
}

#[test]
#[should_panic(expected = "not in use")]
fn pages_of_another_allocator_are_refused() {
    let stranger = PageAllocator::new(2).take(1).unwrap();
    PageAllocator::new(2).give_back(stranger);
}
