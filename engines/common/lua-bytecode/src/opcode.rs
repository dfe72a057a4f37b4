//! The one table of opcodes: how an instruction is laid out, what it does, which registers it reads and writes, and
//! what else may happen. Everything that asks any of that (verifier, liveness, names in messages, listings,
//! interpreters, compilers) asks here; `OPCODES.md` is the table as a document.
//!
//! An instruction is one 32-bit word, or two if its opcode has an [`Extra`]. Bits of the first word, from the lowest:
//! opcode 8, A 8, B 8, C 8; or opcode 8, A 8, Bx 16; or opcode 8, sJ 24. Jump distances count words from the word
//! after the whole instruction.
//!
//! A row of the table: variant, mnemonic, `(operands)`, second word, `[operation]`, `{flags}`, groups of registers
//! beyond the operands, and a sentence. In the sentences: `R[x]` register, `K[x]` constant, `U[x]` upvalue (the value
//! in its cell), `imm` a number in the instruction. "Jump" without more means by the distance in the extra word. An
//! opcode that ends in `K` takes a constant as its right operand, one that starts with `K` as its left, one that ends
//! in `I` an immediate integer.
//!
//! How instructions are encoded is in [`crate::instruction`]; how a new one is added, in `engines/README.md`.

mod columns;

use lua_syntax::ast::{BinaryOperator, UnaryOperator};

pub use columns::{Extra, Flags, Form, Format, Group, GroupLength, OperandKind, Relation, SlotKind, Wide};

/// What an instruction does. Opcodes of one operation differ in where their operands are, which the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Copies a register.
    Move,
    /// Gives a register a value that the instruction names.
    Load(Literal),
    /// Loads `false` and skips the next word.
    LoadFalseSkip,
    /// Makes an object.
    New(Allocation),
    /// Reads the variable in a cell.
    GetCell,
    /// Writes the variable in a cell.
    SetCell,
    /// Reads an upvalue.
    GetUpvalue,
    /// Writes an upvalue.
    SetUpvalue,
    /// Reads a field.
    Get(Access),
    /// Writes a field.
    Set(Access),
    /// Reads a field that is to be called with the object, which it copies.
    GetMethod,
    /// Fills the array part of a new table.
    SetList,
    /// An arithmetic or bitwise operator.
    Arithmetic(BinaryOperator),
    /// An operator with one operand.
    Unary(UnaryOperator),
    /// The concatenation of a group.
    Concat,
    /// Jumps forward.
    Jump,
    /// Jumps back.
    LoopJump,
    /// Jumps if the operand has this truth.
    Test {
        /// The truth.
        jumps_if: bool,
    },
    /// Copies the operand and jumps if it has this truth.
    CopyTest {
        /// The truth.
        jumps_if: bool,
    },
    /// Jumps if a comparison has this truth.
    Compare {
        /// How A and the operand beside it are compared.
        relation: Relation,
        /// The truth.
        jumps_if: bool,
    },
    /// Begins a numeric loop, or jumps behind it.
    ForPrepare,
    /// Goes on with a numeric loop, or leaves it.
    ForLoop,
    /// Begins a generic loop.
    GenericForPrepare,
    /// Calls the iterator of a generic loop.
    GenericForCall,
    /// Goes on with a generic loop, or leaves it.
    GenericForLoop,
    /// Calls a function.
    Call,
    /// Calls a function in place of this one.
    TailCall,
    /// Returns.
    Return,
    /// Closes the variables that are to be closed, then returns.
    CloseReturn,
    /// Copies extra arguments.
    Vararg,
    /// Marks a variable to be closed.
    MarkClose,
    /// Closes variables.
    Close,
}

/// A value that an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    /// An integer in the instruction.
    Integer,
    /// A float that is an integer in the instruction.
    Float,
    /// A constant.
    Constant,
    /// Nil, to a group of registers.
    Nil,
    /// `true`.
    True,
    /// `false`.
    False,
}

/// An object that an instruction makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// A cell that holds the value of a register.
    Cell,
    /// A cell that holds nil.
    NilCell,
    /// An empty table.
    Table,
    /// A table with room for the keys of a template.
    Template,
    /// A closure.
    Closure,
}

/// Where the value comes from that an instruction puts into register A, as error messages name values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Register B.
    Register,
    /// The variable in the cell in register B.
    Cell,
    /// Upvalue B.
    Upvalue,
    /// A constant.
    Constant,
    /// A field.
    Field(Access),
    /// A field that is about to be called as a method.
    Method,
    /// It has no name.
    Nameless,
}

/// Which table a field is of, and what its key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `_ENV` in an upvalue, the slot's key.
    Global,
    /// A table in an upvalue, the slot's key.
    UpvalueField,
    /// A table in a register, the slot's key.
    Field,
    /// A table in a register, an operand as key.
    Element,
}

