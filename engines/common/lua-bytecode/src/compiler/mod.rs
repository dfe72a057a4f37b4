//! From the resolved syntax tree to bytecode, in one walk without an intermediate form.
//!
//! Code is generated towards a destination: every expression is told where its value must end up ([`Target`]) or where
//! to jump ([`condition`]), so that values are computed where they are needed. Temporaries are a stack of registers
//! above the active locals; every function here leaves that stack as high as it found it, unless it says otherwise.
//!
//! Native recursion follows the nesting of the source, which the parser limits. Left-nested chains (`a + b + c`,
//! `a.b.c`, `f()()()`, `a or b or c`) have no such limit and are walked in loops: see [`expression`].
//!
//! Read in this order: [`emit`] (words, jumps, constants, registers), [`scope`] (locals, labels, loops),
//! [`expression`], [`operators`], [`condition`], [`call`], [`table`], [`statement`], [`assignment`], [`loops`].

mod emit;

mod scope;

mod expression;

mod operators;

mod condition;

mod call;

mod table;

mod statement;

mod assignment;

mod loops;

use std::fmt;
use std::rc::Rc;

use lua_syntax::ast::{self, Chunk, Function};

use crate::instruction::{Pc, Register};
use crate::opcode::Opcode;
use crate::proto::{FeedbackDescriptor, FunctionProto, LineTable, UpvalueDescriptor, UpvalueSource};

use emit::ConstantPool;
use scope::Scopes;

/// A chunk that is valid Lua but exceeds a limit of the bytecode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// The message in Lua's wording, without the place.
    pub message: String,
    /// The byte of the source behind which PUC Lua, which compiles as it reads, would stand: its messages show the next
    /// token. `lua_syntax::error_near` makes the whole message.
    pub offset: u32,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.offset)
    }
}

impl std::error::Error for CompileError {}

/// The prototype of the chunk's main function. Debug builds run the verifier over it.
///
/// # Errors
/// [`CompileError`] if a function needs more registers, constants or code than the instruction format has room for.
///
/// # Panics
/// In debug builds if the verifier rejects the code, which is a bug in this crate.
pub fn compile(chunk: &Chunk) -> Result<Rc<FunctionProto>, CompileError> {
    let chunk_name: Rc<str> = Rc::from(chunk.name.as_str());
    let upvalues = upvalue_descriptors(&chunk.main, |_| unreachable!("a main function captures no local"));
    let proto = FunctionCompiler::new(&chunk.main, chunk_name, upvalues).compile()?;
    #[cfg(debug_assertions)]
    if let Err(error) = crate::verify::verify(&proto) {
        panic!("{error}");
    }
    Ok(proto)
}

/// The upvalues of `function`; `cell_of` gives the enclosing function's register that holds a local's cell.
fn upvalue_descriptors(function: &Function, cell_of: impl Fn(ast::LocalId) -> Register) -> Vec<UpvalueDescriptor> {
    let source = |source| match source {
        ast::UpvalueSource::Local(local) => UpvalueSource::Register(cell_of(local)),
        // The parser limits a function to 255 upvalues.
        ast::UpvalueSource::Upvalue(upvalue) => UpvalueSource::Upvalue(upvalue.0 as u8),
        ast::UpvalueSource::Environment => UpvalueSource::Environment,
    };
    let describe = |upvalue: &ast::Upvalue| UpvalueDescriptor {
        name: upvalue.name.clone(),
        source: source(upvalue.source),
        reassigned: upvalue.reassigned,
    };
    function.upvalues.iter().map(describe).collect()
}

/// Where the value of an expression must end up.
#[derive(Debug, Clone, Copy)]
struct Target {
    register: Register,
    /// The register is a fresh temporary: it may be written before the value is complete. A local variable's register
    /// may not, because the expression may still read the variable.
    scratch: bool,
}

impl Target {
    fn temporary(register: Register) -> Target {
        Target { register, scratch: true }
    }

    fn variable(register: Register) -> Target {
        Target { register, scratch: false }
    }
}

/// How many results a call or `...` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Results {
    /// Exactly this many, in consecutive registers.
    Fixed(u8),
    /// All, up to a top that the next instruction uses.
    All,
}

