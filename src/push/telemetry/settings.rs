//! The endpoint and the variables that programs with `OpenTelemetry` have in common.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry_sdk::trace::Sampler;
use percent_encoding::percent_decode_str;

use crate::push::delivery::address::{Address, BadAddress, Hosts, without_secrets};

/// The endpoint of all signals.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The one protocol.
const PROTOCOL: &str = "http/protobuf";
/// The most spans that may be asked to wait.
const MOST_SPANS: u64 = 1 << 20;

/// What is sent, where to and how often.
#[derive(Debug)]
pub(super) struct Settings {
    /// Where traces go; `None` where they are switched off.
    pub(super) traces: Option<Address>,
    /// Where metrics go; `None` where they are switched off.
    pub(super) metrics: Option<Address>,
    /// The headers of each export. They may be secrets.
    pub(super) headers: HeaderMap,
    pub(super) sampler: Sampler,
    /// The time for an answer.
    pub(super) timeout: Duration,
    /// The time between two exports of metrics.
    pub(super) interval: Duration,
    /// The longest wait of a span.
    pub(super) delay: Duration,
    /// The most spans that wait.
    pub(super) queue: usize,
}

/// Reads a variable.
type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads the settings; `None` where no endpoint is named, or everything is switched off.
///
/// # Errors
/// The first mistake, with the name of its option or variable.
pub(super) fn read(
    endpoint: Option<&str>,
    hosts: &Hosts,
    read: Read<'_>,
) -> anyhow::Result<Option<Settings>> {
    // An empty variable counts as missing.
    let variable: Read<'_> = &|name| read(name).filter(|value| !value.trim().is_empty());
    let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_disabled && endpoint.is_none() {
        return Ok(None);
    }
    let address = |signal| address(signal, endpoint, hosts, variable);
    let (traces, metrics) = (address("TRACES")?, address("METRICS")?);
    if traces.is_none() && metrics.is_none() {
        return Ok(None);
    }
    protocol(variable)?;
    let number = |name, default, most| number(name, default, most, variable);
    let millis = |name, default| number(name, default, u64::from(u32::MAX)).map(Duration::from_millis);
    Ok(Some(Settings {
        traces,
        metrics,
        headers: headers(variable)?,
        sampler: sampler(variable)?,
        timeout: millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)?,
        interval: millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000)?,
        delay: millis("OTEL_BSP_SCHEDULE_DELAY", 5_000)?,
        queue: usize::try_from(number("OTEL_BSP_MAX_QUEUE_SIZE", 2_048, MOST_SPANS)?)?,
    }))
}

/// Where a signal goes: below the endpoint, or to an address of its own.
fn address(
    signal: &str,
    endpoint: Option<&str>,
    hosts: &Hosts,
    variable: Read<'_>,
) -> anyhow::Result<Option<Address>> {
    let exporter = format!("OTEL_{signal}_EXPORTER");
    match variable(&exporter).as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(other) => bail!("{exporter}={other}: expected otlp or none"),
    }
    let below = |base: &str| format!("{}/v1/{}", base.trim_end_matches('/'), signal.to_ascii_lowercase());
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    let (from, given, url) = match (endpoint, variable(&own), variable(ENDPOINT)) {
        (Some(base), ..) => ("--otlp", base.to_owned(), below(base)),
        (None, Some(url), _) => (own.as_str(), url.clone(), url),
        (None, None, Some(base)) => (ENDPOINT, base.clone(), below(&base)),
        (None, None, None) => return Ok(None),
    };
    let why = |why| anyhow!("{from} {}: {}", without_secrets(&given), reason(&why));
    Address::read(&url, hosts).map(Some).map_err(why)
}

fn reason(why: &BadAddress) -> String {
    match why {
        BadAddress::Malformed => "expected a URL such as http://127.0.0.1:4318".to_owned(),
        why => why.to_string(),
    }
}

fn protocol(variable: Read<'_>) -> anyhow::Result<()> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    match variable(NAME) {
        Some(other) if other != PROTOCOL => {
            bail!("{NAME}={other}: gcmock sends {PROTOCOL} only, which collectors take on port 4318")
        }
        _ => Ok(()),
    }
}

fn number(name: &str, default: u64, most: u64, variable: Read<'_>) -> anyhow::Result<u64> {
    let Some(value) = variable(name) else { return Ok(default) };
    let number = value.trim().parse().ok().filter(|number| (1..=most).contains(number));
    number.with_context(|| format!("{name}={value}: expected a whole number from 1 to {most}"))
}

/// The headers `name=value,…`, with values in percent encoding. A mistake is told without the values.
fn headers(variable: Read<'_>) -> anyhow::Result<HeaderMap> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    let text = variable(NAME).unwrap_or_default();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::from_str(&value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name.trim()).ok()?, value))
    };
    let headers: Option<HeaderMap> = pairs.map(header).collect();
    headers.with_context(|| format!("{NAME}: expected name=value, and a comma between two of them"))
}

