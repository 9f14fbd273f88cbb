//! Refusals of a field or parameter with a wrong value: 400 with the name of the field.

use std::borrow::Cow;

use http::StatusCode;

use super::error::ApiError;
use super::quoted::quoted;

impl ApiError {
    /// 400: a field has a value it can not have.
    pub(crate) fn invalid_value(field: &str, value: &str, allowed: &str) -> Self {
        let (shown, field) = (quoted(value), quoted(field));
        let message =
            format!("Value [{shown}] is not valid for field type [{field}]. Allowable values are: {allowed}");
        Self::invalid("invalid.value", message, &[("value", value), ("field", &field)])
    }

    /// 400: a query parameter has a value it can not have.
    pub(crate) fn invalid_parameter(name: &str, value: &str, allowed: &str) -> Self {
        let shown = quoted(value);
        let message =
            format!("Value [{shown}] is not valid for parameter [{name}]. Allowable values are: {allowed}");
        Self::invalid("invalid.query.param.value", message, &[("value", value), ("parameter", name)])
    }

    /// 400: a field or parameter breaks a rule of its operation, and which.
    pub(crate) fn constraint(field: &str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid("constraint.validation", why, &[("field", field)])
    }

    /// 400: a required field is missing, with the code that its operation has for that.
    pub(crate) fn missing_field(code: &'static str, field: &str, why: &'static str) -> Self {
        Self::invalid(code, why, &[("field", field)])
    }

    /// 400: the date in this field or parameter is not ISO-8601.
    pub(crate) fn invalid_date_in(field: &str, value: &str) -> Self {
        Self::invalid("invalid.date", NOT_A_DATE, &[("value", value), ("field", field)])
    }

    fn invalid(
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        params: &[(&'static str, &str)],
    ) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, code, message);
        if params.is_empty() {
            return error;
        }
        let params = params.iter().map(|(name, value)| (*name, quoted(*value).into_owned())).collect();
        error.with_more(|more| more.params = params)
    }
}

const NOT_A_DATE: &str = "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ";
