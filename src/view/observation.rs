//! The state of queues at this moment: the interactions by medium, and the members by status.

use std::borrow::Cow;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::user::definition_id;
use crate::world::Organization;
use crate::world::conversation::{Facet, Medium, Purpose, State};
use crate::world::id::{Id, Queue, UserIndex};
use crate::world::people::User;
use crate::world::workforce::AgentStatus;

/// The most interactions that a metric lists.
const MAX_LISTED: usize = 100;

/// An open session of a queue.
pub(crate) struct Open {
    pub(crate) queue: Id<Queue>,
    pub(crate) medium: Medium,
    /// `oWaiting`, `oAlerting` or `oInteracting`.
    pub(crate) metric: &'static str,
    pub(crate) since: Nanos,
    conversation: Uuid,
    session: Uuid,
    direction: &'static str,
    user: Option<UserIndex>,
}

impl Open {
    fn to_json(&self, organization: &Organization) -> Value {
        let mut shown = json!({
            "observationDate": rfc3339(self.since),
            "conversationId": self.conversation,
            "sessionId": self.session,
            "direction": self.direction,
        });
        if let Some(user) = self.user.and_then(|user| organization.people().at(user)) {
            shown["userId"] = json!(user.id);
        }
        shown
    }
}

/// Every open session of a queue.
pub(crate) fn open_sessions(organization: &Organization, now: Nanos) -> Vec<Open> {
    let mut all = Vec::new();
    for glance in organization.conversations().iter().filter(|glance| glance.ended().is_none()) {
        let parties = glance.parties(now);
        all.extend(Facet::all(organization, &glance, &parties).filter_map(|facet| open_session(&facet)));
    }
    all
}

