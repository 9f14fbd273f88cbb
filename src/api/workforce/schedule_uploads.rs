//! Schedules that clients upload: the address of a file, the import of a new schedule, the update of one.
//!
//! The key of an upload is good once, for the operation for which it was given, when its file has arrived. A schedule that
//! is published takes the place of the published ones of its week. A refused operation changes nothing: its key stays good.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::agent_entries::{AgentChange, read_agents, read_changes};
use super::events::schedule_events;
use super::week_agents::{agent_schedules, agents_of, check_room, has_shifts, is_published, republish};
use super::week_schedules::{WEEKS, WeekSchedule, complete};
use crate::api::call::Call;
use crate::api::entity::{id_in, required_text, text};
use crate::api::json_entity::{self, Body, add_to, answer, author_reference, edit_in, path_of};
use crate::api::route::Route;
use crate::api::uploads::{self, KEPT};
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::{Entity, UPLOADS};

/// The operation that an upload is for.
const FOR: &str = "for";
const FILE: &str = "schedule.json.gz";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{WEEKS}/{{scheduleId}}");
    vec![
        Route::post(&format!("{one}/update/uploadurl"), expect_update),
        Route::post(&format!("{one}/update"), update).publishes(schedule_events),
        Route::post(&format!("{WEEKS}/import/uploadurl"), expect_import),
        Route::post(&format!("{WEEKS}/import"), import).publishes(schedule_events),
    ]
}

fn expect_update(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::find::<WeekSchedule>(call, &call.tenant().read())?;
    expect(call)
}

fn expect_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::select::<WeekSchedule>(call, &call.tenant().read())?;
    expect(call)
}

fn expect(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = call.path.strip_suffix("/uploadurl").unwrap_or(call.path);
    let more = Body::from_iter([(FOR.to_owned(), json!(path))]);
    let id = call.change(|organization| Ok(uploads::expect(organization, KEPT, more)))?;
    answer::reply(call, uploads::to_json(call, &id, FILE))
}

/// The upload that a key names, if this operation has given the key.
fn find_upload(call: &Call<'_>, organization: &Organization, key: &str) -> Result<Entity, ApiError> {
    let upload = organization.collections.get(UPLOADS, key.split('/').next().unwrap_or_default());
    upload.filter(|upload| text(upload, FOR) == call.path).cloned().ok_or_else(|| {
        let why = format!("The uploadKey [{}] is not one that this operation has given out.", quoted(key));
        ApiError::bad_request(why)
    })
}

/// The file of an upload.
fn file_of(upload: &Body) -> Result<&Body, ApiError> {
    let why = match uploads::content_of(upload) {
        Some(Value::Object(file)) => return Ok(file),
        Some(_) => "The uploaded file must be a JSON object, plain or gzip.",
        None => "No file has been sent to the address of the upload yet.",
    };
    Err(ApiError::bad_request(why))
}

/// `POST …/update`: the fields and the agents of the file change the schedule.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::find::<WeekSchedule>(call, &call.tenant().read())?;
    apply_upload(call, |organization, plan, author| {
        let before = json_entity::find::<WeekSchedule>(call, organization)?.clone();
        plan.was_published = is_published(&before);
        plan.change(organization, Some(&before), call.now)?;
        let fields = plan.fields(&["description", "shortTermForecast"]);
        edit_in::<WeekSchedule>(call, organization, fields, author)
    })
}

/// `POST …/import`: a new schedule of the file.
fn import(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::select::<WeekSchedule>(call, &call.tenant().read())?;
    apply_upload(call, |organization, plan, author| {
        plan.change(organization, None, call.now)?;
        let fields = plan.fields(&["description", "weekCount", "shortTermForecast"]);
        add_to::<WeekSchedule>(call, organization, fields, author)
    })
}

/// Does what the file of an upload says, with the schedule that `store` has made or changed. The upload goes last: after a refusal its key
/// is still good.
fn apply_upload(
    call: &Call<'_>,
    store: impl Fn(&mut Organization, &mut Plan<'_>, Value) -> Result<Body, ApiError>,
) -> Result<Reply, ApiError> {
    let (body, author) = (call.json_object()?, author_reference(call));
    let (key, unit) = (required_text(&body, "uploadKey")?, call.param("businessUnitId")?);
    let tenant = call.tenant();
    let upload = find_upload(call, &tenant.read(), key)?;
    let file = file_of(&upload)?;
    // A large file is checked without the write lock.
    let entries = read_agents(&tenant.read(), &unit, file)?;
    let stored = call.change(|organization| {
        find_upload(call, organization, key)?;
        let mut plan = Plan { file, entries: &entries, was_published: false, agents: Vec::new() };
        let schedule = store(organization, &mut plan, author.clone())?;
        let stored = plan.apply(call, organization, &schedule)?;
        organization.collections.remove(UPLOADS, text(&upload, "id"));
        Ok(stored)
    })?;
    answer::reply(call, complete(Some(stored)))
}

/// What a file makes of a schedule.
struct Plan<'f> {
    file: &'f Body,
    entries: &'f [Body],
    was_published: bool,
    agents: Vec<AgentChange>,
}

