//! The requests of a thread: connections, the decision, the answer.

use gcmock_limit::Permit;
use smallvec::SmallVec;

use super::choose::is_first_turn;
use super::events::What;
use super::machine::Machine;
use super::requests::{Verdict, level};
use super::system::{Agent, Met, Wait};
use super::tally::Decided;
use super::thread::{Connection, Socket, Together};
use super::together::Turn;
use super::walk::Last;
use crate::Nanos;
use crate::model::{Action, Credentials, HttpRequest, Phase, Sampler, Start};
use crate::simulate::SECOND;

/// How a request was decided.
struct Outcome {
    refused: bool,
    /// The limit that governs and what is left of it.
    governing: Option<(u16, u16)>,
    wait: Nanos,
    retry_after: Nanos,
    running: Vec<Permit>,
    kept: Vec<Permit>,
}

impl Machine<'_, '_> {
    /// Schedules a sampler that starts at `start`.
    pub(super) fn schedule(&mut self, id: u32, branch: u32, start: Nanos, known: Nanos) {
        let costs = &self.options.costs;
        let thread = &mut self.threads[id as usize];
        thread.sampler = branch;
        let mut at = start;
        if let Some(Sampler { action, .. }) = self.tree.sampler(branch) {
            let fresh = match action {
                Action::Http(_) => {
                    let old =
                        |connection: &Connection| start - connection.since.min(start) > costs.connection_life;
                    thread.connection.as_ref().is_none_or(old)
                }
                Action::SocketOpen(_) => true,
                _ => false,
            };
            thread.connects = fresh;
            if matches!(action, Action::Http(_) | Action::SocketOpen(_) | Action::SocketMessage(_)) {
                at = at.saturating_add(costs.before + if fresh { costs.connect } else { 0 });
            }
        }
        self.events.push(at, known, id, What::Arrive(branch));
    }

    /// Sends the samplers of a parallel controller at once. Those beyond its limit wait for the end of others.
    pub(super) fn send_together(&mut self, id: u32, parallel: u32, now: Nanos) {
        let thread = &mut self.threads[id as usize];
        let is_first = is_first_turn(&thread.spots, self.tree, parallel);
        let Turn { mut samplers, flow } = self.tree.together(parallel, is_first);
        thread.pending = u32::try_from(samplers.len()).unwrap_or(u32::MAX);
        thread.together = Some(Together { parallel, flow, failed: false, until: now });
        if samplers.is_empty() {
            // An event, not a call: a loop around it would fill the stack.
            return self.events.push(now.max(self.now), self.now, id, What::Answer(parallel));
        }
        let most = self.tree.most_together(parallel).min(samplers.len());
        thread.queue = samplers.split_off(most).into();
        for sampler in samplers {
            self.send_beside(id, sampler, now);
        }
    }

    /// A sampler does what it does.
    pub(super) fn arrive(&mut self, id: u32, branch: u32, now: Nanos) {
        let Some(sampler) = self.tree.sampler(branch) else { return self.finish(id, now) };
        if self.is_stopped(id) {
            return self.finish(id, now);
        }
        match &sampler.action {
            Action::Flow(flow) => self.change_course(id, branch, *flow, now),
            Action::Pause(length) => {
                let thread = &self.threads[id as usize];
                let until = now.saturating_add(*length).min(thread.end.unwrap_or(Nanos::MAX)).max(now);
                let what = if thread.together.is_some() { What::Answer(branch) } else { What::Resume };
                self.events.push(until, now, id, what);
            }
            Action::Http(_) if self.is_loading(id, branch, now) => {}
            Action::Http(_) | Action::SocketOpen(_) => self.request(id, branch, sampler, now),
            Action::SocketMessage(message) => {
                let open = self.threads[id as usize].socket.is_some();
                match message.write {
                    Some(_) if open => self.request(id, branch, sampler, now),
                    _ => self.answer(id, branch, Last { ok: open, retry_after: None }, now),
                }
            }
            Action::SocketClose => {
                let open = self.threads[id as usize].socket.is_some();
                self.close_socket(id);
                self.answer(id, branch, Last { ok: open, retry_after: None }, now);
            }
            Action::Other { takes } => {
                let done = now.saturating_add(*takes);
                self.answer(id, branch, Last { ok: true, retry_after: None }, done);
            }
        }
    }

    /// `JMeter` loads its HTTP client with the first request: requests that would start meanwhile start afterwards.
    fn is_loading(&mut self, id: u32, branch: u32, now: Nanos) -> bool {
        let costs = &self.options.costs;
        let lag = costs.before + if self.threads[id as usize].connects { costs.connect } else { 0 };
        let start = now.saturating_sub(lag);
        let loaded = self.main.unwrap_or(0).saturating_add(self.loads);
        let thread = &mut self.threads[id as usize];
        if thread.warmed || start >= loaded {
            return false;
        }
        thread.warmed = true;
        self.events.push(loaded.saturating_add(costs.jvm_slow + lag), now, id, What::Arrive(branch));
        true
    }

