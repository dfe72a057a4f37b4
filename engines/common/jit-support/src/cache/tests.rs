//! The life of units: found, entered, evicted, invalidated, and freed when nobody is in them any more.

#[cfg(target_arch = "x86_64")]
use std::cell::RefCell;

use proptest::prelude::*;

use super::*;
use crate::map::CodeMapBuilder;
use crate::position::CodeOffset;

static STUB: u8 = 0;

/// A cache of `()` units, and the units that it threw out.
struct Setting {
    cache: CodeCache<()>,
    evicted: Vec<Evicted>,
    page_bytes: usize,
}

impl Setting {
    fn new(max_pages: usize, max_units: Option<u64>) -> Setting {
        Setting::with_fault(max_pages, max_units, None)
    }

    fn with_fault(max_pages: usize, max_units: Option<u64>, fail_request: Option<u64>) -> Setting {
        let page_bytes = CodeMemory::reserve(None, None).unwrap().page_bytes();
        let memory = CodeMemory::reserve(Some((max_pages * page_bytes) as u64), fail_request).unwrap();
        Setting { cache: CodeCache::new(memory, max_units), evicted: Vec::new(), page_bytes }
    }

    /// Compiles the unit with this number to `pages` pages.
    fn compile_pages(&mut self, number: u32, pages: usize) -> Result<UnitId, CodeMemoryError> {
        let id = self.cache.begin(key(number), label(number));
        match self.cache.request_code(pages * self.page_bytes, &mut self.evicted) {
            Ok(block) => {
                self.cache.publish(id, compiled(block), &mut self.evicted).unwrap();
                Ok(id)
            }
            Err(error) => {
                self.cache.abandon(id);
                Err(error)
            }
        }
    }

    fn compile(&mut self, number: u32) -> UnitId {
        self.compile_pages(number, 1).unwrap()
    }

    /// A cell that is linked to `id`.
    fn cell(&mut self, id: UnitId) -> Rc<EntryCell> {
        let cell = EntryCell::new(&raw const STUB);
        assert!(self.cache.link(id, &cell));
        cell
    }

    fn control(&self, id: UnitId) -> Rc<UnitControl> {
        self.cache.unit(id).unwrap().control().clone()
    }

    fn used_pages(&self) -> usize {
        self.cache.memory().usage().used_bytes / self.page_bytes
    }

    /// The numbers of the units thrown out so far; forgets them.
    fn take_evicted(&mut self) -> Vec<u32> {
        self.evicted.drain(..).map(|evicted| evicted.label.line).collect()
    }
}

fn key(number: u32) -> UnitKey {
    UnitKey::builder().number(u64::from(number)).finish()
}

fn label(number: u32) -> event::Unit {
    event::Unit {
        kind: event::UnitKind::Function,
        function: format!("f{number}"),
        chunk: "test".to_string(),
        line: number,
        pc: 0,
    }
}

fn compiled(block: WritableBlock) -> Compiled<()> {
    let mut map = CodeMapBuilder::new();
    let origin = crate::map::Origin { pc: crate::position::BytecodePc(5), line: 9 };
    map.mark(CodeOffset(8), Some(origin));
    let map = map.finish(block.code_bytes() as u32);
    Compiled { block: block.publish().unwrap(), entry: CodeOffset(4), map, data: () }
}

#[test]
fn a_unit_is_found_by_what_it_was_compiled_from() {
    let mut setting = Setting::new(4, None);
    assert_eq!(setting.cache.lookup(&key(1)), None);
    let id = setting.compile(1);
    assert_eq!(setting.cache.lookup(&key(1)), Some(id));
    assert_eq!(setting.cache.lookup(&key(2)), None);
    let counters = setting.cache.counters();
    assert_eq!((counters.hits, counters.misses), (1, 2));
}

