//! The macro-assembler for x86-64. What every instance has once is in `stubs`.
//!
//! Pinned registers: `rbx` base, `r12` Lua state, `r13` pool, `r14` context, `r15` the VM's state, `rbp` the number of frames.
//! All of them belong to a caller under the System V convention, so helpers keep them. Scratch: `rax`, `rdx`, `rcx`,
//! `rsi`, `xmm0`, `xmm1`. For typed code: `rdi`, `r8` to `r11`, `xmm2` to `xmm15`.
//!
//! A native frame is two words: the return address and the caller's pool. So the stack is aligned to 16 bytes in the
//! body of a function, as a helper wants it.

use bytecode_vm::layout::PROTOTYPE;
use bytecode_vm::prototype::PROTOTYPE_POOL_OFFSET;
use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use engine_api::{FRAME_GATE_OFFSET, Layout};
use jit_support::CodeOffset;
use lua_runtime::layout::INTERRUPT;
use lua_runtime::value::{Tag, VALUE_BYTES};

use crate::context::{APPEND_OFFSET, DIFFER_OFFSET, INTERRUPT_OFFSET, STUBS_OFFSET};
use crate::helpers::Helper;
use crate::masm::{
    Address, Anchor, Argument, Condition, Division, Float, FloatOperation, IntegerOperation, MacroAssembler, Operands,
    Relation, Right, Temp,
};

const RAX: u8 = 0;
const RCX: u8 = 1;
const RDX: u8 = 2;
const RBX: u8 = 3;
const RSI: u8 = 6;
const RDI: u8 = 7;
const R8: u8 = 8;
const R9: u8 = 9;
const R10: u8 = 10;
const R11: u8 = 11;
const R12: u8 = 12;
const R13: u8 = 13;
const R14: u8 = 14;
const R15: u8 = 15;

/// The registers for values that are no floats. All belong to the callee, so nothing is in them after a call.
const KEPT: [u8; 5] = [RDI, R8, R9, R10, R11];

fn temp(register: Temp) -> u8 {
    match register {
        Temp::T0 => RAX,
        Temp::T1 => RDX,
        Temp::T2 => RCX,
        Temp::T3 => RSI,
        Temp::Kept(number) => KEPT[usize::from(number)],
    }
}

fn anchor(anchor: Anchor) -> u8 {
    match anchor {
        Anchor::Frame => RBX,
        Anchor::Pool => R13,
        Anchor::Context => R14,
        Anchor::State => R15,
        Anchor::Vm => R12,
        Anchor::Temp(register) => temp(register),
    }
}

/// What a register points to while compiled code runs, by its name in listings; `None` if it is not pinned.
pub(crate) fn pinned(register: &str) -> Option<&'static Layout> {
    let anchor = match register {
        "rbx" => Anchor::Frame,
        "r13" => Anchor::Pool,
        "r14" => Anchor::Context,
        "r15" => Anchor::State,
        "r12" => Anchor::Vm,
        _ => return None,
    };
    anchor.layout()
}

fn float(register: Float) -> u8 {
    match register {
        Float::F0 => 0,
        Float::F1 => 1,
        Float::Kept(number) => number + 2,
    }
}

/// The assembler.
pub(crate) struct X64 {
    ops: VecAssembler<X64Relocation>,
    operands: Operands,
}

/// Assembles instructions without a memory operand. An immediate of one byte must be asked for; dynasm-rs has that form for
/// the operations on registers, and for `cmp` and for operands in memory it always takes the one of four bytes.
macro_rules! emit {
    ($self:ident $($text:tt)*) => {
        dynasm!($self.ops ; .arch x64 $($text)*)
    };
}

/// Assembles one instruction with a memory operand, which stands for `@` between the two groups. The displacement takes
/// one byte if it fits.
macro_rules! emit_at {
    ($self:ident, $address:expr, [$($before:tt)*] [$($after:tt)*]) => {{
        let address: Address = $address;
        $self.note_operand(address);
        let (base, offset) = ($crate::x64::anchor(address.anchor), address.offset);
        match i8::try_from(offset) {
            Ok(offset) => dynasm!($self.ops ; .arch x64 ; $($before)* [BYTE Rq(base) + offset] $($after)*),
            Err(_) => dynasm!($self.ops ; .arch x64 ; $($before)* [DWORD Rq(base) + offset] $($after)*),
        }
    }};
}

mod stubs;

pub(crate) use stubs::{Stubs, Trampoline};

impl X64 {
    /// Notes for listings what the instruction that comes next accesses.
    fn note_operand(&mut self, address: Address) {
        if let (Anchor::Temp(_), Some(layout)) = (address.anchor, address.layout) {
            self.operands.push((CodeOffset(self.offset()), layout));
        }
    }

