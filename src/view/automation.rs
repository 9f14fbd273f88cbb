//! Triggers as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use crate::world::Organization;
use crate::world::automation::Trigger;
use crate::world::table::Record;

/// A trigger. The secret of its webhook is not shown.
pub(crate) fn trigger(organization: &Organization, record: &Record<Trigger>) -> Map<String, Value> {
    let mut shown = Properties::of(organization, record)
        .put("version", json!(record.version))
        .extra()
        .or("matchCriteria", || json!([]))
        .end();
    let webhook = shown.get_mut("target").and_then(|target| target.get_mut("webhook")?.as_object_mut());
    if let Some(webhook) = webhook {
        webhook.shift_remove("secret");
    }
    shown
}
