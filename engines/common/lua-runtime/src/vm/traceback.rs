//! What the tracebacks of all engines have in common: which levels are shown, and the names that the library's tables
//! give to functions. It must not know how an engine lays out frames; see `backtrace` in the interpreters for that.

use super::Vm;
use crate::heap::object::Gc;
use crate::objects::table::Table;
use crate::value::Value;

/// Levels shown at the inner end of a long traceback.
const FIRST_LEVELS: usize = 10;
/// Levels shown at the outer end of a long traceback.
const LAST_LEVELS: usize = 11;

/// The traceback from `level` on, for [`crate::EngineHooks::traceback`]. `frames` are the frames of the running
/// coroutine from the innermost outward, and `line` says what one looks like; only frames that are shown are asked.
pub fn text<F>(vm: &Vm, level: u32, frames: impl Iterator<Item = F>, line: impl Fn(&F) -> String) -> String {
    let mut frames: Vec<Option<F>> = frames.map(Some).collect();
    if vm.thread == vm.main_thread {
        // The host's own call, a C function in PUC Lua's eyes.
        frames.push(None);
    }
    let shown = &frames[frames.len().min(level as usize)..];
    let mut text = "stack traceback:".to_string();
    let last = shown.len().saturating_sub(LAST_LEVELS);
    for (index, frame) in shown.iter().enumerate() {
        if shown.len() > FIRST_LEVELS + LAST_LEVELS + 1 && (FIRST_LEVELS..last).contains(&index) {
            if index == FIRST_LEVELS {
                // PUC Lua does not count the level in whose place this line stands.
                text += &format!("\n\t...\t(skipping {} levels)", last - FIRST_LEVELS - 1);
            }
            continue;
        }
        text += "\n\t";
        match frame {
            Some(frame) => text += &line(frame),
            None => text += "[C]: in ?",
        }
    }
    text
}

/// The name of a function that a loaded module holds, global functions among them: `string.format`, `print`.
pub fn loaded_name(vm: &Vm, function: Value) -> Option<String> {
    let loaded = fields(vm, vm.registry).find(|(name, _)| name == "_LOADED")?.1.as_table()?;
    for (module, value) in fields(vm, loaded) {
        if value.raw_equals(function) {
            return Some(module);
        }
        let Some(table) = value.as_table() else { continue };
        if let Some((field, _)) = fields(vm, table).find(|(_, value)| value.raw_equals(function)) {
            return Some(if module == "_G" { field } else { format!("{module}.{field}") });
        }
    }
    None
}

/// The fields of a table whose keys are strings.
fn fields(vm: &Vm, table: Gc<Table>) -> impl Iterator<Item = (String, Value)> {
    let seed = vm.strings.seed();
    let mut key = Value::NIL;
    let entries = std::iter::from_fn(move || {
        let (next_key, value) = table.next(key, seed).ok()??;
        key = next_key;
        Some((next_key, value))
    });
    entries.filter_map(|(key, value)| Some((key.as_string()?.to_text(), value)))
}
