//! The file of `--state`: read at the start, written at the end and on demand.
//!
//! A snapshot is written to a file beside it, synced and renamed, so the file is a whole snapshot at every instant, also
//! after the server was killed. Only its owner may read it: it has secrets. While a server uses the file, a lock beside it
//! keeps other servers away; the lock ends with the process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use parking_lot::Mutex;

use super::{MAX_BYTES, Summary};
use crate::files;
use crate::platform::Platform;

/// The file of one server.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Locked for as long as this server uses the file.
    _lock: File,
    /// One is written after the other.
    writing: Mutex<()>,
}

impl StateFile {
    /// Takes the file for this server. It need not exist.
    ///
    /// # Errors
    /// When another server uses it, or its folder cannot be written.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
            bail!("it is not a regular file");
        }
        // The file that a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let beside = beside(&path, "lock");
        let lock = private().truncate(false).create(true).open(&beside);
        let lock = lock.with_context(|| format!("cannot write {}", beside.display()))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another server uses it"),
            // Some network folders have no locks.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        Ok(Self { path, _lock: lock, writing: Mutex::new(()) })
    }

    /// Loads the file into a server. `None` if there is no file yet.
    ///
    /// # Errors
    /// When it cannot be read, or is no snapshot for this server.
    pub(crate) fn load(&self, platform: &Platform) -> anyhow::Result<Option<Summary>> {
        match read(&self.path) {
            Ok(bytes) => Ok(Some(platform.load(bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the state of a server, and returns its bytes.
    ///
    /// # Errors
    /// When it cannot be written; the file is as it was then.
    pub(crate) fn save(&self, platform: &Platform) -> anyhow::Result<usize> {
        let _one_at_a_time = self.writing.lock();
        let bytes = platform.save(None)?;
        write(&self.path, "part", &bytes)?;
        Ok(bytes.len())
    }
}

/// Reads a snapshot's file.
///
/// # Errors
/// When it cannot be read, or is larger than a snapshot can be.
pub(crate) fn read(path: &Path) -> io::Result<Bytes> {
    Ok(files::read(path, MAX_BYTES as u64)?.into())
}

/// Writes a snapshot's file for its owner alone: to `NAME.ending` beside it, which is then renamed.
///
/// # Errors
/// When it cannot be written; the file is as it was then.
pub(crate) fn write(path: &Path, ending: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let part = beside(path, ending);
    let written = write_new(&part, bytes).and_then(|()| fs::rename(&part, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&part);
        return Err(anyhow!(error).context(format!("cannot write {}", path.display())));
    }
    // Without it, a crash of the machine may undo the rename. Some systems do not sync folders.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn write_new(part: &Path, bytes: &[u8]) -> io::Result<()> {
    // What a killed server left is removed first. A new file follows no link and has no other owner.
    match fs::remove_file(part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = private().create_new(true).open(part)?;
    out.write_all(bytes)?;
    out.sync_all()
}

/// Options to write a file that only its owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// `NAME.ending` in the same folder, so that a rename stays within one file system.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("gcmock-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn a_file_is_replaced_whole_whatever_a_killed_server_left_behind() {
        let folder = folder("state-file");
        let path = folder.join("state.json");
        fs::write(folder.join("state.json.part"), "half of").expect("a file");
        for text in ["first", "second"] {
            write(&path, "part", text.as_bytes()).expect("written");
            assert_eq!(read(&path).expect("a file"), text);
        }
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(write(&folder.join("no/such"), "part", b"").is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn one_server_at_a_time_uses_a_file() {
        let folder = folder("state-lock");
        let path = folder.join("state.json");
        let first = StateFile::open(&path).expect("free");
        let error = StateFile::open(&path).expect_err("in use").to_string();
        assert!(error.contains("another server"), "{error}");
        drop(first);
        StateFile::open(&path).expect("free again");
        assert!(StateFile::open(&folder).is_err(), "a folder");
        fs::remove_dir_all(&folder).expect("removed");
    }
}
