//! The code that every instance has once: the way from Rust into compiled code, what stands in for functions that are not
//! compiled, the way to the helpers, and what runs the callees that they wait for.
//!
//! The registers are those of [`super`], and what the words on the native stack mean is in `helpers::callee`.

use bytecode_vm::frame::{Continuation, FLAG_ONE_WORD, FLAG_TAIL_CALL, HEADER_FLAGS_OFFSET, HEADER_SLOTS};
use bytecode_vm::layout::FRAME;
use bytecode_vm::state::STATE_DEPTH_OFFSET;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, dynasm};
use jit_support::CodeOffset;
use lua_runtime::MetaEvent;
use lua_runtime::array::{ARRAY_CAPACITY_OFFSET, ARRAY_LENGTH_OFFSET, ARRAY_POINTER_OFFSET, ArrayKind};
use lua_runtime::layout::{ELEMENT_PAYLOAD, ELEMENT_TAG, STRING, TABLE};
use lua_runtime::object::{DETAIL_OFFSET, FLAGS_OFFSET, WORD_OFFSET};
use lua_runtime::string::STRING_SHORT;
use lua_runtime::table::{TABLE_ARRAY_OFFSET, TABLE_HASH_OFFSET, TABLE_METATABLE_OFFSET};
use lua_runtime::value::{TAG_OFFSET, Tag, VALUE_BYTES};
use lua_runtime::vm::{VM_METAMETHOD_DEPTH_OFFSET, VM_STACK_OFFSET};

use super::X64;
use crate::context::{
    HELPERS_OFFSET, JUMP_CODE_OFFSET, JUMP_POOL_OFFSET, WAITING_LOCAL_CHANGES_OFFSET, WAITING_RETURN_OFFSET,
    WAITING_SITE_OFFSET, WAITING_THREAD_OFFSET,
};
use crate::helpers::{
    ENTER, HELPER_COUNT, Helper, LEAVE, PROTECTED_RETURNED, REFUSED, VALUE_MARK, VALUE_RETURNED, Waiting,
};
use crate::masm::{Address, Anchor, Condition, IntegerOperation, MacroAssembler, Right, Temp};
use crate::templates::call::header_half_of;
use crate::templates::element::TAG_MINUS_KIND;

/// How Rust enters compiled code: the Lua state, the base, the address in the code, the context, the pool, the VM's
/// state. Gives the status with which the code was left.
pub(crate) type Trampoline = unsafe extern "sysv64" fn(
    vm: *mut lua_runtime::Vm,
    base: *mut lua_runtime::Value,
    code: *const u8,
    context: *const crate::context::Context,
    pool: *const u8,
    state: *const bytecode_vm::state::State,
) -> u64;

/// The code that every instance has once.
pub(crate) struct Stubs {
    /// The code; the trampoline is at its start.
    pub(crate) bytes: Vec<u8>,
    /// Where calls of functions lead that are not compiled: it refuses.
    pub(crate) fallback: CodeOffset,
    /// What compiled code calls to append to an array.
    pub(crate) append: CodeOffset,
    /// What compiled code calls to find out whether two values differ.
    pub(crate) differ: CodeOffset,
    /// What compiled code calls to call a helper, by the helper's number.
    pub(crate) helpers: [CodeOffset; HELPER_COUNT],
}

impl Stubs {
    /// Assembles it.
    ///
    /// # Errors
    /// As [`MacroAssembler::finish`].
    pub(crate) fn new() -> Result<Stubs, String> {
        let mut assembler = X64::new();
        let frame = assembler.label();
        assembler.trampoline(frame);
        let fallback = CodeOffset(assembler.offset());
        assembler.refuse(REFUSED as u32);
        let append = CodeOffset(assembler.offset());
        assembler.append_stub();
        let differ = CodeOffset(assembler.offset());
        assembler.differ_stub();
        let enter = assembler.label();
        let helpers = std::array::from_fn(|helper| {
            let start = assembler.offset();
            if helper == Helper::Return as usize {
                assembler.return_stub(enter);
            } else {
                assembler.helper_stub(helper, enter);
            }
            CodeOffset(start)
        });
        assembler.run_callee(enter);
        let (bytes, _) = assembler.finish()?;
        Ok(Stubs { bytes, fallback, append, differ, helpers })
    }
}

