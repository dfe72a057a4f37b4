//! Lua values: 16 bytes, a payload and a tag.
//!
//! The order of the tags is part of the layout that compiled code relies on: "falsy", "number" and "heap reference" are
//! each one unsigned compare of the tag. This file knows what a value is, not what any operation on it means, and of a
//! heap payload only that it is an address; see `objects::reference` for what it points to.

use std::marker::PhantomData;

/// What a value is. Part of the layout: see the module's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tag {
    /// `nil`, payload 0.
    Nil = 0,
    /// `false`, payload 0.
    False = 1,
    /// `true`, payload 0.
    True = 2,
    /// A 64-bit integer.
    Integer = 3,
    /// A double, as bits.
    Float = 4,
    /// The second slot of a frame header. Never seen by a Lua program.
    Frame = 5,
    /// A string.
    String = 8,
    /// A table.
    Table = 9,
    /// A function written in Lua.
    Closure = 10,
    /// A function of the library.
    Native = 11,
    /// A coroutine.
    Thread = 12,
    /// The cell of a captured variable, in the register of that variable. A Lua program sees it only as the light userdata
    /// that `debug.upvalueid` gives.
    Cell = 13,
    /// A value of the host's language, such as an open file.
    Userdata = 14,
}

impl Tag {
    /// The name of the type for people who read profiles and traces: Lua's, but integers and floats are told apart.
    pub fn kind_name(self) -> &'static str {
        match self {
            Tag::Nil => "nil",
            Tag::False | Tag::True => "boolean",
            Tag::Integer => "integer",
            Tag::Float => "float",
            Tag::String => "string",
            Tag::Table => "table",
            Tag::Closure | Tag::Native => "function",
            Tag::Thread => "thread",
            Tag::Cell | Tag::Userdata => "userdata",
            Tag::Frame => "frame",
        }
    }

    /// `nil` or `false`.
    #[inline(always)]
    pub fn is_falsy(self) -> bool {
        (self as u8) <= Tag::False as u8
    }

    /// An integer or a float.
    #[inline(always)]
    pub fn is_number(self) -> bool {
        (self as u8).wrapping_sub(Tag::Integer as u8) <= 1
    }

    /// The payload is a pointer to a heap object.
    #[inline(always)]
    pub fn is_reference(self) -> bool {
        (self as u8) >= Tag::String as u8
    }

    /// The tag of a boolean.
    #[inline(always)]
    pub fn of_boolean(value: bool) -> Tag {
        if value { Tag::True } else { Tag::False }
    }
}

/// A Lua value. Copying it copies a reference, not the object.
///
/// Its parts can be read ([`ValueParts`]) but not set: a reference tag comes only with the address of an object of its
/// kind, and whoever sets parts apart from each other is `unsafe` and answers for that. It stays in the thread of its state,
/// as a [`crate::Gc`] does, which it becomes by safe code.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Value(ValueParts, PhantomData<*mut ()>);

/// What a value consists of.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ValueParts {
    /// Integer, float bits, or pointer; 0 for nil and booleans.
    pub payload: u64,
    /// What the payload is.
    pub tag: Tag,
}

impl std::ops::Deref for Value {
    type Target = ValueParts;

    #[inline(always)]
    fn deref(&self) -> &ValueParts {
        &self.0
    }
}

/// Size of a value slot.
pub const VALUE_BYTES: usize = 16;
/// Offset of [`Value::payload`].
pub const PAYLOAD_OFFSET: usize = 0;
/// Offset of [`Value::tag`].
pub const TAG_OFFSET: usize = 8;

const _: () = {
    assert!(size_of::<Value>() == VALUE_BYTES);
    assert!(std::mem::offset_of!(ValueParts, payload) == PAYLOAD_OFFSET);
    assert!(std::mem::offset_of!(ValueParts, tag) == TAG_OFFSET);
};

/// The names of the types, and at the end that of what no program sees.
pub const TYPE_NAMES: [&str; 9] =
    ["nil", "boolean", "number", "string", "table", "function", "thread", "userdata", "internal"];

impl Value {
    /// A value of its parts.
    ///
    /// # Safety
    /// `payload` must be what `tag` says: under a reference tag the address of a live object of that kind, 0 under `Nil`,
    /// `False` and `True`.
    #[inline(always)]
    pub const unsafe fn from_parts(payload: u64, tag: Tag) -> Value {
        Value(ValueParts { payload, tag }, PhantomData)
    }

    /// The payload: for a value behind a raw pointer, whose field would be read through a reference.
    #[inline(always)]
    pub fn payload(self) -> u64 {
        self.0.payload
    }

