//! Helpers of fields and elements, and of what makes tables, cells and closures.

use bytecode_vm::frame::Continuation;
use bytecode_vm::state::{Step, closure_of};
use bytecode_vm::{element, field, slow_path};
use lua_runtime::inline_cache::InlineCache;
use lua_runtime::operators::Miss;
use lua_runtime::{Value, Vm};

use super::callee::enter_metamethod;
use super::site::Site;
use super::{Answer, done, integer, register_at, value_at};

/// The value of an upvalue of the function at the site.
fn upvalue(site: &Site, index: u64) -> Value {
    // SAFETY: the site is in a frame of a Lua function, and the verifier has checked the index.
    unsafe { closure_of(site.register(0)) }.cell(index as u32).get()
}

// Fields, cells and closures.
define_at_site! {
    load_upvalue_field(site, index) {
        let object = upvalue(&site, index);
        let outcome = field::load(site.vm, site.cursor, object);
        site.field_accessed(outcome)
    }
    store_field(site, object, value) {
        let (object, value) = (site.value(object), site.value(value));
        let outcome = field::store(site.vm, site.cursor, object, value);
        site.field_accessed(outcome)
    }
    store_upvalue_field(site, index, value) {
        let (object, value) = (upvalue(&site, index), site.value(value));
        let outcome = field::store(site.vm, site.cursor, object, value);
        site.field_accessed(outcome)
    }
    new_cell(site, value) {
        let value = site.value(value);
        let outcome = element::new_cell(site.vm, site.cursor, value);
        site.next(outcome)
    }
    new_nil_cell(site) {
        let outcome = element::new_cell(site.vm, site.cursor, Value::NIL);
        site.next(outcome)
    }
    new_table(site) {
        let outcome = element::new_table(site.vm, site.cursor);
        site.next(outcome)
    }
    new_object(site) {
        let outcome = element::new_object(site.vm, site.cursor);
        site.next(outcome)
    }
    set_list(site) {
        let outcome = element::set_list(site.vm, site.cursor);
        site.next(outcome)
    }
    new_closure(site) {
        let outcome = element::new_closure(site.vm, site.cursor);
        site.next(outcome)
    }
}

// Elements.
define! {
    load_element(vm, pc, base, object, key, result) {
        // SAFETY: compiled code passes addresses of registers and constants.
        unsafe { load_any(vm, pc, base, [value_at(object), value_at(key)], register_at(result)) }
    }
    load_element_immediate(vm, pc, base, object, key, result) {
        // SAFETY: as in `load_element`.
        unsafe { load_any(vm, pc, base, [value_at(object), integer(key)], register_at(result)) }
    }
    store_element(vm, pc, base, object, key, value) {
        // SAFETY: as in `load_element`.
        unsafe { store_any(vm, pc, base, [value_at(object), value_at(key), value_at(value)]) }
    }
    store_element_immediate(vm, pc, base, object, key, value) {
        // SAFETY: as in `load_element`.
        unsafe { store_any(vm, pc, base, [value_at(object), integer(key), value_at(value)]) }
    }
}

define! {
    load_field(vm, pc, base, object, result, cache) {
        // SAFETY: as the macro says; the cache is the instruction's own, which lives as long as its function runs.
        unsafe {
            let (object, cache) = (value_at(object), &*(cache as usize as *const InlineCache));
            match cache.load(&mut *vm, object) {
                Ok(value) if object.as_table().is_none() => {
                    *register_at(result) = value;
                    done(base)
                }
                Ok(value) => {
                    *register_at(result) = value;
                    Site::new(vm, pc, base).field_accessed(Ok(Step::Next))
                }
                Err(miss) => miss_of_load(vm, pc, base, miss, Value::from(cache.key())),
            }
        }
    }
}

/// A load by any key.
///
/// # Safety
/// As for [`Site::new`]; `result` is the address of the instruction's register A.
#[inline(always)]
unsafe fn load_any(vm: *mut Vm, pc: u32, base: *mut Value, [object, key]: [Value; 2], result: *mut Value) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        if element::load_own(&*vm, object, key, result) {
            return done(base);
        }
        match (*vm).index_beyond(object, key) {
            Ok(value) => {
                *result = value;
                done(base)
            }
            Err(miss) => miss_of_load(vm, pc, base, miss, key),
        }
    }
}

/// Ends a load that the runtime could not finish.
///
/// # Safety
/// As for [`Site::new`].
#[inline(never)]
unsafe fn miss_of_load(vm: *mut Vm, pc: u32, base: *mut Value, miss: Miss, key: Value) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let arguments = |receiver| [receiver, key];
        if let Some(answer) = enter_metamethod(vm, pc, base, &miss, arguments, Continuation::Store) {
            return answer;
        }
        let mut site = Site::new(vm, pc, base);
        let outcome = slow_path::end_load(site.vm, site.cursor, miss, key);
        site.next(outcome)
    }
}

/// A store by any key. The VM's fast path comes first: it appends without asking for metamethods.
///
/// # Safety
/// As for [`Site::new`].
#[inline(always)]
unsafe fn store_any(vm: *mut Vm, pc: u32, base: *mut Value, [object, key, value]: [Value; 3]) -> Answer {
    // SAFETY: as the caller says.
    unsafe {
        let is_element = |index| element::store_integer(&mut *vm, object, index, value);
        if key.as_integer().is_some_and(is_element) || element::store_own(&mut *vm, object, key, value) {
            return done(base);
        }
        match (*vm).store(object, key, value) {
            Ok(()) => done(base),
            Err(miss) => {
                let arguments = |receiver| [receiver, key, value];
                if let Some(answer) = enter_metamethod(vm, pc, base, &miss, arguments, Continuation::Discard) {
                    return answer;
                }
                let mut site = Site::new(vm, pc, base);
                let outcome = slow_path::end_store(site.vm, site.cursor, miss, key, value);
                site.next(outcome)
            }
        }
    }
}
