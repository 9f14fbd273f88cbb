//! One user: a thread of the plan in real time, with its connection and its WebSocket.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use gcmock_plan::model::{Action, NodeId, NodeKind, Sampler, SocketMessage};
use gcmock_plan::results::{Outcome, Sample};
use gcmock_plan::simulate::live::{Answer as Answered, Step, Thread, Transaction, Walker};
use http::{HeaderValue, Uri};

use super::exchange::{Answer, Line};
use super::failure;
use super::jtl::{Row, Told};
use super::request::Prepared;
use super::run::Run;
use super::socket::{Handshake, Socket};
use super::template::{Of, Template};
use super::tokens::Sender;
use super::wire::Counted;
use crate::time::Nanos;

const SECOND: Nanos = 1_000_000_000;
/// How often --retry sends a request again.
const MOST_RETRIES: u32 = 9;

/// A user that is under way.
pub(super) struct User {
    pub(super) run: &'static Run,
    pub(super) walker: Walker,
    pub(super) thread: Thread,
    pub(super) line: Option<Line>,
    socket: Option<Box<Socket>>,
    /// The token that a request of this user has got.
    pub(super) login: Option<HeaderValue>,
    /// The last request, as it was written.
    pub(super) request: Vec<u8>,
    /// The path of the last request, where it is not the same in all samples.
    pub(super) sent: Option<Uri>,
    /// The iteration in which the connection was last used.
    pub(super) iteration: u32,
    /// How long after its instant the user began. Its first sample is late by this as well.
    behind: Nanos,
}

/// A sample that is over.
struct Done {
    start: Nanos,
    late: Nanos,
    connect: Nanos,
    answer: anyhow::Result<Answer>,
}

impl User {
    /// Runs a thread from its start to its end.
    pub(super) async fn live(run: &'static Run, thread: Thread, begin: Nanos) {
        let line = run.pooled_line();
        let walker = Walker::new(&run.map, thread, run.started);
        let behind = run.now().saturating_sub(begin);
        let mut user = Self {
            run,
            walker,
            thread,
            line,
            socket: None,
            login: None,
            request: Vec::new(),
            sent: None,
            iteration: 0,
            behind,
        };
        until_cut_off(run, user.go()).await;
        user.run.keep_line(user.line.take());
        user.run.end(user.thread.group);
    }

    async fn go(&mut self) {
        while !self.run.governor.ends() {
            let now = self.run.now();
            let step = self.walker.next(&self.run.map, &mut self.run.together.lock(), now);
            match step {
                Step::Sample { node, at } => self.sample(node, at).await,
                Step::Parallel { nodes, most, at } => self.parallel(&nodes, most, at).await,
                Step::Pause { until } => drop(self.run.wait(until).await),
                Step::Gather { timer, threads, timeout } => self.run.gather(timer, threads, timeout).await,
                Step::Hold { timer, until } => self.run.hold(timer, until).await,
                Step::Wake { timer } => self.run.wake(timer),
                Step::Transaction(transaction) => self.transaction(transaction),
                Step::StopTest { at_once } => self.run.governor.stop(at_once),
                Step::End { at } => {
                    self.run.wait(at).await;
                    return;
                }
            }
        }
    }

    /// Runs a sampler at its instant, and tells the walker how it ended.
    async fn sample(&mut self, node: NodeId, at: Nanos) {
        let run = self.run;
        let Some(sampler) = run.sampler(node) else { return };
        let at = at.saturating_add(sampler.script_time);
        if !run.wait(at).await {
            return;
        }
        let mut done = self.act(node, sampler, at).await;
        for attempt in 0.. {
            let seconds = done.refused().filter(|_| run.retries && attempt < MOST_RETRIES);
            let Some(seconds) = seconds else { break };
            self.record(node, sampler, &done);
            let due = run.now() + Nanos::from(seconds.max(1)) * SECOND;
            if self.thread.end.is_some_and(|end| due > end) || !run.wait(due).await {
                return self.answered(&done);
            }
            done = self.act(node, sampler, due).await;
        }
        self.record(node, sampler, &done);
        self.answered(&done);
    }