    fn jump_on(&mut self, condition: Condition, to: DynamicLabel) {
        match condition {
            Condition::Equal => emit!(self ; je =>to),
            Condition::NotEqual => emit!(self ; jne =>to),
            Condition::Less => emit!(self ; jl =>to),
            Condition::LessEqual => emit!(self ; jle =>to),
            Condition::Greater => emit!(self ; jg =>to),
            Condition::GreaterEqual => emit!(self ; jge =>to),
            Condition::Below => emit!(self ; jb =>to),
            Condition::BelowEqual => emit!(self ; jbe =>to),
            Condition::Above => emit!(self ; ja =>to),
            Condition::AboveEqual => emit!(self ; jae =>to),
        }
    }

    fn load_argument(&mut self, register: u8, argument: Argument) {
        match argument {
            Argument::Address(address) => emit_at!(self, address, [lea Rq(register),] []),
            Argument::Number(number) => emit!(self ; mov Rd(register), number),
        }
    }
}

impl MacroAssembler for X64 {
    type Label = DynamicLabel;

    const KEPT_INTEGERS: u8 = KEPT.len() as u8;
    const KEPT_FLOATS: u8 = 14;

    fn new() -> X64 {
        X64 { ops: VecAssembler::new(0), operands: Vec::new() }
    }

    fn label(&mut self) -> DynamicLabel {
        self.ops.new_dynamic_label()
    }

    fn bind(&mut self, label: DynamicLabel) {
        emit!(self ; =>label);
    }

    fn offset(&self) -> u32 {
        self.ops.offset().0 as u32
    }

    fn finish(self) -> Result<(Vec<u8>, Operands), String> {
        let bytes = self.ops.finalize().map_err(|error| error.to_string())?;
        Ok((bytes, self.operands))
    }

    fn load(&mut self, to: Temp, from: Address) {
        let to = temp(to);
        emit_at!(self, from, [mov Rq(to), QWORD] []);
    }

    fn load_32(&mut self, to: Temp, from: Address) {
        let to = temp(to);
        emit_at!(self, from, [mov Rd(to), DWORD] []);
    }

    fn load_16(&mut self, to: Temp, from: Address) {
        let to = temp(to);
        emit_at!(self, from, [movzx Rd(to), WORD] []);
    }

    fn load_8(&mut self, to: Temp, from: Address) {
        let to = temp(to);
        emit_at!(self, from, [movzx Rd(to), BYTE] []);
    }

    fn load_address(&mut self, to: Temp, address: Address) {
        let to = temp(to);
        emit_at!(self, address, [lea Rq(to),] []);
    }

    fn load_number(&mut self, to: Temp, number: i64) {
        let to = temp(to);
        match (i32::try_from(number), u32::try_from(number)) {
            _ if number == 0 => emit!(self ; xor Rd(to), Rd(to)),
            (_, Ok(number)) => emit!(self ; mov Rd(to), number as i32),
            (Ok(number), Err(_)) => emit!(self ; mov Rq(to), DWORD number),
            (Err(_), Err(_)) => emit!(self ; mov Rq(to), QWORD number),
        }
    }

    fn copy(&mut self, to: Temp, from: Temp) {
        let (to, from) = (temp(to), temp(from));
        emit!(self ; mov Rq(to), Rq(from));
    }

    fn store(&mut self, to: Address, from: Temp) {
        let from = temp(from);
        emit_at!(self, to, [mov QWORD] [, Rq(from)]);
    }

    fn store_8(&mut self, to: Address, from: Temp) {
        let from = temp(from);
        // `sil` and its like need a prefix, which the assembler gives to every register from 4 on.
        emit_at!(self, to, [mov BYTE] [, Rb(from)]);
    }

    fn store_number(&mut self, to: Address, number: i64) {
        match i32::try_from(number) {
            Ok(number) => emit_at!(self, to, [mov QWORD] [, number]),
            Err(_) => {
                emit_at!(self, to, [mov DWORD] [, number as i32]);
                emit_at!(self, to.plus(4), [mov DWORD] [, (number >> 32) as i32]);
            }
        }
    }

    fn store_number_8(&mut self, to: Address, number: u8) {
        emit_at!(self, to, [mov BYTE] [, number.cast_signed()]);
    }

    fn jump(&mut self, to: DynamicLabel) {
        emit!(self ; jmp =>to);
    }

