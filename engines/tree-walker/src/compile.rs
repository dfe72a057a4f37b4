//! The resolved syntax tree to executable nodes, one function at a time.
//!
//! Every local variable and every temporary gets a slot: variables from the bottom in order of declaration, temporaries
//! above those that are in scope. An expression is compiled when the slots below [`FunctionCompiler::top`] are taken
//! and may use any above it while it runs. Nothing is collected while this runs (no polls), so new strings and shapes
//! need no root. Read this file first, then `statement`, `expression`, and the others by subject.

mod statement;

mod loops;

mod closing;

mod assignment;

mod expression;

mod chain;

pub(crate) mod trace;

mod operators;

mod call;

mod table;

use std::cell;
use std::collections::HashMap;
use std::rc::Rc;

use lua_runtime::chunk::STRIPPED_NAME;
use lua_runtime::function::Code;
use lua_runtime::{ChunkPart, ChunkRequest, Closure, FunctionOrigin, Gc, LoadFailure, LuaString, Value, Vm};
use lua_syntax::ast::{self, Bytes, Constant, Expression, ExpressionKind, LocalId, Span};

use self::closing::BlockEnd;
use self::trace::{Tracing, Tree};
use crate::code::{
    ENTRY_SITE, FunctionCode, NO_VARIABLES, Name, NameKind, ScopeId, Site, SiteCall, Source, Variable,
    VariableLocation, code_of,
};
use crate::debug_hook::Watched;
use crate::frame::{SiteId, Slot};
use crate::node::{Child, Node, Nodes, Ref, Statement};
use crate::nodes::block::{Action, Beginning, Block};
use crate::nodes::guard::Guard;
use crate::nodes::variable::MakeCell;
use crate::state::state;

/// The name of the variable whose fields are the global variables.
const ENVIRONMENT: &[u8] = b"_ENV";

/// How `debug` calls an upvalue whose name is not known.
const UNKNOWN_NAME: &[u8] = b"(no name)";

/// Levels of a tree between two checks of the native stack. A level takes a few hundred bytes at most.
const LEVELS_PER_GUARD: u32 = 32;

type Result<T> = std::result::Result<T, LoadFailure>;

/// [`lua_runtime::EngineHooks::load`].
pub(crate) fn load(vm: &mut Vm, request: &ChunkRequest<'_>) -> Result<Gc<Closure>> {
    match state(vm).segments.on_compiler_stack(|| load_here(vm, request)) {
        Ok(result) => result,
        Err(crate::native_stack::NoStack) => Err(LoadFailure::OutOfMemory),
    }
}

fn load_here(vm: &mut Vm, request: &ChunkRequest<'_>) -> Result<Gc<Closure>> {
    let chunk = vm.parse(request)?;
    let chunk_name = if request.is_stripped { STRIPPED_NAME } else { request.name };
    let display_name = lua_syntax::chunk_display_name(chunk_name);
    let function = match request.part {
        ChunkPart::Main => chunk.main,
        ChunkPart::Function(start) => lua_syntax::find::find_in_block(&chunk.main.body, start)
            .ok_or_else(|| LoadFailure::corrupted_dump(chunk_name))?,
    };
    let source = Source {
        chunk_name: chunk_name.to_string(),
        display_name,
        text: request.text,
        is_stripped: request.is_stripped,
        tree: Tree::new(),
    };
    let mut chunk_compiler = ChunkCompiler::new(vm, Rc::new(source));
    let code = chunk_compiler.function(&function)?;
    Ok(Gc::<Closure>::with_own_cells(&mut vm.heap, code, function.upvalues.len(), request.environment)?)
}

/// [`lua_runtime::EngineHooks::origin`].
pub(crate) fn origin(closure: Gc<Closure>) -> FunctionOrigin {
    let code = code_of(closure);
    let Source { chunk_name, display_name: _, text, is_stripped, tree: _ } = &*code.source;
    let part = if code.is_main() { ChunkPart::Main } else { ChunkPart::Function(code.span.start) };
    FunctionOrigin { chunk_name: chunk_name.clone(), text: *text, part, is_stripped: *is_stripped }
}

/// Offset of the first byte of every line.
fn line_starts(text: &[u8]) -> Vec<u32> {
    let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    std::iter::once(0).chain(newlines.map(|(offset, _)| offset as u32 + 1)).collect()
}

/// What the functions of a chunk share.
struct ChunkCompiler<'vm> {
    vm: &'vm mut Vm,
    source: Rc<Source>,
    line_starts: Vec<u32>,
    /// The long strings of the chunk so far: equal ones are one object, as in PUC Lua.
    long_strings: HashMap<Bytes, Gc<LuaString>>,
}

