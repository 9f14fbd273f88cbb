//! The configuration in force, and how it changes while the server runs.
//!
//! A request takes a snapshot of the [`Config`]. A change comes from a file, SIGHUP or the admin API. A wrong
//! configuration changes nothing. Files are compared by content each second: watching inodes misses bind mounts
//! and swapped symlinks. Editors truncate a file before they write it. A file is therefore loaded only when two
//! reads in a row were equal, and never when it has lost all its limits. `faults` changes single faults,
//! and `saved` has the limits of a snapshot.

mod faults;
mod limit;
mod saved;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use tokio_util::sync::CancellationToken;

use super::compile::Extent;
use super::problem::{Location, Problem, Problems};
use super::{Config, Pattern, RuleIds, Source, load, load_json};
use crate::catalog::OperationId;
use crate::files;

const POLL: Duration = Duration::from_secs(1);
/// The time between two reads of a changed file.
const SETTLE: Duration = Duration::from_millis(50);
/// The most looks in one reload at files that keep changing.
const LOOKS: usize = 20;
/// A limits file is a few kilobytes; a device or a wrong path must not fill the memory.
const MAX_BYTES: u64 = 4 << 20;

/// The operations that a limits file can name.
pub(crate) trait OperationCatalog: Send + Sync {
    /// Whether some emulated path can match `pattern`.
    fn knows(&self, pattern: &Pattern) -> bool;
    /// Visits every operation: id, method as in [`super::PatternMethod`], path template.
    fn each(&self, visit: &mut dyn FnMut(OperationId, &str, &str));
}

/// One of the files that layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Embedded: the default limits or a scenario.
    Text(Source),
    /// Read again whenever it changes.
    File(PathBuf),
}

/// The configuration in force.
pub(crate) struct LiveConfig {
    current: ArcSwap<Config>,
    last_error: Mutex<Option<Arc<Problems>>>,
    layers: Vec<Layer>,
    /// Locked during a change, so that changes are made one after the other.
    files: Mutex<Files>,
    ids: RuleIds,
    catalog: Arc<dyn OperationCatalog>,
    /// The labels of all edges, once the organizations are there.
    edges: OnceLock<Vec<String>>,
    callbacks: RwLock<Vec<Callback>>,
    /// How often files were read again because they changed, or on SIGHUP.
    reloads: AtomicU64,
}

type Callback = Box<dyn Fn(&Config, &Config) + Send + Sync>;
type Contents = Vec<Result<Source, Problem>>;

/// The last contents of the files.
struct Files {
    seen: Contents,
    good: Arc<Config>,
    /// The amount of content of each layer of `good`.
    extents: Vec<Extent>,
}

impl LiveConfig {
    /// Loads `layers`; without a right configuration there is none to start with.
    pub(crate) fn new(layers: Vec<Layer>, catalog: Arc<dyn OperationCatalog>) -> Result<Self, Problems> {
        let ids = RuleIds::default();
        let seen = read_layers(&layers);
        let good = Arc::new(compile(&seen, &*catalog, &ids)?);
        let extents = extents(&seen);
        Ok(Self {
            current: ArcSwap::new(Arc::clone(&good)),
            last_error: Mutex::default(),
            layers,
            files: Mutex::new(Files { seen, good, extents }),
            ids,
            catalog,
            edges: OnceLock::new(),
            callbacks: RwLock::default(),
            reloads: AtomicU64::default(),
        })
    }

