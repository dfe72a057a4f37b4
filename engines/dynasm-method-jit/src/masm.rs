//! The macro-assembler: what templates can say. One implementation for each machine ([`crate::x64`]).
//!
//! A few registers are pinned while compiled code runs; templates know them as [`Anchor`]s. The others are scratch: four
//! for integers ([`Temp`]), two for floats ([`Float`]), which do not keep their values from one bytecode instruction to
//! the next. The rest is for [`crate::typed`], which keeps values there until the next call.
//! This file must not know an opcode or an instruction set.

use bytecode_vm::layout::{FRAME, POOL, STATE};
use engine_api::Layout;
use jit_support::CodeOffset;
use lua_runtime::layout::VM;
use lua_runtime::value::{TAG_OFFSET, VALUE_BYTES};

use crate::context::CONTEXT;
use crate::helpers::Helper;

/// A pinned or scratch register that a [`Address`] is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The base of the running frame.
    Frame,
    /// Constants below, feedback slots above; see `bytecode_vm::prototype::Pool`.
    Pool,
    /// The [`crate::context::Context`].
    Context,
    /// The VM's own part of the Lua state, `bytecode_vm::state::State`.
    State,
    /// The `lua_runtime::Vm`.
    Vm,
    /// The address in a scratch register.
    Temp(Temp),
}

impl Anchor {
    /// What a pinned register points to.
    pub(crate) fn layout(self) -> Option<&'static Layout> {
        match self {
            Anchor::Frame => Some(&FRAME),
            Anchor::Pool => Some(&POOL),
            Anchor::Context => Some(&CONTEXT),
            Anchor::State => Some(&STATE),
            Anchor::Vm => Some(&VM),
            Anchor::Temp(_) => None,
        }
    }
}

/// An address in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// What it is relative to.
    pub(crate) anchor: Anchor,
    /// Bytes from there.
    pub(crate) offset: i32,
    /// What lies there, for listings.
    pub(crate) layout: Option<&'static Layout>,
}

impl Address {
    /// The word at `offset` bytes from a pinned register.
    pub(crate) fn at(anchor: Anchor, offset: usize) -> Address {
        Address { anchor, offset: i32::try_from(offset).expect("layouts are small"), layout: anchor.layout() }
    }

    /// A part of the structure whose address is in a scratch register.
    pub(crate) fn of(register: Temp, layout: &'static Layout, offset: usize) -> Address {
        Address { layout: Some(layout), ..Address::at(Anchor::Temp(register), offset) }
    }

    /// The value in a register of the frame.
    pub(crate) fn register(register: u8) -> Address {
        Address::slot(i32::from(register))
    }

    /// The value in a slot of the stack, counted from the base.
    pub(crate) fn slot(slot: i32) -> Address {
        Address { offset: slot * VALUE_BYTES as i32, ..Address::at(Anchor::Frame, 0) }
    }

    /// The value of a constant.
    pub(crate) fn constant(index: u32) -> Address {
        Address { offset: -(VALUE_BYTES as i32) * (index as i32 + 1), ..Address::at(Anchor::Pool, 0) }
    }

    /// An address further on.
    pub(crate) fn plus(self, bytes: usize) -> Address {
        Address { offset: self.offset + bytes as i32, ..self }
    }

    /// The value so many slots further on.
    pub(crate) fn plus_slots(self, slots: i32) -> Address {
        Address { offset: self.offset + slots * VALUE_BYTES as i32, ..self }
    }

    /// The tag of the value here.
    pub(crate) fn tag(self) -> Address {
        self.plus(TAG_OFFSET)
    }
}

/// A scratch register for integers and addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Temp {
    /// The first; also the status of a helper.
    T0,
    /// The second; also what a helper gives beside its status.
    T1,
    /// The third; also the number of arguments of a call.
    T2,
    /// The fourth; also the callee's prototype at a call.
    T3,
    /// One of [`MacroAssembler::KEPT_INTEGERS`] in which typed code keeps a value until it calls something.
    Kept(u8),
}

/// A scratch register for floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Float {
    /// The first.
    F0,
    /// The second.
    F1,
    /// One of [`MacroAssembler::KEPT_FLOATS`] in which typed code keeps a value until it calls something.
    Kept(u8),
}

/// The right operand of an integer operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// A scratch register.
    Temp(Temp),
    /// A 64-bit word in memory.
    Memory(Address),
    /// A number.
    Number(i32),
}

/// How two integers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `==`
    Equal,
    /// `~=`
    NotEqual,
    /// `<`, signed.
    Less,
    /// `<=`, signed.
    LessEqual,
    /// `>`, signed.
    Greater,
    /// `>=`, signed.
    GreaterEqual,
    /// `<`, unsigned.
    Below,
    /// `<=`, unsigned.
    BelowEqual,
    /// `>`, unsigned.
    Above,
    /// `>=`, unsigned.
    AboveEqual,
}

