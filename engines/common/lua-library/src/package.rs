//! `require` and `package`: modules written in Lua. There are no modules written in C, since there is no C interface;
//! the searchers for them find files and say so.

use lua_runtime::{Args, Gc, LuaString, NativeFn, NativeFunction, NativeRole, OutOfMemory, Signal, Table, Value, Vm};

use crate::entries::{Entry, new_library};
use crate::loading::load_file;
use crate::outcome::c_string;

const ENTRIES: &[Entry] = &[("package.loadlib", loadlib), ("package.searchpath", searchpath)];

/// `package.config`: directory separator, template separator, substitution mark, and two for C modules.
const CONFIG: &[u8] = b"/\n;\n?\n!\n-\n";
const DEFAULT_PATH: &[u8] = b"/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
    /usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;./?.lua;./?/init.lua";
const DEFAULT_CPATH: &[u8] = b"/usr/local/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";
/// Where the default goes in a path from the environment.
const DEFAULT_MARK: &[u8] = b";;";
/// What PUC Lua says where it was built without dynamic libraries.
const NO_LIBRARIES: &str = "dynamic libraries not enabled; check your Lua installation";

/// Upvalues of `require` and of the searchers: the table `package`, and the table that the function works on, which
/// stays the same when the program puts another one into `package`.
const PACKAGE: u32 = 0;
const LOADED: u32 = 1;
const PRELOAD: u32 = 1;

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    let package = new_library(vm, "package", ENTRIES)?;
    let loaded = vm.table(0, 0)?;
    let preload = vm.table(0, 0)?;
    let path = path_setting(vm, &[b"LUA_PATH_5_4", b"LUA_PATH"], DEFAULT_PATH)?;
    let cpath = path_setting(vm, &[b"LUA_CPATH_5_4", b"LUA_CPATH"], DEFAULT_CPATH)?;
    let config = vm.string(CONFIG)?;
    let searchers = vm.table(4, 0)?;
    let functions: [NativeFn; 4] = [search_preload, search_lua, search_c, search_c_root];
    for (index, function) in functions.into_iter().enumerate() {
        let searcher = with_upvalues(vm, "package.searchers", function, &[package, preload])?;
        let seed = vm.strings.seed();
        searchers.set_integer(&mut vm.heap, index as i64 + 1, Value::from(searcher), seed)?;
    }
    let fields = [
        ("loaded", Value::from(loaded)),
        ("preload", Value::from(preload)),
        ("path", Value::from(path)),
        ("cpath", Value::from(cpath)),
        ("config", Value::from(config)),
        ("searchers", Value::from(searchers)),
    ];
    for (name, value) in fields {
        vm.raw_set_name(package, name, value)?;
    }
    vm.raw_set_name(vm.registry, "_LOADED", Value::from(loaded))?;
    vm.raw_set_name(vm.registry, "_PRELOAD", Value::from(preload))?;
    let require = with_upvalues(vm, "require", require, &[package, loaded])?;
    vm.raw_set_name(vm.globals, "require", Value::from(require))?;
    note_loaded(vm, loaded)
}

/// Puts every library table that there is into `package.loaded`.
fn note_loaded(vm: &mut Vm, loaded: Gc<Table>) -> Result<(), OutOfMemory> {
    let mut entry = Ok(Some((Value::NIL, Value::NIL)));
    while let Ok(Some((key, value))) = entry {
        if let (Some(name), Some(_)) = (key.as_string(), value.as_table()) {
            let seed = vm.strings.seed();
            loaded.set_string(&mut vm.heap, &mut vm.shapes, name, value, seed)?;
        }
        entry = vm.globals.next(key, vm.strings.seed());
    }
    Ok(())
}

fn with_upvalues(
    vm: &mut Vm,
    name: &'static str,
    function: NativeFn,
    tables: &[Gc<Table>; 2],
) -> Result<Gc<NativeFunction>, OutOfMemory> {
    Gc::<NativeFunction>::allocate(&mut vm.heap, name, function, NativeRole::Plain, &tables.map(Value::from))
}

