//! `harness dump` shows the stages that an engine has, beside source lines, and refuses the others.

use crate::tool::{Said, Scratch, harness};

const PROGRAM: &str = "local function fib(n)\n  if n < 2 then return n end\n  return fib(n - 1) + fib(n - 2)\nend\nlocal s = 0\nfor i = 1, 50 do\n  s = s + fib(5)\nend\nprint(s)\n";

fn dump(source: &str, options: &[&str]) -> Said {
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    let mut arguments = vec!["dump", file.as_str()];
    arguments.extend(options);
    harness(&arguments)
}

fn has(engine: &str) -> bool {
    registry::find(engine).is_some()
}

#[test]
fn bytecode_stands_beside_its_source() {
    if !has("bytecode-vm") {
        return;
    }
    let said = dump(PROGRAM, &[]).with_status(0);
    assert!(said.out.contains("function main chunk at line 0"), "{}", said.out);
    assert!(said.out.contains("        3 |   return fib(n - 1) + fib(n - 2)\n     "), "{}", said.out);
    assert!(!said.out.contains("250"), "the program must not run: {}", said.out);
    let said = dump(PROGRAM, &["--function", "fib", "--stage", "ast,bytecode"]).with_status(0);
    assert!(said.out.starts_with("ast:\n\nfunction 1 fib (n@0)"), "{}", said.out);
    assert!(said.out.contains("\nbytecode:\n\nfunction fib at line 1"), "{}", said.out);
    assert!(!said.out.contains("main chunk"), "{}", said.out);
}

#[test]
fn compiled_stages_show_what_the_run_compiled() {
    if has("dynasm-method") {
        let options = ["--engine", "dynasm-method", "--stage", "asm", "--jit-threshold", "1", "--function", "fib"];
        let said = dump(PROGRAM, &options).with_status(0);
        assert!(said.out.starts_with("function fib ("), "{}", said.out);
        assert!(said.out.contains("; pc 0, line 2") && said.out.contains("  if n < 2 then"), "{}", said.out);
    }
    if has("cranelift-loop") {
        let said = dump(PROGRAM, &["--engine", "cranelift-loop", "--stage", "ir,asm", "--jit-threshold", "2"]);
        assert!(said.with_status(0).out.contains("loop at PC "));
    }
}

#[test]
fn stages_and_functions_that_are_not_there_are_usage_errors() {
    if !has("bytecode-vm") || !has("tree-walker") {
        return;
    }
    for (options, part) in [
        (&["--stage", "asm"][..], "--stage asm is not for the engine 'bytecode-vm': machine code in an interpreter"),
        (&["--stage", "ir,asm"][..], "--stage ir is not for the engine 'bytecode-vm'"),
        (&["--engine", "tree-walker"][..], "--stage bytecode is not for the engine 'tree-walker'"),
        (&["--function", "fob"][..], "has no function 'fob'"),
        (&["--stage", "ssa"][..], "ast, bytecode, ir, asm"),
        (&["--engine", "v8"][..], "unknown engine 'v8'"),
    ] {
        let said = dump(PROGRAM, options).with_status(2);
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
        assert_eq!(said.out, "");
    }
    let said = dump("x = = 1", &[]).with_status(1);
    assert!(said.err.contains("program.lua:1: unexpected symbol near '='"), "{}", said.err);
}
