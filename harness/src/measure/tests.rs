//! The other speaker of the child protocol, `workloads/driver.lua`: the yardsticks run, speak the driver's protocol and
//! agree with the workloads' headers.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::machine;
use crate::measure::protocol;
use crate::plan::workload::{self, Size};
use crate::plan::yardsticks::{LuaVersion, Yardstick, built, declared, missing};

fn workloads_folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../workloads"))
}

impl Yardstick {
    fn command(&self) -> Command {
        let mut command = Command::new(self.path);
        command.args(self.arguments);
        command
    }

    /// Runs a script of this text with arguments.
    fn run(&self, script: &str, arguments: &[&str]) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.lua");
        fs::write(&path, script).unwrap();
        self.command().current_dir(folder.path()).arg("script.lua").args(arguments).output().unwrap()
    }

    /// Runs a file under the driver with these requests; returns what it answered and the samples.
    fn drive(&self, file: &str, n: &str, requests: &str, clock: &[&str]) -> (Output, Vec<Vec<String>>) {
        let folder = tempfile::tempdir().unwrap();
        let samples = folder.path().join("samples.csv");
        let mut command = self.command();
        command.current_dir(workloads_folder()).arg("driver.lua").arg(file).arg(n).arg(&samples).args(clock);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let written = child.stdin.take().unwrap().write_all(requests.as_bytes());
        // A child that could not load its file may be gone already; its output says so.
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
        let output = child.wait_with_output().unwrap();
        let text = fs::read_to_string(&samples).unwrap_or_default();
        (output, text.lines().map(|line| line.splitn(7, ',').map(str::to_string).collect()).collect())
    }

    /// The same for a file of this text.
    fn drive_text(&self, text: &str, requests: &str) -> (Output, Vec<Vec<String>>) {
        let file = tempfile::Builder::new().suffix(".lua").tempfile().unwrap();
        fs::write(file.path(), text).unwrap();
        self.drive(file.path().to_str().unwrap(), "5", requests, &[])
    }
}

/// What a yardstick answered, without the time of the first instruction, which was a moment ago.
#[track_caller]
fn answers(output: &Output) -> String {
    const LONGEST_TEST_NS: u64 = 3_600_000_000_000;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next().unwrap();
    let first_instruction_ns = protocol::parse_ready(line).unwrap();
    let now_ns = machine::monotonic_ns();
    assert!(first_instruction_ns < now_ns && now_ns - first_instruction_ns < LONGEST_TEST_NS, "{line} at {now_ns}");
    text.replacen(line, protocol::READY, 1)
}

