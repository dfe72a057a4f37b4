//! What the compiler gives: a function's code and everything that an engine, a debugger or an error message needs to
//! know about it. Plain data, no heap values.

use std::rc::Rc;

use lua_syntax::ast::{Bytes, Span};

use crate::instruction::{Pc, Register};

/// A constant of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(Bytes),
}

/// Where a new closure finds one of its upvalues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpvalueSource {
    /// The cell in this register of the function that makes the closure.
    Register(Register),
    /// The cell of this upvalue of the function that makes the closure.
    Upvalue(u8),
    /// The environment that `load` was given: only the `_ENV` of a main function.
    Environment,
}

/// An upvalue of a function.
#[derive(Debug, Clone)]
pub struct UpvalueDescriptor {
    /// The variable's name.
    pub name: Bytes,
    /// Where the cell comes from.
    pub source: UpvalueSource,
    /// Whether the variable is ever assigned after its declaration.
    pub reassigned: bool,
}

/// What a feedback slot is for. An instruction names its slot in its second word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedbackDescriptor {
    /// Access to the field whose name, a string of at most [`SHORT_KEY_BYTES`] bytes, is this constant.
    Field(u32),
    /// Access with a key that is not known.
    Index,
    /// A call.
    Call,
    /// A constructor: the constants that are its keys, each once, in source order.
    Template(Vec<u32>),
}

/// Longest string, in bytes, that field instructions take as key; longer ones go through a register. It is the limit
/// below which strings are interned, so that engines compare field names by pointer.
pub const SHORT_KEY_BYTES: usize = 40;

/// Where the value of a local variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In a register.
    Register(Register),
    /// In the cell that the register holds: a captured variable.
    Cell(Register),
    /// In both: a captured variable that is never reassigned.
    RegisterAndCell {
        /// The register with the value.
        register: Register,
        /// The register with the cell.
        cell: Register,
    },
}

impl Storage {
    /// The register that PUC Lua would name for the variable.
    pub fn register(self) -> Register {
        match self {
            Storage::Register(register) | Storage::Cell(register) => register,
            Storage::RegisterAndCell { register, cell: _ } => register,
        }
    }
}

/// A local variable during the part of the code in which it is in scope.
#[derive(Debug, Clone)]
pub struct LocalVariable {
    /// Its name.
    pub name: Bytes,
    /// Where its value is.
    pub storage: Storage,
    /// The first instruction at which it is active.
    pub start_pc: Pc,
    /// The first instruction at which it is not active any more.
    pub end_pc: Pc,
}

/// A loop, by where it stands in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopInfo {
    /// The target of its back-edges.
    pub header_pc: Pc,
    /// Its last back-edge; there may be others to the same header before it.
    pub back_edge_pc: Pc,
    /// How many loops contain it, itself included: 1 for an outermost loop.
    pub depth: u32,
    /// How many registers are in use at its header: what lies above them is read by nobody.
    pub registers: Register,
    /// The line in which the loop begins: of its keyword, or of its label.
    pub line: u32,
}

/// Code positions and source lines.
#[derive(Debug, Clone, Default)]
pub struct LineTable {
    /// Starts of runs of words with the same line, in ascending order of the first member (a word index).
    runs: Vec<(Pc, u32)>,
}

impl LineTable {
    /// Says that the words from `pc` on belong to `line`. `pc` must not be below that of an earlier call.
    pub fn set(&mut self, pc: Pc, line: u32) {
        match self.runs.last_mut() {
            Some((_, last)) if *last == line => {}
            Some((start, last)) if *start == pc => *last = line,
            Some(_) | None => self.runs.push((pc, line)),
        }
    }

    /// The line of the word at `pc`; 0 if there is none.
    pub fn line(&self, pc: Pc) -> u32 {
        match self.runs.partition_point(|(start, _)| *start <= pc) {
            0 => 0,
            after => self.runs[after - 1].1,
        }
    }
}

/// The chunk name of functions that were stripped.
const STRIPPED_NAME: &str = "=?";
/// How messages call an upvalue whose name is not known.
const UNKNOWN_NAME: &[u8] = b"?";

/// A compiled function.
#[derive(Debug)]
pub struct FunctionProto {
    /// The instructions. The verifier has checked them if they come from [`crate::compile`] in a debug build.
    pub code: Vec<u32>,
    /// The constants.
    pub constants: Vec<Constant>,
    /// The functions defined directly inside.
    pub protos: Vec<Rc<FunctionProto>>,
    /// The captured variables of enclosing functions.
    pub upvalues: Vec<UpvalueDescriptor>,
    /// The feedback slots.
    pub feedback: Vec<FeedbackDescriptor>,
    /// Source lines of the code.
    pub lines: LineTable,
    /// Local variables in order of declaration.
    pub locals: Vec<LocalVariable>,
    /// The loops in order of their headers; outer before inner where headers are equal.
    pub loops: Vec<LoopInfo>,
    /// Number of named parameters; they arrive in the first registers.
    pub parameters: u8,
    /// Whether extra arguments are kept for `...`.
    pub is_vararg: bool,
    /// Slots that a frame needs from its base on, room for the headers and fixed arguments of its calls included.
    pub max_stack: u8,
    /// A name for listings and profiles, as in the syntax tree.
    pub name: String,
    /// Lua's chunk name (`@file.lua`).
    pub chunk_name: Rc<str>,
    /// Line of the keyword `function`; 0 for a main chunk.
    pub line_defined: u32,
    /// Line of the closing `end`; 0 for a main chunk.
    pub last_line: u32,
    /// The function in its source.
    pub span: Span,
}

