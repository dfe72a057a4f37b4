//! The vocabulary of the columns of the opcode table, as far as it is not about what an instruction does: operands,
//! second words, groups of registers, flags. Knows no opcode; the table is in [`super`].

/// What an 8-bit operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperandKind {
    /// Nothing; 0.
    Unused,
    /// A register that is read.
    Read,
    /// A register that is written.
    Write,
    /// The first register of the groups that the row names.
    Group,
    /// Index of a constant.
    Constant,
    /// Index of a constant that is a number.
    Numeric,
    /// Index of an upvalue.
    Upvalue,
    /// A signed number.
    Signed,
    /// An unsigned number.
    Unsigned,
    /// A count or a flag, which is no value of the program.
    Count,
}

/// What the 16-bit operand Bx is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    /// Index of a constant.
    Constant,
    /// Index of a constant that is a number.
    Numeric,
    /// A signed number.
    Signed,
    /// A count, which is no value of the program.
    Count,
}

/// How the 24 bits beside the opcode are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Three 8-bit operands.
    Abc(OperandKind, OperandKind, OperandKind),
    /// An 8-bit and a 16-bit operand.
    Abx(OperandKind, Wide),
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
    /// Index of a feedback slot of this kind.
    Slot(SlotKind),
    /// Index of a constant.
    Constant,
    /// Index of a nested function.
    Proto,
    /// An unsigned number.
    Count,
}

/// What a feedback slot is for; see [`crate::proto::FeedbackDescriptor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// Access to a field with a constant key.
    Field,
    /// Access with another key.
    Index,
    /// A call.
    Call,
    /// A constructor with keys that are known.
    Template,
}

/// A relation between a left and a right operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Relation {
    /// The same relation with its operands exchanged.
    pub const fn mirrored(self) -> Relation {
        match self {
            Relation::Equal => Relation::Equal,
            Relation::Less => Relation::Greater,
            Relation::LessEqual => Relation::GreaterEqual,
            Relation::Greater => Relation::Less,
            Relation::GreaterEqual => Relation::LessEqual,
        }
    }
}

/// Where the two operands of an operator or a comparison are, left and right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Both in registers.
    RegisterRegister,
    /// A register and a constant.
    RegisterConstant,
    /// A constant and a register.
    ConstantRegister,
    /// A register and a number in the instruction.
    RegisterImmediate,
}

/// Registers that an instruction names by the first: those from `R[A+offset]` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Registers from A to the first.
    pub offset: u8,
    /// How many there are.
    pub length: GroupLength,
}

/// How many registers a [`Group`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupLength {
    /// This many.
    Exactly(u8),
    /// B.
    B,
    /// B, and up to the top if B is 0.
    BOrTop,
    /// B-1, and up to the top if B is 0.
    BLessOne,
    /// C-1, and up to the top if C is 0.
    CLessOne,
    /// C, and at least this many.
    CAtLeast(u8),
}

/// What may happen besides reading and writing the registers of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// It may call a function of the program, which may yield, raise an error, allocate and change whatever the program
    /// can reach.
    pub const CALLS: Flags = Flags(1);
    /// It may raise an error without a call.
    pub const RAISES: Flags = Flags(1 << 1);
    /// It may allocate an object without a call. If there is no memory, that is an error.
    pub const ALLOCATES: Flags = Flags(1 << 2);
    /// It may jump back to a loop's header, after a poll. No opcode without this jumps back.
    pub const BACK_EDGE: Flags = Flags(1 << 3);
    /// Control never reaches the following instruction.
    pub const ENDS: Flags = Flags(1 << 4);
    /// It jumps or goes on, and writes its registers on one of these ways only.
    pub const ONE_WAY: Flags = Flags(1 << 5);

    /// All of `flags`.
    pub(super) const fn of(flags: &[Flags]) -> Flags {
        let (mut all, mut i) = (0, 0);
        while i < flags.len() {
            all |= flags[i].0;
            i += 1;
        }
        Flags(all)
    }

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }
}
