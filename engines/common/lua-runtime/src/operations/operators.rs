//! The operators of Lua on any values, up to the point where a metamethod must be called.
//!
//! Each operation gives its result, or says what is missing: a metamethod to call with given operands, or a fault. The
//! engine performs the call in its own way (the VM by a frame with a continuation, a tree interpreter by recursion)
//! and words the fault with the variable names that only it knows. Nothing here calls into Lua.

use lua_syntax::arithmetic as numeric;
pub use lua_syntax::ast::{BinaryOperator, UnaryOperator};

use super::fault::Fault;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::number::{bytes_of, integer_of_string, number_of_string, with_text};
use crate::objects::string::SHORT_STRING_BYTES;
use crate::objects::table::{StoreError, Table};
use crate::value::{Tag, Value};
use crate::vm::Vm;
use crate::vm::meta::MetaEvent;

/// An operation that the runtime cannot finish by itself.
#[derive(Debug, Clone, Copy)]
pub enum Miss {
    /// Call `handler`. Its arguments are the operation's operands; for `index` and `store`, `receiver` stands in for
    /// the object.
    Call {
        /// The metamethod.
        handler: Value,
        /// For `index` and `store`: the object at which the chain ended. For others: the first operand.
        receiver: Value,
    },
    /// The operation is an error. For `index` and `store`, `culprit` is the value that could not be indexed.
    Fault(Fault, Value),
}

impl From<OutOfMemory> for Miss {
    fn from(_: OutOfMemory) -> Miss {
        Miss::Fault(Fault::Memory, Value::NIL)
    }
}

/// Links of `__index` and `__newindex` that are followed before it is an error (PUC Lua's `MAXTAGLOOP`).
const MAX_CHAIN: usize = 2000;

impl Vm {
    /// `object[key]`. When a metamethod must be called, its arguments are the receiver and the key.
    ///
    /// # Errors
    /// [`Miss`].
    pub fn index(&mut self, object: Value, key: Value) -> Result<Value, Miss> {
        match self.index_own(object, key) {
            Some(value) => Ok(value),
            None => self.index_beyond(object, key),
        }
    }

    /// As [`Vm::index`], where [`Vm::index_own`] knows no value.
    ///
    /// # Errors
    /// [`Miss`].
    #[inline]
    pub fn index_beyond(&mut self, object: Value, key: Value) -> Result<Value, Miss> {
        // A function answers for every key alike, so that there is nothing to look up.
        if let Some(metatable) = object.as_table().and_then(|table| table.metatable()) {
            let handler = self.metamethod_in(metatable, MetaEvent::Index);
            if handler.is_function() {
                return Err(Miss::Call { handler, receiver: object });
            }
        }
        match (object.as_table(), key.as_string()) {
            (Some(table), Some(name)) => self.find_field(table, name)?.0.value(),
            _ => self.index_by_handlers(object, key),
        }
    }

    /// `object[key]` if that depends on nothing but the object: a table that has the key, or that has no metatable.
    #[inline]
    pub fn index_own(&self, object: Value, key: Value) -> Option<Value> {
        let table = object.as_table()?;
        let value = self.raw_get(table, key);
        (!value.is_nil() || table.metatable().is_none()).then_some(value)
    }

    /// As [`Vm::index`], by a lookup in every table on the way.
    ///
    /// # Errors
    /// [`Miss`].
    pub(crate) fn index_in_full(&self, object: Value, key: Value) -> Result<Value, Miss> {
        match self.index_own(object, key) {
            Some(value) => Ok(value),
            None => self.index_by_handlers(object, key),
        }
    }

    /// As [`Vm::index_in_full`], where [`Vm::index_own`] knows no value.
    fn index_by_handlers(&self, object: Value, key: Value) -> Result<Value, Miss> {
        let mut object = object;
        for _ in 0..MAX_CHAIN {
            let handler = self.metamethod(object, MetaEvent::Index);
            if handler.is_nil() {
                return if object.as_table().is_some() {
                    Ok(Value::NIL)
                } else {
                    Err(Miss::Fault(Fault::Index, object))
                };
            }
            if handler.is_function() {
                return Err(Miss::Call { handler, receiver: object });
            }
            object = handler;
            if let Some(value) = self.index_own(object, key) {
                return Ok(value);
            }
        }
        Err(Miss::Fault(Fault::IndexChain, object))
    }

