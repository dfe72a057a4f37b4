//! How the bytes of a string become words of its hash.

use super::last_word;

#[test]
fn the_last_word_is_what_is_behind_the_whole_ones_and_zeros() {
    let bytes: Vec<u8> = (1..=40).map(|number: u8| number.wrapping_mul(37) | 1).collect();
    for length in 0..=bytes.len() {
        let bytes = &bytes[..length];
        let rest = bytes.chunks_exact(8).remainder();
        let mut padded = [0; 8];
        padded[..rest.len()].copy_from_slice(rest);
        assert_eq!(last_word(bytes), u64::from_le_bytes(padded), "{length} bytes");
    }
}
