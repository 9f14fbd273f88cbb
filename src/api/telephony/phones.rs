//! Phones. A phone has lines, and each line has a station.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{at, read_reference, require};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::{self, Resource, find, referred};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::catalog::Checks;
use crate::view;
use crate::view::telephony::phone::OPERATIONAL;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::table::Record;
use crate::world::telephony::change::{Part, PhoneParts};
use crate::world::telephony::phone::{Line, LineBase, Phone, PhoneBase};
use crate::world::telephony::site::Site;

/// The most lines of a phone (assumed).
const MAX_LINES: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/phones"), list),
        // The lines and edges of a body have all properties in the document, and clients send less.
        Route::post(&at("/phones"), record::create::<Phone>).checks(Checks::Inside),
        Route::post(&at("/phones/reboot"), reboot_many),
        Route::get(&at("/phones/template"), get_template),
        Route::get(&at("/phones/{phoneId}"), record::get::<Phone>),
        Route::put(&at("/phones/{phoneId}"), record::replace::<Phone>).checks(Checks::Inside),
        Route::delete(&at("/phones/{phoneId}"), record::delete::<Phone>),
        Route::post(&at("/phones/{phoneId}/reboot"), reboot),
    ]
}

impl Resource for Phone {
    const PARAM: &'static str = "phoneId";
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::phone::phone(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        read_parts(organization, body).map(drop)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        PhoneFilter { call, organization, phone: record }.matches()
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let parts = read_parts(organization, body)?;
        let now = find::<Self>(organization, &id.to_string())?.modified;
        organization.set_phone_parts(id, parts, now).map_err(|_| record::full())
    }
}

/// What a body says of a phone's site, settings, user and lines.
fn read_parts(organization: &Organization, body: &Map<String, Value>) -> Result<PhoneParts, ApiError> {
    require(body, &["site"])?;
    let site = read_reference::<Site>(organization, body, "site")?;
    let site = site.ok_or_else(|| ApiError::constraint("site", "The field [site.id] is required."))?;
    let base = read_reference::<PhoneBase>(organization, body, "phoneBaseSettings")?;
    let base = base.ok_or_else(|| {
        const WHY: &str = "A base setting must be assigned to create a phone: [phoneBaseSettings].";
        ApiError::new(StatusCode::BAD_REQUEST, "base.settings.required", WHY)
    })?;
    let user = read_user(organization, body)?;
    let is_web = organization.telephony().phone_bases.get(base).is_some_and(Record::is_web_rtc);
    if is_web && user.is_none() {
        const WHY: &str = "A [webRtcUser] is required.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "webrtc.user.required", WHY));
    }
    Ok(PhoneParts { site, base, user, lines: read_lines(organization, body, base)? })
}

fn read_user(organization: &Organization, body: &Map<String, Value>) -> Result<Option<UserIndex>, ApiError> {
    let id = body.get("webRtcUser").and_then(|user| user.get("id")).and_then(Value::as_str);
    let found = id.map(|id| {
        find_index(organization.people(), id).map_err(|_| ApiError::no_reference("webRtcUser", "user", id))
    });
    found.transpose()
}

/// The lines of a body. A line without settings has the first of the phone's.
fn read_lines(
    organization: &Organization,
    body: &Map<String, Value>,
    base: Id<PhoneBase>,
) -> Result<Vec<Part<Line>>, ApiError> {
    let lines = body.get("lines").and_then(Value::as_array).filter(|lines| !lines.is_empty());
    let lines = lines.ok_or_else(|| {
        const WHY: &str = "A phone cannot be created without a line: [lines].";
        ApiError::new(StatusCode::BAD_REQUEST, "lines.required", WHY)
    })?;
    if lines.len() > MAX_LINES {
        return Err(ApiError::bad_request(format!("A phone has at most {MAX_LINES} lines.")));
    }
    let default = organization.telephony().line_bases_of.members(base).first().map(|(line, ())| *line);
    let default = read_reference::<LineBase>(organization, body, "lineBaseSettings")?.or(default);
    let line = |(at, line): (usize, &Value)| {
        let line = line.as_object().cloned().unwrap_or_default();
        let base = read_reference::<LineBase>(organization, &line, "lineBaseSettings")?.or(default);
        Ok(read_part(&line, base, &format!("Line {}", at + 1), &["description", "properties"]))
    };
    lines.iter().enumerate().map(line).collect()
}

