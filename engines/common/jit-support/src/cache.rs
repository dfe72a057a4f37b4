//! The code cache: which units there are, how to find them, and when their memory comes back.
//!
//! A unit that is evicted (for room), replaced (by a better version) or invalidated (an assumption failed) loses its
//! entry cells at once: nobody enters it any more. Its memory is freed later, when the last activation has left,
//! because its code may be on the native stack. All of that happens inside calls on the cache, which an engine makes at
//! polls and in its compiler. The cache must never know what the code does, nor report events: it returns what
//! happened.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use engine_api::{Counter, Counters, event};

use crate::blacklist::Blacklist;
use crate::key::UnitKey;
use crate::knobs::JitOptions;
use crate::memory::{CodeMemory, CodeMemoryError, WritableBlock};
use crate::unit::{AnyData, Compiled, EntryCell, Unit, UnitControl, UnitId, UnitState};

/// Counts since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheCounters {
    /// Lookups that found a unit.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: u64,
    /// Units thrown out for room.
    pub evictions: u64,
    /// Units thrown away because an assumption failed.
    pub invalidations: u64,
    /// Units that were put on the blacklist.
    pub blacklisted: u64,
}

/// A unit that was thrown out for room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evicted {
    /// Its number.
    pub id: UnitId,
    /// Where it stands in the source.
    pub label: event::Unit,
    /// The size of its machine code, which is or will be free.
    pub code_bytes: u64,
}

/// A unit that was thrown away because an assumption failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidated {
    /// Where it stands in the source.
    pub label: event::Unit,
    /// Whether it was put on the blacklist by this.
    pub blacklisted: bool,
}

/// What [`CodeCache::collect_dead`] freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Units.
    pub units: usize,
    /// Whole pages, in bytes.
    pub block_bytes: usize,
}

/// The compiled units of one instance. `D` is what the engine keeps with each.
#[derive(Debug)]
pub struct CodeCache<D> {
    memory: CodeMemory,
    max_units: Option<u64>,
    /// Every unit that is not freed.
    units: BTreeMap<UnitId, Unit<D>>,
    /// The active units, by what they were compiled from.
    by_key: HashMap<UnitKey, UnitId>,
    /// Every unit that has code, by the address of its first byte.
    by_address: BTreeMap<usize, UnitId>,
    /// Units that are not entered any more and wait for their activations.
    dead: Vec<UnitId>,
    blacklist: Blacklist,
    counters: CacheCounters,
    next_id: u32,
    /// Ticks whenever a unit is used.
    clock: u64,
    /// Nothing is freed while somebody else shares it; see [`CodeCache::pin`].
    pin: Rc<()>,
}

/// The cache of an engine, whose compilers share it.
pub type SharedCache = Rc<RefCell<CodeCache<AnyData>>>;

impl CodeCache<AnyData> {
    /// An empty cache with the limits of the knobs.
    ///
    /// # Errors
    /// [`CodeMemoryError`] if the process may not have the addresses.
    pub fn shared(options: &JitOptions) -> Result<SharedCache, CodeMemoryError> {
        let memory = CodeMemory::reserve(options.code_cache_bytes, options.fail_code_request)?;
        Ok(Rc::new(RefCell::new(CodeCache::new(memory, options.code_cache_units))))
    }
}

/// While it lives, the cache frees nothing. From [`CodeCache::pin`].
#[derive(Debug)]
pub struct CachePin {
    _shared: Rc<()>,
}

impl<D> CodeCache<D> {
    /// An empty cache over `memory`, which has the limit of bytes, for at most `max_units` active units.
    pub fn new(memory: CodeMemory, max_units: Option<u64>) -> CodeCache<D> {
        CodeCache {
            memory,
            max_units,
            units: BTreeMap::new(),
            by_key: HashMap::new(),
            by_address: BTreeMap::new(),
            dead: Vec::new(),
            blacklist: Blacklist::default(),
            counters: CacheCounters::default(),
            next_id: 0,
            clock: 0,
            pin: Rc::new(()),
        }
    }

