//! `collectgarbage`. A collection is always a full one, so the parameters of the incremental and the generational
//! collector are remembered and given back, and only the pause has an effect.

use lua_runtime::{Args, OutOfMemory, Signal, Value, Vm};

use crate::entries::{Entry, register};

const ENTRIES: &[Entry] = &[("collectgarbage", collectgarbage)];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    register(vm, vm.globals, ENTRIES)
}

/// `collectgarbage([opt [, arg ...]])`.
fn collectgarbage(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let option =
        if vm.argument(args, 0).is_nil() { "collect".to_string() } else { vm.check_string(args, 0)?.to_text() };
    let result = match option.as_str() {
        "collect" => collect(vm, args, Value::integer(0))?,
        "count" => Value::float(vm.heap.used_bytes() as f64 / 1024.0),
        "step" => {
            vm.optional_integer(args, 1, 0)?;
            collect(vm, args, Value::TRUE)?
        }
        "stop" => {
            vm.heap.stopped = true;
            Value::integer(0)
        }
        "restart" => {
            vm.heap.restart();
            Value::integer(0)
        }
        "isrunning" => Value::boolean(!vm.heap.stopped),
        "setpause" => {
            let percent = parameter(vm, args, 1)?;
            exchange(&mut vm.heap.tuning.pause_percent, percent)
        }
        "setstepmul" => {
            let percent = parameter(vm, args, 1)?;
            exchange(&mut vm.heap.tuning.step_percent, percent)
        }
        "generational" => set_mode(vm, args, true)?,
        "incremental" => set_mode(vm, args, false)?,
        _ => return Err(vm.argument_error(args, 0, &format!("invalid option '{option}'"))),
    };
    // Inside a finaliser nothing of this is valid, as in PUC Lua.
    vm.return_one(args, if vm.is_finalizing() { Value::NIL } else { result })
}

fn collect(vm: &mut Vm, args: Args, result: Value) -> Result<Value, Signal> {
    if !vm.is_finalizing() {
        vm.collect(args.top());
        vm.run_finalizers(args.top())?;
    }
    Ok(result)
}

/// A percentage in the form in which PUC Lua keeps it: a quarter of it in one byte.
fn parameter(vm: &mut Vm, args: Args, index: u32) -> Result<u64, Signal> {
    let percent = vm.optional_integer(args, index, 0)? as i32;
    Ok(u64::from((percent / 4) as u8) * 4)
}

fn exchange(parameter: &mut u64, percent: u64) -> Value {
    Value::integer(std::mem::replace(parameter, percent) as i64)
}

/// Takes the mode and its parameters, where 0 changes nothing; gives the mode until now.
fn set_mode(vm: &mut Vm, args: Args, is_generational: bool) -> Result<Value, Signal> {
    let percents = [parameter(vm, args, 1)?, parameter(vm, args, 2)?];
    vm.optional_integer(args, 3, 0)?;
    let tuning = &mut vm.heap.tuning;
    if !is_generational {
        for (parameter, percent) in [&mut tuning.pause_percent, &mut tuning.step_percent].into_iter().zip(percents) {
            if percent != 0 {
                *parameter = percent;
            }
        }
    }
    let before = std::mem::replace(&mut tuning.is_generational, is_generational);
    let name: &[u8] = if before { b"generational" } else { b"incremental" };
    Ok(Value::from(vm.string(name)?))
}