impl<'vm> ChunkCompiler<'vm> {
    fn new(vm: &'vm mut Vm, source: Rc<Source>) -> ChunkCompiler<'vm> {
        ChunkCompiler { line_starts: line_starts(source.text.bytes()), long_strings: HashMap::new(), source, vm }
    }

    /// The string with these bytes.
    fn string(&mut self, bytes: &Bytes) -> Result<Gc<LuaString>> {
        if let Some(string) = self.long_strings.get(bytes) {
            return Ok(*string);
        }
        let string = self.vm.string(bytes)?;
        if !string.is_short() {
            self.long_strings.insert(bytes.clone(), string);
        }
        Ok(string)
    }

    /// The code object of a function. The functions inside it are compiled on the way.
    fn function(&mut self, function: &ast::Function) -> Result<Gc<Code>> {
        let mut compiler = FunctionCompiler::new(self, function, None);
        let code = Box::new(compiler.compile()?);
        self.vm.heap.account(code.accounted_bytes)?;
        Ok(Gc::<Code>::allocate(&mut self.vm.heap, code, function.upvalues.len() as u32)?)
    }
}

/// A block on its way.
#[derive(Default)]
struct Actions {
    list: Vec<Action>,
    beginnings: Vec<Beginning>,
}

impl Actions {
    fn len(&self) -> usize {
        self.list.len()
    }

    fn push(&mut self, action: Action) {
        self.list.push(action);
    }

    /// Notes that a statement begins at an action.
    fn begin(&mut self, beginning: Beginning) {
        self.beginnings.push(beginning);
    }

    /// Takes over all of another list.
    fn append(&mut self, other: Actions) {
        let before = self.len();
        let moved =
            other.beginnings.into_iter().map(|beginning| Beginning { action: beginning.action + before, ..beginning });
        self.beginnings.extend(moved);
        self.list.extend(other.list);
    }
}

impl From<Actions> for Block {
    fn from(actions: Actions) -> Block {
        Block {
            actions: actions.list.into_iter().map(cell::Cell::new).collect(),
            beginnings: actions.beginnings.into(),
        }
    }
}

/// Where a local variable lives.
#[derive(Debug, Clone, Copy)]
enum Storage {
    /// Nowhere: a compile-time constant, or not declared yet.
    Constant,
    /// In its slot; no inner function uses it.
    Slot(Slot),
    /// In its slot, with an immutable cell for the closures in another: captured, never reassigned.
    Shared { slot: Slot, cell: Slot },
    /// In its cell, which lies in the slot: captured and reassigned.
    Cell(Slot),
}

/// One function on its way to executable nodes.
struct FunctionCompiler<'c, 'vm> {
    chunk: &'c mut ChunkCompiler<'vm>,
    function: &'c ast::Function,
    nodes: Nodes,
    sites: Vec<Site>,
    /// By local variable.
    storage: Vec<Storage>,
    /// The first slot that is free.
    top: u32,
    /// The most slots that were taken at once.
    frame_slots: u32,
    /// How deep the expression or statement that is being compiled is nested in its function.
    level: u32,
    /// The part of a chain that is compiled already.
    held: Option<chain::Held>,
    /// Scopes of to-be-closed variables, generic loops among them, around what is being compiled.
    closing_scopes: u32,
    /// Where the innermost loop ends.
    loop_end_line: u32,
    /// The variables declared so far, as the library `debug` counts them.
    variables: Vec<Variable>,
    /// Those that are in scope.
    scope: ScopeId,
    /// The functions inside, in order.
    inner: Vec<Gc<Code>>,
    /// Where the value of the field that is compiled next is taken, if not where the expression ends.
    use_line: Option<u32>,
    /// Set if the tree is for a debug hook.
    tracing: Option<Tracing>,
}

impl<'c, 'vm> FunctionCompiler<'c, 'vm> {
    fn new(
        chunk: &'c mut ChunkCompiler<'vm>,
        function: &'c ast::Function,
        tracing: Option<Tracing>,
    ) -> FunctionCompiler<'c, 'vm> {
        FunctionCompiler {
            chunk,
            function,
            nodes: Nodes::default(),
            sites: Vec::new(),
            storage: vec![Storage::Constant; function.locals.len()],
            top: 0,
            frame_slots: 0,
            level: 0,
            held: None,
            closing_scopes: 0,
            loop_end_line: 0,
            variables: Vec::new(),
            scope: NO_VARIABLES,
            inner: Vec::new(),
            use_line: None,
            tracing,
        }
    }

