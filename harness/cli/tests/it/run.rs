//! `harness run` behaves as `lua` does. The engine is the default one; a build without it has nothing to test here.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::tool::{Said, Scratch, command, harness};

fn has_default_engine() -> bool {
    !registry::engines().is_empty()
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
    let source = "print(#arg, arg[1], ...)";
    for arguments in [&["one", "--two"][..], &["--", "one", "--two"], &["--seed", "7", "one", "--two"]] {
        assert_eq!(run(source, &[], arguments).with_status(0).out, "2\tone\tone\t--two\n", "{arguments:?}");
    }
    // What is no option of the tool is the program's, and so is everything behind it.
    assert_eq!(run(source, &[], &["--two", "--seed"]).with_status(0).out, "2\t--two\t--two\t--seed\n");
    assert_eq!(run(source, &[], &["--", "--seed"]).with_status(0).out, "1\t--seed\t--seed\n");
    assert_eq!(run(source, &[], &["one", "--", "-"]).with_status(0).out, "3\tone\tone\t--\t-\n");
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    for before in [&["--seed", "7"][..], &["--seed", "7", "--"]] {
        let arguments = [&["run"], before, &[&file, "-n", "5"]].concat();
        assert_eq!(harness(&arguments).with_status(0).out, "2\t-n\t-n\t5\n", "{before:?}");
    }
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
        said.err.lines().find_map(|line| line.strip_prefix("[GC] ")?.split(' ').next()?.parse::<u32>().ok())
    };
    assert_eq!((collections("error"), collections("info"), collections("debug")), (None, None, None));
    assert!(collections("trace").is_some_and(|count| count >= 10));
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
fn one_command_line_serves_engines_with_and_without_a_compiler() {
    for engine in registry::engines() {
        let info = engine.info();
        let has_compiler = info.knobs.iter().any(|knob| knob.name == "jit");
        for value in ["off", "auto"] {
            let said = run("print(1)", &["--engine", info.id, "--jit", value], &[]).with_status(0);
            let remark = format!("{} has no compiler: jit={value} changes nothing\n", info.id);
            assert_eq!((said.out.as_str(), said.err), ("1\n", if has_compiler { String::new() } else { remark }));
        }
        if !has_compiler {
            let said = run("print(1)", &["--engine", info.id, "--jit", "on"], &[]).with_status(2);
            assert!(said.err.contains("can be told 'off' and 'auto' only"), "{}", said.err);
        }
    }
}

#[test]
fn a_missing_program_is_named() {
    let said = harness(&["run", "no/such.lua"]).with_status(2);
    // A build without the default engine says that first.
    let expected = "error: cannot open 'no/such.lua': No such file or directory\n";
    assert!(said.err == expected || !has_default_engine(), "{}", said.err);
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

#[test]
fn no_engine_writes_a_file_that_the_program_did_not_ask_for() {
    let scratch = Scratch::new();
    let source = "local n = 0 for i = 1, 3000 do n = n + i % 7 end print(n)";
    let file = scratch.file("program.lua", source);
    let folder = scratch.path("profile");
    std::fs::create_dir(&folder).unwrap();
    for engine in registry::engines() {
        // What asks for a map of machine code that only the host may write.
        let mut child = command(&["run", "--engine", engine.info().id, "--jit-threshold", "2", &file]);
        if engine.info().unit_of_compilation.is_none() {
            child = command(&["run", "--engine", engine.info().id, &file]);
        }
        let mut child = child.env("PERF_BUILDID_DIR", &folder).stdout(Stdio::piped()).spawn().unwrap();
        let map = std::path::PathBuf::from(format!("/tmp/perf-{}.map", child.id()));
        assert!(child.wait().unwrap().success());
        assert!(!map.exists(), "{} has written {}", engine.info().id, map.display());
    }
}
