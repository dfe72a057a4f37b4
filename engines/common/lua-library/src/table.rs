//! `table`. Every access honours metamethods, as in Lua 5.4; arrays without a metatable take a direct way.

use lua_runtime::number::with_text;
use lua_runtime::{Args, Gc, MetaEvent, OutOfMemory, Signal, Table, Tag, Value, Vm};

use crate::bytes::Buffer;
use crate::entries::{Entry, new_library};

const ENTRIES: &[Entry] = &[
    ("table.concat", concat),
    ("table.insert", insert),
    ("table.move", move_),
    ("table.pack", pack),
    ("table.remove", remove),
    ("table.sort", sort),
    ("table.unpack", unpack),
];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    new_library(vm, "table", ENTRIES).map(|_| ())
}

/// Argument `index` as something that can be read and written like a table.
fn check_indexable(vm: &mut Vm, args: Args, index: u32, events: &[MetaEvent]) -> Result<Value, Signal> {
    let value = vm.argument(args, index);
    let usable = value.tag == Tag::Table
        || (vm.metatable_of(value).is_some() && events.iter().all(|event| !vm.metamethod(value, *event).is_nil()));
    if usable { Ok(value) } else { Err(vm.type_error(args, index, "table")) }
}

const READ_WRITE_LENGTH: &[MetaEvent] = &[MetaEvent::Index, MetaEvent::NewIndex, MetaEvent::Length];

/// The table itself if no metamethod can be involved.
fn plain(value: Value) -> Option<Gc<Table>> {
    value.as_table().filter(|table| table.metatable().is_none())
}

/// An element. Polls first, since a loop over elements may be as long as `__len` says: what the caller holds must be
/// reachable already.
fn read(vm: &mut Vm, top: u32, object: Value, index: i64) -> Result<Value, Signal> {
    if vm.must_poll() {
        vm.poll(top)?;
    }
    match plain(object) {
        Some(table) => Ok(table.get_integer(index, vm.strings.seed())),
        None => vm.index_from_native(top, object, Value::integer(index)),
    }
}

fn write(vm: &mut Vm, top: u32, object: Value, index: i64, value: Value) -> Result<(), Signal> {
    match plain(object) {
        Some(table) => {
            let seed = vm.strings.seed();
            Ok(table.set_integer(&mut vm.heap, index, value, seed)?)
        }
        None => vm.store_from_native(top, object, Value::integer(index), value),
    }
}

fn concat(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = check_indexable(vm, args, 0, &[MetaEvent::Index, MetaEvent::Length])?;
    let separator: &[u8] = if vm.argument(args, 1).is_nil() { b"" } else { vm.check_string(args, 1)?.bytes() };
    let from = vm.optional_integer(args, 2, 1)?;
    let to = if vm.argument(args, 3).is_nil() {
        vm.length_from_native(args.top(), object)?
    } else {
        vm.check_integer(args, 3)?
    };
    let mut output = Buffer::new(vm);
    let mut index = from;
    while index <= to {
        let value = read(vm, args.top(), object, index)?;
        match value.as_string() {
            Some(string) => output.append(string.bytes())?,
            None => match with_text(value, |text| output.append(text)) {
                Some(result) => result?,
                None => {
                    let type_name = value.type_name();
                    let message = format!("invalid value ({type_name}) at index {index} in table for 'concat'");
                    return Err(vm.raise(&message));
                }
            },
        }
        if index == to {
            break;
        }
        output.append(separator)?;
        index += 1;
    }
    let string = output.finish(vm)?;
    vm.return_one(args, string)
}

fn insert(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = check_indexable(vm, args, 0, READ_WRITE_LENGTH)?;
    let top = args.top();
    let end = vm.length_from_native(top, object)?.wrapping_add(1);
    match args.count {
        2 => {
            let value = vm.argument(args, 1);
            write(vm, top, object, end, value)?;
        }
        3 => {
            let position = vm.check_integer(args, 1)?;
            // One unsigned compare checks 1 <= position <= end, as in PUC Lua.
            if (position as u64).wrapping_sub(1) >= end as u64 {
                return Err(vm.argument_error(args, 1, "position out of bounds"));
            }
            let mut index = end;
            while index > position {
                let value = read(vm, top, object, index - 1)?;
                write(vm, top, object, index, value)?;
                index -= 1;
            }
            let value = vm.argument(args, 2);
            write(vm, top, object, position, value)?;
        }
        _ => return Err(vm.raise("wrong number of arguments to 'insert'")),
    }
    Ok(0)
}

