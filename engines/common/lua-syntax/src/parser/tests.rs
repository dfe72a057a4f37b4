//! What the parser does at its limits: it ends with an error or a usable tree, on a small native stack.

use crate::ast::{ExpressionKind, StatementKind};
use crate::{parse, print};

/// Less than any thread has by default, and enough for every tree that the parser lets through.
const STACK_BYTES: usize = 512 * 1024;

/// Parses, prints and drops on a small stack; gives the message of an error.
fn outcome(source: String) -> Result<(), String> {
    let work = move || match parse("=limit", source.as_bytes()) {
        Ok(chunk) => {
            assert!(!print::print(&chunk).is_empty());
            Ok(())
        }
        Err(error) => Err(error.message),
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap()
}

#[track_caller]
fn check_nesting(before: &str, open: &str, inside: &str, close: &str, after: &str) {
    let source = |levels: usize| format!("{before}{}{inside}{}{after}", open.repeat(levels), close.repeat(levels));
    assert_eq!(outcome(source(95)), Ok(()), "95 levels of {open}");
    for levels in [250, 1_000_000] {
        assert_eq!(outcome(source(levels)), Err("C stack overflow".to_string()), "{levels} levels of {open}");
    }
}

#[test]
fn nesting_is_limited() {
    check_nesting("return ", "(", "1", ")", "");
    check_nesting("return ", "{", "", "}", "");
    check_nesting("return ", "- ", "x", "", "");
    check_nesting("return ", "not ", "x", "", "");
    check_nesting("return ", "a[", "x", "]", "");
    check_nesting("return ", "f(", "", ")", "");
    check_nesting("return ", "a .. ", "a", "", "");
    check_nesting("return ", "a ^ ", "a", "", "");
    check_nesting("return ", "{ [", "1", "] = 1 }", "");
    check_nesting("", "do ", "", " end", "");
    check_nesting("", "while a do ", "", " end", "");
    check_nesting("", "repeat ", "", " until a", "");
    check_nesting("", "if a then ", "", " end", "");
    check_nesting("", "if a then else ", "", " end", "");
    check_nesting("", "function f() ", "", " end", "");
    check_nesting("", "local function f() ", "", " end", "");
    check_nesting("", "return function() ", "", " end", "");
    check_nesting("local a; a", ", a", " = 1", "", "");
    let labels = |count: usize| (0..count).map(|index| format!("::l{index}:: ")).collect::<String>();
    assert_eq!(outcome(labels(100)), Ok(()));
    assert_eq!(outcome(labels(1000)), Err("C stack overflow".to_string()), "as in PUC Lua");
}

#[test]
fn chains_are_limited_by_the_height_of_their_tree() {
    let too_high = |near: &str| Err(format!("chunk has too many syntax levels (limit is 1000) near {near}"));
    let cases = [
        ("return a", " + a", "'+'"),
        ("return a", " or a", "'or'"),
        ("return a", " < a", "'<'"),
        ("return a", ".b", "'.'"),
        ("return a", "[b]", "'['"),
        ("return a", "()", "'('"),
        ("return a", ":m()", "':'"),
        ("return a", "''", "''''"),
        ("a", "{}", "'{'"),
    ];
    for (first, link, near) in cases {
        assert_eq!(outcome(format!("{first}{}", link.repeat(990))), Ok(()), "990 times {link}");
        assert_eq!(outcome(format!("{first}{}", link.repeat(100_000))), too_high(near), "100,000 times {link}");
    }
}

#[test]
fn chains_inside_chains_add_up() {
    // Each pair of parentheses holds a chain, so the tree is higher than any one of them.
    let nested = |levels: usize, links: usize| {
        let chain = " + a".repeat(links);
        format!("return {}a{}", "(".repeat(levels), format!("{chain})").repeat(levels))
    };
    assert_eq!(outcome(nested(100, 8)), Ok(()));
    assert!(outcome(nested(100, 12)).unwrap_err().starts_with("chunk has too many syntax levels"));
    // Side by side they do not add up.
    let chain = " + a".repeat(900);
    assert_eq!(outcome(format!("return {}", vec![format!("a{chain}"); 20].join(", "))), Ok(()));
    assert_eq!(outcome(format!("x = f(a{chain}, a{chain}) x = a{chain}")), Ok(()));
    assert_eq!(outcome(format!("a{0}, b{0} = {{ a{1}, x = a{1} }}", ".b".repeat(900), chain)), Ok(()));
}

#[test]
fn length_is_not_limited() {
    assert_eq!(outcome("x = 1 ".repeat(200_000)), Ok(()));
    assert_eq!(outcome(format!("return {{ {} }}", "{ 1, x = 2 }, ".repeat(100_000))), Ok(()));
    assert_eq!(outcome(format!("if a then {} end", "elseif b then ".repeat(100_000))), Ok(()));
    assert_eq!(outcome(format!("return {}", "\n".repeat(1_000_000))), Ok(()));
    assert_eq!(outcome(format!("return '{}'", "x".repeat(10_000_000))), Ok(()));
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
    assert_eq!(error("x =\n= 1").span, crate::ast::Span { start: 4, end: 5, line: 2 });
}
