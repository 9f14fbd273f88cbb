//! Pages the way the vendor gives them: `entities`, the counts, and the URIs of the pages around.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ApiError;

/// The default number of entities of a page.
pub(crate) const DEFAULT_SIZE: u64 = 25;
/// The most entities a page holds; larger wishes are capped silently, as some real endpoints do.
pub(crate) const MAX_SIZE: u64 = 500;

/// A requested page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// Entities a page, 1 to [`MAX_SIZE`].
    pub(crate) size: u64,
    /// The page, from 1.
    pub(crate) number: u64,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { size: DEFAULT_SIZE, number: 1 }
    }
}

impl PageRequest {
    /// Reads `pageSize` and `pageNumber`.
    pub(crate) fn parse<'q>(query: impl Fn(&str) -> Option<Cow<'q, str>>) -> Result<Self, ApiError> {
        Self::parse_within(query, (DEFAULT_SIZE, MAX_SIZE))
    }

    /// Reads the page that a body asks for.
    pub(crate) fn of_body(body: &Map<String, Value>) -> Result<Self, ApiError> {
        Self::of_body_within(body, (DEFAULT_SIZE, MAX_SIZE))
    }

    /// [`Self::of_body`] with another default and another greatest size.
    pub(crate) fn of_body_within(body: &Map<String, Value>, sizes: (u64, u64)) -> Result<Self, ApiError> {
        Self::parse_within(|name| written(body.get(name)), sizes)
    }

    fn parse_within<'q>(
        query: impl Fn(&str) -> Option<Cow<'q, str>>,
        (default, most): (u64, u64),
    ) -> Result<Self, ApiError> {
        let positive = |name: &'static str, default| match query(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<u64>()
                .ok()
                .filter(|value| *value >= 1)
                .ok_or_else(|| ApiError::invalid_value(name, &text, "whole numbers from 1")),
        };
        Ok(Self { size: positive("pageSize", default)?.min(most), number: positive("pageNumber", 1)? })
    }

    /// The index of the page's first entity.
    pub(crate) fn offset(self) -> usize {
        let skipped = (self.number - 1).saturating_mul(self.size);
        usize::try_from(skipped).unwrap_or(usize::MAX)
    }

    /// The most entities of the page, from [`Self::offset`] on.
    pub(crate) fn most(self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }
}

/// A number of a body as a query would have it. A request may write a whole number with a fraction of zero.
pub(crate) fn written(value: Option<&Value>) -> Option<Cow<'static, str>> {
    let value = value.filter(|value| !value.is_null())?;
    let whole = value.as_f64().filter(|number| value.is_f64() && number.fract() == 0.0);
    Some(whole.map_or_else(|| value.to_string(), |number| format!("{number:.0}")).into())
}

/// A page of a listing.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are the vendor's")]
pub(crate) struct Page<T> {
    /// The entities of this page.
    pub(crate) entities: Vec<T>,
    page_size: u64,
    page_number: u64,
    total: u64,
    first_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
    last_uri: String,
    self_uri: String,
    page_count: u64,
}

impl<T> Page<T> {
    /// A page of `total` entities. `entities` are those of this page.
    pub(crate) fn new(entities: Vec<T>, total: usize, wanted: PageRequest, path: &str, query: &str) -> Self {
        let total = total as u64;
        let pages = total.div_ceil(wanted.size);
        let uri = |number: u64| page_uri(path, query, wanted.size, number);
        Self {
            entities,
            page_size: wanted.size,
            page_number: wanted.number,
            total,
            first_uri: uri(1),
            next_uri: (wanted.number < pages).then(|| uri(wanted.number + 1)),
            previous_uri: (wanted.number > 1).then(|| uri((wanted.number - 1).min(pages.max(1)))),
            last_uri: uri(pages.max(1)),
            self_uri: uri(wanted.number),
            page_count: pages,
        }
    }

    /// The page `wanted` of `all`.
    pub(crate) fn of(all: impl IntoIterator<Item = T>, wanted: PageRequest, path: &str, query: &str) -> Self {
        let mut all = all.into_iter();
        let mut total = all.by_ref().take(wanted.offset()).count();
        let entities: Vec<T> = all.by_ref().take(wanted.most()).collect();
        total += entities.len() + all.count();
        Self::new(entities, total, wanted, path, query)
    }
}

impl<T: Serialize> Page<T> {
    /// The page without properties that this kind of listing lacks.
    pub(crate) fn without(&self, lacking: &[&str]) -> Map<String, Value> {
        let Ok(Value::Object(mut page)) = serde_json::to_value(self) else { return Map::new() };
        page.retain(|key, _| !lacking.contains(&key.as_str()));
        page
    }
}

/// A listing that is paged by cursors: `after` and `before` are positions that only this server reads.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CursorPage<T> {
    entities: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
}

impl<T> CursorPage<T> {
    /// The page of `all` that `after`, `before` and `pageSize` ask for. Its URIs keep the `others` of the query.
    ///
    /// # Errors
    /// When one of them is not of this server, or not a number.
    pub(crate) fn of<'q>(
        all: impl IntoIterator<Item = T>,
        query: impl Fn(&str) -> Option<Cow<'q, str>>,
        (path, others): (&str, &str),
    ) -> Result<Self, ApiError> {
        let size = PageRequest::parse(|name| query(name).filter(|_| name == "pageSize"))?.most();
        let cursor = |name: &'static str| match query(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| ApiError::invalid_value(name, &text, "cursors of a listing")),
        };
        let before: Option<usize> = cursor("before")?;
        let start = before.map(|end| end.saturating_sub(size)).or(cursor("after")?).unwrap_or(0);
        let most = before.map_or(size, |end| end.min(size));
        let mut rest = all.into_iter().skip(start);
        let entities: Vec<T> = rest.by_ref().take(most).collect();
        let uri = |name, at| cursor_uri(path, [("pageSize", size), (name, at)], others);
        let end = start + entities.len();
        Ok(Self {
            next_uri: rest.next().map(|_| uri("after", end)),
            self_uri: uri("after", start),
            previous_uri: (start > 0).then(|| uri("before", start)),
            entities,
        })
    }
}

/// The address of a page of a listing by its number.
fn page_uri(path: &str, query: &str, size: u64, number: u64) -> String {
    const OF_PAGES: [&str; 2] = ["pageSize", "pageNumber"];
    uri(path, [("pageSize", size), ("pageNumber", number)], query, &OF_PAGES)
}

/// The address of a page of a listing by its cursor.
pub(crate) fn cursor_uri(path: &str, page: [(&str, usize); 2], query: &str) -> String {
    const OF_CURSORS: [&str; 6] = ["pageSize", "limit", "after", "before", "cursor", "nextPage"];
    uri(path, page, query, &OF_CURSORS)
}

/// A listing's own address with the page that is named. Other parameters, such as filters, are kept.
fn uri<N: ToString>(path: &str, page: [(&str, N); 2], query: &str, replaced: &[&str]) -> String {
    let mut uri = form_urlencoded::Serializer::for_suffix(format!("{path}?"), path.len() + 1);
    uri.extend_pairs(page.map(|(name, value)| (name, value.to_string())));
    let others = form_urlencoded::parse(query.as_bytes());
    uri.extend_pairs(others.filter(|(key, _)| !replaced.contains(&&**key)));
    uri.finish()
}
