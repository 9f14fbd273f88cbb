//! The certificate authorities of edges.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{DUPLICATE, at};
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::view;
use crate::world::Organization;
use crate::world::table::Record;
use crate::world::telephony::edge::CertificateAuthority;

pub(super) fn routes() -> Vec<Route> {
    const ONE: &str = "/certificateauthorities/{certificateId}";
    vec![
        Route::get(&at("/certificateauthorities"), record::list::<CertificateAuthority>),
        Route::post(&at("/certificateauthorities"), record::create::<CertificateAuthority>),
        Route::get(&at(ONE), record::get::<CertificateAuthority>),
        Route::put(&at(ONE), record::replace::<CertificateAuthority>),
        Route::delete(&at(ONE), record::delete::<CertificateAuthority>),
    ]
}

impl Resource for CertificateAuthority {
    const PARAM: &'static str = "certificateId";
    const DUPLICATE: (StatusCode, &'static str) = DUPLICATE;
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::edge::authority(organization, record)
    }
}
