//! Calls of small functions, which are inlined, and of a few library functions, which are instructions.
//!
//! A callee's frame lies where the VM would put it: its registers are slots of the same stack above the caller's, so
//! that nothing moves when a call is inlined, and an exit only has to write the frame header. Whose code is called is
//! guarded; the closure may be another one each time. Any other call is made by the VM.

use std::rc::Rc;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, types};
use engine_api::event::ExitReason;
use lua_bytecode::Opcode;
use lua_bytecode::instruction::instructions;
use lua_bytecode::liveness::Liveness;
use lua_runtime::function::CLOSURE_DATA_OFFSET;
use lua_runtime::layout::CLOSURE;
use lua_runtime::value::{Tag, Value};
use lua_runtime::{Closure, Code, Gc, Intrinsic, NativeFunction, NativeRole};

use super::builder::{Lowering, Ssa};
use super::instruction::fits_inlined;
use super::number::Number;
use super::vm_call::Reentry;
use super::{CodePoint, Frame, InlinedCall, Lower, Stop, prototype};
use crate::region::Region;

/// Words of bytecode that an inlined function may have.
const MAX_INLINED_WORDS: usize = 120;
/// Words of bytecode that may be inlined into one unit.
const MAX_INLINED_WORDS_OF_UNIT: usize = 1500;
/// Calls that may be inlined into each other.
const MAX_INLINED_DEPTH: usize = 4;

