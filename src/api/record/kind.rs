//! A kind as a value, with the shared handlers as its methods.
//!
//! A generic function is compiled once for each kind. These are compiled once for all.

use http::StatusCode;
use ref_cast::RefCast;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    Divisions, Resource, Starred, author, check_references_of, check_version, full, read_division,
    require_version,
};
use crate::api::call::Call;
use crate::api::entity::{is_descending, required_text};
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::paging::{CursorPage, Page};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{ALL_DIVISIONS, home};
use crate::world::id::Id;
use crate::world::records::{AnyRecord, KindFacts, Records};
use crate::world::table::{Record, Refused};

type Fields = Map<String, Value>;

/// Everything that a [`Resource`] says of its kind.
pub(super) struct ResourceKind {
    facts: &'static KindFacts,
    param: &'static str,
    duplicate: (StatusCode, &'static str),
    deleted: StatusCode,
    kept: &'static [&'static str],
    versioned: bool,
    version_required: bool,
    starred: Starred,
    longest_name: (usize, &'static str),
    conflict: &'static str,
    in_use: Option<&'static str>,
    table: fn(&Organization) -> &Records,
    table_mut: fn(&mut Organization) -> &mut Records,
    to_json: fn(&Organization, &AnyRecord) -> Fields,
    to_json_at: fn(&Organization, &AnyRecord, Nanos) -> Fields,
    normalize: fn(&mut Fields),
    check: fn(&Organization, &Fields) -> Result<(), ApiError>,
    matches: fn(&Call<'_>, &Organization, &AnyRecord) -> bool,
    is_named: fn(&str, &str) -> bool,
    may_delete: fn(&Call<'_>, &Organization, Uuid) -> Result<(), ApiError>,
    note: fn(&mut Organization, Uuid, Option<&AnyRecord>),
    relate: fn(&mut Organization, Uuid, &Fields) -> Result<(), ApiError>,
    remove: fn(&mut Organization, Uuid),
}

impl ResourceKind {
    pub(super) const fn of<K: Resource>() -> &'static Self {
        const {
            &Self {
                facts: KindFacts::of::<K>(),
                param: K::PARAM,
                duplicate: K::DUPLICATE,
                deleted: K::DELETED,
                kept: K::KEPT,
                versioned: K::VERSIONED,
                version_required: K::VERSION_REQUIRED,
                starred: K::STARRED,
                longest_name: K::LONGEST_NAME,
                conflict: K::CONFLICT,
                in_use: K::IN_USE,
                table: |organization| K::table(organization).records(),
                table_mut: |organization| K::table_mut(organization).records_mut(),
                to_json: |organization, record| K::to_json(organization, Record::ref_cast(record)),
                to_json_at: |organization, record, now| {
                    K::to_json_at(organization, Record::ref_cast(record), now)
                },
                normalize: K::normalize,
                check: K::check,
                matches: |call, organization, record| {
                    K::matches(call, organization, Record::ref_cast(record))
                },
                is_named: K::is_named,
                may_delete: |call, organization, id| K::may_delete(call, organization, Id::new(id)),
                note: |organization, id, before| {
                    K::note(organization, Id::new(id), before.map(Record::ref_cast));
                },
                relate: |organization, id, body| K::relate(organization, Id::new(id), body),
                remove: |organization, id| drop(organization.remove::<K>(Id::new(id))),
            }
        }
    }

    pub(super) fn select<'o>(&self, call: &Call<'_>, organization: &'o Organization) -> Vec<&'o AnyRecord> {
        let name = call.query_text("name").map(|name| name.to_lowercase());
        let ids = call.query_list("id");
        let divisions = Divisions::of(call, "divisionId");
        let home = home(organization.id);
        let mut all: Vec<_> = (self.table)(organization)
            .iter()
            .filter(|record| {
                name.as_ref().is_none_or(|name| (self.is_named)(name, &record.name.to_lowercase()))
            })
            .filter(|record| ids.is_empty() || ids.contains(&record.uuid.to_string()))
            .filter(|record| divisions.have(record.division.unwrap_or(home)))
            .filter(|record| (self.matches)(call, organization, record))
            .collect();
        sort(call, &mut all);
        all
    }

    pub(super) fn page(&self, call: &Call<'_>) -> Result<Page<Fields>, ApiError> {
        let page = call.page()?;
        let organization = call.tenant().read();
        let all = self.select(call, &organization);
        let on_page = all.iter().skip(page.offset()).take(page.most());
        let entities = on_page.map(|record| (self.to_json_at)(&organization, record, call.now)).collect();
        Ok(Page::new(entities, all.len(), page, call.path, call.query))
    }

    pub(super) fn list_by_cursor(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let organization = call.tenant().read();
        let all = self.select(call, &organization).into_iter();
        let all = all.map(|record| (self.to_json_at)(&organization, record, call.now));
        Reply::ok(&CursorPage::of(all, |name| call.query(name), (call.path, call.query))?)
    }

    pub(super) fn find<'o>(
        &self,
        organization: &'o Organization,
        text: &str,
    ) -> Result<&'o AnyRecord, ApiError> {
        let found = (self.table)(organization).find(text);
        found.ok_or_else(|| ApiError::no_such(self.facts.name, text))
    }

