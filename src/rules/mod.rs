//! Limits files, read, checked and compiled.
//!
//! A file goes through `tree` (TOML or JSON with the location of every value), `file` (each entry by itself) and
//! `compile` (a whole file, and several files in layers). The result is the immutable [`Config`]. [`LiveConfig`]
//! holds the one in force and reloads it. All mistakes are reported at once, as [`Problems`].
//!
//! To add a key of `[[limit]]`, add a line in `file::LimitEntry` and one in `compile::assemble`.

mod advice;
mod compile;
mod coverage;
mod excerpt;
mod fault;
mod file;
mod grant;
mod ids;
mod index;
mod json_path;
mod kinds;
mod pattern;
mod plain;
mod problem;
mod reader;
mod reload;
mod scenarios;
#[cfg(test)]
mod tests;
mod toml_subject;
mod tree;

use std::time::Duration;

pub(crate) use self::compile::{Source, load, load_json, load_part};
pub(crate) use self::coverage::touches_an_operation;
pub(crate) use self::excerpt::{
    excerpt, json_mistake, secret_json_mistake, secret_toml_mistake, toml_mistake, value_mistake,
};
pub(crate) use self::fault::{
    EVERY_EDGE, FAULT_KINDS, Fault, FaultKind, KindExample, MAX_FAULTS, Onset, PRESETS, Preset, Trigger,
    expected_presets, format_rate,
};
pub(crate) use self::grant::{Grant, Grants};
pub(crate) use self::ids::RuleIds;
pub(crate) use self::pattern::{Cover, Pattern, PatternMethod};
pub(crate) use self::problem::{Location, Problem, Problems};
pub(crate) use self::reload::{Layer, LiveConfig, OperationCatalog, read_source, watch};
pub(crate) use self::scenarios::{SCENARIOS, Scenario, default_source, default_text};

use gcmock_limit::{Rule, RuleId};

use self::index::{Candidates, Index, Indexed};
use crate::catalog::OperationId;

/// The limits, latencies and faults in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// The form in which answers show limits.
    pub(crate) response: Response,
    /// The limits in the order of the files; on ties the first governs.
    pub(crate) limits: Vec<Limit>,
    /// The latencies in the order of the files; the first that matches applies.
    pub(crate) latencies: Vec<Latency>,
    /// The faults in the order of the files; the first that strikes a request applies.
    pub(crate) faults: Vec<Fault>,
    /// Valid settings that may surprise.
    pub(crate) warnings: Vec<Problem>,
    index: Index,
}

/// The form in which answers show limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// The families of rate limit headers that are sent.
    pub(crate) headers: HeaderSets,
    /// Whether refusals carry `Gcmock-Limit`.
    pub(crate) explain: bool,
    /// Whether the status line of a refused WebSocket handshake has the reason.
    pub(crate) reason_phrase: bool,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            headers: HeaderSets { x_ratelimit: true, ..HeaderSets::default() },
            explain: true,
            reason_phrase: false,
        }
    }
}

/// Families of rate limit headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderSets {
    /// `X-RateLimit-*`.
    pub(crate) x_ratelimit: bool,
    /// `inin-ratelimit-*`, which the platform sent until June 2021.
    pub(crate) inin: bool,
    /// `RateLimit-*`, as the IETF drafts have it.
    pub(crate) ietf: bool,
}

/// One `[[limit]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The rule for the engine.
    pub(crate) rule: Rule,
    /// The requests it covers.
    pub(crate) patterns: Vec<Pattern>,
    /// The grants of tokens that the limit covers. `None` is every caller.
    pub(crate) grants: Option<Grants>,
    /// Where its buckets are, if that is said.
    pub(crate) place: Option<Place>,
    /// What it does while the store fails.
    pub(crate) on_store_failure: OnStoreFailure,
    /// `match` as written.
    pub(crate) matches: Vec<String>,
    /// Its location in the file.
    pub(crate) location: Location,
}

