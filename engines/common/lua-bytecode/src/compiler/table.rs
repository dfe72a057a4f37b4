//! Table constructors.

use lua_syntax::ast::{Bytes, Expression, Span, TableItem};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;
use crate::proto::{FeedbackDescriptor, SHORT_KEY_BYTES};

use super::assignment::{Assignee, Part};
use super::expression::is_multiple;
use super::{CompileError, FunctionCompiler, Results, Target};

/// Array items that are collected in registers before one `SETLIST` stores them.
const ITEMS_PER_FLUSH: u8 = 50;
/// Most keys of a template. Constructors with more are data, not objects.
const MAX_TEMPLATE_KEYS: usize = 64;

impl FunctionCompiler<'_> {
    /// Compiles a table constructor.
    pub(super) fn constructor(&mut self, items: &[TableItem], span: Span, target: Target) -> Result<(), CompileError> {
        let level = self.free;
        // While it is filled the table is in a temporary: a variable may still be read by the items.
        let table = self.top_temporary(target)?;
        self.line = span.line;
        self.new_table(table, items)?;
        let mut pending: u8 = 0;
        let mut stored: u32 = 0;
        for (i, item) in items.iter().enumerate() {
            match item {
                TableItem::Positional(value) => {
                    if i + 1 == items.len() && is_multiple(value) {
                        self.multiple(value, Results::All)?;
                        self.line = span.last_line;
                        self.set_list(table, 0, stored)?;
                        pending = 0;
                        continue;
                    }
                    if i + 1 == items.len() {
                        self.use_line = Some(span.last_line);
                    }
                    self.value_to_next(value)?;
                    pending += 1;
                    if pending == ITEMS_PER_FLUSH {
                        self.set_list(table, pending, stored)?;
                        stored += u32::from(pending);
                        pending = 0;
                    }
                }
                TableItem::Named { name, value } => self.named_item(table, name, value)?,
                TableItem::Keyed { key, value } => self.keyed_item(table, key, value)?,
            }
        }
        self.line = span.last_line;
        if pending > 0 {
            self.set_list(table, pending, stored)?;
        }
        self.free_to(level);
        self.emit_move(target.register, table)
    }

    /// Stores the items in the registers behind the table's and frees them. `count` 0 means up to the top.
    fn set_list(&mut self, table: Register, count: u8, stored: u32) -> Result<(), CompileError> {
        self.emit_extra(Instruction::abc(Opcode::SetList, table, count, 0), stored)?;
        self.free_to(table + 1);
        Ok(())
    }

    fn new_table(&mut self, table: Register, items: &[TableItem]) -> Result<(), CompileError> {
        let mut array_items: u32 = 0;
        let mut fields: usize = 0;
        let mut names = Some(Vec::new());
        for item in items {
            match item {
                TableItem::Positional(_) => array_items += 1,
                TableItem::Named { name, value: _ } => {
                    fields += 1;
                    match &mut names {
                        Some(list) if name.len() <= SHORT_KEY_BYTES => list.push(name),
                        Some(_) | None => names = None,
                    }
                }
                TableItem::Keyed { .. } => {
                    fields += 1;
                    names = None;
                }
            }
        }
        let hint = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        match names {
            // A table that starts with nothing is an object more often than not, whose fields come later.
            Some(names) if (!names.is_empty() || items.is_empty()) && names.len() <= MAX_TEMPLATE_KEYS => {
                let keys = self.template_keys(&names)?;
                let slot = self.slot(FeedbackDescriptor::Template(keys));
                self.emit_extra(Instruction::abx(Opcode::NewObject, table, hint(array_items as usize)), slot)?;
            }
            Some(_) | None => {
                self.emit_extra(Instruction::abx(Opcode::NewTable, table, hint(fields)), array_items)?;
            }
        }
        Ok(())
    }

    fn template_keys(&mut self, names: &[&Bytes]) -> Result<Vec<u32>, CompileError> {
        let mut keys = Vec::with_capacity(names.len());
        for name in names {
            let key = self.string_constant(name)?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    fn named_item(&mut self, table: Register, name: &Bytes, value: &Expression) -> Result<(), CompileError> {
        let level = self.free;
        let assignee = if name.len() <= SHORT_KEY_BYTES {
            Assignee::Field { object: Part::Register(table), name: name.clone() }
        } else {
            let key = self.allocate()?;
            self.emit_constant(key, &lua_syntax::ast::Constant::String(name.clone()))?;
            Assignee::Index { object: Part::Register(table), key: Part::Register(key) }
        };
        self.store_value(&assignee, value, value.span.last_line)?;
        self.free_to(level);
        Ok(())
    }

    fn keyed_item(&mut self, table: Register, key: &Expression, value: &Expression) -> Result<(), CompileError> {
        let level = self.free;
        let assignee = self.index_assignee(Part::Register(table), key)?;
        self.store_value(&assignee, value, value.span.last_line)?;
        self.free_to(level);
        Ok(())
    }
}
