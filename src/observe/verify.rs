//! Expectations of a run: counts, rates, refusals, and whether clients honoured `Retry-After`.
//!
//! To add an expectation, add a field of [`Expectation`] and its line in `Expectation::judge`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::audit::{Audit, Callers, busiest};
use super::filter::{Filter, Names, ResolvedFilter, names_nothing};
use super::journal::{Exchange, Journal};
use crate::catalog::Catalog;
use crate::rules::{excerpt, json_mistake, toml_mistake};
use crate::time::Nanos;
use crate::time::clock::Mode;

const SECOND: Nanos = 1_000_000_000;

/// An expectation of a run. Every field that is given has to hold.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    /// Its name in the verdict.
    pub(crate) name: Option<String>,
    /// The operation: `POST /api/v2/…` as in the journal, or a pattern as in limits files. Without it, all
    /// operations.
    pub(crate) operation: Option<String>,
    /// The id or name of the organization. Without it, all organizations.
    pub(crate) tenant: Option<String>,
    /// The least number of requests.
    pub(crate) at_least: Option<u64>,
    /// The greatest number of requests.
    pub(crate) at_most: Option<u64>,
    /// The greatest number of refusals.
    pub(crate) at_most_refusals: Option<u64>,
    /// The least number of refusals, for a run that has to meet its limit.
    pub(crate) at_least_refusals: Option<u64>,
    /// The greatest number of requests within any second.
    pub(crate) max_per_second: Option<u64>,
    /// No caller retries before the time of `Retry-After`.
    #[serde(default)]
    pub(crate) no_early_retries: bool,
    /// Every refused caller retries, and none too early.
    #[serde(default)]
    pub(crate) retry_after_honoured: bool,
}

/// A list of expectations, as a file or a request has it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    /// The expectations, in order.
    #[schema(min_items = 1)]
    pub(crate) expect: Vec<Expectation>,
}

impl Expectations {
    /// Reads TOML, or JSON where the text begins like it.
    ///
    /// # Errors
    /// The mistake and its location.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let read: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| json_mistake(text.as_bytes(), &error))?
        } else {
            toml::from_str(text).map_err(|error| toml_mistake(text, &error))?
        };
        read.checked()
    }

    /// Refuses expectations that could only pass, or never.
    ///
    /// # Errors
    /// The expectation that makes no sense, and why.
    pub(crate) fn checked(self) -> Result<Self, String> {
        if self.expect.is_empty() {
            return Err("expect is empty, so there is nothing to check".to_owned());
        }
        for (expectation, number) in self.expect.iter().zip(1..) {
            if let Some(why) = expectation.makes_no_sense() {
                return Err(format!("{}: {why}", excerpt(&expectation.title(number))));
            }
        }
        Ok(self)
    }
}

/// The run that is judged.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// The requests and their answers.
    pub(crate) journal: &'a Journal,
    /// The tables in which the names of expectations are looked up.
    pub(crate) names: Names<'a>,
    /// Whether model time moved by itself.
    pub(crate) mode: Mode,
}

/// The verdict on one expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// The name of the expectation.
    pub(crate) name: String,
    /// Whether all of its conditions are met.
    pub(crate) passed: bool,
    /// The failed conditions, or the counts.
    pub(crate) message: String,
}

/// Judges all expectations by the journal. None passes if the journal has dropped entries.
pub(crate) fn verify(run: Run<'_>, expectations: &Expectations) -> Vec<Verdict> {
    let requests = run.journal.requests();
    let callers = callers(run.names.catalog, run.mode, &requests);
    let numbered = expectations.expect.iter().zip(1..);
    numbered.map(|(expectation, number)| expectation.verdict(run, &requests, &callers, number)).collect()
}

/// The callers of these requests.
pub(crate) fn callers(catalog: &Catalog, mode: Mode, requests: &[Exchange]) -> Callers {
    Callers::of(requests, mode == Mode::System, |operation| {
        catalog.by_id(operation).is_some_and(|operation| operation.verb() == "WS")
    })
}

