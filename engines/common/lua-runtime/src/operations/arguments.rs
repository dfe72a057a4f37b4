//! How library functions read their arguments and hand back results, with Lua's messages for bad arguments.
//!
//! It knows values and slots, not what any function does with them.

use super::fault::Fault;
use super::operators::{integer_of, number_of};
use crate::heap::object::Gc;
use crate::objects::string::LuaString;
use crate::objects::table::Table;
use crate::objects::thread::Thread;
use crate::value::{Tag, Value};
use crate::vm::Vm;
use crate::vm::native::Args;
use crate::vm::signal::Signal;

impl Args {
    /// The first slot above the arguments.
    #[inline(always)]
    pub fn top(self) -> u32 {
        self.base + self.count
    }
}

impl Vm {
    /// Argument `index` (from 0); nil if it is absent.
    #[inline(always)]
    pub fn argument(&self, args: Args, index: u32) -> Value {
        if index < args.count { self.slot(args.base + index) } else { Value::NIL }
    }

    /// Writes result `index` (from 0). Results take the place of the frame from its lowest slot on, so that arguments are gone
    /// once there are more than two.
    ///
    /// # Panics
    /// If it is above the stack.
    #[inline(always)]
    pub fn set_result(&mut self, args: Args, index: u32, value: Value) {
        debug_assert!(args.base == self.frame_base(), "arguments of another function");
        self.set_own_result(index, value);
    }

    /// Gives one result.
    #[inline(always)]
    pub fn return_one(&mut self, args: Args, value: impl Into<Value>) -> Result<u32, Signal> {
        self.set_result(args, 0, value.into());
        Ok(1)
    }

    /// Gives several results.
    ///
    /// # Errors
    /// "stack overflow" if there are too many.
    pub fn return_values(&mut self, args: Args, values: &[Value]) -> Result<u32, Signal> {
        self.ensure_stack(args.base + values.len() as u32)?;
        for (i, value) in values.iter().enumerate() {
            self.set_result(args, i as u32, *value);
        }
        Ok(values.len() as u32)
    }

    /// Gives the results that lie from slot `from` on.
    pub fn return_slots(&mut self, args: Args, from: u32, count: u32) -> Result<u32, Signal> {
        for i in 0..count {
            let value = self.slot(from + i);
            self.set_result(args, i, value);
        }
        Ok(count)
    }

    /// The error for argument `index` (from 0): "bad argument #1 to 'f' (message)".
    #[cold]
    pub fn argument_error(&mut self, args: Args, index: u32, message: &str) -> Signal {
        let mut number = index + 1;
        let name = match self.call_name() {
            Some(call) => {
                if call.is_method {
                    number -= 1;
                    if number == 0 {
                        return self.raise(&format!("calling '{}' on bad self ({message})", call.name));
                    }
                }
                call.name
            }
            None => match self.slot(args.base - 2).as_native() {
                Some(native) => native.name().to_string(),
                None => "?".to_string(),
            },
        };
        self.raise(&format!("bad argument #{number} to '{name}' ({message})"))
    }

    /// The error for an argument of the wrong type: "number expected, got no value".
    #[cold]
    pub fn type_error(&mut self, args: Args, index: u32, expected: &str) -> Signal {
        let got = if index < args.count {
            let value = self.argument(args, index);
            // The only light userdata are the identities of variables.
            if value.tag == Tag::Cell { "light userdata".to_string() } else { self.type_name_for_messages(value) }
        } else {
            "no value".to_string()
        };
        self.argument_error(args, index, &format!("{expected} expected, got {got}"))
    }

    /// Argument `index`, which must be present.
    ///
    /// # Errors
    /// "value expected".
    #[inline]
    pub fn check_any(&mut self, args: Args, index: u32) -> Result<Value, Signal> {
        if index < args.count {
            Ok(self.slot(args.base + index))
        } else {
            Err(self.argument_error(args, index, "value expected"))
        }
    }

