//! One run over every operation of the document.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt;
use gcmock::MockServer;
use serde_json::json;

use crate::client::Client;
use crate::fault::Fault;
use crate::kind;
use crate::makers::{ELSEWHERE, SPOIL};
use crate::places::Places;
use crate::spec::{Document, Documented, Operation};
use crate::validate;
use crate::written::Checked;

/// Families in work at a time. The operations of a family follow one another, so that each run is equal.
const AT_ONCE: usize = 16;

/// A time in which every job reaches its last state.
const JOBS_END: Duration = Duration::from_secs(60);

/// When an operation is tried: what it removes is not read afterwards.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Read,
    Write,
    /// Operations that make an entity useless for others.
    Spoil,
    RemoveMany,
    /// Operations that are tried elsewhere.
    Never,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Spoil, Self::RemoveMany];

    fn of(operation: &Operation) -> Self {
        match &*operation.method {
            _ if ELSEWHERE.contains(&operation.path) => Self::Never,
            "POST" if SPOIL.contains(&operation.path) => Self::Spoil,
            "GET" | "HEAD" => Self::Read,
            "DELETE" if !operation.path.contains('{') => Self::RemoveMany,
            _ => Self::Write,
        }
    }
}

/// The counts and faults of a run.
#[derive(Default)]
pub(crate) struct Sweep {
    operations: usize,
    requests: usize,
    pub(crate) by_hand: usize,
    by_hand_right: usize,
    checks: usize,
    pub(crate) generic_kind: usize,
    pub(crate) generic: usize,
    pub(crate) generic_valid: usize,
    /// Faults of operations that are written by hand.
    pub(crate) faults: Vec<Fault>,
    /// Generic answers of another kind or status.
    misfits: Vec<Fault>,
    /// Generic answers that are not valid.
    invalid: Vec<Fault>,
}

/// What came out for one operation.
#[derive(Clone)]
enum Outcome {
    ByHand { faults: Vec<Fault>, tried: usize },
    Generic { misfit: Option<Fault>, invalid: Option<Fault> },
}

impl Sweep {
    /// Tries every operation.
    pub(crate) async fn run(document: &'static Document, mock: &MockServer) -> Self {
        let by_hand = written_by_hand(document).await;
        let (client, agent) = Client::with_agent(mock).await;
        let places = Places::explore(document, &client, &agent).await;
        let is_by_hand = |operation: &Operation| by_hand.contains(&operation.name());
        mock.advance(JOBS_END);
        let mut outcomes = Vec::new();
        for phase in Phase::ALL {
            let families = families(document, phase).into_iter().map(|family| {
                let (client, places, is_by_hand) = (&client, &places, &is_by_hand);
                async move {
                    let mut outcomes = Vec::new();
                    for operation in family {
                        outcomes.push(if is_by_hand(operation) {
                            check(client, places, operation, is_by_hand).await
                        } else {
                            generic(client, places, operation).await
                        });
                    }
                    outcomes
                }
            });
            let at_once = futures_util::stream::iter(families).buffer_unordered(AT_ONCE);
            outcomes.extend(at_once.collect::<Vec<_>>().await.concat());
        }
        let mut sweep =
            Self { operations: document.operations.len(), requests: client.sent(), ..Self::default() };
        for outcome in outcomes {
            sweep.count(outcome);
        }
        sweep.faults.sort_by_key(Fault::line);
        sweep
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::ByHand { faults, tried } => {
                self.by_hand += 1;
                self.by_hand_right += usize::from(faults.is_empty());
                self.checks += tried;
                self.faults.extend(faults);
            }
            Outcome::Generic { misfit, invalid } => {
                self.generic += 1;
                self.generic_kind += usize::from(misfit.is_none());
                self.generic_valid += usize::from(invalid.is_none());
                self.misfits.extend(misfit);
                self.invalid.extend(invalid);
            }
        }
    }

    /// The counts in one line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "hand-written {} of {}, without a fault {}, faults {} of {} checks; generic {}, kind and status {}, valid {}; {} requests",
            self.by_hand,
            self.operations,
            self.by_hand_right,
            self.faults.len(),
            self.checks,
            self.generic,
            self.generic_kind,
            self.generic_valid,
            self.requests,
        )
    }

    /// The faults and misfits, one JSON object a line.
    pub(crate) fn report(&self) -> String {
        let faults = self.faults.iter().map(|fault| json!({ "by_hand": fault.to_json() }).to_string() + "\n");
        let misfits =
            self.misfits.iter().map(|fault| json!({ "generic": fault.to_json() }).to_string() + "\n");
        let invalid =
            self.invalid.iter().map(|fault| json!({ "invalid": fault.to_json() }).to_string() + "\n");
        faults.chain(misfits).chain(invalid).collect()
    }
}

/// The operations of a phase, family by family.
fn families(document: &'static Document, phase: Phase) -> Vec<Vec<&'static Operation>> {
    let mut families: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in document.operations.iter().filter(|operation| Phase::of(operation) == phase) {
        families.entry(operation.family()).or_default().push(operation);
    }
    families.into_values().collect()
}

async fn check(
    client: &Client,
    places: &Places,
    operation: &Operation,
    is_by_hand: &(dyn Fn(&Operation) -> bool + Sync),
) -> Outcome {
    let mut checked = Checked::new(client, places, operation);
    let address = checked.address().await;
    let answered = checked.answers(&address).await;
    checked.pages(&address).await;
    let body = answered.as_ref().and_then(|(_, body)| body.clone());
    if let Some((answer, body)) = &answered
        && operation.method == "POST"
    {
        checked.lives(&address, answer, body.as_ref(), is_by_hand).await;
    }
    if answered.is_some() {
        checked.refuses(&address, body.as_ref()).await;
    }
    Outcome::ByHand { faults: checked.faults, tried: checked.tried }
}

async fn generic(client: &Client, places: &Places, operation: &Operation) -> Outcome {
    let address = match &*operation.method {
        "DELETE" => places.fresh(client, operation.path).await,
        _ => places.shared(operation.path),
    };
    let path = address.path();
    let (answer, body) = places.attempt(client, operation, &path).await;
    let misfit = kind::fits(places.document, operation, &answer).err();
    let invalid = match operation.answer(answer.status) {
        Documented::Body(schema) => {
            validate::faults(places.document, schema, &answer.json).into_iter().next()
        }
        Documented::Nothing => (!answer.text.is_empty()).then(|| "has a body".to_owned()),
        Documented::NoSuchStatus => Some(format!("answers {}", answer.status)),
    };
    let sent = crate::fault::sent(&path, body.as_ref());
    let fault = |what: String| Fault::new(operation, what, &sent, &answer);
    Outcome::Generic { misfit: misfit.map(fault), invalid: invalid.map(fault) }
}

/// The names of the operations that have a handler: under `strict_paths` all others are refused as unknown paths.
async fn written_by_hand(document: &'static Document) -> HashSet<String> {
    let builder = MockServer::builder().limits_toml("").no_latency().strict_paths();
    let strict = builder.start().await.expect("a free port");
    let client = Client::new(&strict);
    let mut by_hand = HashSet::new();
    for operation in &document.operations {
        let request = crate::client::Request {
            method: &operation.method,
            path: operation.path.replace(['{', '}'], "_"),
            body: crate::client::Body::Json(json!({})),
        };
        let answer = client.send(request).await;
        let is_refused = answer.text.contains("is not in the Genesys Cloud platform API");
        if !is_refused && answer.status != 405 {
            by_hand.insert(operation.name());
        }
    }
    by_hand
}
