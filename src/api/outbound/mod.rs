//! Outbound dialing: contact lists, campaigns, and what they use.
//!
//! | file | owns |
//! |---|---|
//! | `dialed` | what all named entities of the family share, and bulk operations on them |
//! | `simple` | the kinds without operations of their own: rules, time sets, templates |
//! | `contact_lists`, `contacts`, `contact_jobs` | contact lists, their contacts, and jobs that change many |
//! | `counted` | what contact lists and `dnc` share: size and import |
//! | `filters` | contact list filters |
//! | `dnc` | lists of addresses that are not to be contacted |
//! | `campaigns`, `messaging` | campaigns of calls, and of emails and messages |
//! | `figures` | what is counted of campaigns |
//! | `sequences`, `schedules` | sequences of campaigns, and when they run |
//! | `settings` | settings and the meaning of wrap-up codes |
//! | `imports`, `template_imports` | files of contacts, and those with a template |
//! | `exports` | exports of contacts and of blocked addresses |
//!
//! The vendor's codes of refusals are those of its API document.

mod campaigns;
mod contact_jobs;
mod contact_lists;
mod contacts;
mod counted;
mod dialed;
mod dnc;
mod exports;
mod figures;
mod filters;
mod imports;
mod messaging;
mod schedules;
mod sequences;
mod settings;
mod simple;
mod template_imports;

use http::StatusCode;

pub(super) use self::imports::{take_blocked, take_contacts};
use super::route::Route;
use crate::wire::error::ApiError;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let lists = [contact_lists::routes(), contacts::routes(), contact_jobs::routes(), filters::routes()];
    let campaigns = [campaigns::routes(), messaging::routes(), figures::routes(), sequences::routes()];
    let rest = [simple::routes(), dnc::routes(), schedules::routes(), settings::routes(), exports::routes()];
    let rest = [rest.concat(), imports::routes()];
    [lists.concat(), campaigns.concat(), rest.concat()].concat()
}

/// 400 with one of the vendor's codes, and why.
fn refusal(code: &'static str, why: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}