    /// The active unit that was compiled from this, if there is one. Counts a hit or a miss, and a hit is a use.
    pub fn lookup(&mut self, key: &UnitKey) -> Option<UnitId> {
        let found = self.by_key.get(key).copied();
        match found {
            Some(id) => {
                self.counters.hits += 1;
                self.touch(id);
            }
            None => self.counters.misses += 1,
        }
        found
    }

    /// Whether a unit was thrown away too often to be compiled again.
    pub fn is_blacklisted(&self, key: &UnitKey) -> bool {
        self.blacklist.contains(key)
    }

    /// A new unit that is about to be compiled: gives it a number and its control bytes, whose address can go into the
    /// code. To be followed by [`CodeCache::publish`] or [`CodeCache::abandon`].
    pub fn begin(&mut self, key: UnitKey, label: event::Unit) -> UnitId {
        let id = UnitId(self.next_id);
        self.next_id = self.next_id.checked_add(1).expect("fewer than 2^32 compilations");
        let unit = Unit {
            key,
            label,
            control: UnitControl::new(),
            state: UnitState::Allocated,
            compiled: None,
            last_use: 0,
            cells: Vec::new(),
        };
        self.units.insert(id, unit);
        id
    }

    /// Memory for `code_bytes` of code. Makes room if there is none: first it frees what is dead, then it evicts the
    /// least recently used units without activations, which it appends to `evicted`. It evicts nothing for a request
    /// that can never fit, nor while the cache is pinned.
    ///
    /// # Errors
    /// [`CodeMemoryError`]; a compiler declines the unit then. Units may have been evicted all the same, if what is
    /// left lies between the free pages.
    pub fn request_code(
        &mut self,
        code_bytes: usize,
        evicted: &mut Vec<Evicted>,
    ) -> Result<WritableBlock, CodeMemoryError> {
        self.memory.count_request()?;
        loop {
            let error = match self.memory.block(code_bytes) {
                Ok(block) => return Ok(block),
                Err(error) => error,
            };
            let can_fit = match &error {
                CodeMemoryError::NoRoom { wanted_bytes, limit_bytes, .. } => wanted_bytes <= limit_bytes,
                CodeMemoryError::Injected { .. } | CodeMemoryError::System { .. } => false,
            };
            if !can_fit || self.is_pinned() {
                return Err(error);
            }
            if self.collect_dead().units > 0 {
                continue;
            }
            match self.least_recently_used(None) {
                Some(id) if self.units[&id].control.activations() == 0 => {
                    evicted.extend(self.evict(id));
                    self.collect_dead();
                }
                Some(_) | None => return Err(error),
            }
        }
    }

    /// Makes the unit active: it can be found, linked and entered from now on. An active unit with the same key is
    /// replaced: its entry cells lead to the new code. Past the limit of units, the least recently used ones are
    /// evicted and appended to `evicted`; units without activations go first.
    ///
    /// # Errors
    /// Gives the code back if the unit was invalidated or abandoned while it was compiled; dropping it frees the
    /// memory.
    pub fn publish(
        &mut self,
        id: UnitId,
        compiled: Compiled<D>,
        evicted: &mut Vec<Evicted>,
    ) -> Result<(), Compiled<D>> {
        let Some(unit) = self.units.get_mut(&id).filter(|unit| unit.state == UnitState::Allocated) else {
            return Err(compiled);
        };
        let key = unit.key.clone();
        self.by_address.insert(compiled.block.start().addr(), id);
        unit.compiled = Some(compiled);
        unit.state = UnitState::Active;
        if let Some(previous) = self.by_key.insert(key, id) {
            self.replace(previous, id);
        }
        self.touch(id);
        while self.max_units.is_some_and(|max| self.by_key.len() as u64 > max) {
            let Some(victim) = self.least_recently_used(Some(id)) else { break };
            evicted.extend(self.evict(victim));
        }
        Ok(())
    }

    /// Ends a compilation that came to nothing. Has no effect on a unit that has code.
    pub fn abandon(&mut self, id: UnitId) {
        if self.state(id) == UnitState::Allocated {
            self.units.remove(&id);
        }
    }

