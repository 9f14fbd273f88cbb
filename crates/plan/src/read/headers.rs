//! Headers, and who asks: the token of the Authorization header.

use std::sync::Arc;

use super::build::{Builder, How, Scope};
use super::element::Element;
use super::expression::is_known;
use crate::model::Credentials;

/// A header's name and value.
type Header = (Arc<str>, Arc<str>);

/// Whether a plan asks for a token, in an element that is enabled.
pub(super) fn has_login(elements: &[Element]) -> bool {
    elements
        .iter()
        .filter(|element| element.enabled)
        .any(|element| is_login(element) || has_login(&element.children))
}

fn is_login(element: &Element) -> bool {
    let path = element.text("HTTPSampler.path").trim_end_matches('/');
    path.ends_with("/oauth/token") || path == "oauth/token"
}

impl<'plan> Builder<'plan> {
    /// The headers of a sampler without `Authorization`, and its credentials. The nearest manager wins for each name.
    pub(super) fn headers(&mut self, element: &Element, scope: &Scope<'plan>) -> (Vec<Header>, Credentials) {
        let mut headers: Vec<(&str, &str, &Element)> = Vec::new();
        for manager in &scope.headers {
            for entry in manager.list("HeaderManager.headers") {
                let name = entry.get("Header.name").unwrap_or(&entry.name);
                headers.retain(|(other, ..)| !other.eq_ignore_ascii_case(name));
                headers.push((name, entry.get("Header.value").unwrap_or_default(), manager));
            }
        }
        let mut credentials = Credentials::None;
        let mut others = Vec::new();
        for (name, value, manager) in headers {
            let value = self.names.text(value);
            if name.trim().eq_ignore_ascii_case("authorization") {
                credentials = self.credentials(element, manager, value);
            } else if !name.trim().is_empty() {
                others.push((self.names.text(name).into(), value.into()));
            }
        }
        // A script can set the header: the option says that there are tokens.
        if let (Credentials::None, Some(count), false) =
            (&credentials, self.options.tokens, is_login(element))
        {
            credentials = Credentials::Spread { tokens: Arc::from([]), count: count.max(1) };
        }
        (others, credentials)
    }

    /// Who asks, by the value of the Authorization header.
    fn credentials(&mut self, element: &Element, manager: &Element, value: String) -> Credentials {
        if value.trim_start().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")) {
            return Credentials::Shared(value.into());
        }
        if let Some(count) = self.options.tokens {
            return Credentials::Spread { tokens: Arc::from([]), count: count.max(1) };
        }
        if is_known(&value) {
            return Credentials::Shared(value.into());
        }
        if let Some(known) = self.file_tokens.get(&value) {
            return known.clone();
        }
        if let Some(tokens) = self.tokens_of_file(&value) {
            self.file_tokens.insert(value, tokens.clone());
            return tokens;
        }
        if self.has_login {
            let per_thread = !value.contains("${__P(") && !value.contains("${__property(");
            return Credentials::Login { per_thread };
        }
        let assumed =
            format!("has the same token for all threads in '{}': {value} is not known", self.name(element));
        self.note(manager, How::asked(assumed, "--tokens N".to_owned()));
        Credentials::Shared(value.into())
    }
}