    /// The tag: as [`Value::payload`].
    #[inline(always)]
    pub fn tag(self) -> Tag {
        self.0.tag
    }

    /// The parts of the value in a slot, for writing one without the other.
    #[inline(always)]
    pub fn parts(slot: *mut Value) -> *mut ValueParts {
        slot.cast()
    }

    /// What no program sees: a word of an engine in a stack slot, under the tag of frame headers.
    ///
    /// # Safety
    /// It goes nowhere but where the engine expects its own headers.
    #[inline(always)]
    pub const unsafe fn frame(payload: u64) -> Value {
        Value(ValueParts { payload, tag: Tag::Frame }, PhantomData)
    }

    /// `nil`.
    pub const NIL: Value = Value(ValueParts { payload: 0, tag: Tag::Nil }, PhantomData);
    /// `false`.
    pub const FALSE: Value = Value(ValueParts { payload: 0, tag: Tag::False }, PhantomData);
    /// `true`.
    pub const TRUE: Value = Value(ValueParts { payload: 0, tag: Tag::True }, PhantomData);

    /// An integer value.
    #[inline(always)]
    pub fn integer(value: i64) -> Value {
        Value(ValueParts { payload: value as u64, tag: Tag::Integer }, PhantomData)
    }

    /// A float value.
    #[inline(always)]
    pub fn float(value: f64) -> Value {
        Value(ValueParts { payload: value.to_bits(), tag: Tag::Float }, PhantomData)
    }

    /// A boolean value.
    #[inline(always)]
    pub fn boolean(value: bool) -> Value {
        Value(ValueParts { payload: 0, tag: Tag::of_boolean(value) }, PhantomData)
    }

    /// `true` if it is `nil`.
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        self.tag == Tag::Nil
    }

    /// `true` for `nil` and `false`.
    #[inline(always)]
    pub fn is_falsy(self) -> bool {
        self.tag.is_falsy()
    }

    /// `true` for an integer.
    #[inline(always)]
    pub fn is_integer(self) -> bool {
        self.tag == Tag::Integer
    }

    /// `true` for a float.
    #[inline(always)]
    pub fn is_float(self) -> bool {
        self.tag == Tag::Float
    }

    /// `true` for a function of either kind.
    #[inline(always)]
    pub fn is_function(self) -> bool {
        matches!(self.tag, Tag::Closure | Tag::Native)
    }

    /// The payload as an integer; meaningful only under the tag `Integer`.
    #[inline(always)]
    pub fn raw_integer(self) -> i64 {
        self.payload as i64
    }

    /// The payload as a float; meaningful only under the tag `Float`.
    #[inline(always)]
    pub fn raw_float(self) -> f64 {
        f64::from_bits(self.payload)
    }

    /// The integer, if it is one. A float with an integral value is not.
    #[inline(always)]
    pub fn as_integer(self) -> Option<i64> {
        if self.tag == Tag::Integer { Some(self.raw_integer()) } else { None }
    }

    /// The float, if it is one.
    #[inline(always)]
    pub fn as_float(self) -> Option<f64> {
        if self.tag == Tag::Float { Some(self.raw_float()) } else { None }
    }

    /// The number as a float, if it is a number. Strings are not converted.
    #[inline(always)]
    pub fn number_as_float(self) -> Option<f64> {
        match self.tag {
            Tag::Float => Some(self.raw_float()),
            Tag::Integer => Some(self.raw_integer() as f64),
            _ => None,
        }
    }

    /// The name that Lua's `type` gives.
    pub fn type_name(self) -> &'static str {
        TYPE_NAMES[self.type_index()]
    }

    /// The place of that name in [`TYPE_NAMES`].
    #[inline]
    pub fn type_index(self) -> usize {
        match self.tag {
            Tag::Nil => 0,
            Tag::False | Tag::True => 1,
            Tag::Integer | Tag::Float => 2,
            Tag::String => 3,
            Tag::Table => 4,
            Tag::Closure | Tag::Native => 5,
            Tag::Thread => 6,
            Tag::Cell | Tag::Userdata => 7,
            Tag::Frame => 8,
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.tag {
            Tag::Nil => f.write_str("nil"),
            Tag::False => f.write_str("false"),
            Tag::True => f.write_str("true"),
            Tag::Integer => write!(f, "{}", self.raw_integer()),
            Tag::Float => write!(f, "{:?}", self.raw_float()),
            tag => write!(f, "{tag:?}"),
        }
    }
}
