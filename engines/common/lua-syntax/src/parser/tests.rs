//! What the parser does at its limits: it ends with an error or a usable tree, on a small native stack.

use crate::ast::{ExpressionKind, StatementKind};
use crate::{ParseError, parse, parse_within, print};

/// Half of what a thread has by default, and enough for every tree that the parser lets through: up to 3 KB a level in an
/// unoptimised build.
const STACK_BYTES: usize = 1024 * 1024;

/// Parses, prints and drops on a small stack; gives the message of an error.
fn outcome(source: String) -> Result<(), String> {
    let work = move || match parse("=limit", source.as_bytes()) {
        Ok(chunk) => {
            assert!(!print::print(&chunk).is_empty());
            Ok(())
        }
        Err(error) => Err(String::from_utf8(error.message).unwrap()),
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap()
}

/// Checks that so many levels are the most. PUC Lua takes the same number when a main program calls `load`.
#[track_caller]
fn check_nesting(most: usize, before: &str, open: &str, inside: &str, close: &str) {
    let source = |levels: usize| format!("{before}{}{inside}{}", open.repeat(levels), close.repeat(levels));
    assert_eq!(outcome(source(most)), Ok(()), "{most} levels of {open}");
    for levels in [most + 1, 1_000_000] {
        assert_eq!(outcome(source(levels)), Err("C stack overflow".to_string()), "{levels} levels of {open}");
    }
}

#[test]
fn nesting_is_limited_as_in_puc_lua() {
    check_nesting(195, "return ", "(", "1", ")");
    check_nesting(196, "return ", "{", "", "}");
    check_nesting(195, "return ", "- ", "x", "");
    check_nesting(195, "return ", "not ", "x", "");
    check_nesting(195, "return ", "a[", "x", "]");
    check_nesting(196, "return ", "f(", "", ")");
    check_nesting(195, "return ", "a .. ", "a", "");
    check_nesting(195, "return ", "a ^ ", "a", "");
    check_nesting(195, "return ", "{ [", "1", "] = 1 }");
    check_nesting(197, "", "do ", "", " end");
    check_nesting(196, "", "while a do ", "", " end");
    check_nesting(196, "", "repeat ", "", " until a");
    check_nesting(196, "", "if a then ", "", " end");
    check_nesting(196, "", "if a then else ", "", " end");
    check_nesting(197, "", "function f() ", "", " end");
    check_nesting(197, "", "local function f() ", "", " end");
    check_nesting(98, "", "return function() ", "", " end");
    let targets = |count: usize| format!("local a; a{} = 1", ", a".repeat(count));
    assert_eq!(outcome(targets(195)), Ok(()));
    assert_eq!(outcome(targets(196)), Err("C stack overflow".to_string()));
    let labels = |count: usize| (0..count).map(|index| format!("::l{index}:: ")).collect::<String>();
    assert_eq!(outcome(labels(197)), Ok(()));
    assert_eq!(outcome(labels(198)), Err("C stack overflow".to_string()));
}

#[test]
fn deep_nesting_has_no_line() {
    let error = parse("=deep", format!("x =\n{}", "(".repeat(300)).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "C stack overflow");
    assert_eq!(error.span.line, 2);
}

#[test]
fn chains_are_not_limited() {
    let links = [
        ("return a", " + a"),
        ("return a", " or a"),
        ("return a", " and a"),
        ("return a", " < a"),
        ("return a", ".b"),
        ("return a", "[b]"),
        ("return a", "()"),
        ("return a", ":m()"),
        ("return a", "''"),
        ("a", "{}"),
        ("return a", ".b[c]:d(e) + f * g == h and i or j"),
    ];
    for (first, link) in links {
        assert_eq!(outcome(format!("{first}{}", link.repeat(100_000))), Ok(()), "100,000 times {link}");
    }
    assert_eq!(outcome(format!("a{} = function() end", ".b".repeat(100_000))), Ok(()));
    assert_eq!(outcome(format!("function a{}() end", ".b".repeat(100_000))), Ok(()));
}

#[test]
fn chains_inside_chains_are_not_limited() {
    let link = " + a * a ^ 2 .. a == a and a or a";
    let source = format!("return {}a{}", "(".repeat(190), format!("{})", link.repeat(50)).repeat(190));
    assert_eq!(outcome(source), Ok(()));
}

#[test]
fn length_is_not_limited() {
    assert_eq!(outcome("x = 1 ".repeat(200_000)), Ok(()));
    assert_eq!(outcome(format!("return {{ {} }}", "{ 1, x = 2 }, ".repeat(100_000))), Ok(()));
    assert_eq!(outcome(format!("if a then {} end", "elseif b then ".repeat(100_000))), Ok(()));
    assert_eq!(outcome(format!("return {}", "\n".repeat(1_000_000))), Ok(()));
    assert_eq!(outcome(format!("return '{}'", "x".repeat(10_000_000))), Ok(()));
    assert_eq!(outcome(format!("return {{ {} }}", "1, ".repeat(1_000_000))), Ok(()));
}

#[test]
fn a_tree_that_would_be_too_large_is_refused_early() {
    let source = "x = x + 1 ".repeat(1_000_000);
    assert_eq!(parse_within("=large", source.as_bytes(), 1_000_000).unwrap_err(), ParseError::TooLarge);
    assert!(parse_within("=large", &source.as_bytes()[..10_000], 1_000_000).is_ok());
    // A mistake before that is one of the source.
    let mistake = parse_within("=large", format!("x = = {source}").as_bytes(), 1_000_000).unwrap_err();
    assert!(matches!(mistake, ParseError::Syntax(error) if error.to_string().contains("near '='")));
}

#[test]
fn spans_are_bytes_of_the_source() {
    let source = "local x = (a + b) * c.d(1)\nlocal function f(p) end";
    let chunk = parse("=span", source.as_bytes()).unwrap();
    let text = |span: crate::ast::Span| &source[span.start as usize..span.end as usize];
    let [first, second] = &chunk.main.body.statements[..] else { panic!("two statements") };
    assert_eq!(text(first.span), "local x = (a + b) * c.d(1)");
    let StatementKind::Local { values, .. } = &first.kind else { panic!("a local statement") };
    assert_eq!(text(values[0].span), "(a + b) * c.d(1)");
    let ExpressionKind::Binary { left, right, .. } = &values[0].kind else { panic!("a product") };
    assert_eq!(text(left.span), "a + b");
    assert_eq!(text(right.span), "c.d(1)");
    let StatementKind::LocalFunction { function, .. } = &second.kind else { panic!("a function") };
    assert_eq!(text(function.span), "function f(p) end");
    assert_eq!(text(function.locals[0].span), "p");
    assert_eq!(text(chunk.main.span), source);
}

#[test]
fn errors_say_whether_more_source_may_help() {
    let error = |source: &str| parse("=stdin", source.as_bytes()).unwrap_err();
    assert!(error("for i = 1, 2 do").is_incomplete());
    assert!(error("x = [[abc").is_incomplete());
    assert!(!error("x = = 1").is_incomplete());
    assert_eq!(error("x =\n= 1").span, crate::ast::Span { start: 4, end: 5, line: 2, last_line: 2 });
}
