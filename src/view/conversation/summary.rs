//! How many conversations a user has, by medium: the body of `v2.users.{id}.conversationsummary`.
//!
//! Its property names are those of the vendor's SDKs (August 2026). Conversations of a queue count as `contactCenter`.

use serde_json::{Map, Value, json};

use crate::time::Nanos;
use crate::world::Organization;
use crate::world::conversation::{Medium, Participant};
use crate::world::id::{Id, UserIndex};
use crate::world::people::User;

/// The conversations of one medium, of no queue and of a queue.
#[derive(Clone, Copy, Default)]
struct Count {
    active: usize,
    /// Those that ended and still need a wrap-up.
    after_call_work: usize,
}

/// The conversations of a user at `now`.
pub(crate) fn summary(organization: &Organization, (user, id): (UserIndex, Id<User>), now: Nanos) -> Value {
    let mut counts = vec![[Count::default(); 2]; Medium::ALL.len()];
    for glance in organization.conversations().iter() {
        let parties = glance.parties(now);
        for one in parties.participants.iter().filter(|one| one.user() == Some(user)) {
            add(&mut counts, one);
        }
    }
    let detail = |count: &Count| json!({ "active": count.active, "acw": count.after_call_work });
    let media = Medium::ALL.iter().zip(&counts).map(|(medium, [enterprise, center])| {
        let shown = json!({ "contactCenter": detail(center), "enterprise": detail(enterprise) });
        (medium.name().trim_end_matches('s').to_owned(), shown)
    });
    let mut shown = Map::from_iter([("userId".to_owned(), json!(id))]);
    shown.extend(media);
    shown.into()
}

fn add(counts: &mut [[Count; 2]], one: &Participant) {
    let Some(current) = one.current() else { return };
    let index = Medium::ALL.iter().position(|medium| *medium == current.medium);
    let Some(of_medium) = index.and_then(|index| counts.get_mut(index)) else { return };
    let count = &mut of_medium[usize::from(one.queue.is_some())];
    if one.is_open() {
        count.active += 1;
    } else if current.after_call_work && one.wrapup.is_none() {
        count.after_call_work += 1;
    }
}
