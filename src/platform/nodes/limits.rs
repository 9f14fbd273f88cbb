//! The limits of all nodes: what the admin API has set over the files.
//!
//! The store keeps a base, which is the files or what was put in their place, and each key of a limit that was changed
//! since. A node changes its own limits, orders the same change in the store, and then does what the store has. So all nodes
//! end with the same limits, whatever came first at each of them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Nodes;
use super::message::LimitsText;
use crate::platform::Platform;
use crate::rules::Problems;
use crate::store::{Beneath, Change, Drops, Fields};

/// The field of the base.
const BASE: &str = "limits";
/// The field of the digest of the files.
const FILES: &str = "files";
/// The start of the field of a changed key: the key and the name of the limit follow.
const KEY: &str = "limit ";

/// A node, and the number of a base among those of the node.
type BaseId = (u32, u64);

/// What holds where no key was changed.
#[derive(Serialize, Deserialize)]
struct Base {
    id: BaseId,
    /// What was put in place of the files; without it the files hold again.
    text: Option<LimitsText>,
    /// The digest of files that were read again. A node with other files takes over `limits`, if they are here.
    files: Option<String>,
    /// The limits of files that were read again, if they differ from those before, with the keys of limits files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<Vec<Map<String, Value>>>,
}

/// Limits files that were read again.
struct ReadFiles {
    digest: String,
    /// Their limits, if they differ from those that were read before. Every node then takes them over, also one that started
    /// with other files.
    changed: Option<Vec<Map<String, Value>>>,
}

/// What this node knows of the limits of all nodes.
#[derive(Default)]
pub(super) struct CommonLimits {
    /// The base and the changed keys that this node follows.
    known: Fields,
    /// What was kept for nodes with other files when this one joined. It is not followed.
    foreign: Fields,
    /// The base that this node has in force; none before the first.
    in_force: Option<BaseId>,
    has_joined: bool,
    /// The bases of this node until now.
    bases: u64,
    /// How often the files were read again.
    reloads: u64,
    /// The digest of the files when they were looked at last; empty before.
    files: String,
    /// The last warning about changed keys.
    told: String,
}

impl CommonLimits {
    /// Writes a base of this node.
    fn base(&mut self, node: u32, text: Option<LimitsText>, files: Option<ReadFiles>) -> Vec<u8> {
        self.bases += 1;
        let (files, limits) = files.map(|files| (files.digest, files.changed)).unzip();
        let base = Base { id: (node, self.bases), text, files, limits: limits.flatten() };
        let written = serde_json::to_vec(&base).unwrap_or_default();
        // After a reload of files, the store's base is put in force whichever that is: it may be one of before, and what the
        // store had may have been put over the files meanwhile.
        self.in_force = base.files.is_none().then_some(base.id);
        self.known = Fields::from([(BASE.to_owned(), written.clone())]);
        self.foreign.clear();
        written
    }

    /// Looks at the files. Returns whether they have changed since the last look.
    fn look_at(&mut self, files: &str) -> bool {
        let before = std::mem::replace(&mut self.files, files.to_owned());
        !before.is_empty() && before != files
    }

    /// The digest of the files beneath changed keys: those that another node has read again, or `own`.
    fn beneath(&self, own: String) -> String {
        let base: Option<Base> = self.known.get(BASE).and_then(|text| serde_json::from_slice(text).ok());
        base.filter(|base| base.limits.is_some()).and_then(|base| base.files).unwrap_or(own)
    }

    /// Notes changed keys. Returns what was known before.
    fn note(&mut self, fields: &Fields) -> Fields {
        let before = self.known.clone();
        self.known.extend(fields.clone());
        // A key that this node sets is followed, even if its value is the one of before.
        self.foreign.retain(|field, _| !fields.contains_key(field));
        before
    }

    /// Takes over what the store keeps, and returns what is to be put in force.
    fn take(&mut self, mut kept: Fields, are_foreign: bool) -> StoredLimits {
        if !std::mem::replace(&mut self.has_joined, true) && are_foreign {
            self.foreign.clone_from(&kept);
        }
        // A value that has gone is followed when it comes back: a node has set it again.
        self.foreign.retain(|field, value| kept.get(field) == Some(value));
        kept.retain(|field, _| !self.foreign.contains_key(field));
        // A key that is no longer kept is as in the base again.
        let has_lost = self.known.keys().any(|field| field.starts_with(KEY) && !kept.contains_key(field));
        self.known = kept;
        let base: Option<Base> = self.known.get(BASE).and_then(|text| serde_json::from_slice(text).ok());
        let id = base.as_ref().map(|base| base.id);
        let is_new = std::mem::replace(&mut self.in_force, id) != id || has_lost;
        StoredLimits { base, is_new, changes: changes(&self.known) }
    }
}

