//! How often each sampler is sent, against the result file of JMeter 5.6.3 for the same plan.

use std::collections::BTreeMap;

use gcmock_plan::read::{Options, read};
use gcmock_plan::simulate::{self, Costs, Met, Operation, System, Wait};

use crate::elements::{Folder, text_of};

/// Counts all requests. Those to a path with `FAIL` fail.
struct Counting;

impl System for Counting {
    fn meet(&self, operation: Operation<'_>) -> Met {
        let Operation::Http(request) = operation else { return Met::default() };
        let wait = Wait::Fixed { admitted: 1_000_000, refused: 1_000_000 };
        Met { wait, fails: request.path.contains("FAIL"), ..Met::default() }
    }
}

fn counts(name: &str) -> BTreeMap<String, u64> {
    let (plan, _) = read(&text_of(name), &Options::default(), &Folder).expect("a plan");
    let options = simulate::Options { costs: Costs::IDEAL, ..simulate::Options::default() };
    let run = simulate::run(&plan, &Counting, &options).expect("a plan");
    let named = run.samplers.iter().filter(|sampler| sampler.samples > 0).map(|sampler| {
        let name = &plan.nodes[sampler.node.0 as usize].name;
        (name.to_string(), sampler.samples)
    });
    named.collect()
}

/// The rows of each label in JMeter's result file.
const OF_JMETER: &str = "
    DEFAULT 2, FAIL15 3, FAIL20 1, Two 2, g10a 5, g10b 10, g11a 10, g12a 3, g13a 3, g14a 4, g14b 1, g15a 3, g16a 3,
    g16c 3, g17a 3, g17b 4, g17c 2, g17d 6, g1a 5, g1b 3, g1c 2, g20a 1, g22a 3, g22b 3, g23a 5, g23b 2, g24a 1,
    g24b 3, g24d 3, g2a 5, g2b 5, g2c 5, g3a 5, g3b 4, g4a 2, g4b 1, g4c 1, g5a 5, g5b 1, g5c 4, g6a 2, g6b 3, g7a 1,
    g7b 12, g7c 6, g8a 3, g8b 1, g8c 12, g9b 2, g9f 2, g9h 2";

#[test]
fn each_sampler_is_sent_as_often_as_jmeter_sends_it() {
    let of_jmeter = OF_JMETER.split(',').map(|row| {
        let (name, count) = row.trim().split_once(' ').expect("a name and a count");
        (name.to_owned(), count.trim().parse().expect("a count"))
    });
    assert_eq!(counts("counts.jmx"), of_jmeter.collect());
}