    fn request(&mut self, id: u32, branch: u32, sampler: &Sampler, now: Nanos) {
        let costs = self.options.costs;
        let start = self.start_of(id, now);
        let http = matches!(sampler.action, Action::Http(_));
        if http {
            self.connect(id, start);
        }
        self.watch.played += 1;
        self.threads[id as usize].still = (now, 0);
        let place = self.place_of(id, branch, sampler);
        let Some(met) = self.requests.met(place) else {
            return self.answer(id, branch, Last { ok: true, retry_after: None }, now + costs.after);
        };
        let agent = self.agent(id, sampler);
        let subject = self.subject_of(id, branch, sampler);
        let outcome = self.decide((id, place, subject), met, agent, now);
        let refused = outcome.refused;
        let done = now.saturating_add(outcome.wait).saturating_add(costs.after + sampler.script_time);
        // A setUp script that ignores its sample writes no row of it.
        let is_user = self.phase == Phase::Main;
        if !met.control && (is_user || refused || !sampler.silent) {
            let told = refused && !self.is_interrupted(id, done);
            self.tally.count(Decided { at: now, start, branch, refused: told, governing: outcome.governing });
            let thread = &mut self.threads[id as usize];
            (thread.sent, thread.hit) = (thread.sent || is_user, thread.hit || (is_user && told));
        }
        let retry_after = refused.then(|| done.saturating_add(outcome.retry_after));
        self.keep(id, sampler, agent, outcome);
        self.answer(id, branch, Last { ok: !refused && !met.fails, retry_after }, done);
        self.look_for_repetition(id);
    }

    /// Whether `JMeter` interrupts a sample that would end at `done`: it does not wait for the users of an Open Model
    /// Thread Group after the end of the schedule (`OpenModelThreadGroup`). Such a sample is an error without an answer.
    fn is_interrupted(&self, id: u32, done: Nanos) -> bool {
        let thread = &self.threads[id as usize];
        let is_open = matches!(self.plan.groups[thread.group].start, Start::OpenModel { .. });
        is_open && thread.end.is_some_and(|end| done > end)
    }

    /// When the sample started that is decided now.
    fn start_of(&self, id: u32, now: Nanos) -> Nanos {
        let (costs, thread) = (&self.options.costs, &self.threads[id as usize]);
        let connect = if thread.connects { costs.connect } else { 0 };
        let slow = if thread.warmed && self.is_warming(now) { costs.jvm_slow } else { 0 };
        now.saturating_sub(costs.before + connect + slow)
    }

    fn is_warming(&self, now: Nanos) -> bool {
        let loaded = self.main.unwrap_or(0).saturating_add(self.loads);
        now <= loaded + self.options.costs.jvm_slow + SECOND / 100
    }

    /// Opens a connection in place of one that is too old.
    fn connect(&mut self, id: u32, since: Nanos) {
        let thread = &mut self.threads[id as usize];
        if thread.connects {
            // The slots of the old connection are free before the new one asks.
            thread.connection = None;
            self.connections += 1;
            thread.connection =
                Some(Connection { since, number: self.connections, permits: SmallVec::new() });
            thread.connects = false;
        }
    }

    fn agent(&self, id: u32, sampler: &Sampler) -> Option<Agent> {
        match &sampler.action {
            Action::SocketOpen(open) => self.agent_of(open, self.threads[id as usize].number),
            _ => None,
        }
    }

    fn agent_of(&self, open: &HttpRequest, number: u32) -> Option<Agent> {
        self.system.agent(open, number.saturating_add(1))
    }

    /// The place of what a request meets, by the row that its thread has.
    fn place_of(&self, id: u32, branch: u32, sampler: &Sampler) -> usize {
        let by_row = match &sampler.action {
            Action::Http(request) => request.by_row.as_deref(),
            _ => None,
        };
        let address =
            by_row.map_or(0, |by_row| *by_row.place.at(self.row(id, self.tree.branch(branch).variable)));
        self.requests.place(branch, address as usize)
    }

    /// The number of a request's subject: that of its thread, or of the token of its row.
    fn subject_of(&self, id: u32, branch: u32, sampler: &Sampler) -> u32 {
        let (Action::Http(request) | Action::SocketOpen(request)) = &sampler.action else {
            return self.threads[id as usize].number;
        };
        match &request.credentials {
            Credentials::Rows { place, .. } => *place.at(self.row(id, self.tree.branch(branch).token)),
            _ => self.threads[id as usize].number,
        }
    }