impl FunctionProto {
    /// The variables active at `pc`, in order of declaration.
    pub fn active_locals(&self, pc: Pc) -> impl Iterator<Item = &LocalVariable> {
        self.locals.iter().filter(move |local| local.start_pc <= pc && pc < local.end_pc)
    }

    /// The variables active at `pc` as names for people, in order of declaration: none if they were stripped.
    pub fn named_locals(&self, pc: Pc) -> impl Iterator<Item = &LocalVariable> {
        self.active_locals(pc).filter(|_| !self.is_stripped())
    }

    /// Bytes that the function takes, those inside it not counted.
    pub fn bytes(&self) -> usize {
        let strings = self.constants.iter().map(|constant| match constant {
            Constant::String(bytes) => bytes.len(),
            Constant::Nil | Constant::Boolean(_) | Constant::Integer(_) | Constant::Float(_) => 0,
        });
        let templates = self.feedback.iter().map(|descriptor| match descriptor {
            FeedbackDescriptor::Template(keys) => size_of_val(keys.as_slice()),
            FeedbackDescriptor::Field(_) | FeedbackDescriptor::Index | FeedbackDescriptor::Call => 0,
        });
        let names = self.locals.iter().map(|local| local.name.len());
        size_of::<FunctionProto>()
            + size_of_val(self.code.as_slice())
            + size_of_val(self.constants.as_slice())
            + size_of_val(self.protos.as_slice())
            + size_of_val(self.upvalues.as_slice())
            + size_of_val(self.feedback.as_slice())
            + size_of_val(self.lines.runs.as_slice())
            + size_of_val(self.locals.as_slice())
            + size_of_val(self.loops.as_slice())
            + self.name.len()
            + strings.chain(templates).chain(names).sum::<usize>()
    }

    /// How many registers are in use at the target of a back-edge; all of them if no loop begins there.
    pub fn registers_at_header(&self, pc: Pc) -> u32 {
        let first = self.loops.partition_point(|entry| entry.header_pc < pc);
        let entries = self.loops[first..].iter().take_while(|entry| entry.header_pc == pc);
        u32::from(entries.map(|entry| entry.registers).max().unwrap_or(self.max_stack))
    }

    /// The same functions without lines and names of variables, as after `string.dump(f, true)`.
    pub fn stripped(&self) -> FunctionProto {
        let chunk_name: Rc<str> = STRIPPED_NAME.into();
        // Where they live is asked without names too, when a variable is set from outside.
        let nameless = |local: &LocalVariable| LocalVariable { name: UNKNOWN_NAME.into(), ..local.clone() };
        let unnamed = |upvalue: &UpvalueDescriptor| UpvalueDescriptor { name: UNKNOWN_NAME.into(), ..upvalue.clone() };
        FunctionProto {
            code: self.code.clone(),
            constants: self.constants.clone(),
            protos: self.protos.iter().map(|proto| Rc::new(proto.stripped())).collect(),
            upvalues: self.upvalues.iter().map(unnamed).collect(),
            feedback: self.feedback.clone(),
            lines: LineTable::default(),
            locals: self.locals.iter().map(nameless).collect(),
            loops: self.loops.clone(),
            parameters: self.parameters,
            is_vararg: self.is_vararg,
            max_stack: self.max_stack,
            name: self.name.clone(),
            chunk_name,
            line_defined: self.line_defined,
            last_line: self.last_line,
            span: self.span,
        }
    }

    /// The line in which the loop with this header begins, of several the innermost; that of the instruction if none has.
    pub fn loop_line(&self, header: Pc) -> u32 {
        let first = self.loops.partition_point(|entry| entry.header_pc < header);
        let entries = self.loops[first..].iter().take_while(|entry| entry.header_pc == header);
        let line = entries.last().map(|entry| entry.line).filter(|_| !self.is_stripped());
        line.unwrap_or_else(|| self.lines.line(header))
    }

    /// Whether it has no lines, because it comes from [`FunctionProto::stripped`].
    pub fn is_stripped(&self) -> bool {
        self.lines.runs.is_empty()
    }

    /// The function inside this one, at any depth, that starts at a byte of the source.
    pub fn find(&self, start: u32) -> Option<&Rc<FunctionProto>> {
        self.protos.iter().find_map(|proto| if proto.span.start == start { Some(proto) } else { proto.find(start) })
    }

    /// Calls `visit` for this function and all functions inside it, outer ones first.
    pub fn for_each(self: &Rc<FunctionProto>, visit: &mut dyn FnMut(&Rc<FunctionProto>)) {
        visit(self);
        for proto in &self.protos {
            proto.for_each(visit);
        }
    }
}
