//! Table constructors: in their final shape where the keys are known, item by item otherwise.

use lua_runtime::AllocationSite;
use lua_runtime::shape::Shape;
use lua_runtime::{Gc, LuaString};
use lua_syntax::ast::{Bytes, Constant as Literal, Expression, TableItem};

use super::statement::is_open;
use super::{FunctionCompiler, Result};
use crate::code::SiteCall;
use crate::frame::{SiteId, Slot};
use crate::node::Child;
use crate::nodes::table::{AnyTable, EmptyTable, Item, KnownTable};
use crate::operand::Source;

/// A constructor with more items than this is done item by item, so that frames stay small.
const MAX_KNOWN_ITEMS: usize = 50;
/// Positional items that wait before they go into the table (PUC Lua's `LFIELDS_PER_FLUSH`).
const ITEMS_PER_FLUSH: u32 = 50;

impl FunctionCompiler<'_, '_> {
    pub(super) fn table(&mut self, items: &[TableItem], line: u32) -> Result<Child> {
        if items.is_empty() {
            return Ok(self.expression_node(EmptyTable { site: AllocationSite::default() }));
        }
        match self.known_shape(items)? {
            Some(shape) => self.known_table(items, shape),
            None => self.any_table(items, line),
        }
    }

    /// The shape of a constructor whose items all have known and different keys; `None` if it has others, or too many.
    fn known_shape(&mut self, items: &[TableItem]) -> Result<Option<Gc<Shape>>> {
        let ends_open = matches!(items.last(), Some(TableItem::Positional(value)) if is_open(value));
        if ends_open || items.len() > MAX_KNOWN_ITEMS {
            return Ok(None);
        }
        let vm = &mut *self.chunk.vm;
        let mut shape = vm.shapes.empty();
        for item in items {
            match item {
                TableItem::Positional(_) => {}
                TableItem::Keyed { key: _, value: _ } => return Ok(None),
                TableItem::Named { name, value: _ } => {
                    let key = vm.string(name)?;
                    if !key.is_short() || shape.slot_of(key).is_some() {
                        return Ok(None);
                    }
                    match vm.shapes.with_name(&mut vm.heap, shape, key)? {
                        Some(next) => shape = next,
                        None => return Ok(None),
                    }
                }
            }
        }
        Ok(Some(shape))
    }

    fn known_table(&mut self, items: &[TableItem], shape: Gc<Shape>) -> Result<Child> {
        let field_count = shape.slot_count();
        let element_count = items.len() as u32 - field_count;
        let fields = self.take(field_count);
        let elements = self.take(element_count);
        let (mut next_field, mut next_element) = (fields, elements);
        let mut values = Vec::new();
        for item in items {
            let (next, value) = match item {
                TableItem::Positional(value) => (&mut next_element, value),
                TableItem::Named { name: _, value } => (&mut next_field, value),
                TableItem::Keyed { .. } => unreachable!("`known_shape` refuses constructors with such items"),
            };
            let slot = *next;
            *next = next.offset(1);
            let source = self.source(value)?;
            values.push((slot, self.marked_leaf(source, value)));
        }
        let values = values.into();
        Ok(self.expression_node(KnownTable {
            shape,
            site: AllocationSite::default(),
            values,
            fields,
            field_count,
            elements,
            element_count,
        }))
    }

    fn any_table(&mut self, items: &[TableItem], line: u32) -> Result<Child> {
        let slot = self.take(1);
        let waiting = self.take(ITEMS_PER_FLUSH.min(items.len() as u32));
        let key_slot = self.take(1);
        let mut list = ItemList { items: Vec::new(), next_key: 1, waiting_count: 0 };
        let mut last = None;
        for (i, item) in items.iter().enumerate() {
            list.flush_if_full();
            match item {
                TableItem::Positional(value) if i + 1 == items.len() && is_open(value) => {
                    list.flush();
                    self.top = waiting.0;
                    last = Some((list.next_key, self.value_list(value)?));
                }
                TableItem::Positional(value) => {
                    let source = self.source(value)?;
                    let source = self.marked_leaf(source, value);
                    list.positional(waiting, source);
                }
                TableItem::Named { name, value } => {
                    let (key, value) = (self.field_key(name)?, self.source(value)?);
                    list.items.push(Item::Named { key, value });
                }
                TableItem::Keyed { key, value } => {
                    let site = self.key_site(value);
                    let waiting = self.captured(key);
                    let (key, value) = (self.source(key)?, self.source(value)?);
                    list.items.push(Item::Keyed { key, waiting, value, site });
                }
            }
        }
        list.flush();
        let site = self.site(line, SiteCall::Call, [None, None]);
        Ok(self.expression_node(AnyTable { slot, key_slot, items: list.items.into(), last, site }))
    }

    fn field_key(&mut self, name: &Bytes) -> Result<Gc<LuaString>> {
        let key = self.constant(&Literal::String(name.clone()))?;
        Ok(key.as_string().unwrap_or_else(|| unreachable!("a name is a string")))
    }

    fn key_site(&mut self, value: &Expression) -> SiteId {
        let line = self.last_line(value.span);
        self.site(line, SiteCall::Call, [None, None])
    }
}

/// The items of a constructor in the order in which they are done.
struct ItemList {
    items: Vec<Item>,
    /// The key of the next positional item that goes into the table.
    next_key: u32,
    waiting_count: u32,
}

impl ItemList {
    fn positional(&mut self, waiting: Slot, value: Source) {
        self.items.push(Item::Positional { to: waiting.offset(self.waiting_count), value });
        self.waiting_count += 1;
    }

    /// Before every item, whatever it is, as in PUC Lua.
    fn flush_if_full(&mut self) {
        if self.waiting_count == ITEMS_PER_FLUSH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.waiting_count > 0 {
            self.items.push(Item::Flush { first_key: self.next_key, count: self.waiting_count });
            self.next_key += self.waiting_count;
            self.waiting_count = 0;
        }
    }
}
