//! The commands that look into a program: trace, profile, hotspots, examples, explorer, names for perf.

use std::fs;

use serde_json::Value;

use crate::tool::{Said, Scratch, command, harness};

const PROGRAM: &str = "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(10))
local function add(a) return a + 1 end
for i = 1, 100 do add(i % 20 == 0 and 1.5 or i) end
";

fn has(engines: &[&str]) -> bool {
    engines.iter().all(|engine| registry::find(engine).is_some())
}

/// What a command says of a program.
fn look(name: &str, source: &str, options: &[&str]) -> Said {
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    harness(&[&[name, file.as_str()], options].concat())
}

fn parsed(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
}

#[test]
fn a_profile_counts_calls_and_types() {
    if !has(&["bytecode-vm"]) {
        return;
    }
    let said = look("profile", PROGRAM, &["--engine", "bytecode-vm", "--format", "json"]).with_status(0);
    let profile = parsed(&said);
    let function = |name: &str| {
        let mut functions = profile["functions"].as_array().unwrap().iter();
        functions.find(|function| function["name"] == name).unwrap().clone()
    };
    assert_eq!((&function("fib")["call_count"], &function("fib")["type_stability"]), (&177.into(), &1.0.into()));
    assert_eq!((&function("add")["call_count"], &function("add")["type_stability"]), (&100.into(), &0.95.into()));
    assert_eq!(profile["loops"][0]["iteration_count"], 100);
    let fields = |rows: &Value| {
        let mut names = rows[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        names.sort();
        names
    };
    let functions =
        ["call_count", "name", "percentage", "self_time_us", "total_time_us", "type_signatures", "type_stability"];
    assert_eq!(fields(&profile["functions"]), functions);
    let loops = ["avg_time_per_iteration_us", "function", "iteration_count", "line", "osr_candidate"];
    assert_eq!(fields(&profile["loops"]), loops);
    assert_eq!(fields(&profile["call_sites"]), ["call_site", "observed_types", "stability_score"]);
    assert!(said.out.lines().all(|line| line != "55"), "the program's output is dropped");
}

#[test]
fn a_profile_has_other_forms_and_modes() {
    if !has(&["bytecode-vm", "tree-walker"]) {
        return;
    }
    let folded = look("profile", PROGRAM, &["--engine", "bytecode-vm", "--format", "folded"]).with_status(0);
    assert!(folded.out.lines().all(|line| line.rsplit_once(' ').is_some_and(|(_, n)| n.parse::<u64>().is_ok())));
    let scoped = parsed(&look("profile", PROGRAM, &["--engine", "bytecode-vm", "--format", "speedscope"]));
    assert_eq!(scoped["profiles"][0]["type"], "sampled");
    let busy = "local s = 0 for i = 1, 3000000 do s = s + i % 7 end";
    let sampled =
        parsed(&look("profile", busy, &["--engine", "bytecode-vm", "--mode", "sampling", "--format", "json"]));
    assert_eq!(
        (&sampled["functions"][0]["name"], &sampled["functions"][0]["call_count"]),
        (&"main chunk".into(), &Value::Null)
    );
    let states = parsed(&look("profile", busy, &["--engine", "bytecode-vm", "--mode", "states", "--format", "json"]));
    assert!(states["states"][0]["samples"].as_u64().unwrap() > 0, "{states}");
    let said = look("profile", PROGRAM, &["--engine", "tree-walker"]).with_status(2);
    assert!(said.err.contains("the engine 'tree-walker' makes no profiles"), "{}", said.err);
}

/// Its time is in a leaf without loops, which does not poll, and in a long library function, which does not either.
const LEAF_AND_SORT: &str = "local function leaf(a, b)
  local x = a * b + 3 x = x * 3 - a x = x // 7 + b * 2 x = x ~ (a << 3) x = (x + b) * (a - 1) x = x % 1000003
  x = x * 31 + a x = x & 0xffffff x = x - b * a x = x | 1 x = x * 5 // 3 x = x + a + b x = x * 7 % 65537 x = x ~ b
  return x
end
local s = 0
for round = 1, 30 do
  for i = 1, 40000 do s = s + leaf(i, s & 0xff) end
  local t = {}
  for i = 1, 20000 do t[i] = (i * 7919) % 104729 end
  table.sort(t)
end";

#[test]
fn samples_count_for_what_ran() {
    if !has(&["bytecode-vm"]) {
        return;
    }
    let share = |mode: &str, name: &str| {
        let options = ["--engine", "bytecode-vm", "--mode", mode, "--format", "json"];
        let profile = parsed(&look("profile", LEAF_AND_SORT, &options).with_status(0));
        let mut functions = profile["functions"].as_array().unwrap().iter();
        let found = functions.find(|function| function["name"] == name);
        found.map_or(0.0, |function| function["percentage"].as_f64().unwrap())
    };
    // Samples at polls would give the leaf and the library function nothing at all. A machine that is busy ticks rarely.
    for name in ["leaf", "table.sort"] {
        let (exact, sampled) = (share("exact", name), share("sampling", name));
        assert!(sampled > exact / 3.0 && sampled < exact + 30.0, "{name}: exact {exact}, sampled {sampled}");
    }
}

#[test]
fn a_trace_goes_to_a_file_as_text_or_json() {
    if !has(&["dynasm-method"]) {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", PROGRAM);
    let trace = scratch.path("trace").to_str().unwrap().to_string();
    let said = harness(&["run", "--engine", "dynasm-method", &format!("--trace-jit={trace}"), &file]).with_status(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("55\n", ""));
    let text = fs::read_to_string(&trace).unwrap();
    assert!(text.contains("[JIT] Compiled function fib ("), "{text}");
    let options =
        ["run", "--engine", "dynasm-method", &format!("--trace-jit={trace}"), "--trace-format", "json", &file];
    harness(&options).with_status(0);
    let text = fs::read_to_string(&trace).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().any(|event| event["event"] == "compiled" && event["function"] == "fib"), "{text}");
    let said = harness(&["run", "--trace-jit=/nowhere/at/all", &file]).with_status(2);
    assert!(said.err.contains("cannot write '/nowhere/at/all'"), "{}", said.err);
}

#[test]
fn compiled_code_has_names_for_profilers() {
    if !has(&["tiered"]) {
        return;
    }
    let scratch = Scratch::new();
    let source = format!("{PROGRAM}local s = 0 for i = 1, 300000 do s = s + i % 3 end");
    let file = scratch.file("program.lua", &source);
    let folder = scratch.path("dump");
    let mut call = command(&["run", "--engine", "tiered", "--perf-map", "--jitdump"]);
    let child = call.arg(&folder).arg(&file).stdout(std::process::Stdio::null()).spawn().unwrap();
    let process = child.id();
    assert!(child.wait_with_output().unwrap().status.success());
    let map = format!("/tmp/perf-{process}.map");
    let text = fs::read_to_string(&map).unwrap();
    fs::remove_file(&map).unwrap();
    for part in [": fib (", "dynasm-method: ", "cranelift-loop: main chunk loop at PC "] {
        assert!(text.contains(part), "'{part}' is not in {text}");
    }
    let dump = fs::read(folder.join(format!("jit-{process}.dump"))).unwrap();
    assert_eq!(dump[..4], 0x4A69_5444_u32.to_ne_bytes());
    assert!(dump.windows(7).any(|bytes| bytes == b": fib ("));
}

#[test]
fn an_example_is_timed_on_the_engines() {
    if !has(&["bytecode-vm"]) {
        return;
    }
    let source =
        "-- example: add(20, 22)\nlocal function add(a, b) return a + b end\n-- example: gone(1)\nreturn add\n";
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", source);
    let out = scratch.out();
    let options = ["benchmark", &file, "--only", "add", "--engines", "bytecode-vm", "--yardsticks", "none"];
    let effort = ["--invocations", "2", "--iterations", "3", "--out", &out];
    let said = harness(&[&options[..], &effort].concat()).with_status(0);
    assert!(said.out.contains("add_20_22"), "{}", said.out);
    assert!(
        said.err.contains("add_20_22: an iteration is ") && said.err.contains(" evaluations of add(20, 22)"),
        "{}",
        said.err
    );
    let options = ["benchmark", &file, "--only", "gone", "--engines", "bytecode-vm", "--yardsticks", "none"];
    let said = harness(&options).with_status(2);
    assert!(said.err.contains("program.lua:3: the example 'gone(1)' cannot be evaluated: "), "{}", said.err);
    let said = look("benchmark", "print(1)", &["--yardsticks", "none"]).with_status(2);
    assert!(said.err.contains("has no examples"), "{}", said.err);
}

#[test]
fn the_explorer_writes_one_page() {
    if !has(&["dynasm-method", "cranelift-loop"]) {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.file("program.lua", PROGRAM);
    let out = scratch.path("page.html").to_str().unwrap().to_string();
    let options =
        ["explore", &file, "--engines", "dynasm-method,cranelift-loop", "--jit-threshold", "10", "--out", &out];
    let said = harness(&options).with_status(0);
    assert_eq!(said.out.trim(), out);
    let page = fs::read_to_string(&out).unwrap();
    for part in ["dynasm-method: machine code", "cranelift-loop: IR", "function fib at line 1", "</html>"] {
        assert!(page.contains(part), "'{part}' is not on the page");
    }
    assert!(!page.contains("http"), "the page needs nothing else");
}

#[test]
fn several_engines_are_dumped_and_what_one_lacks_is_left_out_with_a_word() {
    if !has(&["dynasm-method", "cranelift-loop"]) {
        return;
    }
    let source = "io.stderr:write('noise') local s = 0 for i = 1, 300 do s = s + i end";
    let options = ["--engine", "dynasm-method,cranelift-loop", "--stage", "bytecode,ir,asm", "--jit-threshold", "10"];
    let said = look("dump", source, &options).with_status(0);
    for part in
        ["dynasm-method, bytecode:\n", "dynasm-method, asm:\n", "cranelift-loop, ir:\n", "cranelift-loop, asm:\n"]
    {
        assert!(said.out.contains(part), "'{part}' is not in {}", said.out);
    }
    assert!(said.err.contains("--stage ir is not for the engine 'dynasm-method'"), "{}", said.err);
    assert!(!said.err.contains("noise"), "{}", said.err);
}
