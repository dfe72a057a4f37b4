//! What is said on a terminal of 80 columns: nothing is broken inside a word or an interval, and one of a thing is no
//! plural.

use std::process::Output;

use crate::tool::{Scratch, command, harness};

/// What a command says to a terminal of that width.
fn said(arguments: &[&str], columns: usize) -> String {
    let Output { stdout, .. } = command(arguments).env("COLUMNS", columns.to_string()).output().unwrap();
    String::from_utf8(stdout).unwrap()
}

/// Checks that no line is wider than `columns` and that no word of `whole`, which was said without a limit, was broken.
#[track_caller]
fn check(text: &str, whole: &str, columns: usize) {
    let too_wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > columns).collect();
    // A word that is wider by itself stays whole.
    let can_be_broken = |line: &&str| line.split_whitespace().all(|word| word.chars().count() <= columns);
    assert!(!too_wide.iter().any(can_be_broken), "{too_wide:#?}");
    let is_rule = |word: &str| word.chars().all(|letter| "─═".contains(letter));
    let words: std::collections::HashSet<&str> = text.split_whitespace().collect();
    for word in whole.split_whitespace().filter(|word| !is_rule(word)) {
        assert!(words.contains(word), "'{word}' is not whole in:\n{text}");
    }
}

#[test]
fn tables_have_fewer_columns_rather_than_broken_ones() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "all", "--workloads", "fib,constraint_solver", "--aa"];
    arguments.extend(["--invocations", "3", "--iterations", "1", "--out", &out]);
    harness(&arguments).with_status(0);
    let whole = harness(&["report", &out]).with_status(0).out;
    for columns in [60, 80, 132] {
        check(&said(&["report", &out], columns), &whole, columns);
    }
    let whole = harness(&["diff", &out, &out]).with_status(0).out;
    check(&said(&["diff", &out, &out], 80), &whole, 80);
}

#[test]
fn lists_keep_their_names_whole() {
    for what in ["engines", "workloads", "yardsticks"] {
        let whole = harness(&["list", what]).with_status(0).out;
        check(&said(&["list", what], 80), &whole, 80);
    }
}

#[test]
fn one_of_a_thing_is_no_plural() {
    let scratch = Scratch::new();
    let out = scratch.out();
    let mut arguments = vec!["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib"];
    arguments.extend(["--invocations", "1", "--iterations", "1", "--out", &out]);
    let said = harness(&arguments).with_status(0);
    let validated = harness(&["validate", &out]).with_status(0);
    let all = [said.err, said.out, validated.out].concat();
    assert!(all.contains("1 contender x 1 workload (size test) x 1 invocation: 1 process, about"), "{all}");
    assert!(all.contains("holds together: 1 process, 1 iteration"), "{all}");
    for plural in ["1 contenders", "1 workloads", "1 processes", "1 iterations", "1 invocations", "1 pairs", "1 blocks"]
    {
        assert!(!all.contains(plural), "{plural} in {all}");
    }
}

#[test]
fn nothing_is_said_in_the_words_of_the_programming_language() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.path("one"), scratch.path("two"));
    let run = |out: &std::path::Path, more: &[&str]| {
        let arguments = ["compare", "--engines", "none", "--yardsticks", "native", "--workloads", "fib"];
        harness(&[&arguments[..], &["--out", out.to_str().unwrap(), "--invocations", "2"], more].concat())
            .with_status(0);
    };
    run(&one, &["--iterations", "2"]);
    run(&two, &[]);
    let said = harness(&["diff", one.to_str().unwrap(), two.to_str().unwrap()]).with_status(2);
    assert!(
        said.err.contains("iterations in a process: 2 iterations in the first, 3 to 300 iterations in 400 ms in the")
    );
    assert!(!said.err.contains("{ ") && !said.err.contains("Some("), "{}", said.err);
}

#[test]
fn a_comparison_of_nothing_has_no_table() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.path("one"), scratch.path("two"));
    for (out, workload) in [(&one, "fib"), (&two, "sieve")] {
        let arguments = ["compare", "--engines", "none", "--yardsticks", "native", "--iterations", "2"];
        let more = ["--workloads", workload, "--invocations", "2", "--out", out.to_str().unwrap()];
        harness(&[&arguments[..], &more].concat()).with_status(0);
    }
    let said = harness(&["diff", one.to_str().unwrap(), two.to_str().unwrap()]).with_status(0);
    assert!(said.out.contains("No pair of contender and workload ended well in both runs"), "{}", said.out);
    assert!(!said.out.contains('─'), "{}", said.out);
}