    /// Sends calls through `cell` to the unit until it is evicted, replaced or invalidated. Returns whether the unit is
    /// active; the cell is left alone otherwise.
    #[must_use]
    pub fn link(&mut self, id: UnitId, cell: &Rc<EntryCell>) -> bool {
        let Some(unit) = self.units.get_mut(&id).filter(|unit| unit.state == UnitState::Active) else {
            return false;
        };
        let Some(entry) = unit.entry() else { return false };
        if cell.target() == entry {
            return true;
        }
        cell.link(entry);
        if unit.cells.len() == unit.cells.capacity() {
            // Functions of chunks that were loaded again and again and collected: let go of their cells in time.
            unit.cells.retain(|cell| cell.strong_count() > 0);
        }
        unit.cells.push(Rc::downgrade(cell));
        true
    }

    /// Notes that the unit is being used, for an engine whose compiled code does not note it by itself.
    pub fn touch(&mut self, id: UnitId) {
        self.clock += 1;
        if let Some(unit) = self.units.get_mut(&id) {
            unit.last_use = self.clock;
        }
    }

    /// Throws an active unit out for room; `None` if the unit is not active. Its code stays valid for its activations.
    pub fn evict(&mut self, id: UnitId) -> Option<Evicted> {
        let unit = self.leave_service(id, UnitState::Retired)?;
        let evicted = Evicted { id, label: unit.label.clone(), code_bytes: unit.code_bytes() as u64 };
        self.counters.evictions += 1;
        Some(evicted)
    }

    /// Throws a unit away because an assumption failed: clears its `valid` byte and resets its entry cells. `None` if
    /// that was done already or the unit is freed; then nothing is counted.
    pub fn invalidate(&mut self, id: UnitId) -> Option<Invalidated> {
        let (key, label) = self.throw_away(id)?;
        let blacklisted = self.blacklist.record(&key);
        self.counters.blacklisted += u64::from(blacklisted);
        Some(Invalidated { label, blacklisted })
    }

    /// As [`Self::invalidate`], where what has failed is known better by now, so that the next unit does not assume it again: that
    /// does not bring the unit nearer to the blacklist.
    pub fn outgrow(&mut self, id: UnitId) -> Option<Invalidated> {
        let (_, label) = self.throw_away(id)?;
        Some(Invalidated { label, blacklisted: false })
    }

    fn throw_away(&mut self, id: UnitId) -> Option<(UnitKey, event::Unit)> {
        let unit = self.units.get_mut(&id)?;
        unit.control.invalidate();
        let names = (unit.key.clone(), unit.label.clone());
        match unit.state {
            UnitState::Active => {
                self.leave_service(id, UnitState::Invalidated);
            }
            // Out of service already; now its activations leave too.
            UnitState::Retired => unit.state = UnitState::Invalidated,
            UnitState::Allocated => {
                self.units.remove(&id);
            }
            UnitState::Invalidated | UnitState::Freed => return None,
        }
        self.counters.invalidations += 1;
        Some(names)
    }

    /// Frees the units that are out of service and have no activation left, unless the cache is pinned. To be called at
    /// polls; costs next to nothing when no unit is dead.
    pub fn collect_dead(&mut self) -> Reclaimed {
        let mut reclaimed = Reclaimed::default();
        if self.dead.is_empty() || self.is_pinned() {
            return reclaimed;
        }
        let dead = std::mem::take(&mut self.dead);
        for id in dead {
            if self.units[&id].control.activations() > 0 {
                self.dead.push(id);
                continue;
            }
            if let Some(compiled) = self.units.remove(&id).and_then(|unit| unit.compiled) {
                self.by_address.remove(&compiled.block.start().addr());
                reclaimed.block_bytes += compiled.block.block_bytes();
            }
            reclaimed.units += 1;
        }
        reclaimed
    }

    /// Keeps every unit's memory until the pin is dropped. For an engine whose compiled functions call each other
    /// without counting activations: it holds a pin while any compiled code is on the native stack.
    pub fn pin(&self) -> CachePin {
        CachePin { _shared: self.pin.clone() }
    }

    fn is_pinned(&self) -> bool {
        Rc::strong_count(&self.pin) > 1
    }

    /// The unit with this number, unless it is freed.
    pub fn unit(&self, id: UnitId) -> Option<&Unit<D>> {
        self.units.get(&id)
    }

