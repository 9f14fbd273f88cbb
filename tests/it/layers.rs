//! Checks which room of `src` uses which, by the table of `docs/ARCHITECTURE.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, the rooms that it may use, and the rooms that it may use together with everything they use.
/// `wire::body` is one file of the room `wire`.
const ROOMS: [(&str, &str, &str); 23] = [
    ("time", "", ""),
    ("catalog", "", ""),
    ("limit", "", ""),
    ("plan", "limit", ""),
    ("rules", "limit catalog", ""),
    ("wire", "limit rules", ""),
    ("world", "rules", ""),
    ("view", "world", ""),
    ("identity", "world catalog wire limit rules", ""),
    ("observe", "world catalog rules limit", ""),
    ("push", "world view identity observe catalog limit", ""),
    ("store", "limit", ""),
    ("platform", "store push observe identity view world catalog rules wire limit", ""),
    ("server", "limit wire::body", ""),
    ("session", "", "platform"),
    ("api", "", "session"),
    ("pipeline", "", "api server"),
    ("admin", "server plan", "platform"),
    ("instance", "", "admin pipeline"),
    ("command", "", "instance"),
    ("files", "", ""),
    ("panics", "", ""),
    ("spelling", "", ""),
];

/// Rooms that every other may use.
const OPEN: [&str; 4] = ["time", "files", "panics", "spelling"];

/// What a room may use, as names of rooms, and of single files of a room.
fn may_use(room: &str) -> BTreeSet<String> {
    let row = ROOMS.iter().find(|(name, ..)| *name == room);
    let (_, direct, with) = row.unwrap_or_else(|| panic!("{room} is not a room of the table"));
    let mut all: BTreeSet<String> = direct.split_whitespace().map(str::to_owned).collect();
    for below in with.split_whitespace() {
        all.insert(below.to_owned());
        all.extend(may_use(below));
    }
    all.extend(OPEN.map(str::to_owned));
    all
}

/// One use of another room.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
    /// The module of that room, where the path names one.
    module: String,
    place: String,
}

impl Arrow {
    fn is_allowed(&self) -> bool {
        let allowed = may_use(&self.from);
        allowed.contains(&self.to) || allowed.contains(&format!("{}::{}", self.to, self.module))
    }

    fn sentence(&self) -> String {
        format!("`{}` may not use `{}` ({})", self.from, self.to, self.place)
    }
}

/// The tokens of a path after `crate::`, with the braces of a `use` unfolded: `{a::b, c}` becomes two.
fn heads(rest: &str) -> Vec<(String, String)> {
    let word = |text: &str| text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let path = |text: &str| {
        let room: String = word(text);
        let module = text[room.len()..].strip_prefix("::").map(word).unwrap_or_default();
        (room, module)
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![path(rest)] };
    let mut depth = 0;
    let mut items = vec![String::new()];
    for char in group.chars() {
        match char {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(char == '{') - i32::from(char == '}');
                items.last_mut().expect("never empty").push(char);
            }
        }
    }
    items.iter().map(|item| item.trim()).filter(|item| !item.is_empty()).map(path).collect()
}

/// The arrows of one file. Comments are ignored, because a link in a doc comment is not a use.
fn arrows(room: &str, shown: &str, text: &str) -> Vec<Arrow> {
    let mut found = Vec::new();
    let code: String = text
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "\n".to_owned() } else { format!("{line}\n") })
        .collect();
    for marker in ["crate::", "gcmock_limit", "gcmock_plan"] {
        for (at, _) in code.match_indices(marker) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|char| char.is_alphanumeric() || char == '_' || char == ':' || char == '$')
            {
                continue;
            }
            let used = match marker {
                "crate::" => heads(&code[at + marker.len()..]),
                crate_name => vec![(crate_name.trim_start_matches("gcmock_").to_owned(), String::new())],
            };
            let place = format!("{shown}:{}", code[..at].matches('\n').count() + 1);
            found.extend(used.into_iter().filter(|(to, _)| to != room).map(|(to, module)| Arrow {
                from: room.to_owned(),
                to,
                module,
                place: place.clone(),
            }));
        }
    }
    found
}

/// Every file of `src` with its room. The files beside the rooms hold them together, and are of none. Files of tests
/// may start a whole server, and are not read.
fn files() -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.file_stem().is_some_and(|stem| stem == "tests") {
                continue;
            }
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    walk(&src, &mut all);
    all.sort();
    let room = |path: &PathBuf| {
        let below = path.strip_prefix(&src).expect("below src");
        let first = below.components().next().expect("a part").as_os_str().to_string_lossy().into_owned();
        first.trim_end_matches(".rs").to_owned()
    };
    let rooms = all.into_iter().map(|path| (room(&path), path));
    rooms.filter(|(room, _)| room != "lib" && room != "main").collect()
}

fn all_arrows() -> Vec<Arrow> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_file = |(room, path): &(String, PathBuf)| {
        let shown = path.strip_prefix(root).expect("below the root").display().to_string();
        arrows(room, &shown, &fs::read_to_string(path).expect("a string"))
    };
    files().iter().flat_map(of_file).collect()
}

