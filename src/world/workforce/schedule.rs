//! The schedule of an agent.
//!
//! A schedule is a weekly pattern with publications over it. The newest publication that covers an instant holds.
//! All times are compared as instants. A time zone matters only where a local time becomes an instant: for patterns
//! and in [`instant`].

use std::sync::Arc;

use jiff::civil::{self, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Activity;
use crate::time::Nanos;

/// The time ahead in which the next change is searched.
const HORIZON_DAYS: i64 = 15;

/// An activity from one instant to another; the end is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shift {
    /// Its first instant.
    pub(crate) start: Nanos,
    /// The first instant after it.
    pub(crate) end: Nanos,
    /// The scheduled activity.
    pub(crate) activity: Activity,
}

/// The weekly working hours of an agent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Pattern {
    /// Nothing, unless something is published.
    #[default]
    Nothing,
    /// The queue's work, at every instant.
    Always,
    /// The queue's work from nine to five on working days, with a meal from twelve to one.
    OfficeHours(#[serde(with = "zone_name")] TimeZone),
}

/// A time zone in a snapshot, by its IANA name.
mod zone_name {
    use jiff::tz::TimeZone;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
        zone.iana_name().unwrap_or("UTC").serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
        let name = String::deserialize(deserializer)?;
        super::zone(&name).ok_or_else(|| D::Error::custom("a name is not that of an IANA time zone"))
    }
}

/// A publication for a span of time: the shifts in it, and nothing else.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publication {
    /// The time of its publication.
    pub(crate) published: Nanos,
    /// The time of its withdrawal.
    pub(crate) withdrawn: Option<Nanos>,
    /// The shifts in order, without overlaps.
    pub(crate) shifts: Arc<[Shift]>,
}

impl Publication {
    /// Whether an edge may still show it: it is not withdrawn for longer than the `longest` lag.
    pub(super) fn is_seen(&self, longest: Nanos, now: Nanos) -> bool {
        self.withdrawn.is_none_or(|withdrawn| withdrawn.saturating_add(longest) > now)
    }

    /// Whether it was published at `known`.
    fn is_known(&self, known: Nanos) -> bool {
        self.published <= known && self.withdrawn.is_none_or(|withdrawn| known < withdrawn)
    }

    fn covers(&self, instant: Nanos) -> bool {
        let span = self.shifts.first().zip(self.shifts.last());
        span.is_some_and(|(first, last)| (first.start..last.end).contains(&instant))
    }
}

/// One agent's schedule.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// The pattern that holds where nothing is published.
    pub(crate) pattern: Pattern,
    /// In the order of publication.
    pub(crate) publications: Vec<Publication>,
}

impl Schedule {
    /// The activity that is scheduled at `instant`, by the publications known at `known`.
    pub(crate) fn due(&self, instant: Nanos, known: Nanos) -> Option<Activity> {
        let published = self.publications.iter().rev();
        let speaks = published.into_iter().find(|one| one.is_known(known) && one.covers(instant));
        match speaks {
            Some(one) => one
                .shifts
                .iter()
                .find(|shift| (shift.start..shift.end).contains(&instant))
                .map(|shift| shift.activity),
            None => self.pattern.due(instant),
        }
    }

    /// The instants after `from`, until `to` and with it, at which something else may be due; unordered.
    pub(crate) fn boundaries(&self, from: Nanos, to: Nanos) -> Vec<Nanos> {
        let published = self.publications.iter().flat_map(|one| one.shifts.iter());
        let ends = published.flat_map(|shift| [shift.start, shift.end]);
        let mut all: Vec<_> = ends.filter(|at| *at > from && *at <= to).collect();
        all.extend(self.pattern.boundaries(from, to));
        all
    }

    /// The instants after `from` at which a publication or a withdrawal becomes known.
    pub(crate) fn news(&self, from: Nanos) -> impl Iterator<Item = Nanos> + '_ {
        let instants = self.publications.iter().flat_map(|one| [Some(one.published), one.withdrawn]);
        instants.flatten().filter(move |at| *at > from)
    }

    /// The shifts between two instants, clipped to them, in order; neighbours of one activity are one.
    pub(crate) fn shifts(&self, from: Nanos, to: Nanos, known: Nanos) -> Vec<Shift> {
        let mut edges = self.boundaries(from, to);
        edges.extend([from, to]);
        edges.sort_unstable();
        edges.dedup();
        let mut shifts: Vec<Shift> = Vec::new();
        for pair in edges.windows(2) {
            let Some(activity) = self.due(pair[0], known) else { continue };
            match shifts.last_mut().filter(|last| last.end == pair[0] && last.activity == activity) {
                Some(last) => last.end = pair[1],
                None => shifts.push(Shift { start: pair[0], end: pair[1], activity }),
            }
        }
        shifts
    }
}

impl Pattern {
    fn due(&self, instant: Nanos) -> Option<Activity> {
        match self {
            Self::Nothing => None,
            Self::Always => Some(Activity::OnQueueWork),
            Self::OfficeHours(zone) => {
                let local = timestamp(instant).to_zoned_datetime(zone.clone());
                let working = !matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
                match local.hour() {
                    12 if working => Some(Activity::Meal),
                    9..17 if working => Some(Activity::OnQueueWork),
                    _ => None,
                }
            }
        }
    }

