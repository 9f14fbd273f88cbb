//! The kinds of outbound dialing that have no operations of their own.

use http::StatusCode;
use jiff::civil::Time;
use serde_json::{Map, Value};

use super::contact_lists::{ADDRESSES, check_columns};
use super::dialed::{self, Dialed, create_many, delete_many, number_items, retrieve_many};
use super::{refusal, template_imports};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::{
    AttemptLimits, CallableTimeSet, CampaignRule, ContactListTemplate, DigitalRuleSet, FileTemplate,
    ImportTemplate, ResponseSet, RuleSet,
};
use crate::world::table::Record;

const TEMPLATES: &str = "/api/v2/outbound/contactlisttemplates";
/// The most attempts that a contact may have.
const MAX_ATTEMPTS: i64 = 100;
const IMPORTS: &str = "/api/v2/outbound/importtemplates";

pub(super) fn routes() -> Vec<Route> {
    let usual = [
        crud::<AttemptLimits>(),
        crud::<CallableTimeSet>(),
        crud::<CampaignRule>(),
        crud::<ContactListTemplate>(),
        crud::<DigitalRuleSet>(),
        crud::<FileTemplate>(),
        crud::<ResponseSet>(),
        crud::<RuleSet>(),
    ];
    let own = vec![
        Route::delete(TEMPLATES, delete_many::<ContactListTemplate>),
        Route::post(&format!("{TEMPLATES}/bulk/add"), create_templates),
        Route::post(&format!("{TEMPLATES}/bulk/retrieve"), retrieve_many::<ContactListTemplate>),
        Route::delete("/api/v2/outbound/filespecificationtemplates/bulk", delete_many::<FileTemplate>),
        Route::get(IMPORTS, list_imports),
        Route::post(IMPORTS, record::create::<ImportTemplate>),
        Route::delete(IMPORTS, delete_many::<ImportTemplate>),
        Route::post(&format!("{IMPORTS}/bulk/add"), create_imports),
        Route::get(&format!("{IMPORTS}/{{importTemplateId}}"), get_import),
        Route::put(&format!("{IMPORTS}/{{importTemplateId}}"), record::replace::<ImportTemplate>),
        Route::delete(&format!("{IMPORTS}/{{importTemplateId}}"), record::delete::<ImportTemplate>),
        Route::get(&format!("{IMPORTS}/{{importTemplateId}}/importstatus"), get_import_status),
    ];
    [usual.concat(), own].concat()
}

/// The usual operations of a kind.
fn crud<K: Resource>() -> Vec<Route> {
    let one = format!("{}/{{{}}}", K::PATH, K::PARAM);
    vec![
        Route::get(K::PATH, record::list::<K>),
        Route::post(K::PATH, record::create::<K>),
        Route::get(&one, record::get::<K>),
        Route::put(&one, record::replace::<K>),
        Route::delete(&one, record::delete::<K>),
    ]
}

impl Dialed for AttemptLimits {
    const PARAM: &'static str = "attemptLimitsId";

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let most = body.get("maxAttemptsPerContact").and_then(Value::as_i64);
        if most.is_some_and(|most| most > MAX_ATTEMPTS) {
            let why = format!("The property maxAttemptsPerContact is at most {MAX_ATTEMPTS}.");
            return Err(refusal("exceeded.max.attempts.per.contact", why));
        }
        Ok(())
    }
}

impl Dialed for CallableTimeSet {
    const PARAM: &'static str = "callableTimeSetId";
    const IN_USE: &'static str = "callable.time.set.in.use";

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let items = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let times = items(body.get("callableTimes")).into_iter();
        let mut slots = times.flat_map(|time| items(time.get("timeSlots")));
        if slots.any(|slot| is_backwards(&slot)) {
            return Err(refusal(
                "invalid.start.time",
                "The startTime of a time slot must not be after its stopTime.",
            ));
        }
        Ok(())
    }
}

