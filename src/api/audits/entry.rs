//! The selection of changes, and a change as the vendor writes it.

use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::interval::interval;
use crate::api::json_entity::Body;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::audit::{AuditEntry, Author};

/// The longest interval of a query, in days. Documented.
const MAX_DAYS: u64 = 30;

/// What a query asks for.
pub(super) struct Wanted {
    start: Nanos,
    end: Nanos,
    service: Option<String>,
    filters: Vec<(String, String)>,
    is_descending: bool,
}

impl Wanted {
    /// Reads a query.
    ///
    /// # Errors
    /// An interval that is malformed or too long, and a service that does not exist.
    pub(super) fn read(body: &Body) -> Result<Self, ApiError> {
        let (start, end) = interval("interval", text(body, "interval"))?;
        if end.saturating_sub(start) > MAX_DAYS * 24 * 3600 * 1_000_000_000 {
            return Err(ApiError::bad_request(format!("The interval has at most {MAX_DAYS} days.")));
        }
        let service = body.get("serviceName").and_then(Value::as_str).map(str::to_owned);
        let known = || super::kinds::KINDS.iter().map(|(_, kind)| kind.service);
        if let Some(service) = service.as_ref().filter(|service| !known().any(|of| of == *service)) {
            let mut names: Vec<_> = known().collect();
            names.sort_unstable();
            names.dedup();
            return Err(ApiError::invalid_value("serviceName", service, &names.join(", ")));
        }
        let all = |key: &str| body.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let of = |filter: &Value, key: &str| filter[key].as_str().unwrap_or_default().to_owned();
        let filters =
            all("filters").iter().map(|filter| (of(filter, "property"), of(filter, "value"))).collect();
        let is_descending = all("sort").iter().any(|sort| sort["sortOrder"] == "descending");
        Ok(Self { start, end, service, filters, is_descending })
    }

    fn accepts(&self, entry: &AuditEntry) -> bool {
        let author = |is_user: bool, value: &str| match entry.author {
            Author::User(id) => is_user && id.to_string() == value,
            Author::Client(id) => !is_user && id.to_string() == value,
        };
        let passes = |(property, value): &(String, String)| match &**property {
            "UserId" => author(true, value),
            "ClientId" => author(false, value),
            "Action" => entry.action.name() == value,
            "EntityType" => entry.entity_type.eq_ignore_ascii_case(value),
            "EntityId" => *entry.entity == **value,
            // There is no trustee organization.
            _ => false,
        };
        (self.start..self.end).contains(&entry.at)
            && self.service.as_ref().is_none_or(|service| *service == entry.service)
            && self.filters.iter().all(passes)
    }

    /// The changes that the query selects, in its order.
    pub(super) fn select<'o>(&self, organization: &'o Organization) -> Vec<&'o AuditEntry> {
        let mut all: Vec<_> = organization.audit.iter().filter(|entry| self.accepts(entry)).collect();
        if self.is_descending {
            all.reverse();
        }
        all
    }
}

/// A change as the vendor writes it.
pub(super) fn to_json(call: &Call<'_>, organization: &Organization, entry: &AuditEntry) -> Body {
    let mut entity = json!({ "id": entry.entity });
    if let Some(name) = &entry.name {
        entity["name"] = json!(name);
    }
    let mut shown = json!({
        "id": entry.id,
        "userHomeOrgId": call.tenant().id,
        "serviceName": entry.service,
        "level": "USER",
        "eventDate": rfc3339(entry.at),
        "action": entry.action.name(),
        "entity": entity,
        "entityType": entry.entity_type,
        "status": "SUCCESS",
        "application": "PublicApi",
        "transactionInitiator": true,
        "propertyChanges": [],
        "context": {},
        "entityChanges": [],
    });
    match entry.author {
        Author::User(id) => {
            shown["user"] = user::reference(&id.to_string());
            if let Some(user) = organization.people().get(&id.to_string()) {
                shown["user"]["name"] = json!(user.name);
            }
        }
        Author::Client(id) => {
            shown["client"] = json!({ "id": id, "selfUri": format!("/api/v2/oauth/clients/{id}") });
        }
    }
    match shown {
        Value::Object(shown) => shown,
        _ => Body::new(),
    }
}