#[test]
fn what_is_not_built_is_explained() {
    let names: Vec<_> = built().iter().map(|yardstick| yardstick.name).collect();
    match missing() {
        None => assert!(names.iter().copied().eq(declared()), "{names:?}"),
        Some(reason) => assert!(names.len() <= declared().count() && !reason.is_empty()),
    }
    // What decides which tests are ignored.
    assert_eq!(cfg!(yardsticks), missing().is_none());
    for yardstick in built() {
        assert!(yardstick.version.starts_with("Lua"), "{}: {}", yardstick.name, yardstick.version);
    }
    assert!(LuaVersion::V54.runs(LuaVersion::V51));
    assert!(!LuaVersion::V51.runs(LuaVersion::V54));
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn the_compiler_is_on_where_it_should_be() {
    for yardstick in built() {
        let output = yardstick.run("print(jit and jit.status() or 'none')", &[]);
        let expected = match yardstick.name {
            "lua5.4" => "none\n",
            "luajit" => "true\n",
            "luajit-joff" => "none\n", // `jit.status()` is false
            // What the list has beside these is known to it alone.
            _ => continue,
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", yardstick.name);
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn lua_5_4_is_stock() {
    let lua = built().iter().find(|yardstick| yardstick.name == "lua5.4").unwrap();
    // The first is a function only with 5.3 compatibility; the second tells the mode that was on before.
    let output = lua.run("print(math.pow, collectgarbage('incremental'))", &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "nil\tgenerational\n");
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn scripts_see_their_arguments_and_a_clock_that_moves() {
    let script = "local start = jitlab_clock_ns()
        print(arg[0], #arg, arg[1], ...)
        local stop = jitlab_clock_ns()
        print(stop > start and stop - start < 1e9 and stop % 1 == 0)";
    for yardstick in built() {
        let output = yardstick.run(script, &["one", "two words"]);
        let expected = "script.lua\t2\tone\tone\ttwo words\ntrue\n";
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", yardstick.name);
        assert!(output.status.success());
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn errors_end_with_a_message_and_status_1() {
    let cases = [
        ("error('broken')", "lua: script.lua:1: broken\nstack traceback:\n"),
        ("x = = 1", "lua: script.lua:1: unexpected symbol near '='\n"),
        ("error(setmetatable({}, { __tostring = function() return 'named' end }))", "lua: named\n"),
    ];
    for yardstick in built() {
        for (script, expected) in cases {
            let output = yardstick.run(script, &[]);
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(message.starts_with(expected), "{}: {message}", yardstick.name);
            assert_eq!(output.status.code(), Some(1));
        }
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn every_workload_gives_the_result_of_its_header() {
    for workload in workload::all().unwrap() {
        let size = workload.size(Size::Test).unwrap().unwrap().clone();
        for yardstick in built().iter().filter(|yardstick| yardstick.lua.runs(workload.lua())) {
            let path = workload.path.to_str().unwrap();
            let (output, samples) = yardstick.drive(path, &size.n.to_string(), "run 2\nrun 1\n", &[]);
            assert!(output.status.success(), "{} {}", workload.name, yardstick.name);
            assert_eq!(answers(&output), "ready\ndone\ndone\n");
            assert_eq!(samples.len(), 3);
            for sample in samples {
                assert!(sample[0].parse::<u64>().unwrap() > 0);
                assert_eq!(sample[1..6], ["0"; 5]);
                assert_eq!(Some(&sample[6]), size.result.as_ref(), "{} {}", workload.name, yardstick.name);
            }
        }
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_program_is_measured_by_its_chunk_and_its_output() {
    let program = "runs = (runs or 0) + 1
        print(runs, 'a')
        io.write('b', 1, '\\n')
        io.stdout:write('c')";
    for yardstick in built() {
        let (output, samples) = yardstick.drive_text(program, "run 2\nrun 1\n");
        assert_eq!(answers(&output), "ready\ndone\ndone\n", "{}", yardstick.name);
        let results: Vec<_> = samples.iter().map(|sample| sample[6].as_str()).collect();
        assert_eq!(
            results,
            ["1\\ta\\nb1\\nc", "2\\ta\\nb1\\nc", "3\\ta\\nb1\\nc"].map(|text| text.replace("\\t", "\t"))
        );
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn a_failing_workload_says_why() {
    let cases = [
        ("error('at load')", ":1: at load"),
        ("return function(n) error('line 1\\nline 2', 0) end", "line 1\\nline 2"),
        ("return function(n) return {} end", "the workload returned a table: return a string"),
        ("return (", "unexpected symbol near "),
    ];
    for yardstick in built() {
        for (text, expected) in cases {
            let (output, samples) = yardstick.drive_text(text, "run 1\n");
            assert_eq!(output.status.code(), Some(1), "{} {text}", yardstick.name);
            let last = samples.last().unwrap().join(",");
            assert!(last.starts_with("error,lua_error,") && last.contains(expected), "{}: {last}", yardstick.name);
        }
    }
}

#[test]
#[cfg_attr(not(yardsticks), ignore = "this build lacks the yardsticks; `harness list yardsticks` says why")]
fn cpu_time_is_measured_over_batches() {
    for yardstick in built() {
        let (output, samples) = yardstick.drive("fib.lua", "15", "run 2\n", &["cpu"]);
        assert_eq!(answers(&output), "ready\ndone\n", "{}", yardstick.name);
        for sample in samples {
            let wall_ns: u64 = sample[0].parse().unwrap();
            assert!(wall_ns > 0 && wall_ns < 10_000_000, "a mean of many calls: {wall_ns}");
            assert_eq!(sample[6], "610");
        }
    }
}