macro_rules! opcodes {
    ($(
        $variant:ident $name:literal ($($format:tt)*) $extra:ident $(($slot:ident))?
        [$($operation:tt)*] {$($flag:ident)*}
        $(reads [$($read_offset:literal: $read_length:expr),*])?
        $(writes [$($write_offset:literal: $write_length:expr),*])?
        $doc:literal;
    )*) => {
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

            // The columns that are read while programs run are arrays: one load for each.

            /// How the first word is laid out.
            #[inline]
            pub const fn format(self) -> Format {
                #[allow(unused_imports, reason = "rows name the variants that they need")]
                use OperandKind::*;
                const COLUMN: &[Format; Opcode::ALL.len()] = &[$(opcodes!(@format $($format)*),)*];
                COLUMN[self as usize]
            }

            /// What the second word is, if there is one.
            #[inline]
            pub const fn extra(self) -> Extra {
                const COLUMN: &[Extra; Opcode::ALL.len()] = &[$(Extra::$extra $((SlotKind::$slot))?,)*];
                COLUMN[self as usize]
            }

            /// What the instruction does, as data.
            #[inline]
            pub const fn operation(self) -> Operation {
                const COLUMN: &[Operation; Opcode::ALL.len()] = &[$(opcodes!(@operation $($operation)*),)*];
                COLUMN[self as usize]
            }

            /// What may happen besides.
            pub const fn flags(self) -> Flags {
                match self { $(Opcode::$variant => const { Flags::of(&[$(Flags::$flag),*]) },)* }
            }

            /// The groups of registers that are read, besides the operands.
            pub const fn group_reads(self) -> &'static [Group] {
                use GroupLength::*;
                match self {
                    $(Opcode::$variant => &[$($(Group { offset: $read_offset, length: $read_length }),*)?],)*
                }
            }

            /// The groups of registers that are written, besides the operands. Scratch registers of calls are included.
            pub const fn group_writes(self) -> &'static [Group] {
                use GroupLength::*;
                match self {
                    $(Opcode::$variant => &[$($(Group { offset: $write_offset, length: $write_length }),*)?],)*
                }
            }
        }
    };
    (@format sj) => { Format::Sj };
    (@format $a:ident, wide $wide:ident) => { Format::Abx($a, Wide::$wide) };
    (@format $a:ident, $b:ident, $c:ident) => { Format::Abc($a, $b, $c) };
    (@operation Load $literal:ident) => { Operation::Load(Literal::$literal) };
    (@operation New $allocation:ident) => { Operation::New(Allocation::$allocation) };
    (@operation Get $access:ident) => { Operation::Get(Access::$access) };
    (@operation Set $access:ident) => { Operation::Set(Access::$access) };
    (@operation Arithmetic $operator:ident) => { Operation::Arithmetic(BinaryOperator::$operator) };
    (@operation Unary $operator:ident) => { Operation::Unary(UnaryOperator::$operator) };
    (@operation Test $truth:ident) => { Operation::Test { jumps_if: opcodes!(@truth $truth) } };
    (@operation CopyTest $truth:ident) => { Operation::CopyTest { jumps_if: opcodes!(@truth $truth) } };
    (@operation Compare $relation:ident $truth:ident) => {
        Operation::Compare { relation: Relation::$relation, jumps_if: opcodes!(@truth $truth) }
    };
    (@operation $operation:ident) => { Operation::$operation };
    (@truth yes) => { true };
    (@truth no) => { false };
}