    fn compile(&mut self) -> Result<FunctionCode> {
        let function = self.function;
        let mut actions = Actions::default();
        self.declare(&function.parameters);
        let entry = self.site(function.line_defined, SiteCall::Call, [None, None]);
        debug_assert_eq!(entry, ENTRY_SITE);
        self.make_cells(&function.parameters, &mut actions);
        let end_line = self.end_line();
        self.statements_into(&function.body.statements, BlockEnd::Function(end_line), &mut actions)?;
        let end_site = self.site(end_line, SiteCall::Call, [None, None]);
        let nodes = std::mem::take(&mut self.nodes);
        let (sites, variables) = (std::mem::take(&mut self.sites), std::mem::take(&mut self.variables));
        let lists_bytes = size_of_val(&sites[..]) + size_of_val(&variables[..]);
        let accounted_bytes = nodes.bytes() + (size_of::<FunctionCode>() + lists_bytes) as u64;
        let local_name = |id: &LocalId| function.locals[id.0 as usize].name.clone();
        let is_stripped = self.chunk.source.is_stripped;
        let upvalue_name =
            |upvalue: &ast::Upvalue| if is_stripped { UNKNOWN_NAME.into() } else { upvalue.name.clone() };
        let named_parameters = if is_stripped { &[][..] } else { &function.parameters };
        Ok(FunctionCode {
            body: actions.into(),
            frame_slots: self.frame_slots,
            parameter_count: function.parameters.len() as u32,
            is_vararg: function.is_vararg,
            sites,
            end_site,
            variables,
            parameters: named_parameters.iter().map(local_name).collect(),
            upvalues: function.upvalues.iter().map(upvalue_name).collect(),
            inner: std::mem::take(&mut self.inner).into(),
            source: self.chunk.source.clone(),
            line_defined: function.line_defined,
            last_line: function.last_line,
            span: function.span,
            accounted_bytes,
            nodes,
            watched: Watched::default(),
        })
    }

    // Slots.

    /// Takes the next `count` slots; returns the first.
    fn take(&mut self, count: u32) -> Slot {
        let first = Slot(self.top);
        self.top += count;
        self.frame_slots = self.frame_slots.max(self.top);
        first
    }

    /// Makes sure that the frame has `count` slots from the first free one on, without taking them.
    fn reserve(&mut self, count: u32) {
        self.frame_slots = self.frame_slots.max(self.top + count);
    }

    /// Does `work` and gives back the slots that it took, and ends the scopes of its variables.
    fn with_temporaries<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (top, scope) = (self.top, self.scope);
        let result = work(self);
        (self.top, self.scope) = (top, scope);
        result
    }

    // Variables.

    /// Gives variables their slots, in order and without gaps, then the cells of the shared ones behind them.
    fn declare(&mut self, locals: &[LocalId]) {
        for id in locals {
            let local = &self.function.locals[id.0 as usize];
            let slot = self.take(1);
            self.storage[id.0 as usize] = match (local.captured, local.reassigned) {
                (false, _) => Storage::Slot(slot),
                (true, false) => Storage::Shared { slot, cell: slot },
                (true, true) => Storage::Cell(slot),
            };
        }
        for id in locals {
            if let Storage::Shared { slot, cell: _ } = self.storage[id.0 as usize] {
                let cell = self.take(1);
                self.storage[id.0 as usize] = Storage::Shared { slot, cell };
            }
        }
        for id in locals {
            let location = match self.storage_of(*id) {
                Storage::Constant => VariableLocation::Hidden,
                Storage::Slot(slot) => VariableLocation::Slot(slot),
                Storage::Shared { slot, cell } => VariableLocation::Both { slot, cell },
                Storage::Cell(slot) => VariableLocation::Cell(slot),
            };
            self.bring_into_scope(self.function.locals[id.0 as usize].name.clone(), location);
        }
    }

    /// From here on there is a variable that the library `debug` sees.
    fn bring_into_scope(&mut self, name: Bytes, location: VariableLocation) {
        self.variables.push(Variable { name, location, outer: self.scope });
        self.scope = ScopeId(self.variables.len() as u32);
    }

    /// Makes the cells of those variables that are captured, once their first values are in their slots.
    fn make_cells(&mut self, locals: &[LocalId], actions: &mut Actions) {
        for id in locals {
            match self.storage[id.0 as usize] {
                Storage::Constant | Storage::Slot(_) => {}
                Storage::Shared { slot, cell } => {
                    actions.push(self.statement_node(MakeCell { from: slot, to: cell, immutable: true }));
                }
                Storage::Cell(slot) => {
                    actions.push(self.statement_node(MakeCell { from: slot, to: slot, immutable: false }));
                }
            }
        }
    }

    fn storage_of(&self, local: LocalId) -> Storage {
        self.storage[local.0 as usize]
    }

    // Nodes.

