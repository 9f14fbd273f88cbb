//! Files that a command writes: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::Failure;

/// Writes `text` to `file`. The text is written to a file beside it and then renamed, so that a full disk leaves no half
/// of it behind, and a file of that name as it was.
///
/// # Errors
/// [`Failure::Running`] with the option's name and the path.
pub(super) fn write_whole(option: &str, file: &Path, text: &str) -> Result<(), Failure> {
    let whole = write_and_rename(file, text.as_bytes());
    whole.with_context(|| format!("{option} {}", file.display())).map_err(Failure::Running)
}

fn write_and_rename(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // What is not a plain file, such as /dev/stdout, is written to and not replaced.
    if fs::metadata(file).is_ok_and(|known| !known.is_file()) {
        return File::options().write(true).open(file)?.write_all(bytes);
    }
    let part = beside(file);
    let written = File::create(&part).and_then(|mut out| {
        out.write_all(bytes)?;
        out.sync_all()
    });
    written.and_then(|()| fs::rename(&part, file)).inspect_err(|_| drop(fs::remove_file(&part)))
}

/// `NAME.part-PID` in the same folder, so that the rename stays within one file system.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".part-{}", std::process::id()));
    file.with_file_name(name)
}

/// Whether `file` can be written and is none of the files that the command reads, so that an error comes before the work
/// and not after it.
///
/// # Errors
/// [`Failure::Usage`] with the option's name and the path.
pub(super) fn check_writable(option: &str, file: &Path, inputs: &[&Path]) -> Result<(), Failure> {
    if let Some(input) = inputs.iter().find(|input| is_same(file, input)) {
        let (shown, input) = (file.display(), input.display());
        return Err(Failure::Usage(anyhow!(
            "{option} {shown}: the command reads this file as {input}; expected another one"
        )));
    }
    let wrong = |why: io::Error| {
        Failure::Usage(anyhow::Error::from(why).context(format!("{option} {}", file.display())))
    };
    if fs::metadata(file).is_ok_and(|known| known.is_dir()) {
        return Err(wrong(io::ErrorKind::IsADirectory.into()));
    }
    if fs::metadata(file).is_ok() {
        return File::options().write(true).open(file).map(drop).map_err(wrong);
    }
    let part = beside(file);
    File::create(&part).map_err(wrong)?;
    fs::remove_file(&part).map_err(wrong)
}

/// Whether both paths lead to one regular file, by links too. To write to a device such as a terminal replaces nothing.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity =
        |path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|of| (of.dev(), of.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    let known = |path| fs::canonicalize(path).ok();
    one.is_file() && known(one).is_some_and(|one| known(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_folder_is_refused() {
        let folder = std::env::temp_dir().join(format!("gcmock-output-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("a.html");
        for text in ["first", "second"] {
            check_writable("-o", &file, &[]).expect("writable");
            write_whole("-o", &file, text).expect("written");
            assert_eq!(fs::read_to_string(&file).expect("a file"), text);
        }
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing else is left");
        assert!(
            check_writable(
                "-o",
                &folder.join("../").join(folder.file_name().expect("a name")).join("a.html"),
                &[&folder, &file]
            )
            .is_err()
        );
        let link = folder.join("link");
        fs::hard_link(&file, &link).expect("a link");
        assert!(check_writable("-o", &link, &[&file]).is_err() && check_writable("-o", &link, &[]).is_ok());
        assert!(check_writable("-o", &folder, &[]).is_err());
        assert!(check_writable("-o", &folder.join("no/such"), &[]).is_err());
        assert!(write_whole("-o", &folder.join("no/such"), "x").is_err());
        fs::remove_dir_all(&folder).expect("removed");
    }
}
