//! The questions of requests in the form that `decide.lua` reads, and its answers.

use std::collections::HashMap;
use std::sync::Arc;

use gcmock_limit::{Algorithm, Charge, Elsewhere, Key, Level, Nanos, Rule};
use smallvec::SmallVec;

/// Bytes of the answer to one charge.
const CHARGE_BYTES: usize = 25;

/// The bucket of a limit in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BucketName {
    /// The organization, or the server.
    pub(crate) home: Arc<str>,
    /// The limit as [`limit_of`] has it, and the key.
    pub(crate) field: Box<[u8]>,
}

/// A limit in the store: its name, algorithm and scope. With another one of these it is another limit, as in one process.
pub(super) fn limit_of(rule: &Rule) -> Vec<u8> {
    [rule.name.as_bytes(), b"\0", &[kind_of(rule.algorithm)], &rule.scope.bits().to_be_bytes()].concat()
}

const fn kind_of(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::TokenBucket { .. } => 0,
        Algorithm::FixedWindow { .. } => 1,
        Algorithm::Concurrency { .. } => 2,
    }
}

impl BucketName {
    /// The limit and the key in a field.
    pub(super) fn read(field: &[u8]) -> Option<(&[u8], Key)> {
        let (rest, narrow) = field.split_last_chunk()?;
        let (rest, wide) = rest.split_last_chunk()?;
        let halves = [wide, narrow].map(|half| u64::from_be_bytes(*half));
        Some((rest, Key::from_halves(halves)))
    }

    /// The bucket of `key` among those of `rule` in `home`.
    pub(crate) fn new(home: &Arc<str>, rule: &Rule, key: Key) -> Self {
        let halves = key.halves().map(u64::to_be_bytes);
        let field = [&limit_of(rule)[..], &halves[0], &halves[1]].concat();
        Self { home: Arc::clone(home), field: field.into() }
    }
}

/// The numbers of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    algorithm: Algorithm,
    lockout: Nanos,
    enforces: bool,
    counts_refused: bool,
}

/// The numbers of a limit as the store keeps them.
pub(super) fn numbers_of(rule: &Rule) -> Vec<u8> {
    let mut bytes = Vec::new();
    Numbers::of(rule, false).write(&mut bytes);
    bytes
}

impl Numbers {
    fn of(rule: &Rule, enforces: bool) -> Self {
        let lockout = rule.lockout.unwrap_or(0);
        Self { algorithm: rule.algorithm, lockout, enforces, counts_refused: rule.count_refused }
    }

    fn write(&self, to: &mut Vec<u8>) {
        let (refill, period) = match self.algorithm {
            Algorithm::TokenBucket { refill, period, .. } => (refill.max(1), period.max(1)),
            Algorithm::FixedWindow { period, .. } => (1, period),
            Algorithm::Concurrency { .. } => (1, 1),
        };
        to.push(kind_of(self.algorithm));
        to.push(u8::from(self.enforces) | u8::from(self.counts_refused) << 1);
        to.extend(self.algorithm.capacity().to_le_bytes());
        to.extend(refill.to_le_bytes());
        to.extend(period.to_le_bytes());
        to.extend(self.lockout.to_le_bytes());
    }
}

/// One charge of a question.
#[derive(Clone, Debug)]
pub(crate) struct BucketCharge {
    /// The bucket.
    pub(crate) bucket: BucketName,
    /// What the request costs.
    pub(crate) units: u32,
    /// Whether the connection holds a slot already.
    pub(crate) held: bool,
    numbers: Numbers,
}

impl BucketCharge {
    /// The charge as the store is asked, with the key that all nodes have for its bucket.
    pub(crate) fn new(charge: &Charge<'_>, home: &Arc<str>, key: Key) -> Self {
        let rule = charge.rule;
        Self {
            bucket: BucketName::new(home, rule, key),
            units: charge.units(),
            held: charge.held,
            numbers: Numbers::of(rule, charge.enforces()),
        }
    }

    /// A question about the bucket of `key` that charges nothing.
    pub(crate) fn bucket(home: &Arc<str>, rule: &Rule, key: Key) -> Self {
        let numbers = Numbers::of(rule, false);
        Self { bucket: BucketName::new(home, rule, key), units: 0, held: false, numbers }
    }

