//! Knowledge: bases with categories, labels and documents, and what is searched and told of documents.
//!
//! A document is a draft. Publishing it makes a version of it and of its variations (`versions`); the draft can be changed
//! on. Search and suggestions find the words of titles, alternatives and variations (`words`, `search`).

mod bases;
mod bulk;
mod categories;
mod documents;
mod feedback;
mod jobs;
mod labels;
mod search;
mod variations;
mod versions;
mod words;

pub(super) use self::jobs::take_documents;
use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        bases::routes(),
        bulk::routes(),
        categories::routes(),
        documents::routes(),
        feedback::routes(),
        jobs::routes(),
        labels::routes(),
        search::routes(),
        variations::routes(),
        versions::routes(),
    ]
    .concat()
}
