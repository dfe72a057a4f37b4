//! What a library function of another crate, in safe code, cannot do to the interpreter's frames.

use std::io;

use engine_api::{Failure, Host, HostValue, Instance, Interrupt, Limits, Settings, Start, Stream};
use lua_runtime::{Args, NativeFn, NativeRole, Signal, Value, Vm};

use crate::engine::{INFO, TreeWalker};

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
    let mut instance = TreeWalker.start_instance(start).expect("the library fits");
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
fn results_that_are_not_there_in_a_constructor() {
    drop(run(more_results_than_there_are, "return #{breach()}"));
}

#[test]
#[should_panic(expected = "results above the stack")]
fn results_that_are_not_there_as_arguments() {
    drop(run(more_results_than_there_are, "return select('#', breach())"));
}

#[test]
fn walks_end_where_a_header_is_gone() {
    fn breach(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
        let function = vm.argument(args, 0);
        vm.set_slot(args.base - 2, function);
        vm.set_slot(args.base - 1, Value::integer(i64::MAX));
        let top = args.top();
        vm.call(top, function, &[])?;
        vm.set_slot(args.base - 1, Value::integer(i64::MAX));
        Err(vm.raise("failed"))
    }
    let source = "local function f() return debug.traceback(), debug.getinfo(3), debug.getlocal(1, 1) end
        return pcall(breach, f)";
    let results = run(breach, source).expect("the error is caught");
    assert_eq!(results[0], HostValue::Boolean(false));
}
