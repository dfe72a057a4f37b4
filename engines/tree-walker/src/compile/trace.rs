//! The tree of a function for as long as a debug hook asks for its lines: the same statements in the same slots, with
//! marks wherever PUC Lua's instructions would change the line.
//!
//! It is made when a hook first sees the function, from the chunk's text, so that functions without hooks know nothing
//! of it. Sites have the same numbers as in the function itself, since frames refer to them; those of the marks follow.

use std::rc::Rc;

use lua_runtime::function::Code;
use lua_runtime::{Gc, LoadFailure, Vm};
use lua_syntax::ast::{self, Expression, ExpressionKind, Statement, StatementKind};
use lua_syntax::find::find_in_block;

use super::call::Values;
use super::{ChunkCompiler, FunctionCompiler, Result};
use crate::code::{FunctionCode, Site, SiteCall};
use crate::frame::SiteId;
use crate::native_stack::NoStack;
use crate::node::Child;
use crate::nodes::mark::Mark;
use crate::operand::Source;
use crate::state::state;

/// What is particular to the compilation of a function for a hook.
pub(super) struct Tracing {
    /// The functions inside the function, last one first: they stay the same objects.
    inner: Vec<Gc<Code>>,
    /// The sites of the function itself.
    own_sites: u32,
    /// Those of the marks.
    marks: Vec<Site>,
}

/// A function's tree with marks, and the sites of the marks.
pub(crate) struct Traced {
    /// The function as its frames never see it.
    pub(crate) code: Box<FunctionCode>,
    /// The sites behind the function's own.
    pub(crate) marks: Vec<Site>,
}

/// Compiles the function once more, with marks.
///
/// # Errors
/// [`LoadFailure`] if memory ends.
pub(crate) fn compile_traced(vm: &mut Vm, code: &FunctionCode) -> Result<Traced> {
    match state(vm).segments.on_compiler_stack(|| compile_here(vm, code)) {
        Ok(result) => result,
        Err(NoStack) => Err(LoadFailure::OutOfMemory),
    }
}

fn compile_here(vm: &mut Vm, code: &FunctionCode) -> Result<Traced> {
    let source = &code.source;
    let main = match source.tree.get() {
        Some(main) => main.clone(),
        None => {
            let chunk = lua_syntax::parse(&source.chunk_name, source.text.bytes())?;
            source.tree.get_or_init(|| chunk.main).clone()
        }
    };
    let function = if code.is_main() { Some(main) } else { find_in_block(&main.body, code.span.start) };
    let Some(function) = function else { unreachable!("the text of a chunk holds its functions") };
    let mut chunk = ChunkCompiler::new(vm, Rc::clone(source));
    let mut inner = code.inner.to_vec();
    inner.reverse();
    let tracing = Tracing { inner, own_sites: code.sites.len() as u32, marks: Vec::new() };
    let mut compiler = FunctionCompiler::new(&mut chunk, &function, Some(tracing));
    let traced = Box::new(compiler.compile()?);
    debug_assert!(traced.sites.len() == code.sites.len() && traced.frame_slots == code.frame_slots);
    Ok(Traced { code: traced, marks: compiler.tracing.map_or(Vec::new(), |tracing| tracing.marks) })
}

impl FunctionCompiler<'_, '_> {
    /// The next function inside the function, if it is compiled already.
    pub(super) fn compiled_inner(&mut self) -> Option<Gc<Code>> {
        self.tracing.as_mut()?.inner.pop()
    }

    fn mark_site(&mut self, line: u32) -> Option<SiteId> {
        let site = Site { line, scope: self.scope, live_slots: self.top, call: SiteCall::Call, names: [None, None] };
        let is_stripped = self.chunk.source.is_stripped;
        let tracing = self.tracing.as_mut().filter(|_| !is_stripped)?;
        tracing.marks.push(site);
        Some(SiteId(tracing.own_sites + tracing.marks.len() as u32 - 1))
    }

    /// The last operand of an operation in some line.
    pub(super) fn marked(&mut self, operand: Source, line: u32) -> Source {
        let Some(site) = self.mark_site(line) else { return operand };
        let operand = self.node_of(operand);
        Source::Child(self.expression_node(Mark { operand, site }))
    }

    /// The same for an operand that is a node.
    pub(super) fn marked_child(&mut self, operand: Child, line: u32) -> Child {
        match self.mark_site(line) {
            Some(site) => self.expression_node(Mark { operand, site }),
            None => operand,
        }
    }

    /// A value of a list. A variable or constant is copied in the line in which it stands.
    pub(super) fn marked_leaf(&mut self, value: Source, expression: &Expression) -> Source {
        match value {
            Source::Local(_) | Source::Constant(_) => self.marked(value, self.last_line(expression.span)),
            Source::Child(_) => value,
        }
    }

    /// The arguments of a call in some line; `None` if there is none to mark.
    pub(super) fn marked_arguments(&mut self, arguments: &mut Values, line: u32) -> Option<()> {
        if let Some(last) = arguments.last {
            if let Some(site) = self.mark_site(line) {
                arguments.last = Some(self.nodes.add(Mark { operand: last, site }).list());
            }
            return Some(());
        }
        let last = arguments.fixed.last_mut()?;
        *last = self.marked(*last, line);
        Some(())
    }