    /// Whether it takes slots.
    pub(super) const fn takes_slots(&self) -> bool {
        matches!(self.numbers.algorithm, Algorithm::Concurrency { .. })
    }

    /// Whether it counts in a window that opens and closes.
    pub(super) const fn is_of_window(&self) -> bool {
        matches!(self.numbers.algorithm, Algorithm::FixedWindow { .. })
    }
}

/// What a question does to the buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BucketAction {
    /// It charges all of them, or none.
    Charge,
    /// It only asks.
    Peek,
    /// It brings them to now before other numbers hold for them.
    Settle,
    /// It removes those that are as good as new.
    Sweep,
    /// It makes them new. Held slots stay.
    Refill,
}

impl BucketAction {
    const fn flag(self) -> u8 {
        match self {
            Self::Charge => 0,
            Self::Peek => 2,
            Self::Settle => 4,
            Self::Sweep => 8,
            Self::Refill => 16,
        }
    }
}

/// The shared limits of one request.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The instant of the request.
    pub(crate) now: Nanos,
    /// Whether a limit of this node has refused it already.
    pub(crate) refused: bool,
    /// What happens to the buckets.
    pub(crate) task: BucketAction,
    /// The charges.
    pub(crate) charges: SmallVec<[BucketCharge; 4]>,
}

/// A question and its answer.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) question: Question,
    pub(crate) answer: Answer,
    /// How often all slots of the node had come free at once when it was charged.
    pub(crate) resets: u64,
}

/// Charges of one instant that are given back.
#[derive(Debug)]
pub(crate) struct MadeCharges {
    pub(super) at: Nanos,
    pub(super) charges: SmallVec<[BucketCharge; 4]>,
}

impl Decided {
    /// The slots that the store has given to the request.
    pub(super) fn slots(&self) -> impl Iterator<Item = &BucketCharge> {
        self.question.charged(&self.answer).filter(|asked| asked.takes_slots())
    }

    /// All that the store has charged, apart from slots.
    pub(super) fn made(&self) -> MadeCharges {
        let Question { now, task, charges, .. } = &self.question;
        let counted = |(asked, decided): &(&BucketCharge, &Elsewhere)| {
            !asked.takes_slots()
                && *task == BucketAction::Charge
                && decided.admits
                && (!self.answer.refused || asked.numbers.counts_refused)
        };
        let pairs = charges.iter().zip(&self.answer.decided).filter(counted);
        MadeCharges { at: *now, charges: pairs.map(|(asked, _)| asked.clone()).collect() }
    }

    /// What the store has charged for a request that another limit then refused. Limits that count refused requests keep it.
    pub(super) fn made_in_vain(&self) -> MadeCharges {
        let mut made = self.made();
        made.charges.retain(|asked| !self.answer.refused && !asked.numbers.counts_refused);
        made
    }
}

/// The store's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Whether a limit refuses it, of the store or of this node.
    pub(crate) refused: bool,
    /// The decision on each charge.
    pub(crate) decided: SmallVec<[Elsewhere; 4]>,
}

impl Question {
    /// The charges that a call can hold.
    fn packed_charges(&self) -> impl Iterator<Item = &BucketCharge> {
        self.charges.iter().take(usize::from(u8::MAX))
    }

    /// The charges that the store has made, if it admitted the request.
    pub(super) fn charged<'a>(&'a self, answer: &'a Answer) -> impl Iterator<Item = &'a BucketCharge> {
        let made = !answer.refused && self.task == BucketAction::Charge;
        let pairs = self.charges.iter().zip(&answer.decided);
        pairs.filter(move |(asked, decided)| made && decided.admits && !asked.held).map(|(asked, _)| asked)
    }
}

/// The arguments of one call for many questions.
#[derive(Debug, Default)]
pub(super) struct Packed<'q> {
    /// The homes of the buckets, in the order of their keys.
    pub(super) homes: Vec<Arc<str>>,
    pub(super) rules: Vec<u8>,
    pub(super) requests: Vec<u8>,
    /// For each home, the number of its last field from 1 on.
    pub(super) last_of: Vec<u8>,
    /// The fields of the first home, then those of the next one.
    pub(super) fields: Vec<&'q [u8]>,
}