// A row is a line where it fits; the formatter would spread it.
#[rustfmt::skip]
opcodes! {
    // Loads and moves.
    Move "MOVE" (Write, Read, Unused) None [Move] {} "R[A] = R[B].";
    LoadInteger "LOADI" (Write, wide Signed) None [Load Integer] {} "R[A] = the integer sBx.";
    LoadFloat "LOADF" (Write, wide Signed) None [Load Float] {} "R[A] = the float sBx.";
    LoadConstant "LOADK" (Write, wide Constant) None [Load Constant] {} "R[A] = K[Bx].";
    LoadConstantWide "LOADKX" (Write, Unused, Unused) Constant [Load Constant] {} "R[A] = K[extra].";
    LoadNil "LOADNIL" (Group, Count, Unused) None [Load Nil] {} writes [0: B] "R[A], ..., R[A+B-1] = nil.";
    LoadTrue "LOADTRUE" (Write, Unused, Unused) None [Load True] {} "R[A] = true.";
    LoadFalse "LOADFALSE" (Write, Unused, Unused) None [Load False] {} "R[A] = false.";
    LoadFalseSkip "LFALSESKIP" (Write, Unused, Unused) None [LoadFalseSkip] {} "R[A] = false; skip the next word.";

    // Captured variables. A register that holds a cell is touched by no other opcodes.
    NewCell "NEWCELL" (Write, Read, Count) None [New Cell] {ALLOCATES}
        "R[A] = a new cell that holds R[B]; C = 1: the variable is never reassigned.";
    NewNilCell "NEWNILCELL" (Write, Unused, Count) None [New NilCell] {ALLOCATES}
        "R[A] = a new cell that holds nil; C as in NEWCELL.";
    GetCell "GETCELL" (Write, Read, Unused) None [GetCell] {} "R[A] = the value in the cell R[B].";
    SetCell "SETCELL" (Read, Read, Unused) None [SetCell] {} "The value in the cell R[A] = R[B].";
    GetUpvalue "GETUPVAL" (Write, Upvalue, Unused) None [GetUpvalue] {} "R[A] = U[B].";
    SetUpvalue "SETUPVAL" (Read, Upvalue, Unused) None [SetUpvalue] {} "U[B] = R[A].";

    // Table access with a short string constant; the key is in the feedback descriptor of the slot.
    GetGlobal "GETGLOBAL" (Write, Upvalue, Unused) Slot(Field) [Get Global] {CALLS}
        "R[A] = U[B][key], where U[B] is _ENV.";
    SetGlobal "SETGLOBAL" (Upvalue, Read, Unused) Slot(Field) [Set Global] {CALLS}
        "U[A][key] = R[B], where U[A] is _ENV.";
    SetGlobalK "SETGLOBALK" (Upvalue, wide Constant) Slot(Field) [Set Global] {CALLS}
        "U[A][key] = K[Bx], where U[A] is _ENV.";
    GetUpField "GETUPFIELD" (Write, Upvalue, Unused) Slot(Field) [Get UpvalueField] {CALLS} "R[A] = U[B][key].";
    SetUpField "SETUPFIELD" (Upvalue, Read, Unused) Slot(Field) [Set UpvalueField] {CALLS} "U[A][key] = R[B].";
    SetUpFieldK "SETUPFIELDK" (Upvalue, wide Constant) Slot(Field) [Set UpvalueField] {CALLS} "U[A][key] = K[Bx].";
    GetField "GETFIELD" (Write, Read, Unused) Slot(Field) [Get Field] {CALLS} "R[A] = R[B][key].";
    SetField "SETFIELD" (Read, Read, Unused) Slot(Field) [Set Field] {CALLS} "R[A][key] = R[B].";
    SetFieldK "SETFIELDK" (Read, wide Constant) Slot(Field) [Set Field] {CALLS} "R[A][key] = K[Bx].";
    SelfField "SELF" (Group, Read, Unused) Slot(Field) [GetMethod] {CALLS}
        writes [0: Exactly(3)] "R[A+2] = R[B]; R[A] = R[B][key], with B read first.";

    // Table access with other keys.
    GetIndex "GETINDEX" (Write, Read, Read) Slot(Index) [Get Element] {CALLS} "R[A] = R[B][R[C]].";
    SetIndex "SETINDEX" (Read, Read, Read) Slot(Index) [Set Element] {CALLS} "R[A][R[B]] = R[C].";
    SetIndexK "SETINDEXK" (Read, Read, Constant) Slot(Index) [Set Element] {CALLS} "R[A][R[B]] = K[C].";
    GetIndexI "GETINDEXI" (Write, Read, Unsigned) Slot(Index) [Get Element] {CALLS} "R[A] = R[B][imm C].";
    SetIndexI "SETINDEXI" (Read, Unsigned, Read) Slot(Index) [Set Element] {CALLS} "R[A][imm B] = R[C].";
    SetIndexIK "SETINDEXIK" (Read, Unsigned, Constant) Slot(Index) [Set Element] {CALLS} "R[A][imm B] = K[C].";

    // Constructors.
    NewTable "NEWTABLE" (Write, wide Count) Count [New Table] {ALLOCATES}
        "R[A] = {}; Bx fields and extra array items are expected.";
    NewObject "NEWOBJECT" (Write, wide Count) Slot(Template) [New Template] {ALLOCATES}
        "R[A] = {} with room for the template's keys in their order; Bx array items are expected.";
    SetList "SETLIST" (Group, Count, Unused) Count [SetList] {ALLOCATES}
        reads [0: Exactly(1), 1: BOrTop] "R[A][extra+i] = R[A+i] for i in 1..=B (B = 0: up to the top).";
    Closure "CLOSURE" (Write, Unused, Unused) Proto [New Closure] {ALLOCATES}
        "R[A] = a closure of the nested function extra.";

    // Arithmetic on two registers.
    Add "ADD" (Write, Read, Read) None [Arithmetic Add] {CALLS} "R[A] = R[B] + R[C].";
    Subtract "SUB" (Write, Read, Read) None [Arithmetic Subtract] {CALLS} "R[A] = R[B] - R[C].";
    Multiply "MUL" (Write, Read, Read) None [Arithmetic Multiply] {CALLS} "R[A] = R[B] * R[C].";
    Modulo "MOD" (Write, Read, Read) None [Arithmetic Modulo] {CALLS} "R[A] = R[B] % R[C].";
    Power "POW" (Write, Read, Read) None [Arithmetic Power] {CALLS} "R[A] = R[B] ^ R[C].";
    Divide "DIV" (Write, Read, Read) None [Arithmetic Divide] {CALLS} "R[A] = R[B] / R[C].";
    FloorDivide "IDIV" (Write, Read, Read) None [Arithmetic FloorDivide] {CALLS} "R[A] = R[B] // R[C].";
    BitAnd "BAND" (Write, Read, Read) None [Arithmetic BitAnd] {CALLS} "R[A] = R[B] & R[C].";
    BitOr "BOR" (Write, Read, Read) None [Arithmetic BitOr] {CALLS} "R[A] = R[B] | R[C].";
    BitXor "BXOR" (Write, Read, Read) None [Arithmetic BitXor] {CALLS} "R[A] = R[B] ~ R[C].";
    ShiftLeft "SHL" (Write, Read, Read) None [Arithmetic ShiftLeft] {CALLS} "R[A] = R[B] << R[C].";
    ShiftRight "SHR" (Write, Read, Read) None [Arithmetic ShiftRight] {CALLS} "R[A] = R[B] >> R[C].";

    // Arithmetic with a numeric constant on the right.
    AddK "ADDK" (Write, Read, Numeric) None [Arithmetic Add] {CALLS} "R[A] = R[B] + K[C].";
    SubtractK "SUBK" (Write, Read, Numeric) None [Arithmetic Subtract] {CALLS} "R[A] = R[B] - K[C].";
    MultiplyK "MULK" (Write, Read, Numeric) None [Arithmetic Multiply] {CALLS} "R[A] = R[B] * K[C].";
    ModuloK "MODK" (Write, Read, Numeric) None [Arithmetic Modulo] {CALLS} "R[A] = R[B] % K[C].";
    PowerK "POWK" (Write, Read, Numeric) None [Arithmetic Power] {CALLS} "R[A] = R[B] ^ K[C].";
    DivideK "DIVK" (Write, Read, Numeric) None [Arithmetic Divide] {CALLS} "R[A] = R[B] / K[C].";
    FloorDivideK "IDIVK" (Write, Read, Numeric) None [Arithmetic FloorDivide] {CALLS} "R[A] = R[B] // K[C].";
    BitAndK "BANDK" (Write, Read, Numeric) None [Arithmetic BitAnd] {CALLS} "R[A] = R[B] & K[C].";
    BitOrK "BORK" (Write, Read, Numeric) None [Arithmetic BitOr] {CALLS} "R[A] = R[B] | K[C].";
    BitXorK "BXORK" (Write, Read, Numeric) None [Arithmetic BitXor] {CALLS} "R[A] = R[B] ~ K[C].";
    ShiftLeftK "SHLK" (Write, Read, Numeric) None [Arithmetic ShiftLeft] {CALLS} "R[A] = R[B] << K[C].";
    ShiftRightK "SHRK" (Write, Read, Numeric) None [Arithmetic ShiftRight] {CALLS} "R[A] = R[B] >> K[C].";

    // Arithmetic with a numeric constant on the left. Metamethods see the operands in source order.
    KAdd "KADD" (Write, Numeric, Read) None [Arithmetic Add] {CALLS} "R[A] = K[B] + R[C].";
    KSubtract "KSUB" (Write, Numeric, Read) None [Arithmetic Subtract] {CALLS} "R[A] = K[B] - R[C].";
    KMultiply "KMUL" (Write, Numeric, Read) None [Arithmetic Multiply] {CALLS} "R[A] = K[B] * R[C].";
    KModulo "KMOD" (Write, Numeric, Read) None [Arithmetic Modulo] {CALLS} "R[A] = K[B] % R[C].";
    KPower "KPOW" (Write, Numeric, Read) None [Arithmetic Power] {CALLS} "R[A] = K[B] ^ R[C].";
    KDivide "KDIV" (Write, Numeric, Read) None [Arithmetic Divide] {CALLS} "R[A] = K[B] / R[C].";
    KFloorDivide "KIDIV" (Write, Numeric, Read) None [Arithmetic FloorDivide] {CALLS} "R[A] = K[B] // R[C].";
    KBitAnd "KBAND" (Write, Numeric, Read) None [Arithmetic BitAnd] {CALLS} "R[A] = K[B] & R[C].";
    KBitOr "KBOR" (Write, Numeric, Read) None [Arithmetic BitOr] {CALLS} "R[A] = K[B] | R[C].";
    KBitXor "KBXOR" (Write, Numeric, Read) None [Arithmetic BitXor] {CALLS} "R[A] = K[B] ~ R[C].";
    KShiftLeft "KSHL" (Write, Numeric, Read) None [Arithmetic ShiftLeft] {CALLS} "R[A] = K[B] << R[C].";
    KShiftRight "KSHR" (Write, Numeric, Read) None [Arithmetic ShiftRight] {CALLS} "R[A] = K[B] >> R[C].";

    // Arithmetic with an immediate on the right.
    AddI "ADDI" (Write, Read, Signed) None [Arithmetic Add] {CALLS} "R[A] = R[B] + imm sC.";
    SubtractI "SUBI" (Write, Read, Signed) None [Arithmetic Subtract] {CALLS} "R[A] = R[B] - imm sC.";

    // Other operators.
    Negate "UNM" (Write, Read, Unused) None [Unary Negate] {CALLS} "R[A] = -R[B].";
    BitNot "BNOT" (Write, Read, Unused) None [Unary BitNot] {CALLS} "R[A] = ~R[B].";
    Not "NOT" (Write, Read, Unused) None [Unary Not] {} "R[A] = not R[B].";
    Length "LEN" (Write, Read, Unused) None [Unary Length] {CALLS} "R[A] = #R[B].";
    Concat "CONCAT" (Group, Count, Unused) None [Concat] {CALLS}
        reads [0: B] writes [0: B] "R[A] = R[A] .. ... .. R[A+B-1].";

    // Jumps. JUMP goes forward, LOOPJUMP backward: every back-edge is LOOPJUMP, FORLOOP or TFORLOOP.
    Jump "JUMP" (sj) None [Jump] {ENDS} "Jump forward by sJ.";
    LoopJump "LOOPJUMP" (sj) None [LoopJump] {BACK_EDGE ENDS} "Jump back by sJ: a back-edge.";
    JumpIf "JT" (Read, Unused, Unused) Jump [Test yes] {} "Jump if R[A] is neither nil nor false.";
    JumpIfNot "JF" (Read, Unused, Unused) Jump [Test no] {} "Jump if R[A] is nil or false.";
    CopyJumpIf "COPYJT" (Write, Read, Unused) Jump [CopyTest yes] {ONE_WAY}
        "If R[B] is neither nil nor false: R[A] = R[B] and jump.";
    CopyJumpIfNot "COPYJF" (Write, Read, Unused) Jump [CopyTest no] {ONE_WAY}
        "If R[B] is nil or false: R[A] = R[B] and jump.";

    // Comparisons that jump. With NaN or metamethods "not less" is no "greater or equal": hence both polarities.
    JumpEqual "JEQ" (Read, Read, Unused) Jump [Compare Equal yes] {CALLS} "Jump if R[A] == R[B].";
    JumpNotEqual "JNE" (Read, Read, Unused) Jump [Compare Equal no] {CALLS} "Jump if not R[A] == R[B].";
    JumpLess "JLT" (Read, Read, Unused) Jump [Compare Less yes] {CALLS} "Jump if R[A] < R[B].";
    JumpNotLess "JNLT" (Read, Read, Unused) Jump [Compare Less no] {CALLS} "Jump if not R[A] < R[B].";
    JumpLessEqual "JLE" (Read, Read, Unused) Jump [Compare LessEqual yes] {CALLS} "Jump if R[A] <= R[B].";
    JumpNotLessEqual "JNLE" (Read, Read, Unused) Jump [Compare LessEqual no] {CALLS} "Jump if not R[A] <= R[B].";
    JumpEqualK "JEQK" (Read, wide Constant) Jump [Compare Equal yes] {} "Jump if R[A] == K[Bx]; no metamethods.";
    JumpNotEqualK "JNEK" (Read, wide Constant) Jump [Compare Equal no] {} "Jump if not R[A] == K[Bx]; no metamethods.";
    JumpLessK "JLTK" (Read, wide Numeric) Jump [Compare Less yes] {CALLS} "Jump if R[A] < K[Bx], a number.";
    JumpNotLessK "JNLTK" (Read, wide Numeric) Jump [Compare Less no] {CALLS} "Jump if not R[A] < K[Bx], a number.";
    JumpLessEqualK "JLEK" (Read, wide Numeric) Jump [Compare LessEqual yes] {CALLS} "Jump if R[A] <= K[Bx], a number.";
    JumpNotLessEqualK "JNLEK" (Read, wide Numeric) Jump [Compare LessEqual no] {CALLS}
        "Jump if not R[A] <= K[Bx], a number.";
    JumpGreaterK "JGTK" (Read, wide Numeric) Jump [Compare Greater yes] {CALLS} "Jump if K[Bx], a number, < R[A].";
    JumpNotGreaterK "JNGTK" (Read, wide Numeric) Jump [Compare Greater no] {CALLS}
        "Jump if not K[Bx], a number, < R[A].";
    JumpGreaterEqualK "JGEK" (Read, wide Numeric) Jump [Compare GreaterEqual yes] {CALLS}
        "Jump if K[Bx], a number, <= R[A].";
    JumpNotGreaterEqualK "JNGEK" (Read, wide Numeric) Jump [Compare GreaterEqual no] {CALLS}
        "Jump if not K[Bx], a number, <= R[A].";
    JumpEqualI "JEQI" (Read, wide Signed) Jump [Compare Equal yes] {} "Jump if R[A] == imm sBx; no metamethods.";
    JumpNotEqualI "JNEI" (Read, wide Signed) Jump [Compare Equal no] {} "Jump if not R[A] == imm sBx; no metamethods.";
    JumpLessI "JLTI" (Read, wide Signed) Jump [Compare Less yes] {CALLS} "Jump if R[A] < imm sBx.";
    JumpNotLessI "JNLTI" (Read, wide Signed) Jump [Compare Less no] {CALLS} "Jump if not R[A] < imm sBx.";
    JumpLessEqualI "JLEI" (Read, wide Signed) Jump [Compare LessEqual yes] {CALLS} "Jump if R[A] <= imm sBx.";
    JumpNotLessEqualI "JNLEI" (Read, wide Signed) Jump [Compare LessEqual no] {CALLS} "Jump if not R[A] <= imm sBx.";
    JumpGreaterI "JGTI" (Read, wide Signed) Jump [Compare Greater yes] {CALLS} "Jump if imm sBx < R[A].";
    JumpNotGreaterI "JNGTI" (Read, wide Signed) Jump [Compare Greater no] {CALLS} "Jump if not imm sBx < R[A].";
    JumpGreaterEqualI "JGEI" (Read, wide Signed) Jump [Compare GreaterEqual yes] {CALLS} "Jump if imm sBx <= R[A].";
    JumpNotGreaterEqualI "JNGEI" (Read, wide Signed) Jump [Compare GreaterEqual no] {CALLS}
        "Jump if not imm sBx <= R[A].";

    // Loops. Numeric: R[A] index, R[A+1] limit or iterations left, R[A+2] step, R[A+3] the variable.
    ForPrepare "FORPREP" (Group, Unused, Unused) Jump [ForPrepare] {RAISES ONE_WAY}
        reads [0: Exactly(3)] writes [0: Exactly(4)]
        "Check and convert R[A..A+3]; set R[A+3], or jump behind the loop if it does not run.";
    ForLoop "FORLOOP" (Group, Unused, Unused) Jump [ForLoop] {BACK_EDGE ONE_WAY}
        reads [0: Exactly(3)] writes [0: Exactly(4)]
        "Step; if the loop goes on, set R[A+3] and jump back: a back-edge.";
    // Generic: R[A] iterator, R[A+1] state, R[A+2] control, R[A+3] closing value, R[A+4] on the variables and the call.
    GenericForPrepare "TFORPREP" (Group, Unused, Unused) Jump [GenericForPrepare] {RAISES ENDS}
        reads [0: Exactly(4)] "Mark R[A+3] to be closed unless it is nil or false; jump to the TFORCALL.";
    GenericForCall "TFORCALL" (Group, Unused, Count) Slot(Call) [GenericForCall] {CALLS}
        reads [0: Exactly(3)] writes [4: CAtLeast(4)] "R[A+4], ..., R[A+3+C] = R[A](R[A+1], R[A+2]), called at R[A+4].";
    GenericForLoop "TFORLOOP" (Group, Unused, Unused) Jump [GenericForLoop] {BACK_EDGE ONE_WAY}
        reads [4: Exactly(1)] writes [2: Exactly(1)]
        "If R[A+4] is not nil: R[A+2] = R[A+4] and jump back: a back-edge.";

    // Calls. The callee is in R[A], R[A+1] is reserved, the arguments start at R[A+2], the results at R[A].
    Call "CALL" (Group, Count, Count) Slot(Call) [Call] {CALLS}
        reads [0: Exactly(1), 2: BLessOne] writes [0: Exactly(2), 0: CLessOne]
        "Call R[A] with B-1 arguments (B = 0: up to the top) for C-1 results (C = 0: all, and set the top).";
    TailCall "TAILCALL" (Group, Count, Unused) Slot(Call) [TailCall] {CALLS ENDS}
        reads [0: Exactly(1), 2: BLessOne] writes [0: Exactly(2)]
        "Return the results of calling R[A] with B-1 arguments (B = 0: up to the top).";
    Return "RETURN" (Group, Count, Unused) None [Return] {ENDS}
        reads [0: BLessOne] "Return R[A], ..., R[A+B-2] (B = 0: up to the top).";
    Return0 "RETURN0" (Unused, Unused, Unused) None [Return] {ENDS} "Return nothing.";
    Return1 "RETURN1" (Read, Unused, Unused) None [Return] {ENDS} "Return R[A].";
    CloseReturn "CLOSERETURN" (Group, Count, Unused) None [CloseReturn] {CALLS ENDS}
        reads [0: BLessOne] "Close every to-be-closed variable of the frame, then do as RETURN.";
    Vararg "VARARG" (Group, Unused, Count) None [Vararg] {RAISES}
        writes [0: CLessOne] "R[A], ... = the first C-1 extra arguments (C = 0: all, and set the top).";
    MarkClose "TBC" (Read, Unused, Unused) None [MarkClose] {RAISES}
        "Mark R[A] to be closed, unless it is nil or false.";
    Close "CLOSE" (Read, Unused, Unused) None [Close] {CALLS}
        "Close the to-be-closed variables in R[A] and above, last first.";
}

