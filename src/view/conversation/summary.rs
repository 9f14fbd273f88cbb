//! How many conversations a user has, by medium: the body of `v2.users.{id}.conversationsummary`.
//!
//! Its property names are those of the vendor's SDKs (August 2026). Conversations of a queue count as `contactCenter`.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::time::Nanos;
use crate::world::Organization;
use crate::world::conversation::{Medium, Participant};
use crate::world::id::{Id, UserIndex};
use crate::world::people::User;

/// Conversations of one user and medium.
#[derive(Clone, Copy, Default)]
struct Count {
    active: usize,
    /// Those that ended and still need a wrap-up.
    after_call_work: usize,
}

/// For each medium: the conversations of no queue, and of a queue.
type Counts = [[Count; 2]; Medium::ALL.len()];

/// The conversations of each of these users at `now`.
pub(crate) fn summaries(
    organization: &Organization,
    users: &[Id<User>],
    now: Nanos,
) -> Vec<(Id<User>, Value)> {
    let indexed = users.iter().filter_map(|id| Some((organization.people().index_of(*id)?, *id)));
    let mut counts: HashMap<UserIndex, (Id<User>, Counts)> =
        indexed.map(|(index, id)| (index, (id, Counts::default()))).collect();
    for glance in organization.conversations().iter() {
        // A message conversation is not copied where none of the users is in it.
        if !glance.has_parties() && glance.user().is_none_or(|user| !counts.contains_key(&user)) {
            continue;
        }
        for one in &glance.parties(now).participants {
            if let Some((_, counts)) = one.user().and_then(|user| counts.get_mut(&user)) {
                add(counts, one);
            }
        }
    }
    counts.into_values().map(|(id, counts)| (id, to_json(id, &counts))).collect()
}

fn to_json(user: Id<User>, counts: &Counts) -> Value {
    let detail = |count: &Count| json!({ "active": count.active, "acw": count.after_call_work });
    let media = Medium::ALL.iter().zip(counts).map(|(medium, [enterprise, center])| {
        let shown = json!({ "contactCenter": detail(center), "enterprise": detail(enterprise) });
        (medium.name().trim_end_matches('s').to_owned(), shown)
    });
    let mut shown = Map::from_iter([("userId".to_owned(), json!(user))]);
    shown.extend(media);
    shown.into()
}

fn add(counts: &mut Counts, one: &Participant) {
    let wrapping_up = one.wrapping_up().filter(|_| !one.is_open() && one.wrapup.is_none());
    let Some(counted) = wrapping_up.or(one.current()) else { return };
    let index = Medium::ALL.iter().position(|medium| *medium == counted.medium);
    let Some(of_medium) = index.and_then(|index| counts.get_mut(index)) else { return };
    let count = &mut of_medium[usize::from(one.queue.is_some())];
    if one.is_open() {
        count.active += 1;
    } else if wrapping_up.is_some() {
        count.after_call_work += 1;
    }
}