/// A part that a body describes: a line, or the settings of one. `name` is that of a part without one.
pub(super) fn read_part<K>(
    body: &Map<String, Value>,
    base: Option<Id<LineBase>>,
    name: &str,
    fields: &[&str],
) -> Part<K> {
    let own = text(body, "name");
    let extra = fields.iter().filter_map(|field| {
        let value = body.get(*field).filter(|value| !value.is_null())?;
        Some(((*field).to_owned(), value.clone()))
    });
    Part {
        id: Id::parse(text(body, "id")),
        name: if own.is_empty() { name.to_owned() } else { own.to_owned() },
        base,
        extra: extra.collect(),
    }
}

/// The filters of the listing.
struct PhoneFilter<'f> {
    call: &'f Call<'f>,
    organization: &'f Organization,
    phone: &'f Record<Phone>,
}

impl PhoneFilter<'_> {
    fn matches(&self) -> bool {
        let telephony = self.organization.telephony();
        let id = self.phone.id();
        self.is("site.id", || telephony.site_of(id).map(|site| site.id().to_string()))
            && self.is("phoneBaseSettings.id", || telephony.base_of(id).map(|base| base.id().to_string()))
            && self.is("webRtcUser.id", || self.user(telephony.user_of(id)))
            && self.is("phone_hardwareId", || self.hardware_id())
            && self.is("status.operationalStatus", || Some(OPERATIONAL.to_owned()))
            && self.is("secondaryStatus.operationalStatus", || None)
            && self.has_line()
    }

    /// Whether the query names no value of that parameter, or this one.
    fn is(&self, name: &str, value: impl FnOnce() -> Option<String>) -> bool {
        let wanted = self.call.query_text(name);
        wanted.is_none_or(|wanted| value().is_some_and(|value| value == wanted))
    }

    fn user(&self, index: Option<UserIndex>) -> Option<String> {
        self.organization.people().at(index?).map(|user| user.id.to_string())
    }

    fn hardware_id(&self) -> Option<String> {
        let property = self.phone.extra.get("properties")?.get("phone_hardwareId")?;
        property.get("value")?.get("instance")?.as_str().map(str::to_owned)
    }

    fn has_line(&self) -> bool {
        let directory = self.organization.directory();
        self.organization.telephony().lines_of(self.phone.id()).any(|line| {
            let default = || directory.default_of.holders(line.station()).first().copied();
            self.is("lines.id", || Some(line.id().to_string()))
                && self.is("lines.name", || Some(line.name.clone()))
                && self.is("lines.loggedInUser.id", || self.user(directory.user_at(line.station())))
                && self.is("lines.defaultForUser.id", || self.user(default()))
        })
    }
}

/// Lists phones. Their properties are in the answer where the query asks for them.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut page = record::page::<Phone>(call)?;
    let mut wanted = call.query_list("expand").into_iter().chain(call.query_list("fields"));
    if !wanted.any(|name| name.starts_with("properties")) {
        page.entities.iter_mut().for_each(|phone| drop(phone.shift_remove("properties")));
    }
    Reply::ok(&page)
}

fn get_template(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.query("phoneBaseSettingsId").unwrap_or_default();
    let organization = call.tenant().read();
    let base = find::<PhoneBase>(&organization, &id)?;
    Reply::ok(&view::telephony::phone::phone_template(&organization, base))
}

/// Notes the restart of a phone. It is instant.
fn reboot(call: &Call<'_>) -> Result<Reply, ApiError> {
    find::<Phone>(&call.tenant().read(), &call.param("phoneId")?)?;
    Ok(Reply::empty(StatusCode::OK))
}

/// Notes the restart of the phones of a site, or of a list.
fn reboot_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let organization = call.tenant().read();
    if let Some(site) = body.get("siteId").filter(|id| !id.is_null()) {
        referred::<Site>(&organization, "siteId", site.as_str().unwrap_or_default())?;
    }
    let none = json!([]);
    for id in body.get("phoneIds").unwrap_or(&none).as_array().into_iter().flatten() {
        referred::<Phone>(&organization, "phoneIds", id.as_str().unwrap_or_default())?;
    }
    Ok(Reply::empty(StatusCode::OK))
}