impl X64 {
    /// The way from Rust into compiled code.
    fn trampoline(&mut self, frame: DynamicLabel) {
        emit!(self
            ; push rbp
            ; push rbx
            ; push r12
            ; push r13
            ; push r14
            ; push r15
            ; sub rsp, BYTE 8
            ; mov r12, rdi
            ; mov rbx, rsi
            ; mov r14, rcx
            ; mov r13, r8
            ; mov r15, r9);
        self.load_frame_count();
        emit!(self ; call =>frame);
        self.store_frame_count();
        emit!(self
            ; add rsp, BYTE 8
            ; pop r15
            ; pop r14
            ; pop r13
            ; pop r12
            ; pop rbx
            ; pop rbp
            ; ret
            // The frame that the code expects around its body.
            ; =>frame
            ; push r13
            ; jmp rdx);
    }

    /// Takes the number of frames of Lua functions from the VM's state, where everybody else looks for it.
    fn load_frame_count(&mut self) {
        emit_at!(self, Address::at(Anchor::State, STATE_DEPTH_OFFSET), [mov ebp, DWORD] []);
    }

    /// Undoes [`X64::load_frame_count`].
    fn store_frame_count(&mut self) {
        emit_at!(self, Address::at(Anchor::State, STATE_DEPTH_OFFSET), [mov DWORD] [, ebp]);
    }

    /// What [`MacroAssembler::append`] calls, with the carry flag as answer. The element is there before the length says so.
    fn append_stub(&mut self) {
        let table = |offset| Address::of(Temp::T0, &TABLE, offset);
        let value = Address::of(Temp::T2, &FRAME, 0);
        let length = table(TABLE_ARRAY_OFFSET + ARRAY_LENGTH_OFFSET);
        let failed = self.label();
        self.load_32(Temp::T3, length);
        self.branch(Temp::T1, Condition::NotEqual, Right::Temp(Temp::T3), failed);
        self.load_32(Temp::T3, table(TABLE_ARRAY_OFFSET + ARRAY_CAPACITY_OFFSET));
        self.branch(Temp::T1, Condition::AboveEqual, Right::Temp(Temp::T3), failed);
        // A hash part may hold what comes behind, and a metatable may want to be asked.
        for part in [TABLE_HASH_OFFSET, TABLE_METATABLE_OFFSET] {
            self.load(Temp::T3, table(part));
            self.branch(Temp::T3, Condition::NotEqual, Right::Number(0), failed);
        }
        let (tagged, boolean, payload, tag, grown) =
            (self.label(), self.label(), self.label(), self.label(), self.label());
        self.load_8(Temp::T3, table(DETAIL_OFFSET));
        self.branch(Temp::T3, Condition::AboveEqual, Right::Number(ArrayKind::Boolean as i32), tagged);
        self.branch(Temp::T3, Condition::Equal, Right::Number(ArrayKind::Empty as i32), failed);
        // The kind decides the tag of integers and floats.
        self.integer(IntegerOperation::Add, Temp::T3, Right::Number(TAG_MINUS_KIND.into()));
        emit_at!(self, value.tag(), [cmp BYTE] [, sil]);
        emit!(self ; jne =>failed ; =>payload);
        self.load(Temp::T3, table(TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET));
        // Payload i lies 8 * (i + 1) bytes below the pointer, and -(i + 1) is the complement of i.
        emit!(self ; not rdx ; lea rdx, [rsi + rdx * 8]);
        self.load(Temp::T2, value);
        self.store(Address::of(Temp::T1, &ELEMENT_PAYLOAD, 0), Temp::T2);
        self.bind(grown);
        emit_at!(self, length, [add DWORD] [, BYTE 1]);
        emit!(self
            ; clc
            ; ret
            ; =>tagged
            ; je =>boolean);
        self.branch_8(value.tag(), Condition::Equal, Tag::Nil as u8, failed);
        emit!(self ; call =>tag ; jmp =>payload ; =>boolean);
        // Truth values are the tags between nil and the others.
        self.branch_8(value.tag(), Condition::Equal, Tag::Nil as u8, failed);
        self.branch_8(value.tag(), Condition::Above, Tag::True as u8, failed);
        emit!(self
            ; call =>tag
            ; jmp =>grown
            ; =>failed
            ; stc
            ; ret
            // Writes the tag.
            ; =>tag);
        self.load(Temp::T3, table(TABLE_ARRAY_OFFSET + ARRAY_POINTER_OFFSET));
        emit!(self ; add rsi, rdx ; push rax);
        self.load_8(Temp::T0, value.tag());
        self.store_8(Address::of(Temp::T3, &ELEMENT_TAG, 0), Temp::T0);
        emit!(self ; pop rax ; ret);
    }

