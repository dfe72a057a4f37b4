//! How the host loads chunks and calls functions: values of the host in, values of the host or a [`Failure`] out.
//!
//! Every engine's `Instance` is a thin layer over these functions.

use engine_api::{Counter, Failure, FunctionRef, HostValue, LuaError};

use super::chunk::{ANY_MODE, BINARY_MARK, Chunk, ChunkPart, ChunkRequest};
use super::meta::MetaEvent;
use super::signal::Signal;
use super::{LoadFailure, Vm};
use crate::heap::OutOfMemory;
use crate::value::{Tag, Value};

/// The slot at which host calls put their callee.
const HOST_CALL_SLOT: u32 = 0;

impl Vm {
    /// Compiles a chunk and keeps its main function.
    ///
    /// # Errors
    /// As [`engine_api::Instance::load`].
    pub fn load_for_host(&mut self, chunk_name: &str, source: &[u8]) -> Result<FunctionRef, Failure> {
        let text = match self.string(source) {
            Ok(text) => text,
            Err(OutOfMemory) => return Err(self.failure_of(Signal::Memory)),
        };
        let environment = Value::from(self.globals);
        if source.first() == Some(&BINARY_MARK) {
            let chunk = Chunk { name: chunk_name, mode: ANY_MODE, environment };
            return match chunk.compile(self, text) {
                Ok(Ok(closure)) => Ok(self.keep(Value::from(closure))),
                Ok(Err(message)) => Err(Failure::Lua(LuaError::raised(message, String::new()))),
                Err(signal) => Err(self.failure_of(signal)),
            };
        }
        let request = ChunkRequest { name: chunk_name, text, part: ChunkPart::Main, environment, is_stripped: false };
        match self.compile(&request) {
            Ok(closure) => Ok(self.keep(Value::from(closure))),
            Err(LoadFailure::Syntax(error)) => Err(Failure::Lua(error)),
            Err(LoadFailure::Unsupported(unsupported)) => Err(Failure::Unsupported(unsupported)),
            Err(LoadFailure::OutOfMemory) => Err(self.failure_of(Signal::Memory)),
        }
    }

    /// Calls a kept function.
    ///
    /// # Errors
    /// As [`engine_api::Instance::call`].
    ///
    /// # Panics
    /// If the function was not kept by this instance, or something is being called already.
    pub fn call_for_host(&mut self, function: FunctionRef, arguments: &[HostValue]) -> Result<Vec<HostValue>, Failure> {
        assert!(self.frame_base == HOST_CALL_SLOT, "the host calls inside of a call");
        self.counters[Counter::Executions] += 1;
        self.traceback.clear();
        let callee = self.kept[function.0 as usize];
        let result = self.call_with_host_values(callee, arguments);
        match result {
            Ok(count) => Ok((0..count).map(|i| self.host_value(self.slot(HOST_CALL_SLOT + i))).collect()),
            Err(signal) => Err(self.failure_of(signal)),
        }
    }

    fn call_with_host_values(&mut self, callee: Value, arguments: &[HostValue]) -> Result<u32, Signal> {
        let values = arguments.iter().map(|value| self.value(value)).collect::<Result<Vec<_>, _>>()?;
        self.call(HOST_CALL_SLOT, callee, &values)
    }