impl Opcode {
    /// Words that an instruction with this opcode takes: 1 or 2.
    #[inline]
    pub const fn words(self) -> u32 {
        match self.extra() {
            Extra::None => 1,
            Extra::Jump | Extra::Slot(_) | Extra::Constant | Extra::Proto | Extra::Count => 2,
        }
    }

    /// Whether a back-edge of a loop is made by this opcode. No other opcode jumps backward.
    pub const fn is_back_edge(self) -> bool {
        self.flags().contains(Flags::BACK_EDGE)
    }

    /// Whether control never reaches the following instruction.
    pub const fn ends_path(self) -> bool {
        self.flags().contains(Flags::ENDS)
    }

    /// Whether the registers that the instruction writes are written on every way on.
    pub const fn always_writes(self) -> bool {
        !self.flags().contains(Flags::ONE_WAY)
    }

    /// Whether the instruction may call a function of the program: one that it names, or a metamethod. The function may
    /// yield. (At a back-edge a finaliser may run besides, which may not.)
    pub const fn may_call(self) -> bool {
        self.flags().contains(Flags::CALLS)
    }

    /// Whether the instruction may raise an error, by a call, for want of memory, or by itself.
    pub const fn may_raise(self) -> bool {
        self.may_allocate() || self.flags().contains(Flags::RAISES)
    }