impl Lowering<'_> {
    /// `CALL`.
    pub(super) fn call_function(&mut self) -> Lower<()> {
        let word = self.word();
        let callee = self.slot(word.a());
        let observed = self.known(callee).observed;
        // Only where the numbers of arguments and results are known can code take the place of a call.
        if word.b() != 0 && word.c() != 0 && !self.facts.rejected.contains(&self.point) {
            let count = u32::from(word.b()) - 1;
            let frames = self.callee_frames(callee, callee);
            if !frames.is_empty() {
                return self.inline(&frames, callee, callee, count);
            }
            if let Some(native) = observed.and_then(Value::as_native)
                && let Some(intrinsic) = self.intrinsic_of(native, callee, count)
            {
                return self.intrinsic(native, intrinsic, callee);
            }
        }
        let native = observed.and_then(Value::as_native);
        let is_plain = native.is_some_and(|native| native.role() == NativeRole::Plain);
        self.vm_call(if is_plain { Reentry::Unlikely } else { Reentry::Likely })
    }

    /// The intrinsic that can take the place of a call, by its callee and arguments. Those of numbers are known here.
    fn intrinsic_of(&self, native: Gc<NativeFunction>, callee: u32, count: u32) -> Option<Intrinsic> {
        let argument = callee + bytecode_vm::frame::HEADER_SLOTS;
        native.intrinsic().filter(|intrinsic| match intrinsic {
            Intrinsic::Floor | Intrinsic::SquareRoot | Intrinsic::Absolute => count == 1 && self.is_number(argument),
            Intrinsic::Byte | Intrinsic::SetMetatable => false,
        })
    }

    /// `TAILCALL`. Out of the loop's own function it leaves the loop. In an inlined function the callee's frame takes the
    /// place of this one, or a library function that is an instruction stands for it.
    pub(super) fn tail_call(&mut self) -> Lower<()> {
        let word = self.word();
        let Some(call) = self.frame().call else { return Err(self.leave_loop()) };
        let (callee, count) = (self.slot(word.a()), u32::from(word.b()) - 1);
        let native = self.known(callee).observed.and_then(Value::as_native).filter(|_| !self.has_failing_guard());
        if let Some(native) = native
            && let Some(intrinsic) = self.intrinsic_of(native, callee, count)
        {
            self.intrinsic(native, intrinsic, callee)?;
            return self.return_values(word.a(), 2);
        }
        let first = self.frame().offset - bytecode_vm::frame::HEADER_SLOTS;
        let frames = if self.has_failing_guard() { Vec::new() } else { self.callee_frames(callee, first) };
        if frames.is_empty() {
            let caller = CodePoint { frame: call.caller, pc: call.pc };
            return Err(self.reject_inlining(caller));
        }
        self.inline(&frames, callee, first, count)
    }

    /// Takes the inlining of a call back. The pass goes on, but for nothing.
    fn reject_inlining(&mut self, call: CodePoint) -> Stop {
        self.facts.changed |= self.facts.rejected.insert(call);
        self.leave_loop()
    }

    /// Leaves where the program leaves the loop, for the interpreter to do the current instruction.
    pub(super) fn leave_loop(&mut self) -> Stop {
        let exit = self.exit_at(self.point, None);
        self.builder.ins().jump(exit, &[]);
        Stop
    }

    /// The frames of the functions that the current call of what is in slot `callee` probably calls, if all of them can be
    /// inlined; `first` is the slot of the callee in them.
    fn callee_frames(&mut self, callee: u32, first: u32) -> Vec<usize> {
        if let Some(frames) = self.facts.inlined.get(&self.point) {
            return frames.clone();
        }
        let known = self.known(callee);
        let observed = known.observed.and_then(Value::as_closure);
        let mut codes: Vec<Gc<Code>> = Vec::new();
        for code in known.callees.into_iter().flatten() {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        if codes.is_empty() {
            codes.extend(observed.map(|closure| closure.code()));
        }
        if !codes.iter().all(|code| self.can_inline(*code)) {
            return Vec::new();
        }
        let closure_of = |code: Gc<Code>| observed.filter(|closure| closure.code() == code);
        let frames: Vec<usize> = codes
            .iter()
            .enumerate()
            .map(|(i, code)| self.new_frame(*code, closure_of(*code), first, i as u32))
            .collect();
        self.facts.inlined.insert(self.point, frames.clone());
        frames
    }

    /// Whether a function can be inlined here: it is small, keeps to what can be inlined and does not call itself.
    fn can_inline(&self, code: Gc<Code>) -> bool {
        let callee = prototype(code);
        let mut frame = self.frame();
        let mut is_recursive = Rc::ptr_eq(&frame.proto, callee.proto());
        while let Some(call) = frame.call {
            frame = &self.facts.frames[call.caller];
            is_recursive |= Rc::ptr_eq(&frame.proto, callee.proto());
        }
        let words = callee.proto().code.len();
        self.request.inlines
            && !is_recursive
            && !callee.is_vararg()
            && words <= MAX_INLINED_WORDS
            && self.facts.inlined_words + words <= MAX_INLINED_WORDS_OF_UNIT
            && self.frame().path.len() < 2 * MAX_INLINED_DEPTH
            && instructions(&callee.proto().code).all(|(_, instruction)| fits_inlined(instruction))
    }

    fn new_frame(&mut self, code: Gc<Code>, closure: Option<Gc<Closure>>, first: u32, number: u32) -> usize {
        let proto = Rc::clone(prototype(code).proto());
        let region = Region::whole(&proto);
        let proto_words = proto.code.len();
        let mut path = self.frame().path.clone();
        path.extend([self.point.pc, number]);
        let call = match self.frame().call.filter(|_| self.word().opcode() == Opcode::TailCall) {
            Some(call) => InlinedCall { is_tail_call: true, ..call },
            None => InlinedCall { caller: self.point.frame, pc: self.point.pc, is_tail_call: false },
        };
        let frame = Frame {
            liveness: Rc::new(Liveness::of(&proto)),
            proto,
            code,
            closure,
            offset: first + bytecode_vm::frame::HEADER_SLOTS,
            pcs: 0..region.end_pc,
            leaders: region.leaders,
            headers: region.headers,
            call: Some(call),
            path,
        };
        self.facts.inlined_words += proto_words;
        let index = self.facts.frames.len();
        self.facts.frames.push(frame);
        index
    }

    /// Goes on in the code of the callee, one of the given ones. Callee and arguments go to `first` and behind it.
    fn inline(&mut self, frames: &[usize], callee: u32, first: u32, count: u32) -> Lower<()> {
        self.require(callee, Tag::Closure)?;
        let payload = self.payload(callee);
        self.points_to(payload, &CLOSURE);
        let data = self.load(types::I64, payload, CLOSURE_DATA_OFFSET);
        for (i, frame) in frames.iter().enumerate() {
            let Frame { code, offset, ref path, .. } = self.facts.frames[*frame];
            let depth = path.len() as u32 / 2;
            // The code object keeps the prototype alive, whose address this is.
            self.object(code.header());
            let expected = self.integer(code.data().addr() as i64);
            let is_it = self.builder.ins().icmp(IntCC::Equal, data, expected);
            let other = (i + 1 < frames.len()).then(|| self.builder.create_block());
            match other {
                Some(other) => self.go_on_if(is_it, other),
                None => self.guard(is_it, ExitReason::Callee),
            }
            let before = self.state.clone();
            let prototype = prototype(code);
            if first != callee {
                self.copy(first, callee);
                for i in bytecode_vm::frame::HEADER_SLOTS..bytecode_vm::frame::HEADER_SLOTS + count {
                    self.copy(first + i, callee + i);
                }
            }
            for missing in count..prototype.parameters() {
                self.set_plain(offset + missing, Value::NIL);
            }
            self.note_inlined(offset + prototype.frame_slots(), depth);
            self.go_to(CodePoint { frame: *frame, pc: 0 });
            if let Some(other) = other {
                self.builder.switch_to_block(other);
                self.builder.seal_block(other);
                self.state = before;
            }
        }
        Err(Stop)
    }

    /// Checks that a slot holds one object.
    fn require_object(&mut self, slot: u32, tag: Tag, address: u64) -> Lower<()> {
        self.require(slot, tag)?;
        let payload = self.payload(slot);
        let is_it = self.builder.ins().icmp_imm_s(IntCC::Equal, payload, address.cast_signed());
        self.guard(is_it, ExitReason::Callee);
        Ok(())
    }

    /// `RETURN` and its kin. Out of an inlined function control goes on behind the call; the loop's own function is left
    /// to the interpreter. `coded` is the number of values plus one, or 0 for up to the top.
    pub(super) fn return_values(&mut self, register: u8, coded: u8) -> Lower<()> {
        let Some(call) = self.frame().call else { return Err(self.leave_loop()) };
        let from = self.slot(register);
        let count = u32::from(coded) - 1;
        let caller = &self.facts.frames[call.caller];
        let instruction = lua_bytecode::Instruction(caller.proto.code[call.pc as usize]);
        let to = caller.offset + u32::from(instruction.a());
        let wanted = u32::from(instruction.c()) - 1;
        // Results go down the stack, so that none is overwritten before it is read.
        for i in 0..wanted {
            if i < count {
                self.copy(to + i, from + i);
            } else {
                self.set_plain(to + i, Value::NIL);
            }
        }
        self.go_to(CodePoint { frame: call.caller, pc: call.pc + instruction.opcode().words() });
        Err(Stop)
    }

    /// A library function that is an instruction, with one argument.
    fn intrinsic(&mut self, native: Gc<NativeFunction>, intrinsic: Intrinsic, callee: u32) -> Lower<()> {
        self.require_object(callee, Tag::Native, native.address())?;
        self.object(native.header());
        let argument = self.number(callee + bytecode_vm::frame::HEADER_SLOTS)?;
        match (intrinsic, argument) {
            (Intrinsic::Floor, Number::Integer { value, observed, .. }) => self.set_integer(callee, value, observed),
            (Intrinsic::Floor, Number::Float { value, .. }) => {
                let floor = self.builder.ins().floor(value);
                self.guard_integer_range(floor);
                let integer = self.builder.ins().fcvt_to_sint_sat(types::I64, floor);
                self.set_integer(callee, integer, None);
            }
            (Intrinsic::SquareRoot, argument) => {
                let float = self.as_float(argument);
                let root = self.builder.ins().sqrt(float);
                self.set_float(callee, root);
            }
            (Intrinsic::Absolute, Number::Integer { value, observed, .. }) => {
                let size = self.builder.ins().iabs(value);
                self.set_integer(callee, size, observed.map(i64::wrapping_abs));
            }
            (Intrinsic::Absolute, Number::Float { value, .. }) => {
                let size = self.builder.ins().fabs(value);
                self.set_float(callee, size);
            }
            (Intrinsic::Byte | Intrinsic::SetMetatable, _) => unreachable!("it is none of numbers"),
        }
        if self.word().opcode() == Opcode::Call {
            for missing in 1..u32::from(self.word().c()) - 1 {
                self.set_plain(callee + missing, Value::NIL);
            }
        }
        Ok(())
    }

    /// Leaves if a whole float is not in the integers' range, or NaN.
    fn guard_integer_range(&mut self, float: Ssa) {
        let size = self.builder.ins().fabs(float);
        let limit = self.builder.ins().f64const(9_223_372_036_854_775_808.0);
        let fits = self.builder.ins().fcmp(FloatCC::LessThan, size, limit);
        self.guard(fits, ExitReason::NotCompiled);
    }
}
