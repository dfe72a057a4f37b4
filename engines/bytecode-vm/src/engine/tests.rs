//! What a library function of another crate, in safe code, cannot do to the interpreter's frames.

use std::io;

use engine_api::{Failure, Host, HostValue, Instance, Interrupt, Limits, Settings, Start, Stream};
use lua_runtime::{Args, NativeFn, NativeRole, Signal, Value, Vm};

use crate::engine::{INFO, VmInstance};
use crate::tier::NoTier;

struct SilentHost;

impl Host for SilentHost {
    fn write(&mut self, _: Stream, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self, _: Stream) -> io::Result<()> {
        Ok(())
    }

    fn monotonic_ns(&mut self) -> u64 {
        0
    }

    fn cpu_ns(&mut self) -> u64 {
        0
    }

    fn unix_seconds(&mut self) -> i64 {
        0
    }
}

/// Runs a program that calls a library function by the name `breach`.
fn run(breach: NativeFn, source: &str) -> Result<Vec<HostValue>, Failure> {
    let settings = Settings::defaults(INFO.knobs);
    let (host, interrupt) = (Box::new(SilentHost), Interrupt::new());
    let start = Start { settings, host, sink: None, interrupt, limits: Limits::default(), seed: 1 };
    // SAFETY: there are no hooks.
    let instance = unsafe { VmInstance::start::<NoTier>(start, crate::state::Tiers::NONE) };
    let mut instance = instance.expect("the library fits");
    let native = instance.vm.native("breach", breach, NativeRole::Plain).expect("memory");
    let globals = instance.vm.globals;
    instance.vm.raw_set_name(globals, "breach", Value::from(native)).expect("memory");
    let main = instance.load("=test", source.as_bytes()).expect("it compiles");
    instance.call(main, &[])
}

fn more_results_than_there_are(_: &mut Vm, _: Args) -> Result<u32, Signal> {
    Ok(1 << 30)
}

#[test]
#[should_panic(expected = "results above the stack")]
fn results_that_are_not_there_as_arguments() {
    drop(run(more_results_than_there_are, "return select('#', breach())"));
}

#[test]
#[should_panic(expected = "results above the stack")]
fn results_that_are_not_there_of_a_tail_call() {
    drop(run(more_results_than_there_are, "return breach()"));
}

#[test]
fn results_that_are_not_there_but_not_wanted() {
    let results = run(more_results_than_there_are, "local first = breach() return 1").expect("it runs");
    assert_eq!(results, [HostValue::Integer(1)]);
}

#[test]
#[should_panic(expected = "a last call without its arguments")]
fn a_last_call_that_was_not_made() {
    fn breach(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
        if args.count == 0 {
            return Err(Signal::Call);
        }
        vm.call_last(args, Value::NIL, &[Value::NIL; 50_000], None)
    }
    // The second call is at the same depth of a smaller stack.
    drop(run(
        breach,
        "local large = coroutine.create(function() breach(1) end) coroutine.resume(large) return coroutine.wrap(function() breach() end)()",
    ));
}

/// Overwrites what lies in the two lowest slots of its frame, its callee and its header, and fails.
fn failing_without_a_header(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let caller = vm.argument(args, 0);
    vm.set_slot(args.base - 2, caller);
    vm.set_slot(args.base - 1, Value::integer(i64::MAX));
    Err(vm.raise("failed"))
}

#[test]
fn headers_are_made_anew_when_a_function_fails() {
    for call in ["breach(f)", "return breach(f)", "local a, b = breach(f)", "print(breach(f))"] {
        let source = format!(
            "local function f() {call} end
            local ok, message = pcall(f)
            local routine = coroutine.create(f)
            local resumed = coroutine.resume(routine)
            debug.traceback(routine)
            return ok, resumed, 7"
        );
        let results = run(failing_without_a_header, &source).expect("the error is caught");
        assert_eq!(results, [HostValue::Boolean(false), HostValue::Boolean(false), HostValue::Integer(7)], "{call}");
    }
}

#[test]
fn walks_end_where_a_header_is_gone() {
    fn breach(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
        let function = vm.argument(args, 0);
        vm.set_slot(args.base - 2, function);
        vm.set_slot(args.base - 1, Value::integer(i64::MAX));
        let top = args.top();
        vm.call(top, function, &[])?;
        vm.return_one(args, Value::TRUE)
    }
    let source = "local function f() return debug.traceback(), debug.getinfo(3), debug.getlocal(1, 1) end
        return breach(f)";
    assert_eq!(run(breach, source).expect("it runs"), [HostValue::Boolean(true)]);
}
