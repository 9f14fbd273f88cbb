//! The calls about buckets of homes: decisions, slots, charges that are given back.
//!
//! In a cluster each home is where its slot is, so a call is about one home, and what a decision needs beside the buckets
//! is in the home's hash. The index of homes is elsewhere, and a node writes each home there before the first call.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use gcmock_limit::Nanos;
use redis::{AsyncCommands, ScriptInvocation};

use super::{Caller, Calls, LEASE_MILLIS, PART, read_last};
use crate::store::keys::{buckets_of, index, last_calls, nodes};
use crate::store::link::StoreError;
use crate::store::question::{Answer, Packed, Question, answers};
use crate::store::{BucketCharge, BucketName};

impl Calls {
    /// Decides over `questions` of a node in one call.
    pub(in crate::store) async fn decide(
        &mut self,
        questions: &[&Question],
        Caller { node, sequence }: Caller,
    ) -> Result<Vec<Answer>, StoreError> {
        let packed = Packed::new(questions);
        self.add_to_index(&packed.homes).await?;
        let mut call = self.scripts.decide.prepare_invoke();
        self.add_keys(&mut call, &[nodes(), last_calls(), index()], &packed.homes);
        call.arg(format!("{node} {sequence} {LEASE_MILLIS}"))
            .arg(&packed.rules[..])
            .arg(&packed.requests[..])
            .arg(&packed.last_of[..]);
        for field in &packed.fields {
            call.arg(*field);
        }
        let bytes: Vec<u8> = call.invoke_async(&mut self.connection).await?;
        answers(questions.iter().copied(), &bytes).ok_or_else(|| {
            StoreError::Unfit("the store answers something else than gcmock's script".to_owned())
        })
    }

    /// Adds the keys of a call: those that all homes share, and one for each home. In a cluster the key of the home is in place of
    /// each of the others.
    fn add_keys(&self, call: &mut ScriptInvocation<'_>, shared: &[&str], homes: &[Arc<str>]) {
        let home = homes.first().filter(|_| self.connection.is_cluster()).map(|home| buckets_of(home));
        for key in shared {
            call.key(home.as_deref().unwrap_or(key));
        }
        for home in homes {
            call.key(buckets_of(home));
        }
    }

    /// Writes homes into the index of a cluster. The script of another store does so by itself.
    async fn add_to_index(&mut self, homes: &[Arc<str>]) -> Result<(), StoreError> {
        let new = self.connection.new_homes(homes);
        if !new.is_empty() {
            let keys: Vec<String> = new.iter().map(|home| buckets_of(home)).collect();
            let () = self.connection.sadd(index(), keys).await?;
            self.connection.know_homes(new);
        }
        Ok(())
    }

    /// Writes how many slots a node holds.
    pub(in crate::store) async fn hold(
        &mut self,
        node: u32,
        held: &[(BucketName, u32)],
    ) -> Result<(), StoreError> {
        let groups = self.together(held, |(bucket, _)| &bucket.home);
        let parts = groups.iter().flat_map(|group| group.chunks(PART));
        let written = join_all(parts.map(|part| self.clone().hold_together(node, part))).await;
        written.into_iter().collect()
    }

    async fn hold_together(mut self, node: u32, held: &[&(BucketName, u32)]) -> Result<(), StoreError> {
        let homes = Homes::of(held.iter().map(|(bucket, _)| bucket));
        self.add_to_index(&homes.0).await?;
        let mut call = self.scripts.holdings.prepare_invoke();
        self.add_keys(&mut call, &[index()], &homes.0);
        call.arg(node).arg(LEASE_MILLIS);
        for (bucket, slots) in held {
            call.arg(homes.number(bucket)).arg(&bucket.field[..]).arg(*slots);
        }
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// Takes charges back, once for each number of those that a node gives back.
    pub(in crate::store) async fn give_back(
        &mut self,
        node: u32,
        all: &[(u64, BucketCharge, Nanos)],
    ) -> Result<(), StoreError> {
        let groups = self.together(all, |(_, asked, _)| &asked.bucket.home);
        let given = groups.iter().map(|group| self.clone().give_back_together(node, group));
        join_all(given).await.into_iter().collect()
    }

    async fn give_back_together(
        mut self,
        node: u32,
        all: &[&(u64, BucketCharge, Nanos)],
    ) -> Result<(), StoreError> {
        let homes = Homes::of(all.iter().map(|(_, asked, _)| &asked.bucket));
        let mut call = self.scripts.give_back.prepare_invoke();
        self.add_keys(&mut call, &[last_calls()], &homes.0);
        call.arg(node);
        for (number, asked, at) in all {
            let kind = if asked.is_of_window() { "window" } else { "" };
            call.arg(*number).arg(homes.number(&asked.bucket)).arg(&asked.bucket.field[..]).arg(asked.units);
            call.arg(&at.to_le_bytes()[..]).arg(kind);
        }
        Ok(call.invoke_async(&mut self.connection).await?)
    }

    /// What one call can do together: all, or in a cluster what is of one home.
    fn together<'a, T>(&self, all: &'a [T], home: impl Fn(&T) -> &Arc<str>) -> Vec<Vec<&'a T>> {
        if !self.connection.is_cluster() {
            return vec![all.iter().collect()];
        }
        let mut groups: HashMap<&str, Vec<&T>> = HashMap::new();
        for one in all {
            groups.entry(home(one)).or_default().push(one);
        }
        groups.into_values().collect()
    }

    /// Whether the key of a home has something else than buckets.
    pub(in crate::store) async fn is_foreign(&mut self, home: &str) -> Result<bool, StoreError> {
        let kind: String = redis::cmd("TYPE").arg(buckets_of(home)).query_async(&mut self.connection).await?;
        Ok(!matches!(kind.as_str(), "hash" | "none"))
    }
}

/// What a cluster keeps of nodes beside the buckets.
impl Calls {
    /// Renews the lease of a node at a home, and says whether it was still running.
    pub(in crate::store) async fn renew(
        mut self,
        node: u32,
        home: Arc<str>,
    ) -> Result<(Arc<str>, bool), StoreError> {
        let (ran, _) = self.lease(&home, Caller { node, sequence: 0 }).await?;
        Ok((home, ran))
    }

    /// Ends the earlier calls of a node at a home: those before the sequence. Returns the sequence and the answer of the last one.
    pub(in crate::store) async fn fence(
        &mut self,
        home: &str,
        caller: Caller,
    ) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        Ok(read_last(&self.lease(home, caller).await?.1))
    }

    async fn lease(
        &mut self,
        home: &str,
        Caller { node, sequence }: Caller,
    ) -> Result<(bool, Vec<u8>), StoreError> {
        let mut call = self.scripts.lease.prepare_invoke();
        call.key(buckets_of(home)).arg(node).arg(LEASE_MILLIS).arg(sequence);
        Ok(call.invoke_async(&mut self.connection).await?)
    }
}

/// The homes of some buckets, each once.
struct Homes(Vec<Arc<str>>);

impl Homes {
    fn of<'b>(buckets: impl Iterator<Item = &'b BucketName>) -> Self {
        let mut homes: Vec<_> = buckets.map(|bucket| Arc::clone(&bucket.home)).collect();
        homes.sort_unstable();
        homes.dedup();
        Self(homes)
    }

    /// The number of a bucket's home from 1 on.
    fn number(&self, bucket: &BucketName) -> usize {
        self.0.binary_search(&bucket.home).map_or(0, |at| at + 1)
    }
}