    /// A snapshot; one serves a whole request.
    pub(crate) fn current(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// The configuration of the files, or their last valid one.
    pub(crate) fn file_rules(&self) -> Arc<Config> {
        Arc::clone(&self.files.lock().good)
    }

    /// How often the files were put in force again because they changed, or on SIGHUP.
    pub(crate) fn reloads(&self) -> u64 {
        self.reloads.load(Ordering::Acquire)
    }

    /// The ids of the rules.
    pub(crate) const fn ids(&self) -> &RuleIds {
        &self.ids
    }

    /// The error of the last reload of the files, until one succeeds.
    pub(crate) fn last_error(&self) -> Option<Arc<Problems>> {
        self.last_error.lock().clone()
    }

    /// Calls `callback` before every change, with the old configuration and the new one. It must not
    /// change the configuration itself.
    pub(crate) fn on_change(&self, callback: impl Fn(&Config, &Config) + Send + Sync + 'static) {
        self.callbacks.write().push(Box::new(callback));
    }

    /// Replaces everything by `text`, until a file changes or [`Self::reset`].
    pub(crate) fn replace_toml(&self, name: &str, text: String) -> Result<Arc<Config>, Problems> {
        let source = Source { name: name.to_owned(), text };
        self.replace(load(&[source], &|pattern| self.catalog.knows(pattern), &self.ids))
    }

    /// Replaces everything by JSON of the same form, until a file changes or [`Self::reset`].
    pub(crate) fn replace_json(&self, name: &str, json: &serde_json::Value) -> Result<Arc<Config>, Problems> {
        self.replace(load_json(name, json, &|pattern| self.catalog.knows(pattern), &self.ids))
    }

    fn replace(&self, loaded: Result<Config, Problems>) -> Result<Arc<Config>, Problems> {
        let mut config = loaded.and_then(|config| self.with_known_edges(config))?;
        index(&mut config, &*self.catalog);
        let config = Arc::new(config);
        let _one_at_a_time = self.files.lock();
        self.apply(&config);
        Ok(config)
    }

    /// Reads the files again; unless `force`, only a change of their content has an effect. Returns
    /// whether the configuration was put in force again. A bad file keeps the old one. Blocks while a
    /// file changes.
    pub(crate) fn reload_files(&self, force: bool) -> Result<bool, Arc<Problems>> {
        self.read_again(&mut self.files.lock(), force)
    }

    /// Reads the files again and counts that, before others can lock and read the new limits.
    fn reload_and_count(&self, force: bool) -> bool {
        let mut files = self.files.lock();
        let is_in_force = self.read_again(&mut files, force).unwrap_or(false);
        self.reloads.fetch_add(u64::from(is_in_force), Ordering::Release);
        is_in_force
    }

    fn read_again(&self, files: &mut Files, force: bool) -> Result<bool, Arc<Problems>> {
        let seen = self.read_settled(&files.seen).map_err(|problems| self.reject(problems))?;
        if !force && seen == files.seen {
            return Ok(false);
        }
        let compiled = compile(&seen, &*self.catalog, &self.ids);
        let compiled = compiled.and_then(|config| check_emptied(&seen, &files.extents).or(config));
        let compiled = compiled.and_then(|config| self.with_known_edges(config));
        files.seen = seen;
        match compiled {
            Ok(config) => files.good = Arc::new(config),
            Err(problems) => return Err(self.reject(problems)),
        }
        files.extents = extents(&files.seen);
        *self.last_error.lock() = None;
        self.apply(&files.good);
        tracing::info!(limits = files.good.limits.len(), "limits reloaded");
        Ok(true)
    }

    /// Reads the layers until two reads in a row are equal. The read of the last reload counts.
    fn read_settled(&self, last: &Contents) -> Result<Contents, Problems> {
        let mut before = read_layers(&self.layers);
        for _ in 1..LOOKS {
            if before == *last {
                return Ok(before);
            }
            thread::sleep(SETTLE);
            let seen = read_layers(&self.layers);
            if seen == before {
                return Ok(seen);
            }
            before = seen;
        }
        let file = Location::file(&self.file_names());
        Err(Problems(vec![Problem::new(&file, "changes between reads", "equal content in two reads")]))
    }

    fn file_names(&self) -> String {
        let names = self.layers.iter().filter_map(|layer| match layer {
            Layer::File(path) => Some(path.display().to_string()),
            Layer::Text(_) => None,
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// Returns to the configuration of the files, or to their last valid one.
    pub(crate) fn reset(&self) {
        if self.reload_files(true).is_err() {
            let files = self.files.lock();
            self.apply(&files.good);
        }
    }

    /// Whether a file's content is another than at the last reload.
    pub(crate) fn files_changed(&self) -> bool {
        let has_files = self.layers.iter().any(|layer| matches!(layer, Layer::File(_)));
        has_files && read_layers(&self.layers) != self.files.lock().seen
    }

    fn reject(&self, problems: Problems) -> Arc<Problems> {
        for problem in &problems {
            tracing::error!("limits not reloaded, the old ones stay: {problem}");
        }
        let problems = Arc::new(problems);
        *self.last_error.lock() = Some(Arc::clone(&problems));
        problems
    }

    fn apply(&self, config: &Arc<Config>) {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        let old = self.current.load_full();
        for callback in self.callbacks.read().iter() {
            callback(&old, config);
        }
        self.current.store(Arc::clone(config));
    }
}

/// Reloads on SIGHUP, and whenever a file has changed, until `stop`. The signal is listened to from
/// the call on, not from the first poll: unheard, it would end the process.
pub(crate) fn watch(live: Arc<LiveConfig>, stop: CancellationToken) -> impl Future<Output = ()> + Send {
    poll(live, stop, Hangup::new())
}

async fn poll(live: Arc<LiveConfig>, stop: CancellationToken, mut hangup: Hangup) {
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = hangup.recv() => reload(&live, true).await,
            _ = poll.tick() => {
                if in_background(&live, LiveConfig::files_changed).await {
                    reload(&live, false).await;
                }
            }
        }
    }
}

/// The caller has reported and kept the problems.
async fn reload(live: &Arc<LiveConfig>, force: bool) {
    in_background(live, move |live| live.reload_and_count(force)).await;
}

/// Files may be slow, on a network for example.
async fn in_background(
    live: &Arc<LiveConfig>,
    work: impl FnOnce(&LiveConfig) -> bool + Send + 'static,
) -> bool {
    let live = Arc::clone(live);
    tokio::task::spawn_blocking(move || work(&live)).await.unwrap_or(false)
}

/// Waits for SIGHUP. On systems without it, the wait never ends.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn new() -> Self {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        if let Err(error) = &signal {
            tracing::warn!("SIGHUP cannot reload the limits: {error}");
        }
        Self { signal: signal.ok() }
    }

    #[cfg(unix)]
    async fn recv(&mut self) {
        let received = match &mut self.signal {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if received.is_none() {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(not(unix))]
    const fn new() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    async fn recv(&mut self) {
        std::future::pending().await
    }
}

/// Reads a limits file; that it cannot be read is a problem like any other.
pub(crate) fn read_source(path: &Path) -> Result<Source, Problem> {
    let name = path.display().to_string();
    let place = Location::file(&name);
    match files::read_text(path, MAX_BYTES) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
            Err(Problem::new(&place, "the file is too long", "at most 4 MiB"))
        }
        Err(error) => Err(Problem::plain(&place, format!("cannot be read: {error}"))),
    }
}

