//! Finding or making one unit: the cache is asked, the compiler makes code within a limit of time, the code gets a place
//! and becomes a unit. Attempts, successes and their time are counted and reported.

use std::ops::Range;

use engine_api::event::{DeclineReason, Unit};
use engine_api::{Counter, Event, PublishedCode, VmState};
use jit_support::{CodeCache, CodeOffset, Compiled, Evicted, Origin, UnitId, UnitKey, WritableBlock};
use lua_runtime::Vm;

use crate::tier::report;

/// Machine code that is not in its place yet.
pub trait Code<D> {
    /// The compiler that makes such code, by the id of its engine.
    const COMPILER: &'static str;

    /// Its size.
    fn code_bytes(&self) -> usize;

    /// Puts it into a block of that size, and gives what is kept of the unit.
    ///
    /// # Errors
    /// Why it cannot be placed there.
    fn place(self, block: WritableBlock) -> Result<Compiled<D>, DeclineReason>;
}

/// When a compilation is to be given up.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimit {
    start_ns: u64,
    limit_ms: Option<u64>,
}

impl TimeLimit {
    /// To be asked between the stages of a compiler.
    ///
    /// # Errors
    /// [`DeclineReason::TimeLimit`] once the compilation has taken too long.
    pub fn check(&self, vm: &mut Vm) -> Result<(), DeclineReason> {
        let Some(limit_ms) = self.limit_ms else { return Ok(()) };
        if self.elapsed_ns(vm) / 1_000_000 > limit_ms { Err(DeclineReason::TimeLimit) } else { Ok(()) }
    }

    fn elapsed_ns(&self, vm: &mut Vm) -> u64 {
        vm.host.monotonic_ns().saturating_sub(self.start_ns)
    }
}

/// A unit that is wanted.
pub struct Compilation<'a> {
    /// What it is compiled from.
    pub key: UnitKey,
    /// How events name it.
    pub unit: &'a Unit,
    /// Milliseconds that its compiler may take.
    pub limit_ms: Option<u64>,
}

impl Compilation<'_> {
    /// The unit: that of the cache, or one of the code that `compile` gives. Units that were thrown out for room are added
    /// to `evicted`.
    ///
    /// # Errors
    /// Why it is declined.
    pub fn find_or_compile<D, C: Code<D>>(
        self,
        vm: &mut Vm,
        cache: &mut CodeCache<D>,
        evicted: &mut Vec<Evicted>,
        compile: impl FnOnce(&mut Vm, TimeLimit) -> Result<C, DeclineReason>,
    ) -> Result<UnitId, DeclineReason> {
        if cache.is_blacklisted(&self.key) {
            return Err(DeclineReason::Blacklisted);
        }
        let unit = self.unit;
        if let Some(found) = cache.lookup(&self.key) {
            report(vm, || Event::Reused { unit: unit.clone() });
            return Ok(found);
        }
        vm.counters[Counter::CompilationsAttempted] += 1;
        report(vm, || Event::CompileStart { unit: unit.clone() });
        let limit = TimeLimit { start_ns: vm.host.monotonic_ns(), limit_ms: self.limit_ms };
        let before = vm.interrupt.set_state(VmState::Compiling);
        let result = compile(vm, limit).and_then(|code| {
            limit.check(vm)?;
            self.publish(cache, evicted, code)
        });
        vm.interrupt.set_state(before);
        let time_ns = limit.elapsed_ns(vm);
        vm.counters[Counter::CompileTimeNs] += time_ns;
        let (id, code_bytes) = result?;
        vm.counters[Counter::CompilationsSucceeded] += 1;
        if let (Some(sink), Some(compiled)) = (&mut vm.sink, cache.unit(id).and_then(|unit| unit.compiled())) {
            let bytes = compiled.block.bytes();
            let line = |(range, origin): (Range<CodeOffset>, Option<Origin>)| Some((range.start.0, origin?.line));
            let lines: Vec<(u32, u32)> = compiled.map.runs().filter_map(line).collect();
            let address = bytes.as_ptr().addr() as u64;
            sink.code_published(&PublishedCode { unit, compiler: C::COMPILER, address, bytes, lines: &lines });
        }
        report(vm, || Event::CompileEnd { unit: unit.clone(), code_bytes, time_ns });
        Ok(id)
    }

    /// Puts code into its place and makes it a unit. Gives its number and the size of its code.
    fn publish<D>(
        self,
        cache: &mut CodeCache<D>,
        evicted: &mut Vec<Evicted>,
        code: impl Code<D>,
    ) -> Result<(UnitId, u64), DeclineReason> {
        let code_bytes = code.code_bytes();
        let id = cache.begin(self.key, self.unit.clone());
        let block = cache.request_code(code_bytes, evicted).map_err(|_| DeclineReason::CodeMemory);
        let compiled = match block.and_then(|block| code.place(block)) {
            Ok(compiled) => compiled,
            Err(reason) => {
                cache.abandon(id);
                return Err(reason);
            }
        };
        match cache.publish(id, compiled, evicted) {
            Ok(()) => Ok((id, code_bytes as u64)),
            Err(_) => Err(DeclineReason::CodeMemory),
        }
    }
}
