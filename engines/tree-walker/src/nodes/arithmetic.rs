//! Arithmetic and bitwise operators. Each operator is a function for each combination of operands; two integers and
//! two numbers are done on the spot, everything else in [`crate::slow_path`].

use std::marker::PhantomData;

use lua_runtime::Marker;
use lua_runtime::Value;
use lua_runtime::operators::{BinaryOperator, UnaryOperator};
use lua_syntax::arithmetic as numeric;

use crate::frame::{Frame, Raised, SiteId, Slot};
use crate::node::{Child, Expression, Node};
use crate::operand::Operand;

/// What a binary operator does with the operands that it can do quickly.
pub(crate) trait Arithmetic: 'static {
    /// The operator.
    const OPERATOR: BinaryOperator;
    /// Whether two integers give an integer. If not, they are converted to floats.
    const TAKES_INTEGERS: bool;

    /// The result for two integers, if it is no error.
    fn integers(left: i64, right: i64) -> Option<i64>;

    /// The result for two floats, if the operator does not want integers.
    fn floats(left: f64, right: f64) -> Option<f64>;
}

macro_rules! operators {
    ($($name:ident $operator:ident $takes_integers:literal $integers:expr, $floats:expr;)*) => {
        $(
            /// What the operator does.
            pub(crate) struct $name;

            impl Arithmetic for $name {
                const OPERATOR: BinaryOperator = BinaryOperator::$operator;
                const TAKES_INTEGERS: bool = $takes_integers;

                #[inline(always)]
                fn integers(left: i64, right: i64) -> Option<i64> {
                    let operation: fn(i64, i64) -> Option<i64> = $integers;
                    operation(left, right)
                }

                #[inline(always)]
                fn floats(left: f64, right: f64) -> Option<f64> {
                    let operation: fn(f64, f64) -> Option<f64> = $floats;
                    operation(left, right)
                }
            }
        )*
    };
}

operators! {
    Add Add true |a, b| Some(a.wrapping_add(b)), |a, b| Some(a + b);
    Subtract Subtract true |a, b| Some(a.wrapping_sub(b)), |a, b| Some(a - b);
    // As PUC Lua, which adds the negated constant: -0.0 - 0 is 0.0.
    SubtractIntegerZero Subtract true |a, _| Some(a), |a, b| Some(a + b);
    Multiply Multiply true |a, b| Some(a.wrapping_mul(b)), |a, b| Some(a * b);
    Modulo Modulo true numeric::integer_modulo, |a, b| Some(numeric::float_modulo(a, b));
    FloorDivide FloorDivide true numeric::integer_floor_divide, |a, b| Some(numeric::float_floor_divide(a, b));
    Divide Divide false |_, _| None, |a, b| Some(a / b);
    Power Power false |_, _| None, |a, b| Some(numeric::float_power(a, b));
    BitAnd BitAnd true |a, b| Some(a & b), |_, _| None;
    BitOr BitOr true |a, b| Some(a | b), |_, _| None;
    BitXor BitXor true |a, b| Some(a ^ b), |_, _| None;
    ShiftLeft ShiftLeft true |a, b| Some(numeric::shift_left(a, b)), |_, _| None;
    ShiftRight ShiftRight true |a, b| Some(numeric::shift_right(a, b)), |_, _| None;
}

/// A binary operator over two operands.
pub(crate) struct Binary<O, L, R> {
    pub(crate) left: L,
    pub(crate) right: R,
    /// Where the left value is kept while the right operand is evaluated.
    pub(crate) spill: Slot,
    pub(crate) site: SiteId,
    pub(crate) operator: PhantomData<O>,
}

impl<O, L: Operand, R: Operand> Node for Binary<O, L, R> {
    fn trace(&self, marker: &mut Marker) {
        self.left.trace(marker);
        self.right.trace(marker);
    }
}

impl<O: Arithmetic, L: Operand, R: Operand> Expression for Binary<O, L, R> {
    #[inline]
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let mut left = self.left.value(frame)?;
        if R::MAY_CALL && !L::CAN_REPEAT {
            frame.set(self.spill, left);
        }
        let right = self.right.value(frame)?;
        if R::MAY_CALL {
            left = if L::CAN_REPEAT { self.left.value(frame)? } else { frame.get(self.spill) };
        }
        if O::TAKES_INTEGERS && left.is_integer() && right.is_integer() {
            if let Some(result) = O::integers(left.raw_integer(), right.raw_integer()) {
                return Ok(Value::integer(result));
            }
        } else if left.is_float() && right.is_float() {
            if let Some(result) = O::floats(left.raw_float(), right.raw_float()) {
                return Ok(Value::float(result));
            }
        } else if let (Some(left), Some(right)) = (left.number_as_float(), right.number_as_float())
            && let Some(result) = O::floats(left, right)
        {
            return Ok(Value::float(result));
        }
        frame.slow_arithmetic(O::OPERATOR, left, right, self.site)
    }
}

/// `-operand`.
pub(crate) struct Negate {
    pub(crate) operand: Child,
    pub(crate) site: SiteId,
}

impl Node for Negate {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Negate {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let operand = self.operand.evaluate(frame)?;
        if let Some(integer) = operand.as_integer() {
            return Ok(Value::integer(integer.wrapping_neg()));
        }
        if let Some(float) = operand.as_float() {
            return Ok(Value::float(-float));
        }
        frame.slow_unary(UnaryOperator::Negate, operand, self.site)
    }
}

/// `~operand`.
pub(crate) struct BitNot {
    pub(crate) operand: Child,
    pub(crate) site: SiteId,
}

impl Node for BitNot {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for BitNot {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let operand = self.operand.evaluate(frame)?;
        if let Some(integer) = operand.as_integer() {
            return Ok(Value::integer(!integer));
        }
        frame.slow_unary(UnaryOperator::BitNot, operand, self.site)
    }
}

/// `#operand`.
pub(crate) struct Length {
    pub(crate) operand: Child,
    pub(crate) site: SiteId,
}

impl Node for Length {
    fn trace(&self, _: &mut Marker) {}
}

impl Expression for Length {
    fn evaluate(&self, frame: &mut Frame<'_>) -> Result<Value, Raised> {
        let operand = self.operand.evaluate(frame)?;
        if let Some(table) = operand.as_table()
            && table.metatable().is_none()
        {
            return Ok(Value::integer(i64::from(table.length())));
        }
        frame.slow_length(operand, self.site)
    }
}
