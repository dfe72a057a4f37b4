//! The metatables of values: those of tables and userdata are their own, all others have one for their type.
//!
//! The names of metamethods and the search for one are in `meta`.

use super::Vm;
use super::meta::MetaEvent;
use crate::heap::OutOfMemory;
use crate::heap::object::Gc;
use crate::objects::table::Table;
use crate::value::{Tag, Value};

/// The metatables of the types whose values have none of their own.
#[derive(Default)]
pub(super) struct Metatables {
    nil: Option<Gc<Table>>,
    boolean: Option<Gc<Table>>,
    number: Option<Gc<Table>>,
    function: Option<Gc<Table>>,
    thread: Option<Gc<Table>>,
    light_userdata: Option<Gc<Table>>,
    string: Option<Gc<Table>>,
}

impl Metatables {
    pub(super) fn iter(&self) -> impl Iterator<Item = Gc<Table>> {
        [self.nil, self.boolean, self.number, self.function, self.thread, self.light_userdata, self.string]
            .into_iter()
            .flatten()
    }
}

impl Vm {
    /// Sets the metatable of a table.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn set_metatable(&mut self, table: Gc<Table>, metatable: Option<Gc<Table>>) -> Result<(), OutOfMemory> {
        table.set_metatable(&mut self.heap, &mut self.shapes, metatable)
    }

    /// The metatable of any value.
    #[inline]
    pub fn metatable_of(&self, value: Value) -> Option<Gc<Table>> {
        match value.tag {
            Tag::Table => value.as_table().and_then(|table| table.metatable()),
            Tag::String => self.metatables.string,
            Tag::Userdata => value.as_userdata().and_then(|userdata| userdata.metatable()),
            Tag::Nil => self.metatables.nil,
            Tag::False | Tag::True => self.metatables.boolean,
            Tag::Integer | Tag::Float => self.metatables.number,
            Tag::Closure | Tag::Native => self.metatables.function,
            Tag::Thread => self.metatables.thread,
            Tag::Cell => self.metatables.light_userdata,
            Tag::Frame => None,
        }
    }

    /// Sets the metatable of any value, for tables its own, else that of its type.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn set_any_metatable(&mut self, value: Value, metatable: Option<Gc<Table>>) -> Result<(), OutOfMemory> {
        if let Some(metatable) = metatable {
            // Metamethods are looked up in it like in the metatable of a table.
            metatable.become_prototype();
        }
        let metatables = &mut self.metatables;
        *match value.tag {
            Tag::Table => match value.as_table() {
                Some(table) => return self.set_metatable(table, metatable),
                None => return Ok(()),
            },
            Tag::Userdata => {
                if let Some(userdata) = value.as_userdata() {
                    userdata.set_metatable(&mut self.heap, metatable);
                }
                return Ok(());
            }
            Tag::String => {
                self.shapes.string_methods.set(None);
                &mut metatables.string
            }
            Tag::Nil => &mut metatables.nil,
            Tag::False | Tag::True => &mut metatables.boolean,
            Tag::Integer | Tag::Float => &mut metatables.number,
            Tag::Closure | Tag::Native => &mut metatables.function,
            Tag::Thread => &mut metatables.thread,
            Tag::Cell => &mut metatables.light_userdata,
            Tag::Frame => return Ok(()),
        } = metatable;
        Ok(())
    }

    /// The metatable of all strings.
    #[inline(always)]
    pub fn string_metatable(&self) -> Option<Gc<Table>> {
        self.metatables.string
    }

    /// The table behind `__index` of strings, if `value` is a string and there is one.
    #[inline]
    pub fn string_methods(&self, value: Value) -> Option<Gc<Table>> {
        if value.tag != Tag::String {
            return None;
        }
        self.shapes.string_methods.get().or_else(|| self.find_string_methods())
    }

    #[inline(never)]
    fn find_string_methods(&self) -> Option<Gc<Table>> {
        let methods = self.metamethod_in(self.metatables.string?, MetaEvent::Index).as_table();
        self.shapes.string_methods.set(methods);
        methods
    }
}
