//! `harness run` behaves as `lua` does. The engine is the default one; a build without it has nothing to test here.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::tool::{Said, Scratch, command, harness};

fn has_default_engine() -> bool {
    registry::find("bytecode-vm").is_some()
}

fn run(source: &str, before: &[&str], after: &[&str]) -> Said {
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    let mut arguments = vec!["run", &file];
    arguments.extend(before);
    arguments.extend(after);
    let mut said = harness(&arguments);
    said.err = said.err.replace(&file, "program.lua");
    said
}

#[test]
fn standard_output_is_the_programs_alone() {
    if !has_default_engine() {
        return;
    }
    let said = run("#!/usr/bin/env lua\nio.write('a'); print('b', 1 + 1)", &["--stats"], &[]).with_status(0);
    assert_eq!(said.out, "ab\t2\n");
    assert!(said.err.contains("executions: "), "{}", said.err);
}

#[test]
fn arguments_reach_the_program() {
    if !has_default_engine() {
        return;
    }
    let said = run("print(#arg, arg[1], ...)", &[], &["--", "one", "--two"]).with_status(0);
    assert_eq!(said.out, "2\tone\tone\t--two\n");
}

#[test]
fn an_uncaught_error_is_told_as_lua_tells_it() {
    if !has_default_engine() {
        return;
    }
    let said = run("print('before')\nerror('boom')", &[], &[]).with_status(1);
    assert_eq!(said.out, "before\n");
    assert!(said.err.starts_with("lua: "), "{}", said.err);
    assert!(said.err.contains("program.lua:2: boom\nstack traceback:\n"), "{}", said.err);
    let said = run("local = 1", &[], &[]).with_status(1);
    assert!(said.err.contains("program.lua:1: <name> expected near '='"), "{}", said.err);
}

#[test]
fn the_log_level_decides_what_is_said() {
    if !has_default_engine() {
        return;
    }
    let source = "local t for i = 1, 10 do t = {} collectgarbage() end";
    let collections = |level: &str| {
        let said = run(source, &["--log-level", level], &[]).with_status(0);
        assert_eq!(said.out, "");
        said.err.matches("[GC] Collected").count()
    };
    assert_eq!((collections("error"), collections("info")), (0, 0));
    assert!(collections("debug") >= 10 && collections("trace") >= 10);
}

#[test]
fn time_and_memory_can_be_limited() {
    if !has_default_engine() {
        return;
    }
    let said = run("while true do pcall(function() while true do end end) end", &["--max-seconds", "0.2"], &[]);
    assert!(said.with_status(1).err.contains("time limit"));
    let said = run("local t = {} while true do t[#t + 1] = {} end", &["--max-memory", "20000000"], &[]);
    assert!(said.with_status(1).err.contains("not enough memory"));
}

#[test]
fn a_seed_makes_runs_repeat() {
    if !has_default_engine() {
        return;
    }
    let source = "print(math.random(1 << 40), {})";
    assert_eq!(run(source, &["--seed", "5"], &[]).out, run(source, &["--seed", "5"], &[]).out);
    assert_ne!(run(source, &["--seed", "5"], &[]).out, run(source, &["--seed", "6"], &[]).out);
}

#[test]
fn knobs_are_checked() {
    if !has_default_engine() {
        return;
    }
    let said = run("print(1)", &["--set", "gc-every=x"], &[]).with_status(2);
    assert!(said.err.contains("gc-every"), "{}", said.err);
    let said = run("print(1)", &["--jit", "on"], &[]).with_status(2);
    assert!(said.err.contains("unknown knob 'jit'"), "{}", said.err);
    run("print(1)", &["--set", "gc-every=1"], &[]).with_status(0);
}

#[test]
fn a_missing_program_is_named() {
    let said = harness(&["run", "no/such.lua"]).with_status(2);
    // A build without the default engine says that first.
    assert!(said.err.contains("no/such.lua") || !has_default_engine(), "{}", said.err);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("long.lua", "for i = 1, 1e6 do print(i) end");
    let mut child = command(&["run", &file]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().code().is_some(), "a closed pipe killed the program");
}

#[test]
fn on_a_terminal_a_syntax_error_shows_its_place() {
    if !has_default_engine() {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", "local x = 1\nx == 2\n");
    let terminal = nix::pty::openpty(None, None).unwrap();
    let mut child = command(&["run", &file]).stderr(Stdio::from(terminal.slave)).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut said = Vec::new();
    // Reading from a terminal that nobody holds any more ends with an error, after everything that was written.
    let _closed = File::from(terminal.master).read_to_end(&mut said);
    let said = String::from_utf8(said).unwrap().replace("\r\n", "\n");
    assert!(said.ends_with("program.lua:2: syntax error near '=='\n    2 | x == 2\n      |   ^^\n"), "{said}");
}