    pub(super) fn get(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let id = call.param(self.param)?;
        let organization = call.tenant().read();
        Reply::ok(&(self.to_json_at)(&organization, self.find(&organization, &id)?, call.now))
    }

    pub(super) fn add(&self, call: &Call<'_>, body: &Fields) -> Result<Fields, ApiError> {
        let author = author(call);
        let name = if self.facts.is_named { self.read_name(body)? } else { "" };
        let mut record = AnyRecord::new(Uuid::new_v4(), name.to_owned(), call.now);
        (record.created_by, record.modified_by) = (author, author);
        call.change(|organization| {
            check_references_of(organization, self.facts.references, body)?;
            (self.check)(organization, body)?;
            let every = (self.starred == Starred::ByDefault).then_some(ALL_DIVISIONS);
            record.division = read_division(organization, body, self.starred)?.or(every);
            record.extra = self.pick(body);
            let id = record.uuid;
            let added = (self.table_mut)(organization).add(self.facts, record);
            added.map_err(|why| self.refused(why))?;
            if let Err(error) = (self.relate)(organization, id, body) {
                (self.remove)(organization, id);
                return Err(error);
            }
            self.announce(call, organization, id, None)
        })
    }

    pub(super) fn update(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let body = call.json_object()?;
        let changed = self.change(call, &call.param(self.param)?, &body, |record| {
            record.extra.extend(self.pick(&body));
            Ok(())
        });
        Reply::ok(&changed?)
    }

    pub(super) fn replace(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        Reply::ok(&self.replace_by(call, &call.param(self.param)?, &call.json_object()?)?)
    }

    pub(super) fn replace_by(&self, call: &Call<'_>, id: &str, body: &Fields) -> Result<Fields, ApiError> {
        self.change(call, id, body, |record| {
            if self.facts.is_named {
                self.read_name(body)?;
            }
            let before = std::mem::replace(&mut record.extra, self.pick(body));
            for (key, value) in before.into_iter().filter(|(key, _)| self.kept.contains(&key.as_str())) {
                record.extra.entry(key).or_insert(value);
            }
            Ok(())
        })
    }

    fn change(
        &self,
        call: &Call<'_>,
        id: &str,
        body: &Fields,
        fields: impl FnOnce(&mut AnyRecord) -> Result<(), ApiError>,
    ) -> Result<Fields, ApiError> {
        let author = author(call);
        call.change(|organization| {
            let before = self.find(organization, id)?.clone();
            let mut record = before.clone();
            self.check_change(organization, &before, body)?;
            fields(&mut record)?;
            if self.facts.is_named && body.get("name").is_some_and(|name| !name.is_null()) {
                self.read_name(body)?.clone_into(&mut record.name);
            }
            record.division = read_division(organization, body, self.starred)?.or(record.division);
            (record.modified_by, record.modified) = (author, call.now);
            record.version += 1;
            self.put(organization, record)?;
            if let Err(error) = (self.relate)(organization, before.uuid, body) {
                self.put(organization, before)?;
                return Err(error);
            }
            self.announce(call, organization, before.uuid, Some(&before))
        })
    }

