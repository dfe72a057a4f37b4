//! Files in memory: a case that writes and reads files touches nothing of the machine and finds nothing there.
//!
//! There are no folders: a path is a name like any other. Errors carry the numbers that Linux gives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::rc::Rc;

use engine_api::{Access, HostFile, OpenMode, Termination};

/// `ENOENT`: there is no such file.
const NO_SUCH_FILE: i32 = 2;
/// `EINVAL`: a position before the start.
const INVALID_ARGUMENT: i32 = 22;

/// The most bytes that one file may have, for the same reason as [`super::MAX_OUTPUT_BYTES`].
const MAX_FILE_BYTES: usize = super::MAX_OUTPUT_BYTES;

/// The bytes of a file, shared by its name and those who have it open.
type Content = Rc<RefCell<Vec<u8>>>;

/// The files of one run.
#[derive(Debug, Default)]
pub(super) struct Files {
    by_path: BTreeMap<Vec<u8>, Content>,
    temporary_count: u32,
}

impl Files {
    /// Opens a file in a mode of C's `fopen`.
    pub(super) fn open(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Box<dyn HostFile>> {
        let content = match (self.by_path.get(path), mode.access) {
            (Some(content), Access::Read | Access::Append) => Rc::clone(content),
            (Some(content), Access::Write) => {
                content.borrow_mut().clear();
                Rc::clone(content)
            }
            (None, Access::Read) => return Err(io::Error::from_raw_os_error(NO_SUCH_FILE)),
            (None, Access::Write | Access::Append) => self.make(path.to_vec()),
        };
        Ok(Box::new(MemoryFile { content, position: 0, appends: mode.access == Access::Append }))
    }

    /// A file without a name.
    pub(super) fn temporary() -> Box<dyn HostFile> {
        Box::new(MemoryFile { content: Content::default(), position: 0, appends: false })
    }

    /// Makes a new empty file and gives its path.
    pub(super) fn make_temporary(&mut self) -> Vec<u8> {
        self.temporary_count += 1;
        let path = format!("/tmp/lua_{:06}", self.temporary_count).into_bytes();
        self.make(path.clone());
        path
    }

    pub(super) fn remove(&mut self, path: &[u8]) -> io::Result<()> {
        self.by_path.remove(path).map(|_| ()).ok_or(io::Error::from_raw_os_error(NO_SUCH_FILE))
    }

    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) -> io::Result<()> {
        let content = self.by_path.remove(from).ok_or(io::Error::from_raw_os_error(NO_SUCH_FILE))?;
        self.by_path.insert(to.to_vec(), content);
        Ok(())
    }

    fn make(&mut self, path: Vec<u8>) -> Content {
        let content = Content::default();
        self.by_path.insert(path, Rc::clone(&content));
        content
    }
}

/// An open file.
struct MemoryFile {
    content: Content,
    position: usize,
    appends: bool,
}

impl HostFile for MemoryFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let content = self.content.borrow();
        let rest = content.get(self.position..).unwrap_or(&[]);
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.content.borrow_mut();
        if self.appends {
            self.position = content.len();
        }
        let end = self.position + bytes.len();
        if end > MAX_FILE_BYTES {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "too long a file for a conformance case"));
        }
        if content.len() < end {
            content.resize(end, 0);
        }
        content[self.position..end].copy_from_slice(bytes);
        self.position = end;
        Ok(())
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, offset) = match to {
            SeekFrom::Start(position) => (0, i64::try_from(position).unwrap_or(i64::MAX)),
            SeekFrom::Current(offset) => (self.position as i64, offset),
            SeekFrom::End(offset) => (self.content.borrow().len() as i64, offset),
        };
        let position = from.checked_add(offset).and_then(|position| usize::try_from(position).ok());
        self.position = position.ok_or(io::Error::from_raw_os_error(INVALID_ARGUMENT))?;
        Ok(self.position as u64)
    }

    fn close(self: Box<Self>) -> io::Result<Option<Termination>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
