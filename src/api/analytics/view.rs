//! Views of a query: metrics of which only the values within a range count.

use serde_json::{Map, Value};

use super::bounds::check_name;
use super::filter::Range;
use crate::api::refusal;
use crate::wire::error::ApiError;

/// The most views of a query (assumed).
const MAX_VIEWS: usize = 50;

/// A view.
pub(super) struct View<'b> {
    pub(super) name: &'b str,
    /// The name of the metric.
    pub(super) target: &'b str,
    pub(super) range: Range,
}

impl<'b> View<'b> {
    fn read(value: &'b Value) -> Result<Self, ApiError> {
        let text = |key: &str| value[key].as_str().unwrap_or_default();
        let name = text("name");
        if name.is_empty() {
            return Err(refusal::of_missing("views.name"));
        }
        check_name("views", name)?;
        match text("function") {
            "rangeBound" => Ok(Self { name, target: text("target"), range: Range::read(value) }),
            other => Err(ApiError::invalid_value("views.function", other, "rangeBound")),
        }
    }
}

/// The views of a query, each once.
pub(super) fn read_views(body: &Map<String, Value>) -> Result<Vec<View<'_>>, ApiError> {
    let mut all: Vec<&Value> = Vec::new();
    for view in body.get("views").and_then(Value::as_array).into_iter().flatten() {
        if !all.contains(&view) {
            all.push(view);
        }
        if all.len() > MAX_VIEWS {
            return Err(ApiError::constraint("views", format!("A query has at most {MAX_VIEWS} views.")));
        }
    }
    all.into_iter().map(View::read).collect()
}