fn remove(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = check_indexable(vm, args, 0, READ_WRITE_LENGTH)?;
    let top = args.top();
    let size = vm.length_from_native(top, object)?;
    let mut position = vm.optional_integer(args, 1, size)?;
    if position != size && (position as u64).wrapping_sub(1) > size as u64 {
        return Err(vm.argument_error(args, 1, "position out of bounds"));
    }
    let removed = read(vm, top, object, position)?;
    // The removed value must survive the metamethods that moving the others may call.
    vm.ensure_stack(top + 1 + lua_runtime::NATIVE_FREE_SLOTS)?;
    vm.set_slot(top, removed);
    while position < size {
        let value = read(vm, top + 1, object, position + 1)?;
        write(vm, top + 1, object, position, value)?;
        position += 1;
    }
    write(vm, top + 1, object, position, Value::NIL)?;
    vm.return_one(args, removed)
}

fn move_(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let (from, to, target_from) = (vm.check_integer(args, 1)?, vm.check_integer(args, 2)?, vm.check_integer(args, 3)?);
    let source = check_indexable(vm, args, 0, &[MetaEvent::Index])?;
    let target_argument = if vm.argument(args, 4).is_nil() { 0 } else { 4 };
    let target = check_indexable(vm, args, target_argument, &[MetaEvent::NewIndex])?;
    if to >= from {
        if !(from > 0 || to < i64::MAX + from) {
            return Err(vm.argument_error(args, 2, "too many elements to move"));
        }
        let count = to - from + 1;
        if target_from > i64::MAX - count + 1 {
            return Err(vm.argument_error(args, 3, "destination wrap around"));
        }
        let top = args.top();
        let overlapping = target_from > from && target_from <= to && source.raw_equals(target);
        for step in 0..count {
            let i = if overlapping { count - 1 - step } else { step };
            let value = read(vm, top, source, from + i)?;
            write(vm, top, target, target_from + i, value)?;
        }
    }
    vm.return_one(args, target)
}

fn pack(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let table = vm.table(args.count, 1)?;
    let seed = vm.strings.seed();
    let values: Vec<Value> = (0..args.count).map(|index| vm.argument(args, index)).collect();
    table.set_list(&mut vm.heap, 1, &values, seed)?;
    vm.raw_set_name(table, "n", Value::integer(i64::from(args.count)))?;
    vm.return_one(args, table)
}

fn unpack(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = vm.argument(args, 0);
    let from = vm.optional_integer(args, 1, 1)?;
    let to = if vm.argument(args, 2).is_nil() {
        vm.length_from_native(args.top(), object)?
    } else {
        vm.check_integer(args, 2)?
    };
    if from > to {
        return Ok(0);
    }
    let count = (to as u64).wrapping_sub(from as u64);
    if !vm.has_stack_room(args.top(), count.saturating_add(1)) {
        return Err(vm.raise("too many results to unpack"));
    }
    let count = count as u32 + 1;
    let top = args.top();
    vm.ensure_stack(top + count + 2 + lua_runtime::NATIVE_FREE_SLOTS)?;
    for i in 0..count {
        // Metamethods are called above the values collected so far.
        let value = read(vm, top + i, object, from.wrapping_add(i64::from(i)))?;
        vm.set_slot(top + i, value);
    }
    vm.return_slots(args, top, count)
}

/// The largest array that `sort` takes, as in PUC Lua.
const MAX_SORT: i64 = i32::MAX as i64;