    fn branch_8(&mut self, left: Address, condition: Condition, right: u8, to: DynamicLabel) {
        emit_at!(self, left, [cmp BYTE] [, right.cast_signed()]);
        self.jump_on(condition, to);
    }

    fn branch_32(&mut self, left: Address, condition: Condition, right: i32, to: DynamicLabel) {
        emit_at!(self, left, [cmp DWORD] [, right]);
        self.jump_on(condition, to);
    }

    fn branch(&mut self, left: Temp, condition: Condition, right: Right, to: DynamicLabel) {
        let left = temp(left);
        match right {
            Right::Temp(right) => {
                let right = temp(right);
                emit!(self ; cmp Rq(left), Rq(right));
            }
            Right::Memory(right) => emit_at!(self, right, [cmp Rq(left), QWORD] []),
            Right::Number(0) if matches!(condition, Condition::Equal | Condition::NotEqual) => {
                emit!(self ; test Rq(left), Rq(left));
            }
            Right::Number(right) => emit!(self ; cmp Rq(left), right),
        }
        self.jump_on(condition, to);
    }

    fn count_down(&mut self, counter: Address, to: DynamicLabel) {
        emit_at!(self, counter, [sub QWORD] [, BYTE 1]);
        emit!(self ; jz =>to);
    }

    fn count_down_32(&mut self, counter: Address, to: DynamicLabel) {
        emit_at!(self, counter, [sub DWORD] [, BYTE 1]);
        emit!(self ; jle =>to);
    }

    fn or_8(&mut self, to: Address, bits: u8) {
        emit_at!(self, to, [or BYTE] [, bits.cast_signed()]);
    }

    fn add(&mut self, to: Address, number: i32) {
        emit_at!(self, to, [add QWORD] [, number]);
    }

    fn clear_values(&mut self, first: Address, count: u32) {
        const { assert!(Tag::Nil as u8 == 0) };
        emit!(self ; xorps xmm0, xmm0);
        for index in 0..count as usize {
            emit_at!(self, first.plus(index * VALUE_BYTES), [movups OWORD] [, xmm0]);
        }
    }

    fn integer(&mut self, operation: IntegerOperation, left: Temp, right: Right) {
        let left = temp(left);
        match right {
            Right::Temp(right) => {
                let right = temp(right);
                match operation {
                    IntegerOperation::Add => emit!(self ; add Rq(left), Rq(right)),
                    IntegerOperation::Subtract => emit!(self ; sub Rq(left), Rq(right)),
                    IntegerOperation::Multiply => emit!(self ; imul Rq(left), Rq(right)),
                    IntegerOperation::And => emit!(self ; and Rq(left), Rq(right)),
                    IntegerOperation::Or => emit!(self ; or Rq(left), Rq(right)),
                    IntegerOperation::Xor => emit!(self ; xor Rq(left), Rq(right)),
                }
            }
            Right::Memory(right) => match operation {
                IntegerOperation::Add => emit_at!(self, right, [add Rq(left), QWORD] []),
                IntegerOperation::Subtract => emit_at!(self, right, [sub Rq(left), QWORD] []),
                IntegerOperation::Multiply => emit_at!(self, right, [imul Rq(left), QWORD] []),
                IntegerOperation::And => emit_at!(self, right, [and Rq(left), QWORD] []),
                IntegerOperation::Or => emit_at!(self, right, [or Rq(left), QWORD] []),
                IntegerOperation::Xor => emit_at!(self, right, [xor Rq(left), QWORD] []),
            },
            Right::Number(right) if i8::try_from(right).is_ok() => {
                let right = right as i8;
                match operation {
                    IntegerOperation::Add => emit!(self ; add Rq(left), BYTE right),
                    IntegerOperation::Subtract => emit!(self ; sub Rq(left), BYTE right),
                    IntegerOperation::Multiply => emit!(self ; imul Rq(left), Rq(left), BYTE right),
                    IntegerOperation::And => emit!(self ; and Rq(left), BYTE right),
                    IntegerOperation::Or => emit!(self ; or Rq(left), BYTE right),
                    IntegerOperation::Xor => emit!(self ; xor Rq(left), BYTE right),
                }
            }
            Right::Number(right) => match operation {
                IntegerOperation::Add => emit!(self ; add Rq(left), right),
                IntegerOperation::Subtract => emit!(self ; sub Rq(left), right),
                IntegerOperation::Multiply => emit!(self ; imul Rq(left), Rq(left), right),
                IntegerOperation::And => emit!(self ; and Rq(left), right),
                IntegerOperation::Or => emit!(self ; or Rq(left), right),
                IntegerOperation::Xor => emit!(self ; xor Rq(left), right),
            },
        }
    }

