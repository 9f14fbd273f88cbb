//! One run over every operation of the document.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use gcmock::MockServer;
use serde_json::json;

use crate::address::Origin;
use crate::answered::{Answered, Coverage};
use crate::client::Client;
use crate::fault::Fault;
use crate::kind;
use crate::makers::{ELSEWHERE, SPOIL};
use crate::places::Places;
use crate::spec::{Document, Documented, Operation};
use crate::state::{Looker, States};
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
            "POST" if operation.path.ends_with("/bulk/remove") || operation.path.ends_with("/bulkremove") => {
                Self::RemoveMany
            }
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
    pub(crate) generic: usize,
    pub(crate) generic_kind: usize,
    pub(crate) generic_valid: usize,
    /// Operations whose success has a schema, and those of them that answer as it says.
    with_schema: usize,
    pub(crate) schema_valid: usize,
    removed: usize,
    /// Generic operations below an entity that nothing makes.
    unreachable: Vec<String>,
    states: States,
    /// Of the others, those that know whether the entity exists that they are below.
    owned: States,
    /// Operations whose state was not looked at.
    unjudged: Vec<String>,
    /// Faults of operations that are written by hand.
    pub(crate) faults: Vec<Fault>,
    /// Generic answers of another kind or status.
    misfits: Vec<Fault>,
    /// Generic answers that are not valid.
    invalid: Vec<Fault>,
}

/// What came out for one operation.
#[derive(Clone)]
struct Outcome {
    answered: Answered,
    /// Whether the success has a schema.
    has_schema: bool,
    /// Whether the answer is a documented success, with a body as its schema says.
    is_valid: bool,
    faults: Vec<Fault>,
    /// Why a generic answer is not valid.
    invalid: Option<Fault>,
    /// The name of a generic operation, if nothing makes an entity at which it could be tried.
    unreachable: Option<String>,
    tried: usize,
}

impl Sweep {
    /// Tries every operation.
    pub(crate) async fn run(document: &'static Document, mock: &MockServer) -> Self {
        let (client, agent) = Client::with_agent(mock).await;
        let coverage = Coverage::of(&client).await;
        let places = Places::explore(document, &client, &agent).await;
        mock.advance(JOBS_END);
        let run = Run { client, coverage, places };
        let mut outcomes = Vec::new();
        for phase in Phase::ALL {
            let families = families(document, phase).into_iter().map(|family| run.family(family));
            let at_once = futures_util::stream::iter(families).buffer_unordered(AT_ONCE);
            outcomes.extend(at_once.collect::<Vec<_>>().await.concat());
        }
        let looker = Looker { client: &run.client, places: &run.places, mock };
        let states = looker.look_at_all(document).await;
        let mut owned = States::default();
        for operation in document.operations.iter().filter(|operation| !states.judges(operation)) {
            owned.merge(looker.look_at_owner(operation).await);
        }
        let unjudged = document.operations.iter().filter(|operation| !states.judges(operation));
        let mut sweep = Self {
            unjudged: unjudged.map(Operation::name).collect(),
            operations: document.operations.len(),
            requests: run.client.sent(),
            states,
            owned,
            ..Self::default()
        };
        for outcome in outcomes {
            sweep.count(outcome);
        }
        sweep.faults.sort_by_key(Fault::line);
        sweep
    }

    fn count(&mut self, outcome: Outcome) {
        let Outcome { answered, has_schema, is_valid, faults, invalid, unreachable, tried } = outcome;
        self.with_schema += usize::from(has_schema);
        self.schema_valid += usize::from(has_schema && is_valid);
        match answered {
            Answered::ByHand => {
                self.by_hand += 1;
                self.by_hand_right += usize::from(faults.is_empty());
                self.checks += tried;
                self.faults.extend(faults);
            }
            Answered::Generic if unreachable.is_some() => self.unreachable.extend(unreachable),
            Answered::Generic => {
                self.generic += 1;
                self.generic_kind += usize::from(faults.is_empty());
                self.generic_valid += usize::from(is_valid);
                self.misfits.extend(faults);
                self.invalid.extend(invalid);
            }
            Answered::Removed => self.removed += 1,
        }
    }

    /// The operations that remembered what they should.
    pub(crate) fn state_right(&self) -> usize {
        self.states.right()
    }

    /// The others that are a 404 below an entity that does not exist.
    pub(crate) fn owner_right(&self) -> usize {
        self.owned.right()
    }