    fn answered(&mut self, done: &Done) {
        let end = self.run.now();
        let retry_after = done.refused().map(|seconds| end + Nanos::from(seconds) * SECOND);
        self.walker.answered(&self.run.map, &Answered { sample: done.sample(), end, retry_after });
    }

    /// Does what a sampler does.
    async fn act(&mut self, node: NodeId, sampler: &Sampler, at: Nanos) -> Done {
        let run = self.run;
        let sends = !matches!(sampler.action, Action::Other { .. });
        if sends {
            run.wait(run.governor.turn(run.now())).await;
        }
        let start = run.now();
        let mut connect = 0;
        // A message has its own longest wait, and what sends nothing may take any time.
        let patience = match sampler.action {
            Action::Http(_) | Action::SocketOpen(_) | Action::SocketClose => run.patience,
            _ => Duration::MAX,
        };
        let acted = tokio::time::timeout(patience, self.perform(node, &sampler.action, &mut connect));
        let answer = acted.await.unwrap_or_else(|_| Err(failure::timed_out()));
        if answer.is_err() {
            self.line = None;
        }
        if let Some(answer) = answer.as_ref().ok().filter(|_| sends) {
            run.governor.look_at(answer, &run.target.url);
        }
        let late = start.saturating_sub(at) + std::mem::take(&mut self.behind);
        Done { start, late, connect, answer }
    }

    async fn perform(
        &mut self,
        node: NodeId,
        action: &Action,
        connect: &mut Nanos,
    ) -> anyhow::Result<Answer> {
        let run = self.run;
        let prepared = run.requests.get(node.0 as usize).and_then(Option::as_ref);
        match (action, prepared) {
            (Action::Http(_), Some(prepared)) => self.http(prepared, connect).await,
            (Action::SocketOpen(_), Some(prepared)) => self.open_socket(prepared, connect).await,
            (Action::SocketMessage(message), _) => self.message(node, message).await,
            (Action::SocketClose, _) => match self.socket.take() {
                Some(socket) => socket.close().await,
                None => Err(failure::no_socket()),
            },
            (Action::Other { takes }, _) => {
                run.wait(run.now() + takes).await;
                Ok(Answer { status: 200, ..Answer::default() })
            }
            _ => Ok(Answer::default()),
        }
    }

    async fn open_socket(&mut self, prepared: &Prepared, connect: &mut Nanos) -> anyhow::Result<Answer> {
        let run = self.run;
        self.socket = None;
        let request = self.with_sender(|by| prepared.handshake(by, &run.bearers))?;
        self.sent = Some(request.uri().clone());
        let before = run.now();
        let stream = run.target.connect().await.map_err(|error| failure::of_connect(&error))?;
        *connect = run.now() - before;
        match Socket::open(&run.target, Counted::new(stream), &request).await? {
            Handshake::Open(socket, answer) => {
                self.socket = Some(socket);
                Ok(answer)
            }
            Handshake::Refused(answer) => Ok(answer),
        }
    }

    async fn message(&mut self, node: NodeId, message: &SocketMessage) -> anyhow::Result<Answer> {
        let template = self.run.messages.get(node.0 as usize).and_then(Option::as_ref);
        let text = template.map(|template| self.render(template).to_string());
        let Some(socket) = &mut self.socket else { return Err(failure::no_socket()) };
        let patience = message.read.then(|| Duration::from_nanos(message.timeout));
        socket.exchange(text, patience).await
    }

    /// Runs samplers at the same time, each on a connection of its own beside that of the user.
    async fn parallel(&mut self, nodes: &[NodeId], most: usize, at: Nanos) {
        if !self.run.wait(at).await {
            return;
        }
        let others = nodes.iter().enumerate().map(|(place, sampler)| {
            let mut other = Self {
                run: self.run,
                walker: self.walker.beside(&self.run.map, self.thread, self.run.started),
                thread: self.thread,
                line: None,
                socket: None,
                login: self.login.clone(),
                request: Vec::new(),
                sent: None,
                iteration: 0,
                behind: 0,
            };
            async move {
                let run = other.run;
                let found = run.sampler(*sampler)?;
                // One that waited for a place is due now.
                let at = if place < most { at } else { run.now() };
                let done = other.act(*sampler, found, at).await;
                other.record(*sampler, found, &done);
                Some(done)
            }
        });
        let together = most.clamp(1, nodes.len().max(1));
        let others: Vec<_> = others.collect();
        let done: Vec<_> = futures_util::stream::iter(others).buffer_unordered(together).collect().await;
        // They are in the order of their ends.
        let mut done = done.iter().flatten();
        let is_one_sample = self.walker.is_one_sample(&self.run.map);
        let last = if is_one_sample { done.min_by_key(|done| done.succeeded()) } else { done.next_back() };
        if let Some(last) = last {
            self.answered(last);
        }
    }

