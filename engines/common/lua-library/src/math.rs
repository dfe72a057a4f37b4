//! `math`.

use lua_runtime::operators::integer_of;
use lua_runtime::{Args, Intrinsic, NativeRole, OutOfMemory, Signal, Tag, Value, Vm};
use lua_syntax::arithmetic::{float_modulo_toward_zero, float_to_integer};

use crate::entries::{Entry, new_library};
use crate::random::RandomState;
use crate::state::State;

const ENTRIES: &[Entry] = &[
    ("math.acos", acos),
    ("math.asin", asin),
    ("math.atan", atan),
    ("math.ceil", ceil),
    ("math.cos", cos),
    ("math.deg", deg),
    ("math.exp", exp),
    ("math.fmod", fmod),
    ("math.log", log),
    ("math.max", max),
    ("math.min", min),
    ("math.modf", modf),
    ("math.rad", rad),
    ("math.random", random),
    ("math.randomseed", randomseed),
    ("math.sin", sin),
    ("math.tan", tan),
    ("math.tointeger", tointeger),
    ("math.type", type_),
    ("math.ult", ult),
];

/// The functions that compilers know.
const INTRINSICS: &[(Entry, Intrinsic)] = &[
    (("math.abs", abs), Intrinsic::Absolute),
    (("math.floor", floor), Intrinsic::Floor),
    (("math.sqrt", sqrt), Intrinsic::SquareRoot),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let table = new_library(vm, "math", ENTRIES)?;
    for ((name, function), intrinsic) in INTRINSICS {
        let native = vm.native(name, *function, NativeRole::Plain)?;
        native.set_intrinsic(*intrinsic);
        let key = name.rsplit('.').next().unwrap_or(name);
        vm.raw_set_name(table, key, Value::from(native))?;
    }
    vm.raw_set_name(table, "pi", Value::float(std::f64::consts::PI))?;
    vm.raw_set_name(table, "huge", Value::float(f64::INFINITY))?;
    vm.raw_set_name(table, "maxinteger", Value::integer(i64::MAX))?;
    vm.raw_set_name(table, "mininteger", Value::integer(i64::MIN))
}

/// Functions from float to float.
macro_rules! float_functions {
    ($($name:ident = $compute:expr;)*) => {
        $(fn $name(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
            let compute: fn(f64) -> f64 = $compute;
            let x = vm.check_float(args, 0)?;
            vm.return_one(args, Value::float(compute(x)))
        })*
    };
}

float_functions! {
    acos = f64::acos;
    asin = f64::asin;
    cos = f64::cos;
    deg = |x| x * (180.0 / std::f64::consts::PI);
    exp = f64::exp;
    rad = |x| x * (std::f64::consts::PI / 180.0);
    sin = f64::sin;
    sqrt = f64::sqrt;
    tan = f64::tan;
}

fn abs(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    // A numeral in a string counts as a float here, as in PUC Lua.
    let result = match vm.argument(args, 0).as_integer() {
        Some(integer) => Value::integer(integer.wrapping_abs()),
        None => Value::float(vm.check_float(args, 0)?.abs()),
    };
    vm.return_one(args, result)
}

fn atan(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let y = vm.check_float(args, 0)?;
    let x = if vm.argument(args, 1).is_nil() { 1.0 } else { vm.check_float(args, 1)? };
    vm.return_one(args, Value::float(y.atan2(x)))
}

/// An integral float as an integer if it fits, else as it is.
fn integral(value: f64) -> Value {
    float_to_integer(value).map_or(Value::float(value), Value::integer)
}

fn floor(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let number = vm.check_number(args, 0)?;
    let result = if number.is_integer() { number } else { integral(number.raw_float().floor()) };
    vm.return_one(args, result)
}

fn ceil(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let number = vm.check_number(args, 0)?;
    let result = if number.is_integer() { number } else { integral(number.raw_float().ceil()) };
    vm.return_one(args, result)
}

fn fmod(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let result = match (vm.argument(args, 0).as_integer(), vm.argument(args, 1).as_integer()) {
        (Some(_), Some(0)) => return Err(vm.argument_error(args, 1, "zero")),
        (Some(a), Some(b)) => Value::integer(a.wrapping_rem(b)),
        _ => {
            // The second one is looked at first, as in PUC Lua where it has been compiled for this kind of machine.
            let b = vm.check_float(args, 1)?;
            Value::float(float_modulo_toward_zero(vm.check_float(args, 0)?, b))
        }
    };
    vm.return_one(args, result)
}

fn log(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let x = vm.check_float(args, 0)?;
    let result = if vm.argument(args, 1).is_nil() {
        x.ln()
    } else {
        let base = vm.check_float(args, 1)?;
        if base == 2.0 {
            x.log2()
        } else if base == 10.0 {
            x.log10()
        } else {
            x.ln() / base.ln()
        }
    };
    vm.return_one(args, Value::float(result))
}

fn max(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut best = vm.check_any(args, 0)?;
    for i in 1..args.count {
        let candidate = vm.argument(args, i);
        if vm.less_from_native(args.top(), best, candidate)? {
            best = candidate;
        }
    }
    vm.return_one(args, best)
}

fn min(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let mut best = vm.check_any(args, 0)?;
    for i in 1..args.count {
        let candidate = vm.argument(args, i);
        if vm.less_from_native(args.top(), candidate, best)? {
            best = candidate;
        }
    }
    vm.return_one(args, best)
}

fn modf(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let number = vm.argument(args, 0);
    if number.is_integer() {
        return vm.return_values(args, &[number, Value::float(0.0)]);
    }
    let x = vm.check_float(args, 0)?;
    let whole = x.trunc();
    let fraction = if x == whole { 0.0 } else { x - whole };
    vm.return_values(args, &[integral(whole), Value::float(fraction)])
}

fn random(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (low, high) = match args.count {
        0 => {
            let value = State::of_mut(vm).random.next_float();
            return vm.return_one(args, Value::float(value));
        }
        1 => {
            let high = vm.check_integer(args, 0)?;
            if high == 0 {
                let bits = State::of_mut(vm).random.next_bits();
                return vm.return_one(args, Value::integer(bits as i64));
            }
            (1, high)
        }
        2 => (vm.check_integer(args, 0)?, vm.check_integer(args, 1)?),
        _ => return Err(vm.raise("wrong number of arguments")),
    };
    if low > high {
        return Err(vm.argument_error(args, 0, "interval is empty"));
    }
    let value = State::of_mut(vm).random.next_in(low, high);
    vm.return_one(args, Value::integer(value))
}

fn randomseed(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (first, second) = if args.count == 0 {
        (vm.host.monotonic_ns(), 0)
    } else {
        (vm.check_integer(args, 0)? as u64, vm.optional_integer(args, 1, 0)? as u64)
    };
    State::of_mut(vm).random = RandomState::seeded(first, second);
    vm.return_values(args, &[Value::integer(first as i64), Value::integer(second as i64)])
}

fn tointeger(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let value = vm.check_any(args, 0)?;
    let result = integer_of(value).map_or(Value::NIL, Value::integer);
    vm.return_one(args, result)
}

fn type_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name: &[u8] = match vm.check_any(args, 0)?.tag {
        Tag::Integer => b"integer",
        Tag::Float => b"float",
        _ => return vm.return_one(args, Value::NIL),
    };
    let name = vm.string(name)?;
    vm.return_one(args, name)
}

fn ult(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (a, b) = (vm.check_integer(args, 0)?, vm.check_integer(args, 1)?);
    vm.return_one(args, Value::boolean((a as u64) < (b as u64)))
}
