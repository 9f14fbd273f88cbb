//! The `Authorization` of each user: a given token, a file of tokens, client credentials, or what the plan says.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use gcmock_plan::model::Credentials;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request};
use http_body_util::Full;
use serde_json::Value;

use super::exchange::Line;
use super::target::Target;
use super::template::Of;
use crate::command::args::Tokens;
use crate::rules::excerpt;
use crate::time::clock::Clock;

/// The most bytes of a token's answer.
const MOST: usize = 64 << 10;

/// The tokens of a run.
#[derive(Debug, Default)]
pub(super) struct Bearers {
    /// Values of `Authorization` in place of the plan's, by the user's number. Empty: those of the plan.
    given: Vec<HeaderValue>,
    /// The token that a request of the plan has got.
    login: ArcSwapOption<HeaderValue>,
}

impl Bearers {
    /// Reads or fetches the tokens that the options name.
    ///
    /// # Errors
    /// A file without tokens, a login that is refused or is not answered with JSON.
    pub(super) async fn of_options(options: &Tokens, target: &Target, clock: &Clock) -> anyhow::Result<Self> {
        let given = if let Some(token) = &options.token {
            vec![bearer(token)?]
        } else if let Some(file) = &options.token_file {
            read(file).with_context(|| format!("--token-file {}", file.display()))?
        } else if let Some(id) = &options.client_id {
            let secret = options.client_secret.as_deref().context("--client-id needs --client-secret")?;
            vec![bearer(&login(target, clock, id, secret).await?)?]
        } else {
            Vec::new()
        };
        Ok(Self { given, login: ArcSwapOption::empty() })
    }

    /// The value for a request. A token request of the plan keeps its own.
    pub(super) fn of(&self, plan: &Credentials, of: Of, is_login: bool) -> Option<HeaderValue> {
        let place = |count: usize| of.thread as usize % count.max(1);
        if !self.given.is_empty() && !is_login && *plan != Credentials::None {
            return self.given.get(place(self.given.len())).cloned();
        }
        match plan {
            Credentials::None => None,
            Credentials::Shared(text) => HeaderValue::from_str(text).ok(),
            Credentials::Login { .. } => self.login.load().as_deref().cloned(),
            Credentials::Spread { tokens, .. } => {
                let token = tokens.get(place(tokens.len()))?;
                if token.contains(' ') { HeaderValue::from_str(token).ok() } else { bearer(token).ok() }
            }
        }
    }

    /// Keeps the token that a request of the plan has got.
    pub(super) fn keep(&self, answer: &[u8]) {
        let token = serde_json::from_slice::<Value>(answer).ok();
        let token = token.and_then(|answer| bearer(answer["access_token"].as_str()?).ok());
        if let Some(token) = token {
            self.login.store(Some(Arc::new(token)));
        }
    }
}

fn bearer(token: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .context("a token has a character that no header takes")?;
    value.set_sensitive(true);
    Ok(value)
}

/// The tokens of a file: the column `token`, or the only one.
fn read(file: &Path) -> anyhow::Result<Vec<HeaderValue>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_path(file)?;
    let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
    let named = rows.first().and_then(|head| head.iter().position(|name| name.eq_ignore_ascii_case("token")));
    ensure!(
        named.is_some() || rows.iter().all(|row| row.len() == 1),
        "it has several columns, and none is called token"
    );
    let tokens = rows.iter().skip(usize::from(named.is_some()));
    let tokens = tokens.filter_map(|row| row.get(named.unwrap_or(0))).filter(|token| !token.is_empty());
    let tokens = tokens.map(bearer).collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!tokens.is_empty(), "it has no token");
    Ok(tokens)
}

/// Gets a token with client credentials.
async fn login(target: &Target, clock: &Clock, id: &str, secret: &str) -> anyhow::Result<String> {
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let request = Request::post("/oauth/token")
        .header(HOST, target.host.clone())
        .header(AUTHORIZATION, basic)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from_static(b"grant_type=client_credentials")))?;
    let url = &target.url;
    let mut line = Line::open(target, clock).await.with_context(|| format!("cannot reach {url}"))?;
    let answer =
        line.send(request, MOST).await.with_context(|| format!("{url} does not answer the login"))?;
    ensure!(answer.status == 200, "{url} refuses the login: {} {}", answer.status, shown(&answer.body));
    let json: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| anyhow!("{url} does not answer the login with JSON: {}", shown(&answer.body)))?;
    json["access_token"]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("{url} answers the login without a token"))
}

fn shown(body: &[u8]) -> String {
    excerpt(String::from_utf8_lossy(body).trim())
}