    /// `object[key] = value` if the object has the key with a value, which the new one replaces: no metamethod is asked, and
    /// the object stays as it is otherwise. `false` if [`Vm::store`] must do it.
    #[inline]
    pub fn store_own(&mut self, object: Value, key: Value, value: Value) -> bool {
        let seed = self.strings.seed();
        object.as_table().is_some_and(|table| table.replace(&mut self.heap, key, value, seed))
    }

    /// `object[key] = value`. When a metamethod must be called, its arguments are the receiver, the key and the value.
    ///
    /// # Errors
    /// [`Miss`].
    pub fn store(&mut self, object: Value, key: Value, value: Value) -> Result<(), Miss> {
        match (object.as_table(), key.as_string()) {
            (Some(table), _) if table.metatable().is_none() => {
                self.raw_set(table, key, value).map_err(|error| store_fault(error, key))
            }
            (Some(table), Some(name)) => match self.store_field(table, name, value)?.0 {
                Some(handler) => Err(Miss::Call { handler, receiver: object }),
                None => Ok(()),
            },
            _ => self.store_in_full(object, key, value),
        }
    }

    /// As [`Vm::store`], by a lookup in every table on the way.
    ///
    /// # Errors
    /// [`Miss`].
    pub(crate) fn store_in_full(&mut self, object: Value, key: Value, value: Value) -> Result<(), Miss> {
        let mut object = object;
        for _ in 0..MAX_CHAIN {
            let handler = if let Some(table) = object.as_table() {
                let handler = match table.metatable() {
                    Some(metatable) => self.metamethod_in(metatable, MetaEvent::NewIndex),
                    None => Value::NIL,
                };
                if handler.is_nil() || !self.raw_get(table, key).is_nil() {
                    return self.raw_set(table, key, value).map_err(|error| store_fault(error, key));
                }
                handler
            } else {
                let handler = self.metamethod(object, MetaEvent::NewIndex);
                if handler.is_nil() {
                    return Err(Miss::Fault(Fault::Index, object));
                }
                handler
            };
            if handler.is_function() {
                return Err(Miss::Call { handler, receiver: object });
            }
            object = handler;
        }
        Err(Miss::Fault(Fault::NewIndexChain, object))
    }