#[test]
fn the_states_of_a_life() {
    let mut setting = Setting::new(4, None);
    let id = setting.cache.begin(key(1), label(1));
    assert_eq!(setting.cache.state(id), UnitState::Allocated);
    assert_eq!(setting.cache.lookup(&key(1)), None);
    let block = setting.cache.request_code(10, &mut setting.evicted).unwrap();
    setting.cache.publish(id, compiled(block), &mut setting.evicted).unwrap();
    assert_eq!(setting.cache.state(id), UnitState::Active);
    let activation = setting.control(id).activate();
    setting.cache.evict(id).unwrap();
    assert_eq!(setting.cache.state(id), UnitState::Retired);
    setting.cache.invalidate(id).unwrap();
    assert_eq!(setting.cache.state(id), UnitState::Invalidated);
    drop(activation);
    setting.cache.collect_dead();
    assert_eq!(setting.cache.state(id), UnitState::Freed);
    assert_eq!(setting.cache.units().count(), 0);
}

#[test]
fn eviction_while_active_keeps_the_memory_until_the_last_exit() {
    let mut setting = Setting::new(4, None);
    let id = setting.compile(1);
    let cell = setting.cell(id);
    let control = setting.control(id);
    let (outer, inner) = (control.activate(), control.activate());
    let entry = cell.target();

    let evicted = setting.cache.evict(id).unwrap();
    assert_eq!((evicted.id, evicted.code_bytes), (id, setting.page_bytes as u64));
    assert!(!cell.is_linked() && control.is_valid());
    assert_eq!(setting.cache.lookup(&key(1)), None);
    drop(inner);
    assert_eq!(setting.cache.collect_dead(), Reclaimed::default());
    assert_eq!(setting.cache.find(entry), Some(id));
    assert_eq!(setting.used_pages(), 1);

    drop(outer);
    assert_eq!(setting.used_pages(), 1, "only a poll frees");
    assert_eq!(setting.cache.collect_dead(), Reclaimed { units: 1, block_bytes: setting.page_bytes });
    assert_eq!(setting.used_pages(), 0);
    assert_eq!(setting.cache.find(entry), None);
    assert!(setting.cache.evict(id).is_none());
}

#[test]
fn compiled_code_counts_its_activations_by_address() {
    let mut setting = Setting::new(4, None);
    let id = setting.compile(1);
    let control = setting.control(id);
    let count = Rc::as_ptr(&control).cast::<u8>().wrapping_add(crate::unit::CONTROL_ACTIVATIONS_OFFSET).cast_mut();
    // SAFETY: the control bytes live, and the count is a u32 in a cell at this offset.
    unsafe { count.cast::<u32>().write(1) };
    setting.cache.evict(id).unwrap();
    assert_eq!(setting.cache.collect_dead().units, 0);
    // SAFETY: as above.
    unsafe { count.cast::<u32>().write(0) };
    assert_eq!(setting.cache.collect_dead().units, 1);
}

#[test]
fn invalidation_clears_the_byte_and_resets_every_cell() {
    let mut setting = Setting::new(4, None);
    let id = setting.compile(1);
    let cells = [setting.cell(id), setting.cell(id)];
    let control = setting.control(id);
    let activation = control.activate();
    let valid = Rc::as_ptr(&control).cast::<u8>().wrapping_add(crate::unit::CONTROL_VALID_OFFSET);
    // SAFETY: the control bytes live, and compiled code reads them through such a pointer.
    let valid = || unsafe { valid.read() };
    assert_eq!(valid(), 1);
    let invalidated = setting.cache.invalidate(id).unwrap();
    assert_eq!((invalidated.label, invalidated.blacklisted), (label(1), false));
    assert_eq!(valid(), 0);
    assert!(cells.iter().all(|cell| !cell.is_linked()));
    assert!(!setting.cache.link(id, &cells[0]));
    assert_eq!(setting.cache.lookup(&key(1)), None);
    assert!(setting.cache.invalidate(id).is_none(), "once is enough");
    assert_eq!(setting.cache.counters().invalidations, 1);
    drop(activation);
    assert_eq!(setting.cache.collect_dead().units, 1);
}

#[test]
fn a_unit_that_fails_too_often_is_blacklisted() {
    let mut setting = Setting::new(4, None);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        assert!(!setting.cache.is_blacklisted(&key(1)));
        let id = setting.compile(1);
        outcomes.push(setting.cache.invalidate(id).unwrap().blacklisted);
        setting.cache.collect_dead();
    }
    assert_eq!(outcomes, [false, false, false, true]);
    assert!(setting.cache.is_blacklisted(&key(1)));
    assert!(!setting.cache.is_blacklisted(&key(2)));
    assert_eq!(setting.cache.counters().blacklisted, 1);
}