    fn boundaries(&self, from: Nanos, to: Nanos) -> Vec<Nanos> {
        let Self::OfficeHours(zone) = self else { return Vec::new() };
        let mut day = timestamp(from).to_zoned_datetime(zone.clone()).date();
        let mut all = Vec::new();
        for _ in 0..=HORIZON_DAYS {
            let hours = [9, 12, 13, 17].map(|hour| day.at(hour, 0, 0, 0));
            let instants = hours.into_iter().filter_map(|local| nanos(zone.to_timestamp(local).ok()?));
            all.extend(instants.filter(|at| *at > from && *at <= to));
            let Ok(next) = day.checked_add(1.day()) else { break };
            day = next;
        }
        all
    }
}

/// The end of the search for the next instant that admits.
pub(super) fn horizon(now: Nanos) -> Nanos {
    now.saturating_add(14 * 24 * 3600 * 1_000_000_000)
}

/// The reason why a local time is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTime {
    /// It is not written as a date and time.
    #[error("[{0}] is not a date and time such as 2026-03-08T09:00:00 or 2026-03-08T15:00:00Z")]
    Unreadable(String),
    /// The clocks jumped over it.
    #[error("[{0}] does not exist in {1}: the clocks jump over it to daylight saving time")]
    Gap(String, String),
    /// It is before 1970.
    #[error("[{0}] is before 1970")]
    TooEarly(String),
}

/// Reads an instant. A time without an offset is local in `zone`. Of an ambiguous local time, the first instant is
/// used.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Result<Nanos, BadTime> {
    let own = || text.to_owned();
    let early = || BadTime::TooEarly(own());
    if let Ok(instant) = text.parse::<Timestamp>() {
        return nanos(instant).ok_or_else(early);
    }
    let local: civil::DateTime = text.parse().map_err(|_| BadTime::Unreadable(own()))?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(BadTime::Gap(own(), zone.iana_name().unwrap_or("its zone").to_owned()));
    }
    nanos(ambiguous.earlier().map_err(|_| BadTime::Unreadable(own()))?).ok_or_else(early)
}

fn timestamp(instant: Nanos) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(instant)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn nanos(instant: Timestamp) -> Option<Nanos> {
    u64::try_from(instant.as_nanosecond()).ok()
}

/// The zone of an IANA name.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Nanos = 1_000_000_000;

    fn at(text: &str) -> Nanos {
        instant(text, &TimeZone::UTC).expect("an instant")
    }

    fn chicago() -> TimeZone {
        zone("America/Chicago").expect("bundled")
    }

    #[test]
    fn office_hours_follow_the_local_clock_through_daylight_saving() {
        let hours = Pattern::OfficeHours(chicago());
        // Friday before, and Monday after the clocks went forward: nine is 15:00, then 14:00 in UTC.
        for (text, due) in [
            ("2026-03-06T14:59:59Z", None),
            ("2026-03-06T15:00:00Z", Some(Activity::OnQueueWork)),
            ("2026-03-06T18:00:00Z", Some(Activity::Meal)),
            ("2026-03-06T23:00:00Z", None),
            ("2026-03-07T16:00:00Z", None),
            ("2026-03-09T13:59:59Z", None),
            ("2026-03-09T14:00:00Z", Some(Activity::OnQueueWork)),
        ] {
            assert_eq!(hours.due(at(text)), due, "{text}");
        }
        let first = hours.boundaries(at("2026-03-07T00:00:00Z"), at("2026-03-10T00:00:00Z"));
        assert!(first.contains(&at("2026-03-09T14:00:00Z")));
    }

    #[test]
    fn local_times_are_taken_in_their_zone_and_a_gap_is_told() {
        let zone = chicago();
        assert_eq!(instant("2026-03-06T09:00:00", &zone), Ok(at("2026-03-06T15:00:00Z")));
        assert_eq!(instant("2026-03-06T09:00:00+08:00", &zone), Ok(at("2026-03-06T01:00:00Z")));
        assert!(matches!(instant("2026-03-08T02:30:00", &zone), Err(BadTime::Gap(..))));
        assert_eq!(instant("2026-11-01T01:30:00", &zone), Ok(at("2026-11-01T06:30:00Z")), "the first of two");
        assert!(matches!(instant("soon", &zone), Err(BadTime::Unreadable(_))));
    }

    #[test]
    fn a_publication_speaks_for_its_span_and_is_known_when_it_is_heard_of() {
        let shift = |start, end, activity| Shift { start: start * SECOND, end: end * SECOND, activity };
        let shifts = [shift(100, 200, Activity::OnQueueWork), shift(250, 300, Activity::Break)];
        let publication =
            Publication { published: 50 * SECOND, withdrawn: Some(400 * SECOND), shifts: shifts.into() };
        let schedule = Schedule { pattern: Pattern::Always, publications: vec![publication] };
        let due = |instant: u64, known: u64| schedule.due(instant * SECOND, known * SECOND);
        assert_eq!(due(150, 49), Some(Activity::OnQueueWork), "not heard of yet: the pattern speaks");
        assert_eq!(due(220, 49), Some(Activity::OnQueueWork));
        assert_eq!(due(220, 50), None, "the span has no shift here");
        assert_eq!(due(260, 50), Some(Activity::Break));
        assert_eq!(due(300, 50), Some(Activity::OnQueueWork), "behind the span");
        assert_eq!(due(260, 400), Some(Activity::OnQueueWork), "withdrawn");
        let shown = schedule.shifts(150 * SECOND, 320 * SECOND, 60 * SECOND);
        let expected = [
            shift(150, 200, Activity::OnQueueWork),
            shift(250, 300, Activity::Break),
            shift(300, 320, Activity::OnQueueWork),
        ];
        assert_eq!(shown, expected);
    }
}