impl<'q> Packed<'q> {
    pub(super) fn new(questions: &[&'q Question]) -> Self {
        let mut packed = Self::default();
        let fields = packed.add_fields(questions);
        let mut rules: Vec<Numbers> = Vec::new();
        for question in questions {
            packed.requests.extend(question.now.to_le_bytes());
            packed.requests.push(u8::from(question.refused) | question.task.flag());
            packed.requests.push(u8::try_from(question.charges.len()).unwrap_or(u8::MAX));
            for asked in question.packed_charges() {
                let rule = number_of(&mut rules, asked.numbers);
                let field = fields.get(&asked.bucket).copied().unwrap_or_default();
                packed.requests.extend(rule.to_le_bytes());
                packed.requests.extend(field.to_le_bytes());
                packed.requests.extend(asked.units.to_le_bytes());
                packed.requests.push(u8::from(asked.held));
            }
        }
        for rule in &rules {
            rule.write(&mut packed.rules);
        }
        packed
    }

    /// Adds the buckets of all charges, each once, and returns the numbers of their fields from 1 on.
    fn add_fields(&mut self, questions: &[&'q Question]) -> HashMap<&'q BucketName, u16> {
        let mut numbers = HashMap::new();
        let mut by_home: HashMap<&str, Vec<&BucketName>> = HashMap::new();
        for BucketCharge { bucket, .. } in questions.iter().flat_map(|question| question.packed_charges()) {
            if numbers.insert(bucket, 0).is_none() {
                by_home.entry(&bucket.home).or_default().push(bucket);
            }
        }
        for buckets in by_home.values() {
            self.homes.extend(buckets.first().map(|first| Arc::clone(&first.home)));
            for bucket in buckets {
                self.fields.push(&bucket.field);
                numbers.insert(bucket, number(self.fields.len()));
            }
            self.last_of.extend(number(self.fields.len()).to_le_bytes());
        }
        numbers
    }
}

/// The place of `value` in `known` from 1 on. Adds it if it is new.
fn number_of<T: PartialEq>(known: &mut Vec<T>, value: T) -> u16 {
    let at = known.iter().position(|other| *other == value).unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    });
    number(at + 1)
}

/// A batch has far fewer fields than 65,536.
fn number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// Reads the answers to `questions`. `None` if the bytes are something else.
pub(super) fn answers<'q>(
    questions: impl Iterator<Item = &'q Question>,
    mut bytes: &[u8],
) -> Option<Vec<Answer>> {
    let mut all = Vec::new();
    for question in questions {
        let (refused, rest) = bytes.split_first()?;
        let answered = if question.task.flag() < 4 { question.charges.len() } else { 0 };
        let (charges, rest) = rest.split_at_checked(answered * CHARGE_BYTES)?;
        let refused = *refused == 1;
        let decided = charges.chunks_exact(CHARGE_BYTES).map(|bytes| read(bytes, !refused)).collect();
        all.push(Answer { refused, decided });
        bytes = rest;
    }
    bytes.is_empty().then_some(all)
}

fn read(bytes: &[u8], charged: bool) -> Elsewhere {
    let level = level(bytes.get(1..).unwrap_or_default(), Key::default());
    Elsewhere { level, admits: bytes.first() == Some(&1), charged, known: true }
}

/// The level that 24 bytes hold.
pub(super) fn level(bytes: &[u8], key: Key) -> Level {
    let word = |at: usize| {
        let word = bytes.get(4 * at..4 + 4 * at).and_then(|word| word.try_into().ok());
        u32::from_le_bytes(word.unwrap_or_default())
    };
    let locked = word(3) == u32::MAX;
    Level {
        key,
        at: u64::from(word(1)) << 32 | u64::from(word(0)),
        used: word(2),
        part: if locked { 0 } else { word(3) },
        locked,
        refused: word(4),
        highest: word(5),
    }
}