    /// The line in which a function ends: that of its last token.
    pub(super) fn end_line(&self) -> u32 {
        let function = self.function;
        match function.body.statements.last() {
            Some(last) if function.line_defined == 0 => self.last_line(last.span),
            Some(_) | None => function.body.end_line,
        }
    }

    /// The line of the first thing that a statement does.
    pub(super) fn first_line(&self, statement: &Statement) -> u32 {
        let line = statement.span.line;
        let of_list = |list: &[Expression]| list.first().map_or(line, |first| self.first_line_of(first));
        match &statement.kind {
            // As in PUC Lua, a function is made in its last line.
            StatementKind::LocalFunction { .. } => self.last_line(statement.span),
            StatementKind::Call(call) => self.first_line_of(call),
            StatementKind::Local { locals: _, values } | StatementKind::Return(values) => of_list(values),
            StatementKind::Assign { targets, values } => {
                let object = targets.first().and_then(|target| match &target.kind {
                    ExpressionKind::Index { object, key: _ } if !is_variable(object) => Some(object),
                    _ => None,
                });
                object.map_or_else(|| of_list(values), |object| self.first_line_of(object))
            }
            StatementKind::If { arms, otherwise: _ } => {
                arms.first().map_or(line, |(condition, _)| self.first_line_of(condition))
            }
            StatementKind::While { condition, body: _ } => self.first_line_of(condition),
            StatementKind::NumericFor { bounds, .. } => self.first_line_of(&bounds.start),
            StatementKind::GenericFor { expressions, .. } => of_list(expressions),
            StatementKind::Do(_)
            | StatementKind::Repeat { .. }
            | StatementKind::Break
            | StatementKind::Goto(_)
            | StatementKind::Label(_) => line,
        }
    }

    /// The line of the first thing that the evaluation of an expression does.
    fn first_line_of(&self, expression: &Expression) -> u32 {
        let mut first = expression;
        // The line in which its value is taken.
        let mut taken = self.last_line(first.span);
        while let Some(left) = first.left() {
            let left_taken = match &first.kind {
                ExpressionKind::Binary { .. } | ExpressionKind::And { .. } | ExpressionKind::Or { .. } => {
                    first.span.line
                }
                ExpressionKind::MethodCall { .. } => self.line_of_token_behind(left),
                _ => self.last_line(left.span),
            };
            if is_variable(left) {
                return match &first.kind {
                    ExpressionKind::Index { .. } => taken,
                    ExpressionKind::Binary { operator: _, left: _, right } if !is_leaf(right) => {
                        self.first_line_of(right)
                    }
                    _ => left_taken,
                };
            }
            (first, taken) = (left, left_taken);
        }
        match &first.kind {
            ExpressionKind::Paren(inner) if !is_leaf(inner) => self.first_line_of(inner),
            ExpressionKind::Unary { operator: _, operand } if !is_leaf(operand) => self.first_line_of(operand),
            ExpressionKind::Unary { .. } | ExpressionKind::Table(_) => first.span.line,
            _ => taken,
        }
    }

    /// A condition, tested in the line of its `then`, unless it is a comparison, which is a test itself.
    pub(super) fn marked_condition(&mut self, node: Child, condition: &Expression) -> Child {
        if is_test(condition) {
            return node;
        }
        let line = self.line_of_token_behind(condition);
        self.marked_child(node, line)
    }

    /// The line of the token behind an expression.
    fn line_of_token_behind(&self, expression: &Expression) -> u32 {
        let text = self.chunk.source.text.bytes();
        let mut at = expression.span.end as usize;
        let mut line = self.last_line(expression.span);
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with(b"--") {
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            } else if rest[0].is_ascii_whitespace() || rest[0] == b')' {
                line += u32::from(rest[0] == b'\n');
                at += 1;
            } else {
                break;
            }
        }
        line
    }
}

/// Whether the evaluation does nothing: the value is in a register in PUC Lua.
fn is_variable(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Local(_) | ExpressionKind::Upvalue(_))
}

/// Whether the evaluation is at most a copy.
fn is_leaf(expression: &Expression) -> bool {
    is_variable(expression) || matches!(expression.kind, ExpressionKind::Constant(_))
}

/// Whether an expression ends with a comparison.
fn is_test(expression: &Expression) -> bool {
    use ast::BinaryOperator as Op;
    match &expression.kind {
        ExpressionKind::Binary { operator, .. } => {
            matches!(operator, Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual)
        }
        ExpressionKind::And { left: _, right } | ExpressionKind::Or { left: _, right } => is_test(right),
        ExpressionKind::Unary { operator: ast::UnaryOperator::Not, operand: inner } | ExpressionKind::Paren(inner) => {
            is_test(inner)
        }
        _ => false,
    }
}

/// The parsed text of a chunk, kept from the first hook on.
pub(crate) type Tree = std::cell::OnceCell<Rc<ast::Function>>;