    fn clear_bit(&mut self, to: Temp, bit: u8) {
        let to = temp(to);
        emit!(self ; btr Rq(to), BYTE bit.cast_signed());
    }

    fn negate(&mut self, to: Temp) {
        let to = temp(to);
        emit!(self ; neg Rq(to));
    }

    fn complement(&mut self, to: Temp) {
        let to = temp(to);
        emit!(self ; not Rq(to));
    }

    fn scale(&mut self, to: Temp, base: Temp) {
        let (to, base) = (temp(to), temp(base));
        emit!(self ; lea Rq(to), [Rq(base) + Rq(to) * 8]);
    }

    fn shift_left(&mut self, to: Temp, count: u8) {
        let to = temp(to);
        emit!(self ; shl Rq(to), count.cast_signed());
    }

    fn shift_right(&mut self, to: Temp, count: u8) {
        let to = temp(to);
        emit!(self ; shr Rq(to), count.cast_signed());
    }

    fn shift_right_signed(&mut self, to: Temp, count: u8) {
        let to = temp(to);
        emit!(self ; sar Rq(to), count.cast_signed());
    }

    fn divide(&mut self, division: Division) {
        // Both numbers below 2^32 and not negative is the frequent case, and its division is the quicker one.
        emit!(self
            ; mov rcx, rdx
            ; mov rsi, rax
            ; or rsi, rdx
            ; shr rsi, 32
            ; jnz >wide
            ; xor edx, edx
            ; div ecx);
        if division == Division::Modulo {
            emit!(self ; mov eax, edx);
        }
        emit!(self
            ; jmp >done
            ; wide:
            ; cqo
            ; idiv rcx
            ; test rdx, rdx
            ; jz >exact
            // The quotient was rounded towards zero: wrong if the remainder's sign is not the divisor's.
            ; mov rsi, rdx
            ; xor rsi, rcx
            ; jns >exact);
        match division {
            Division::Modulo => emit!(self ; add rdx, rcx),
            Division::FloorDivide => emit!(self ; sub rax, 1),
        }
        emit!(self ; exact:);
        if division == Division::Modulo {
            emit!(self ; mov rax, rdx);
        }
        emit!(self ; done:);
    }

    fn load_float(&mut self, to: Float, from: Address) {
        let to = float(to);
        emit_at!(self, from, [movsd Rx(to), QWORD] []);
    }

    fn load_float_number(&mut self, to: Float, number: f64) {
        let to = float(to);
        emit!(self ; mov rax, QWORD number.to_bits().cast_signed() ; movq Rx(to), rax);
    }

    fn convert(&mut self, to: Float, from: Address) {
        let to = float(to);
        // The conversion keeps the upper half: clearing it first ends the wait for the register's last use.
        emit!(self ; xorps Rx(to), Rx(to));
        emit_at!(self, from, [cvtsi2sd Rx(to), QWORD] []);
    }

    fn copy_float(&mut self, to: Float, from: Float) {
        let (to, from) = (float(to), float(from));
        emit!(self ; movaps Rx(to), Rx(from));
    }

    fn convert_register(&mut self, to: Float, from: Temp) {
        let (to, from) = (float(to), temp(from));
        emit!(self ; xorps Rx(to), Rx(to) ; cvtsi2sd Rx(to), Rq(from));
    }

    fn store_float(&mut self, to: Address, from: Float) {
        let from = float(from);
        emit_at!(self, to, [movsd QWORD] [, Rx(from)]);
    }

    fn float(&mut self, operation: FloatOperation, left: Float, right: Float) {
        let (left, right) = (float(left), float(right));
        match operation {
            FloatOperation::Add => emit!(self ; addsd Rx(left), Rx(right)),
            FloatOperation::Subtract => emit!(self ; subsd Rx(left), Rx(right)),
            FloatOperation::Multiply => emit!(self ; mulsd Rx(left), Rx(right)),
            FloatOperation::Divide => emit!(self ; divsd Rx(left), Rx(right)),
        }
    }

    fn negate_float(&mut self) {
        emit!(self ; movq rax, xmm0 ; btc rax, 63 ; movq xmm0, rax);
    }

    fn absolute_float(&mut self) {
        emit!(self ; movq rax, xmm0 ; btr rax, 63 ; movq xmm0, rax);
    }

    fn square_root(&mut self) {
        emit!(self ; sqrtsd xmm0, xmm0);
    }