    /// The row that a thread has in the spot of a variable.
    fn row(&self, id: u32, spot: usize) -> Option<i64> {
        self.threads[id as usize].spots.get(spot)?.value()
    }

    fn decide(
        &mut self,
        (id, place, subject): (u32, usize, u32),
        met: &Met,
        agent: Option<Agent>,
        now: Nanos,
    ) -> Outcome {
        let thread = &self.threads[id as usize];
        let admits = agent.is_none_or(|agent| self.admits(agent, now));
        let verdict = if let Some(charges) = self.fixed.get(place, subject) {
            self.limiter.judge(charges, admits, now)
        } else {
            let connection = thread.connection.as_ref();
            let number = connection.map_or(self.connections + 1, |connection| connection.number);
            let held = connection.map_or(&[][..], |connection| &connection.permits);
            let charges = met.charges(&met.subject(subject, number), held);
            self.limiter.judge(&charges, admits, now)
        };
        let refused = verdict.decision.refused || !admits;
        let wait = self.wait(id, met, &verdict, refused);
        self.outcome(verdict, refused, wait)
    }

    fn outcome(&self, verdict: Verdict<'_>, refused: bool, wait: Nanos) -> Outcome {
        let Verdict { decision, kept, running } = verdict;
        let not_adherent = refused && !decision.refused;
        let place = |status: &gcmock_limit::LimitStatus<'_>| {
            let place = self.requests.rules.iter().position(|rule| rule.id == status.rule.id)?;
            Some((u16::try_from(place).ok()?, level(status)))
        };
        let governing = decision.governing.as_ref().filter(|_| !not_adherent).and_then(place);
        Outcome {
            refused,
            governing,
            wait,
            retry_after: Nanos::from(decision.retry_after.unwrap_or(30)) * SECOND,
            running,
            kept,
        }
    }

    fn wait(&mut self, id: u32, met: &Met, verdict: &Verdict<'_>, refused: bool) -> Nanos {
        match met.wait {
            Wait::Fixed { refused: wait, .. } if refused => wait,
            Wait::Fixed { admitted, .. } => admitted,
            Wait::Asked { index, .. } => {
                let random = &mut self.threads[id as usize].random;
                self.system.wait(index, &verdict.decision, refused, &mut || random.f64())
            }
        }
    }

    fn admits(&self, agent: Agent, now: Nanos) -> bool {
        let seated = self.roster.get(&agent.group);
        let others = seated.map_or(0, |agents| agents.len() - usize::from(agents.contains_key(&agent.id)));
        let now = now.saturating_sub(self.main.unwrap_or(0));
        self.system.admits(agent, u32::try_from(others).unwrap_or(u32::MAX), now)
    }

    /// Stores the slots of an admitted request with what holds them.
    fn keep(&mut self, id: u32, sampler: &Sampler, agent: Option<Agent>, outcome: Outcome) {
        if matches!(sampler.action, Action::SocketOpen(_)) {
            if !outcome.refused {
                let mut permits: SmallVec<[Permit; 2]> = outcome.kept.into();
                permits.extend(outcome.running);
                self.close_socket(id);
                if let Some(agent) = agent {
                    *self.roster.entry(agent.group).or_default().entry(agent.id).or_default() += 1;
                }
                self.threads[id as usize].socket = Some(Socket { agent, _permits: permits });
            }
            return;
        }
        if outcome.running.is_empty() && outcome.kept.is_empty() {
            return;
        }
        let thread = &mut self.threads[id as usize];
        thread.running.extend(outcome.running);
        if let Some(connection) = &mut thread.connection {
            connection.permits.extend(outcome.kept);
        }
    }

    pub(super) fn close_socket(&mut self, id: u32) {
        let Some(socket) = self.threads[id as usize].socket.take() else { return };
        let Some(agent) = socket.agent else { return };
        let Some(agents) = self.roster.get_mut(&agent.group) else { return };
        if let Some(sockets) = agents.get_mut(&agent.id) {
            *sockets -= 1;
            if *sockets == 0 {
                agents.remove(&agent.id);
            }
        }
    }

    /// Notes how a sample ended, and goes on when its answer is complete.
    fn answer(&mut self, id: u32, branch: u32, last: Last, done: Nanos) {
        let thread = &mut self.threads[id as usize];
        match &mut thread.together {
            // Of samplers that run beside each other, the one that ends last is the last sample.
            Some(together) => {
                together.failed |= !last.ok;
                if done >= together.until {
                    (thread.last, together.until) = (last, done);
                }
            }
            None => thread.last = last,
        }
        thread.retry_at = None;
        thread.pending = thread.pending.max(1);
        if done <= self.now || self.immediate && thread.running.is_empty() {
            self.end_sample(id, branch, done);
        } else {
            self.events.push(done, self.now, id, What::Answer(branch));
        }
    }
}