fn read_layers(layers: &[Layer]) -> Contents {
    layers
        .iter()
        .map(|layer| match layer {
            Layer::Text(source) => Ok(source.clone()),
            Layer::File(path) => read_source(path),
        })
        .collect()
}

fn extents(contents: &Contents) -> Vec<Extent> {
    let extent = |content: &Result<Source, Problem>| content.as_ref().map_or(Extent::Nothing, Extent::of);
    contents.iter().map(extent).collect()
}

/// The files that lost all their limits, or all their content. Such a file is usually being written.
fn check_emptied(contents: &Contents, before: &[Extent]) -> Problems {
    const EXPECTED: &str =
        "at least one [[limit]], as before; PUT /__admin/limits or a restart removes all limits";
    let less = |(content, before): (&Result<Source, Problem>, &Extent)| {
        let source = content.as_ref().ok()?;
        let message = match Extent::of(source) {
            now if now >= *before => return None,
            Extent::Nothing => "the file is empty",
            _ => "the file has no [[limit]]",
        };
        Some(Problem::new(&Location::file(&source.name), message, EXPECTED))
    };
    Problems(contents.iter().zip(before).filter_map(less).collect())
}

/// Reports unreadable files together with the mistakes of the others.
fn compile(contents: &Contents, catalog: &dyn OperationCatalog, ids: &RuleIds) -> Result<Config, Problems> {
    let mut problems: Vec<Problem> = contents.iter().filter_map(|c| c.as_ref().err().cloned()).collect();
    let sources: Vec<Source> = contents.iter().filter_map(|c| c.as_ref().ok().cloned()).collect();
    let loaded = load(&sources, &|pattern| catalog.knows(pattern), ids);
    match loaded {
        Ok(mut config) if problems.is_empty() => {
            index(&mut config, catalog);
            Ok(config)
        }
        Ok(_) => Err(Problems(problems)),
        Err(more) => {
            problems.extend(more.0);
            Err(Problems(problems))
        }
    }
}

fn index(config: &mut Config, catalog: &dyn OperationCatalog) {
    let mut operations: Vec<(OperationId, String, String)> = Vec::new();
    catalog.each(&mut |id, method, template| operations.push((id, method.to_owned(), template.to_owned())));
    config.index(operations.iter().map(|(id, method, template)| (*id, method.as_str(), template.as_str())));
}
