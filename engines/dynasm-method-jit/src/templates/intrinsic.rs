//! Library functions that are a few machine instructions, in place of their calls.
//!
//! Which function a call will call is a guess: what the callee's register was loaded from, as it is when the function is
//! compiled. The code checks that the callee is the function with this number; if it is not, or if the arguments are others,
//! the call is an ordinary one.

use bytecode_vm::feedback::FEEDBACK_METATABLE_SHAPE_OFFSET;
use bytecode_vm::frame::HEADER_SLOTS;
use lua_runtime::function::NATIVE_INTRINSIC_OFFSET;
use lua_runtime::layout::{NATIVE, SHAPE, STRING, TABLE};
use lua_runtime::object::{FLAGS_OFFSET, WORD_OFFSET};
use lua_runtime::shape::{SHAPE_METATABLE_OFFSET, SHAPE_PARENT_OFFSET};
use lua_runtime::string::{STRING_BYTES_OFFSET, STRING_LENGTH_OFFSET};
use lua_runtime::table::{TABLE_METATABLE_OFFSET, TABLE_SHAPE_OFFSET};
use lua_runtime::value::Tag;
use lua_runtime::{Intrinsic, MetaEvent};

use crate::compile::Emitter;
use crate::helpers::Helper;
use crate::masm::{Address, Argument, Condition, Float, IntegerOperation, MacroAssembler, Right, Temp};

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// The library function that a call probably calls, if there are instructions for it with so many arguments.
    pub(crate) fn likely_intrinsic(&self, callee: u8, count: u8, wanted: u8) -> Option<Intrinsic> {
        // What gives one result can be wanted for it, or for nothing.
        if !self.source.techniques.intrinsics || !matches!(wanted, 1..=2) {
            return None;
        }
        let intrinsic = self.likely_value(callee)?.as_native()?.intrinsic()?;
        let arguments = match intrinsic {
            Intrinsic::Floor | Intrinsic::SquareRoot | Intrinsic::Absolute => 1,
            Intrinsic::Byte | Intrinsic::SetMetatable => 2,
        };
        (count == arguments).then_some(intrinsic)
    }

    /// Calls a library function by its instructions; goes to `slow` if the callee is another or the arguments are others.
    pub(crate) fn call_intrinsic(&mut self, intrinsic: Intrinsic, callee: u8, slow: M::Label) {
        let result = Address::register(callee);
        let argument = Address::register(callee + HEADER_SLOTS as u8);
        let done = self.masm.label();
        self.guard(slow);
        self.masm.branch_8(result.tag(), Condition::NotEqual, Tag::Native as u8, slow);
        self.masm.load(Temp::T0, result);
        let number = Address::of(Temp::T0, &NATIVE, NATIVE_INTRINSIC_OFFSET);
        self.masm.branch_8(number, Condition::NotEqual, intrinsic as u8, slow);
        match intrinsic {
            Intrinsic::SetMetatable => self.set_metatable(callee, slow),
            Intrinsic::Byte => {
                let index = Address::register(callee + HEADER_SLOTS as u8 + 1);
                self.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::String as u8, slow);
                self.masm.branch_8(index.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
                self.masm.load(Temp::T0, argument);
                self.masm.load(Temp::T1, index);
                self.masm.integer(IntegerOperation::Subtract, Temp::T1, Right::Number(1));
                let length = Address::of(Temp::T0, &STRING, STRING_LENGTH_OFFSET);
                self.masm.branch(Temp::T1, Condition::AboveEqual, Right::Memory(length), slow);
                self.masm.integer(IntegerOperation::Add, Temp::T0, Right::Temp(Temp::T1));
                self.masm.load_8(Temp::T0, Address::of(Temp::T0, &STRING, STRING_BYTES_OFFSET));
                self.store_integer_result(result);
            }
            Intrinsic::Floor => {
                let float = self.masm.label();
                self.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Integer as u8, float);
                self.masm.load(Temp::T0, argument);
                self.store_integer_result(result);
                self.cold(move |this| {
                    this.masm.bind(float);
                    this.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Float as u8, slow);
                    this.masm.load_float(Float::F0, argument);
                    this.masm.floor(slow);
                    this.store_integer_result(result);
                    this.masm.jump(done);
                });
            }
            Intrinsic::SquareRoot => {
                let (integer, loaded) = (self.masm.label(), self.masm.label());
                self.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Float as u8, integer);
                self.masm.load_float(Float::F0, argument);
                self.masm.bind(loaded);
                self.masm.square_root();
                self.masm.store_float(result, Float::F0);
                self.masm.store_number_8(result.tag(), Tag::Float as u8);
                self.cold(move |this| {
                    this.masm.bind(integer);
                    this.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Integer as u8, slow);
                    this.masm.convert(Float::F0, argument);
                    this.masm.jump(loaded);
                });
            }
            Intrinsic::Absolute => {
                let (float, positive) = (self.masm.label(), self.masm.label());
                self.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Integer as u8, float);
                self.masm.load(Temp::T0, argument);
                self.masm.branch(Temp::T0, Condition::GreaterEqual, Right::Number(0), positive);
                self.masm.negate(Temp::T0);
                self.masm.bind(positive);
                self.store_integer_result(result);
                self.cold(move |this| {
                    this.masm.bind(float);
                    this.masm.branch_8(argument.tag(), Condition::NotEqual, Tag::Float as u8, slow);
                    this.masm.load_float(Float::F0, argument);
                    this.masm.absolute_float();
                    this.masm.store_float(result, Float::F0);
                    this.masm.store_number_8(result.tag(), Tag::Float as u8);
                    this.masm.jump(done);
                });
            }
        }
        self.masm.bind(done);
    }

    /// `setmetatable(R[callee + 2], R[callee + 3])` of two tables: by the shape that the last object got here, if the object is
    /// one that has just been made, of the same shape, the metatable is the same and has no `__gc`.
    fn set_metatable(&mut self, callee: u8, slow: M::Label) {
        let (learn, done) = (self.masm.label(), self.masm.label());
        let result = Address::register(callee);
        let object = Address::register(callee + HEADER_SLOTS as u8);
        let metatable = Address::register(callee + HEADER_SLOTS as u8 + 1);
        let table = |offset| Address::of(Temp::T0, &TABLE, offset);
        self.masm.branch_8(object.tag(), Condition::NotEqual, Tag::Table as u8, slow);
        self.masm.branch_8(metatable.tag(), Condition::NotEqual, Tag::Table as u8, slow);
        self.masm.load(Temp::T0, object);
        self.masm.branch_8(table(FLAGS_OFFSET), Condition::NotEqual, 0, learn);
        self.masm.load(Temp::T1, self.feedback(FEEDBACK_METATABLE_SHAPE_OFFSET));
        self.masm.branch(Temp::T1, Condition::Equal, Right::Number(0), learn);
        let shape = |offset| Address::of(Temp::T1, &SHAPE, offset);
        self.masm.load(Temp::T2, shape(SHAPE_PARENT_OFFSET));
        self.masm.branch(Temp::T2, Condition::NotEqual, Right::Memory(table(TABLE_SHAPE_OFFSET)), learn);
        self.masm.load(Temp::T2, metatable);
        self.masm.branch(Temp::T2, Condition::NotEqual, Right::Memory(shape(SHAPE_METATABLE_OFFSET)), learn);
        self.masm.load_32(Temp::T3, Address::of(Temp::T2, &TABLE, WORD_OFFSET));
        let is_absent = 1_i32 << MetaEvent::Collect as u32;
        self.masm.integer(IntegerOperation::And, Temp::T3, Right::Number(is_absent));
        self.masm.branch(Temp::T3, Condition::Equal, Right::Number(0), learn);
        // The collector's barrier belongs here; see `Emitter::store_to_object`.
        self.masm.store(table(TABLE_SHAPE_OFFSET), Temp::T1);
        self.masm.store(table(TABLE_METATABLE_OFFSET), Temp::T2);
        self.masm.store(result, Temp::T0);
        self.masm.store_number_8(result.tag(), Tag::Table as u8);
        self.masm.bind(done);
        self.cold_call(learn, Helper::SetMetatable, vec![Argument::Address(result)], done);
    }

    /// Stores the integer in `T0`.
    fn store_integer_result(&mut self, result: Address) {
        self.masm.store(result, Temp::T0);
        self.masm.store_number_8(result.tag(), Tag::Integer as u8);
    }
}
