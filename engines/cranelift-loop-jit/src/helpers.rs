//! What compiled code calls: operations that are too long for it.
//!
//! Each is a C function that does not panic, raise, move the stack or run Lua code. One that touches the heap gets the
//! state. Where an operation needs a metamethod or is an error, the helper has done nothing and says so, and compiled
//! code leaves for the interpreter, which does the instruction again. None is inlined anywhere, so that each has one
//! address, by which listings know it.

use bytecode_vm::{element, for_loop, number};
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Gc, Table, Vm};
use lua_syntax::arithmetic;
use lua_syntax::arithmetic::Number;

macro_rules! names {
    ($($function:path)*) => {
        /// The name of the helper at an address, for listings.
        pub(crate) fn name_of(address: u64) -> Option<&'static str> {
            $(if $function as *const () as u64 == address {
                return stringify!($function).split("::").last();
            })*
            None
        }
    };
}

names! {
    float_power float_modulo shift_left integer_less_float integer_less_equal_float float_less_integer
    float_less_equal_integer integer_equals_float equal load store set_field_slot step_iterator crate::vm_call::run
    crate::vm_call::run_tracked
}

/// The step of a generic loop over `pairs` or `ipairs`, whose registers begin at `first`. Says whether it is done; otherwise
/// the iterator is to be called.
///
/// # Safety
/// Only for compiled code at such an instruction, with what the loop steps by in the frame.
#[inline(never)]
pub(crate) unsafe extern "C" fn step_iterator(vm: *const Vm, first: *mut Value, variables: u32) -> u32 {
    // SAFETY: as the caller says.
    unsafe { for_loop::step_generic(&*vm, first, variables as u8) }.into()
}

/// `a ^ b`.
#[inline(never)]
pub(crate) extern "C" fn float_power(a: f64, b: f64) -> f64 {
    arithmetic::float_power(a, b)
}

/// `a % b`.
#[inline(never)]
pub(crate) extern "C" fn float_modulo(a: f64, b: f64) -> f64 {
    arithmetic::float_modulo(a, b)
}

/// `a << count`.
#[inline(never)]
pub(crate) extern "C" fn shift_left(a: i64, count: i64) -> i64 {
    arithmetic::shift_left(a, count)
}

/// Whether an integer is below a float.
#[inline(never)]
pub(crate) extern "C" fn integer_less_float(a: i64, b: f64) -> u32 {
    arithmetic::integer_less_float(a, b).into()
}

/// Whether an integer is not above a float.
#[inline(never)]
pub(crate) extern "C" fn integer_less_equal_float(a: i64, b: f64) -> u32 {
    arithmetic::integer_less_equal_float(a, b).into()
}

/// Whether a float is below an integer.
#[inline(never)]
pub(crate) extern "C" fn float_less_integer(a: f64, b: i64) -> u32 {
    arithmetic::float_less_integer(a, b).into()
}

/// Whether a float is not above an integer.
#[inline(never)]
pub(crate) extern "C" fn float_less_equal_integer(a: f64, b: i64) -> u32 {
    arithmetic::float_less_equal_integer(a, b).into()
}

/// Whether an integer and a float are the same number.
#[inline(never)]
pub(crate) extern "C" fn integer_equals_float(a: i64, b: f64) -> u32 {
    arithmetic::equal(Number::Integer(a), Number::Float(b)).into()
}

/// `a == b` for any values: 0 or 1, or 2 if a metamethod may have to decide.
///
/// # Safety
/// Both pointers must be to values.
#[inline(never)]
pub(crate) unsafe extern "C" fn equal(a: *const Value, b: *const Value) -> u32 {
    // SAFETY: as the caller says.
    match unsafe { number::equal(a, b) } {
        Some(truth) => truth.into(),
        None => 2,
    }
}

/// `object[key]` without metamethods that are functions. Writes the value over the key and returns 1; 0 if it cannot.
///
/// # Safety
/// `vm` must be the running state, `object` a table's address, and `key` a pointer to a value.
#[inline(never)]
pub(crate) unsafe extern "C" fn load(vm: *mut Vm, object: u64, key: *mut Value) -> u32 {
    // SAFETY: as the caller says; nothing else uses the state while compiled code waits for this.
    let (vm, table, key) = unsafe { (&mut *vm, Gc::<Table>::from_address(object), &mut *key) };
    match vm.index(Value::from(table), *key) {
        Ok(value) => {
            *key = value;
            1
        }
        Err(_) => 0,
    }
}

/// `object[key] = value` without metamethods. `pair` points to the key, with the value behind it. Returns 1 if it is
/// done, 0 if it cannot.
///
/// # Safety
/// `vm` must be the running state, `object` a table's address, and `pair` a pointer to two values.
#[inline(never)]
pub(crate) unsafe extern "C" fn store(vm: *mut Vm, object: u64, pair: *const Value) -> u32 {
    // SAFETY: as the caller says; nothing else uses the state while compiled code waits for this.
    let (vm, table, key, value) = unsafe { (&mut *vm, Gc::<Table>::from_address(object), *pair, *pair.add(1)) };
    let table = Value::from(table);
    let is_stored = key.tag == Tag::Integer && element::store_integer(vm, table, key.raw_integer(), value);
    (is_stored || vm.store(table, key, value).is_ok()).into()
}

/// Overwrites a field in place, a reference with the collector's barrier.
///
/// # Safety
/// `vm` must be the running state, `object` the address of a table with this slot, and payload and tag those of a value.
#[inline(never)]
pub(crate) unsafe extern "C" fn set_field_slot(vm: *mut Vm, object: u64, slot: u32, payload: u64, tag: Tag) {
    // SAFETY: as the caller says; nothing else uses the state while compiled code waits for this.
    let (vm, table, value) = unsafe { (&mut *vm, Gc::<Table>::from_address(object), Value::from_parts(payload, tag)) };
    table.set_field_slot(&mut vm.heap, slot, value);
}
