//! The children of a controller in another order than that of the plan, or without those that are over for good.

use std::collections::HashMap;

/// The children of the controllers of one thread, where they are not those of the plan. Most threads have none.
#[derive(Debug, Default)]
pub(super) struct Orders(HashMap<u32, Vec<u32>>);

impl Orders {
    /// The children of a controller, if they are not those of the plan.
    pub(super) fn of(&self, branch: u32) -> Option<&[u32]> {
        self.0.get(&branch).map(Vec::as_slice)
    }

    pub(super) fn set(&mut self, branch: u32, order: Vec<u32>) {
        self.0.insert(branch, order);
    }

    /// Removes a child of a controller.
    pub(super) fn remove(&mut self, branch: u32, child: u32, all: &[u32]) {
        let order = self.0.entry(branch).or_insert_with(|| all.to_vec());
        // Most often, it is the first of many that leave.
        if let Some(at) = order.iter().position(|other| *other == child) {
            order.remove(at);
        }
    }
}
