//! Assignments.

use lua_syntax::ast::{Constant as Literal, Expression, ExpressionKind, LocalId};

use super::{Actions, FunctionCompiler, Result, Storage};
use crate::code::SiteCall;
use crate::frame::{SiteId, Slot};
use crate::node::Child;
use crate::nodes::block::Action;
use crate::nodes::element::SetElement;
use crate::nodes::field::{FieldAccess, SetField};
use crate::nodes::variable::{AssignCell, AssignUpvalue, Leaf};
use crate::operand::{Captured, Constant, Local, Source, Upvalue};

/// A target of an assignment, its object and key compiled.
enum Target {
    Local(Slot),
    Cell(Slot),
    Upvalue(u32),
    Field { object: Object, access: FieldAccess },
    Element { object: Object, key: Key, site: SiteId },
}

impl From<Source> for Key {
    fn from(source: Source) -> Key {
        match source {
            Source::Local(local) => Key::Local(local),
            Source::Constant(constant) => Key::Constant(constant),
            Source::Child(child) => Key::Child(child),
        }
    }
}

impl Target {
    /// Where the store stands, if it can call.
    fn site(&self) -> Option<SiteId> {
        match self {
            Target::Local(_) | Target::Cell(_) | Target::Upvalue(_) => None,
            Target::Field { object: _, access } => Some(access.site),
            Target::Element { object: _, key: _, site } => Some(*site),
        }
    }
}

/// The object of an access, as nodes are specialised over it.
pub(super) enum Object {
    Local(Local),
    Upvalue(Upvalue),
    Captured(Captured),
    Child(Child),
}

/// The key of an access, as nodes are specialised over it.
pub(super) enum Key {
    Local(Local),
    Constant(Constant),
    Captured(Captured),
    Child(Child),
}

impl FunctionCompiler<'_, '_> {
    pub(super) fn assign(
        &mut self,
        targets: &[Expression],
        values: &[Expression],
        line: u32,
        actions: &mut Actions,
    ) -> Result<()> {
        let action = match (targets, values) {
            ([target], [value]) => self.with_temporaries(|compiler| compiler.assign_one(target, value, line))?,
            _ => return self.with_temporaries(|compiler| compiler.assign_many(targets, values, line, actions)),
        };
        actions.push(action);
        Ok(())
    }

    fn assign_one(&mut self, target: &Expression, value: &Expression, line: u32) -> Result<Action> {
        // The object and the key wait in these slots while the value is evaluated.
        let spill = Slot(self.top);
        let target = self.target(target, line)?;
        if matches!(target, Target::Field { .. } | Target::Element { .. }) {
            self.top = spill.0;
            self.take(2);
        }
        let value = self.source(value)?;
        Ok(self.store(target, value, spill))
    }

    /// Objects and keys first, then the values, then the stores from right to left, as in PUC Lua.
    fn assign_many(
        &mut self,
        targets: &[Expression],
        values: &[Expression],
        line: u32,
        actions: &mut Actions,
    ) -> Result<()> {
        let assigned: Vec<LocalId> = targets.iter().filter_map(assigned_local).collect();
        let mut compiled = Vec::new();
        for target in targets {
            let target = self.target(target, line)?;
            compiled.push(self.stable_target(target, &assigned, actions));
        }
        let first_value = Slot(self.top);
        self.values_into(values, targets.len() as u32, actions)?;
        let spill = self.take(2);
        for (i, target) in compiled.into_iter().enumerate().rev() {
            if let Some(site) = target.site() {
                // The other targets and values wait while a metamethod stores this one.
                self.keep_slots(site);
            }
            let value = Source::Local(Local(first_value.offset(i as u32)));
            actions.push(self.store(target, value, spill));
        }
        Ok(())
    }

    /// A target whose object and key no longer depend on what the other stores do: what is no variable of this function,
    /// or one that the statement assigns, is evaluated into a slot.
    fn stable_target(&mut self, target: Target, assigned: &[LocalId], actions: &mut Actions) -> Target {
        match target {
            Target::Field { object, access } => {
                let object = self.stable_object(object, assigned, actions);
                Target::Field { object, access }
            }
            Target::Element { object, key, site } => {
                let object = self.stable_object(object, assigned, actions);
                let key = match key {
                    Key::Constant(constant) => Key::Constant(constant),
                    Key::Local(local) => Key::Local(self.stable_local(local, assigned, actions)),
                    Key::Captured(captured) => match self.stable_captured(captured, assigned, actions) {
                        Some(local) => Key::Local(local),
                        None => Key::Captured(captured),
                    },
                    Key::Child(child) => Key::Local(self.evaluate_to_slot(child, actions)),
                };
                Target::Element { object, key, site }
            }
            Target::Local(_) | Target::Cell(_) | Target::Upvalue(_) => target,
        }
    }

    fn stable_object(&mut self, object: Object, assigned: &[LocalId], actions: &mut Actions) -> Object {
        Object::Local(match object {
            Object::Local(local) => self.stable_local(local, assigned, actions),
            Object::Upvalue(upvalue) => {
                let child = self.expression_node(Leaf(upvalue));
                self.evaluate_to_slot(child, actions)
            }
            Object::Captured(captured) => match self.stable_captured(captured, assigned, actions) {
                Some(local) => local,
                None => return Object::Captured(captured),
            },
            Object::Child(child) => self.evaluate_to_slot(child, actions),
        })
    }

