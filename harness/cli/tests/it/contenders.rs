//! Contenders are what the user says they are: engines under settings and names, and engines of other builds.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::record::rows::{InvocationRow, IterationRow, Row, SummaryRow};

use crate::tool::{Said, Scratch, harness, rows};

/// The id of the last engine, which compiles if any does.
fn engine() -> Option<&'static str> {
    registry::engines().last().map(|engine| engine.info().id)
}

/// Compares contenders on a small program: two processes of two iterations.
fn compare(scratch: &Scratch, arguments: &[&str]) -> Said {
    let program = scratch.file("small.lua", "local t = {} for i = 1, 100 do t[i] = {i} end print(#t)\n");
    let out = scratch.out();
    let mut all = vec!["compare", "--yardsticks", "none", "--workloads", &program, "--seed", "3"];
    all.extend(["--invocations", "2", "--iterations", "2", "--out", &out]);
    all.extend(arguments);
    harness(&all)
}

/// Each contender of a run with its engine, build and knobs, in the order of the plan.
fn recorded(scratch: &Scratch) -> Vec<[String; 4]> {
    let summary = rows(&scratch.path("out"), SummaryRow::FILE);
    let columns = ["engine", "engine_id", "build", "engine_config"];
    let summary: Vec<[String; 4]> = summary.iter().map(|row| columns.map(|column| row[column].clone())).collect();
    for file in [InvocationRow::FILE, IterationRow::FILE] {
        for row in rows(&scratch.path("out"), file) {
            assert!(summary.contains(&columns.map(|column| row[column].clone())), "{file}");
        }
    }
    summary
}

#[test]
fn settings_are_contenders() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    let knobs = format!("{id}:gc-every=64K");
    let items = format!("{id},often={id}:gc-every=1,{knobs}");
    let said =
        compare(&scratch, &["--engines", &items, "--baseline", id, "--set", "often:check-heap=on"]).with_status(0);
    let expected =
        [[id, id, "", ""], ["often", id, "", "gc-every=1 check-heap=true"], [&knobs, id, "", "gc-every=65536"]];
    assert_eq!(recorded(&scratch), expected);
    // A name says enough in the table; what is behind it stands below.
    assert!(said.out.contains(&format!("often ({id} gc-every=1 check-heap=true)")), "{}", said.out);
    harness(&["validate", &scratch.out()]).with_status(0);
}

#[test]
fn the_more_special_setting_wins() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    let items = [format!("{id},one={id}"), format!("two={id}:gc-every=1")];
    let of_engine = format!("{id}:gc-every=3");
    let arguments = ["--engines", &items[0], "--engines", &items[1], "--set", "gc-every=4", "--set", &of_engine];
    compare(&scratch, &[&arguments[..], &["--set", "one:gc-every=2"]].concat()).with_status(0);
    let knobs: Vec<String> = recorded(&scratch).into_iter().map(|[.., knobs]| knobs).collect();
    assert_eq!(knobs, ["gc-every=3", "gc-every=2", "gc-every=1"]);
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let Some(id) = engine() else { return };
    let twice = format!("{id}:gc-every=1:gc-every=2");
    let doubled = format!("all,{id}");
    let named = format!("a={id},a={id}:gc-every=1");
    for (arguments, part) in [
        (vec!["--set", "gc-every=1", "--set", "gc-every=2"], "'--set gc-every=1' and '--set gc-every=2' set the same"),
        (vec!["--engines", &twice], "set the same knob twice"),
        (vec!["--engines", &doubled], "twice"),
        (vec!["--engines", &named], "--engines has 'a' twice\ngive one of them another name"),
        (vec!["--engines", "all", "--set", "nobody:gc-every=1"], "unknown contender or engine 'nobody'"),
        (vec!["--engines", "a b=all"], "'a b' is no name"),
        (vec!["--engines", "native=all"], "'native' has a meaning already"),
        (vec!["--engines", "x=all"], "takes no name and no knobs"),
        (vec!["--engines", "old/all"], "unknown build 'old'"),
        (vec!["--set", "gc-every=1Q"], "a whole number from 0, not '1Q'"),
    ] {
        let scratch = Scratch::new();
        let said = compare(&scratch, &arguments).with_status(2);
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
        assert!(!scratch.path("out").exists());
    }
    let said = harness(&["run", "x.lua", "--set", "gc-every=1", "--set", "gc-every=2"]).with_status(2);
    assert!(said.err.contains("set the same knob twice"), "{}", said.err);
}

/// A program that is this build under another path, and says so in its text: another hash, the same engines.
fn another_build(scratch: &Scratch, remark: &str) -> String {
    let text = format!("#!/bin/sh\n# {remark}\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_harness"));
    let program = scratch.file("another", &text);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("old={program}")
}