impl Condition {
    /// The condition that holds if this one does not.
    pub(crate) fn inverse(self) -> Condition {
        match self {
            Condition::Equal => Condition::NotEqual,
            Condition::NotEqual => Condition::Equal,
            Condition::Less => Condition::GreaterEqual,
            Condition::LessEqual => Condition::Greater,
            Condition::Greater => Condition::LessEqual,
            Condition::GreaterEqual => Condition::Less,
            Condition::Below => Condition::AboveEqual,
            Condition::Above => Condition::BelowEqual,
            Condition::BelowEqual => Condition::Above,
            Condition::AboveEqual => Condition::Below,
        }
    }
}

/// The relations that Lua's comparisons come down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}

impl Relation {
    /// The condition under which two integers are so related, or not so related.
    pub(crate) fn condition(self, truth: bool) -> Condition {
        let condition = match self {
            Relation::Equal => Condition::Equal,
            Relation::Less => Condition::Less,
            Relation::LessEqual => Condition::LessEqual,
        };
        if truth { condition } else { condition.inverse() }
    }
}

/// Operations on two 64-bit integers, wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerOperation {
    /// Addition.
    Add,
    /// Subtraction.
    Subtract,
    /// Multiplication.
    Multiply,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

/// Operations on two floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloatOperation {
    /// Addition.
    Add,
    /// Subtraction.
    Subtract,
    /// Multiplication.
    Multiply,
    /// Division.
    Divide,
}

/// The two roundings of an integer division towards minus infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Division {
    /// The remainder, with the sign of the divisor.
    Modulo,
    /// The quotient, rounded down.
    FloorDivide,
}

/// What a helper gets beside the Lua state, the instruction's index and the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An address in memory.
    Address(Address),
    /// A number.
    Number(i32),
}