#[test]
fn a_unit_that_is_outgrown_is_never_blacklisted() {
    let mut setting = Setting::new(4, None);
    for _ in 0..8 {
        let id = setting.compile(1);
        assert!(!setting.cache.outgrow(id).unwrap().blacklisted);
        assert!(setting.cache.outgrow(id).is_none(), "once is enough");
        assert_eq!(setting.cache.lookup(&key(1)), None);
    }
    assert!(!setting.cache.is_blacklisted(&key(1)));
    assert_eq!(setting.cache.counters().invalidations, 8);
}

#[test]
fn what_was_invalidated_while_it_was_compiled_is_not_published() {
    let mut setting = Setting::new(4, None);
    let id = setting.cache.begin(key(1), label(1));
    let block = setting.cache.request_code(16, &mut setting.evicted).unwrap();
    let code = compiled(block);
    assert!(setting.cache.invalidate(id).is_some());
    assert!(setting.cache.publish(id, code, &mut setting.evicted).is_err());
    assert_eq!((setting.used_pages(), setting.cache.lookup(&key(1))), (0, None));
}

#[test]
fn an_abandoned_unit_leaves_nothing() {
    let mut setting = Setting::new(4, None);
    let id = setting.cache.begin(key(1), label(1));
    setting.cache.abandon(id);
    assert_eq!(setting.cache.state(id), UnitState::Freed);
    let active = setting.compile(1);
    assert_ne!(active, id, "numbers are not used twice");
    setting.cache.abandon(active);
    assert_eq!(setting.cache.state(active), UnitState::Active);
}

#[test]
fn past_the_limit_of_units_the_least_recently_used_goes() {
    let mut setting = Setting::new(16, Some(3));
    let ids = [1, 2, 3].map(|number| setting.compile(number));
    assert_eq!(setting.cache.lookup(&key(1)), Some(ids[0]));
    setting.compile(4);
    assert_eq!(setting.take_evicted(), [2]);
    // Entered by itself: compiled code sets the byte, an activation does it here.
    drop(setting.control(ids[2]).activate());
    setting.compile(5);
    assert_eq!(setting.take_evicted(), [1]);
    setting.cache.touch(ids[2]);
    setting.compile(6);
    assert_eq!(setting.take_evicted(), [4]);
    assert_eq!(setting.cache.active_units(), 3);
    assert_eq!(setting.cache.counters().evictions, 3);
}

#[test]
fn units_that_are_running_go_last() {
    let mut setting = Setting::new(16, Some(2));
    let running = setting.compile(1);
    let activation = setting.control(running).activate();
    setting.compile(2);
    setting.compile(3);
    assert_eq!(setting.take_evicted(), [2]);
    let other = setting.cache.lookup(&key(3)).unwrap();
    let _other_activation = setting.control(other).activate();
    // All are running but the new one, which stays.
    setting.compile(4);
    assert_eq!(setting.take_evicted().len(), 1);
    assert!(setting.cache.lookup(&key(4)).is_some());
    drop(activation);
}

#[test]
fn room_is_made_for_code_that_needs_it() {
    let mut setting = Setting::new(4, None);
    for number in 1..=4 {
        setting.compile(number);
    }
    setting.compile_pages(5, 2).unwrap();
    assert_eq!(setting.take_evicted(), [1, 2]);
    assert_eq!(setting.used_pages(), 4);
    let counters = setting.cache.counters();
    assert_eq!((counters.evictions, counters.invalidations), (2, 0));
}

#[test]
fn dead_units_are_freed_before_others_are_evicted() {
    let mut setting = Setting::new(2, None);
    let dead = setting.compile(1);
    setting.compile(2);
    setting.cache.invalidate(dead).unwrap();
    setting.compile(3);
    assert_eq!(setting.take_evicted(), []);
    assert_eq!(setting.cache.state(dead), UnitState::Freed);
}

