//! Refuses bodies and queries whose pairs of ends are reversed, such as a schedule that ends before it starts.

use serde_json::{Map, Value};

use super::refusal;
use crate::catalog::Parameter;
use crate::catalog::schema::Wrong;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;

/// The beginning of a path, and two properties of its bodies of which the second is not below the first. Bodies of
/// other families have such pairs too, which the vendor ignores or does not compare.
type Pair = (&'static str, &'static str, &'static str);

const PAIRS: [Pair; 23] = [
    ("/alerting/alerts", "dateStart", "dateEnd"),
    ("/architect/schedules", "start", "end"),
    ("/gamification/contests", "dateStart", "dateEnd"),
    ("/languageunderstanding/miners", "dateStart", "dateEnd"),
    ("/orgauthorization/trust", "startDate", "endDate"),
    ("/outbound/contactlists", "min", "max"),
    ("/outbound/contactlisttemplates", "min", "max"),
    ("/outbound/schedules/", "start", "end"),
    ("/routing/predictors", "minimumOccupancy", "maximumOccupancy"),
    ("/taskmanagement/workitems/query/jobs", "dateIntervalStart", "dateIntervalEnd"),
    ("/telephony/siptraces", "dateStart", "dateEnd"),
    ("/users/{userId}/outofoffice", "startDate", "endDate"),
    ("/voicemail/policy", "minimumLength", "maximumLength"),
    ("/workforcemanagement/", "startDate", "endDate"),
    ("/workforcemanagement/", "startBusinessUnitDate", "endBusinessUnitDate"),
    ("/workforcemanagement/", "bidWindowStartDate", "bidWindowEndDate"),
    ("/workforcemanagement/", "minimumGroupSize", "maximumGroupSize"),
    ("/workforcemanagement/businessunits/{businessUnitId}/workplanbids", "minimum", "maximum"),
    (WORK_PLANS, "minimumDaysOffPerPlanningPeriod", "maximumDaysOffPerPlanningPeriod"),
    (WORK_PLANS, "minimumPaidMinutesPerPlanningPeriod", "maximumPaidMinutesPerPlanningPeriod"),
    (WORK_PLANS, "weeklyMinimumPaidMinutes", "weeklyMaximumPaidMinutes"),
    (WORK_PLANS, "minimumPaidTimeMinutes", "maximumPaidTimeMinutes"),
    (WORK_PLANS, "minimumContiguousWorkTimeMinutes", "maximumContiguousWorkTimeMinutes"),
];

/// Two parameters of a query of which the second is not before the first.
const QUERY_PAIRS: [(&str, &str); 4] =
    [("startTime", "endTime"), ("startDate", "endDate"), ("dateStart", "dateEnd"), ("start", "end")];

const WORK_PLANS: &str = "/workforcemanagement/managementunits/{managementUnitId}/workplans";

/// Refuses a body of that template, or an entity that is kept there, with a reversed pair at any depth: 400 with the
/// second property named.
pub(super) fn check(template: &str, body: &Value) -> Result<(), ApiError> {
    pairs_of(template).try_for_each(|pair| check_pair(pair, body))
}

/// [`check`] of an object.
pub(super) fn check_object(template: &str, body: &Map<String, Value>) -> Result<(), ApiError> {
    pairs_of(template).try_for_each(|pair| check_within(pair, body))
}

/// Refuses a query with a reversed pair of documented parameters. `value` gives the value of one.
pub(super) fn check_query(
    parameters: &[Parameter],
    value: impl Fn(&str) -> Option<String>,
) -> Result<(), ApiError> {
    let known = |name: &str| parameters.iter().any(|parameter| &*parameter.name == name);
    let value = |name: &str| value(name).map(Value::from);
    for (first, last) in QUERY_PAIRS.into_iter().filter(|(first, last)| known(first) && known(last)) {
        if let (Some(start), Some(end)) = (value(first), value(last))
            && is_reversed(&start, &end)
        {
            return Err(reversed(first, last, &end));
        }
    }
    Ok(())
}

fn pairs_of(template: &str) -> impl Iterator<Item = Pair> {
    let path = template.strip_prefix("/api/v2").unwrap_or_default();
    PAIRS.into_iter().filter(move |(of, ..)| path.starts_with(of))
}

fn check_pair(pair: Pair, value: &Value) -> Result<(), ApiError> {
    match value {
        Value::Object(object) => check_within(pair, object),
        Value::Array(all) => all.iter().try_for_each(|item| check_pair(pair, item)),
        _ => Ok(()),
    }
}

fn check_within(pair: Pair, object: &Map<String, Value>) -> Result<(), ApiError> {
    let (_, first, last) = pair;
    if let (Some(start), Some(end)) = (object.get(first), object.get(last))
        && is_reversed(start, end)
    {
        return Err(reversed(first, last, end));
    }
    object.values().try_for_each(|inner| check_pair(pair, inner))
}

fn reversed(first: &str, last: &str, end: &Value) -> ApiError {
    let expected = format!("a value that is not before {first}");
    let value = end.as_str().map_or_else(|| end.to_string(), str::to_owned);
    refusal::of_parameter(last, Wrong::Range { expected, value })
}

/// Whether the second of two dates or numbers is before the first. What is neither is not compared.
fn is_reversed(start: &Value, end: &Value) -> bool {
    if let (Some(start), Some(end)) = (start.as_f64(), end.as_f64()) {
        return end < start;
    }
    let instant = |value: &Value| value.as_str().and_then(read);
    instant(start).zip(instant(end)).is_some_and(|(start, end)| end < start)
}

/// The instant that a date is, with or without a time and a zone.
fn read(text: &str) -> Option<Nanos> {
    let with_zone = || parse_rfc3339(&format!("{text}Z"));
    parse_rfc3339(text).or_else(with_zone).or_else(|| parse_rfc3339(&format!("{text}T00:00:00Z")))
}