/// Where the buckets of a limit are, of a server with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In each node.
    Local,
    /// In the store.
    Shared,
}

impl Place {
    /// The place's name in limits files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Shared => "shared",
        }
    }
}

/// What a shared limit does while the store fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnStoreFailure {
    /// It counts in the node's own buckets.
    #[default]
    Local,
    /// It refuses every request.
    Refuse,
    /// It admits every request.
    Admit,
}

impl OnStoreFailure {
    /// The name in limits files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Refuse => "refuse",
            Self::Admit => "admit",
        }
    }

    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Local, Self::Refuse, Self::Admit];

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl Limit {
    /// Whether the limit covers a caller with a token of that grant, or without a token.
    pub(crate) fn covers_grant(&self, grant: Option<Grant>) -> bool {
        self.grants.is_none_or(|grants| grant.is_some_and(|grant| grants.has(grant)))
    }
}

/// One `[[latency]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latency {
    /// The requests it covers.
    pub(crate) patterns: Vec<Pattern>,
    /// The wait of an admitted request.
    pub(crate) base: Delay,
    /// The wait of a refused request. `None` is no wait.
    pub(crate) throttled: Option<Duration>,
    /// The share of the fullest limit, 0 to 1, from which admitted requests rise towards `throttled`.
    pub(crate) rises_from: Option<f64>,
    /// `match` as written.
    pub(crate) matches: Vec<String>,
    /// Its location in the file.
    pub(crate) location: Location,
}

/// How long an admitted request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    /// A fixed time.
    Fixed(Duration),
    /// Log-normally distributed.
    LogNormal {
        /// Half of the requests wait less; more than zero.
        median: Duration,
        /// 99 of 100 requests wait less; at least the median.
        p99: Duration,
    },
}

impl Config {
    /// Works out per operation which limits, latencies and faults can match it, so that a request tries few
    /// patterns. Operations are given by id, method (as in [`PatternMethod`]) and path template.
    pub(crate) fn index<'a>(&mut self, operations: impl Iterator<Item = (OperationId, &'a str, &'a str)>) {
        self.index = Index::build(&Indexed::of(self), operations);
    }

    /// The rules of all limits, in file order.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.limits.iter().map(|limit| &limit.rule)
    }

    /// The limit of a rule.
    pub(crate) fn limit_of(&self, rule: RuleId) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.rule.id == rule)
    }

    /// The limits that cover a request, in file order. `operation` is its id where it has one;
    /// requests without one try every pattern.
    pub(crate) fn limits_for<'a, 'r>(
        &'a self,
        operation: Option<OperationId>,
        method: PatternMethod<'r>,
        path: &'r str,
    ) -> impl Iterator<Item = &'a Limit> + use<'a, 'r> {
        self.candidates(operation).limits.iter().filter_map(move |candidate| {
            let limit = self.limits.get(candidate.at)?;
            candidate.holds(&limit.patterns, method, path).then_some(limit)
        })
    }

    /// The latency of a request: the first in file order that covers it.
    pub(crate) fn latency_for(
        &self,
        operation: Option<OperationId>,
        method: PatternMethod<'_>,
        path: &str,
    ) -> Option<&Latency> {
        self.candidates(operation).latencies.iter().find_map(|candidate| {
            let latency = self.latencies.get(candidate.at)?;
            candidate.holds(&latency.patterns, method, path).then_some(latency)
        })
    }

    /// The faults that cover a request, in file order; none of share 0.
    pub(crate) fn faults_for<'a, 'r>(
        &'a self,
        operation: Option<OperationId>,
        method: PatternMethod<'r>,
        path: &'r str,
    ) -> impl Iterator<Item = &'a Fault> + use<'a, 'r> {
        self.candidates(operation).faults.iter().filter_map(move |candidate| {
            let fault = self.faults.get(candidate.at)?;
            candidate.holds(&fault.patterns, method, path).then_some(fault)
        })
    }

    fn candidates(&self, operation: Option<OperationId>) -> &Candidates {
        self.index.candidates(operation)
    }
}