#[test]
fn every_room_uses_only_the_rooms_that_the_table_allows() {
    let all = all_arrows();
    assert!(all.len() > 500, "the reader of paths finds only {} of them", all.len());
    let broken: Vec<_> = all.iter().filter(|arrow| !arrow.is_allowed()).map(Arrow::sentence).collect();
    assert!(broken.is_empty(), "{} arrows run back up:\n{}", broken.len(), broken.join("\n"));
}

/// The public items of the library. Everything else is private to the crate, so the compiler reports unused items.
const FACE: [&str; 5] = [
    "pub use admin::entry::{Entry, SocketView};",
    "pub use instance::mock_server::{Builder, Credentials, LimitUsage, MockServer};",
    "pub use platform::SocketTimeouts;",
    "pub use time::Nanos;",
    "pub fn run() -> std::process::ExitCode {",
];

#[test]
fn the_library_shows_the_mock_server_and_what_it_needs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(path).expect("a string");
    let shown: Vec<_> = text.lines().map(str::trim).filter(|line| line.starts_with("pub ")).collect();
    assert_eq!(shown, FACE);
}

#[test]
fn no_handler_walks_all_organizations() {
    for (room, path) in files().iter().filter(|(room, _)| ["api", "session"].contains(&room.as_str())) {
        let text = fs::read_to_string(path).expect("a string");
        assert!(!text.contains("tenants.all()"), "{room}: {} needs a lookup of Platform", path.display());
    }
}

#[test]
fn every_folder_of_src_is_a_room_of_the_table() {
    let rooms: BTreeSet<_> = files().into_iter().map(|(room, _)| room).collect();
    let table: BTreeSet<_> = ROOMS.map(|(room, ..)| room.to_owned()).into_iter().collect();
    let only_in_src: Vec<_> = rooms.difference(&table).collect();
    let only_in_the_table: Vec<_> =
        table.difference(&rooms).filter(|room| !["limit", "plan"].contains(&room.as_str())).collect();
    assert!(only_in_src.is_empty() && only_in_the_table.is_empty(), "{only_in_src:?} {only_in_the_table:?}");
}

#[test]
fn no_room_comes_back_to_itself() {
    let allowed: BTreeMap<_, _> = ROOMS.map(|(room, ..)| (room, may_use(room))).into_iter().collect();
    for (room, below) in allowed.iter().filter(|(room, _)| !OPEN.contains(room)) {
        let closed =
            below.iter().filter(|used| allowed.get(used.as_str()).is_some_and(|of| of.contains(*room)));
        assert_eq!(closed.collect::<Vec<_>>(), Vec::<&String>::new(), "{room} is used by what it uses");
    }
}

#[test]
fn the_table_of_the_architecture_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("the page");
    let cells = |line: &str| -> Option<(String, String)> {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        Some((
            cells.next()?.trim_end_matches('`').to_owned(),
            cells.next()?.trim_end_matches(" |").to_owned(),
        ))
    };
    let written: BTreeMap<_, _> = text.lines().filter_map(cells).collect();
    for (room, direct, with) in ROOMS {
        let names = |list: &str| list.split_whitespace().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let (direct, with) = (names(direct).join(", "), names(with).join(" and "));
        let expected = match (direct.as_str(), with.as_str()) {
            ("", "") => "nothing".to_owned(),
            (direct, "") => direct.to_owned(),
            ("", with) => format!("{with} and what they use"),
            (direct, with) => format!("{direct}, {with} and what they use"),
        };
        assert_eq!(written.get(room), Some(&expected), "the row of `{room}` in docs/ARCHITECTURE.md");
    }
}

#[test]
fn an_arrow_is_seen_however_it_is_written() {
    let text = "use crate::world::Tenant;\n// crate::api\nuse crate::{\n    push::{hub::Hub, topic},\n    wire::body::Body,\n};\nfn f() { crate::api::g(); gcmock_limit::h(); mycrate::x(); }\n";
    let found: Vec<_> =
        arrows("view", "x.rs", text).into_iter().map(|arrow| (arrow.to, arrow.module, arrow.place)).collect();
    let expected = [
        ("world", "Tenant", "x.rs:1"),
        ("push", "", "x.rs:3"),
        ("wire", "body", "x.rs:3"),
        ("api", "g", "x.rs:7"),
        ("limit", "", "x.rs:7"),
    ];
    let expected = expected.map(|(to, module, place)| (to.to_owned(), module.to_owned(), place.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_broken_wall_is_told_in_a_sentence() {
    let arrow = &arrows("push", "src/push/hub.rs", "\n\nuse crate::session::task::Task;\n")[0];
    assert!(!arrow.is_allowed());
    assert_eq!(arrow.sentence(), "`push` may not use `session` (src/push/hub.rs:3)");
}

#[test]
fn one_file_of_a_room_may_be_open_to_another() {
    let allowed = |text: &str| arrows("server", "x.rs", text)[0].is_allowed();
    assert!(allowed("use crate::wire::body::Body;\n"));
    assert!(!allowed("use crate::wire::reply::Reply;\n"));
}
