//! Pools of telephone numbers and extensions.
//!
//! The numbers of a pool are not stored. The id of a number has the first half of the id of its pool, and the number in
//! its second half, so it is equal as long as the pool exists.

use uuid::Uuid;

use super::Telephony;
use crate::world::table::{Kind, Record};

/// The most numbers of a pool (assumed).
pub(crate) const MAX_NUMBERS: u64 = 100_000;
/// The most numbers of all pools of one kind in an organization. A filtered listing looks at each.
pub(crate) const MAX_ALL_NUMBERS: u64 = 1_000_000;
/// The most digits of a number: that of E.164.
const MAX_DIGITS: usize = 15;
/// The bits of an id that have the number. The two above are the variant of the UUID.
const NUMBER_BITS: u128 = (1 << 62) - 1;
/// The variant of a UUID, in its second half.
const VARIANT: u128 = 1 << 63;

/// A pool of telephone numbers: direct inward dialling.
#[derive(Debug)]
pub(crate) enum DidPool {}

impl Kind for DidPool {
    const NAME: &'static str = "DID pool";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/didpools";
    const FIELDS: &'static [&'static str] =
        &["description", "startPhoneNumber", "endPhoneNumber", "comments", "provider"];
    // Its range tells a pool from others.
    const UNIQUE: bool = false;
}

stored!(DidPool, did_pools, |_, _| {});

/// A pool of extensions.
#[derive(Debug)]
pub(crate) enum ExtensionPool {}

impl Kind for ExtensionPool {
    const NAME: &'static str = "extension pool";
    const PATH: &'static str = "/api/v2/telephony/providers/edges/extensionpools";
    const OBJECT_TYPE: Option<&'static str> = Some("EXTENSIONPOOL");
    const FIELDS: &'static [&'static str] = &["description", "startNumber", "endNumber"];
    const UNIQUE: bool = false;
}

stored!(ExtensionPool, extension_pools, |_, _| {});

/// A kind of pool: a range of numbers of one length.
pub(crate) trait Pool: Kind {
    /// The fields that have the first and the last number.
    const BOUNDS: [&'static str; 2];
    /// The character before the digits.
    const PREFIX: &'static str;

    /// The number without its prefix. `None` where it is not one of this kind.
    fn digits(text: &str) -> Option<&str> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let is_number =
            (1..=MAX_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then_some(digits)
    }

    /// The range of a pool.
    fn range(record: &Record<Self>) -> Option<Range> {
        let bound = |name: &str| record.extra.get(name)?.as_str();
        Range::parse::<Self>(bound(Self::BOUNDS[0])?, bound(Self::BOUNDS[1])?).ok()
    }

    /// A number as clients read it.
    fn text(range: Range, number: u64) -> String {
        format!("{}{number:0width$}", Self::PREFIX, width = range.width)
    }
}

impl Pool for DidPool {
    const BOUNDS: [&'static str; 2] = ["startPhoneNumber", "endPhoneNumber"];
    const PREFIX: &'static str = "+";
}

impl Pool for ExtensionPool {
    const BOUNDS: [&'static str; 2] = ["startNumber", "endNumber"];
    const PREFIX: &'static str = "";
}

/// Why two texts are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRange {
    /// The first is not a number of this kind.
    #[error("is not a number")]
    First,
    /// The last is not a number of this kind.
    #[error("is not a number")]
    Last,
    /// The last is below the first, or has another length.
    #[error("is below the first number or has another length")]
    Order,
    /// It has too many numbers.
    #[error("ends a range of more than {MAX_NUMBERS} numbers")]
    Large,
}

impl BadRange {
    /// The mistake, with the field of the pool that has it.
    pub(crate) fn of_pool<P: Pool>(self) -> String {
        format!("{} {self}", self.field::<P>())
    }

    /// The field of the pool that is wrong.
    pub(crate) fn field<P: Pool>(self) -> &'static str {
        match self {
            Self::First => P::BOUNDS[0],
            Self::Last | Self::Order | Self::Large => P::BOUNDS[1],
        }
    }
}

/// A range of numbers of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
    width: usize,
}

impl Range {
    /// The range from `first` to `last`, both included.
    pub(crate) fn parse<P: Pool>(first: &str, last: &str) -> Result<Self, BadRange> {
        let first = P::digits(first).ok_or(BadRange::First)?;
        let last = P::digits(last).ok_or(BadRange::Last)?;
        let number = |digits: &str| digits.parse::<u64>().unwrap_or_default();
        let range = Self { first: number(first), last: number(last), width: first.len() };
        if first.len() != last.len() || range.last < range.first {
            return Err(BadRange::Order);
        }
        if range.count() > MAX_NUMBERS { Err(BadRange::Large) } else { Ok(range) }
    }