#[test]
fn nothing_is_evicted_in_vain() {
    let mut setting = Setting::new(2, None);
    let id = setting.compile(1);
    assert!(matches!(setting.compile_pages(2, 3), Err(CodeMemoryError::NoRoom { .. })));
    let activation = setting.control(id).activate();
    assert!(matches!(setting.compile_pages(2, 2), Err(CodeMemoryError::NoRoom { .. })));
    drop(activation);
    let pin = setting.cache.pin();
    assert!(matches!(setting.compile_pages(2, 2), Err(CodeMemoryError::NoRoom { .. })));
    assert_eq!((setting.take_evicted(), setting.cache.state(id)), (vec![], UnitState::Active));
    drop(pin);
    setting.compile_pages(2, 2).unwrap();
    assert_eq!(setting.take_evicted(), [1]);
}

#[test]
fn a_pin_keeps_dead_units() {
    let mut setting = Setting::new(2, None);
    let id = setting.compile(1);
    setting.cache.evict(id).unwrap();
    let pins = [setting.cache.pin(), setting.cache.pin()];
    assert_eq!(setting.cache.collect_dead().units, 0);
    drop(pins);
    assert_eq!(setting.cache.collect_dead().units, 1);
}

#[test]
fn an_injected_fault_evicts_nothing() {
    let mut setting = Setting::with_fault(1, None, Some(2));
    let id = setting.compile(1);
    assert!(matches!(setting.compile_pages(2, 1), Err(CodeMemoryError::Injected { request: 2 })));
    assert_eq!(setting.cache.state(id), UnitState::Active);
    // Making room is part of the same request.
    setting.compile(3);
    assert_eq!(setting.cache.memory().usage().requests, 3);
}

#[test]
fn a_better_version_takes_over_the_cells() {
    let mut setting = Setting::new(4, None);
    let first = setting.compile(1);
    let (kept, moved) = (setting.cell(first), setting.cell(first));
    let activation = setting.control(first).activate();
    let other = setting.compile(2);
    assert!(setting.cache.link(other, &moved));

    let second = setting.compile(1);
    let entry = |id| setting.cache.unit(id).unwrap().entry().unwrap();
    assert_eq!(kept.target(), entry(second));
    assert_eq!(moved.target(), entry(other), "a cell that leads elsewhere is left alone");
    assert_eq!(setting.cache.state(first), UnitState::Retired);
    assert_eq!(setting.cache.lookup(&key(1)), Some(second));
    assert_eq!(setting.cache.counters().evictions, 0);

    drop(activation);
    assert_eq!(setting.cache.collect_dead().units, 1);
    setting.cache.evict(second).unwrap();
    assert!(!kept.is_linked() && moved.is_linked());
}

#[test]
fn cells_of_functions_that_are_gone_are_forgotten() {
    let mut setting = Setting::new(4, None);
    let id = setting.compile(1);
    let kept = setting.cell(id);
    for _ in 0..1000 {
        setting.cell(id);
        assert!(setting.cache.link(id, &kept), "linking again changes nothing");
    }
    assert!(setting.cache.units[&id].cells.len() < 10);
    setting.cache.evict(id).unwrap();
    assert!(!kept.is_linked());
}

#[test]
fn an_address_leads_to_unit_bytecode_and_line() {
    let mut setting = Setting::new(4, None);
    let ids = [1, 2, 3].map(|number| setting.compile(number));
    for id in ids {
        let unit = setting.cache.unit(id).unwrap();
        let start = unit.compiled().unwrap().block.start();
        assert_eq!(setting.cache.find(start), Some(id));
        assert_eq!(setting.cache.find(start.wrapping_add(setting.page_bytes - 1)), Some(id));
        assert_eq!(unit.entry(), Some(start.wrapping_add(4)));
        assert_eq!(unit.origin(start.wrapping_add(7)), None);
        assert_eq!(unit.origin(start.wrapping_add(8)).map(|origin| (origin.pc.0, origin.line)), Some((5, 9)));
    }
    assert_eq!(setting.cache.find(&raw const STUB), None);
    let first = setting.cache.unit(ids[0]).unwrap().compiled().unwrap().block.start();
    assert_eq!(setting.cache.find(first.wrapping_sub(1)), None);
}

