//! Values as references to objects, and equality without metamethods, which looks into strings.
//!
//! Here alone a payload becomes a `Gc` and a `Gc` a payload.

use super::function::{Cell, Closure, NativeFunction};
use super::string::LuaString;
use super::table::Table;
use super::thread::Thread;
use super::userdata::Userdata;
use crate::heap::object::{Gc, Header};
use crate::value::{Tag, Value};

impl Value {
    /// The header of the object behind a heap reference.
    #[inline(always)]
    pub fn as_object(self) -> Option<Gc<Header>> {
        if self.tag.is_reference() {
            // SAFETY: a reference tag comes with a payload made from a `Gc` (see `From` below), so it is not null.
            Some(unsafe { Gc::from_address(self.payload) })
        } else {
            None
        }
    }

    /// Equality without metamethods (`rawequal`): `1 == 1.0`, strings by content, objects by identity.
    #[inline]
    pub fn raw_equals(self, other: Value) -> bool {
        if self.tag == other.tag {
            match self.tag {
                Tag::Float => self.raw_float() == other.raw_float(),
                Tag::String => {
                    self.payload == other.payload || self.as_string().zip(other.as_string()).is_some_and(long_equal)
                }
                _ => self.payload == other.payload,
            }
        } else {
            match (self.tag, other.tag) {
                (Tag::Integer, Tag::Float) => self.raw_integer() as f64 == other.raw_float() && exact(self, other),
                (Tag::Float, Tag::Integer) => self.raw_float() == other.raw_integer() as f64 && exact(other, self),
                _ => false,
            }
        }
    }
}

/// Whether two different string objects have equal contents: only long strings can.
fn long_equal((a, b): (Gc<LuaString>, Gc<LuaString>)) -> bool {
    !a.is_short() && !b.is_short() && a.bytes() == b.bytes()
}

/// Whether a float that equals a rounded integer equals the integer itself.
fn exact(integer: Value, float: Value) -> bool {
    lua_syntax::arithmetic::float_to_integer(float.raw_float()) == Some(integer.raw_integer())
}

macro_rules! reference {
    ($type:ty, $tag:ident, $getter:ident, $doc:literal) => {
        impl From<Gc<$type>> for Value {
            #[inline(always)]
            fn from(object: Gc<$type>) -> Value {
                // SAFETY: the tag is that of the object's type.
                unsafe { Value::from_parts(object.address(), Tag::$tag) }
            }
        }

        impl Value {
            #[doc = $doc]
            #[inline(always)]
            pub fn $getter(self) -> Option<Gc<$type>> {
                if self.tag == Tag::$tag {
                    // SAFETY: this tag comes only with a payload made from a `Gc` of this type, just above.
                    Some(unsafe { Gc::from_address(self.payload) })
                } else {
                    None
                }
            }
        }
    };
}

reference!(LuaString, String, as_string, "The string, if it is one.");
reference!(Table, Table, as_table, "The table, if it is one.");
reference!(Closure, Closure, as_closure, "The Lua function, if it is one.");
reference!(NativeFunction, Native, as_native, "The library function, if it is one.");
reference!(Thread, Thread, as_thread, "The coroutine, if it is one.");
reference!(Userdata, Userdata, as_userdata, "The userdata, if it is one.");
reference!(Cell, Cell, as_cell, "The captured variable's cell, if it is one.");
