//! The one table of opcodes. Enum, names, operand formats and documentation all come from it; `OPCODES.md` is the table
//! as a document.
//!
//! An instruction is one 32-bit word, or two if its opcode has an [`Extra`]. Bits of the first word, from the lowest:
//! opcode 8, A 8, B 8, C 8; or opcode 8, A 8, Bx 16; or opcode 8, sJ 24. Jump distances count words from the word
//! after the whole instruction. What an opcode *does* to registers beyond its own operands (calls, ranges) is in
//! [`crate::effects`].
//!
//! In the texts: `R[x]` register, `K[x]` constant, `U[x]` upvalue (the value in its cell), `imm` a number in the
//! instruction. "Jump" without more means by the distance in the extra word. An opcode that ends in `K` takes a
//! constant as its right operand, one that starts with `K` as its left, one that ends in `I` an immediate integer.

/// What an 8-bit operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// Nothing; 0.
    Unused,
    /// A register that is read.
    Read,
    /// A register that is written.
    Write,
    /// A register that is read and may be written, or the first of a group that [`crate::effects`] describes.
    Group,
    /// Index of a constant.
    Constant,
    /// Index of an upvalue.
    Upvalue,
    /// A signed number.
    Signed,
    /// An unsigned number: a count, a flag or a small key.
    Count,
}

/// What the 16-bit operand Bx is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    /// Index of a constant.
    Constant,
    /// A signed number.
    Signed,
    /// An unsigned number.
    Count,
}

/// How the 24 bits beside the opcode are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Three 8-bit operands.
    Abc(Operand, Operand, Operand),
    /// An 8-bit and a 16-bit operand.
    Abx(Operand, Wide),
    /// A signed 24-bit jump distance.
    Sj,
}

/// What the second word of an instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// There is no second word.
    None,
    /// A signed jump distance.
    Jump,
    /// Index of a feedback slot.
    Slot,
    /// Index of a constant.
    Constant,
    /// Index of a nested function.
    Proto,
    /// An unsigned number.
    Count,
}

macro_rules! opcodes {
    ($($variant:ident $name:literal ($($format:tt)*) $extra:ident $doc:literal;)*) => {
        /// The operation of an instruction. The number is the lowest byte of the instruction's first word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode {
            $(#[doc = $doc] $variant,)*
        }

        impl Opcode {
            /// Every opcode, indexed by its number.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant,)*];

            /// The mnemonic in listings.
            pub const fn name(self) -> &'static str {
                match self { $(Opcode::$variant => $name,)* }
            }

            /// What the instruction does, in one sentence.
            pub const fn doc(self) -> &'static str {
                match self { $(Opcode::$variant => $doc,)* }
            }

            /// How the first word is laid out.
            pub const fn format(self) -> Format {
                #[allow(unused_imports, reason = "rows name the variants that they need")]
                use Operand::*;
                match self { $(Opcode::$variant => opcodes!(@format $($format)*),)* }
            }

            /// What the second word is, if there is one.
            pub const fn extra(self) -> Extra {
                match self { $(Opcode::$variant => Extra::$extra,)* }
            }
        }
    };
    (@format sj) => { Format::Sj };
    (@format $a:ident, wide $wide:ident) => { Format::Abx($a, Wide::$wide) };
    (@format $a:ident, $b:ident, $c:ident) => { Format::Abc($a, $b, $c) };
}

