//! The long runs that a search has played: it asks for some of them again.

use std::rc::Rc;

use crate::model::Plan;
use crate::simulate::{Costs, Run};

/// A run with fewer requests is played again in less time than it is found.
const LONG: u64 = 100_000;
/// The nodes of the largest plan that is kept with its runs.
const MOST_NODES: usize = 2_000;

/// Runs to their first refusal, each with what it is of.
#[derive(Debug, Default)]
pub(super) struct Played(Vec<(Plan, Costs, u64, Rc<Run>)>);

impl Played {
    pub(super) fn find(&self, plan: &Plan, costs: Costs, seed: u64) -> Option<Rc<Run>> {
        let is_same = |(other, with, of, _): &&(Plan, Costs, u64, Rc<Run>)| {
            *of == seed && *with == costs && other == plan
        };
        self.0.iter().find(is_same).map(|(.., run)| Rc::clone(run))
    }

    pub(super) fn keep(&mut self, plan: &Plan, costs: Costs, seed: u64, run: Run) -> Rc<Run> {
        let run = Rc::new(run);
        if run.cost() >= LONG && plan.nodes.len() <= MOST_NODES {
            self.0.push((plan.clone(), costs, seed, Rc::clone(&run)));
        }
        run
    }
}
