//! The events of figures: the observations of queues, the times of users, and their conversations by medium.
//!
//! The body of the first two is the vendor's body of analytic events (SDKs, `StatEventQueueTopic…` and
//! `StatEventUserTopic…`): a group, and for an interval the metrics with their `stats`.

use serde_json::json;

use super::Hub;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation;
use crate::view::observation::events_of_queue;
use crate::world::Tenant;
use crate::world::id::{Id, Queue};
use crate::world::people::User;

/// The intervals of times, in nanoseconds: half hours (the vendor's granularity of its events).
const HALF_HOUR: Nanos = 1_800_000_000_000;
const MILLI: Nanos = 1_000_000;

/// The topic of the observations of a queue.
pub(crate) fn observations_topic(queue: Id<Queue>) -> String {
    format!("v2.analytics.queues.{queue}.observations")
}

/// Publishes the observations of a queue at `now`.
pub(crate) fn observations(hub: &Hub, tenant: &Tenant, queue: Id<Queue>, now: Nanos) {
    let topic = observations_topic(queue);
    if !hub.listens(tenant.index, &topic) {
        return;
    }
    let bodies = events_of_queue(&tenant.read(), queue, now);
    for body in bodies {
        hub.publish(tenant.index, &topic, &body);
    }
}

/// The topic of the conversations of a user by medium.
pub(crate) fn summary_topic(user: Id<User>) -> String {
    format!("v2.users.{user}.conversationsummary")
}

/// Publishes how many conversations each of these users has at `now`.
pub(crate) fn conversation_summaries(hub: &Hub, tenant: &Tenant, users: &[Id<User>], now: Nanos) {
    let bodies = conversation::summaries(&tenant.read(), users, now);
    for (user, body) in bodies {
        hub.publish(tenant.index, &summary_topic(user), &body);
    }
}

/// `v2.analytics.users.{id}.aggregates`: how long the presence lasted that has just ended, within the half hour of
/// `now`. An earlier half hour has passed when its presence ends, and is in the aggregates of analytics.
pub(crate) fn presence_times(hub: &Hub, tenant: &Tenant, user: &User, now: Nanos) {
    let topic = format!("v2.analytics.users.{}.aggregates", user.id);
    let Some((since, ended)) = user.presence_ended(now).filter(|_| hub.listens(tenant.index, &topic)) else {
        return;
    };
    let start = now - now % HALF_HOUR;
    let stats = json!({ "sum": now.saturating_sub(since.max(start)) / MILLI });
    let interval = format!("{}/{}", rfc3339(start), rfc3339(start + HALF_HOUR));
    let metrics = json!([
        { "metric": "tSystemPresence", "qualifier": ended.status.analytics_presence(), "stats": stats },
        { "metric": "tOrganizationPresence", "qualifier": ended.definition, "stats": stats },
    ]);
    let body =
        json!({ "group": { "userId": user.id }, "data": [{ "interval": interval, "metrics": metrics }] });
    hub.publish(tenant.index, &topic, &body);
}