/// What the store keeps.
struct StoredLimits {
    base: Option<Base>,
    /// Whether the base is to be put in force.
    is_new: bool,
    changes: Changes,
}

/// The keys that were changed, by the names of limits.
type Changes = BTreeMap<String, Map<String, Value>>;

fn changes(fields: &Fields) -> Changes {
    let mut changes = Changes::new();
    for (field, value) in fields {
        let key = field.strip_prefix(KEY).and_then(|rest| rest.split_once(' '));
        if let (Some((key, name)), Ok(value)) = (key, serde_json::from_slice(value)) {
            changes.entry(name.to_owned()).or_default().insert(key.to_owned(), value);
        }
    }
    changes
}

/// Changes on this node.
impl Nodes {
    /// The limits were replaced on this node, or are those of the files again.
    pub(crate) fn limits_replaced(&self, platform: &Platform, limits: Option<LimitsText>) {
        let base = self.limits.lock().base(self.store.node, limits, None);
        self.change_limits(platform, Drops::All, Fields::new(), Fields::from([(BASE.to_owned(), base)]));
    }

    /// Keys of one limit were changed on this node.
    pub(crate) fn limit_changed(&self, platform: &Platform, name: &str, keys: &Map<String, Value>) {
        self.note_reload(platform);
        let field = |(key, value): (&String, &Value)| {
            (format!("{KEY}{key} {name}"), serde_json::to_vec(value).unwrap_or_default())
        };
        let fields: Fields = keys.iter().map(field).collect();
        let before = self.limits.lock().note(&fields);
        self.change_limits(platform, Drops::Others, before, fields);
    }

    /// The files of this node may have been read again, which ends what was set before.
    pub(super) fn note_reload(&self, platform: &Platform) {
        let reloads = platform.config.reloads();
        if self.limits.lock().reloads == reloads {
            return;
        }
        let rules = platform.config.file_rules();
        let digest = rules.digest();
        let known = {
            let mut limits = self.limits.lock();
            limits.reloads = reloads;
            let changed = limits.look_at(&digest).then(|| rules.describe_limits());
            limits.base(self.store.node, None, Some(ReadFiles { digest, changed }));
            limits.known.clone()
        };
        self.change_limits(platform, Drops::Others, known, Fields::new());
    }

    /// What this node knows, for a store that has forgotten it.
    pub(super) fn proposed_limits(&self, platform: &Platform) -> Change {
        let files = platform.config.file_rules().digest();
        let known = {
            let mut limits = self.limits.lock();
            if limits.files.is_empty() {
                limits.files = files;
            }
            limits.known.clone()
        };
        self.of_limits(platform, Drops::None, known, Fields::new())
    }

    fn change_limits(&self, platform: &Platform, drops: Drops, instead: Fields, fields: Fields) {
        self.store.change(self.of_limits(platform, drops, instead, fields));
    }

    fn of_limits(&self, platform: &Platform, drops: Drops, instead: Fields, fields: Fields) -> Change {
        let own = platform.config.file_rules().digest();
        let files = self.limits.lock().beneath(own);
        Change { fields, limits: Some(Beneath { drops, files, instead }) }
    }
}

/// Changes on other nodes.
impl Nodes {
    /// This node has the limits of its files again: the store's base is put in force over them, whichever it is.
    pub(super) fn forget_base(&self) {
        self.limits.lock().in_force = None;
    }

    /// Puts the limits in force that the store has.
    pub(super) fn follow_limits(&self, platform: &Platform, world: &HashMap<String, Vec<u8>>) {
        self.note_reload(platform);
        let files = platform.config.file_rules().digest();
        let is_of_limits = |field: &String| field == BASE || field.starts_with(KEY);
        let fields = world.iter().filter(|(field, _)| is_of_limits(field));
        let kept = fields.map(|(field, value)| (field.clone(), value.clone())).collect();
        let are_foreign = world.get(FILES).is_some_and(|kept| *kept != files.as_bytes());
        let StoredLimits { base, is_new, changes } = self.limits.lock().take(kept, are_foreign);
        let based = if is_new { put_base(platform, base, &files) } else { Ok(()) };
        based.unwrap_or_else(|problems| warn(&problems.to_string()));
        let changed = platform.config.change_limits(&changes);
        self.warn_once(&changed.err().map(|problems| problems.to_string()).unwrap_or_default());
    }