impl Plan<'_> {
    fn publishes(&self) -> bool {
        self.file.get("published") == Some(&Value::Bool(true))
    }

    fn publishes_anew(&self) -> bool {
        self.publishes() && !self.was_published
    }

    /// These fields of the file.
    fn fields(&self, names: &[&str]) -> Body {
        let named = self.file.iter().filter(|(key, _)| names.contains(&key.as_str()));
        named.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Finds what the entries make of the agents of a schedule, and refuses a publication for which an agent has no room.
    fn change(
        &mut self,
        organization: &Organization,
        schedule: Option<&Body>,
        now: Nanos,
    ) -> Result<(), ApiError> {
        self.agents = read_changes(organization, schedule, self.entries, now)?;
        if !self.publishes() && !self.was_published {
            return Ok(());
        }
        let known = schedule.filter(|_| self.publishes_anew()).map(|one| agent_schedules(organization, one));
        let changed: HashSet<&str> = self.agents.iter().map(|agent| &*agent.id).collect();
        let kept = known.into_iter().flatten().filter(|agent| !changed.contains(id_in(agent, "user")));
        let after = self.agents.iter().filter_map(|agent| agent.after.as_ref());
        let mut agents = kept.map(|agent| &**agent).chain(after).filter(|agent| has_shifts(agent));
        agents.try_for_each(|agent| check_room(organization, id_in(agent, "user"), now))
    }

    /// Stores the agents, and publishes what is to be published.
    fn apply(
        self,
        call: &Call<'_>,
        organization: &mut Organization,
        schedule: &Body,
    ) -> Result<Body, ApiError> {
        let (business_unit, is_new) = (call.param("businessUnitId")?, self.publishes_anew());
        if is_new {
            retire_others(call, organization, schedule)?;
            set_published(call, organization, schedule, true)?;
        }
        for agent in self.agents {
            store(organization, schedule, &agent);
            if self.was_published {
                let change = (agent.before.as_deref(), agent.after.as_ref());
                republish(organization, &business_unit, change, call.now)?;
            }
        }
        if is_new {
            publish(organization, &business_unit, schedule, call.now)?;
        }
        let found = json_entity::find_by_id::<WeekSchedule>(call, organization, text(schedule, "id"))?;
        Ok(json_entity::to_json::<WeekSchedule>(call, organization, found))
    }
}

fn store(organization: &mut Organization, schedule: &Body, agent: &AgentChange) {
    let path = agents_of(schedule);
    match &agent.after {
        Some(after) => drop(organization.collections.insert_chosen(&path, &agent.id, after.clone())),
        None => drop(organization.collections.remove(&path, &agent.id)),
    }
}

/// Publishes the shifts of every agent of a schedule.
fn publish(
    organization: &mut Organization,
    business_unit: &str,
    schedule: &Body,
    now: Nanos,
) -> Result<(), ApiError> {
    let agents: Vec<_> = agent_schedules(organization, schedule).into_iter().cloned().collect();
    agents.iter().try_for_each(|agent| republish(organization, business_unit, (None, Some(agent)), now))
}

/// Withdraws the other published schedules of the week.
fn retire_others(call: &Call<'_>, organization: &mut Organization, schedule: &Body) -> Result<(), ApiError> {
    let path = path_of(call, WEEKS)?;
    let is_other = |one: &&Entity| is_published(one) && one["id"] != schedule["id"];
    let others: Vec<_> = organization.collections.list(&path).filter(is_other).cloned().collect();
    others.iter().try_for_each(|other| {
        set_published(call, organization, other, false)?;
        withdraw(call, organization, other)
    })
}

fn set_published(
    call: &Call<'_>,
    organization: &mut Organization,
    schedule: &Body,
    published: bool,
) -> Result<(), ApiError> {
    let path = path_of(call, WEEKS)?;
    let changed = organization.collections.update(&path, text(schedule, "id"), |one| {
        one.insert("published".to_owned(), json!(published));
        Ok::<(), ApiError>(())
    });
    changed.transpose().map(drop)
}

/// Withdraws the shifts of a schedule that is published no longer.
pub(super) fn withdraw(
    call: &Call<'_>,
    organization: &mut Organization,
    schedule: &Body,
) -> Result<(), ApiError> {
    let business_unit = call.param("businessUnitId")?;
    let agents: Vec<_> = agent_schedules(organization, schedule).into_iter().cloned().collect();
    let mut agents = agents.iter();
    agents.try_for_each(|one| republish(organization, &business_unit, (Some(one), None), call.now))
}

/// Copies the agents of a schedule to another, which is not published.
pub(super) fn copy_agents(organization: &mut Organization, from: &Body, to: &Body) {
    let agents: Vec<_> = agent_schedules(organization, from).into_iter().cloned().collect();
    for agent in agents {
        let id = id_in(&agent, "user").to_owned();
        organization.collections.insert_chosen(&agents_of(to), &id, Map::clone(&agent));
    }
}