    /// What [`MacroAssembler::go_on_if_they_differ`] calls, with the carry flag as answer. Values with different tags differ unless
    /// both are numbers; short strings and objects that are no tables and of no host's kind differ as such, and tables unless one
    /// may have a metamethod.
    fn differ_stub(&mut self) {
        let [left, right] = [Temp::T2, Temp::T3].map(|address| Address::of(address, &FRAME, 0));
        let (other_tags, tables, no_tables) = (self.label(), self.label(), self.label());
        let (differ, unknown) = (self.label(), self.label());
        self.load_8(Temp::T0, left.tag());
        self.load_8(Temp::T1, right.tag());
        self.branch(Temp::T0, Condition::NotEqual, Right::Temp(Temp::T1), other_tags);
        self.branch(Temp::T0, Condition::Equal, Right::Number(Tag::Table as i32), tables);
        self.branch(Temp::T0, Condition::Below, Right::Number(Tag::Table as i32), no_tables);
        self.branch(Temp::T0, Condition::Equal, Right::Number(Tag::Userdata as i32), unknown);
        self.bind(differ);
        emit!(self ; clc ; ret);
        self.bind(no_tables);
        self.branch(Temp::T0, Condition::NotEqual, Right::Number(Tag::String as i32), unknown);
        for string in [left, right] {
            self.load(Temp::T0, string);
            self.load_8(Temp::T0, Address::of(Temp::T0, &STRING, FLAGS_OFFSET));
            self.integer(IntegerOperation::And, Temp::T0, Right::Number(STRING_SHORT.into()));
            self.branch(Temp::T0, Condition::Equal, Right::Number(0), unknown);
        }
        self.jump(differ);
        self.bind(other_tags);
        for tag in [Temp::T0, Temp::T1] {
            const { assert!(Tag::Float as u8 == Tag::Integer as u8 + 1) };
            self.integer(IntegerOperation::Subtract, tag, Right::Number(Tag::Integer as i32));
            self.branch(tag, Condition::Above, Right::Number(1), differ);
        }
        self.bind(unknown);
        emit!(self ; stc ; ret);
        self.bind(tables);
        for table in [left, right] {
            let is_plain = self.label();
            self.load(Temp::T0, table);
            self.load(Temp::T0, Address::of(Temp::T0, &TABLE, TABLE_METATABLE_OFFSET));
            self.branch(Temp::T0, Condition::Equal, Right::Number(0), is_plain);
            self.load_32(Temp::T0, Address::of(Temp::T0, &TABLE, WORD_OFFSET));
            self.integer(IntegerOperation::And, Temp::T0, Right::Number(1 << MetaEvent::Equal as i32));
            self.branch(Temp::T0, Condition::Equal, Right::Number(0), unknown);
            self.bind(is_plain);
        }
        self.jump(differ);
    }

    /// Calls the helper at an address.
    fn call_rust(&mut self, helper: Address) {
        self.store_frame_count();
        emit!(self ; sub rsp, BYTE 8);
        emit_at!(self, helper, [call QWORD] []);
        emit!(self ; add rsp, BYTE 8);
        self.load_frame_count();
    }

    /// Calls a helper from a body of compiled code, with what it is always given, and runs what it wants to be run.
    fn helper_stub(&mut self, helper: usize, enter: DynamicLabel) {
        let address = Address::at(Anchor::Context, HELPERS_OFFSET + 8 * helper);
        emit!(self ; mov rdi, r12 ; mov rdx, rbx);
        self.call_rust(address);
        emit!(self
            ; cmp eax, ENTER as i32
            ; je =>enter
            ; ret);
    }

    /// Returns from a function whose caller does not want exactly what it gives: if the caller is an operation that waits for one
    /// value, that is put where the callee was, and the operation does the rest. Otherwise the helper returns.
    fn return_stub(&mut self, enter: DynamicLabel) {
        let (value, general, nil, copied) = (self.label(), self.label(), self.label(), self.label());
        let flags = 8 * (HEADER_FLAGS_OFFSET - TAG_OFFSET) as u32;
        let is_value = |continuation| header_half_of(continuation, 2);
        let header = Address::slot(-1).tag();
        emit_at!(self, header, [mov rax, QWORD] []);
        emit!(self
            ; btr rax, BYTE (flags + FLAG_TAIL_CALL.ilog2()) as i8
            ; btr rax, BYTE (flags + FLAG_ONE_WORD.ilog2()) as i8
            ; cmp rax, is_value(Continuation::Store)
            ; je =>value
            ; cmp rax, is_value(Continuation::Branch)
            ; je =>value
            ; cmp rax, header_half_of(Continuation::Discard, 1)
            ; jne =>general
            ; =>value
            ; sub r8d, BYTE 1
            ; jb =>general
            ; jz =>nil
            ; shl ecx, VALUE_BYTES.ilog2() as i8
            ; mov rax, [rbx + rcx]
            ; movzx edx, BYTE [rbx + rcx + TAG_OFFSET as i32]
            ; =>copied);
        let result = Address::slot(-(HEADER_SLOTS as i32));
        emit_at!(self, result, [mov QWORD] [, rax]);
        emit_at!(self, result.tag(), [mov BYTE] [, dl]);
        self.count_frames(-1);
        emit!(self
            ; mov eax, VALUE_RETURNED as i32
            ; mov rdx, rbx
            ; ret
            ; =>nil
            ; xor eax, eax
            ; xor edx, edx
            ; jmp =>copied
            ; =>general);
        self.helper_stub(Helper::Return as usize, enter);
    }

