//! Invents scalars: stable for one seed, and plausible for the name of their property.

use serde_json::{Number, Value};
use uuid::Uuid;

use super::arena::{Range, TextRule};
use super::format::Format;

/// A position in the stream of invented values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(u64);

impl Seed {
    /// The seed that a text gives, by FNV-1a.
    pub(super) fn new(text: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).named(text)
    }

    /// The seed of the part `name` of this value.
    pub(super) fn named(self, name: &str) -> Self {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self(name.bytes().fold(step(self.0, 0xff), step))
    }

    /// The seed of the item `at` of this value.
    pub(super) fn item(self, at: usize) -> Self {
        self.named(&at.to_string())
    }

    /// A number in which each bit of the seed has a part (`SplitMix64`).
    fn mixed(self) -> u64 {
        let first = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        second ^ (second >> 31)
    }

    /// A uuid of version 4.
    pub(super) fn uuid(self) -> String {
        let pair = Uuid::from_u64_pair(self.mixed(), self.named("uuid").mixed());
        uuid::Builder::from_random_bytes(pair.into_bytes()).into_uuid().to_string()
    }

    fn below(self, count: u64) -> u64 {
        self.mixed() % count.max(1)
    }
}

/// A whole number for the property `name`.
pub(super) fn integer(name: &str, range: Range) -> Value {
    let wanted = match name {
        "pageSize" => 25.0,
        "total" | "count" | "offset" => 0.0,
        _ if name.ends_with("Count") || name.starts_with("total") => 0.0,
        _ => 1.0,
    };
    #[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
    let number = range.nearest(wanted).ceil() as i64;
    number.into()
}

/// A number.
pub(super) fn number(range: Range) -> Value {
    Number::from_f64(range.nearest(1.0)).map_or(Value::Null, Value::Number)
}

/// A string for the property `name`. `at` is the item's place where the property is an array.
pub(super) fn text(rule: TextRule<'_>, name: &str, at: usize, seed: Seed) -> String {
    if rule.words().len() > 0 {
        return word(rule, at).to_owned();
    }
    fitted(&of_format(rule.format(), name, seed), rule.lengths(), seed)
}

/// A word of the enumeration: the first that does not tell of a failure, for the item `at` the next ones.
fn word(rule: TextRule<'_>, at: usize) -> &str {
    const AVOIDED: [&str; 10] = [
        "unknown",
        "none",
        "deleted",
        "deleting",
        "error",
        "failed",
        "failure",
        "invalid",
        "other",
        "unspecified",
    ];
    let count = rule.words().len();
    let is_good = |word: &&str| !AVOIDED.iter().any(|avoided| word.eq_ignore_ascii_case(avoided));
    let first = rule.words().position(|word| is_good(&word)).unwrap_or_default();
    rule.words().nth((first + at) % count.max(1)).unwrap_or_default()
}

fn of_format(format: Format, name: &str, seed: Seed) -> String {
    let (hour, minute) = (seed.below(24), seed.named("minute").below(60));
    let (month, day) = (month(name), 1 + seed.named("day").below(28));
    match format {
        Format::Plain | Format::Uri if name == "selfUri" => format!("/api/v2/{}", seed.uuid()),
        Format::Plain if is_address(name) => format!("https://example.com/{}", hex(seed)),
        Format::Plain | Format::TimeZone | Format::Email => plain(name, seed),
        Format::DateTime => format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00.000Z"),
        Format::Date => format!("2026-{month:02}-{day:02}"),
        Format::Uuid => seed.uuid(),
        Format::Interval => format!("2026-01-{day:02}T00:00:00.000Z/2026-01-{:02}T00:00:00.000Z", day + 1),
        Format::Uri => format!("https://example.com/{}", hex(seed)),
        Format::Colour => format!("#{:06x}", seed.below(0x0100_0000)),
        Format::Word => hex(seed),
        Format::LocalTime => format!("{hour:02}:{minute:02}:00"),
        Format::LocalDateTime => format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00"),
        Format::YearMonth => "2026-01".to_owned(),
        Format::Recurrence => "FREQ=DAILY;INTERVAL=1".to_owned(),
    }
}

/// Whether a text without a format is an address, after the name of its property.
fn is_address(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("url") || name.ends_with("Uri") || name == "uri"
}

/// The month of an example: an end is after each beginning.
fn month(name: &str) -> u8 {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with("end") || lower.starts_with("end") || lower.contains("dateend") { 2 } else { 1 }
}

fn hex(seed: Seed) -> String {
    format!("{:08x}", seed.below(1 << 32))
}

/// A text without a format, after the name of its property.
fn plain(name: &str, seed: Seed) -> String {
    let lower = name.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    match () {
        () if lower == "id" || name.ends_with("Id") || name.ends_with("Ids") => seed.uuid(),
        () if has("email") => format!("{}@example.com", hex(seed)),
        () if has("phone") => format!("+1317555{:04}", seed.below(10_000)),
        () if has("timezone") => "America/New_York".to_owned(),
        () if has("language") || has("locale") => "en-US".to_owned(),
        () if has("country") => "US".to_owned(),
        () => format!("{name} {:04x}", seed.below(1 << 16)),
    }
}

/// `text` with a number of characters that is allowed.
fn fitted(text: &str, (least, most): (usize, usize), seed: Seed) -> String {
    /// No example is longer, whatever a document demands.
    const LONGEST: usize = 10_000;
    let mut fitted: String = text.chars().take(most).collect();
    let lacking = least.min(LONGEST).saturating_sub(fitted.chars().count());
    fitted.extend(hex(seed).chars().cycle().take(lacking));
    fitted
}