fn sampler(variable: Read<'_>) -> anyhow::Result<Sampler> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    let parent_based = |root| Sampler::ParentBased(Box::new(root));
    Ok(match variable(NAME).as_deref() {
        None | Some("parentbased_always_on") => parent_based(Sampler::AlwaysOn),
        Some("parentbased_always_off") => parent_based(Sampler::AlwaysOff),
        Some("parentbased_traceidratio") => parent_based(Sampler::TraceIdRatioBased(ratio(variable)?)),
        Some("always_on") => Sampler::AlwaysOn,
        Some("always_off") => Sampler::AlwaysOff,
        Some("traceidratio") => Sampler::TraceIdRatioBased(ratio(variable)?),
        Some(other) => bail!(
            "{NAME}={other}: expected always_on, always_off, traceidratio, parentbased_always_on, \
             parentbased_always_off or parentbased_traceidratio"
        ),
    })
}

fn ratio(variable: Read<'_>) -> anyhow::Result<f64> {
    const NAME: &str = "OTEL_TRACES_SAMPLER_ARG";
    let Some(value) = variable(NAME) else { return Ok(1.0) };
    let ratio = value.trim().parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.with_context(|| format!("{NAME}={value}: expected a number from 0 to 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<Option<Settings>> {
        let variable =
            |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        read(endpoint, &Hosts { loopback: true, named: vec!["collector".to_owned()] }, &variable)
    }

    fn urls(endpoint: Option<&str>, variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let read = settings(endpoint, variables).expect("no mistake");
        let url = |address: &Option<Address>| address.as_ref().map(|address| address.url.clone());
        read.map_or([None, None], |read| [url(&read.traces), url(&read.metrics)])
    }

    #[test]
    fn each_signal_has_a_path_below_the_endpoint_or_an_address_of_its_own() {
        let both = |base: &str| ["traces", "metrics"].map(|signal| Some(format!("{base}/v1/{signal}")));
        let other = (ENDPOINT, "http://collector:4318/");
        assert_eq!(urls(None, &[]), [None, None]);
        assert_eq!(urls(None, &[(ENDPOINT, "")]), [None, None]);
        assert_eq!(urls(Some("http://127.0.0.1:4318"), &[other]), both("http://127.0.0.1:4318"));
        assert_eq!(urls(None, &[other]), both("http://collector:4318"));
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost/t");
        assert_eq!(
            urls(None, &[other, own]),
            [Some("http://localhost/t".to_owned()), Some("http://collector:4318/v1/metrics".to_owned())]
        );
        let [traces, metrics] = urls(None, &[other, ("OTEL_METRICS_EXPORTER", "none")]);
        assert_eq!((traces, metrics), (Some("http://collector:4318/v1/traces".to_owned()), None));
        assert_eq!(urls(None, &[other, ("OTEL_SDK_DISABLED", "true")]), [None, None]);
    }

    #[test]
    fn a_mistake_is_told_with_the_name_of_its_option_or_variable_and_without_secrets() {
        let here = "http://127.0.0.1:4318";
        for (endpoint, variables, told) in [
            ("http://example.com", None, "--otlp http://example.com: gcmock sends to this machine and to"),
            ("https://127.0.0.1", None, "--otlp https://127.0.0.1: expected an http URL"),
            ("127.0.0.1:4318", None, "--otlp 127.0.0.1:4318: expected a URL such as http://127.0.0.1:4318"),
            ("http://a:hush@127.0.0.1", None, "--otlp http://[redacted]@127.0.0.1: expected a URL"),
            (here, Some(("OTEL_TRACES_EXPORTER", "zipkin")), "OTEL_TRACES_EXPORTER=zipkin: expected otlp"),
            (here, Some(("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")), "gcmock sends http/protobuf only"),
            (here, Some(("OTEL_METRIC_EXPORT_INTERVAL", "0")), "OTEL_METRIC_EXPORT_INTERVAL=0: expected"),
            (here, Some(("OTEL_TRACES_SAMPLER", "some")), "OTEL_TRACES_SAMPLER=some: expected always_on,"),
            (here, Some(("OTEL_EXPORTER_OTLP_HEADERS", "hush")), "OTEL_EXPORTER_OTLP_HEADERS: expected name"),
        ] {
            let why = settings(Some(endpoint), variables.as_slice()).expect_err("a mistake").to_string();
            assert!(why.starts_with(told) || why.contains(told) && told.starts_with("gcmock"), "{why}");
            assert!(!why.contains("hush"), "{why}");
        }
    }

    #[test]
    fn the_sampler_and_the_headers_are_those_of_the_variables() {
        let of =
            |variables| settings(Some("http://localhost"), variables).expect("right").expect("an endpoint");
        assert_eq!(format!("{:?}", of(&[]).sampler), "ParentBased(AlwaysOn)");
        let ratio = of(&[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")]);
        assert_eq!(format!("{:?}", ratio.sampler), "TraceIdRatioBased(0.25)");
        let headers = of(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=b, authorization=Basic%20x%3D")]).headers;
        assert_eq!(
            (&headers["a"], &headers["authorization"]),
            (&"b".parse().unwrap(), &"Basic x=".parse().unwrap())
        );
        assert!(!format!("{headers:?}").contains("Basic"));
    }
}