    /// What the engine keeps with a unit; `None` if it has no code.
    pub fn data_mut(&mut self, id: UnitId) -> Option<&mut D> {
        self.units.get_mut(&id)?.compiled.as_mut().map(|compiled| &mut compiled.data)
    }

    /// Where a unit of this cache is in its life.
    pub fn state(&self, id: UnitId) -> UnitState {
        self.units.get(&id).map_or(UnitState::Freed, Unit::state)
    }

    /// The unit whose code has a byte at `address`, if any: active ones, and those that wait for their activations.
    pub fn find(&self, address: *const u8) -> Option<UnitId> {
        let (_, id) = self.by_address.range(..=address.addr()).next_back()?;
        self.units[id].offset_of(address).map(|_| *id)
    }

    /// Every unit that is not freed, in the order in which they were begun.
    pub fn units(&self) -> impl Iterator<Item = (UnitId, &Unit<D>)> {
        self.units.iter().map(|(id, unit)| (*id, unit))
    }

    /// How many units are active.
    pub fn active_units(&self) -> usize {
        self.by_key.len()
    }

    /// The memory under this cache.
    pub fn memory(&self) -> &CodeMemory {
        &self.memory
    }

    /// The counts since the start.
    pub fn counters(&self) -> CacheCounters {
        self.counters
    }

    /// Fills in the counters that the cache knows.
    pub fn report(&self, counters: &mut Counters) {
        let CacheCounters { hits, misses, evictions, invalidations, blacklisted } = self.counters;
        counters[Counter::CacheHits] = hits;
        counters[Counter::CacheMisses] = misses;
        counters[Counter::Evicted] = evictions;
        // Units that an engine has thrown away by itself are counted there already.
        counters[Counter::Deoptimisations] += invalidations;
        counters[Counter::Blacklisted] = blacklisted;
        counters[Counter::CodeBytes] = self.by_key.values().map(|id| self.units[id].code_bytes() as u64).sum();
    }

    /// Takes an active unit out of service: it is not found and not entered any more. `None` if it is not active.
    fn leave_service(&mut self, id: UnitId, state: UnitState) -> Option<&Unit<D>> {
        let unit = self.units.get_mut(&id).filter(|unit| unit.state == UnitState::Active)?;
        unit.state = state;
        unit.control.leave_service();
        for cell in std::mem::take(&mut unit.cells).iter().filter_map(std::rc::Weak::upgrade) {
            // A cell that has been linked to another unit since then is not ours to reset.
            if unit.offset_of(cell.target()).is_some() {
                cell.reset();
            }
        }
        if self.by_key.get(&unit.key) == Some(&id) {
            self.by_key.remove(&unit.key);
        }
        self.dead.push(id);
        Some(unit)
    }

    /// Retires `previous` and sends the calls that led to it to `id`, which is active.
    fn replace(&mut self, previous: UnitId, id: UnitId) {
        let leading_here = |unit: &Unit<D>| -> Vec<Rc<EntryCell>> {
            let cells = unit.cells.iter().filter_map(std::rc::Weak::upgrade);
            cells.filter(|cell| unit.offset_of(cell.target()).is_some()).collect()
        };
        let cells = self.units.get(&previous).map(leading_here).unwrap_or_default();
        self.leave_service(previous, UnitState::Retired);
        for cell in cells {
            let linked = self.link(id, &cell);
            debug_assert!(linked, "the caller has made unit {id} active");
        }
    }

    /// The active unit to evict next, other than `spared`: one without activations if there is one, the least recently
    /// used among those. Units entered since the last time count as used now.
    fn least_recently_used(&mut self, spared: Option<UnitId>) -> Option<UnitId> {
        let mut victim: Option<(bool, u64, UnitId)> = None;
        for id in self.by_key.values().filter(|id| Some(**id) != spared) {
            let Some(unit) = self.units.get_mut(id) else { continue };
            if unit.control.take_used() {
                unit.last_use = self.clock + 1;
            }
            let rank = (unit.control.activations() > 0, unit.last_use, *id);
            victim = Some(victim.map_or(rank, |lowest| lowest.min(rank)));
        }
        self.clock += 1;
        victim.map(|(_, _, id)| id)
    }
}

#[cfg(test)]
mod tests;