#[test]
fn the_counters_of_the_contract_are_filled_in() {
    let mut setting = Setting::new(4, None);
    let ids = [1, 2, 3].map(|number| setting.compile(number));
    setting.cache.evict(ids[0]).unwrap();
    setting.cache.invalidate(ids[1]).unwrap();
    setting.cache.lookup(&key(3)).unwrap();
    let mut counters = Counters::default();
    setting.cache.report(&mut counters);
    let expected = [
        (Counter::CacheHits, 1),
        (Counter::CacheMisses, 0),
        (Counter::Evicted, 1),
        (Counter::Deoptimisations, 1),
        (Counter::Blacklisted, 0),
        (Counter::CodeBytes, setting.page_bytes as u64),
    ];
    for (counter, count) in expected {
        assert_eq!(counters[counter], count, "{}", counter.name());
    }
}

/// Machine code that enters itself in its control bytes, calls `callback(argument)` and returns 42.
#[cfg(target_arch = "x86_64")]
fn calling(
    control: *const UnitControl,
    callback: extern "C" fn(*const RefCell<Run>),
    argument: *const RefCell<Run>,
) -> Vec<u8> {
    let address = |pointer: usize| pointer.to_le_bytes();
    let (mov_rax, mov_rcx, mov_rdi) = ([0x48, 0xb8], [0x48, 0xb9], [0x48, 0xbf]);
    let mut code = Vec::new();
    code.extend(mov_rax.into_iter().chain(address(control.addr())));
    code.extend([0xff, 0x40, 0x04]); // inc dword [rax+4]
    code.extend(mov_rcx.into_iter().chain(address(callback as usize)));
    code.extend(mov_rdi.into_iter().chain(address(argument.addr())));
    code.extend([0x48, 0x83, 0xec, 0x08]); // sub rsp, 8
    code.extend([0xff, 0xd1]); // call rcx
    code.extend([0x48, 0x83, 0xc4, 0x08]); // add rsp, 8
    code.extend(mov_rax.into_iter().chain(address(control.addr())));
    code.extend([0xff, 0x48, 0x04]); // dec dword [rax+4]
    code.extend([0xb8, 42, 0, 0, 0]); // mov eax, 42
    code.push(0xc3); // ret
    code
}

/// Throws out the unit that is calling, and lets another one take whatever memory is free.
#[cfg(target_arch = "x86_64")]
extern "C" fn evict_the_caller(run: *const RefCell<Run>) {
    // SAFETY: the test gave a pointer to its run, which lives until the code has returned.
    let mut run = unsafe { &*run }.borrow_mut();
    let id = run.linked[0].0;
    assert!(run.setting.cache.evict(id).is_some());
    assert_eq!(run.setting.cache.collect_dead().units, 0);
    assert!(matches!(run.setting.compile_pages(2, 2), Err(CodeMemoryError::NoRoom { .. })));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn running_code_survives_its_own_eviction() {
    use crate::disassemble::{MachineCode, check_branches};

    let shared = RefCell::new(Run { setting: Setting::new(2, None), linked: Vec::new(), inside: Vec::new() });
    let mut run = shared.borrow_mut();
    let setting = &mut run.setting;
    let id = setting.cache.begin(key(1), label(1));
    let code = calling(Rc::as_ptr(&setting.control(id)), evict_the_caller, &raw const shared);
    let mut block = setting.cache.request_code(code.len(), &mut setting.evicted).unwrap();
    block.bytes_mut().copy_from_slice(&code);
    let compiled = Compiled { entry: CodeOffset::START, ..compiled(block) };
    assert_eq!(check_branches(&MachineCode::in_place(compiled.block.bytes(), 0)), Ok(()));
    setting.cache.publish(id, compiled, &mut setting.evicted).unwrap();
    let cell = setting.cell(id);
    run.linked.push((id, cell.clone()));
    drop(run);

    // SAFETY: the cell leads to a function without parameters that returns a number.
    let function = unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> u32>(cell.target()) };
    assert_eq!(function(), 42);
    let mut run = shared.borrow_mut();
    assert!(!cell.is_linked());
    assert_eq!(run.setting.cache.collect_dead().units, 1);
    run.setting.compile_pages(2, 2).unwrap();
}

