//! The files against what C's `stdio` promises.

use std::io::SeekFrom;

use engine_api::{Access, HostFile, OpenMode};

use super::Files;

fn open(files: &mut Files, path: &str, access: Access) -> Box<dyn HostFile> {
    files.open(path.as_bytes(), OpenMode { access, update: false }).expect("it can be opened")
}

fn content(files: &mut Files, path: &str) -> Vec<u8> {
    let mut buffer = [0; 32];
    let count = open(files, path, Access::Read).read(&mut buffer).expect("it can be read");
    buffer[..count].to_vec()
}

#[test]
fn writing_empties_and_appending_keeps() {
    let mut files = Files::default();
    open(&mut files, "a", Access::Write).write(b"first").expect("there is room");
    open(&mut files, "a", Access::Append).write(b", second").expect("there is room");
    assert_eq!(content(&mut files, "a"), b"first, second");
    open(&mut files, "a", Access::Write);
    assert_eq!(content(&mut files, "a"), b"");
}

#[test]
fn a_missing_file_is_the_error_of_linux() {
    let mut files = Files::default();
    let mode = OpenMode { access: Access::Read, update: false };
    let error = files.open(b"a", mode).err().expect("there is no such file");
    assert_eq!(error.raw_os_error(), Some(2));
    assert_eq!(files.remove(b"a").expect_err("there is no such file").raw_os_error(), Some(2));
}

#[test]
fn a_renamed_file_has_the_new_name_only() {
    let mut files = Files::default();
    open(&mut files, "a", Access::Write).write(b"text").expect("there is room");
    files.rename(b"a", b"b").expect("the file exists");
    assert_eq!(content(&mut files, "b"), b"text");
    assert!(files.remove(b"a").is_err());
}

#[test]
fn a_position_past_the_end_leaves_zeros() {
    let mut files = Files::default();
    let mut file = open(&mut files, "a", Access::Write);
    assert_eq!(file.seek(SeekFrom::End(2)).expect("a position"), 2);
    file.write(b"x").expect("there is room");
    assert!(file.seek(SeekFrom::Current(-4)).is_err());
    assert_eq!(content(&mut files, "a"), b"\0\0x");
}
