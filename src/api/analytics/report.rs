//! The reports of exports: the columns of a view, and its filter as a filter of analytics.
//!
//! The vendor has more columns. The titles are assumed.

use serde_json::{Value, json};

use crate::world::Organization;
use crate::world::id::Id;

/// A view: a line for each value of a dimension.
pub(super) struct View {
    /// The dimension of the lines.
    pub(super) group: &'static str,
    /// The titles of the columns that name the line.
    pub(super) titles: &'static [&'static str],
    pub(super) columns: &'static [Column],
}

/// A column of a metric.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) metric: &'static str,
    shows: Shows,
}

/// What a column has of a metric. Times are in milliseconds.
#[derive(Clone, Copy)]
enum Shows {
    Count,
    Sum,
    Average,
}

const fn count(title: &'static str, metric: &'static str) -> Column {
    Column { title, metric, shows: Shows::Count }
}

const fn sum(title: &'static str, metric: &'static str) -> Column {
    Column { title, metric, shows: Shows::Sum }
}

const fn average(title: &'static str, metric: &'static str) -> Column {
    Column { title, metric, shows: Shows::Average }
}

const QUEUES: View = View {
    group: "queueId",
    titles: &["Queue Id", "Queue Name"],
    columns: &[
        count("Offer", "nOffered"),
        count("Answer", "tAnswered"),
        count("Abandon", "tAbandon"),
        average("ASA", "tAnswered"),
        average("Avg Wait", "tWait"),
        average("Avg Handle", "tHandle"),
        sum("Talk", "tTalk"),
        sum("Hold", "tHeld"),
        sum("ACW", "tAcw"),
        sum("Handle", "tHandle"),
        count("Over SLA", "nOverSla"),
        count("Transfer", "nTransferred"),
    ],
};

const AGENTS: View = View {
    group: "userId",
    titles: &["Agent Id", "Agent Name"],
    columns: &[
        count("Answer", "tAnswered"),
        count("Handle", "tHandle"),
        average("Avg Handle", "tHandle"),
        average("Avg Talk", "tTalkComplete"),
        average("Avg Hold", "tHeldComplete"),
        average("Avg ACW", "tAcw"),
        sum("Total Talk", "tTalk"),
        sum("Total Hold", "tHeld"),
        sum("Total ACW", "tAcw"),
        sum("Total Handle", "tHandle"),
        count("Not Responding", "tNotResponding"),
        count("Transfer", "nTransferred"),
        count("Outbound", "nOutbound"),
    ],
};

const CONVERSATIONS: View = View {
    group: "conversationId",
    titles: &["Conversation Id"],
    columns: &[
        count("Offer", "nOffered"),
        count("Answer", "tAnswered"),
        count("Abandon", "tAbandon"),
        sum("Talk", "tTalk"),
        sum("ACW", "tAcw"),
        sum("Handle", "tHandle"),
    ],
};

impl View {
    /// The view of a `viewType`.
    pub(super) fn of(kind: &str) -> Self {
        match kind {
            kind if kind.starts_with("QUEUE_") => QUEUES,
            kind if kind.starts_with("AGENT_") => AGENTS,
            _ => CONVERSATIONS,
        }
    }

    /// The name of the queue or user of a line. `None` where the view has none.
    pub(super) fn name_of(&self, organization: &Organization, id: &str) -> Option<String> {
        let name = match self.group {
            "queueId" => Id::parse(id).and_then(|id| organization.queue_name(id)),
            "userId" => organization
                .people()
                .find(id)
                .and_then(|index| organization.people().at(index).map(|user| user.name.clone())),
            _ => return None,
        };
        Some(name.unwrap_or_default())
    }
}

impl Column {
    /// Its value among the metrics of a line. A time that was not measured is 0.
    pub(super) fn value(&self, metrics: &Value) -> String {
        let found = metrics.as_array().and_then(|all| all.iter().find(|one| one["metric"] == self.metric));
        let number = |key: &str| found.and_then(|one| one["stats"][key].as_f64()).unwrap_or(0.0);
        let value = match self.shows {
            Shows::Count => number("count"),
            Shows::Sum => number("sum"),
            Shows::Average => (number("sum") / number("count").max(1.0)).round(),
        };
        value.to_string()
    }
}

/// The lists of a report's filter, with the dimension whose values each has.
const LISTS: [(&str, &str); 24] = [
    ("aniList", "ani"),
    ("addressFroms", "addressFrom"),
    ("addressTos", "addressTo"),
    ("callbackNumberList", "callbackNumber"),
    ("conversationIds", "conversationId"),
    ("conversationInitiators", "conversationInitiator"),
    ("directions", "direction"),
    ("divisionIds", "divisionId"),
    ("dnisList", "dnis"),
    ("externalContactIds", "externalContactId"),
    ("externalOrgIds", "externalOrganizationId"),
    ("externalTags", "externalTag"),
    ("groupIds", "groupId"),
    ("languageIds", "requestedLanguageId"),
    ("mediaTypes", "mediaType"),
    ("messageTypes", "messageType"),
    ("originatingDirections", "originatingDirection"),
    ("outboundCampaignIds", "outboundCampaignId"),
    ("outboundContactListIds", "outboundContactListId"),
    ("providerList", "provider"),
    ("queueIds", "queueId"),
    ("skillIds", "requestedRoutingSkillId"),
    ("userIds", "userId"),
    ("wrapUpCodes", "wrapUpCode"),
];

/// The ranges of a report's filter, with the metric that each bounds.
const RANGES: [(&str, &str); 7] = [
    ("abandonDurationsMilliseconds", "tAbandon"),
    ("acdDurationsMilliseconds", "tAcd"),
    ("acwDurationsMilliseconds", "tAcw"),
    ("durationsMilliseconds", "tConversationDuration"),
    ("handleDurationsMilliseconds", "tHandle"),
    ("holdDurationsMilliseconds", "tHeldComplete"),
    ("talkDurationsMilliseconds", "tTalkComplete"),
];

/// The filter of a report as a filter of analytics. A conversation matches if, for each list that is given, it has one
/// of its values or lies in one of its ranges.
pub(super) fn filter_of(filter: &Value) -> Option<Value> {
    let list = |key: &str| filter.get(key).and_then(Value::as_array).filter(|all| !all.is_empty());
    let any = |predicates: Vec<Value>| json!({ "type": "or", "predicates": predicates });
    let of_list = LISTS.iter().filter_map(|(key, dimension)| {
        let values = list(key)?.iter();
        Some(any(values.map(|value| json!({ "dimension": dimension, "value": value })).collect()))
    });
    let of_ranges = RANGES.iter().filter_map(|(key, metric)| {
        let ranges = list(key)?.iter();
        Some(any(ranges.map(|range| json!({ "metric": metric, "range": range })).collect()))
    });
    let clauses: Vec<_> = of_list.chain(of_ranges).collect();
    (!clauses.is_empty()).then(|| json!({ "type": "and", "clauses": clauses }))
}