/// The value of the first variable that is set, with the default in place of `;;`; else the default.
fn path_setting(vm: &mut Vm, variables: &[&[u8]], default: &[u8]) -> Result<Gc<LuaString>, OutOfMemory> {
    let Some(path) = variables.iter().find_map(|name| vm.host.environment_variable(name)) else {
        return vm.string(default);
    };
    match path.windows(DEFAULT_MARK.len()).position(|window| window == DEFAULT_MARK) {
        None => vm.string(&path),
        Some(at) => {
            let (before, after) = (&path[..at], &path[at + DEFAULT_MARK.len()..]);
            let parts: Vec<&[u8]> = [before, default, after].into_iter().filter(|part| !part.is_empty()).collect();
            vm.string(&parts.join(&b";"[..]))
        }
    }
}

/// A table that the running function keeps as upvalue.
fn own_table(vm: &Vm, args: Args, index: u32) -> Gc<Table> {
    let function = vm.slot(args.base - 2).as_native().expect("a library function runs");
    function.upvalue(index).as_table().expect("`open` has put tables there")
}

/// `require(modname)`.
fn require(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = Value::from(vm.check_string(args, 0)?);
    let loaded = Value::from(own_table(vm, args, LOADED));
    let top = args.top();
    let present = vm.index_from_native(top, loaded, name)?;
    if !present.is_falsy() {
        return vm.return_one(args, present);
    }
    find_loader(vm, args, name)?;
    // Loader and its data lie in the two slots at `top`; the data stays there, the results of the loader lie above it.
    let (loader, data) = (vm.slot(top), vm.slot(top + 1));
    let result = vm.call_for_one(top + 2, loader, &[name, data])?;
    if !result.is_nil() {
        vm.store_from_native(top + 2, loaded, name, result)?;
    } else if vm.index_from_native(top + 2, loaded, name)?.is_nil() {
        vm.store_from_native(top + 2, loaded, name, Value::TRUE)?;
    }
    let module = vm.index_from_native(top + 2, loaded, name)?;
    let data = vm.slot(top + 1);
    vm.return_values(args, &[module, data])
}

/// Asks the searchers for a loader. It and its data lie in the two slots from `args.top()` on afterwards.
fn find_loader(vm: &mut Vm, args: Args, name: Value) -> Result<(), Signal> {
    let top = args.top();
    let package = Value::from(own_table(vm, args, PACKAGE));
    let key = Value::from(vm.string(b"searchers")?);
    let searchers = vm.index_from_native(top, package, key)?;
    let Some(searchers_table) = searchers.as_table() else {
        return Err(vm.raise("'package.searchers' must be a table"));
    };
    // The program may replace the table while a searcher runs.
    vm.ensure_stack(top + 3)?;
    vm.set_slot(top, searchers);
    let mut messages = Vec::new();
    for index in 1.. {
        let searcher = searchers_table.get_integer(index, vm.strings.seed());
        if searcher.is_nil() {
            break;
        }
        let count = vm.call(top + 1, searcher, &[name])?;
        let [loader, data] = [0, 1].map(|i| if i < count { vm.slot(top + 1 + i) } else { Value::NIL });
        if loader.is_function() {
            vm.set_slot(top, loader);
            vm.set_slot(top + 1, data);
            return Ok(());
        }
        if let Some(message) = lua_runtime::number::bytes_of(loader) {
            messages.extend_from_slice(b"\n\t");
            messages.extend_from_slice(&message);
        }
    }
    let name = name.as_string().expect("`require` has checked it").bytes();
    Err(vm.raise_bytes(&[b"module '", name, b"' not found:", &messages].concat()))
}

// The searchers.

fn search_preload(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = vm.check_string(args, 0)?;
    let preload = Value::from(own_table(vm, args, PRELOAD));
    let loader = vm.index_from_native(args.top(), preload, Value::from(name))?;
    if loader.is_nil() {
        let message = [b"no field package.preload['", name.bytes(), b"']"].concat();
        let message = vm.string(&message)?;
        return vm.return_one(args, message);
    }
    vm.set_slot(args.top(), loader);
    let data = Value::from(vm.string(b":preload:")?);
    let loader = vm.slot(args.top());
    vm.return_values(args, &[loader, data])
}