    fn floor(&mut self, slow: DynamicLabel) {
        // What does not fit becomes the least integer, and only that less one overflows.
        emit!(self
            ; cvttsd2si rax, xmm0
            ; cmp rax, 1
            ; jo =>slow
            ; xorps xmm1, xmm1
            ; cvtsi2sd xmm1, rax
            ; ucomisd xmm1, xmm0
            ; jbe >below
            ; sub rax, BYTE 1
            ; below:);
    }

    fn branch_float(&mut self, left: Float, relation: Relation, right: Float, truth: bool, to: DynamicLabel) {
        let (left, right) = (float(left), float(right));
        // A comparison with NaN sets the flags of "below" and of "equal": asking for "above" is false with NaN.
        match (relation, truth) {
            (Relation::Less, true) => emit!(self ; ucomisd Rx(right), Rx(left) ; ja =>to),
            (Relation::Less, false) => emit!(self ; ucomisd Rx(right), Rx(left) ; jbe =>to),
            (Relation::LessEqual, true) => emit!(self ; ucomisd Rx(right), Rx(left) ; jae =>to),
            (Relation::LessEqual, false) => emit!(self ; ucomisd Rx(right), Rx(left) ; jb =>to),
            (Relation::Equal, true) => {
                emit!(self ; ucomisd Rx(left), Rx(right) ; jp >unordered ; je =>to ; unordered:);
            }
            (Relation::Equal, false) => emit!(self ; ucomisd Rx(left), Rx(right) ; jp =>to ; jne =>to),
        }
    }

    fn call_helper(&mut self, helper: Helper, pc: u32, arguments: &[Argument]) {
        // Arguments are relative to pinned registers, so the order of these does not matter.
        for (register, argument) in [RCX, R8, R9].into_iter().zip(arguments) {
            self.load_argument(register, *argument);
        }
        let address = Address::at(Anchor::Context, STUBS_OFFSET + 8 * helper as usize);
        emit!(self ; mov esi, pc.cast_signed());
        emit_at!(self, address, [call QWORD] []);
    }

    fn set_base(&mut self) {
        emit!(self ; mov rbx, rdx);
    }

    fn move_base(&mut self, slots: i32) {
        let bytes = slots * VALUE_BYTES as i32;
        match i8::try_from(bytes) {
            Ok(bytes) => emit!(self ; add rbx, BYTE bytes),
            Err(_) => emit!(self ; add rbx, bytes),
        }
    }

    fn call_code(&mut self) {
        emit!(self ; call rdx);
    }

    fn enter(&mut self) {
        emit!(self ; push r13);
        emit_at!(self, Address::of(Temp::T3, &PROTOTYPE, PROTOTYPE_POOL_OFFSET), [mov r13, QWORD] []);
    }

    fn leave(&mut self) {
        emit!(self ; pop r13 ; ret);
    }

    fn refuse(&mut self, status: u32) {
        emit!(self ; mov eax, status.cast_signed() ; ret);
    }

    fn count_frames(&mut self, number: i8) {
        emit!(self ; add ebp, BYTE number);
    }

    fn branch_if_interrupted(&mut self, to: DynamicLabel) {
        emit_at!(self, Address::at(Anchor::Context, INTERRUPT_OFFSET), [mov rax, QWORD] []);
        emit_at!(self, Address::of(Temp::T0, &INTERRUPT, 0), [cmp DWORD] [, BYTE 0]);
        emit!(self ; jne =>to);
    }

    fn branch_if_above_frame_gate(&mut self, scratch: Temp, to: DynamicLabel) {
        self.load(scratch, Address::at(Anchor::Context, INTERRUPT_OFFSET));
        self.branch(Temp::T0, Condition::Above, Right::Memory(Address::of(scratch, &INTERRUPT, FRAME_GATE_OFFSET)), to);
    }

    fn append(&mut self, failed: DynamicLabel) {
        emit_at!(self, Address::at(Anchor::Context, APPEND_OFFSET), [call QWORD] []);
        emit!(self ; jc =>failed);
    }

    fn go_on_if_they_differ(&mut self, unknown: DynamicLabel) {
        emit_at!(self, Address::at(Anchor::Context, DIFFER_OFFSET), [call QWORD] []);
        emit!(self ; jc =>unknown);
    }

    fn become_other(&mut self, code: Address) {
        emit_at!(self, Address::of(Temp::T3, &PROTOTYPE, PROTOTYPE_POOL_OFFSET), [mov r13, QWORD] []);
        emit_at!(self, code, [jmp QWORD] []);
    }

    fn jump_to_other(&mut self, base: Address, pool: Address, code: Address) {
        emit_at!(self, base, [mov rbx, QWORD] []);
        emit_at!(self, pool, [mov r13, QWORD] []);
        emit_at!(self, code, [jmp QWORD] []);
    }
}
