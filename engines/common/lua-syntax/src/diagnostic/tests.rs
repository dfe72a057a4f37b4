//! Display names against what PUC Lua 5.4 shows.

use super::chunk_display_name;

#[track_caller]
fn check(chunk_name: &str, expected: &str) {
    assert_eq!(chunk_display_name(chunk_name), expected);
}

#[test]
fn short_names_are_shown_whole() {
    check("=stdin", "stdin");
    check("=", "");
    check("@dir/file.lua", "dir/file.lua");
    check("return 1", "[string \"return 1\"]");
    check("", "[string \"\"]");
}

#[test]
fn source_text_shows_its_first_line() {
    check("a\nb", "[string \"a...\"]");
    check("\na", "[string \"...\"]");
}

#[test]
fn long_names_are_cut_to_59_bytes() {
    let ten = "abcdefghij";
    let text = |bytes: usize| ten.repeat(10)[..bytes].to_string();
    check(&format!("={}", text(59)), &text(59));
    check(&format!("={}", text(60)), &text(59));
    check(&format!("@{}", text(59)), &text(59));
    check(&format!("@{}", text(60)), &format!("...{}", &text(60)[4..]));
    check(&text(44), &format!("[string \"{}\"]", text(44)));
    check(&text(45), &format!("[string \"{}...\"]", text(45)));
    check(&text(80), &format!("[string \"{}...\"]", text(45)));
    check(&format!("{}\n", text(44)), &format!("[string \"{}...\"]", text(44)));
}
