//! The routes of a kind: its listing and its entities.

use http::Method;

use super::JsonEntity;
use crate::api::route::Route;

/// List, create, get, update (PATCH) and delete.
pub(crate) fn routes<K: JsonEntity>() -> Vec<Route> {
    routes_without::<K>(&[])
}

/// The routes without those of some methods of a single entity.
pub(crate) fn routes_without<K: JsonEntity>(missing: &[Method]) -> Vec<Route> {
    let one = format!("{}/{{{}}}", K::PATH, K::PARAM);
    let mut routes = vec![
        Route::get(K::PATH, super::list::<K>),
        Route::post(K::PATH, super::create::<K>),
        Route::get(&one, super::get::<K>),
    ];
    if !missing.contains(&Method::PATCH) {
        routes.push(Route::patch(&one, super::update::<K>));
    }
    if !missing.contains(&Method::DELETE) {
        routes.push(Route::delete(&one, super::delete::<K>));
    }
    routes
}

/// List, create, get, replace (PUT) and delete.
pub(crate) fn routes_with_put<K: JsonEntity>() -> Vec<Route> {
    let mut routes = routes_without::<K>(&[Method::PATCH]);
    routes.push(Route::put(&format!("{}/{{{}}}", K::PATH, K::PARAM), super::replace::<K>));
    routes
}
