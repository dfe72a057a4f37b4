//! Expressions: variables, constants, fields, elements, functions, and the choice of operands.

use lua_runtime::inline_cache::InlineCache;
use lua_runtime::meta::MetaEvent;
use lua_runtime::{Gc, LuaString};
use lua_syntax::ast::{self, Constant as Literal, Expression, ExpressionKind, UpvalueSource};

use super::assignment::{Key, Object};
use super::{FunctionCompiler, Result, Storage};
use crate::code::SiteCall;
use crate::frame::{SiteId, Slot};
use crate::node::Child;
use crate::nodes::closure::{Capture, MakeClosure};
use crate::nodes::element::GetElement;
use crate::nodes::field::{FieldAccess, GetField};
use crate::nodes::logic::{And, Or};
use crate::nodes::variable::{FirstVararg, Leaf};
use crate::operand::{Captured, Constant, Local, Operand, Source, Upvalue};

impl FunctionCompiler<'_, '_> {
    /// A node that gives the expression's first value.
    pub(super) fn child(&mut self, expression: &Expression) -> Result<Child> {
        self.nested(|compiler| {
            let child = compiler.with_temporaries(|compiler| {
                // Looked at where a guard may be put, so that the links of a chain are not counted at each of them.
                if compiler.wants_guard() && compiler.is_long_chain(expression) {
                    compiler.long_chain(expression)
                } else {
                    compiler.unguarded_child(expression)
                }
            })?;
            Ok(compiler.guarded(child))
        })
    }