    /// A copy of a captured variable, if the statement assigns the variable.
    fn stable_captured(&mut self, captured: Captured, assigned: &[LocalId], actions: &mut Actions) -> Option<Local> {
        let is_assigned =
            assigned.iter().any(|id| matches!(self.storage_of(*id), Storage::Cell(slot) if slot == captured.0));
        is_assigned.then(|| {
            let child = self.expression_node(Leaf(captured));
            self.evaluate_to_slot(child, actions)
        })
    }

    fn stable_local(&mut self, local: Local, assigned: &[LocalId], actions: &mut Actions) -> Local {
        let is_assigned =
            assigned.iter().any(|id| matches!(self.storage_of(*id), Storage::Slot(slot) if slot == local.0));
        if is_assigned {
            let child = self.expression_node(Leaf(local));
            self.evaluate_to_slot(child, actions)
        } else {
            local
        }
    }

    fn evaluate_to_slot(&mut self, value: Child, actions: &mut Actions) -> Local {
        let to = self.take(1);
        actions.push(Action::Assign { to, value });
        Local(to)
    }

    /// Compiles a target. Its object and key may use the free slots, the key all but the first.
    fn target(&mut self, target: &Expression, line: u32) -> Result<Target> {
        let top = self.top;
        let compiled = match &target.kind {
            ExpressionKind::Local(local) => match self.storage_of(*local) {
                Storage::Slot(slot) => Target::Local(slot),
                Storage::Cell(slot) => Target::Cell(slot),
                Storage::Shared { .. } | Storage::Constant => {
                    unreachable!("the parser says of every assigned variable that it is reassigned")
                }
            },
            ExpressionKind::Upvalue(upvalue) => Target::Upvalue(upvalue.0),
            ExpressionKind::Global { environment, name } => {
                self.field_target(environment, &Literal::String(name.clone()), line)?
            }
            ExpressionKind::Index { object, key } => {
                if let ExpressionKind::Constant(constant) = &key.kind {
                    self.field_target(object, constant, line)?
                } else {
                    let site = self.store_site(object, line);
                    let object = self.waiting_object(object)?;
                    self.take(1);
                    let key = self.waiting_key(key)?;
                    Target::Element { object, key, site }
                }
            }
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
            | ExpressionKind::Table(_) => unreachable!("the parser accepts only variables and fields as targets"),
        };
        self.top = top;
        Ok(compiled)
    }

    fn field_target(&mut self, object: &Expression, key: &Literal, line: u32) -> Result<Target> {
        let site = self.store_site(object, line);
        let access = self.field_access(key, site)?;
        let object = self.waiting_object(object)?;
        Ok(match access {
            Some(access) => Target::Field { object, access },
            None => Target::Element { object, key: Key::Constant(Constant(self.constant(key)?)), site },
        })
    }

    /// PUC Lua stores when the whole statement has been read, so that is the line that it reports.
    fn store_site(&mut self, object: &Expression, line: u32) -> SiteId {
        let name = self.name(object);
        self.site(line, SiteCall::Metamethod(lua_runtime::meta::MetaEvent::NewIndex), [name, None])
    }

    fn store(&mut self, target: Target, value: Source, spill: Slot) -> Action {
        let value = match target.site() {
            Some(site) => self.marked(value, self.sites[site.0 as usize].line),
            None => value,
        };
        match target {
            Target::Local(to) => {
                let value = self.node_of(value);
                Action::Assign { to, value }
            }
            Target::Cell(slot) => {
                let value = self.node_of(value);
                self.statement_node(AssignCell { slot, value })
            }
            Target::Upvalue(index) => {
                let value = self.node_of(value);
                self.statement_node(AssignUpvalue { index, value })
            }
            Target::Field { object, access } => match object {
                Object::Local(object) => self.statement_node(SetField { object, value, spill, access }),
                Object::Upvalue(object) => self.statement_node(SetField { object, value, spill, access }),
                Object::Captured(object) => self.statement_node(SetField { object, value, spill, access }),
                Object::Child(object) => self.statement_node(SetField { object, value, spill, access }),
            },
            Target::Element { object, key, site } => match object {
                Object::Local(object) => self.store_element(object, key, value, spill, site),
                Object::Upvalue(object) => self.store_element(object, key, value, spill, site),
                Object::Captured(object) => self.store_element(object, key, value, spill, site),
                Object::Child(object) => self.store_element(object, key, value, spill, site),
            },
        }
    }

    fn store_element<O: crate::operand::Operand + 'static>(
        &mut self,
        object: O,
        key: Key,
        value: Source,
        spill: Slot,
        site: SiteId,
    ) -> Action {
        match key {
            Key::Local(key) => self.statement_node(SetElement { object, key, value, spill, site }),
            Key::Constant(key) => self.statement_node(SetElement { object, key, value, spill, site }),
            Key::Captured(key) => self.statement_node(SetElement { object, key, value, spill, site }),
            Key::Child(key) => self.statement_node(SetElement { object, key, value, spill, site }),
        }
    }
}

/// The local variable that a target is.
fn assigned_local(target: &Expression) -> Option<LocalId> {
    if let ExpressionKind::Local(local) = target.kind { Some(local) } else { None }
}