opcodes! {
    // Loads and moves.
    Move "MOVE" (Write, Read, Unused) None "R[A] = R[B].";
    LoadInteger "LOADI" (Write, wide Signed) None "R[A] = the integer sBx.";
    LoadFloat "LOADF" (Write, wide Signed) None "R[A] = the float sBx.";
    LoadConstant "LOADK" (Write, wide Constant) None "R[A] = K[Bx].";
    LoadConstantWide "LOADKX" (Write, Unused, Unused) Constant "R[A] = K[extra].";
    LoadNil "LOADNIL" (Group, Count, Unused) None "R[A], ..., R[A+B-1] = nil.";
    LoadTrue "LOADTRUE" (Write, Unused, Unused) None "R[A] = true.";
    LoadFalse "LOADFALSE" (Write, Unused, Unused) None "R[A] = false.";
    LoadFalseSkip "LFALSESKIP" (Write, Unused, Unused) None "R[A] = false; skip the next word.";

    // Captured variables. A register that holds a cell is touched by no other opcodes.
    NewCell "NEWCELL" (Write, Read, Count) None "R[A] = a new cell that holds R[B]; C = 1: the variable is never reassigned.";
    NewNilCell "NEWNILCELL" (Write, Unused, Count) None "R[A] = a new cell that holds nil; C as in NEWCELL.";
    GetCell "GETCELL" (Write, Read, Unused) None "R[A] = the value in the cell R[B].";
    SetCell "SETCELL" (Read, Read, Unused) None "The value in the cell R[A] = R[B].";
    GetUpvalue "GETUPVAL" (Write, Upvalue, Unused) None "R[A] = U[B].";
    SetUpvalue "SETUPVAL" (Read, Upvalue, Unused) None "U[B] = R[A].";

    // Table access with a short string constant; the key is in the feedback descriptor of the slot.
    GetGlobal "GETGLOBAL" (Write, Upvalue, Unused) Slot "R[A] = U[B][key], where U[B] is _ENV.";
    SetGlobal "SETGLOBAL" (Upvalue, Read, Unused) Slot "U[A][key] = R[B], where U[A] is _ENV.";
    SetGlobalK "SETGLOBALK" (Upvalue, wide Constant) Slot "U[A][key] = K[Bx], where U[A] is _ENV.";
    GetUpField "GETUPFIELD" (Write, Upvalue, Unused) Slot "R[A] = U[B][key].";
    SetUpField "SETUPFIELD" (Upvalue, Read, Unused) Slot "U[A][key] = R[B].";
    SetUpFieldK "SETUPFIELDK" (Upvalue, wide Constant) Slot "U[A][key] = K[Bx].";
    GetField "GETFIELD" (Write, Read, Unused) Slot "R[A] = R[B][key].";
    SetField "SETFIELD" (Read, Read, Unused) Slot "R[A][key] = R[B].";
    SetFieldK "SETFIELDK" (Read, wide Constant) Slot "R[A][key] = K[Bx].";
    SelfField "SELF" (Group, Read, Unused) Slot "R[A+2] = R[B]; R[A] = R[B][key], with B read first.";

    // Table access with other keys.
    GetIndex "GETINDEX" (Write, Read, Read) Slot "R[A] = R[B][R[C]].";
    SetIndex "SETINDEX" (Read, Read, Read) Slot "R[A][R[B]] = R[C].";
    SetIndexK "SETINDEXK" (Read, Read, Constant) Slot "R[A][R[B]] = K[C].";
    GetIndexI "GETINDEXI" (Write, Read, Count) Slot "R[A] = R[B][imm C].";
    SetIndexI "SETINDEXI" (Read, Count, Read) Slot "R[A][imm B] = R[C].";
    SetIndexIK "SETINDEXIK" (Read, Count, Constant) Slot "R[A][imm B] = K[C].";

    // Constructors.
    NewTable "NEWTABLE" (Write, wide Count) Count "R[A] = {}; Bx fields and extra array items are expected.";
    NewObject "NEWOBJECT" (Write, wide Count) Slot "R[A] = {} with room for the template's keys in their order; Bx array items are expected.";
    SetList "SETLIST" (Group, Count, Unused) Count "R[A][extra+i] = R[A+i] for i in 1..=B (B = 0: up to the top).";
    Closure "CLOSURE" (Write, Unused, Unused) Proto "R[A] = a closure of the nested function extra.";

    // Arithmetic on two registers.
    Add "ADD" (Write, Read, Read) None "R[A] = R[B] + R[C].";
    Subtract "SUB" (Write, Read, Read) None "R[A] = R[B] - R[C].";
    Multiply "MUL" (Write, Read, Read) None "R[A] = R[B] * R[C].";
    Modulo "MOD" (Write, Read, Read) None "R[A] = R[B] % R[C].";
    Power "POW" (Write, Read, Read) None "R[A] = R[B] ^ R[C].";
    Divide "DIV" (Write, Read, Read) None "R[A] = R[B] / R[C].";
    FloorDivide "IDIV" (Write, Read, Read) None "R[A] = R[B] // R[C].";
    BitAnd "BAND" (Write, Read, Read) None "R[A] = R[B] & R[C].";
    BitOr "BOR" (Write, Read, Read) None "R[A] = R[B] | R[C].";
    BitXor "BXOR" (Write, Read, Read) None "R[A] = R[B] ~ R[C].";
    ShiftLeft "SHL" (Write, Read, Read) None "R[A] = R[B] << R[C].";
    ShiftRight "SHR" (Write, Read, Read) None "R[A] = R[B] >> R[C].";

    // Arithmetic with a numeric constant on the right.
    AddK "ADDK" (Write, Read, Constant) None "R[A] = R[B] + K[C].";
    SubtractK "SUBK" (Write, Read, Constant) None "R[A] = R[B] - K[C].";
    MultiplyK "MULK" (Write, Read, Constant) None "R[A] = R[B] * K[C].";
    ModuloK "MODK" (Write, Read, Constant) None "R[A] = R[B] % K[C].";
    PowerK "POWK" (Write, Read, Constant) None "R[A] = R[B] ^ K[C].";
    DivideK "DIVK" (Write, Read, Constant) None "R[A] = R[B] / K[C].";
    FloorDivideK "IDIVK" (Write, Read, Constant) None "R[A] = R[B] // K[C].";
    BitAndK "BANDK" (Write, Read, Constant) None "R[A] = R[B] & K[C].";
    BitOrK "BORK" (Write, Read, Constant) None "R[A] = R[B] | K[C].";
    BitXorK "BXORK" (Write, Read, Constant) None "R[A] = R[B] ~ K[C].";
    ShiftLeftK "SHLK" (Write, Read, Constant) None "R[A] = R[B] << K[C].";
    ShiftRightK "SHRK" (Write, Read, Constant) None "R[A] = R[B] >> K[C].";

    // Arithmetic with a numeric constant on the left. Metamethods see the operands in source order.
    KAdd "KADD" (Write, Constant, Read) None "R[A] = K[B] + R[C].";
    KSubtract "KSUB" (Write, Constant, Read) None "R[A] = K[B] - R[C].";
    KMultiply "KMUL" (Write, Constant, Read) None "R[A] = K[B] * R[C].";
    KModulo "KMOD" (Write, Constant, Read) None "R[A] = K[B] % R[C].";
    KPower "KPOW" (Write, Constant, Read) None "R[A] = K[B] ^ R[C].";
    KDivide "KDIV" (Write, Constant, Read) None "R[A] = K[B] / R[C].";
    KFloorDivide "KIDIV" (Write, Constant, Read) None "R[A] = K[B] // R[C].";
    KBitAnd "KBAND" (Write, Constant, Read) None "R[A] = K[B] & R[C].";
    KBitOr "KBOR" (Write, Constant, Read) None "R[A] = K[B] | R[C].";
    KBitXor "KBXOR" (Write, Constant, Read) None "R[A] = K[B] ~ R[C].";
    KShiftLeft "KSHL" (Write, Constant, Read) None "R[A] = K[B] << R[C].";
    KShiftRight "KSHR" (Write, Constant, Read) None "R[A] = K[B] >> R[C].";

    // Arithmetic with an immediate on the right.
    AddI "ADDI" (Write, Read, Signed) None "R[A] = R[B] + imm sC.";
    SubtractI "SUBI" (Write, Read, Signed) None "R[A] = R[B] - imm sC.";

    // Other operators.
    Negate "UNM" (Write, Read, Unused) None "R[A] = -R[B].";
    BitNot "BNOT" (Write, Read, Unused) None "R[A] = ~R[B].";
    Not "NOT" (Write, Read, Unused) None "R[A] = not R[B].";
    Length "LEN" (Write, Read, Unused) None "R[A] = #R[B].";
    Concat "CONCAT" (Group, Count, Unused) None "R[A] = R[A] .. ... .. R[A+B-1].";

    // Jumps. JUMP goes forward, LOOPJUMP backward: every back-edge is LOOPJUMP, FORLOOP or TFORLOOP.
    Jump "JUMP" (sj) None "Jump forward by sJ.";
    LoopJump "LOOPJUMP" (sj) None "Jump back by sJ: a back-edge.";
    JumpIf "JT" (Read, Unused, Unused) Jump "Jump if R[A] is neither nil nor false.";
    JumpIfNot "JF" (Read, Unused, Unused) Jump "Jump if R[A] is nil or false.";
    CopyJumpIf "COPYJT" (Write, Read, Unused) Jump "If R[B] is neither nil nor false: R[A] = R[B] and jump.";
    CopyJumpIfNot "COPYJF" (Write, Read, Unused) Jump "If R[B] is nil or false: R[A] = R[B] and jump.";

    // Comparisons that jump. With NaN or metamethods "not less" is no "greater or equal": hence both polarities.
    JumpEqual "JEQ" (Read, Read, Unused) Jump "Jump if R[A] == R[B].";
    JumpNotEqual "JNE" (Read, Read, Unused) Jump "Jump if not R[A] == R[B].";
    JumpLess "JLT" (Read, Read, Unused) Jump "Jump if R[A] < R[B].";
    JumpNotLess "JNLT" (Read, Read, Unused) Jump "Jump if not R[A] < R[B].";
    JumpLessEqual "JLE" (Read, Read, Unused) Jump "Jump if R[A] <= R[B].";
    JumpNotLessEqual "JNLE" (Read, Read, Unused) Jump "Jump if not R[A] <= R[B].";
    JumpEqualK "JEQK" (Read, wide Constant) Jump "Jump if R[A] == K[Bx]; no metamethods.";
    JumpNotEqualK "JNEK" (Read, wide Constant) Jump "Jump if not R[A] == K[Bx]; no metamethods.";
    JumpLessK "JLTK" (Read, wide Constant) Jump "Jump if R[A] < K[Bx], a number.";
    JumpNotLessK "JNLTK" (Read, wide Constant) Jump "Jump if not R[A] < K[Bx], a number.";
    JumpLessEqualK "JLEK" (Read, wide Constant) Jump "Jump if R[A] <= K[Bx], a number.";
    JumpNotLessEqualK "JNLEK" (Read, wide Constant) Jump "Jump if not R[A] <= K[Bx], a number.";
    JumpGreaterK "JGTK" (Read, wide Constant) Jump "Jump if K[Bx], a number, < R[A].";
    JumpNotGreaterK "JNGTK" (Read, wide Constant) Jump "Jump if not K[Bx], a number, < R[A].";
    JumpGreaterEqualK "JGEK" (Read, wide Constant) Jump "Jump if K[Bx], a number, <= R[A].";
    JumpNotGreaterEqualK "JNGEK" (Read, wide Constant) Jump "Jump if not K[Bx], a number, <= R[A].";
    JumpEqualI "JEQI" (Read, wide Signed) Jump "Jump if R[A] == imm sBx; no metamethods.";
    JumpNotEqualI "JNEI" (Read, wide Signed) Jump "Jump if not R[A] == imm sBx; no metamethods.";
    JumpLessI "JLTI" (Read, wide Signed) Jump "Jump if R[A] < imm sBx.";
    JumpNotLessI "JNLTI" (Read, wide Signed) Jump "Jump if not R[A] < imm sBx.";
    JumpLessEqualI "JLEI" (Read, wide Signed) Jump "Jump if R[A] <= imm sBx.";
    JumpNotLessEqualI "JNLEI" (Read, wide Signed) Jump "Jump if not R[A] <= imm sBx.";
    JumpGreaterI "JGTI" (Read, wide Signed) Jump "Jump if imm sBx < R[A].";
    JumpNotGreaterI "JNGTI" (Read, wide Signed) Jump "Jump if not imm sBx < R[A].";
    JumpGreaterEqualI "JGEI" (Read, wide Signed) Jump "Jump if imm sBx <= R[A].";
    JumpNotGreaterEqualI "JNGEI" (Read, wide Signed) Jump "Jump if not imm sBx <= R[A].";

    // Loops. Numeric: R[A] index, R[A+1] limit or iterations left, R[A+2] step, R[A+3] the variable.
    ForPrepare "FORPREP" (Group, Unused, Unused) Jump "Check and convert R[A..A+3]; set R[A+3], or jump behind the loop if it does not run.";
    ForLoop "FORLOOP" (Group, Unused, Unused) Jump "Step; if the loop goes on, set R[A+3] and jump back: a back-edge.";
    // Generic: R[A] iterator, R[A+1] state, R[A+2] control, R[A+3] closing value, R[A+4] on the variables and the call.
    GenericForPrepare "TFORPREP" (Group, Unused, Unused) Jump "Mark R[A+3] to be closed unless it is nil or false; jump to the TFORCALL.";
    GenericForCall "TFORCALL" (Group, Unused, Count) Slot "R[A+4], ..., R[A+3+C] = R[A](R[A+1], R[A+2]), called at R[A+4].";
    GenericForLoop "TFORLOOP" (Group, Unused, Unused) Jump "If R[A+4] is not nil: R[A+2] = R[A+4] and jump back: a back-edge.";

    // Calls. The callee is in R[A], R[A+1] is reserved, the arguments start at R[A+2], the results at R[A].
    Call "CALL" (Group, Count, Count) Slot "Call R[A] with B-1 arguments (B = 0: up to the top) for C-1 results (C = 0: all, and set the top).";
    TailCall "TAILCALL" (Group, Count, Unused) Slot "Return the results of calling R[A] with B-1 arguments (B = 0: up to the top).";
    Return "RETURN" (Group, Count, Unused) None "Return R[A], ..., R[A+B-2] (B = 0: up to the top).";
    Return0 "RETURN0" (Unused, Unused, Unused) None "Return nothing.";
    Return1 "RETURN1" (Read, Unused, Unused) None "Return R[A].";
    CloseReturn "CLOSERETURN" (Group, Count, Unused) None "Close every to-be-closed variable of the frame, then do as RETURN.";
    Vararg "VARARG" (Group, Unused, Count) None "R[A], ... = the first C-1 extra arguments (C = 0: all, and set the top).";
    MarkClose "TBC" (Read, Unused, Unused) None "Mark R[A] to be closed, unless it is nil or false.";
    Close "CLOSE" (Read, Unused, Unused) None "Close the to-be-closed variables in R[A] and above, last first.";
}

impl Opcode {
    /// Words that an instruction with this opcode takes: 1 or 2.
    #[inline]
    pub const fn words(self) -> u32 {
        match self.extra() {
            Extra::None => 1,
            Extra::Jump | Extra::Slot | Extra::Constant | Extra::Proto | Extra::Count => 2,
        }
    }

    /// Whether a back-edge of a loop is made by this opcode. No other opcode jumps backward.
    pub const fn is_back_edge(self) -> bool {
        matches!(self, Opcode::LoopJump | Opcode::ForLoop | Opcode::GenericForLoop)
    }

    /// Whether control never reaches the following instruction.
    pub const fn ends_path(self) -> bool {
        matches!(
            self,
            Opcode::Jump
                | Opcode::LoopJump
                | Opcode::TailCall
                | Opcode::Return
                | Opcode::Return0
                | Opcode::Return1
                | Opcode::CloseReturn
                | Opcode::GenericForPrepare
        )
    }
}

const _: () = assert!(Opcode::ALL.len() <= 256, "an opcode is one byte");