fn search_lua(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = vm.check_string(args, 0)?;
    let path = match find_in(vm, args, name.bytes(), "path")? {
        Ok(path) => path,
        Err(message) => {
            let message = vm.string(&message)?;
            return vm.return_one(args, message);
        }
    };
    let environment = Value::from(vm.globals);
    match load_file(vm, args.top(), Some(&path), b"bt", environment)? {
        Ok(closure) => {
            let path = vm.string(&path)?;
            vm.return_values(args, &[Value::from(closure), Value::from(path)])
        }
        Err(message) => Err(loading_error(vm, name.bytes(), &path, &message)),
    }
}

fn search_c(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = vm.check_string(args, 0)?.bytes();
    search_library(vm, args, name, name)
}

/// For `a.b.c`: a C library `a` that has the submodule as well.
fn search_c_root(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let name = vm.check_string(args, 0)?.bytes();
    match name.iter().position(|byte| *byte == b'.') {
        Some(dot) => search_library(vm, args, name, &name[..dot]),
        None => Ok(0),
    }
}

/// Looks for the C library of a module. One that is there cannot be loaded.
fn search_library(vm: &mut Vm, args: Args, name: &[u8], library: &[u8]) -> Result<u32, Signal> {
    match find_in(vm, args, library, "cpath")? {
        Ok(path) => Err(loading_error(vm, name, &path, NO_LIBRARIES.as_bytes())),
        Err(message) => {
            let message = vm.string(&message)?;
            vm.return_one(args, message)
        }
    }
}

#[cold]
fn loading_error(vm: &mut Vm, name: &[u8], path: &[u8], message: &[u8]) -> Signal {
    vm.raise_bytes(&[b"error loading module '", name, b"' from file '", path, b"':\n\t", message].concat())
}

/// Looks for a module along a path of `package`.
fn find_in(vm: &mut Vm, args: Args, name: &[u8], path_name: &str) -> Result<Result<Vec<u8>, Vec<u8>>, Signal> {
    let package = Value::from(own_table(vm, args, PACKAGE));
    let key = Value::from(vm.string(path_name.as_bytes())?);
    let path = vm.index_from_native(args.top(), package, key)?;
    match lua_runtime::number::bytes_of(path) {
        Some(path) => Ok(search(vm, name, &path, b".", b"/")),
        None => Err(vm.raise(&format!("'package.{path_name}' must be a string"))),
    }
}

// Paths.

/// The first file along `path` that can be read, or the message that lists all that were tried.
fn search(vm: &mut Vm, name: &[u8], path: &[u8], separator: &[u8], replacement: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let name = if separator.is_empty() { name.to_vec() } else { replace(name, separator, replacement) };
    let candidates = replace(c_string(path), b"?", c_string(&name));
    if !candidates.is_empty() {
        for candidate in candidates.split(|byte| *byte == b';') {
            let mode = engine_api::OpenMode { access: engine_api::Access::Read, update: false };
            if vm.host.open_file(candidate, mode).is_ok() {
                return Ok(candidate.to_vec());
            }
        }
    }
    Err([b"no file '", &replace(&candidates, b";", b"'\n\tno file '")[..], b"'"].concat())
}

/// `text` with every `from`, which must not be empty, replaced.
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    result
}

/// `package.searchpath(name, path [, sep [, rep]])`.
fn searchpath(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    // The last one is looked at first, as in PUC Lua where it has been compiled for this kind of machine.
    let replacement: &[u8] = if vm.argument(args, 3).is_nil() { b"/" } else { vm.check_string(args, 3)?.bytes() };
    let separator: &[u8] = if vm.argument(args, 2).is_nil() { b"." } else { vm.check_string(args, 2)?.bytes() };
    let path = vm.check_string(args, 1)?.bytes();
    let name = vm.check_string(args, 0)?.bytes();
    match search(vm, name, path, c_string(separator), c_string(replacement)) {
        Ok(path) => {
            let path = vm.string(&path)?;
            vm.return_one(args, path)
        }
        Err(message) => {
            let message = vm.string(&message)?;
            vm.return_values(args, &[Value::NIL, Value::from(message)])
        }
    }
}

/// `package.loadlib(libname, funcname)`: there are no C libraries.
fn loadlib(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.check_string(args, 0)?;
    vm.check_string(args, 1)?;
    let message = vm.string(NO_LIBRARIES.as_bytes())?;
    let place = vm.string(b"absent")?;
    vm.return_values(args, &[Value::NIL, Value::from(message), Value::from(place)])
}
