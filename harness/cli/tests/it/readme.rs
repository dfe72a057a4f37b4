//! The examples of `harness/README.md`, each run as it stands there, but for the effort.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::tool::Scratch;

/// The lines of the first code block.
fn examples() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let text = fs::read_to_string(path).unwrap();
    let block = text.split("```").nth(1).unwrap();
    block.lines().filter(|line| line.starts_with("harness ")).map(str::to_string).collect()
}

/// What the examples speak of: programs, another build, a Lua.
fn prepare(scratch: &Scratch) {
    for folder in ["bin", "old"] {
        fs::create_dir(scratch.path(folder)).unwrap();
        symlink(env!("CARGO_BIN_EXE_harness"), scratch.path(folder).join("harness")).unwrap();
    }
    scratch
        .file("program.lua", "print(arg[1] + 0) print('time: ' .. tostring({})) print(io.open(arg[2]):read('*a'))\n");
    scratch.file("my, other program.lua", "print(select('#', ...))\n");
    scratch.file("function.lua", "return function(n) return n / 2 end\n");
    scratch.file("input.txt", "some input\n");
    let luajit = harness::plan::yardsticks::built().iter().find(|yardstick| yardstick.name == "luajit").unwrap();
    let lua = scratch.file("luajit", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", luajit.path));
    fs::set_permissions(lua, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn every_example_runs() {
    let examples = examples();
    assert_eq!(examples.len(), 10);
    let scratch = Scratch::new();
    prepare(&scratch);
    let path = format!("{}:{}", scratch.path("bin").display(), std::env::var("PATH").unwrap());
    for (number, example) in examples.iter().enumerate() {
        let words: Vec<&str> = example.split([' ', ',', '=', ':']).collect();
        let ids = ["dynasm-method", "cranelift-loop"];
        if ids.iter().any(|id| words.contains(id) && registry::find(id).is_none()) || registry::engines().is_empty() {
            continue;
        }
        let iterations = if example.contains("--fresh") { "" } else { "--iterations 2" };
        let effort = format!(" --invocations 1 {iterations} --out run-{number}");
        let line = match example.split_once(" -- ") {
            Some((options, arguments)) => format!("{options}{effort} -- {arguments}"),
            None => format!("{example}{effort}"),
        };
        let shell = Command::new("sh").args(["-c", &line]).current_dir(scratch.path("")).env("PATH", &path).output();
        let output = shell.unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{line}\n{said}");
        assert!(scratch.path(&format!("run-{number}/report.html")).is_file(), "{line}\n{said}");
    }
}
