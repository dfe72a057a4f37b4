//! What `harness run` lets a program do to the machine: files, standard streams, processes, the end of the process.
//! The engine is the default one; a build without it has nothing to test here.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use crate::tool::{Said, Scratch, command, harness};

fn has_default_engine() -> bool {
    !registry::engines().is_empty()
}

/// Runs a program whose first argument is a path in a scratch folder; returns what it said and that file's content.
fn run_with_file(source: &str, status: i32) -> (Said, Option<String>) {
    let scratch = Scratch::new();
    let program = scratch.file("program.lua", source);
    let path = scratch.path("file");
    let said = harness(&["run", &program, "--", path.to_str().unwrap()]).with_status(status);
    (said, fs::read_to_string(path).ok())
}

fn run(source: &str, status: i32) -> Said {
    run_with_file(source, status).0
}

#[test]
fn files_that_nobody_closed_are_written_however_the_program_ends() {
    if !has_default_engine() {
        return;
    }
    for (end, status) in
        [("", 0), ("error('boom')", 1), ("os.exit(3)", 3), ("os.exit(false)", 1), ("os.exit(true, true)", 0)]
    {
        let (said, content) = run_with_file(&format!("io.open(..., 'w'):write('kept') io.write('out') {end}"), status);
        assert_eq!((said.out.as_str(), content.as_deref()), ("out", Some("kept")), "{end}");
    }
}