    /// An integer argument; floats with integral values and numerals count.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn check_integer(&mut self, args: Args, index: u32) -> Result<i64, Signal> {
        let value = self.argument(args, index);
        match value.as_integer() {
            Some(integer) => Ok(integer),
            None => self.check_integer_slow(args, index, value),
        }
    }

    #[cold]
    fn check_integer_slow(&mut self, args: Args, index: u32, value: Value) -> Result<i64, Signal> {
        match integer_of(value) {
            Some(integer) => Ok(integer),
            None if number_of(value).is_some() => {
                Err(self.argument_error(args, index, "number has no integer representation"))
            }
            None => Err(self.type_error(args, index, "number")),
        }
    }

    /// An integer argument, or `default` if it is absent or nil.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn optional_integer(&mut self, args: Args, index: u32, default: i64) -> Result<i64, Signal> {
        if self.argument(args, index).is_nil() { Ok(default) } else { self.check_integer(args, index) }
    }

    /// A number argument as an integer or float value; numerals count.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn check_number(&mut self, args: Args, index: u32) -> Result<Value, Signal> {
        let value = self.argument(args, index);
        match number_of(value) {
            Some(number) => Ok(number),
            None => Err(self.type_error(args, index, "number")),
        }
    }

    /// A number argument as a float.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn check_float(&mut self, args: Args, index: u32) -> Result<f64, Signal> {
        let number = self.check_number(args, index)?;
        Ok(number.number_as_float().expect("check_number gives numbers"))
    }

    /// A string argument. A number is converted, and the string takes its place in the stack.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn check_string(&mut self, args: Args, index: u32) -> Result<Gc<LuaString>, Signal> {
        let value = self.argument(args, index);
        match value.as_string() {
            Some(string) => Ok(string),
            None => self.check_string_slow(args, index, value),
        }
    }

    #[cold]
    fn check_string_slow(&mut self, args: Args, index: u32, value: Value) -> Result<Gc<LuaString>, Signal> {
        if value.tag.is_number() {
            let bytes = crate::number::bytes_of(value).expect("numbers have a text");
            let string = self.string(&bytes)?;
            self.set_slot(args.base + index, Value::from(string));
            return Ok(string);
        }
        Err(self.type_error(args, index, "string"))
    }

    /// A table argument.
    ///
    /// # Errors
    /// The argument error.
    #[inline]
    pub fn check_table(&mut self, args: Args, index: u32) -> Result<Gc<Table>, Signal> {
        match self.argument(args, index).as_table() {
            Some(table) => Ok(table),
            None => Err(self.type_error(args, index, "table")),
        }
    }

    /// Checks the handler of `xpcall`, its second argument.
    ///
    /// # Errors
    /// The argument error.
    pub fn check_handler(&mut self, args: Args) -> Result<(), Signal> {
        if self.argument(args, 1).is_function() { Ok(()) } else { Err(self.type_error(args, 1, "function")) }
    }

    /// A coroutine argument.
    ///
    /// # Errors
    /// The argument error.
    pub fn check_thread(&mut self, args: Args, index: u32) -> Result<Gc<Thread>, Signal> {
        match self.argument(args, index).as_thread() {
            Some(thread) => Ok(thread),
            None => Err(self.type_error(args, index, "thread")),
        }
    }

    /// A function argument.
    ///
    /// # Errors
    /// The argument error.
    pub fn check_function(&mut self, args: Args, index: u32) -> Result<Value, Signal> {
        let value = self.argument(args, index);
        if value.is_function() { Ok(value) } else { Err(self.type_error(args, index, "function")) }
    }

    /// `object[key]` from a library function, metamethods included. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// Those of the metamethod, and the fault.
    pub fn index_from_native(&mut self, top: u32, object: Value, key: Value) -> Result<Value, Signal> {
        match self.index(object, key) {
            Ok(value) => Ok(value),
            Err(miss) => self.finish_miss(top, miss, &[key]),
        }
    }

    /// `object[key] = value` from a library function, metamethods included. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// Those of the metamethod, and the fault.
    pub fn store_from_native(&mut self, top: u32, object: Value, key: Value, value: Value) -> Result<(), Signal> {
        match self.store(object, key, value) {
            Ok(()) => Ok(()),
            Err(miss) => self.finish_miss(top, miss, &[key, value]).map(|_| ()),
        }
    }

    /// `#object` from a library function, as an integer. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// "object length is not an integer", those of the metamethod, and the fault.
    pub fn length_from_native(&mut self, top: u32, object: Value) -> Result<i64, Signal> {
        let length = match self.length(object) {
            Ok(length) => length,
            Err(miss) => self.finish_miss(top, miss, &[object])?,
        };
        match integer_of(length) {
            Some(integer) if length.tag.is_number() => Ok(integer),
            _ => Err(self.raise("object length is not an integer")),
        }
    }

    /// `left < right` from a library function, metamethods included. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// Those of the metamethod, and the fault.
    pub fn less_from_native(&mut self, top: u32, left: Value, right: Value) -> Result<bool, Signal> {
        match self.less(left, right) {
            Ok(less) => Ok(less),
            Err(miss) => Ok(!self.finish_miss(top, miss, &[right])?.is_falsy()),
        }
    }

    /// Calls the metamethod that an operation asked for, with the receiver and `rest` as arguments, or raises its fault.
    ///
    /// # Errors
    /// Those of the metamethod, and the fault.
    pub fn finish_miss(&mut self, top: u32, miss: super::operators::Miss, rest: &[Value]) -> Result<Value, Signal> {
        match miss {
            super::operators::Miss::Call { handler, receiver } => {
                let mut arguments = [receiver, Value::NIL, Value::NIL];
                arguments[1..=rest.len()].copy_from_slice(rest);
                self.call_for_one(top, handler, &arguments[..=rest.len()])
            }
            super::operators::Miss::Fault(fault, culprit) => Err(self.raise_native_fault(fault, culprit)),
        }
    }

    #[cold]
    fn raise_native_fault(&mut self, fault: Fault, culprit: Value) -> Signal {
        self.raise_fault(fault, culprit, None)
    }

    /// `tostring`, `__tostring` and `__name` included. `top` is as in [`Vm::call`].
    ///
    /// # Errors
    /// "'__tostring' must return a string", those of the metamethod, and no memory.
    pub fn to_string_value(&mut self, top: u32, value: Value) -> Result<Gc<LuaString>, Signal> {
        let handler = self.metamethod(value, crate::vm::meta::MetaEvent::ToString);
        if !handler.is_nil() {
            let result = self.call_for_one(top, handler, &[value])?;
            return match result.as_string() {
                Some(string) => Ok(string),
                None => match crate::number::bytes_of(result) {
                    Some(bytes) => Ok(self.string(&bytes)?),
                    None => Err(self.raise("'__tostring' must return a string")),
                },
            };
        }
        if let Some(string) = value.as_string() {
            return Ok(string);
        }
        if let Some(string) = crate::number::with_text(value, |text| self.string(text)) {
            return Ok(string?);
        }
        let text = match value.tag {
            Tag::Nil => "nil".to_string(),
            Tag::False => "false".to_string(),
            Tag::True => "true".to_string(),
            _ => format!("{}: {}", self.type_name_for_messages(value), self.identity(value)),
        };
        Ok(self.string(text.as_bytes())?)
    }
    /// The identity of an object as `tostring` and `%p` show it: its number, in the form of an address.
    pub fn identity(&mut self, value: Value) -> String {
        format!("0x{:08x}", self.object_number(value))
    }
}
