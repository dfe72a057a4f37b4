//! `find_byte` against the obvious loop.

use super::find_byte;

#[test]
fn finds_the_first_of_every_byte_at_every_length_and_offset() {
    let text: Vec<u8> = (0..64u32).map(|i| (i * 37 % 11) as u8 * 25).collect();
    for start in 0..text.len() {
        for end in start..=text.len() {
            for byte in 0..=255 {
                let expected = text[start..end].iter().position(|candidate| *candidate == byte);
                assert_eq!(find_byte(&text[start..end], byte), expected, "byte {byte} in {start}..{end}");
            }
        }
    }
}

#[test]
fn is_not_confused_by_neighbours_of_a_match() {
    // A borrow out of a matching byte reaches the byte above it, which is one more than the searched one here.
    let text = [7, 8, 8, 8, 8, 8, 8, 8, 7, 8, 0x80, 0, 0xff, 8, 8, 8];
    assert_eq!(find_byte(&text[1..], 7), Some(7));
    assert_eq!(find_byte(&text, 0xff), Some(12));
    assert_eq!(find_byte(&text, 0), Some(11));
    assert_eq!(find_byte(&text, 9), None);
}