    /// Runs the callee that a helper has left in the context, whose base is in `rdx`, until it comes back. If it was called by
    /// the site and has returned to compiled code, the site goes on; otherwise [`Helper::Finish`] says how. There may be another
    /// callee to be run first.
    fn run_callee(&mut self, enter: DynamicLabel) {
        let context = |offset| Address::at(Anchor::Context, offset);
        let (frame, finish, finished) = (self.label(), self.label(), self.label());
        let (value, branch, far) = (self.label(), self.label(), self.label());
        let (other, go_on) = (self.label(), self.label());
        emit!(self ; =>enter ; sub rsp, BYTE 8);
        for offset in [WAITING_RETURN_OFFSET, WAITING_THREAD_OFFSET, WAITING_LOCAL_CHANGES_OFFSET, WAITING_SITE_OFFSET]
        {
            emit_at!(self, context(offset), [push QWORD] []);
        }
        emit!(self
            ; mov rbx, rdx
            ; call =>frame
            ; pop rsi
            ; pop rcx
            ; pop r8
            ; pop r9
            ; add rsp, BYTE 8
            // Where the callee was, and the base of the site, wherever the stack is now.
            ; lea rdi, [rbx - HEADER_SLOTS as i32 * VALUE_BYTES as i32]
            ; mov edx, esi
            ; shl rdx, VALUE_BYTES.ilog2() as i8);
        emit_at!(self, Address::at(Anchor::Vm, VM_STACK_OFFSET), [add rdx, QWORD] []);
        emit!(self
            ; mov rbx, rdx
            ; cmp eax, VALUE_RETURNED as i32
            ; je =>value
            ; cmp eax, LEAVE as i32
            ; ja =>other
            // Where a callee that leaves would return to does not matter.
            ; mov edi, 0
            ; cmove r9, rdi
            ; je =>finish
            ; test r9, r9
            ; jz =>finished
            ; =>finish
            ; shr rsi, 32
            ; mov rdi, r12);
        self.call_rust(context(HELPERS_OFFSET + 8 * Helper::Finish as usize));
        emit!(self
            ; cmp eax, ENTER as i32
            ; je =>enter
            ; =>finished
            ; ret
            ; =>value
            ; cmp r9, Waiting::Discard as i32
            ; ja =>far);
        emit_at!(self, Address::at(Anchor::Vm, VM_METAMETHOD_DEPTH_OFFSET), [sub DWORD] [, BYTE 1]);
        emit!(self
            ; xor eax, eax
            ; cmp r9d, Waiting::Branch as i32
            ; je =>branch
            ; ja =>go_on
            ; mov rcx, [rdi]
            ; movzx r8d, BYTE [rdi + TAG_OFFSET as i32]
            ; shr rsi, 56
            ; shl esi, VALUE_BYTES.ilog2() as i8
            ; mov [rbx + rsi], rcx
            ; mov [rbx + rsi + TAG_OFFSET as i32], r8b
            ; ret
            ; =>branch
            ; xor edx, edx
            ; cmp BYTE [rdi + TAG_OFFSET as i32], Tag::False as i8
            ; seta dl
            ; =>go_on
            ; ret
            // The end of a protected call is that of the site, or the VM goes on behind it.
            ; =>other
            ; cmp eax, PROTECTED_RETURNED as i32
            ; jne =>finished
            ; xor eax, eax
            ; cmp r9, Waiting::Protected as i32
            ; je =>finished
            ; xor r9d, r9d
            ; jmp =>finish
            // The VM does what the callee's header says.
            ; =>far
            ; mov r9, rdi);
        emit_at!(self, Address::at(Anchor::Vm, VM_STACK_OFFSET), [sub r9, QWORD] []);
        emit!(self
            ; bts r9, BYTE VALUE_MARK as i8
            ; jmp =>finish
            ; =>frame
            ; push r13);
        emit_at!(self, context(JUMP_POOL_OFFSET), [mov r13, QWORD] []);
        emit_at!(self, context(JUMP_CODE_OFFSET), [jmp QWORD] []);
    }
}
