//! The requests of each sampler. As in JMeter's summary, samplers of one name are one row.

use std::collections::HashMap;

use crate::model::Plan;
use crate::simulate::Run;

/// The requests of all samplers of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SamplerRow {
    /// The name.
    pub name: String,
    /// Their requests.
    pub samples: u64,
    /// How many of them were refused.
    pub refused: u64,
}

/// The rows in the order of the plan.
pub(super) fn rows(plan: &Plan, run: &Run) -> Vec<SamplerRow> {
    let mut rows: Vec<SamplerRow> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for counts in &run.samplers {
        let name = plan.nodes.get(counts.node.0 as usize).map_or("", |node| &*node.name);
        let place = *places.entry(name).or_insert(rows.len());
        if place == rows.len() {
            rows.push(SamplerRow { name: name.to_owned(), ..SamplerRow::default() });
        }
        rows[place].samples += counts.samples;
        rows[place].refused += counts.refused;
    }
    rows
}