/// What instructions with an operand in memory behind a scratch register access, by where they start, in the order of the
/// code. What pinned registers point to is always the same.
pub(crate) type Operands = Vec<(CodeOffset, &'static Layout)>;

/// An assembler under the templates. Operations are in the order in which they run; a label may be used before it is
/// bound.
pub(crate) trait MacroAssembler: Sized + 'static {
    /// A place in the code.
    type Label: Copy + 'static;

    /// How many registers there are for values that are no floats.
    const KEPT_INTEGERS: u8;
    /// How many registers there are for floats.
    const KEPT_FLOATS: u8;

    /// An assembler without code.
    fn new() -> Self;
    /// A label that is not bound yet.
    fn label(&mut self) -> Self::Label;
    /// Binds a label to the current position.
    fn bind(&mut self, label: Self::Label);
    /// The current position, in bytes from the start.
    fn offset(&self) -> u32;
    /// The code, and what the operands in memory behind scratch registers are.
    ///
    /// # Errors
    /// What the assembler says about a label that is not bound or out of reach.
    fn finish(self) -> Result<(Vec<u8>, Operands), String>;

    /// Loads 64 bits.
    fn load(&mut self, to: Temp, from: Address);
    /// Loads 32 bits and clears the others.
    fn load_32(&mut self, to: Temp, from: Address);
    /// Loads 16 bits and clears the others.
    fn load_16(&mut self, to: Temp, from: Address);
    /// Loads 8 bits and clears the others.
    fn load_8(&mut self, to: Temp, from: Address);
    /// Loads an address itself.
    fn load_address(&mut self, to: Temp, address: Address);
    /// Loads a number.
    fn load_number(&mut self, to: Temp, number: i64);
    /// Copies a register.
    fn copy(&mut self, to: Temp, from: Temp);
    /// Stores 64 bits.
    fn store(&mut self, to: Address, from: Temp);
    /// Stores 8 bits.
    fn store_8(&mut self, to: Address, from: Temp);
    /// Stores a number as 64 bits.
    fn store_number(&mut self, to: Address, number: i64);
    /// Stores a number as 8 bits.
    fn store_number_8(&mut self, to: Address, number: u8);

    /// Goes on at a label.
    fn jump(&mut self, to: Self::Label);
    /// Jumps if a byte in memory compares so with a number.
    fn branch_8(&mut self, left: Address, condition: Condition, right: u8, to: Self::Label);
    /// Jumps if a 32-bit word in memory compares so with a number.
    fn branch_32(&mut self, left: Address, condition: Condition, right: i32, to: Self::Label);
    /// Jumps if 64 bits compare so.
    fn branch(&mut self, left: Temp, condition: Condition, right: Right, to: Self::Label);
    /// Subtracts one from 64 bits in memory and jumps if that gives zero.
    fn count_down(&mut self, counter: Address, to: Self::Label);
    /// Subtracts one from a 32-bit word in memory and jumps if that gives zero or less.
    fn count_down_32(&mut self, counter: Address, to: Self::Label);
    /// Sets bits of a byte in memory.
    fn or_8(&mut self, to: Address, bits: u8);
    /// Adds a number to 64 bits in memory.
    fn add(&mut self, to: Address, number: i32);
    /// Sets so many values, one behind the other, to nil. Uses `F0`.
    fn clear_values(&mut self, first: Address, count: u32);

    /// `left = left operation right`.
    fn integer(&mut self, operation: IntegerOperation, left: Temp, right: Right);
    /// Sets one of the 64 bits to zero.
    fn clear_bit(&mut self, to: Temp, bit: u8);
    /// `to = -to`.
    fn negate(&mut self, to: Temp);
    /// `to = ~to`.
    fn complement(&mut self, to: Temp);
    /// `to = base + 8 * to`.
    fn scale(&mut self, to: Temp, base: Temp);
    /// `to = to << count`, for a count below 64.
    fn shift_left(&mut self, to: Temp, count: u8);
    /// `to = to >> count`, with zeros from the left, for a count below 64.
    fn shift_right(&mut self, to: Temp, count: u8);
    /// `to = to >> count`, with copies of the sign from the left, for a count below 64.
    fn shift_right_signed(&mut self, to: Temp, count: u8);
    /// `T0 = T0 division T1`, rounded as Lua does; `T1` must be neither 0 nor -1. Uses `T2`.
    fn divide(&mut self, division: Division);

    /// Loads a float.
    fn load_float(&mut self, to: Float, from: Address);
    /// Loads a number.
    fn load_float_number(&mut self, to: Float, number: f64);
    /// Converts a 64-bit integer in memory.
    fn convert(&mut self, to: Float, from: Address);
    /// Copies a float.
    fn copy_float(&mut self, to: Float, from: Float);
    /// Converts a 64-bit integer in a register.
    fn convert_register(&mut self, to: Float, from: Temp);
    /// Stores a float.
    fn store_float(&mut self, to: Address, from: Float);
    /// `left = left operation right`.
    fn float(&mut self, operation: FloatOperation, left: Float, right: Float);
    /// Changes the sign of `F0`, of zero and NaN too.
    fn negate_float(&mut self);
    /// `F0` without its sign. Uses `T0`.
    fn absolute_float(&mut self);
    /// `F0 = ` its square root.
    fn square_root(&mut self);
    /// `T0 = ` the largest integer that is not above `F0`; goes to `slow` if that may not fit, or `F0` is NaN. Uses `F1`.
    fn floor(&mut self, slow: Self::Label);
    /// Jumps if the relation between two floats has this truth; a relation with NaN is false.
    fn branch_float(&mut self, left: Float, relation: Relation, right: Float, truth: bool, to: Self::Label);

    /// Calls a helper: the Lua state, the index of the instruction and the base are its first arguments. Its status is in
    /// `T0` and its other result in `T1` afterwards.
    fn call_helper(&mut self, helper: Helper, pc: u32, arguments: &[Argument]);
    /// The frame's base is what a helper gave beside its status.
    fn set_base(&mut self);
    /// Moves the frame's base by a number of slots.
    fn move_base(&mut self, slots: i32);
    /// Calls the code at the address in `T1`; its status is in `T0` afterwards.
    fn call_code(&mut self);
    /// What a function does when it is called by compiled code: keeps the caller's pool, and takes its own from the
    /// prototype in `T3`.
    fn enter(&mut self);
    /// Undoes [`MacroAssembler::enter`] and returns to the caller with the status in `T0`.
    fn leave(&mut self);
    /// Returns to the caller with a status, without having entered.
    fn refuse(&mut self, status: u32);
    /// Adds a number to that of the frames of Lua functions on the running stack, which is in a register of its own: in memory it
    /// would be a chain of loads that wait for stores from one call to the next.
    fn count_frames(&mut self, number: i8);
    /// Jumps if somebody wants a poll. Uses `T0`.
    fn branch_if_interrupted(&mut self, to: Self::Label);
    /// Jumps if the address in `T0` is above the frame gate of the interrupt: if somebody wants a poll, or a frame that ends there would
    /// leave too little room. Uses the scratch register.
    fn branch_if_above_frame_gate(&mut self, scratch: Temp, to: Self::Label);
    /// Stores the value whose address is in `T2` as the element `T1`, counted from 0, of the table in `T0`, if that is the one behind
    /// the last and nothing but the array part is concerned; goes to `failed` otherwise. Changes all scratch registers.
    fn append(&mut self, failed: Self::Label);
    /// Goes on if the values whose addresses are in `T2` and `T3`, and which are not the same bits, are not equal, and nobody has to be
    /// asked for that; goes to `unknown` otherwise. Changes all scratch registers.
    fn go_on_if_they_differ(&mut self, unknown: Self::Label);
    /// Goes on in a function in place of this one, in the same frame: its prototype is in `T3`, its code at an address.
    fn become_other(&mut self, code: Address);
    /// Goes on in another function in place of this one, as the context says: its base, its pool, its code.
    fn jump_to_other(&mut self, base: Address, pool: Address, code: Address);
}
