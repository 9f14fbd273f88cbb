//! The HTTP requests of a user: its connection, its logins, and redirects.

use std::sync::atomic::Ordering::Relaxed;

use http::Method;

use super::exchange::{Answer, Line};
use super::failure;
use super::redirect::{self, Next};
use super::request::{Prepared, method_of, path_of};
use super::user::User;
use crate::time::Nanos;

/// The age at which a kept connection is replaced: `httpclient4.time_to_live` of `JMeter`.
const CONNECTION_LIFE: Nanos = 60 * 1_000_000_000;
/// The most bytes of a token's answer.
const MOST_OF_LOGIN: usize = 64 << 10;

impl User {
    /// Sends the request of a sampler, and follows redirects where the sampler does. `connect` is the time of a new
    /// connection.
    ///
    /// # Errors
    /// No connection, no answer, or a redirect too many.
    pub(super) async fn http(&mut self, prepared: &Prepared, connect: &mut Nanos) -> anyhow::Result<Answer> {
        let mut request = std::mem::take(&mut self.request);
        let written = self.with_sender(|by| prepared.write(&mut request, by, &self.run.bearers));
        self.sent = prepared.is_varying().then(|| path_of(&request)).flatten();
        let answer = match written {
            Ok(()) => self.exchange(prepared, &request, connect).await,
            Err(error) => Err(error),
        };
        self.request = request;
        match answer {
            Ok(answer) if prepared.follows_redirects && answer.location.is_some() => {
                self.follow(prepared, answer, connect).await
            }
            answer => answer,
        }
    }

    /// Follows the redirects of the answer to the last request. The traffic is that of all requests.
    async fn follow(
        &mut self,
        prepared: &Prepared,
        mut answer: Answer,
        connect: &mut Nanos,
    ) -> anyhow::Result<Answer> {
        let run = self.run;
        let mut path = path_of(&self.request).unwrap_or_default();
        let mut method = &method_of(&self.request);
        for _ in 0..redirect::MOST {
            path = match redirect::next(&answer, method, &path, &run.target) {
                Next::Nowhere => return Ok(answer),
                Next::Elsewhere => {
                    run.outlet.led_elsewhere.fetch_add(1, Relaxed);
                    return Ok(answer);
                }
                Next::Here(path) => path,
            };
            method = if *method == Method::HEAD { &Method::HEAD } else { &Method::GET };
            run.wait(run.governor.turn(run.now())).await;
            let mut request = Vec::new();
            self.with_sender(|by| prepared.write_redirected(&mut request, &path, by, &run.bearers))?;
            let last = self.exchange(prepared, &request, connect).await?;
            let traffic = (last.traffic.0 + answer.traffic.0, last.traffic.1 + answer.traffic.1);
            answer = Answer { latency: answer.latency, traffic, ..last };
        }
        Err(failure::too_many_redirects())
    }

    /// One request and its answer, on the user's connection or a new one.
    async fn exchange(
        &mut self,
        prepared: &Prepared,
        request: &[u8],
        connect: &mut Nanos,
    ) -> anyhow::Result<Answer> {
        let run = self.run;
        let mut opening = 0;
        let mut line = if let Some(line) = self.usable_line().await {
            line
        } else {
            let before = run.now();
            let opened = Line::open(&run.target, &run.clock).await;
            opening = run.now() - before;
            *connect += opening;
            opened.map_err(|error| failure::of_connect(&error))?
        };
        let keep = if prepared.is_login { MOST_OF_LOGIN } else { 0 };
        let mut answer = line.send(request, keep).await.map_err(|broken| failure::of_exchange(&broken))?;
        answer.latency += opening;
        if prepared.is_login && answer.status == 200 {
            self.login = run.bearers.keep(&answer.body).or(self.login.take());
        }
        self.line = Some(line).filter(|_| prepared.keeps_connection());
        Ok(answer)
    }

    /// The connection of the user, unless it is too old, of an earlier iteration that was another user, or closed.
    async fn usable_line(&mut self) -> Option<Line> {
        let mut line = self.line.take()?;
        let is_old = self.run.clock.now().saturating_sub(line.opened) >= CONNECTION_LIFE;
        let iteration = self.walker.iteration();
        let is_other = std::mem::replace(&mut self.iteration, iteration) != iteration;
        let is_other = is_other && !self.run.keeps_user(self.thread.group);
        if is_old || is_other || !line.is_usable().await { None } else { Some(line) }
    }
}
