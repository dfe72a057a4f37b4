//! To-be-closed variables: a scope becomes a node of its own, which closes its variable whichever way control leaves.

use lua_runtime::meta::MetaEvent;
use lua_syntax::ast::{Attribute, Bytes, Expression, LocalId, Span, Statement, StatementKind};

use super::{Actions, FunctionCompiler, Result, Storage};
use crate::code::{Name, NameKind, SiteCall};
use crate::frame::{SiteId, Slot};
use crate::node::{Node, Statement as StatementNode};
use crate::nodes::block::Action;
use crate::nodes::closing::{Closing, Leave, MarkClose, Until};

/// How a block ends.
#[derive(Clone, Copy)]
pub(super) enum BlockEnd<'a> {
    /// Just so.
    Plain,
    /// With the condition of a `repeat` as its last statement.
    Until(&'a Expression),
    /// It is the body of a function, with `end` in this line.
    Function(u32),
}

/// A variable to be closed.
pub(super) struct ToBeClosed {
    slot: Slot,
    /// Its declaration.
    span: Span,
}

impl FunctionCompiler<'_, '_> {
    /// Does `work` inside of a scope that closes a variable.
    pub(super) fn closing_scope<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.closing_scopes += 1;
        let result = work(self);
        self.closing_scopes -= 1;
        result
    }

    /// Whether leaving the function here may close variables.
    pub(super) fn must_close(&self) -> bool {
        self.closing_scopes > 0
    }

    /// A site where a variable is closed.
    pub(super) fn closing_site(&mut self, line: u32) -> SiteId {
        self.site(line, SiteCall::Metamethod(MetaEvent::Close), [None, None])
    }

    /// A site where the variable with this name is marked, which calls nothing.
    pub(super) fn marking_site(&mut self, line: u32, text: Bytes) -> SiteId {
        self.site(line, SiteCall::Nothing, [Some(Name { kind: NameKind::Local, text }), None])
    }

    /// Marks the one among these variables that is to be closed, if there is one.
    pub(super) fn mark_to_be_closed(&mut self, locals: &[LocalId], line: u32, actions: &mut Actions) {
        if let Some(local) = self.find_to_be_closed(locals) {
            let name = self.function.locals[local.0 as usize].name.clone();
            let site = self.marking_site(line, name);
            let variable = self.slot_of_to_be_closed(local);
            actions.push(self.statement_node(MarkClose { variable, site }));
        }
    }

    /// The to-be-closed variable that a statement has declared.
    pub(super) fn declared_to_be_closed(&self, statement: &Statement) -> Option<ToBeClosed> {
        let StatementKind::Local { locals, values: _ } = &statement.kind else { return None };
        let local = self.find_to_be_closed(locals)?;
        Some(ToBeClosed { slot: self.slot_of_to_be_closed(local), span: statement.span })
    }

    /// Whether statements declare a to-be-closed variable in their own block.
    pub(super) fn declare_to_be_closed(&self, statements: &[Statement]) -> bool {
        statements.iter().any(|statement| match &statement.kind {
            StatementKind::Local { locals, values: _ } => self.find_to_be_closed(locals).is_some(),
            StatementKind::Call(_)
            | StatementKind::LocalFunction { .. }
            | StatementKind::Assign { .. }
            | StatementKind::Do(_)
            | StatementKind::While { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::If { .. }
            | StatementKind::NumericFor { .. }
            | StatementKind::GenericFor { .. }
            | StatementKind::Return(_)
            | StatementKind::Break
            | StatementKind::Goto(_)
            | StatementKind::Label(_) => false,
        })
    }

    fn find_to_be_closed(&self, locals: &[LocalId]) -> Option<LocalId> {
        locals.iter().copied().find(|local| self.function.locals[local.0 as usize].attribute == Attribute::Close)
    }

    fn slot_of_to_be_closed(&self, local: LocalId) -> Slot {
        match self.storage_of(local) {
            Storage::Slot(slot) | Storage::Shared { slot, cell: _ } => slot,
            Storage::Constant | Storage::Cell(_) => unreachable!("a to-be-closed variable is never assigned"),
        }
    }

    /// The scope of a variable, which these statements make up.
    pub(super) fn closing_block(
        &mut self,
        variable: &ToBeClosed,
        statements: &[Statement],
        end: BlockEnd<'_>,
    ) -> Result<Action> {
        let mut body = Actions::default();
        self.closing_scope(|compiler| {
            compiler.nested(|compiler| compiler.statements_into(statements, end, &mut body))
        })?;
        // As in PUC Lua, the scopes of a block end where its last statement does.
        let line = match end {
            BlockEnd::Plain => self.last_line(statements.last().map_or(variable.span, |statement| statement.span)),
            BlockEnd::Until(condition) => self.last_line(condition.span),
            BlockEnd::Function(line) => line,
        };
        let site = self.closing_site(line);
        Ok(self.nest(Closing { variable: variable.slot, body: body.into(), site }))
    }

    /// `until condition` as the last statement of the body.
    pub(super) fn until_statement(&mut self, condition: &Expression) -> Result<Action> {
        let line = self.last_line(condition.span);
        let condition = self.child(condition)?;
        let site = self.closing_site(line);
        Ok(self.statement_node(Until { condition, site }))
    }

    /// A statement by which control leaves scopes, in line `line`.
    pub(super) fn leaving<T: StatementNode + Node + 'static>(&mut self, node: T, line: u32) -> Action {
        if !self.must_close() {
            return self.statement_node(node);
        }
        let statement = self.nodes.add(node).statement();
        let site = self.closing_site(line);
        self.statement_node(Leave { statement, site })
    }
}

/// Splits off the labels at the end of a block, which do not belong to the scopes of its variables.
pub(super) fn split_labels_at_end(statements: &[Statement]) -> (&[Statement], &[Statement]) {
    let is_label = |statement: &&Statement| matches!(statement.kind, StatementKind::Label(_));
    let count = statements.iter().rev().take_while(is_label).count();
    statements.split_at(statements.len() - count)
}