    fn unguarded_child(&mut self, expression: &Expression) -> Result<Child> {
        if let Some(slot) = self.held_slot(expression) {
            return Ok(self.expression_node(Leaf(Local(slot))));
        }
        let use_line = self.use_line.take().unwrap_or_else(|| self.last_line(expression.span));
        match &expression.kind {
            ExpressionKind::Constant(constant) => {
                let constant = Constant(self.constant(constant)?);
                Ok(self.expression_node(Leaf(constant)))
            }
            ExpressionKind::Vararg => Ok(self.expression_node(FirstVararg)),
            ExpressionKind::Function(function) => self.closure(function),
            ExpressionKind::Local(local) => Ok(match self.storage_of(*local) {
                Storage::Slot(slot) | Storage::Shared { slot, cell: _ } => self.expression_node(Leaf(Local(slot))),
                Storage::Cell(slot) => self.expression_node(Leaf(Captured(slot))),
                Storage::Constant => unreachable!("uses of compile-time constants are replaced by the parser"),
            }),
            ExpressionKind::Upvalue(upvalue) => Ok(self.expression_node(Leaf(Upvalue(upvalue.0)))),
            ExpressionKind::Global { environment, name } => {
                self.field(environment, &Literal::String(name.clone()), expression, use_line)
            }
            ExpressionKind::Index { object, key } => {
                if let ExpressionKind::Constant(constant) = &key.kind {
                    self.field(object, constant, expression, use_line)
                } else {
                    self.element(object, key, expression, use_line)
                }
            }
            ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. } => self.call_child(expression),
            ExpressionKind::Binary { operator, left, right } => self.binary(*operator, left, right, expression),
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand, expression),
            ExpressionKind::And { left, right } => {
                let (left, right) = (self.child(left)?, self.child(right)?);
                Ok(self.expression_node(And { left, right }))
            }
            ExpressionKind::Or { left, right } => {
                let (left, right) = (self.child(left)?, self.child(right)?);
                Ok(self.expression_node(Or { left, right }))
            }
            ExpressionKind::Paren(inner) => self.child(inner),
            ExpressionKind::Table(items) => self.table(items, expression.span.line),
        }
    }

    /// The slot from which a variable, or a held link of a chain, is read.
    pub(super) fn local_slot(&self, expression: &Expression) -> Option<Slot> {
        let ExpressionKind::Local(local) = expression.kind else { return self.held_slot(expression) };
        match self.storage_of(local) {
            Storage::Slot(slot) | Storage::Shared { slot, cell: _ } => Some(slot),
            Storage::Cell(_) | Storage::Constant => None,
        }
    }

    /// The expression as an operand that is chosen at run time.
    pub(super) fn source(&mut self, expression: &Expression) -> Result<Source> {
        if let Some(slot) = self.local_slot(expression) {
            return Ok(Source::Local(Local(slot)));
        }
        if let ExpressionKind::Constant(constant) = &expression.kind {
            return Ok(Source::Constant(Constant(self.constant(constant)?)));
        }
        Ok(Source::Child(self.child(expression)?))
    }

    /// A node that gives what a source gives.
    pub(super) fn node_of(&mut self, source: Source) -> Child {
        match source {
            Source::Local(local) => self.expression_node(Leaf(local)),
            Source::Constant(constant) => self.expression_node(Leaf(constant)),
            Source::Child(child) => child,
        }
    }

    /// The expression as the object of an access.
    pub(super) fn object(&mut self, expression: &Expression) -> Result<Object> {
        if let Some(slot) = self.local_slot(expression) {
            return Ok(Object::Local(Local(slot)));
        }
        if let ExpressionKind::Upvalue(upvalue) = expression.kind {
            return Ok(Object::Upvalue(Upvalue(upvalue.0)));
        }
        Ok(Object::Child(self.child(expression)?))
    }

    /// The captured and reassigned variable of this function that an expression is, in parentheses or not.
    pub(super) fn captured(&self, expression: &Expression) -> Option<Captured> {
        let mut expression = expression;
        while let ExpressionKind::Paren(inner) = &expression.kind {
            expression = inner;
        }
        let ExpressionKind::Local(local) = expression.kind else { return None };
        match self.storage_of(local) {
            Storage::Cell(slot) => Some(Captured(slot)),
            Storage::Slot(_) | Storage::Shared { .. } | Storage::Constant => None,
        }
    }

    /// The expression as the object of an access that evaluates something else before it needs the object.
    pub(super) fn waiting_object(&mut self, expression: &Expression) -> Result<Object> {
        match self.captured(expression) {
            Some(captured) => Ok(Object::Captured(captured)),
            None => self.object(expression),
        }
    }

    /// The expression as the key of a store, which waits for the value.
    pub(super) fn waiting_key(&mut self, expression: &Expression) -> Result<Key> {
        match self.captured(expression) {
            Some(captured) => Ok(Key::Captured(captured)),
            None => Ok(Key::from(self.source(expression)?)),
        }
    }

    /// The object of an access in some line.
    pub(super) fn marked_object(&mut self, object: Object, line: u32) -> Object {
        if self.tracing.is_none() {
            return object;
        }
        let node = match object {
            Object::Local(local) => self.expression_node(Leaf(local)),
            Object::Upvalue(upvalue) => self.expression_node(Leaf(upvalue)),
            Object::Captured(captured) => self.expression_node(Leaf(captured)),
            Object::Child(child) => child,
        };
        Object::Child(self.marked_child(node, line))
    }

    /// The access to a field of this name; `None` if shapes do not know such names.
    pub(super) fn field_access(&mut self, key: &Literal, site: SiteId) -> Result<Option<FieldAccess>> {
        let Literal::String(bytes) = key else { return Ok(None) };
        let key = self.chunk.vm.string(bytes)?;
        Ok(key.is_short().then(|| FieldAccess { cache: new_cache(key), site }))
    }

    /// The access to a method.
    pub(super) fn method_access(&mut self, name: &[u8], site: SiteId) -> Result<FieldAccess> {
        let key: Gc<LuaString> = self.chunk.vm.string(name)?;
        Ok(FieldAccess { cache: new_cache(key), site })
    }

    /// The place of a read access to `object`.
    pub(super) fn index_site(&mut self, object: &Expression, line: u32) -> SiteId {
        let name = self.name(object);
        self.site(line, SiteCall::Metamethod(MetaEvent::Index), [name, None])
    }

    /// `object.key` with a constant key.
    fn field(&mut self, object: &Expression, key: &Literal, whole: &Expression, use_line: u32) -> Result<Child> {
        let site = self.index_site(object, whole.span.line);
        let access = self.field_access(key, site)?;
        let object = self.object(object)?;
        let object = self.marked_object(object, use_line);
        let Some(access) = access else {
            let key = Key::Constant(Constant(self.constant(key)?));
            return Ok(self.element_of(object, key, site));
        };
        Ok(match object {
            Object::Local(object) => self.expression_node(GetField { object, access }),
            Object::Upvalue(object) => self.expression_node(GetField { object, access }),
            Object::Captured(object) => self.expression_node(GetField { object, access }),
            Object::Child(object) => self.expression_node(GetField { object, access }),
        })
    }

    /// `object[key]`
    fn element(&mut self, object: &Expression, key: &Expression, whole: &Expression, use_line: u32) -> Result<Child> {
        let site = self.index_site(object, whole.span.line);
        let object = self.waiting_object(object)?;
        self.take(1);
        let key = self.source(key)?;
        let key = Key::from(self.marked(key, use_line));
        self.top -= 1;
        Ok(self.element_of(object, key, site))
    }

    fn element_of(&mut self, object: Object, key: Key, site: SiteId) -> Child {
        let spill = Slot(self.top);
        self.reserve(1);
        match object {
            Object::Local(object) => self.element_with(object, key, spill, site),
            Object::Upvalue(object) => self.element_with(object, key, spill, site),
            Object::Captured(object) => self.element_with(object, key, spill, site),
            Object::Child(object) => self.element_with(object, key, spill, site),
        }
    }

    fn element_with<O: Operand + 'static>(&mut self, object: O, key: Key, spill: Slot, site: SiteId) -> Child {
        match key {
            Key::Local(key) => self.expression_node(GetElement { object, key, spill, site }),
            Key::Constant(key) => self.expression_node(GetElement { object, key, spill, site }),
            Key::Captured(key) => self.expression_node(GetElement { object, key, spill, site }),
            Key::Child(key) => self.expression_node(GetElement { object, key, spill, site }),
        }
    }

    /// `function ... end`
    pub(super) fn closure(&mut self, function: &ast::Function) -> Result<Child> {
        let code = match self.compiled_inner() {
            Some(code) => code,
            None => self.chunk.function(function)?,
        };
        self.inner.push(code);
        let captures = function.upvalues.iter().map(|upvalue| match upvalue.source {
            UpvalueSource::Local(local) => match self.storage_of(local) {
                Storage::Shared { slot: _, cell } | Storage::Cell(cell) => Capture::Slot(cell),
                Storage::Slot(_) | Storage::Constant => unreachable!("the parser marks captured variables"),
            },
            UpvalueSource::Upvalue(outer) => Capture::Upvalue(outer.0),
            UpvalueSource::Environment => unreachable!("only a main function has the environment"),
        });
        let captures = captures.collect();
        Ok(self.expression_node(MakeClosure { code, captures }))
    }
}

/// The cache of an access.
fn new_cache(key: Gc<LuaString>) -> InlineCache {
    // SAFETY: the tree that it becomes part of traces its caches.
    unsafe { InlineCache::new(Some(key)) }
}