impl Expectation {
    fn verdict(&self, run: Run<'_>, requests: &[Exchange], callers: &Callers, number: usize) -> Verdict {
        let filter =
            Filter { operation: self.operation.clone(), tenant: self.tenant.clone(), ..Filter::default() };
        let wanted = ResolvedFilter::of(run.names, &filter);
        let asked: Vec<_> = requests.iter().filter(|exchange| wanted.takes(exchange)).collect();
        let refusals = asked.iter().filter(|exchange| exchange.refused).count() as u64;
        let mut wrong = self.judge(&asked, refusals, callers);
        wrong.extend(names_nothing(run.names, &filter));
        wrong.extend(Some(run.journal.forgotten()).filter(|forgotten| *forgotten > 0).map(|forgotten| {
            format!(
                "the journal dropped {forgotten} older entries: --journal N keeps more, and \
                 DELETE /__admin/requests empties it"
            )
        }));
        let counted = format!("{} requests, {refusals} refused", asked.len());
        Verdict {
            name: self.title(number),
            passed: wrong.is_empty(),
            message: if wrong.is_empty() { counted } else { format!("{} ({counted})", wrong.join("; ")) },
        }
    }

    fn title(&self, number: usize) -> String {
        let of = self.operation.as_deref().unwrap_or("all requests");
        self.name.clone().unwrap_or_else(|| format!("expectation {number}: {of}"))
    }

    fn makes_no_sense(&self) -> Option<&'static str> {
        let most = [self.at_most, self.at_most_refusals, self.max_per_second];
        let least = [self.at_least, self.at_least_refusals];
        let expects = most.iter().any(Option::is_some)
            || least.iter().any(|least| least.is_some_and(|least| least > 0))
            || self.no_early_retries
            || self.retry_after_honoured;
        let over =
            |least: Option<u64>, most: Option<u64>| least.zip(most).is_some_and(|(least, most)| least > most);
        if !expects {
            Some("it has no condition")
        } else if over(self.at_least, self.at_most) {
            Some("at_least is more than at_most")
        } else if over(self.at_least_refusals, self.at_most_refusals) {
            Some("at_least_refusals is more than at_most_refusals")
        } else {
            over(self.at_least_refusals, self.at_most).then_some("at_least_refusals is more than at_most")
        }
    }

    /// Everything that does not hold.
    fn judge(&self, asked: &[&Exchange], refusals: u64, callers: &Callers) -> Vec<String> {
        let count = asked.len() as u64;
        let times: Vec<_> = asked.iter().map(|exchange| exchange.time).collect();
        let fastest = busiest(&times, SECOND).map_or(0, |(count, _)| count as u64);
        let waits = self.no_early_retries || self.retry_after_honoured;
        let audit = if waits { Audit::of(asked.iter().copied(), callers) } else { Audit::default() };
        let too_many = |what: &str, seen: u64, most: Option<u64>| {
            most.filter(|most| seen > *most)
                .map(|most| format!("{seen} {what}, at most {most} were expected"))
        };
        let too_few = |what: &str, seen: u64, least: Option<u64>| {
            least
                .filter(|least| seen < *least)
                .map(|least| format!("{seen} {what}, at least {least} were expected"))
        };
        let broken = [
            too_few("requests", count, self.at_least),
            too_many("requests", count, self.at_most),
            too_many("refusals", refusals, self.at_most_refusals),
            too_few("refusals", refusals, self.at_least_refusals),
            too_many("requests within a second", fastest, self.max_per_second),
            too_many("retries before Retry-After", u64::from(audit.early()), waits.then_some(0)),
            too_many(
                "refusals without a retry",
                u64::from(audit.unretried()),
                self.retry_after_honoured.then_some(0),
            ),
        ];
        broken.into_iter().flatten().collect()
    }
}