    /// Does something as the user is now: with its token, and the values of its variables.
    pub(super) fn with_sender<T>(&self, act: impl FnOnce(Sender<'_>) -> T) -> T {
        let value = |variable| self.walker.value(&self.run.map, variable);
        let of = Of {
            thread: self.of_thread(),
            group: self.thread.group,
            millis: self.run.clock.now() / 1_000_000,
            value: &value,
        };
        act(Sender { of, login: self.login.as_ref() })
    }

    fn render(&self, template: &Template) -> Arc<str> {
        self.with_sender(|by| template.render(by.of))
    }

    const fn of_thread(&self) -> u32 {
        self.thread.number
    }

    /// What was sent, where it is not the same in all samples: the name and the URL of a sampler.
    fn told(&mut self, node: NodeId) -> Option<Box<Told>> {
        let path = self.sent.take();
        let name = self.run.names.get(node.0 as usize)?.as_ref().map(|template| self.render(template));
        (name.is_some() || path.is_some()).then(|| Box::new(Told { name, path }))
    }

    /// Writes the row of a sample.
    fn record(&mut self, node: NodeId, sampler: &Sampler, done: &Done) {
        if sampler.silent && done.succeeded() {
            return;
        }
        let mut sample = done.sample();
        sample.elapsed = self.run.now().saturating_sub(done.start);
        (sample.label, sample.thread) = (node.0, self.of_thread());
        if matches!(sampler.action, Action::Other { .. }) {
            sample.outcome = Outcome::Silent;
        }
        let told = self.told(node);
        self.run.write(Row { sample, group: self.group(), late: done.late, told, ..Row::default() });
    }

    fn transaction(&self, transaction: Transaction) {
        let sample = Sample { thread: self.of_thread(), ..transaction.sample };
        let counts = [transaction.samples, transaction.failed];
        self.run.write(Row { sample, counts, group: self.group(), ..Row::default() });
    }

    fn group(&self) -> u32 {
        u32::try_from(self.thread.group).unwrap_or(u32::MAX)
    }
}

impl Done {
    /// The seconds of `Retry-After`, if it was refused.
    fn refused(&self) -> Option<u32> {
        let answer = self.answer.as_ref().ok()?;
        (answer.status == 429).then(|| answer.retry_after.unwrap_or(1))
    }

    fn succeeded(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| (200..400).contains(&answer.status) || answer.status == 101)
    }

    fn sample(&self) -> Sample {
        let common = Sample {
            start: self.start,
            connect: self.connect,
            success: self.succeeded(),
            ..Sample::default()
        };
        match &self.answer {
            Ok(answer) => Sample {
                latency: answer.latency,
                outcome: Outcome::Status(answer.status),
                received: answer.traffic.0,
                sent: answer.traffic.1,
                retry_after: answer.retry_after,
                ..common
            },
            Err(error) => Sample { outcome: Outcome::Failed(format!("{error:#}").into()), ..common },
        }
    }
}

/// Runs a user to its end, or until samples are cut off. The token is asked once, which registers the task: to ask it at
/// each step would take a lock that all users share.
async fn until_cut_off(run: &Run, user: impl Future<Output = ()>) {
    let (mut user, mut cut_off) = (pin!(user), pin!(run.governor.stop_now.cancelled()));
    let mut registered = false;
    std::future::poll_fn(|context| {
        if user.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if std::mem::replace(&mut registered, true) && !run.governor.ends() {
            return Poll::Pending;
        }
        cut_off.as_mut().poll(context)
    })
    .await;
}

/// The sampler of a node.
pub(super) fn sampler_of(kind: &NodeKind) -> Option<&Sampler> {
    match kind {
        NodeKind::Sampler(sampler) => Some(sampler),
        _ => None,
    }
}