    /// Warns of changed keys that do not fit together. The same problems are told once, until there are others or none.
    fn warn_once(&self, problems: &str) {
        let told = std::mem::replace(&mut self.limits.lock().told, problems.to_owned());
        if !problems.is_empty() && told != problems {
            warn(problems);
        }
    }
}

fn warn(problems: &str) {
    tracing::warn!("the limits of the store do not fit together, some stay as in the files: {problems}");
}

fn put_base(platform: &Platform, base: Option<Base>, files: &str) -> Result<(), Problems> {
    match base {
        Some(Base { text: Some(limits), .. }) => {
            limits.put_in_force(&platform.config, "another node").map(drop)
        }
        Some(Base { files: Some(others), limits, .. }) if others != files => {
            limits.map_or(Ok(()), |limits| platform.config.put_limits("another node", &limits))
        }
        _ => platform.config.put_file_limits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(fields: &[(&str, &str)]) -> Fields {
        fields.iter().map(|(field, value)| ((*field).to_owned(), value.as_bytes().to_vec())).collect()
    }

    const REPLACED: (&str, &str) = (BASE, r#"{"id":[7,1],"text":null,"files":null}"#);

    #[test]
    fn changed_keys_are_found_by_limit() {
        let found = changes(&kept(&[REPLACED, ("limit capacity a b", "3"), ("limit period a b", "\"1s\"")]));
        let keys = serde_json::json!({ "capacity": 3, "period": "1s" });
        assert_eq!(serde_json::json!(found), serde_json::json!({ "a b": keys }));
    }

    #[test]
    fn a_base_is_put_in_force_once_and_again_after_another() {
        let mut limits = CommonLimits::default();
        assert!(!limits.take(kept(&[]), false).is_new);
        let own = limits.base(8, None, None);
        let own = (BASE, std::str::from_utf8(&own).expect("JSON"));
        let mut is_put = |fields: &[(&str, &str)]| limits.take(kept(fields), false).is_new;
        assert!(!is_put(&[own]), "it is in force already");
        assert!(is_put(&[REPLACED]) && is_put(&[own]) && !is_put(&[own]));
        assert!(is_put(&[]), "a store that has none has the files");
    }

    #[test]
    fn changed_files_are_told_and_what_is_changed_over_them_is_theirs() {
        let mut limits = CommonLimits::default();
        assert!(!limits.look_at("one"), "files are not told at the start");
        assert!(!limits.look_at("one") && limits.look_at("two") && !limits.look_at("two"));
        let beneath = |limits: &CommonLimits| limits.beneath("own".to_owned());
        let files = |changed| Some(ReadFiles { digest: "two".to_owned(), changed });
        limits.base(8, None, files(None));
        assert_eq!(beneath(&limits), "own");
        limits.base(8, None, files(Some(Vec::new())));
        assert_eq!(beneath(&limits), "two");
    }

    #[test]
    fn what_is_kept_for_other_files_is_not_followed_until_it_changes() {
        let mut limits = CommonLimits::default();
        let (before, after) = (("limit capacity a", "3"), ("limit capacity a", "4"));
        let mut take = |last| limits.take(kept(&[REPLACED, last]), true);
        for _ in 0..2 {
            let first = take(before);
            assert!(!first.is_new && first.changes.is_empty());
        }
        assert_eq!(take(after).changes.len(), 1);
        assert_eq!(take(before).changes.len(), 1, "it was set again");
    }

    #[test]
    fn a_key_that_this_node_sets_is_followed_though_it_was_kept_for_other_files() {
        let mut limits = CommonLimits::default();
        let key = kept(&[("limit capacity a", "3")]);
        assert!(limits.take(key.clone(), true).changes.is_empty());
        assert!(limits.note(&key).is_empty(), "nothing was known before");
        let own = limits.take(key, false);
        assert!(!own.is_new && own.changes.len() == 1);
    }

    #[test]
    fn the_base_is_put_in_force_again_where_a_changed_key_has_gone() {
        let mut limits = CommonLimits::default();
        let mut is_put = |fields: &[(&str, &str)]| limits.take(kept(fields), false).is_new;
        let changed = ("limit capacity a", "3");
        assert!(is_put(&[REPLACED, changed]) && !is_put(&[REPLACED, changed]));
        assert!(is_put(&[REPLACED]) && !is_put(&[REPLACED]));
    }
}
