//! An event in the form in which the vendor's integration with Amazon `EventBridge` sends it.
//!
//! The envelope is that of `EventBridge`; `source`, `detail-type` and `detail` are as public examples of the vendor's
//! events have them. The account and the region of AWS are made up.

use serde_json::{Value, json};

use super::order::Occurrence;
use crate::push::topic::template_of;
use crate::time::clock::rfc3339;

/// The account in every envelope.
const ACCOUNT: &str = "000000000000";
/// The region in every envelope.
const REGION: &str = "us-east-1";

/// The envelope of an event.
pub(super) fn envelope(event: &Occurrence<'_>) -> Value {
    let timestamp = rfc3339(event.at);
    let second =
        timestamp.split_once('.').map_or_else(|| timestamp.clone(), |(second, _)| format!("{second}Z"));
    json!({
        "version": "0",
        "id": event.id,
        "detail-type": template_of(event.topic).unwrap_or(event.topic),
        "source": format!("aws.partner/genesys.com/cloud/{}/gcmock", event.organization),
        "account": ACCOUNT,
        "time": second,
        "region": REGION,
        "resources": [],
        "detail": {
            "topicName": event.topic,
            "version": "2",
            "timestamp": timestamp,
            "eventBody": event.body,
            "metadata": { "CorrelationId": event.id },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_event_has_the_envelope_of_event_bridge() {
        let body = json!({ "id": 7 });
        let event = Occurrence {
            id: Uuid::nil(),
            organization: Uuid::nil(),
            topic: "v2.users.7.presence",
            body: &body,
            at: 1_500,
        };
        let id = Uuid::nil().to_string();
        let expected = json!({
            "version": "0", "id": id, "detail-type": "v2.users.{id}.presence",
            "source": format!("aws.partner/genesys.com/cloud/{id}/gcmock"), "account": "000000000000",
            "time": "1970-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
            "detail": { "topicName": "v2.users.7.presence", "version": "2",
                "timestamp": "1970-01-01T00:00:00.000Z", "eventBody": { "id": 7 },
                "metadata": { "CorrelationId": id } },
        });
        assert_eq!(envelope(&event), expected);
        let unknown = envelope(&Occurrence { topic: "mine", ..event });
        assert_eq!(unknown["detail-type"], "mine");
    }
}