/// Whether a time slot starts after it stops. A time that can not be read is neither.
fn is_backwards(slot: &Value) -> bool {
    let time = |field: &str| slot.get(field)?.as_str()?.parse::<Time>().ok();
    matches!((time("startTime"), time("stopTime")), (Some(start), Some(stop)) if start > stop)
}

impl Dialed for ResponseSet {
    const PARAM: &'static str = "callAnalysisSetId";
    const IN_USE: &'static str = "call.analysis.response.set.in.use";
}

impl Dialed for RuleSet {
    const PARAM: &'static str = "ruleSetId";

    fn normalize(fields: &mut Map<String, Value>) {
        number_items(fields, "rules");
    }
}

impl Dialed for DigitalRuleSet {
    const PARAM: &'static str = "digitalRuleSetId";
    const DELETED: StatusCode = StatusCode::NO_CONTENT;
    const CONFLICT: &'static str = "version.conflict";

    fn normalize(fields: &mut Map<String, Value>) {
        number_items(fields, "rules");
    }
}

impl Dialed for ContactListTemplate {
    const PARAM: &'static str = "contactListTemplateId";
    const DELETED: StatusCode = StatusCode::NO_CONTENT;
    const KEPT: &'static [&'static str] = &ADDRESSES;

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_columns(body)
    }
}

impl Dialed for ImportTemplate {
    const PARAM: &'static str = "importTemplateId";
    const DELETED: StatusCode = StatusCode::NO_CONTENT;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "duplicate.name");
    const IN_USE: &'static str = "import.template.in.use";

    fn passes(call: &Call<'_>, record: &Record<Self>) -> bool {
        dialed::refers(call, record, "contactListTemplateId", "contactListTemplate")
    }
}

impl Dialed for FileTemplate {
    const PARAM: &'static str = "fileSpecificationTemplateId";
    const DELETED: StatusCode = StatusCode::NO_CONTENT;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "duplicate.name");
}

impl Dialed for CampaignRule {
    const PARAM: &'static str = "campaignRuleId";

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        let entity = view::outbound::entity(organization, record);
        entity.or("enabled", || false.into()).or("matchAnyConditions", || false.into()).end()
    }

    fn normalize(fields: &mut Map<String, Value>) {
        number_items(fields, "campaignRuleConditions");
        number_items(fields, "campaignRuleActions");
    }

    fn may_delete(organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let rule = organization.outbound().campaign_rules.get(id);
        let is_enabled = rule.is_some_and(|rule| rule.extra.get("enabled") == Some(&Value::Bool(true)));
        if is_enabled {
            const WHY: &str = "An enabled campaign rule can not be deleted.";
            return Err(refusal("cannot.delete.enabled.campaign.rule", WHY));
        }
        Ok(())
    }
}

fn create_templates(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_many::<ContactListTemplate>(call, "too.many.contact.list.templates.added")
}

fn create_imports(call: &Call<'_>) -> Result<Reply, ApiError> {
    create_many::<ImportTemplate>(call, "too.many.import.templates.added")
}

fn list_imports(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut page = record::page::<ImportTemplate>(call)?;
    let organization = call.tenant().read();
    page.entities.iter_mut().for_each(|template| add_status(call, &organization, template));
    Reply::ok(&page)
}

fn get_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let template = find::<ImportTemplate>(&organization, &call.param("importTemplateId")?)?;
    let mut template = ImportTemplate::to_json(&organization, template);
    add_status(call, &organization, &mut template);
    Reply::ok(&template)
}

/// Adds the state of the import, where the query asks for it.
fn add_status(call: &Call<'_>, organization: &Organization, template: &mut Map<String, Value>) {
    if call.query_flag("includeImportStatus") {
        let id = text(template, "id").to_owned();
        let status = template_imports::status(organization, &id, None);
        template.insert("importStatus".to_owned(), status);
    }
}

fn get_import_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = find::<ImportTemplate>(&organization, &call.param("importTemplateId")?)?.id();
    let prefix = call.query_text("listNamePrefix");
    Reply::ok(&template_imports::status(&organization, &id.to_string(), prefix.as_deref()))
}
