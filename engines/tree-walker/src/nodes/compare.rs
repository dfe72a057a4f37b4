//! Comparisons. In a condition they give a `bool` and never make a value.

use std::marker::PhantomData;

use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::value::Tag;

use crate::frame::{Frame, Raised, SiteId, Slot};
use crate::node::{Expression, Node};
use crate::operand::Operand;

/// What is asked of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// `==`
    Equal,
    /// `~=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// What a comparison does with the operands that it can do quickly.
pub(crate) trait Comparison: 'static {
    /// What the operator asks.
    const RELATION: Relation;

    /// The answer, if it can be had without looking further.
    fn quick(left: Value, right: Value) -> Option<bool>;
}

/// `==`.
pub(crate) struct Equal;

/// `~=`.
pub(crate) struct NotEqual;

impl Comparison for Equal {
    const RELATION: Relation = Relation::Equal;

    #[inline(always)]
    fn quick(left: Value, right: Value) -> Option<bool> {
        if left.tag == right.tag {
            if left.is_float() {
                return Some(left.raw_float() == right.raw_float());
            }
            if left.payload == right.payload {
                return Some(true);
            }
            // Different strings, tables and userdata can be equal by contents or by `__eq`.
            return if matches!(left.tag, Tag::String | Tag::Table | Tag::Userdata) { None } else { Some(false) };
        }
        // Of values with different tags, only an integer and a float can be equal.
        if left.tag.is_number() && right.tag.is_number() { None } else { Some(false) }
    }
}

impl Comparison for NotEqual {
    const RELATION: Relation = Relation::NotEqual;

    #[inline(always)]
    fn quick(left: Value, right: Value) -> Option<bool> {
        Equal::quick(left, right).map(|equal| !equal)
    }
}

macro_rules! orders {
    ($($name:ident $operator:tt;)*) => {
        $(
            /// The operator of this name.
            pub(crate) struct $name;

            impl Comparison for $name {
                const RELATION: Relation = Relation::$name;

                #[inline(always)]
                fn quick(left: Value, right: Value) -> Option<bool> {
                    if left.is_integer() && right.is_integer() {
                        return Some(left.raw_integer() $operator right.raw_integer());
                    }
                    if left.is_float() && right.is_float() {
                        return Some(left.raw_float() $operator right.raw_float());
                    }
                    None
                }
            }
        )*
    };
}

orders! {
    Less <;
    LessEqual <=;
    Greater >;
    GreaterEqual >=;
}

/// A comparison of two operands.
pub(crate) struct Compare<O, L, R> {
    pub(crate) left: L,
    pub(crate) right: R,
    /// Where the left value is kept while the right operand is evaluated.
    pub(crate) spill: Slot,
    pub(crate) site: SiteId,
    pub(crate) operator: PhantomData<O>,
}

impl<O, L: Operand, R: Operand> Node for Compare<O, L, R> {
    fn trace(&self, marker: &mut Marker) {
        self.left.trace(marker);
        self.right.trace(marker);
    }
}

impl<O: Comparison, L: Operand, R: Operand> Expression for Compare<O, L, R> {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        Ok(Value::boolean(self.evaluate_condition(frame)?))
    }

    #[inline]
    fn evaluate_condition(&self, frame: &mut Frame<'_>) -> Result<bool, Raised> {
        let mut left = self.left.value(frame)?;
        if R::MAY_CALL && !L::CAN_REPEAT {
            frame.set(self.spill, left);
        }
        let right = self.right.value(frame)?;
        if R::MAY_CALL && L::CAN_REPEAT {
            left = self.left.value(frame)?;
        }
        match O::quick(left, right) {
            Some(answer) => Ok(answer),
            None => frame.slow_compare(O::RELATION, left, right, self.site),
        }
    }
}
