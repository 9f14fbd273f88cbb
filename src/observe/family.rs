//! A metric with its values as they are read, before anything writes them in a format.

/// The labels of a value.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// A metric.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) values: Values,
}

/// The values of a metric.
#[derive(Debug)]
pub(crate) enum Values {
    /// Labels alone.
    Info(Labels),
    /// A number that rises and falls.
    Gauge(u64),
    /// Numbers that only rise, until a reset.
    Counters(Vec<(Labels, u64)>),
    /// Distributions.
    Histograms(Vec<(Labels, Histogram)>),
}

/// A distribution.
#[derive(Debug)]
pub(crate) struct Histogram {
    /// The sum of all observations.
    pub(crate) sum: f64,
    /// Each upper bound, the last one infinite, and the observations that are above the bound before it.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// The number of observations.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

impl Family {
    pub(crate) const fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, values: Values::Gauge(value) }
    }

    /// A counter without labels.
    pub(crate) fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::counters(name, help, vec![(Labels::new(), value)])
    }

    pub(crate) const fn counters(name: &'static str, help: &'static str, values: Vec<(Labels, u64)>) -> Self {
        Self { name, help, values: Values::Counters(values) }
    }
}
