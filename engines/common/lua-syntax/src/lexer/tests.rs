//! Tokens, lines and messages of the lexer alone.

use super::*;

fn tokens(source: &[u8]) -> Result<Vec<Token>> {
    let mut lexer = Lexer::new("=test", source);
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next_token()?;
        if token.kind == TokenKind::EndOfSource {
            return Ok(tokens);
        }
        tokens.push(token);
    }
}

#[track_caller]
fn one_string(source: &[u8]) -> Vec<u8> {
    match &tokens(source).unwrap()[..] {
        [Token { kind: TokenKind::String(value), .. }] => value.to_vec(),
        other => panic!("expected one string, got {other:?}"),
    }
}

#[track_caller]
fn check_error(source: &[u8], expected: &str) {
    assert_eq!(tokens(source).unwrap_err().to_string(), expected);
}

#[test]
fn every_keyword_and_symbol_is_read_as_itself() {
    let source = "and break do else elseif end false for function goto if in local nil not or repeat return then true \
                  until while + - * / // % ^ # & ~ | << >> == ~= <= >= < > = ( ) { } [ ] :: ; : , . .. ...";
    let quoted: Vec<String> = tokens(source.as_bytes()).unwrap().iter().map(|token| token.kind.description()).collect();
    let expected: Vec<String> = source.split_whitespace().map(|word| format!("'{word}'")).collect();
    assert_eq!(quoted, expected);
}

#[test]
fn escapes() {
    assert_eq!(one_string(br#""\a\b\f\n\r\t\v\\\"\'""#), b"\x07\x08\x0C\n\r\t\x0B\\\"'");
    assert_eq!(one_string(br#"'\x41\x7a\0\65\0651\255'"#), b"Az\0AA1\xFF");
    assert_eq!(one_string(b"'a\\z  \r\n \t b'"), b"ab");
    assert_eq!(one_string(b"'a\\\nb\\\r\nc'"), b"a\nb\nc");
}

#[test]
fn code_points_up_to_31_bits() {
    let cases: [(&[u8], &[u8]); 8] = [
        (br"'\u{0}'", b"\0"),
        (br"'\u{7F}'", b"\x7F"),
        (br"'\u{80}'", b"\xC2\x80"),
        (br"'\u{20AC}'", "\u{20AC}".as_bytes()),
        (br"'\u{D800}'", b"\xED\xA0\x80"),
        (br"'\u{10FFFF}'", "\u{10FFFF}".as_bytes()),
        (br"'\u{3FFFFFF}'", b"\xFB\xBF\xBF\xBF\xBF"),
        (br"'\u{0000007FFFFFFF}'", b"\xFD\xBF\xBF\xBF\xBF\xBF"),
    ];
    for (source, expected) in cases {
        assert_eq!(one_string(source), expected, "{}", source.escape_ascii());
    }
}

#[test]
fn long_strings() {
    assert_eq!(one_string(b"[[]]"), b"");
    assert_eq!(one_string(b"[[\r\na\n\rb\r]]"), b"a\nb\n");
    assert_eq!(one_string(b"[==[a]]b]=]c\\n]==]"), b"a]]b]=]c\\n");
    assert_eq!(one_string(b"[=[]]=]"), b"]");
}

#[test]
fn lines_end_in_four_ways() {
    let lines = |source: &[u8]| -> Vec<u32> { tokens(source).unwrap().iter().map(|token| token.span.line).collect() };
    assert_eq!(lines(b"a\nb\r\nc\rd\n\re"), [1, 2, 3, 4, 5]);
    assert_eq!(lines(b"a\n\nb\r\rc"), [1, 3, 5]);
    assert_eq!(lines(b"--[[\n\n]] a -- x\nb --[==\nc"), [3, 4, 5]);
}

#[test]
fn spans_cover_tokens() {
    let source = b"  abc = [[x\n]] .. 0x1p4";
    let texts: Vec<&[u8]> = tokens(source)
        .unwrap()
        .iter()
        .map(|token| &source[token.span.start as usize..token.span.end as usize])
        .collect();
    assert_eq!(texts, [&b"abc"[..], b"=", b"[[x\n]]", b"..", b"0x1p4"]);
    let string = &tokens(source).unwrap()[2];
    assert_eq!((string.span.line, string.span.last_line), (1, 2));
}

#[test]
fn errors_show_what_was_read() {
    check_error(br#""abc"#, "test:1: unfinished string near <eof>");
    check_error(b"'ab\ncd'", "test:1: unfinished string near ''ab'");
    check_error(br"'ab\", "test:1: unfinished string near <eof>");
    check_error(br#""a\65\q""#, r#"test:1: invalid escape sequence near '"aA\q'"#);
    check_error(br"'\xZ'", r"test:1: hexadecimal digit expected near ''\xZ'");
    check_error(br"'\x4'", r"test:1: hexadecimal digit expected near ''\x4''");
    check_error(br"'\300 '", r"test:1: decimal escape too large near ''\300 '");
    check_error(br"'\u41'", r"test:1: missing '{' near ''\u4'");
    check_error(br"'\u{}'", r"test:1: hexadecimal digit expected near ''\u{}'");
    check_error(br"'\u{41'", r"test:1: missing '}' near ''\u{41''");
    check_error(br"'\u{80000000}'", r"test:1: UTF-8 value too large near ''\u{80000000'");
    check_error(b"\n[==[a\n", "test:3: unfinished long string (starting at line 2) near <eof>");
    check_error(b"--[[a\n", "test:2: unfinished long comment (starting at line 1) near <eof>");
    check_error(b"[==a", "test:1: invalid long string delimiter near '[=='");
    check_error(b"3x", "test:1: malformed number near '3x'");
    check_error(b"0x1.8.2", "test:1: malformed number near '0x1.8.2'");
    check_error(b"1..2", "test:1: malformed number near '1..2'");
    check_error(b"3e+z", "test:1: malformed number near '3e+z'");
}

#[test]
fn file_prefixes() {
    assert_eq!(skip_file_prefix(b"return 1"), b"return 1");
    assert_eq!(skip_file_prefix(b"\xEF\xBB\xBFreturn 1"), b"return 1");
    assert_eq!(skip_file_prefix(b"#!lua\nreturn 1"), b"\nreturn 1");
    assert_eq!(skip_file_prefix(b"\xEF\xBB\xBF# x\n#"), b"\n#");
    assert_eq!(skip_file_prefix(b"#!lua"), b"");
}
