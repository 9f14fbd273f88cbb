//! Checks a request against the documented parameters and body of its operation, before its handler reads it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::call::Call;
use super::entity::descends;
use super::generic::missing;
use super::most;
use super::order;
use super::refusal;
use super::request::Request;
use super::route::Routes;
use crate::catalog::schema::{Mode, Schemas, Wrong};
use crate::catalog::{Checks, Parameter, RequestBody};
use crate::wire::error::ApiError;

/// The query with the words of enumerations as the document spells them, and no page greater than documented; `None`
/// where it has them so.
pub(crate) fn respelled_query(request: &Request<'_>, schemas: &Schemas) -> Option<String> {
    let facts = request.operation?.facts.as_ref().filter(|facts| facts.detailed)?;
    if request.query.is_empty() {
        return None;
    }
    let respelled = |name: &str, value: &str| {
        let parameter = facts.query.iter().find(|parameter| &*parameter.name == name)?;
        parameter.capped(value).or_else(|| schemas.respelled(parameter.schema, value))
    };
    let pairs = || form_urlencoded::parse(request.query.as_bytes());
    // Nearly all queries are spelled so. They are not written anew.
    pairs().find_map(|(name, value)| respelled(&name, &value))?;
    let spelled = pairs().map(|(name, value)| {
        let value = respelled(&name, &value).map_or(value, Cow::Owned);
        (name, value)
    });
    Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(spelled).finish())
}

/// Refuses a request whose query or body is not as the API document says: 400 with the field named.
///
/// # Errors
/// A wrong type, a word that is not in an enumeration, a malformed date, or a required value that is missing.
pub(crate) fn check(call: &Call<'_>, routes: &Routes) -> Result<(), ApiError> {
    let Some(operation) = call.operation else { return Ok(()) };
    let Some(facts) = operation.facts.as_ref().filter(|facts| facts.detailed) else { return Ok(()) };
    let checked = Checked { call, checks: operation.checks, template: &operation.template };
    let body = facts.body.filter(|_| operation.checks != Checks::Query);
    let query = facts.query.iter().try_for_each(|parameter| checked.parameter(parameter));
    let query = query.and_then(|()| checked.order(&facts.query));
    let query = query.and_then(|()| most::check_query(call, &operation.template));
    let result = query.and_then(|()| body.map_or(Ok(()), |body| checked.body(body)));
    // What is wrong with a change of something that is not there tells nothing about that thing.
    result.or_else(|wrong| missing::refuse(call, routes, &operation.template).and(Err(wrong)))
}

/// Refuses a body with a value of another type than the API document has, for a handler that reads the body itself.
pub(crate) fn check_types(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), ApiError> {
    check_as(call, body, Mode::Types)
}

/// [`check_types`], and refuses an object inside of the body that lacks what the document requires.
pub(crate) fn check_inside(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), ApiError> {
    check_as(call, body, Mode::Part)
}

fn check_as(call: &Call<'_>, body: &Map<String, Value>, mode: Mode) -> Result<(), ApiError> {
    let Some(documented) = call.documented_body() else { return Ok(()) };
    Ok(call.platform.catalog.schemas.check_object(documented.schema, body, mode)?)
}

struct Checked<'c, 'a> {
    call: &'c Call<'a>,
    checks: Checks,
    template: &'c str,
}

impl Checked<'_, '_> {
    /// Whether everything that the document requires has to be there.
    fn asks_all(&self) -> bool {
        self.checks == Checks::All
    }

    fn parameter(&self, parameter: &Parameter) -> Result<(), ApiError> {
        // Most requests have no query, and a listing has many parameters.
        if self.call.query.is_empty() && !parameter.required {
            return Ok(());
        }
        let mut values = self.call.query_all(&parameter.name).peekable();
        if parameter.required && self.asks_all() && values.peek().is_none() {
            return Err(refusal::of_parameter(&parameter.name, Wrong::Missing));
        }
        let schemas = &self.call.platform.catalog.schemas;
        values.try_for_each(|value| {
            if &*parameter.name == "sortOrder" && descends(&value).is_some() {
                return Ok(());
            }
            let checked = schemas.check_text(parameter.schema, &value);
            checked.map_err(|wrong| refusal::of_parameter(&parameter.name, wrong))
        })
    }

    fn order(&self, parameters: &[Parameter]) -> Result<(), ApiError> {
        if self.call.query.is_empty() {
            return Ok(());
        }
        order::check_query(parameters, |name| self.call.query_text(name).map(|text| text.to_string()))
    }

    fn body(&self, documented: RequestBody) -> Result<(), ApiError> {
        let mode = match self.checks {
            Checks::All => Mode::Request,
            Checks::Inside => Mode::Part,
            Checks::Types | Checks::Query => Mode::Types,
        };
        match self.call.json_value()? {
            Some(body) => {
                let checked = self.call.platform.catalog.schemas.check(documented.schema, &body, mode);
                let ordered = order::check(self.template, &body);
                let counted = most::check_body(self.call, self.template, &body);
                self.call.keep(body);
                checked.map_err(ApiError::from).and(ordered).and(counted)
            }
            None if documented.required && self.asks_all() => {
                Err(ApiError::bad_request("A JSON body is required."))
            }
            None => Ok(()),
        }
    }
}