    /// The name in a body, which has no more characters than the kind allows.
    fn read_name<'b>(&self, body: &'b Fields) -> Result<&'b str, ApiError> {
        let (name, (most, code)) = (required_text(body, "name")?, self.longest_name);
        if name.chars().count() > most {
            let why = format!("The property name has at most {most} characters.");
            return Err(ApiError { code: code.into(), ..ApiError::bad_request(why) });
        }
        Ok(name)
    }

    /// Refuses a change of another version, and a body that refers to what does not exist.
    fn check_change(
        &self,
        organization: &Organization,
        before: &AnyRecord,
        body: &Fields,
    ) -> Result<(), ApiError> {
        if self.versioned {
            let coded = |error| ApiError { code: self.conflict.into(), ..error };
            check_version(before.version, body).map_err(coded)?;
        }
        if self.version_required {
            require_version(body)?;
        }
        check_references_of(organization, self.facts.references, body)?;
        (self.check)(organization, body)
    }

    fn put(&self, organization: &mut Organization, record: AnyRecord) -> Result<bool, ApiError> {
        (self.table_mut)(organization).replace(self.facts, record).map_err(|why| self.refused(why))
    }

    /// Does what follows from a change, and shows the entity.
    fn announce(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        id: Uuid,
        before: Option<&AnyRecord>,
    ) -> Result<Fields, ApiError> {
        (self.note)(organization, id, before);
        Ok((self.to_json_at)(organization, self.find(organization, &id.to_string())?, call.now))
    }

    pub(super) fn delete(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let id = call.param(self.param)?;
        call.change(|organization| {
            self.remove(call, organization, &id)?;
            Ok(Reply::empty(self.deleted))
        })
    }

    pub(super) fn remove(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        id: &str,
    ) -> Result<Fields, ApiError> {
        let record = self.find(organization, id)?;
        let (id, written) = (record.uuid, (self.to_json)(organization, record));
        (self.may_delete)(call, organization, id)?;
        if let Some(code) = self.in_use
            && let Some(user) = organization.referrer(self.facts.path, id)
        {
            let why = format!("The {} is in use by a {user}.", self.facts.name);
            return Err(ApiError::new(StatusCode::BAD_REQUEST, code, why));
        }
        (self.remove)(organization, id);
        Ok(written)
    }

    /// The fields of a body that the kind stores.
    fn pick(&self, body: &Fields) -> Fields {
        let fields = self.facts.fields.iter();
        let mut fields =
            fields.filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone()))).collect();
        (self.normalize)(&mut fields);
        fields
    }

    /// The vendor's error for what a table refuses.
    pub(super) fn refused(&self, refused: Refused) -> ApiError {
        match refused {
            Refused::DuplicateName => {
                let (status, code) = self.duplicate;
                ApiError::new(status, code, format!("Another {} has this name already.", self.facts.name))
            }
            Refused::Full => full(),
        }
    }
}

/// Sorts by `sortBy`, or by name if only `sortOrder` is given.
fn sort(call: &Call<'_>, all: &mut [&AnyRecord]) {
    let (by, order) = (call.query_text("sortBy"), call.query_text("sortOrder"));
    match by.as_deref() {
        None if order.is_none() => {}
        Some("id") => all.sort_by_key(|record| record.uuid),
        Some("divisionId") => all.sort_by_key(|record| record.division.map(Id::uuid)),
        _ => all.sort_by_cached_key(|record| record.name.to_lowercase()),
    }
    if is_descending(call) {
        all.reverse();
    }
}