    /// The counts in one line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "hand-written {} of {}, without a fault {}, faults {} of {} checks; generic {}, kind and status {}, valid {}; unreachable {}; removed {}; of {} with a schema {} valid; state {} right, {} wrong; owner {} right, {} wrong; {} requests",
            self.by_hand,
            self.operations,
            self.by_hand_right,
            self.faults.len(),
            self.checks,
            self.generic,
            self.generic_kind,
            self.generic_valid,
            self.unreachable.len(),
            self.removed,
            self.with_schema,
            self.schema_valid,
            self.states.right(),
            self.states.wrong().count(),
            self.owned.right(),
            self.owned.wrong().count(),
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
        let states = self
            .states
            .wrong()
            .map(|(name, what)| json!({ "state": { "operation": name, "what": what } }).to_string() + "\n");
        let owned = self
            .owned
            .wrong()
            .map(|(name, what)| json!({ "owner": { "operation": name, "what": what } }).to_string() + "\n");
        let unjudged = self.unjudged.iter().map(|name| json!({ "no state": name }).to_string() + "\n");
        let unreachable =
            self.unreachable.iter().map(|name| json!({ "unreachable": name }).to_string() + "\n");
        let fitting = faults.chain(misfits).chain(invalid).chain(unreachable);
        fitting.chain(states).chain(owned).chain(unjudged).collect()
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

/// What the tries of a run share.
struct Run {
    client: Client,
    coverage: Coverage,
    places: Places,
}

impl Looker<'_> {
    /// Looks at the state of every operation: what it makes or sets, views, what is told in `stories`, and listings of
    /// what no request makes.
    async fn look_at_all(&self, document: &'static Document) -> States {
        let mut states = States::default();
        for operation in families(document, Phase::Write).into_iter().flatten() {
            states.merge(self.look(operation).await);
        }
        for operation in &document.operations {
            states.merge(self.look_at_view(operation).await);
        }
        states.merge(self.tell_stories().await);
        for operation in document.operations.iter().filter(|operation| Phase::of(operation) == Phase::Read) {
            if !states.judges(operation) {
                states.merge(self.look_at_seen(operation).await);
            }
        }
        states
    }
}

impl Run {
    /// Tries the operations of a family, one after another.
    async fn family(&self, operations: Vec<&'static Operation>) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(operations.len());
        for operation in operations {
            let answered = self.coverage.answered(operation);
            let mut outcome = Outcome {
                answered,
                has_schema: operation.first_schema().is_some(),
                is_valid: false,
                faults: Vec::new(),
                invalid: None,
                unreachable: None,
                tried: 0,
            };
            match answered {
                Answered::ByHand => self.check(operation, &mut outcome).await,
                Answered::Generic => self.fits(operation, &mut outcome).await,
                Answered::Removed => {}
            }
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Every check of an operation that is written by hand.
    async fn check(&self, operation: &Operation, outcome: &mut Outcome) {
        let mut checked = Checked::new(&self.client, &self.places, operation);
        let address = checked.address().await;
        let answered = checked.answers(&address).await;
        outcome.is_valid = answered.is_some() && checked.faults.is_empty();
        checked.pages(&address).await;
        if operation.method == "GET" {
            checked.pages_beyond(&address).await;
        }
        let body = answered.as_ref().and_then(|(_, body)| body.clone());
        if let Some((answer, body)) = &answered
            && operation.method == "POST"
        {
            checked.lives(&address, answer, body.as_ref(), &self.coverage).await;
        }
        if answered.is_some() {
            checked.refuses(&address, body.as_ref()).await;
        }
        (outcome.faults, outcome.tried) = (checked.faults, checked.tried);
    }

    /// Compares a generic answer with the documented kind.
    async fn fits(&self, operation: &Operation, outcome: &mut Outcome) {
        let address = match &*operation.method {
            "DELETE" => self.places.fresh(&self.client, operation.path).await,
            _ => self.places.shared(operation.path),
        };
        let path = address.path();
        let (answer, body) = self.places.attempt(&self.client, operation, &path).await;
        let document = self.places.document;
        let is_invented = address.parameters.iter().any(|(_, origin)| *origin == Origin::Invented);
        if is_invented && answer.status == 404 {
            outcome.unreachable = Some(operation.name());
            return;
        }
        let invalid = match operation.answer(answer.status) {
            Documented::Body(schema) => validate::faults(document, schema, &answer.json).into_iter().next(),
            Documented::Nothing => (!answer.text.is_empty()).then(|| "has a body".to_owned()),
            Documented::NoSuchStatus => Some(format!("answers {}", answer.status)),
        };
        outcome.is_valid = invalid.is_none();
        let sent = crate::fault::sent(&path, body.as_ref());
        let misfit = kind::fits(document, operation, &answer).err();
        let fault = |what: String| Fault::new(operation, what, &sent, &answer);
        outcome.invalid = invalid.map(fault);
        outcome.faults.extend(misfit.map(fault));
    }
}
