//! What an engine reports while it runs, if somebody listens.
//!
//! Every reason is an enum, so that "why was this not compiled" and "why did it leave compiled code" always have a
//! counted answer. Without a sink nothing is built or sent.

/// Receives events in the order in which they happen.
pub trait EventSink {
    /// One event, at `time_ns` of the host's monotonic clock.
    fn event(&mut self, time_ns: u64, event: &Event);

    /// Machine code was published, for whoever names it in the profiles of other tools.
    fn code_published(&mut self, code: &PublishedCode) {
        let _not_needed = code;
    }
}

/// Machine code that was just published.
#[derive(Debug, Clone, Copy)]
pub struct PublishedCode<'a> {
    /// What it is the code of.
    pub unit: &'a Unit,
    /// The compiler that has made it, by the id of its engine.
    pub compiler: &'static str,
    /// Where it lies.
    pub address: u64,
    /// It.
    pub bytes: &'a [u8],
    /// Offsets from which on the code was made for a source line of the unit's chunk, in ascending order.
    pub lines: &'a [(u32, u32)],
}

/// What a unit of compilation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// A whole function.
    Function,
    /// A loop with everything inside it.
    Loop,
}

/// A unit of compilation, by where it stands in the source and in the bytecode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// The function as messages name it (`fib`, `main chunk`).
    pub function: String,
    /// The chunk's display name.
    pub chunk: String,
    /// The line of the function or loop, from 1.
    pub line: u32,
    /// The bytecode index of the function entry (0) or of the loop header, which may be 0 too.
    pub pc: u32,
}

/// How far a unit has come that an engine with a compiler watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitProgress {
    /// The unit.
    pub unit: Unit,
    /// What has become of it.
    pub stage: UnitStage,
    /// Calls or back-edges, as the engine counts them, since the start or the last setback.
    pub count: u64,
    /// How many of them lead to a compilation; `u64::MAX` if no number does.
    pub needed: u64,
}

/// What has become of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitStage {
    /// It is on its way to a compilation.
    Counting,
    /// It is compiled.
    Compiled,
    /// It will not be compiled any more.
    GivenUp,
}

/// Where in the program compiled code was left, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitPlace {
    /// The function that was left, which can be one that was inlined into the unit's.
    pub function: String,
    /// The line of the instruction with which the VM goes on, or whose operation goes on in the VM; from 1.
    pub line: u32,
    /// The piece of source that it was compiled from, as far as the code tells: `v + 1`.
    pub construct: String,
    /// What more is known.
    pub detail: ExitDetail,
}

/// What more is known of an exit than its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitDetail {
    /// Nothing.
    None,
    /// A value had another type than the code was made for.
    Types {
        /// The type that the code was made for, by its name for people: integers and floats are told apart.
        expected: &'static str,
        /// The type that came.
        came: &'static str,
    },
    /// This function goes on in the VM.
    Callee(String),
}

/// Something that happened inside an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A back-edge counter passed its threshold.
    LoopHot {
        /// The loop.
        unit: Unit,
        /// Back-edges counted.
        iterations: u64,
    },
    /// A call counter passed its threshold.
    FunctionHot {
        /// The function.
        unit: Unit,
        /// Calls counted.
        calls: u64,
        /// Back-edges of its loops counted.
        back_edges: u64,
    },
    /// A compiler starts on a unit.
    CompileStart {
        /// What is compiled.
        unit: Unit,
    },
    /// A unit was published.
    CompileEnd {
        /// What was compiled.
        unit: Unit,
        /// Size of its machine code.
        code_bytes: u64,
        /// Time from start to publication.
        time_ns: u64,
    },
    /// The code of a unit was still there, from an earlier try or from the same text: it is used again.
    Reused {
        /// The unit.
        unit: Unit,
    },
    /// A compiler declined a unit.
    Declined {
        /// The unit.
        unit: Unit,
        /// Why.
        reason: DeclineReason,
    },
    /// Compiled code was entered at a loop header while the loop was running.
    OsrEntry {
        /// The loop.
        unit: Unit,
    },
    /// Compiled code left for the VM; the unit stays.
    SideExit {
        /// The unit that was left.
        unit: Unit,
        /// The bytecode index of the instruction at which the code was left, in the function of the place.
        resume_pc: u32,
        /// Where in the program that is.
        place: ExitPlace,
        /// Why.
        reason: ExitReason,
    },
    /// A unit was thrown away because an assumption failed.
    Deoptimised {
        /// The unit.
        unit: Unit,
        /// Why.
        reason: ExitReason,
    },
    /// A unit will not be compiled again.
    Blacklisted {
        /// The unit.
        unit: Unit,
    },
    /// A unit was thrown out of the code cache for room.
    Evicted {
        /// The unit.
        unit: Unit,
        /// Bytes that became free.
        code_bytes: u64,
    },
    /// A garbage collection ended.
    Collected {
        /// Heap bytes before it.
        before_bytes: u64,
        /// Heap bytes after it.
        after_bytes: u64,
        /// How long it took.
        time_ns: u64,
    },
}

/// Why a compiler declined a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclineReason {
    /// The unit has an opcode that this compiler does not handle.
    Opcode(&'static str),
    /// The unit is longer than the compiler takes.
    TooLarge,
    /// The types in the unit were still changing after as many passes as the compiler makes.
    TypesUnsettled,
    /// The assembler refused the code, which is a bug of the compiler.
    Assembler,
    /// No code memory could be had.
    CodeMemory,
    /// The compile time limit passed.
    TimeLimit,
    /// The unit was thrown away too often.
    Blacklisted,
    /// The unit is compiled, but what it does between an entry and the next exit is too little to be worth them.
    LeavesTooOften,
    /// The unit is compiled, but has turned out to be no faster than what runs its code otherwise.
    NotFaster,
    /// What may be spent on compilations has been spent by others that were not worth it.
    OverBudget,
}

/// Why compiled code was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// A value had another type than the code was made for.
    Type,
    /// A table had another shape, or another metatable behind which a field was looked up.
    Shape,
    /// A field was nil where the code was made for a value.
    NilField,
    /// An array had another kind.
    ArrayKind,
    /// An index was out of the array's bounds.
    Bounds,
    /// Another function was called than the code was made for.
    Callee,
    /// What was constant so far has changed, such as the structure of a class.
    Watchpoint,
    /// An interrupt bit was set at a poll.
    Interrupt,
    /// Control came to an instruction, or to a case of one, that was not compiled, or to a function that is not.
    NotCompiled,
    /// Control went on somewhere else than behind the instruction: in a coroutine, or where an error was caught.
    Elsewhere,
    /// A function is compiled, but could not be run above this code: the native stack is used up, or it may not be nested.
    NoNesting,
    /// The code of the unit itself was thrown away, to be made anew.
    Replaced,
    /// The knob `force-exit-every` asked for it.
    Forced,
}