    /// Whether the instruction may allocate an object, by a call or by itself.
    pub const fn may_allocate(self) -> bool {
        self.may_call() || self.flags().contains(Flags::ALLOCATES)
    }

    /// Whether the instruction's purpose is to call a function, which a feedback slot watches.
    pub const fn is_call(self) -> bool {
        matches!(self.extra(), Extra::Slot(SlotKind::Call))
    }

    /// Whether the instruction may go on elsewhere in its function than behind itself.
    pub const fn may_jump(self) -> bool {
        matches!(self.format(), Format::Sj)
            || matches!(self.extra(), Extra::Jump)
            || matches!(self.operation(), Operation::LoadFalseSkip)
    }

    /// Where the operands of an operator or a comparison are; `None` for all other operations.
    pub const fn form(self) -> Option<Form> {
        use OperandKind::{Numeric, Read, Signed, Unused};
        match (self.operation(), self.format()) {
            (Operation::Arithmetic(_), Format::Abc(_, Read, Read))
            | (Operation::Compare { .. }, Format::Abc(Read, Read, Unused)) => Some(Form::RegisterRegister),
            (Operation::Arithmetic(_), Format::Abc(_, Read, Numeric))
            | (Operation::Compare { .. }, Format::Abx(Read, Wide::Constant | Wide::Numeric)) => {
                Some(Form::RegisterConstant)
            }
            (Operation::Arithmetic(_), Format::Abc(_, Numeric, Read)) => Some(Form::ConstantRegister),
            (Operation::Arithmetic(_), Format::Abc(_, Read, Signed))
            | (Operation::Compare { .. }, Format::Abx(Read, Wide::Signed)) => Some(Form::RegisterImmediate),
            _ => None,
        }
    }

