//! Made-up names in the place of people and of customers.
//!
//! A name is made from a hash of what it replaces, so that the same export gives the same names, and a later export of the
//! same organization gives nearly the same ones. It is no protection against a reader who can guess the address and compare.

use sha2::{Digest, Sha256};

const FIRST: [&str; 40] = [
    "Alex", "Andrea", "Ariel", "Ashley", "Bailey", "Blair", "Cameron", "Casey", "Charlie", "Chris", "Dana",
    "Drew", "Eden", "Ellis", "Finley", "Frankie", "Gray", "Harper", "Hayden", "Jamie", "Jesse", "Jordan",
    "Jules", "Kai", "Kelly", "Lee", "Logan", "Marion", "Morgan", "Nico", "Parker", "Quinn", "Reese", "Riley",
    "Robin", "Rowan", "Sam", "Sasha", "Taylor", "Toni",
];

const LAST: [&str; 50] = [
    "Alder", "Ash", "Bay", "Beck", "Birch", "Bluff", "Brook", "Canyon", "Cape", "Cedar", "Cliff", "Cove",
    "Crest", "Dale", "Delta", "Dune", "Elm", "Fern", "Field", "Fjord", "Ford", "Forest", "Glen", "Grove",
    "Harbor", "Hazel", "Heath", "Hill", "Holm", "Isle", "Lagoon", "Lake", "Laurel", "Maple", "Marsh",
    "Meadow", "Mesa", "Moor", "Oak", "Pine", "Pond", "Reed", "Ridge", "River", "Shore", "Spring", "Stone",
    "Vale", "Willow", "Wood",
];

const TRADES: [&str; 12] = [
    "Bank",
    "Books",
    "Clinics",
    "Energy",
    "Foods",
    "Garages",
    "Hotels",
    "Insurance",
    "Logistics",
    "Markets",
    "Tools",
    "Travel",
];

/// A first and a last name for the person of that address or key.
pub(super) fn person(of: &str) -> (&'static str, &'static str) {
    let hash = hash(of);
    (pick(&FIRST, hash), pick(&LAST, hash >> 16))
}

/// A name for the customer of that name.
pub(super) fn company(of: &str) -> String {
    let hash = hash(of);
    format!("{} {}", pick(&LAST, hash), pick(&TRADES, hash >> 16))
}

/// A name for the city or the state of that name.
pub(super) fn place(of: &str) -> String {
    pick(&LAST, hash(of)).to_owned()
}

/// A zip code in the place of another one.
pub(super) fn zip(of: &str) -> String {
    format!("{:05}", hash(of) % 100_000)
}

/// A telephone number that no network has: +999 is a country code that is not assigned (ITU-T E.164).
pub(super) fn phone(number: u64) -> String {
    format!("+999{number:010}")
}

/// A telephone number for the person of that address or key.
pub(super) fn phone_of(of: &str) -> String {
    // Numbers from 5,000,000,000 up are those of people, numbers below are those of pools.
    phone(5_000_000_000 + (hash(of) >> 8) % 1_000_000_000)
}

/// The first eight bytes of the hash of a text, without regard to case.
fn hash(of: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(of.to_lowercase()).into();
    digest.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

fn pick(names: &[&'static str], hash: u64) -> &'static str {
    let count = u64::try_from(names.len()).unwrap_or(1).max(1);
    let index = usize::try_from(hash % count).unwrap_or_default();
    names.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_made_up_name_is_the_same_whatever_the_case_and_a_number_has_one_length(of in "\\PC{0,40}") {
            prop_assert_eq!(person(&of), person(&of.to_lowercase()));
            prop_assert!(!person(&of).0.is_empty() && !person(&of).1.is_empty());
            prop_assert!(!company(&of).starts_with(' '));
            let phone = phone_of(&of);
            prop_assert_eq!(phone.len(), 14);
            prop_assert!(phone[1..].bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_thousand_people_have_many_names() {
        let names = (0..1000).map(|number| person(&format!("user{number}@example.com")));
        assert!(names.collect::<std::collections::HashSet<_>>().len() > 600);
    }
}