    /// An arithmetic or bitwise operator. Strings are no numbers here: their arithmetic is in the metatable of strings.
    ///
    /// # Errors
    /// [`Miss`]; the metamethod's arguments are both operands.
    ///
    /// # Panics
    /// If `operator` is a comparison or `..`, which have their own functions.
    pub fn arithmetic(&self, operator: BinaryOperator, left: Value, right: Value) -> Result<Value, Miss> {
        use BinaryOperator as Op;
        if left.tag.is_number() && right.tag.is_number() {
            match operator {
                Op::Add | Op::Subtract | Op::Multiply | Op::Modulo | Op::FloorDivide => {
                    return arithmetic_on_numbers(operator, left, right).map_err(|fault| Miss::Fault(fault, left));
                }
                Op::Power | Op::Divide => {
                    return Ok(Value::float(float_operation(operator, as_float(left), as_float(right))));
                }
                Op::BitAnd | Op::BitOr | Op::BitXor | Op::ShiftLeft | Op::ShiftRight => {
                    if let (Some(a), Some(b)) = (integer_of(left), integer_of(right)) {
                        return Ok(Value::integer(bit_operation(operator, a, b)));
                    }
                }
                Op::Concat | Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
                    unreachable!("{operator:?} is not an arithmetic operator")
                }
            }
        }
        self.binary_miss(event_of(operator), left, right)
    }

    /// Unary minus and bitwise not.
    ///
    /// # Errors
    /// [`Miss`]; the metamethod's arguments are the operand, twice.
    ///
    /// # Panics
    /// If `operator` is `not` or `#`.
    pub fn unary(&self, operator: UnaryOperator, operand: Value) -> Result<Value, Miss> {
        match operator {
            UnaryOperator::Negate => {
                if let Some(integer) = operand.as_integer() {
                    return Ok(Value::integer(integer.wrapping_neg()));
                }
                if let Some(float) = operand.as_float() {
                    return Ok(Value::float(-float));
                }
                self.binary_miss(MetaEvent::Negate, operand, operand)
            }
            UnaryOperator::BitNot => {
                if let Some(integer) = bits_of(operand) {
                    return Ok(Value::integer(!integer));
                }
                self.binary_miss(MetaEvent::BitNot, operand, operand)
            }
            UnaryOperator::Not | UnaryOperator::Length => {
                unreachable!("{operator:?} is not an arithmetic operator")
            }
        }
    }

    /// The metamethod of either operand, or the fault that its absence means.
    fn binary_miss<T>(&self, event: MetaEvent, left: Value, right: Value) -> Result<T, Miss> {
        let handler = self.binary_handler(event, left, right);
        if !handler.is_nil() {
            return Err(Miss::Call { handler, receiver: left });
        }
        if event == MetaEvent::Concat {
            let culprit = if is_concatenable(left) { right } else { left };
            return Err(Miss::Fault(Fault::Concat, culprit));
        }
        use MetaEvent as Event;
        let is_bitwise = matches!(
            event,
            Event::BitAnd | Event::BitOr | Event::BitXor | Event::ShiftLeft | Event::ShiftRight | Event::BitNot
        );
        if is_bitwise && left.tag.is_number() && right.tag.is_number() {
            let culprit = if integer_of(left).is_none() { left } else { right };
            return Err(Miss::Fault(Fault::NoInteger, culprit));
        }
        let culprit = if left.tag.is_number() { right } else { left };
        Err(Miss::Fault(if is_bitwise { Fault::Bitwise } else { Fault::Arithmetic }, culprit))
    }

    /// The metamethod of the left operand, else that of the right one, else nil.
    #[inline]
    fn binary_handler(&self, event: MetaEvent, left: Value, right: Value) -> Value {
        let handler = self.metamethod(left, event);
        if handler.is_nil() { self.metamethod(right, event) } else { handler }
    }

    /// `left .. right` for two operands.
    ///
    /// # Errors
    /// [`Miss`]; the metamethod's arguments are both operands.
    pub fn concat(&mut self, left: Value, right: Value) -> Result<Value, Miss> {
        if !is_concatenable(left) || !is_concatenable(right) {
            return self.binary_miss(MetaEvent::Concat, left, right);
        }
        self.concat_all(&[left, right])
    }

    /// The concatenation of strings and numbers, in one allocation.
    ///
    /// # Errors
    /// [`Miss::Fault`] if the result does not fit into memory.
    ///
    /// # Panics
    /// If a value is neither string nor number.
    pub fn concat_all(&mut self, values: &[Value]) -> Result<Value, Miss> {
        let mut room = [0; SHORT_STRING_BYTES];
        if let Some(length) = join_short(values, &mut room) {
            return Ok(Value::from(self.string(&room[..length])?));
        }
        let mut numbers = Vec::new();
        let mut length = 0usize;
        for value in values {
            let bytes = match value.as_string() {
                Some(string) => string.length(),
                None => {
                    numbers.push(bytes_of(*value).expect("strings and numbers only"));
                    numbers.last().map_or(0, Vec::len)
                }
            };
            length = length.checked_add(bytes).ok_or(Miss::Fault(Fault::Memory, Value::NIL))?;
        }
        let mut numbers = numbers.iter();
        let parts = values.iter().map(|value| match value.as_string() {
            Some(string) => string.bytes(),
            None => numbers.next().expect("one for each number"),
        });
        Ok(Value::from(self.string_of_parts(length, parts)?))
    }

    /// `#value`.
    ///
    /// # Errors
    /// [`Miss`]; the metamethod's arguments are the operand, twice.
    #[inline]
    pub fn length(&self, value: Value) -> Result<Value, Miss> {
        if let Some(string) = value.as_string() {
            return Ok(Value::integer(string.length() as i64));
        }
        if let Some(table) = value.as_table() {
            let handler = match table.metatable() {
                Some(metatable) => self.metamethod_in(metatable, MetaEvent::Length),
                None => Value::NIL,
            };
            if handler.is_nil() {
                return Ok(Value::integer(i64::from(table.length())));
            }
            return Err(Miss::Call { handler, receiver: value });
        }
        let handler = self.metamethod(value, MetaEvent::Length);
        if handler.is_nil() {
            Err(Miss::Fault(Fault::Length, value))
        } else {
            Err(Miss::Call { handler, receiver: value })
        }
    }

    /// `left == right`.
    ///
    /// # Errors
    /// [`Miss::Call`] for two tables or two userdata with `__eq`; the truth of its result is the answer.
    #[inline]
    pub fn equals(&self, left: Value, right: Value) -> Result<bool, Miss> {
        if left.raw_equals(right) {
            return Ok(true);
        }
        if left.tag != right.tag || !matches!(left.tag, Tag::Table | Tag::Userdata) {
            return Ok(false);
        }
        let handler = self.binary_handler(MetaEvent::Equal, left, right);
        if handler.is_nil() { Ok(false) } else { Err(Miss::Call { handler, receiver: left }) }
    }

    /// `left < right`.
    ///
    /// # Errors
    /// [`Miss`]; the truth of the metamethod's result is the answer.
    pub fn less(&self, left: Value, right: Value) -> Result<bool, Miss> {
        match (plain_number(left), plain_number(right)) {
            (Some(a), Some(b)) => return Ok(numeric::less(a, b)),
            (None, None) => {}
            _ => return self.order_miss(MetaEvent::Less, left, right),
        }
        match (left.as_string(), right.as_string()) {
            (Some(a), Some(b)) => Ok(a.bytes() < b.bytes()),
            _ => self.order_miss(MetaEvent::Less, left, right),
        }
    }

    /// `left <= right`.
    ///
    /// # Errors
    /// [`Miss`]; the truth of the metamethod's result is the answer.
    pub fn less_equal(&self, left: Value, right: Value) -> Result<bool, Miss> {
        match (plain_number(left), plain_number(right)) {
            (Some(a), Some(b)) => return Ok(numeric::less_equal(a, b)),
            (None, None) => {}
            _ => return self.order_miss(MetaEvent::LessEqual, left, right),
        }
        match (left.as_string(), right.as_string()) {
            (Some(a), Some(b)) => Ok(a.bytes() <= b.bytes()),
            _ => self.order_miss(MetaEvent::LessEqual, left, right),
        }
    }

    #[inline]
    fn order_miss(&self, event: MetaEvent, left: Value, right: Value) -> Result<bool, Miss> {
        let handler = self.binary_handler(event, left, right);
        if handler.is_nil() {
            Err(Miss::Fault(Fault::Compare(left), right))
        } else {
            Err(Miss::Call { handler, receiver: left })
        }
    }

    /// The table in which `__index` lookups of `table` go on, if its metatable has a table as `__index`.
    pub fn index_parent(&self, table: Gc<Table>) -> Option<Gc<Table>> {
        self.metamethod_in(table.metatable()?, MetaEvent::Index).as_table()
    }
}