    /// The opcode of an arithmetic or bitwise operator with its operands in these places, if there is one.
    pub const fn arithmetic(operator: BinaryOperator, form: Form) -> Option<Opcode> {
        if operator as usize >= OPERATORS { None } else { ARITHMETIC[operator as usize][form as usize] }
    }

    /// The opcode of a comparison that jumps at a truth, with its operands in these places, if there is one.
    pub const fn comparison(relation: Relation, jumps_if: bool, form: Form) -> Option<Opcode> {
        COMPARISONS[relation as usize][jumps_if as usize][form as usize]
    }

    /// The metamethod that the instruction may call, without its underscores.
    pub const fn event(self) -> Option<&'static str> {
        match self.operation() {
            Operation::Get(_) | Operation::GetMethod => Some("index"),
            Operation::Set(_) => Some("newindex"),
            Operation::Arithmetic(operator) => Some(arithmetic_event(operator)),
            Operation::Unary(UnaryOperator::Negate) => Some("unm"),
            Operation::Unary(UnaryOperator::BitNot) => Some("bnot"),
            Operation::Unary(UnaryOperator::Length) => Some("len"),
            Operation::Concat => Some("concat"),
            Operation::Compare { .. } if !self.may_call() => None,
            Operation::Compare { relation: Relation::Equal, .. } => Some("eq"),
            Operation::Compare { relation: Relation::Less | Relation::Greater, .. } => Some("lt"),
            Operation::Compare { relation: Relation::LessEqual | Relation::GreaterEqual, .. } => Some("le"),
            Operation::Close | Operation::CloseReturn => Some("close"),
            Operation::Unary(UnaryOperator::Not)
            | Operation::Move
            | Operation::Load(_)
            | Operation::LoadFalseSkip
            | Operation::New(_)
            | Operation::GetCell
            | Operation::SetCell
            | Operation::GetUpvalue
            | Operation::SetUpvalue
            | Operation::SetList
            | Operation::Jump
            | Operation::LoopJump
            | Operation::Test { .. }
            | Operation::CopyTest { .. }
            | Operation::ForPrepare
            | Operation::ForLoop
            | Operation::GenericForPrepare
            | Operation::GenericForCall
            | Operation::GenericForLoop
            | Operation::Call
            | Operation::TailCall
            | Operation::Return
            | Operation::Vararg
            | Operation::MarkClose => None,
        }
    }

    /// Where the value comes from that the instruction puts into register A.
    pub const fn origin(self) -> Origin {
        match self.operation() {
            Operation::Move => Origin::Register,
            Operation::GetCell => Origin::Cell,
            Operation::GetUpvalue => Origin::Upvalue,
            Operation::Get(access) => Origin::Field(access),
            Operation::GetMethod => Origin::Method,
            Operation::Load(Literal::Constant) => Origin::Constant,
            _ => Origin::Nameless,
        }
    }
}

