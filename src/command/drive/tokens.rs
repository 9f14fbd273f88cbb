//! The `Authorization` of each user: a given token, a file of tokens, client credentials, or what the plan says.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gcmock_plan::model::{ByValue, Credentials};
use http::HeaderValue;
use serde_json::Value;

use super::exchange::Line;
use super::target::Target;
use super::template::Of;
use crate::command::args::Tokens;
use crate::rules::excerpt;
use crate::time::clock::Clock;

/// The most bytes of a token's answer.
const MOST: usize = 64 << 10;

/// Who sends a request.
#[derive(Clone, Copy)]
pub(super) struct Sender<'u> {
    /// The user, and the time.
    pub(super) of: Of<'u>,
    /// The token that a request of this user has got.
    pub(super) login: Option<&'u HeaderValue>,
}

/// The `Authorization` of a sampler as the plan has it.
#[derive(Debug)]
pub(super) enum Authorization {
    /// None.
    None,
    /// By the user's number.
    Known(Vec<HeaderValue>),
    /// By the row of a data set that the user has.
    Rows {
        /// The values.
        values: Vec<HeaderValue>,
        /// The variable that has the row.
        variable: u32,
        /// Which of the values a row has.
        place: Arc<ByValue<u32>>,
    },
    /// What a login of the plan has got: the last one, or each user's own where it has one.
    Login {
        /// Whether each user has its own.
        own: bool,
    },
}

impl Authorization {
    /// Prepares the values.
    ///
    /// # Errors
    /// A value that no header takes.
    pub(super) fn of(plan: &Credentials) -> anyhow::Result<Self> {
        Ok(match plan {
            Credentials::None => Self::None,
            Credentials::Shared(text) => Self::Known(vec![value(text)?]),
            Credentials::Login { per_thread } => Self::Login { own: *per_thread },
            Credentials::Spread { tokens, .. } => {
                Self::Known(tokens.iter().map(whole).collect::<anyhow::Result<_>>()?)
            }
            Credentials::Rows { tokens, variable, place } => Self::Rows {
                values: tokens.iter().map(|text| value(text)).collect::<anyhow::Result<_>>()?,
                variable: *variable,
                place: Arc::clone(place),
            },
        })
    }
}

impl Authorization {
    /// Whether a value has a part that is not known, and goes out as it is written.
    pub(super) fn is_open(&self) -> bool {
        let is_open = |value: &HeaderValue| value.as_bytes().windows(2).any(|pair| pair == b"${");
        match self {
            Self::Known(values) => values.iter().any(is_open),
            // That of a thread without a row is a value as well.
            Self::Rows { values, place, .. } => {
                (0..).zip(values).any(|(index, value)| index != place.unset && is_open(value))
            }
            Self::None | Self::Login { .. } => false,
        }
    }
}

/// The tokens of a run.
#[derive(Debug, Default)]
pub(super) struct Bearers {
    /// Values of `Authorization` in place of the plan's, by the user's number. Empty: those of the plan.
    given: Vec<HeaderValue>,
    /// The token that a request of the plan has got last, for users without a login of their own.
    login: ArcSwapOption<HeaderValue>,
}

impl Bearers {
    /// Reads or fetches the tokens that the options name.
    ///
    /// # Errors
    /// A file without tokens, a login that is refused or is not answered with JSON.
    pub(super) async fn of_options(
        options: &Tokens,
        target: &Target,
        clock: &Clock,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let given = if let Some(token) = &options.token {
            vec![bearer(token)?]
        } else if let Some(file) = &options.token_file {
            read(file).with_context(|| format!("--token-file {}", file.display()))?
        } else if let Some(id) = &options.client_id {
            let secret = options.client_secret.as_deref().context("--client-id needs --client-secret")?;
            let login = tokio::time::timeout(patience, login(target, clock, id, secret)).await;
            let silent = || anyhow!("{} does not answer the login", target.url);
            vec![bearer(&login.map_err(|_| silent())??)?]
        } else {
            Vec::new()
        };
        Ok(Self { given, login: ArcSwapOption::empty() })
    }

    /// The value for a request. A token request of the plan keeps its own.
    pub(super) fn of<'b>(
        &'b self,
        plan: &'b Authorization,
        by: Sender<'b>,
        is_login: bool,
    ) -> Option<Cow<'b, HeaderValue>> {
        let of = |values: &'b [HeaderValue]| {
            values.get(by.of.thread as usize % values.len().max(1)).map(Cow::Borrowed)
        };
        match plan {
            Authorization::None => None,
            _ if !self.given.is_empty() && !is_login => of(&self.given),
            Authorization::Known(values) => of(values),
            Authorization::Rows { values, variable, place } => {
                values.get(*place.at((by.of.value)(*variable)) as usize).map(Cow::Borrowed)
            }
            Authorization::Login { own } => match by.login.filter(|_| *own) {
                Some(mine) => Some(Cow::Borrowed(mine)),
                None => self.login.load().as_deref().cloned().map(Cow::Owned),
            },
        }
    }

    /// The token that a request of the plan has got. It is kept for users without one of their own: a setUp group logs
    /// in for all.
    pub(super) fn keep(&self, answer: &[u8]) -> Option<HeaderValue> {
        let answer = serde_json::from_slice::<Value>(answer).ok()?;
        let token = bearer(answer["access_token"].as_str()?).ok()?;
        self.login.store(Some(Arc::new(token.clone())));
        Some(token)
    }
}

/// The value of a header that may be the token alone.
fn whole(token: &Arc<str>) -> anyhow::Result<HeaderValue> {
    if token.contains(' ') { value(token) } else { bearer(token) }
}

fn value(text: &str) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text.trim()).context("the value of the header authorization")?;
    value.set_sensitive(true);
    Ok(value)
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
    let basic = STANDARD.encode(format!("{id}:{secret}"));
    let (url, host, form) = (&target.url, target.host.to_str()?, "grant_type=client_credentials");
    let length = form.len();
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: {host}\r\nauthorization: Basic {basic}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    let mut line = Line::open(target, clock).await.with_context(|| format!("cannot reach {url}"))?;
    let answer = line.send(request.as_bytes(), MOST).await;
    let answer = answer.map_err(|_| anyhow!("{url} does not answer the login"))?;
    ensure!(
        answer.status == 200,
        "{url} refuses the login: {} {}",
        answer.status,
        excerpt_of_body(&answer.body)
    );
    let json: Value = serde_json::from_slice(&answer.body).map_err(|_| {
        anyhow!("{url} does not answer the login with JSON: {}", excerpt_of_body(&answer.body))
    })?;
    json["access_token"]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("{url} answers the login without a token"))
}

fn excerpt_of_body(body: &[u8]) -> String {
    excerpt(String::from_utf8_lossy(body).trim())
}