fn sort(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let object = check_indexable(vm, args, 0, READ_WRITE_LENGTH)?;
    let length = vm.length_from_native(args.top(), object)?;
    if length < 2 {
        return Ok(0);
    }
    if length >= MAX_SORT {
        return Err(vm.argument_error(args, 0, "array too big"));
    }
    let comparator = if vm.argument(args, 1).is_nil() { None } else { Some(vm.check_function(args, 1)?) };
    vm.ensure_stack(args.top() + 4 + lua_runtime::NATIVE_FREE_SLOTS)?;
    let sorting = Sorting { object, comparator, top: args.top() };
    sorting.sort(vm, 1, length)?;
    Ok(0)
}

/// A quicksort as PUC Lua's: median of three, the larger part last, and an error if the comparator contradicts itself.
/// Values that must survive a call of the comparator are kept in the stack slots `top..top + 3`.
struct Sorting {
    object: Value,
    comparator: Option<Value>,
    top: u32,
}

impl Sorting {
    /// Where the comparator is called: above the three values kept in the stack.
    fn call_top(&self) -> u32 {
        self.top + 3
    }

    fn get(&self, vm: &mut Vm, index: i64) -> Result<Value, Signal> {
        read(vm, self.call_top(), self.object, index)
    }

    fn set(&self, vm: &mut Vm, index: i64, value: Value) -> Result<(), Signal> {
        write(vm, self.call_top(), self.object, index, value)
    }

    fn less(&self, vm: &mut Vm, a: Value, b: Value) -> Result<bool, Signal> {
        match self.comparator {
            None => vm.less_from_native(self.call_top(), a, b),
            Some(comparator) => Ok(!vm.call_for_one(self.call_top(), comparator, &[a, b])?.is_falsy()),
        }
    }

    /// Sorts two elements; gives them in order.
    fn order(&self, vm: &mut Vm, low: i64, high: i64) -> Result<(), Signal> {
        let a = self.get(vm, low)?;
        vm.set_slot(self.top, a);
        let b = self.get(vm, high)?;
        vm.set_slot(self.top + 1, b);
        if self.less(vm, b, a)? {
            self.set(vm, low, b)?;
            self.set(vm, high, a)?;
        }
        Ok(())
    }

    fn swap(&self, vm: &mut Vm, i: i64, j: i64) -> Result<(), Signal> {
        let a = self.get(vm, i)?;
        vm.set_slot(self.top, a);
        let b = self.get(vm, j)?;
        vm.set_slot(self.top + 1, b);
        self.set(vm, i, b)?;
        self.set(vm, j, a)
    }

    fn sort(&self, vm: &mut Vm, mut low: i64, mut high: i64) -> Result<(), Signal> {
        while low < high {
            self.order(vm, low, high)?;
            if high - low == 1 {
                return Ok(());
            }
            let middle = low + (high - low) / 2;
            self.order(vm, low, middle)?;
            self.order(vm, middle, high)?;
            if high - low == 2 {
                return Ok(());
            }
            let pivot = self.get(vm, middle)?;
            vm.set_slot(self.top + 2, pivot);
            self.swap(vm, middle, high - 1)?;
            let boundary = self.partition(vm, low, high, pivot)?;
            // The smaller part by recursion, the larger one by the loop, so that the depth is logarithmic.
            if boundary - low < high - boundary {
                self.sort(vm, low, boundary - 1)?;
                low = boundary + 1;
            } else {
                self.sort(vm, boundary + 1, high)?;
                high = boundary - 1;
            }
        }
        Ok(())
    }

    /// Splits `low..=high` around the pivot, which lies at `high - 1`; gives its final place.
    fn partition(&self, vm: &mut Vm, low: i64, high: i64, pivot: Value) -> Result<i64, Signal> {
        let (mut i, mut j) = (low, high - 1);
        loop {
            i += 1;
            loop {
                let value = self.get(vm, i)?;
                if !self.less(vm, value, pivot)? {
                    break;
                }
                if i == high - 1 {
                    return Err(vm.raise("invalid order function for sorting"));
                }
                i += 1;
            }
            j -= 1;
            loop {
                let value = self.get(vm, j)?;
                if !self.less(vm, pivot, value)? {
                    break;
                }
                if j < i {
                    return Err(vm.raise("invalid order function for sorting"));
                }
                j -= 1;
            }
            if j < i {
                self.swap(vm, high - 1, i)?;
                return Ok(i);
            }
            self.swap(vm, i, j)?;
        }
    }
}