#[test]
fn standard_input_is_read_by_pieces() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let program = scratch.file(
        "program.lua",
        "print(io.read('n', 'l')) for line in io.lines() do print(line) if line == 'two' then break end end
         print(load(io.read('a'))()) print(io.read(0), io.read('a'), io.stdin:read())",
    );
    let mut child =
        command(&["run", &program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it can be started");
    child.stdin.take().unwrap().write_all(b"12 rest\none\ntwo\nreturn 'chunk'\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "12\t rest\none\ntwo\nchunk\nnil\t\tnil\n");
}

#[test]
fn debug_commands_come_from_standard_input() {
    if !has_default_engine() {
        return;
    }
    let source = "local level = 'of the program'\ndebug.debug()\nprint('goes on', x)";
    let commands =
        "x = 7\nreturn x\n\nx = = 1\nerror('no')\nerror()\nprint((select(2, debug.getlocal(3, 1))))\ncont\nx = 8\n";
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    let mut child =
        command(&["run", &file]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(out, "of the program\ngoes on\t7\n");
    assert_eq!(
        err.split("lua_debug> ").skip(1).collect::<Vec<&str>>(),
        ["", "", "", "(debug command):1: unexpected symbol near '='\n", "(debug command):1: no\n", "nil\n", "", ""]
    );
}

#[test]
fn a_program_that_waits_is_stopped_for_time_too() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    // The process that is waited for must not hold this test's pipes.
    for source in ["os.execute('exec sleep 20 2>&-')", "io.popen('exec sleep 20 2>&-'):read('a')", "io.read()"] {
        let file = scratch.file("program.lua", source);
        let mut child = command(&["run", &file, "--max-seconds", "0.1"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{source}");
        drop(stdin);
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "lua: stopped: time limit reached\n", "{source}");
    }
}

#[test]
fn a_binary_chunk_is_loaded_and_a_bad_one_refused() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let dump = scratch.path("program.luac");
    let source = "local file = io.open(..., 'wb') file:write(string.dump(load('print(...)'))) file:close()";
    let writer = scratch.file("writer.lua", source);
    harness(&["run", &writer, "--", dump.to_str().unwrap()]).with_status(0);
    assert_eq!(harness(&["run", dump.to_str().unwrap(), "--", "x"]).with_status(0).out, "x\n");
    let file = scratch.file("bad.luac", "\u{1b}Lua nonsense");
    let said = harness(&["run", &file]).with_status(1);
    assert!(said.err.contains("bad.luac: bad binary format ("), "{}", said.err);
}

#[test]
fn processes_are_started_waited_for_and_asked_how_they_ended() {
    if !has_default_engine() {
        return;
    }
    let said = run(
        "io.write('before ')
         print(os.execute('echo command'))
         print(os.execute('exit 7'))
         print(os.execute('kill -9 $$'))
         print(os.execute())
         local pipe = io.popen('echo one; echo two; exit 3')
         print(pipe:read('l', 'a', 'l'))
         print(io.type(pipe), pipe:seek('set') == nil, pipe:write('x') == nil, pipe:close())
         print(io.popen('kill -15 $$'):close())
         local to = io.popen('cat; echo end', 'w')
         to:write('written')
         print(to:close())
         print(pcall(io.popen, 'true', 'rw'))",
        0,
    );
    let expected = "before command\ntrue\texit\t0\nnil\texit\t7\nnil\tsignal\t9\ntrue\none\ttwo\n\tnil\n\
        file\ttrue\ttrue\tnil\texit\t3\nnil\tsignal\t15\nwrittenend\ntrue\texit\t0\n\
        false\tbad argument #2 to 'io.popen' (invalid mode)\n";
    assert_eq!(said.out, expected);
}

#[test]
fn warnings_go_to_standard_error_once_they_are_on() {
    if !has_default_engine() {
        return;
    }
    let said = run("warn('off') warn('@on') warn('a', 1) warn('@x') warn('@y', 'z') warn('@off') warn('off')", 0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", "Lua warning: a1\nLua warning: @yz\n"));
}

#[test]
fn unbuffered_output_is_seen_at_once() {
    if !has_default_engine() {
        return;
    }
    let said = run("io.stdout:setvbuf('no') io.write('a') print('b') os.execute('echo c') io.stderr:write('d')", 0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("ab\nc\n", "d"));
}

#[test]
fn modules_are_found_beside_the_working_folder_and_by_the_environment() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let program = scratch.file("program.lua", "print(require('part')) print((package.path:gsub('.*;', '')))");
    scratch.file("part.lua", "return 'the module'");
    let folder = scratch.path("");
    let output = command(&["run", &program]).current_dir(&folder).env_remove("LUA_PATH").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "the module\t./part.lua\n./?/init.lua\n");
    let path = format!("none;;{}?.lua", folder.display());
    let output = command(&["run", &program]).env("LUA_PATH", &path).output().unwrap();
    let expected = format!("the module\t{0}part.lua\n{0}?.lua\n", folder.display());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn the_end_of_the_program_calls_finalisers_and_so_does_an_exit_that_closes() {
    if !has_default_engine() {
        return;
    }
    let object = "kept = setmetatable({}, { __gc = function() print('finalised') error('boom') end }) warn('@on') ";
    for (end, status, finalised) in [
        ("", 0, true),
        ("os.exit(true, true)", 0, true),
        ("os.exit(4, true)", 4, true),
        ("os.exit(4)", 4, false),
        ("error('uncaught')", 1, true),
    ] {
        let said = run(&format!("{object}{end}"), status);
        assert_eq!(said.out == "finalised\n", finalised, "{end}: {}", said.out);
        assert_eq!(said.err.contains("Lua warning: error in __gc ("), finalised, "{end}: {}", said.err);
    }
}

#[test]
fn a_finaliser_that_never_ends_is_stopped() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    for end in ["collectgarbage()", "", "o = nil while true do local t = {} end", "os.exit(true, true)"] {
        let source = format!("o = setmetatable({{}}, {{ __gc = function() while true do end end }}) {end}");
        let program = scratch.file("program.lua", &source.replace("collect", "o = nil collect"));
        let said = harness(&["run", &program, "--max-seconds", "0.2"]).with_status(1);
        assert!(said.err.contains("time limit"), "{end}: {}", said.err);
    }
}

#[test]
fn a_finaliser_that_needs_too_much_memory_ends_in_a_warning() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let source = "warn('@on')
        setmetatable({}, { __gc = function() local t = {} while true do t[#t + 1] = {} end end })
        collectgarbage() print('goes on')";
    let program = scratch.file("program.lua", source);
    let said = harness(&["run", &program, "--max-memory", "20000000"]).with_status(0);
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        ("goes on\n", "Lua warning: error in __gc (not enough memory)\n")
    );
}

#[test]
fn garbage_is_never_too_much_memory() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    for source in [
        "for i = 1, 200 do local s = ('x'):rep(3000000) .. i end",
        "for i = 1, 60 do local t = {} for k = 1, 20000 do t[k] = { k } end end",
        "collectgarbage('stop') for i = 1, 300 do local s = ('x'):rep(2000000) end",
        "local s = '' for i = 1, 20000 do s = s .. 'x' end",
        "local t = {} for i = 1, 100000 do t[i % 100] = ('y'):rep(500) .. i end",
        "for i = 1, 30 do local s = ('a'):rep(100000):gsub('a', 'twenty bytes of text') end",
        "local function f(n) local t = { n, { n } } return n == 0 and 0 or f(n - 1) end for i = 1, 300 do f(2000) end",
    ] {
        let program = scratch.file("program.lua", source);
        let said = harness(&["run", &program, "--max-memory", "10000000"]);
        assert_eq!(said.err, "", "{source}");
    }
}

#[test]
fn what_is_alive_past_the_memory_limit_is_an_error_that_can_be_caught() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let source = "for _ = 1, 3 do
          print(pcall(function() local t = {} while true do t[#t + 1] = { #t } end end))
          print(pcall(function() local s = 'x' while true do s = s .. s end end))
          print(pcall(function() local s = {} while true do s = { s, ('z'):rep(1000) .. #s } end end))
          print(pcall(string.rep, 'x', 1 << 30))
        end";
    let program = scratch.file("program.lua", source);
    let said = harness(&["run", &program, "--max-memory", "10000000"]).with_status(0);
    assert_eq!(said.out, "false\tnot enough memory\n".repeat(12));
}
