//! The admin token of a running server, in a file that only its user can read. Commands on the same machine, or in the
//! same container, find the token there.
//!
//! The server holds a lock on the file while it runs. A file without a lock was left by a server that was killed, and
//! its token is not used. A folder is used only if this user owns it and no other user can write to it, because the
//! folder above it may be shared, as `/tmp` is. The file is always a new one, so it is not a link of another user.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use http::Uri;
use rustix::process::geteuid;

use crate::push::delivery::address::port_of;
use crate::server::tls::state_folder;

/// The longest token that is read.
const MOST: u64 = 4096;
/// The bits of a mode that let other users write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The file for one listener. It is removed when this is dropped.
pub(super) struct TokenFile {
    path: PathBuf,
    file: File,
}

impl TokenFile {
    /// Writes `token` for the admin API at `address`, into the first folder that can be used.
    ///
    /// # Errors
    /// Why the last folder cannot be used.
    pub(super) fn write(address: SocketAddr, token: &str) -> io::Result<Self> {
        write_into_first(&folders(), address, token)
    }
}

impl Drop for TokenFile {
    /// The lock is still held, so no other server has replaced the file.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The token of the server at `url`, if it runs on this machine as the same user.
pub(super) fn find(url: &str) -> Option<String> {
    find_in(&folders(), url)
}

/// The folders that are tried, in this order. The fixed ones let a command find the token that has another environment
/// than the server. An image from scratch has no `/tmp`, but every container engine mounts `/dev/shm`, also over a
/// read-only root.
fn folders() -> Vec<PathBuf> {
    let user = geteuid().as_raw();
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let runtime = variable("XDG_RUNTIME_DIR").into_iter().chain([PathBuf::from(format!("/run/user/{user}"))]);
    let shared = ["/tmp".into(), std::env::temp_dir(), "/dev/shm".into()];
    let shared = shared.into_iter().map(|folder| folder.join(format!("gcmock-{user}")));
    let folders = runtime.map(|folder| folder.join("gcmock")).chain(shared);
    folders.chain(state_folder(variable("GCMOCK_STATE_DIR"))).filter(|folder| folder.is_absolute()).collect()
}

fn write_into_first(folders: &[PathBuf], address: SocketAddr, token: &str) -> io::Result<TokenFile> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for folder in folders {
        match write_into(folder, address, token) {
            Ok(written) => return Ok(written),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn write_into(folder: &Path, address: SocketAddr, token: &str) -> io::Result<TokenFile> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if !is_own(folder) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let path = folder.join(file_name(address));
    remove_left_over(&path)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let mut written = TokenFile { path, file };
    written.file.lock()?;
    written.file.write_all(token.as_bytes())?;
    Ok(written)
}

/// Whether this user owns the folder and no other user can write to it. A link to a folder is not one.
fn is_own(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| {
        found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & WRITABLE_BY_OTHERS == 0
    })
}

/// Two servers have one address if each has a network of its own, as in containers that share a folder.
fn remove_left_over(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) if is_held(&file) => Err(io::ErrorKind::AddrInUse.into()),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the server that wrote the file still runs.
fn is_held(file: &File) -> bool {
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn find_in(folders: &[PathBuf], url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    let default = if url.scheme_str() == Some("https") { 443 } else { 80 };
    let port = port_of(url.authority()?, default)?;
    let names = addresses(url.host()?).into_iter().map(|ip| file_name(SocketAddr::new(ip, port)));
    let names: Vec<_> = names.collect();
    let own = folders.iter().filter(|folder| is_own(folder));
    own.flat_map(|folder| names.iter().map(|name| folder.join(name))).find_map(|path| read(&path))
}

/// The addresses on which a server listens that answers to `host`.
fn addresses(host: &str) -> Vec<IpAddr> {
    const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    const ANY: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    let given = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match given {
        Some(ip) if ip.is_loopback() => [ip].into_iter().chain(ANY).collect(),
        Some(ip) => vec![ip],
        None if host.eq_ignore_ascii_case("localhost") => LOOPBACK.into_iter().chain(ANY).collect(),
        None => Vec::new(),
    }
}

fn file_name(address: SocketAddr) -> String {
    format!("admin-token-{address}")
}

fn read(path: &Path) -> Option<String> {
    let file = File::open(path).ok().filter(is_held)?;
    let mut token = String::new();
    file.take(MOST).read_to_string(&mut token).ok()?;
    Some(token).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const URL: &str = "http://127.0.0.1:8080";

    fn any() -> SocketAddr {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8080))
    }

