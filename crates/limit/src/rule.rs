//! One limit: numbers and names.
//!
//! A rule does not contain which requests it covers. The caller stores that beside the rule, and passes only
//! the rules that cover a request.

use std::sync::Arc;

use crate::{Algorithm, Charge, Nanos, Scopes, Subject};

/// Identifies one rule for the whole life of the process.
///
/// An id is never reused, so that a request that still holds an older configuration can not touch the
/// buckets of another rule. Ids are indices of a table: allot them from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A configured limit.
///
/// The engine reads `id`, `scope`, `algorithm`, `retry_after`, `lockout`, `count_refused`, `cost` and `mode`.
/// It carries the rest for the code that explains a decision.
///
/// ```
/// use gcmock_limit::{Algorithm, Nanos, Rule, RuleId, Scope, Scopes};
///
/// const MINUTE: Nanos = 60_000_000_000;
/// let window = Algorithm::FixedWindow { capacity: 300, period: MINUTE };
/// let by_token = Scopes::default().with(Scope::Token);
/// let rule = Rule { lockout: Some(MINUTE), ..Rule::new(RuleId(0), "requests", by_token, window) };
/// assert_eq!(rule.value, 300);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable across reloads for as long as the rule is the same one.
    pub id: RuleId,
    /// The rule's name, for people.
    pub name: Arc<str>,
    /// The namespace that clients see.
    pub namespace: Arc<str>,
    /// The key that clients see.
    pub key: Arc<str>,
    /// The scopes that the limit is counted by.
    pub scope: Scopes,
    /// How it counts.
    pub algorithm: Algorithm,
    /// A fixed answer in seconds, sent as written in place of the computed wait.
    pub retry_after: Option<u32>,
    /// The time for which a refusal locks its key: every request is refused, then the key is free.
    pub lockout: Option<Nanos>,
    /// Whether requests that any limit refused are charged too.
    pub count_refused: bool,
    /// The cost of one request.
    pub cost: Cost,
    /// The number that clients are shown; the capacity unless configured otherwise.
    pub value: u64,
    /// Whether the rule refuses, or only counts the requests that it would have refused.
    pub mode: Mode,
    /// Where the number is from.
    pub source: Source,
}

impl Rule {
    /// An enforced rule of cost 1 whose wait is computed.
    pub fn new(id: RuleId, name: &str, scope: Scopes, algorithm: Algorithm) -> Self {
        Self {
            id,
            name: name.into(),
            namespace: "".into(),
            key: "".into(),
            scope,
            algorithm,
            retry_after: None,
            lockout: None,
            count_refused: false,
            cost: Cost::Fixed(1),
            value: algorithm.capacity().into(),
            mode: Mode::Enforce,
            source: Source::Assumed,
        }
    }

    /// The charge of the rule for `subject`. `None` if the subject has no value for one of the rule's scopes:
    /// then the rule does not apply. `query` looks up a query parameter.
    ///
    /// ```
    /// use gcmock_limit::{Algorithm, Cost, Rule, RuleId, Scope, Scopes, Subject};
    ///
    /// let window = Algorithm::FixedWindow { capacity: 300, period: 1_000_000_000 };
    /// let cost = Cost::Query { name: "pageSize".into(), default: 25 };
    /// let by_user = Scopes::default().with(Scope::User);
    /// let rule = Rule { cost, ..Rule::new(RuleId(0), "rows", by_user, window) };
    ///
    /// let user = Subject { user: Some(7), ..Subject::default() };
    /// assert_eq!(rule.charge(&user, |_| Some(100)).map(|charge| charge.cost), Some(100));
    /// assert_eq!(rule.charge(&user, |_| None).map(|charge| charge.cost), Some(25));
    /// assert!(rule.charge(&Subject::default(), |_| None).is_none());
    /// ```
    pub fn charge(&self, subject: &Subject, query: impl FnOnce(&str) -> Option<u64>) -> Option<Charge<'_>> {
        Some(Charge {
            rule: self,
            key: self.scope.key(subject)?,
            cost: self.cost.of(query),
            held: false,
            home: self.scope.home(subject),
        })
    }
}

/// What a request costs: at least 1, at most the capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// One cost for every request.
    Fixed(u32),
    /// The value of a query parameter.
    Query {
        /// The parameter's name.
        name: Box<str>,
        /// The cost without the parameter, or with one that is not a number.
        default: u32,
    },
}

impl Cost {
    /// The cost of a request whose query parameters `query` looks up, before clamping.
    fn of(&self, query: impl FnOnce(&str) -> Option<u64>) -> u32 {
        match self {
            Self::Fixed(cost) => *cost,
            Self::Query { name, default } => {
                query(name).map_or(*default, |n| u32::try_from(n).unwrap_or(u32::MAX))
            }
        }
        .max(1)
    }
}

/// Whether a limit refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It refuses.
    Enforce,
    /// It counts and shows, and never refuses.
    Shadow,
}

/// Where a limit's number is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The vendor of the limited service published it.
    Documented,
    /// Users reported it.
    Reported,
    /// It was learned from the results of a run.
    Learned,
    /// It has no outside source.
    Assumed,
}

impl Source {
    /// The source's name: `documented`, `reported`, `learned` or `assumed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Reported => "reported",
            Self::Learned => "learned",
            Self::Assumed => "assumed",
        }
    }
}
