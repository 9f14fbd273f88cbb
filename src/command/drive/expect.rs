//! The expectations of `gcmock run`, judged by the samples of the driver.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use gcmock_plan::model::Plan;
use gcmock_plan::results::Outcome;
use http::Method;
use uuid::Uuid;

use super::jtl::Row;
use super::request;
use super::tally::Listener;
use crate::catalog::path::normalize;
use crate::catalog::{Catalog, OperationId};
use crate::command::Failure;
use crate::command::run::read_expectations;
use crate::instance::document;
use crate::instance::mock_server::live_config;
use crate::observe::compact_method::CompactMethod;
use crate::observe::journal::{Details, Exchange, Journal, RUN_CAPACITY};
use crate::observe::verify::{self, Expectations, Verdict, verify};
use crate::platform::{self, Platform};
use crate::time::clock::Clock;

/// Bits of a connection's number that are the user's; the others are the group's.
const USER_BITS: u32 = 22;

/// Expectations, and the journal of the samples so far.
pub(super) struct Judge {
    expectations: Expectations,
    journal: Arc<Journal>,
    platform: Platform,
}

/// What an exchange has of its sampler.
struct Known {
    operation: OperationId,
    method: CompactMethod,
    details: Option<Box<Details>>,
}

impl Judge {
    /// Reads the expectations.
    ///
    /// # Errors
    /// The mistake and its place in the file.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let expectations = read_expectations(file)?;
        let routes = document::routes(None).map_err(Failure::Usage)?;
        // Nothing is served: the platform has the names of operations and organizations.
        let config = live_config(&routes, Vec::new()).map_err(|problems| anyhow!("{problems}"))?;
        let platform = Platform::new(routes.catalog, config, Clock::system(), platform::Options::default())?;
        Ok(Self { expectations, journal: Arc::new(Journal::new(RUN_CAPACITY)), platform })
    }

    /// Notes each sample as an exchange.
    pub(super) fn listener(&self, plan: &Plan) -> Listener {
        let known: Vec<_> = plan
            .nodes
            .iter()
            .map(|node| {
                request::operation(node).map(|(method, path)| known(&self.platform.catalog, method, path))
            })
            .collect();
        let journal = Arc::clone(&self.journal);
        let catalog = Arc::clone(&self.platform.catalog);
        Box::new(move |row| {
            let sampler = known.get(row.sample.label as usize).and_then(Option::as_ref);
            let Some(sampler) = sampler.filter(|_| !row.sample.transaction) else { return };
            let path = row.told.as_ref().and_then(|told| told.path.as_ref());
            let own = path.map(|path| self::known(&catalog, sampler.method.as_str(), path.path()));
            journal.record(exchange(row, own.as_ref().unwrap_or(sampler)));
        })
    }

    /// The verdicts over all samples.
    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        let run = self.platform.run_so_far();
        verify(verify::Run { journal: &self.journal, ..run }, &self.expectations)
    }
}

fn known(catalog: &Catalog, verb: &str, written: &str) -> Known {
    let path = &*normalize(written);
    let method =
        Method::from_bytes(if verb == "WS" { b"GET" } else { verb.as_bytes() }).unwrap_or(Method::GET);
    let found = if verb == "WS" { catalog.find_socket(path) } else { catalog.find_any(&method, path) };
    let operation = found.map(|found| found.operation.id);
    let details = Details { path: operation.is_none().then(|| path.into()), ..Details::default() };
    Known {
        operation: operation.unwrap_or(OperationId::UNKNOWN),
        method: CompactMethod::of(&method).unwrap_or(CompactMethod::GET),
        details: details.boxed(),
    }
}

fn exchange(row: &Row, known: &Known) -> Exchange {
    let sample = &row.sample;
    let status = match sample.outcome {
        Outcome::Status(status) => status,
        _ => 0,
    };
    Exchange {
        time: sample.start,
        correlation: Uuid::nil(),
        token: 0,
        method: known.method,
        operation: known.operation,
        tenant: None,
        client: None,
        user: None,
        governing: None,
        used_percent: 0,
        refused: status == 429,
        generic: false,
        status,
        retry_after: sample.retry_after,
        took_micros: u32::try_from(sample.elapsed / 1000).unwrap_or(u32::MAX),
        edge: None,
        connection: (row.group << USER_BITS) | sample.thread,
        details: known.details.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampler_of_scim_is_its_operation_however_its_path_is_written() {
        let catalog = document::routes(None).expect("the embedded document").catalog;
        for path in ["/api/v2/scim/v2/Users", "/api/v2/scim/v2/users/", "/api/v2/scim/v2/%75sers"] {
            let known = known(&catalog, "POST", path);
            let operation = catalog.by_id(known.operation).expect("an operation");
            assert_eq!(&*operation.template, "/api/v2/scim/v2/users", "{path}");
        }
    }
}
