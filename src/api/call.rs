//! A request whose caller has a token.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::request::Request;
use crate::catalog::RequestBody;
use crate::identity::Caller;
use crate::platform::Platform;
use crate::wire::error::ApiError;
use crate::world::{Organization, Tenant};

/// A request of an identified caller. It has the accessors of [`Request`].
pub(crate) struct Call<'a> {
    pub(crate) request: Request<'a>,
    pub(crate) caller: &'a Caller,
    /// The parts that handlers may use.
    pub(crate) platform: &'a Platform,
    /// The body, once it has been parsed to be checked. The handler takes it.
    parsed: Cell<Option<Value>>,
}

impl<'a> Deref for Call<'a> {
    type Target = Request<'a>;

    fn deref(&self) -> &Self::Target {
        &self.request
    }
}

impl<'a> Call<'a> {
    /// A call whose body has not been parsed.
    pub(crate) fn new(request: Request<'a>, caller: &'a Caller, platform: &'a Platform) -> Self {
        Self { request, caller, platform, parsed: Cell::new(None) }
    }

    /// Keeps the parsed body for the handler, which then parses nothing.
    pub(super) fn keep(&self, body: Value) {
        self.parsed.set(Some(body));
    }

    /// The body; `None` where it is empty or `null`. It is parsed unless it was kept.
    pub(crate) fn json_value(&self) -> Result<Option<Value>, ApiError> {
        match self.parsed.take() {
            Some(body) => Ok(Some(body)),
            None => self.parse(),
        }
    }

    /// Parses the body, with the words of enumerations as the document spells them.
    fn parse(&self) -> Result<Option<Value>, ApiError> {
        let mut body = self.request.json_or_none()?;
        if let (Some(body), Some(documented)) = (&mut body, self.documented_body()) {
            self.platform.catalog.schemas.respell(documented.schema, body);
        }
        Ok(body)
    }

    /// What the document says of the body.
    pub(crate) fn documented_body(&self) -> Option<RequestBody> {
        self.operation.and_then(|operation| operation.facts.as_ref()?.body)
    }

    /// The body as `T`.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.json_or_none()?.ok_or_else(|| ApiError::bad_request("A JSON body is required."))
    }

    /// [`Self::json`]; `None` where the body is empty or `null`.
    pub(crate) fn json_or_none<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        let Some(body) = self.json_value()? else { return Ok(None) };
        // The bytes tell the place of what is wrong.
        serde_json::from_value(body).map(Some).or_else(|_| self.request.json_or_none())
    }

    /// The body as a JSON object.
    pub(crate) fn json_object(&self) -> Result<Map<String, Value>, ApiError> {
        self.json_object_or_none()?.ok_or_else(|| ApiError::bad_request("A JSON body is required."))
    }

    /// [`Self::json_object`]; `None` where the body is empty or `null`.
    pub(crate) fn json_object_or_none(&self) -> Result<Option<Map<String, Value>>, ApiError> {
        match self.json_value()? {
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(ApiError::bad_request("The body must be a JSON object.")),
            None => Ok(None),
        }
    }

    /// The ids of a body that is an array of strings, each once.
    pub(crate) fn json_ids(&self) -> Result<Vec<String>, ApiError> {
        self.json_ids_or_none()?.ok_or_else(|| ApiError::bad_request("A JSON body is required."))
    }

    /// [`Self::json_ids`]; `None` where the body is empty or `null`.
    pub(crate) fn json_ids_or_none(&self) -> Result<Option<Vec<String>>, ApiError> {
        let mut known = HashSet::new();
        let ids: Option<Vec<String>> = self.json_or_none()?;
        Ok(ids.map(|ids| ids.into_iter().filter(|id| known.insert(id.clone())).collect()))
    }

    /// The caller's organization.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.caller.token.tenant
    }

    /// Changes the caller's organization under its lock. The effects follow when the lock is free, also for what
    /// was changed before an error.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Organization) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.platform.change(self.tenant(), self.now, change)
    }
}
