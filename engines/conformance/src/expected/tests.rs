//! The format of the list and its self-check.

use super::ExpectedUnsupported;

const LIST: &str =
    "# what is missing\n\nall calls/yield no coroutines yet\ntree-walker calls/deep no deep recursion yet\n";

fn list(text: &str) -> ExpectedUnsupported {
    ExpectedUnsupported::parse(text).expect("the text is a valid list")
}

#[test]
fn a_line_is_for_one_engine_or_for_all() {
    let list = list(LIST);
    assert_eq!(list.reason("bytecode-vm", "calls/yield"), Some("no coroutines yet"));
    assert_eq!(list.reason("tree-walker", "calls/deep"), Some("no deep recursion yet"));
    assert_eq!(list.reason("bytecode-vm", "calls/deep"), None);
    assert_eq!(list.reason("bytecode-vm", "calls/other"), None);
}

#[test]
fn a_line_without_a_reason_is_refused() {
    let message = ExpectedUnsupported::parse("all calls/yield").expect_err("no reason");
    assert!(message.contains("'all calls/yield'"), "{message}");
}

#[test]
fn a_line_without_an_effect_is_found() {
    let engines = ["tree-walker", "bytecode-vm"];
    let cases = ["calls/yield", "calls/deep"];
    assert_eq!(list(LIST).check(&engines, &cases), Ok(()));
    for (extra, problem) in [
        ("fast-vm calls/deep x", "no engine is called 'fast-vm'"),
        ("all calls/missing x", "no case is called 'calls/missing'"),
        ("all calls/yield x", "another line already lists calls/yield for all"),
        ("bytecode-vm calls/yield x", "another line already lists calls/yield for bytecode-vm"),
    ] {
        let message = list(&format!("{LIST}{extra}")).check(&engines, &cases).expect_err(extra);
        assert!(message.contains(problem), "{message}");
    }
}
