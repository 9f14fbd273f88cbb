//! Path templates: the places that they name, and what is known of each.

use crate::generate::singular;
use crate::insight;
use crate::makers::{FIRST, GIVEN, MAKERS, Maker};
use crate::spec::Document;

/// The places of the document, the shortest first.
pub(crate) fn all_places(document: &'static Document) -> Vec<&'static str> {
    let paths = document.operations.iter().map(|operation| operation.path);
    let mut places: Vec<_> = paths.flat_map(steps).filter(|(segment, _)| segment.starts_with('{')).collect();
    // An entity that another operation makes comes after the entities of that operation.
    let depth = |path: &str| path.split('/').count();
    places.sort_by_key(|(_, place)| {
        let made = maker(place).map_or(0, |maker| depth(maker.post));
        let made = if insight::LATE.contains(place) { usize::MAX } else { made };
        let first = FIRST.iter().position(|first| first == place).unwrap_or(FIRST.len());
        (first, depth(place).max(made), *place)
    });
    places.dedup();
    places.into_iter().map(|(_, place)| place).collect()
}

/// Each segment of a path, with the path up to it.
pub(crate) fn steps(path: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut end = 0;
    path.split('/').map(move |segment| {
        end += segment.len() + 1;
        (segment, &path[..end - 1])
    })
}

/// Whether a name of an operation fits a pattern, in which `*` is any segment.
pub(crate) fn is_same(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.split('/'), name.split('/'));
    loop {
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == "*" || one == other => {}
            _ => return false,
        }
    }
}

pub(crate) fn maker(place: &str) -> Option<&'static Maker> {
    MAKERS.iter().find(|maker| maker.place == place)
}

pub(crate) fn is_given(place: &str) -> bool {
    GIVEN.iter().any(|(of, _)| *of == place)
}

pub(crate) fn collection(place: &'static str) -> &'static str {
    place.rsplit_once('/').map_or(place, |(collection, _)| collection)
}

pub(crate) fn parameter(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or_default().trim_matches(['{', '}'])
}

/// What the collection of a place holds: `queue` of `/api/v2/routing/queues/{queueId}`.
pub(crate) fn collected(place: &'static str) -> String {
    let word = collection(place).rsplit('/').find(|segment| !segment.starts_with('{'));
    singular(word.unwrap_or_default())
}

/// The noun of a place: `queue` of `/api/v2/routing/queues/{queueId}`.
pub(crate) fn noun(place: &'static str) -> String {
    let name = parameter(place);
    if name == "memberId" {
        return "user".to_owned();
    }
    let stem = name.strip_suffix("Id").unwrap_or_default();
    if !stem.is_empty() {
        return stem.to_owned();
    }
    collected(place)
}