    /// An empty folder of one test. It is removed at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn of(test: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("gcmock-token-{}-{test}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            DirBuilder::new().mode(0o700).create(&folder).expect("a folder");
            Self(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_token_is_found_while_the_server_runs() {
        let scratch = Scratch::of("runs");
        let folders = [PathBuf::from("/proc/nowhere"), scratch.0.join("gcmock")];
        let kept = write_into_first(&folders, any(), "secret").expect("written");
        assert_eq!(fs::metadata(&kept.path).expect("a file").mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folders[1]).expect("a folder").mode() & 0o777, 0o700);
        for here in [URL, "http://localhost:8080/", "https://[::1]:8080"] {
            assert_eq!(find_in(&folders, here).as_deref(), Some("secret"), "{here}");
        }
        for elsewhere in
            ["http://127.0.0.1:8081", "http://192.0.2.1:8080", "http://example.org:8080", "", "x y"]
        {
            assert_eq!(find_in(&folders, elsewhere), None, "{elsewhere}");
        }
        drop(kept);
        assert_eq!(find_in(&folders, URL), None);
        assert_eq!(fs::read_dir(&folders[1]).expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_of_a_killed_server_is_ignored_and_replaced() {
        let scratch = Scratch::of("killed");
        let folders = [scratch.0.clone()];
        let left = folders[0].join(file_name(any()));
        fs::write(&left, "old").expect("a file");
        assert_eq!(find_in(&folders, URL), None);
        let kept = write_into_first(&folders, any(), "new").expect("written");
        assert_eq!(find_in(&folders, URL).as_deref(), Some("new"));
        drop(kept);
        assert!(!left.exists());
    }

    #[test]
    fn servers_do_not_take_the_file_of_another() {
        let scratch = Scratch::of("two");
        let folders = ["first", "second"].map(|name| scratch.0.join(name));
        let tls = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443));
        let kept = [(any(), "first"), (tls, "second"), (any(), "third")]
            .map(|(address, token)| write_into_first(&folders, address, token).expect("written"));
        assert!(kept[2].path.starts_with(&folders[1]), "the first folder has a file of that address");
        assert_eq!(find_in(&folders, URL).as_deref(), Some("first"));
        assert_eq!(find_in(&folders, "https://127.0.0.1:8443").as_deref(), Some("second"));
        assert_eq!(find_in(&folders[1..], URL).as_deref(), Some("third"));
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_not_used() {
        let scratch = Scratch::of("others");
        let [open, link, target] = ["open", "link", "target"].map(|name| scratch.0.join(name));
        let folders = [open, link];
        fs::create_dir(&folders[0]).expect("a folder");
        fs::set_permissions(&folders[0], fs::Permissions::from_mode(0o777)).expect("a mode");
        DirBuilder::new().mode(0o700).create(&target).expect("a folder");
        symlink(target, &folders[1]).expect("a link");
        let refused = write_into_first(&folders, any(), "secret").err().expect("no folder");
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        for folder in &folders {
            let file = File::create(folder.join(file_name(any()))).expect("a file");
            file.lock().expect("a lock");
            assert_eq!(find_in(&folders, URL), None, "a token that another user may have put there");
        }
    }

    #[test]
    fn a_link_is_not_written_through() {
        let scratch = Scratch::of("through");
        let folders = [scratch.0.clone()];
        let other = folders[0].join("other");
        fs::write(&other, "mine").expect("a file");
        symlink(&other, folders[0].join(file_name(any()))).expect("a link");
        let _kept = write_into_first(&folders, any(), "secret").expect("written");
        assert_eq!(fs::read_to_string(&other).expect("a file"), "mine");
        assert_eq!(find_in(&folders, URL).as_deref(), Some("secret"));
    }
}
