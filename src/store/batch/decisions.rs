//! The decisions of the task: batches, calls that were lost, homes that can not be used.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Task;
use crate::store::calls::{Caller, Calls};
use crate::store::link::StoreError;
use crate::store::question::{Answer, Question, answers};
use crate::store::{Delivery, Waiting};
use crate::time::clock::Stopwatch;

/// Requests that one call decides.
const BATCH: usize = 64;
/// A home that has something else than buckets is tried again after this time.
const AVOIDED: Duration = Duration::from_secs(1);

/// A call whose answer was lost.
pub(super) struct LostCall {
    sequence: u64,
    questions: Vec<Question>,
}

/// A batch, the sequence of its call, and what came of it.
type BatchAnswer = (Vec<Waiting>, u64, Result<Vec<Answer>, StoreError>);

impl Task {
    /// Decides over what has come until now, in one call, or in a cluster in one call for each home.
    pub(super) async fn decide(&mut self, calls: &mut Calls, first: Waiting) -> Result<(), StoreError> {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(next) = self.inbox.decisions.try_recv() else { break };
            batch.push(next);
        }
        // A request that has ended needs no decision, and is not charged yet.
        batch.retain(|waiting| !waiting.reply.is_closed() && !self.avoids(&waiting.question));
        if batch.is_empty() {
            // The earlier call, for which these requests waited, has been answered since; or their homes are avoided.
            self.store.breaker.close();
            return Ok(());
        }
        if calls.connection.is_cluster() {
            let parts: Vec<_> = by_home(batch).into_iter().map(|part| self.ask(calls, part)).collect();
            return self.take_answers(calls, join_all(parts).await).await;
        }
        let asked = self.ask(calls, batch).await;
        self.take_answers(calls, vec![asked]).await
    }

    /// Asks the store about a batch.
    fn ask(&mut self, calls: &Calls, batch: Vec<Waiting>) -> impl Future<Output = BatchAnswer> + use<> {
        self.sequence += 1;
        let (caller, mut calls) = (Caller { node: self.store.node, sequence: self.sequence }, calls.clone());
        async move {
            let questions: Vec<&Question> = batch.iter().map(|waiting| &waiting.question).collect();
            let answers = calls.decide(&questions, caller).await;
            (batch, caller.sequence, answers)
        }
    }

    /// Hands the answers out. Where a home has something else than buckets, the requests are decided one by one.
    async fn take_answers(&mut self, calls: &mut Calls, all: Vec<BatchAnswer>) -> Result<(), StoreError> {
        let (mut apart, mut failed) = (Vec::new(), None);
        for (batch, sequence, answers) in all {
            match answers {
                Ok(answers) => self.deliver(batch, answers),
                Err(StoreError::Foreign) => apart.extend(batch),
                Err(error) => failed = Some(self.lose(batch, sequence, error)),
            }
        }
        match failed {
            Some(error) => Err(error),
            None => self.decide_apart(calls, apart).await,
        }
    }

    fn deliver(&mut self, batch: Vec<Waiting>, answers: Vec<Answer>) {
        self.store.breaker.close();
        for (Waiting { question, reply }, answer) in batch.into_iter().zip(answers) {
            let decided = self.orders.note(question, answer);
            // If the request has ended, the delivery orders that its charge is undone.
            let _ = reply.send(Delivery::new(decided, &self.store));
        }
    }

    /// Decides one by one, so that a home which has something else than buckets fails alone.
    async fn decide_apart(&mut self, calls: &mut Calls, batch: Vec<Waiting>) -> Result<(), StoreError> {
        for waiting in batch {
            if self.avoids(&waiting.question) {
                continue;
            }
            match self.ask(calls, vec![waiting]).await {
                (one, _, Ok(answers)) => self.deliver(one, answers),
                (failed, _, Err(StoreError::Foreign)) => {
                    for one in &failed {
                        self.avoid(calls, &one.question).await?;
                    }
                }
                (failed, sequence, Err(error)) => return Err(self.lose(failed, sequence, error)),
            }
        }
        Ok(())
    }

    /// Whether a home of the question can not be used.
    fn avoids(&self, question: &Question) -> bool {
        let is_avoided = |home| self.avoided.get(home).is_some_and(|since| since.elapsed() < AVOIDED);
        !self.avoided.is_empty() && question.charges.iter().any(|asked| is_avoided(&asked.bucket.home))
    }

    /// Avoids the homes of a question that have something else than buckets.
    async fn avoid(&mut self, calls: &mut Calls, question: &Question) -> Result<(), StoreError> {
        let mut found = false;
        for asked in &question.charges {
            let home = &asked.bucket.home;
            if !calls.is_foreign(home).await? {
                continue;
            }
            found = true;
            if self.avoided.insert(Arc::clone(home), Stopwatch::start()).is_none() {
                tracing::warn!("{}; its limits act as their on_store_failure says", StoreError::Foreign);
            }
        }
        // Another key is foreign: no decision is possible.
        if found { Ok(()) } else { Err(StoreError::Foreign) }
    }

    fn lose(&mut self, batch: Vec<Waiting>, sequence: u64, error: StoreError) -> StoreError {
        self.store.breaker.open();
        let questions = batch.into_iter().map(|waiting| waiting.question).collect();
        self.lost.push(LostCall { sequence, questions });
        error
    }

    /// Takes back what lost calls have charged, if the store has served them before the node connected again. `last` is the last
    /// call that it served; a cluster tells it for each home.
    pub(super) async fn undo_lost(
        &mut self,
        calls: &mut Calls,
        last: Option<(u64, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        let caller = Caller { node: self.store.node, sequence: self.sequence + 1 };
        while let Some(lost) = self.lost.last() {
            let last = match lost.questions.first().and_then(|question| question.charges.first()) {
                Some(asked) if calls.connection.is_cluster() => calls.fence(&asked.bucket.home, caller).await,
                _ => Ok(last.clone()),
            };
            let last = match last {
                Err(StoreError::Foreign) => None,
                last => last?,
            };
            self.undo_last_lost(last);
        }
        Ok(())
    }

    fn undo_last_lost(&mut self, last: Option<(u64, Vec<u8>)>) {
        let Some(LostCall { sequence, questions }) = self.lost.pop() else { return };
        let served = last.filter(|(served, _)| *served == sequence);
        let answers = served.and_then(|(_, bytes)| answers(questions.iter(), &bytes));
        for (question, answer) in questions.into_iter().zip(answers.into_iter().flatten()) {
            self.orders.undo_lost(question, answer);
        }
    }
}

/// The requests of each home together. The limits of a request have one home, because no limit of a cluster spans several.
fn by_home(batch: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut parts: HashMap<Arc<str>, Vec<Waiting>> = HashMap::new();
    for waiting in batch {
        let mut homes = waiting.question.charges.iter().map(|asked| &asked.bucket.home);
        let Some(home) = homes.next().cloned() else { continue };
        // One with several gets no answer, rather than one that is not all or nothing.
        if homes.all(|other| *other == home) {
            parts.entry(home).or_default().push(waiting);
        }
    }
    parts.into_values().collect()
}