const fn arithmetic_event(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "add",
        BinaryOperator::Subtract => "sub",
        BinaryOperator::Multiply => "mul",
        BinaryOperator::Modulo => "mod",
        BinaryOperator::Power => "pow",
        BinaryOperator::Divide => "div",
        BinaryOperator::FloorDivide => "idiv",
        BinaryOperator::BitAnd => "band",
        BinaryOperator::BitOr => "bor",
        BinaryOperator::BitXor => "bxor",
        BinaryOperator::ShiftLeft => "shl",
        BinaryOperator::ShiftRight => "shr",
        BinaryOperator::Concat
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual => panic!("not an arithmetic operator"),
    }
}

const FORMS: usize = Form::RegisterImmediate as usize + 1;
const OPERATORS: usize = BinaryOperator::ShiftRight as usize + 1;
const RELATIONS: usize = Relation::GreaterEqual as usize + 1;

/// The opcodes of the operators, read from the table.
const ARITHMETIC: [[Option<Opcode>; FORMS]; OPERATORS] = {
    let mut found = [[None; FORMS]; OPERATORS];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if let (Operation::Arithmetic(operator), Some(form)) = (opcode.operation(), opcode.form()) {
            found[operator as usize][form as usize] = Some(opcode);
        }
        i += 1;
    }
    found
};

/// The opcodes of the comparisons, read from the table.
const COMPARISONS: [[[Option<Opcode>; FORMS]; 2]; RELATIONS] = {
    let mut found = [[[None; FORMS]; 2]; RELATIONS];
    let mut i = 0;
    while i < Opcode::ALL.len() {
        let opcode = Opcode::ALL[i];
        if let (Operation::Compare { relation, jumps_if }, Some(form)) = (opcode.operation(), opcode.form()) {
            found[relation as usize][jumps_if as usize][form as usize] = Some(opcode);
        }
        i += 1;
    }
    found
};

const _: () = assert!(Opcode::ALL.len() <= 256, "an opcode is one byte");

#[cfg(test)]
mod tests;
