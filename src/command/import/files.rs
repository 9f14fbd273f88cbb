//! The files of an import, each read within bounds. No archive is opened.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};

use crate::world::import::Export;

/// The largest file that is read, in bytes. A document takes several times its size in memory.
const MOST_BYTES: u64 = 64 << 20;
/// The most bytes of all files of a folder.
const MOST_TOGETHER: u64 = 256 << 20;
/// The most entries of a folder.
const MOST_FILES: usize = 10_000;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Terraform in JSON, pages of the API, or a recording.
    Json,
    /// Terraform in its own language.
    Hcl,
    /// Rows of users.
    Csv,
}

/// A file to read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) form: Form,
}

impl Input {
    /// The name of the file, which notes about it have.
    pub(super) fn name(&self) -> String {
        name_of(&self.path)
    }

    /// The name of the file without its ending, in lower case. It tells the collection of entities that do not say it.
    pub(super) fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
    }
}

/// The files of a path: itself, or those of a folder in the order of their names. What is not read is noted.
///
/// # Errors
/// A path that cannot be read, a file of an unknown form, a folder that is too large.
pub(super) fn find(from: &Path, export: &mut Export) -> anyhow::Result<Vec<Input>> {
    let shown = from.display();
    let data = fs::metadata(from).with_context(|| format!("--from {shown}"))?;
    if !data.is_dir() {
        // To open a named pipe waits for its writer, maybe without end.
        ensure!(
            data.is_file(),
            "--from {shown}: not a file and not a folder; save the export to a file first"
        );
        let form = form_of(from).with_context(|| {
            format!("--from {shown}: expected a file *.tf, *.tf.json, *.json, *.csv or *.har, or a folder of such files")
        })?;
        return Ok(vec![Input { path: from.to_owned(), form }]);
    }
    let inputs = in_folder(from, export).with_context(|| format!("--from {shown}"))?;
    ensure!(!inputs.is_empty(), "--from {shown}: no file *.tf, *.tf.json, *.json, *.csv or *.har");
    Ok(inputs)
}

/// The files of a folder, without those of the folders in it: Terraform does not read them either.
fn in_folder(folder: &Path, export: &mut Export) -> anyhow::Result<Vec<Input>> {
    let entries = fs::read_dir(folder)?.take(MOST_FILES + 1).collect::<Result<Vec<_>, _>>()?;
    ensure!(entries.len() <= MOST_FILES, "more than {MOST_FILES} entries in the folder");
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    let (mut inputs, mut bytes) = (Vec::new(), 0);
    for path in paths {
        let data = fs::metadata(&path).with_context(|| path.display().to_string())?;
        match form_of(&path).filter(|_| data.is_file()) {
            Some(form) => {
                bytes += data.len();
                inputs.push(Input { path, form });
            }
            None => export.note_file(&unread(&path, data.is_dir())),
        }
    }
    ensure!(bytes <= MOST_TOGETHER, "the files have {bytes} bytes, expected at most {MOST_TOGETHER}");
    Ok(inputs)
}

/// What is noted of an entry of a folder that is not read.
fn unread(path: &Path, is_folder: bool) -> String {
    format!("{} {}", if is_folder { "folder" } else { "file" }, name_of(path))
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn form_of(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "json" | "har" => Some(Form::Json),
        "tf" => Some(Form::Hcl),
        "csv" => Some(Form::Csv),
        _ => None,
    }
}

/// The text of a file.
///
/// # Errors
/// A file that cannot be read, is too large, is an archive, or is not a text.
pub(super) fn read(file: &Input) -> anyhow::Result<String> {
    let bytes = crate::files::read(&file.path, MOST_BYTES);
    let bytes = bytes.map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => anyhow!("{error}; export a part of it"),
        _ => error.into(),
    })?;
    ensure!(!is_archive(&bytes), "an archive is not opened; unpack it first");
    decode(bytes).map_err(anyhow::Error::msg)
}

/// Whether bytes begin as zip, gzip, bzip2, xz or zstd do.
fn is_archive(bytes: &[u8]) -> bool {
    let starts: [&[u8]; 5] = [b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    starts.iter().any(|start| bytes.starts_with(start))
}

/// Bytes as text: UTF-8, or UTF-16 with a mark of its order, as `PowerShell` redirects output to a file.
fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec);
    utf8(rest.unwrap_or(bytes))
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        format!("line {line}, byte {column}: not UTF-8")
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let byte = |pair: &[u8], index: usize| pair.get(index).copied().unwrap_or_default();
    let units = bytes.chunks(2).map(|pair| unit([byte(pair, 0), byte(pair, 1)]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| "not UTF-16, although it begins as UTF-16 does".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_utf_8_or_has_a_mark_of_its_order() {
        let little = [0xff, 0xfe, b'[', 0, 0xe4, 0];
        let big = [0xfe, 0xff, 0, b'[', 0, 0xe4];
        for bytes in ["[ä".as_bytes(), "\u{feff}[ä".as_bytes(), &little, &big] {
            assert_eq!(decode(bytes.to_vec()).as_deref(), Ok("[ä"), "{bytes:?}");
        }
        assert_eq!(decode(b"a\nbc\xff".to_vec()), Err("line 2, byte 3: not UTF-8".to_owned()));
        assert!(decode(vec![0xff, 0xfe, 0, 0xd8]).is_err(), "half of a pair");
    }

    #[test]
    fn an_archive_is_known_by_its_beginning_and_a_form_by_its_ending() {
        assert!(is_archive(b"PK\x03\x04rest") && is_archive(b"\x1f\x8b\x08"));
        assert!(!is_archive(b"[]") && !is_archive(b""));
        let form = |name: &str| form_of(Path::new(name));
        assert_eq!([form("main.tf.json"), form("a.HAR"), form("users.json")], [Some(Form::Json); 3]);
        assert_eq!((form("main.tf"), form("users.csv")), (Some(Form::Hcl), Some(Form::Csv)));
        assert_eq!([form("terraform.tfstate"), form("a.zip"), form("Makefile")], [None; 3]);
        let unread = [unread(Path::new("x/a.zip"), false), unread(Path::new("x/old"), true)];
        assert_eq!(unread, ["file a.zip", "folder old"]);
    }
}
