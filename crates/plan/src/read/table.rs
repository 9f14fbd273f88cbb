//! The files of data sets, and their rows.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};

use super::Files;
use super::element::{Element, Property};
use super::expression::{Names, is_known};

/// A data set whose file is there.
pub(super) struct Table {
    /// The names of its columns.
    pub(super) names: Vec<String>,
    /// Its rows, without one that has the names or that JMeter skips. One without cells is like the end of the file.
    pub(super) rows: Vec<ByteRecord>,
}

/// The files of data sets. Each is read once, however many data sets and thread groups have it.
pub(super) struct Tables<'files> {
    files: &'files dyn Files,
    read: RefCell<HashMap<Source, Option<Rc<Table>>>>,
}

/// Where rows come from and how they are read.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Source {
    path: String,
    delimiter: String,
    is_quoted: bool,
    names: String,
    ignores_first: bool,
}

impl<'files> Tables<'files> {
    pub(super) fn new(files: &'files dyn Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    /// The rows of a data set. `None` if its file is not there.
    pub(super) fn of(&self, names: &Names, set: &Element) -> Option<Rc<Table>> {
        if &*set.kind == "UserParameters" {
            return Some(Rc::new(user_parameters(names, set)));
        }
        let source = Source {
            path: names.text(set.text("filename")).trim().to_owned(),
            delimiter: delimiter(names.text(set.text("delimiter"))),
            is_quoted: names.text(set.text("quotedData")) == "true",
            names: names.text(set.text("variableNames")),
            ignores_first: set.text("ignoreFirstLine") == "true",
        };
        if !is_known(&source.path) {
            return None;
        }
        if let Some(table) = self.read.borrow().get(&source) {
            return table.clone();
        }
        let table = self.files.read(&source.path).map(|bytes| Rc::new(table(&bytes, &source)));
        self.read.borrow_mut().insert(source, table.clone());
        table
    }
}

impl Table {
    /// The one row that it has.
    pub(super) fn single(&self) -> Option<&ByteRecord> {
        let [row] = self.rows.as_slice() else { return None };
        Some(row).filter(|row| !row.is_empty())
    }
}

/// The rows of User Parameters: one for each user, and thread i is user i modulo their number.
fn user_parameters(names: &Names, set: &Element) -> Table {
    let texts = |list: &[Property]| list.iter().map(|entry| names.text(&entry.text)).collect::<Vec<_>>();
    let users = set.list("UserParameters.thread_values").iter();
    Table {
        names: texts(set.list("UserParameters.names")),
        rows: users.map(|user| ByteRecord::from(texts(&user.items))).collect(),
    }
}

fn table(bytes: &[u8], source: &Source) -> Table {
    let mut rows =
        if source.is_quoted { quoted(bytes, &source.delimiter) } else { plain(bytes, &source.delimiter) };
    let written = &source.names;
    // Blanks are a name for JMeter.
    let is_headed = written.is_empty();
    let mut columns: Vec<String> = written.split(',').map(|name| name.trim().to_owned()).collect();
    if (is_headed || source.ignores_first) && !rows.is_empty() {
        let first = rows.remove(0);
        if is_headed {
            columns = first.iter().map(text).collect();
        }
    }
    Table { names: columns, rows }
}

/// Lines that JMeter splits at each delimiter. An empty one has no cell.
fn plain(bytes: &[u8], delimiter: &str) -> Vec<ByteRecord> {
    let content = String::from_utf8_lossy(bytes);
    let cells = |line: &str| match line {
        "" => ByteRecord::new(),
        _ => ByteRecord::from(line.split(delimiter).collect::<Vec<_>>()),
    };
    content.lines().map(cells).collect()
}

/// Rows whose cells may be in quotation marks. An empty line is a row with one empty cell, which the parser leaves out.
fn quoted(bytes: &[u8], delimiter: &str) -> Vec<ByteRecord> {
    let content = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.bytes().next().unwrap_or(b','))
        .from_reader(content.as_bytes());
    let empty = |lines: u64| (0..lines).map(|_| ByteRecord::from(vec![""]));
    let (mut rows, mut row, mut line) = (Vec::new(), ByteRecord::new(), 1);
    while reader.read_byte_record(&mut row).unwrap_or(false) {
        let breaks = row.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let end = reader.position().line();
        rows.extend(empty(end.saturating_sub(line + breaks + 1)));
        rows.push(row.clone());
        line = end;
    }
    rows.extend(empty(reader.position().line().saturating_sub(line)));
    rows
}

/// The text of a cell that names a column or is a token.
pub(super) fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_owned()
}

fn delimiter(text: String) -> String {
    match text.as_str() {
        "\\t" => "\t".to_owned(),
        "" => ",".to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{plain, quoted};

    fn cells(rows: &[csv::ByteRecord]) -> Vec<Vec<&str>> {
        let row = |row: &csv::ByteRecord| {
            (0..row.len()).map(|at| rows_text(&row[at])).map(String::leak).map(|text| &*text).collect()
        };
        rows.iter().map(row).collect()
    }

    fn rows_text(cell: &[u8]) -> String {
        String::from_utf8_lossy(cell).into_owned()
    }

    #[test]
    fn empty_lines_are_rows() {
        let bytes = b"a,b\n\n\nc,\"d\r\n\ne\"\r\n\r\nf,g\r\n\n";
        let with_breaks = vec!["c", "d\n\ne"];
        let none = || vec![""];
        assert_eq!(
            cells(&quoted(bytes, ",")),
            [vec!["a", "b"], none(), none(), with_breaks, none(), vec!["f", "g"], none()]
        );
        assert_eq!(cells(&quoted(b"a\nb", ",")), [["a"], ["b"]]);
        assert_eq!(cells(&quoted(b"a\r\nb\r\n", ",")), [["a"], ["b"]]);
    }

    #[test]
    fn lines_are_split_at_each_delimiter() {
        let rows = plain(b"\"a||b\"||\r\n\n c ||d\n", "||");
        assert_eq!(cells(&rows), [vec!["\"a", "b\"", ""], vec![], vec![" c ", "d"]]);
    }
}