    /// How many numbers it has.
    pub(crate) const fn count(self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether it has the number of these digits.
    pub(crate) fn contains(self, digits: &str) -> bool {
        digits.len() == self.width
            && digits.parse().is_ok_and(|number: u64| (self.first..=self.last).contains(&number))
    }

    /// Whether a number is in both.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.width == other.width && self.first <= other.last && other.first <= self.last
    }
}

/// The id of a number of a pool.
pub(crate) fn number_id(pool: Uuid, number: u64) -> Uuid {
    Uuid::from_u128((pool.as_u128() >> 64 << 64) | VARIANT | (u128::from(number) & NUMBER_BITS))
}

/// A number of a pool.
pub(crate) struct NumberOf<'o, P> {
    pub(crate) pool: &'o Record<P>,
    pub(crate) range: Range,
    pub(crate) number: u64,
}

impl<P: Pool> NumberOf<'_, P> {
    /// The number as clients read it.
    pub(crate) fn text(&self) -> String {
        P::text(self.range, self.number)
    }

    /// Its id.
    pub(crate) fn id(&self) -> Uuid {
        number_id(self.pool.uuid, self.number)
    }
}

/// Every number of the pools, pool after pool.
pub(crate) fn numbers<'o, P: Pool>(
    pools: impl Iterator<Item = &'o Record<P>>,
) -> impl Iterator<Item = NumberOf<'o, P>> {
    let ranges = pools.filter_map(|pool| Some((pool, P::range(pool)?)));
    ranges.flat_map(|(pool, range)| {
        (range.first..=range.last).map(move |number| NumberOf { pool, range, number })
    })
}

/// The number of that id.
pub(crate) fn find_number<'o, P: Pool>(
    mut pools: impl Iterator<Item = &'o Record<P>>,
    id: &str,
) -> Option<NumberOf<'o, P>> {
    let id = Uuid::try_parse(id).ok()?;
    let number = u64::try_from(id.as_u128() & NUMBER_BITS).ok()?;
    let pool = pools.find(|pool| number_id(pool.uuid, number) == id)?;
    let range = P::range(pool)?;
    (range.first..=range.last).contains(&number).then_some(NumberOf { pool, range, number })
}

impl Telephony {
    /// The pool of the extension of these digits.
    pub(crate) fn pool_of_extension(&self, digits: &str) -> Option<&Record<ExtensionPool>> {
        let has = |pool: &&Record<ExtensionPool>| {
            ExtensionPool::range(pool).is_some_and(|range| range.contains(digits))
        };
        self.extension_pools.iter().find(has)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::id::Id;

    fn pool(first: &str, last: &str) -> Record<DidPool> {
        let mut pool = Record::new(Id::random(), first.to_owned(), 0);
        pool.extra.insert("startPhoneNumber".to_owned(), json!(first));
        pool.extra.insert("endPhoneNumber".to_owned(), json!(last));
        pool
    }

    #[test]
    fn a_number_is_found_by_its_id_and_only_in_its_pool() {
        let pools = [pool("+13175550100", "+13175550102"), pool("+13175550200", "+13175550200")];
        let all: Vec<_> =
            numbers(pools.iter()).map(|number| (number.id().to_string(), number.text())).collect();
        assert_eq!(all.len(), 4);
        for (id, text) in &all {
            let found = find_number(pools.iter(), id).expect("it is in a pool");
            assert_eq!(found.text(), *text);
        }
        let beyond = number_id(pools[0].id().uuid(), 13_175_550_103).to_string();
        assert!(find_number(pools.iter(), &beyond).is_none());
        assert!(find_number(pools[1..].iter(), &all[0].0).is_none());
    }

    #[test]
    fn a_range_has_numbers_of_one_length_in_order() {
        let extensions = Range::parse::<ExtensionPool>("0001", "0099").expect("a range");
        assert_eq!((extensions.count(), ExtensionPool::text(extensions, 7)), (99, "0007".to_owned()));
        assert!(extensions.contains("0099") && !extensions.contains("99") && !extensions.contains("0100"));
        for (first, last, wrong) in [
            ("1000", "999", BadRange::Order),
            ("200", "100", BadRange::Order),
            ("1x", "20", BadRange::First),
            ("10", "", BadRange::Last),
            ("000000", "999999", BadRange::Large),
        ] {
            assert_eq!(Range::parse::<ExtensionPool>(first, last), Err(wrong), "{first}-{last}");
        }
        assert_eq!(Range::parse::<DidPool>("13175550100", "+13175550100"), Err(BadRange::First));
    }

    #[test]
    fn ranges_overlap_where_a_number_is_in_both() {
        let range = |first, last| Range::parse::<ExtensionPool>(first, last).expect("a range");
        let tens = range("10", "19");
        assert!(tens.overlaps(range("19", "25")) && tens.overlaps(range("00", "99")));
        assert!(!tens.overlaps(range("20", "25")) && !tens.overlaps(range("010", "019")));
    }
}