#[test]
fn engines_of_another_build_stand_in_the_same_blocks() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    let build = another_build(&scratch, "one");
    let item = format!("{id}:gc-every=9");
    compare(&scratch, &["--engines", &item, "--bin", &build]).with_status(0);
    let doubled = format!("old/{item}");
    assert_eq!(recorded(&scratch), [[&item, id, "", "gc-every=9"], [&doubled, id, "old", "gc-every=9"]]);
    let plan = fs::read_to_string(scratch.path("out").join("plan.json")).unwrap();
    assert!(plan.contains("program_hash") && !plan.contains("another"), "{plan}");
    // Named, only what is named is of the other build.
    let scratch = Scratch::new();
    let build = another_build(&scratch, "one");
    let items = format!("{id},before=old/{id}");
    compare(&scratch, &["--engines", &items, "--bin", &build, "--set", "before:gc-every=7"]).with_status(0);
    assert_eq!(recorded(&scratch), [[id, id, "", ""], ["before", id, "old", "gc-every=7"]]);
}

#[test]
fn knobs_are_those_of_the_build() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    // Has one knob more than this build, and does without it.
    let text = format!(
        "#!/bin/sh\nif [ \"$2\" = --describe ]; then '{0}' \"$@\" | \
         sed 's/\"knobs\":\\[/&{{\"name\":\"future\",\"type\":\"boolean\",\"default\":\"true\",\"doc\":\"\"}},/g'\n\
         else for a do shift; [ \"$a\" != future=false ] || a=gc-every=0; set -- \"$@\" \"$a\"; done; exec '{0}' \"$@\"; fi\n",
        env!("CARGO_BIN_EXE_harness")
    );
    let program = scratch.file("another", &text);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let build = format!("old={program}");
    let items = format!("{id},old/{id}:future=off");
    compare(&scratch, &["--engines", &items, "--bin", &build]).with_status(0);
    let name = format!("old/{id}:future=off");
    assert_eq!(recorded(&scratch), [[id, id, "", ""], [&name, id, "old", "future=false"]]);
    let item = format!("{id}:future=off");
    let said = compare(&Scratch::new(), &["--engines", &item]).with_status(2);
    assert!(said.err.contains("unknown knob 'future'"), "{}", said.err);
}

#[test]
fn a_build_that_was_compiled_otherwise_is_told_apart() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    // Says of itself that it is of another profile, and is this build else.
    let text = format!(
        "#!/bin/sh\nif [ \"$2\" = --describe ]; then '{0}' \"$@\" | sed 's/\"profile\":\"[^\"]*\"/\"profile\":\"fast\"/'\n\
         else exec '{0}' \"$@\"; fi\n",
        env!("CARGO_BIN_EXE_harness")
    );
    let program = scratch.file("another", &text);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let said = compare(&scratch, &["--engines", id, "--bin", &format!("old={program}")]).with_status(0);
    assert!(said.err.contains("the build 'old' is of the profile 'fast'"), "{}", said.err);
    assert!(said.out.contains("NOT ALIKE: the build 'old'"), "{}", said.out);
    let scratch = Scratch::new();
    let said = compare(&scratch, &["--engines", id, "--bin", &another_build(&scratch, "one")]).with_status(0);
    assert!(!said.out.contains("NOT ALIKE"), "{}", said.out);
}

#[test]
fn a_run_with_another_build_goes_on_with_that_build_only() {
    let Some(id) = engine() else { return };
    let scratch = Scratch::new();
    let build = another_build(&scratch, "one");
    compare(&scratch, &["--engines", id, "--bin", &build]).with_status(0);
    let file = scratch.path("out").join(InvocationRow::FILE);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..=text.trim_end().rfind('\n').unwrap()]).unwrap();
    let out = scratch.out();
    let resume = ["compare", "--resume", "--out", &out];
    let said = harness(&resume).with_status(2);
    assert!(said.err.contains("where is the build 'old'? give --bin old=PATH again"), "{}", said.err);
    another_build(&scratch, "two");
    let said = harness(&[&resume[..], &["--bin", &build]].concat()).with_status(2);
    assert!(said.err.contains("has the build 'old', whose program is not that of before"), "{}", said.err);
    another_build(&scratch, "one");
    harness(&[&resume[..], &["--bin", &build]].concat()).with_status(0);
    assert_eq!(rows(&scratch.path("out"), InvocationRow::FILE).len(), 4);
}

#[test]
fn programs_that_speak_another_protocol_are_refused_in_words() {
    let scratch = Scratch::new();
    let script = |name: &str, text: &str| {
        let program = scratch.file(name, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        format!("old={program}")
    };
    for (build, part) in [
        (script("newer", "echo '{\"protocol\": 99}'"), "speaks version 99 of the child protocol, this program version"),
        (script("older", "echo 'unexpected argument' >&2; exit 2"), "it said: unexpected argument"),
        ("old=/no/such/program".to_string(), "--bin old: cannot find '/no/such/program'"),
        ("/bin/sh".to_string(), "--bin '/bin/sh' gives no build a name"),
    ] {
        let said = compare(&scratch, &["--bin", &build]).with_status(2);
        assert!(said.err.contains(part), "'{part}' is not in: {}", said.err);
    }
    let said = harness(&["child", "--protocol", "1", "--native", "fib", "--n", "1", "--samples", "x"]).with_status(2);
    assert!(said.err.contains("it was asked for version 1"), "{}", said.err);
}
