//! The integrations of each messenger. The messenger is a word of the path.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::{self, Resource, author};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::messaging::{
    Channel, MessagingIntegration, MessagingSetting, RECIPIENTS, SupportedContent,
};
use crate::world::table::{Kind, Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![Route::get(MessagingIntegration::PATH, list_all)];
    for word in Channel::words() {
        let (all, one) = (
            format!("{}/{word}", MessagingIntegration::PATH),
            format!("{}/{word}/{{integrationId}}", MessagingIntegration::PATH),
        );
        routes.extend([
            Route::get(&all, list),
            Route::post(&all, create),
            Route::get(&one, get),
            Route::patch(&one, update),
            Route::delete(&one, delete),
        ]);
    }
    let signup = format!("{}/whatsapp/embeddedsignup", MessagingIntegration::PATH);
    routes.push(Route::post(&signup, create));
    routes.push(Route::patch(&format!("{signup}/{{integrationId}}"), update));
    routes
}

impl Resource for MessagingIntegration {
    const PARAM: &'static str = "integrationId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::messaging::integration(organization, record, record.modified)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let id = |field: &str| body.get(field).and_then(|of| of.get("id")?.as_str());
        if let Some(id) = id("supportedContent") {
            record::referred::<SupportedContent>(organization, "supportedContent", id)?;
        }
        if let Some(id) = id("messagingSetting") {
            record::referred::<MessagingSetting>(organization, "messagingSetting", id)?;
        }
        Ok(())
    }

    fn matches(call: &Call<'_>, _organization: &Organization, record: &Record<Self>) -> bool {
        let id = |field: &str| record.extra.get(field).and_then(|of| of.get("id")?.as_str());
        ["supportedContent", "messagingSetting"].iter().all(|field| {
            call.query_text(&format!("{field}.id")).is_none_or(|wanted| id(field) == Some(&*wanted))
        })
    }
}

/// The messenger in the call's path.
fn channel(call: &Call<'_>) -> Result<Channel, ApiError> {
    let template = call.operation.map_or("", |operation| &*operation.template);
    let rest = template.strip_prefix(MessagingIntegration::PATH).unwrap_or_default();
    let word = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    Channel::from_word(word).ok_or_else(ApiError::internal)
}

/// The integration of that id, if it is of the messenger.
pub(in crate::api) fn find<'o>(
    organization: &'o Organization,
    channel: Channel,
    id: &str,
) -> Result<&'o Record<MessagingIntegration>, ApiError> {
    let found = MessagingIntegration::table(organization).find(id);
    let found = found.filter(|record| record.channel() == Some(channel));
    found.ok_or_else(|| ApiError::no_such("integration", id))
}

fn list_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = record::select::<MessagingIntegration>(call, &organization).into_iter();
    let all = all.map(|record| view::messaging::any_integration(&organization, record, call.now));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (page, channel) = (call.page()?, channel(call)?);
    let organization = call.tenant().read();
    let all = record::select::<MessagingIntegration>(call, &organization).into_iter();
    let all = all.filter(|record| record.channel() == Some(channel));
    let all = all.map(|record| view::messaging::integration(&organization, record, call.now));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = find(&organization, channel(call)?, &call.param(MessagingIntegration::PARAM)?)?;
    Reply::ok(&view::messaging::integration(&organization, found, call.now))
}

/// Begins the creation of an integration. Its recipient exists at once; the creation completes after a moment.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (channel, body) = (channel(call)?, call.json_object()?);
    let mut record: Record<MessagingIntegration> =
        Record::new(Id::random(), required_text(&body, "name")?.to_owned(), call.now);
    (record.created_by, record.modified_by) = (author(call), author(call));
    record.extra = fields(channel, &body);
    record.extra.insert("messengerType".to_owned(), json!(channel.word()));
    if channel == Channel::WhatsApp && !record.extra.contains_key("phoneNumber") {
        let number = json!(first_number(record.id()));
        record.extra.insert("phoneNumber".to_owned(), number);
    }
    call.change(|organization| {
        MessagingIntegration::check(organization, &body)?;
        check_page(organization, &record)?;
        let shown = view::messaging::integration(organization, &record, call.now);
        let id = record.id();
        let added = MessagingIntegration::table_mut(organization).add(record);
        added.map_err(record::refused::<MessagingIntegration>)?;
        organization.add_recipient(id);
        organization.note_receivers();
        Reply::ok(&shown)
    })
}

/// Refuses a page of Facebook that another integration has: 409.
fn check_page(organization: &Organization, record: &Record<MessagingIntegration>) -> Result<(), ApiError> {
    let page = |record: &Record<MessagingIntegration>| record.extra.get("pageId").cloned();
    let own = page(record).filter(|page| !page.is_null());
    let mut all = MessagingIntegration::table(organization).iter();
    if own.is_some() && all.any(|other| other.channel() == record.channel() && page(other) == own) {
        let refused = ApiError::conflict("Another integration has this pageId already.");
        return Err(ApiError { code: "page.already.integrated".into(), ..refused });
    }
    Ok(())
}

/// The number of an embedded signup until its activation chooses one. Assumed: one of the account's own.
fn first_number(id: Id<MessagingIntegration>) -> String {
    format!("+1317555{:04}", id.uuid().as_u128() % 10_000)
}

/// The fields of a body that the integrations of the messenger have.
fn fields(channel: Channel, body: &Map<String, Value>) -> Map<String, Value> {
    let shared = ["supportedContent", "messagingSetting"];
    let names = shared.iter().chain(channel.required()).chain(channel.optional());
    names.filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone()))).collect()
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (channel, body) = (channel(call)?, call.json_object()?);
    let (id, author) = (call.param(MessagingIntegration::PARAM)?, author(call));
    call.change(|organization| {
        let mut record = find(organization, channel, &id)?.clone();
        MessagingIntegration::check(organization, &body)?;
        record.extra.extend(fields(channel, &body));
        if body.get("name").is_some_and(|name| !name.is_null()) {
            required_text(&body, "name")?.clone_into(&mut record.name);
        }
        record.version += 1;
        (record.modified, record.modified_by) = (call.now, author);
        let shown = view::messaging::integration(organization, &record, call.now);
        let replaced = MessagingIntegration::table_mut(organization).replace(record);
        replaced.map_err(record::refused::<MessagingIntegration>)?;
        organization.note_receivers();
        Reply::ok(&shown)
    })
}

/// Refuses the deletion of an open integration whose recipient has a flow: 400.
fn check_flow(
    organization: &Organization,
    channel: Channel,
    id: Id<MessagingIntegration>,
) -> Result<(), ApiError> {
    let recipient = organization.collections.get(RECIPIENTS, &id.to_string());
    let flow = recipient.and_then(|recipient| recipient.get("flow")).filter(|flow| !flow.is_null());
    if channel != Channel::Open || flow.is_none() {
        return Ok(());
    }
    let refused =
        ApiError::bad_request("The recipient of the integration has a flow. Remove the flow first.");
    Err(ApiError { code: "recipient.has.flow".into(), ..refused })
}

/// Deletes an integration and its recipient. The vendor answers with the integration where it is one of `WhatsApp`.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (channel, id) = (channel(call)?, call.param(MessagingIntegration::PARAM)?);
    call.change(|organization| {
        let found = find(organization, channel, &id)?;
        let (id, shown) = (found.id(), view::messaging::integration(organization, found, call.now));
        check_flow(organization, channel, id)?;
        organization.remove(id);
        if channel == Channel::WhatsApp { Reply::ok(&shown) } else { Ok(Reply::no_content()) }
    })
}