impl Results {
    /// The coding in instructions: 0 for all, else the number plus one.
    fn coded(self) -> u8 {
        match self {
            Results::Fixed(count) => count + 1,
            Results::All => 0,
        }
    }
}

/// The state of compiling one function.
struct FunctionCompiler<'a> {
    function: &'a Function,
    chunk_name: Rc<str>,
    code: Vec<u32>,
    lines: LineTable,
    /// The line that emitted instructions belong to.
    line: u32,
    constants: ConstantPool,
    protos: Vec<Rc<FunctionProto>>,
    upvalues: Vec<UpvalueDescriptor>,
    feedback: Vec<FeedbackDescriptor>,
    /// The first register that is neither a local nor a temporary. At most 255.
    free: Register,
    /// The most registers that were in use at once.
    max_stack: Register,
    /// The line of the token behind which PUC Lua, which delays loads until a value is used, would emit the next value.
    use_line: Option<u32>,
    /// Where the source goes on behind what is being compiled.
    offset: u32,
    /// The first jump that is too long for its instruction.
    too_long: Option<CompileError>,
    /// The last word index that some jump lands on: instructions before it must not be merged with later ones.
    last_target: Pc,
    /// The last instruction emitted.
    last_instruction: Option<Pc>,
    scopes: Scopes,
}

impl<'a> FunctionCompiler<'a> {
    fn new(function: &'a Function, chunk_name: Rc<str>, upvalues: Vec<UpvalueDescriptor>) -> FunctionCompiler<'a> {
        FunctionCompiler {
            function,
            chunk_name,
            code: Vec::new(),
            lines: LineTable::default(),
            line: function.line_defined,
            constants: ConstantPool::default(),
            protos: Vec::new(),
            upvalues,
            feedback: Vec::new(),
            free: 0,
            // Room for a header and an argument, so that engines can call a handler from any frame.
            max_stack: 2,
            use_line: None,
            offset: function.span.start,
            too_long: None,
            last_target: 0,
            last_instruction: None,
            scopes: Scopes::new(function),
        }
    }

    fn compile(mut self) -> Result<Rc<FunctionProto>, CompileError> {
        let function = self.function;
        for _ in &function.parameters {
            self.allocate()?;
        }
        // What the parameters need done belongs to the first statement: the line of the header has no instructions.
        self.line = function.body.statements.first().map_or(function.body.end_line, |statement| statement.span.line);
        self.declare_locals(&function.parameters, 0)?;
        let mark = self.enter_scope(&function.body);
        self.statements(&function.body)?;
        self.line = function.body.end_line;
        self.end_block(&function.body, mark)?;
        self.emit_abc(Opcode::Return0, 0, 0, 0)?;
        self.leave_function();
        self.finish()
    }

    fn finish(mut self) -> Result<Rc<FunctionProto>, CompileError> {
        if let Some(error) = self.too_long {
            return Err(error);
        }
        self.thread_jumps();
        let (locals, loops) = self.scopes.finish();
        Ok(Rc::new(FunctionProto {
            code: self.code,
            constants: self.constants.finish(),
            protos: self.protos,
            upvalues: self.upvalues,
            feedback: self.feedback,
            lines: self.lines,
            locals,
            loops,
            // The parser limits a function to 200 locals, parameters among them.
            parameters: self.function.parameters.len() as u8,
            is_vararg: self.function.is_vararg,
            max_stack: self.max_stack,
            name: self.function.name.clone(),
            chunk_name: self.chunk_name,
            line_defined: self.function.line_defined,
            last_line: self.function.last_line,
            span: self.function.span,
        }))
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, CompileError> {
        Err(self.make_error(message))
    }

    fn make_error(&self, message: impl Into<String>) -> CompileError {
        CompileError { message: message.into(), offset: self.offset }
    }

    /// How messages about limits call the function.
    fn described(&self) -> String {
        match self.function.line_defined {
            0 => "main function".to_string(),
            line => format!("function at line {line}"),
        }
    }
}

#[cfg(test)]
mod tests;