/// What may happen to a cache; units and activations are chosen by number.
#[derive(Debug, Clone)]
enum Step {
    Compile { number: u32, pages: usize },
    Lookup(u32),
    Enter(usize),
    Leave(usize),
    Evict(usize),
    Invalidate(usize),
    Poll,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u32..12, 1_usize..5).prop_map(|(number, pages)| Step::Compile { number, pages }),
        2 => (0_u32..12).prop_map(Step::Lookup),
        2 => any::<usize>().prop_map(Step::Enter),
        2 => any::<usize>().prop_map(Step::Leave),
        1 => any::<usize>().prop_map(Step::Evict),
        1 => any::<usize>().prop_map(Step::Invalidate),
        1 => Just(Step::Poll),
    ]
}

/// A running cache: what was compiled, its cells, and who is inside.
struct Run {
    setting: Setting,
    linked: Vec<(UnitId, Rc<EntryCell>)>,
    inside: Vec<(UnitId, crate::unit::Activation)>,
}

impl Run {
    fn step(&mut self, step: Step) {
        let pick = |index: usize| self.linked.get(index % self.linked.len().max(1)).map(|(id, _)| *id);
        match step {
            Step::Compile { number, pages } => {
                if let Ok(id) = self.setting.compile_pages(number, pages) {
                    let cell = self.setting.cell(id);
                    self.linked.push((id, cell));
                }
            }
            Step::Lookup(number) => {
                let found = self.setting.cache.lookup(&key(number));
                assert!(found.is_none_or(|id| self.setting.cache.state(id) == UnitState::Active));
            }
            Step::Enter(index) => {
                if let Some((id, cell)) = self.linked.get(index % self.linked.len().max(1))
                    && cell.is_linked()
                    && self.setting.cache.state(*id) == UnitState::Active
                {
                    self.inside.push((*id, self.setting.control(*id).activate()));
                }
            }
            Step::Leave(index) => {
                if !self.inside.is_empty() {
                    self.inside.swap_remove(index % self.inside.len());
                }
            }
            Step::Evict(index) => self.setting.evicted.extend(pick(index).and_then(|id| self.setting.cache.evict(id))),
            Step::Invalidate(index) => {
                if let Some(id) = pick(index) {
                    self.setting.cache.invalidate(id);
                }
            }
            Step::Poll => {
                self.setting.cache.collect_dead();
            }
        }
    }

    /// What is true between any two steps.
    fn check(&self, max_pages: usize, max_units: usize) {
        let cache = &self.setting.cache;
        assert!(cache.active_units() <= max_units);
        assert!(self.setting.used_pages() <= max_pages);
        let code_pages: usize = cache
            .units()
            .filter_map(|(_, unit)| unit.compiled())
            .map(|code| code.block.block_bytes() / self.setting.page_bytes)
            .sum();
        assert_eq!(code_pages, self.setting.used_pages(), "memory belongs to units");
        for (id, _) in &self.inside {
            let unit = cache.unit(*id).expect("whoever is inside keeps the unit");
            assert_eq!(cache.find(unit.entry().unwrap()), Some(*id));
        }
        for (_, cell) in self.linked.iter().filter(|(_, cell)| cell.is_linked()) {
            let id = cache.find(cell.target()).expect("a linked cell leads to code");
            assert_eq!(cache.state(id), UnitState::Active);
        }
        assert_eq!(cache.counters().evictions as usize, self.setting.evicted.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn nobody_is_ever_in_freed_code(steps in proptest::collection::vec(step(), 1..80)) {
        let mut run = Run { setting: Setting::new(10, Some(5)), linked: Vec::new(), inside: Vec::new() };
        for step in steps {
            run.step(step);
            run.check(10, 5);
        }
        run.inside.clear();
        run.setting.cache.collect_dead();
        let live = run.setting.cache.units().all(|(_, unit)| unit.state() == UnitState::Active);
        prop_assert!(live, "without activations nothing dead stays");
    }
}