/// Writes the text of strings and numbers one behind the other, if there is room for it; gives its length.
fn join_short(values: &[Value], room: &mut [u8; SHORT_STRING_BYTES]) -> Option<usize> {
    let mut end = 0;
    for value in values {
        with_text(*value, |text| {
            room.get_mut(end..end + text.len())?.copy_from_slice(text);
            end += text.len();
            Some(())
        })??;
    }
    Some(end)
}

fn store_fault(error: StoreError, key: Value) -> Miss {
    match error {
        StoreError::NilKey => Miss::Fault(Fault::NilKey, key),
        StoreError::NanKey => Miss::Fault(Fault::NanKey, key),
        StoreError::OutOfMemory => Miss::Fault(Fault::Memory, key),
    }
}

/// The metamethod event of an arithmetic, bitwise or concatenation operator.
///
/// # Panics
/// If it is a comparison.
pub fn event_of(operator: BinaryOperator) -> MetaEvent {
    use BinaryOperator as Op;
    match operator {
        Op::Add => MetaEvent::Add,
        Op::Subtract => MetaEvent::Subtract,
        Op::Multiply => MetaEvent::Multiply,
        Op::Modulo => MetaEvent::Modulo,
        Op::Power => MetaEvent::Power,
        Op::Divide => MetaEvent::Divide,
        Op::FloorDivide => MetaEvent::FloorDivide,
        Op::BitAnd => MetaEvent::BitAnd,
        Op::BitOr => MetaEvent::BitOr,
        Op::BitXor => MetaEvent::BitXor,
        Op::ShiftLeft => MetaEvent::ShiftLeft,
        Op::ShiftRight => MetaEvent::ShiftRight,
        Op::Concat => MetaEvent::Concat,
        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual => {
            unreachable!("comparisons have their own functions")
        }
    }
}