    fn expression_node<T: crate::node::Expression + 'static>(&mut self, node: T) -> Child {
        self.nodes.add(node).expression()
    }

    fn statement_node<T: Statement + Node + 'static>(&mut self, node: T) -> Action {
        Action::Execute(self.nodes.add(node).statement())
    }

    /// Counts a level of the tree while `work` makes it.
    fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.level += 1;
        let result = work(self);
        self.level -= 1;
        result
    }

    /// Whether a node at this level gets a guard of the native stack.
    fn wants_guard(&self) -> bool {
        self.level > 0 && self.level.is_multiple_of(LEVELS_PER_GUARD)
    }

    fn guarded(&mut self, child: Child) -> Child {
        if self.wants_guard() { self.expression_node(Guard(child)) } else { child }
    }

    fn guarded_statement(&mut self, statement: Ref<dyn Statement>) -> Action {
        if self.wants_guard() { self.statement_node(Guard(statement)) } else { Action::Execute(statement) }
    }

    // Sites and names.

    fn site(&mut self, line: u32, call: SiteCall, names: [Option<Name>; 2]) -> SiteId {
        let live_slots = self.top;
        self.sites.push(match self.chunk.source.is_stripped {
            false => Site { line, scope: self.scope, live_slots, call, names },
            true => {
                let names = names.map(|name| name.and_then(Name::stripped));
                Site { line: 0, scope: self.scope, live_slots, call, names }
            }
        });
        SiteId(self.sites.len() as u32 - 1)
    }

    /// Says that at a site made before, all slots are taken that are taken now.
    fn keep_slots(&mut self, site: SiteId) {
        let top = self.top;
        let live_slots = &mut self.sites[site.0 as usize].live_slots;
        *live_slots = top.max(*live_slots);
    }

    /// The line of the last byte of a place.
    fn last_line(&self, span: Span) -> u32 {
        let last = span.end.saturating_sub(1);
        self.chunk.line_starts.partition_point(|start| *start <= last) as u32
    }

    /// How messages name the variable that an expression reads, as PUC Lua does.
    fn name(&self, expression: &Expression) -> Option<Name> {
        match &expression.kind {
            ExpressionKind::Local(local) => {
                let text = self.function.locals[local.0 as usize].name.clone();
                Some(Name { kind: NameKind::Local, text })
            }
            ExpressionKind::Upvalue(upvalue) => {
                let text = self.function.upvalues[upvalue.0 as usize].name.clone();
                Some(Name { kind: NameKind::Upvalue, text })
            }
            ExpressionKind::Constant(Constant::String(text)) => {
                Some(Name { kind: NameKind::Constant, text: text.clone() })
            }
            ExpressionKind::Global { environment: _, name } => {
                Some(Name { kind: NameKind::Global, text: name.clone() })
            }
            ExpressionKind::Index { object, key } => Some(self.field_name(object, key)),
            ExpressionKind::Constant(_)
            | ExpressionKind::Vararg
            | ExpressionKind::Function(_)
            | ExpressionKind::Call { .. }
            | ExpressionKind::MethodCall { .. }
            | ExpressionKind::Binary { .. }
            | ExpressionKind::Unary { .. }
            | ExpressionKind::And { .. }
            | ExpressionKind::Or { .. }
            | ExpressionKind::Paren(_)
            | ExpressionKind::Table(_) => None,
        }
    }

    fn field_name(&self, object: &Expression, key: &Expression) -> Name {
        let field = |text: &[u8]| Name { kind: NameKind::Field, text: text.into() };
        if let ExpressionKind::Constant(Constant::String(text)) = &key.kind {
            let variable = match object.kind {
                ExpressionKind::Local(local) => Some(&self.function.locals[local.0 as usize].name),
                ExpressionKind::Upvalue(upvalue) => Some(&self.function.upvalues[upvalue.0 as usize].name),
                _ => None,
            };
            let is_environment = variable.is_some_and(|name| **name == *ENVIRONMENT);
            let kind = if is_environment { NameKind::Global } else { NameKind::Field };
            return Name { kind, text: text.clone() };
        }
        // PUC Lua's words for an index that is part of its instruction.
        let is_small = matches!(key.kind, ExpressionKind::Constant(Constant::Integer(0..=255)));
        if is_small { field(b"integer index") } else { field(b"?") }
    }

    /// The value of a constant.
    fn constant(&mut self, constant: &Constant) -> Result<Value> {
        Ok(match constant {
            Constant::Nil => Value::NIL,
            Constant::Boolean(value) => Value::boolean(*value),
            Constant::Integer(value) => Value::integer(*value),
            Constant::Float(value) => Value::float(*value),
            Constant::String(bytes) => Value::from(self.chunk.string(bytes)?),
        })
    }
}
