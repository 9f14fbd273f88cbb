//! Adherence explanations of agents, and jobs.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::time::Nanos;
use crate::world::id::UserIndex;

/// Explanations that an organization keeps.
pub(crate) const MAX_EXPLANATIONS: usize = 10_000;
/// Jobs that an organization keeps; the oldest go.
const MAX_JOBS: usize = 1000;

/// The review of an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Review {
    /// Not reviewed yet.
    #[default]
    Pending,
    /// The agent is excused.
    Approved,
    /// The agent does not.
    Denied,
}

impl Review {
    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Denied => "Denied",
        }
    }

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Denied].into_iter().find(|review| review.name() == name)
    }
}

/// The explanation of a late agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explanation {
    pub(crate) agent: UserIndex,
    /// The first instant that it explains.
    pub(crate) start: Nanos,
    /// The first instant after that.
    pub(crate) end: Nanos,
    /// The agent's text.
    pub(crate) notes: String,
    pub(crate) review: Review,
    /// The reviewer and the time of the review.
    pub(crate) reviewed: Option<(Option<UserIndex>, Nanos)>,
}

/// A job, which is ready after a fixed model time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    /// The vendor's type of it.
    pub(crate) kind: Cow<'static, str>,
    /// The id of the user that started the job, or of the client where its token had no user.
    pub(crate) asked_by: String,
    /// The time of its start.
    pub(crate) asked: Nanos,
    pub(crate) result: Value,
}

/// Explanations and jobs of one organization.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explanations {
    /// All explanations in the order of creation.
    pub(crate) all: IndexMap<Uuid, Explanation>,
    /// All jobs in the order of their start.
    pub(crate) jobs: IndexMap<Uuid, Job>,
}

/// No more explanations are kept.
#[derive(Debug, thiserror::Error)]
#[error("{MAX_EXPLANATIONS} explanations exist already")]
pub(crate) struct Full;

impl Explanations {
    /// Whether there are no more than an organization keeps. Those of a snapshot may be any number.
    pub(in crate::world) fn are_bounded(&self) -> bool {
        self.all.len() <= MAX_EXPLANATIONS && self.jobs.len() <= MAX_JOBS
    }

    /// Keeps an explanation.
    pub(crate) fn add(&mut self, explanation: Explanation) -> Result<Uuid, Full> {
        if self.all.len() >= MAX_EXPLANATIONS {
            return Err(Full);
        }
        let id = Uuid::new_v4();
        self.all.insert(id, explanation);
        Ok(id)
    }

    /// Keeps a job, the oldest making room.
    pub(crate) fn start(&mut self, job: Job) -> Uuid {
        if self.jobs.len() >= MAX_JOBS {
            self.jobs.shift_remove_index(0);
        }
        let id = Uuid::new_v4();
        self.jobs.insert(id, job);
        id
    }

    /// Whether an approved explanation covers the agent at `now`.
    pub(crate) fn excuse(&self, agent: UserIndex, now: Nanos) -> bool {
        let covers = |one: &Explanation| one.agent == agent && (one.start..one.end).contains(&now);
        self.all.values().any(|one| one.review == Review::Approved && covers(one))
    }
}