    /// Sets the global `arg`.
    ///
    /// # Errors
    /// [`Failure::OutOfMemory`].
    pub fn set_arguments_for_host(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Failure> {
        self.try_set_arguments(script, arguments).map_err(|signal| self.failure_of(signal))
    }

    fn try_set_arguments(&mut self, script: &[u8], arguments: &[Vec<u8>]) -> Result<(), Signal> {
        let table = self.table(arguments.len() as u32, 0)?;
        let seed = self.strings.seed();
        for (i, argument) in std::iter::once(script).chain(arguments.iter().map(Vec::as_slice)).enumerate() {
            let string = self.string(argument)?;
            table.set_integer(&mut self.heap, i as i64, Value::from(string), seed)?;
        }
        Ok(self.raw_set_name(self.globals, "arg", Value::from(table))?)
    }

    /// Ends the state for the program.
    ///
    /// # Errors
    /// As [`engine_api::Instance::close`].
    ///
    /// # Panics
    /// If something is being called.
    pub fn close_for_host(&mut self) -> Result<(), Failure> {
        assert!(self.frame_base == HOST_CALL_SLOT, "the host ends a state inside of a call");
        self.close(HOST_CALL_SLOT).map_err(|signal| self.failure_of(signal))
    }

    /// Keeps a value for the host.
    fn keep(&mut self, value: Value) -> FunctionRef {
        let free = self.kept.iter().position(|kept| kept.is_nil());
        match free {
            Some(index) => self.kept[index] = value,
            None => self.kept.push(value),
        }
        FunctionRef(free.unwrap_or(self.kept.len() - 1) as u32)
    }

    /// The kept value behind a reference.
    ///
    /// # Panics
    /// If it was not kept by this instance.
    pub fn kept(&self, function: FunctionRef) -> Value {
        self.kept[function.0 as usize]
    }

    /// Lets go of a kept function.
    pub fn release_for_host(&mut self, function: FunctionRef) {
        self.kept[function.0 as usize] = Value::NIL;
    }

    fn value(&mut self, value: &HostValue) -> Result<Value, Signal> {
        Ok(match value {
            HostValue::Nil | HostValue::Opaque(_) => Value::NIL,
            HostValue::Boolean(value) => Value::boolean(*value),
            HostValue::Integer(value) => Value::integer(*value),
            HostValue::Float(value) => Value::float(*value),
            HostValue::String(bytes) => Value::from(self.string(bytes)?),
            HostValue::Function(function) => self.kept(*function),
        })
    }

    fn host_value(&mut self, value: Value) -> HostValue {
        match value.tag {
            Tag::Nil => HostValue::Nil,
            Tag::False => HostValue::Boolean(false),
            Tag::True => HostValue::Boolean(true),
            Tag::Integer => HostValue::Integer(value.raw_integer()),
            Tag::Float => HostValue::Float(value.raw_float()),
            Tag::String => HostValue::String(value.as_string().expect("its tag says so").bytes().to_vec()),
            Tag::Closure | Tag::Native => HostValue::Function(self.keep(value)),
            Tag::Table | Tag::Thread | Tag::Userdata | Tag::Frame | Tag::Cell => HostValue::Opaque(value.type_name()),
        }
    }

    /// What a signal that reached the host means.
    fn failure_of(&mut self, signal: Signal) -> Failure {
        let traceback = std::mem::take(&mut self.traceback);
        match signal {
            Signal::Memory => Failure::OutOfMemory(LuaError::raised(self.memory_message.bytes().to_vec(), traceback)),
            Signal::Fatal => self
                .fatal
                .take()
                .unwrap_or_else(|| Failure::EngineBug("a fatal signal came without its reason".to_string())),
            Signal::Call => Failure::EngineBug("the last call of a library function reached the host".to_string()),
            Signal::Error => {
                // As in `lua`, an object that speaks for itself comes without a traceback.
                let speaks =
                    self.error.as_string().is_none() && !self.metamethod(self.error, MetaEvent::ToString).is_nil();
                let traceback = if speaks { String::new() } else { traceback };
                Failure::Lua(LuaError::raised(self.message_of_error(), traceback))
            }
        }
    }

    /// The text that the stand-alone `lua` prints for an error value.
    fn message_of_error(&mut self) -> Vec<u8> {
        let error = std::mem::replace(&mut self.error, Value::NIL);
        if let Some(bytes) = crate::number::bytes_of(error) {
            return bytes;
        }
        let handler = self.metamethod(error, MetaEvent::ToString);
        if !handler.is_nil()
            && let Ok(result) = self.call_for_one(HOST_CALL_SLOT, handler, &[error])
            && let Some(string) = result.as_string()
        {
            return string.bytes().to_vec();
        }
        format!("(error object is a {} value)", error.type_name()).into_bytes()
    }
}