/// Whether `..` takes the value without a metamethod.
#[inline]
pub fn is_concatenable(value: Value) -> bool {
    value.tag == Tag::String || value.tag.is_number()
}

/// The number that library functions and the arithmetic of strings see: numbers, and strings that are numerals.
#[inline]
pub fn number_of(value: Value) -> Option<Value> {
    match value.tag {
        Tag::Integer | Tag::Float => Some(value),
        Tag::String => number_of_string(value.as_string()?.bytes()),
        _ => None,
    }
}

/// The integer that a bitwise operator sees: integers and floats with integral values. Strings are not converted.
#[inline]
fn bits_of(value: Value) -> Option<i64> {
    match value.tag {
        Tag::Integer => Some(value.raw_integer()),
        Tag::Float => numeric::float_to_integer(value.raw_float()),
        _ => None,
    }
}

/// The integer that a library function sees: integers, floats with integral values, and strings that are such.
#[inline]
pub fn integer_of(value: Value) -> Option<i64> {
    match value.tag {
        Tag::Integer => Some(value.raw_integer()),
        Tag::Float => numeric::float_to_integer(value.raw_float()),
        Tag::String => integer_of_string(value.as_string()?.bytes()),
        _ => None,
    }
}

fn plain_number(value: Value) -> Option<numeric::Number> {
    match value.tag {
        Tag::Integer => Some(numeric::Number::Integer(value.raw_integer())),
        Tag::Float => Some(numeric::Number::Float(value.raw_float())),
        _ => None,
    }
}

fn as_float(number: Value) -> f64 {
    number.number_as_float().expect("a number")
}

/// `+ - * % //` on two numbers.
fn arithmetic_on_numbers(operator: BinaryOperator, a: Value, b: Value) -> Result<Value, Fault> {
    if let (Some(a), Some(b)) = (a.as_integer(), b.as_integer()) {
        return integer_operation(operator, a, b).map(Value::integer);
    }
    Ok(Value::float(float_operation(operator, as_float(a), as_float(b))))
}

fn integer_operation(operator: BinaryOperator, a: i64, b: i64) -> Result<i64, Fault> {
    use BinaryOperator as Op;
    match operator {
        Op::Add => Ok(a.wrapping_add(b)),
        Op::Subtract => Ok(a.wrapping_sub(b)),
        Op::Multiply => Ok(a.wrapping_mul(b)),
        Op::Modulo => numeric::integer_modulo(a, b).ok_or(Fault::ModuloByZero),
        Op::FloorDivide => numeric::integer_floor_divide(a, b).ok_or(Fault::DivideByZero),
        _ => unreachable!("{operator:?} has no integer form"),
    }
}

/// `+ - * / % ^ //` on floats.
pub fn float_operation(operator: BinaryOperator, a: f64, b: f64) -> f64 {
    use BinaryOperator as Op;
    match operator {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        Op::Modulo => numeric::float_modulo(a, b),
        Op::Power => numeric::float_power(a, b),
        Op::FloorDivide => numeric::float_floor_divide(a, b),
        _ => unreachable!("{operator:?} has no float form"),
    }
}

/// `& | ~ << >>` on integers.
pub fn bit_operation(operator: BinaryOperator, a: i64, b: i64) -> i64 {
    use BinaryOperator as Op;
    match operator {
        Op::BitAnd => a & b,
        Op::BitOr => a | b,
        Op::BitXor => a ^ b,
        Op::ShiftLeft => numeric::shift_left(a, b),
        Op::ShiftRight => numeric::shift_right(a, b),
        _ => unreachable!("{operator:?} is not a bitwise operator"),
    }
}