/// The metric that observes an open session. A callback waits from its scheduled time on.
pub(crate) fn metric_of(facet: &Facet<'_>) -> Option<&'static str> {
    match (facet.session.participant.purpose, facet.session.communication.state) {
        (_, State::Scheduled) => None,
        (_, state) if state.is_over() => None,
        (Purpose::Acd, _) => Some("oWaiting"),
        (Purpose::Agent | Purpose::User, State::Alerting) => Some("oAlerting"),
        (Purpose::Agent | Purpose::User, _) => Some("oInteracting"),
        _ => None,
    }
}

fn open_session(facet: &Facet<'_>) -> Option<Open> {
    let (participant, one) = (facet.session.participant, facet.session.communication);
    Some(Open {
        queue: participant.queue?,
        medium: one.medium,
        metric: metric_of(facet)?,
        since: one.started,
        conversation: facet.glance.id(),
        session: facet.session_id(),
        direction: one.direction.name(),
        user: participant.user(),
    })
}

/// The metrics of the open sessions of a queue and a medium. Those of `details` list the interactions.
pub(crate) fn interaction_metrics(
    organization: &Organization,
    open: &[&Open],
    (metrics, details): (&[&str], &[&str]),
    now: Nanos,
) -> Vec<Value> {
    let count = |metric: &str| open.iter().filter(|one| one.metric == metric).count();
    let longest = |metric: &str| open.iter().filter(|one| one.metric == metric).map(|one| one.since).min();
    let each = metrics.iter().filter_map(|metric| {
        let stats = match *metric {
            "oWaiting" | "oAlerting" | "oInteracting" => json!({ "count": count(metric) }),
            "oLongestWaiting" => longest_stats(longest("oWaiting")?, now),
            "oLongestInteracting" => longest_stats(longest("oInteracting")?, now),
            _ => return None,
        };
        let mut shown = json!({ "metric": metric, "stats": stats });
        if details.contains(metric) {
            let listed = open.iter().filter(|one| one.metric == *metric);
            shown["observations"] = listed.take(MAX_LISTED).map(|one| one.to_json(organization)).collect();
            shown["truncated"] = json!(count(metric) > MAX_LISTED);
        }
        Some(shown)
    });
    each.collect()
}

fn longest_stats(since: Nanos, now: Nanos) -> Value {
    json!({ "count": 1, "calculatedMetricValue": now.saturating_sub(since) / 1_000_000 })
}

/// The metrics of the members of a queue, by qualifier.
pub(crate) fn user_metrics(organization: &Organization, queue: Id<Queue>, metrics: &[&str]) -> Vec<Value> {
    let counts = member_counts(organization, queue, metrics);
    let shown = counts.into_iter().map(|(metric, qualifier, count)| {
        let mut shown = json!({ "metric": metric });
        if let Some(qualifier) = qualifier {
            shown["qualifier"] = json!(qualifier);
        }
        shown["stats"] = json!({ "count": count });
        shown
    });
    shown.collect()
}

/// The members of a queue by metric and qualifier.
pub(crate) fn member_counts<'m>(
    organization: &Organization,
    queue: Id<Queue>,
    metrics: &[&'m str],
) -> Vec<(&'m str, Option<Cow<'static, str>>, usize)> {
    let mut count = 0;
    let members = organization.members_of_queue(queue).inspect(|_| count += 1);
    let joined = members.filter(|member| member.membership.joined);
    let joined = joined.filter_map(|member| organization.people().at(member.user));
    let joined: Vec<&User> = joined.filter(|user| user.exists()).collect();
    let mut all = Vec::new();
    for metric in metrics {
        let qualify: fn(&User) -> Option<Cow<'static, str>> = match *metric {
            "oMemberUsers" => {
                all.push((*metric, None, count));
                continue;
            }
            "oActiveUsers" => {
                all.push((*metric, None, joined.len()));
                continue;
            }
            "oOnQueueUsers" => |user| is_on_queue(user).then(|| user.routing.name().into()),
            "oOffQueueUsers" => |user| (!is_on_queue(user)).then(|| user.status.analytics_presence().into()),
            "oUserPresences" => |user| Some(definition_id(user).into()),
            "oUserRoutingStatuses" => |user| Some(user.routing.name().into()),
            _ => continue,
        };
        let mut counts = std::collections::BTreeMap::new();
        joined.iter().filter_map(|user| qualify(user)).for_each(|key| *counts.entry(key).or_insert(0) += 1);
        all.extend(counts.into_iter().map(|(qualifier, count)| (*metric, Some(qualifier), count)));
    }
    all
}

fn is_on_queue(user: &User) -> bool {
    user.status == AgentStatus::OnQueue
}

/// The metrics of members that the topic of a queue has.
const OF_MEMBERS: [&str; 4] = ["oMemberUsers", "oActiveUsers", "oOnQueueUsers", "oOffQueueUsers"];
/// The metrics of interactions that the topic of a queue has.
const OF_INTERACTIONS: [&str; 3] = ["oWaiting", "oAlerting", "oInteracting"];

/// The bodies of the events of a queue: one for its members, and one for each medium, also for one whose last
/// interaction has ended. The interval is the instant (assumed).
pub(crate) fn events_of_queue(organization: &Organization, queue: Id<Queue>, now: Nanos) -> Vec<Value> {
    let mut open = open_sessions(organization, now);
    open.retain(|one| one.queue == queue);
    let interval = format!("{0}/{0}", rfc3339(now));
    let event = |group: Value, metrics: Vec<Value>| json!({ "group": group, "data": [{ "interval": interval, "metrics": metrics }] });
    let members = user_metrics(organization, queue, &OF_MEMBERS);
    let mut all = vec![event(json!({ "queueId": queue }), members)];
    for medium in Medium::ALL {
        let of_medium: Vec<&Open> = open.iter().filter(|one| one.medium == *medium).collect();
        let group = json!({ "queueId": queue, "mediaType": medium.analytics() });
        all.push(event(group, interaction_metrics(organization, &of_medium, (&OF_INTERACTIONS, &[]), now)));
    }
    all
}
