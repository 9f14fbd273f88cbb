//! JMeter's functions that have a value before the run. All others stay in the text, with their arguments evaluated.

use super::template::{self, Call, Part};
use super::{Names, is_known, script};

/// The value of a call, or the call itself if it has none before the run.
pub(super) fn evaluate(names: &Names, call: &Call, depth: u32) -> String {
    if is_script(&call.name) {
        return script_value(names, call, depth);
    }
    // What has two underscores may be a variable.
    if let Some(value) = names.given(&call.name) {
        return value;
    }
    let arguments: Vec<String> = call.arguments.iter().map(|text| argument(names, text, depth)).collect();
    if !arguments.iter().all(|text| is_known(text)) {
        return written(&call.name, &arguments);
    }
    value(names, &call.name, &arguments, depth).unwrap_or_else(|| written(&call.name, &arguments))
}

/// An argument, evaluated. Its escapes are resolved even if it has no expression.
fn argument(names: &Names, text: &str, depth: u32) -> String {
    if is_known(text) {
        let parts = template::parts(text).into_iter();
        return parts
            .filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None })
            .collect();
    }
    names.evaluate(text, depth)
}

fn is_script(name: &str) -> bool {
    matches!(name, "__jexl2" | "__jexl3" | "__jexl" | "__groovy" | "__javaScript" | "__BeanShell")
}

fn script_value(names: &Names, call: &Call, depth: u32) -> String {
    let Some(source) = call.arguments.first() else { return call.source.clone() };
    let source = argument(names, source, depth);
    script(names, &source).and_then(|value| value.to_text()).unwrap_or_else(|| call.source.clone())
}

/// A call as JMeter writes it.
fn written(name: &str, arguments: &[String]) -> String {
    match arguments {
        [] => format!("${{{name}}}"),
        _ => format!("${{{name}({})}}", arguments.join(",")),
    }
}

fn value(names: &Names, name: &str, arguments: &[String], depth: u32) -> Option<String> {
    let at = |index: usize| arguments.get(index).map(String::as_str);
    let first = at(0).unwrap_or_default();
    match name {
        "__P" => property(names, first, at(1).or(Some("1"))),
        "__property" => property(names, first, at(2).or(Some(first))),
        "__V" | "__evalVar" => {
            let value = names.variable(first, depth);
            is_known(&value).then_some(value).or_else(|| at(1).map(str::to_owned))
        }
        "__eval" => Some(first.to_owned()),
        "__intSum" | "__longSum" => sum(arguments),
        "__lowercase" | "__toLowerCase" => Some(first.to_lowercase()),
        "__uppercase" | "__toUpperCase" => Some(first.to_uppercase()),
        "__base64Encode" => Some(super::value::base64(first.as_bytes())),
        "__setProperty" => Some(String::new()),
        "__isPropDefined" => Some(names.property(first).is_some().to_string()),
        _ => None,
    }
}

/// A property's value, or the default, without spaces around it (`JMeterUtils.getPropDefault`). One that the plan sets during the run has none yet.
fn property(names: &Names, name: &str, default: Option<&str>) -> Option<String> {
    if let Some(value) = names.property(name) {
        return Some(value.trim().to_owned());
    }
    if names.run_time.contains(name) { None } else { default.map(|text| text.trim().to_owned()) }
}

/// The sum of all numbers. A last argument that is not a number names a variable for the result.
fn sum(arguments: &[String]) -> Option<String> {
    let (last, numbers) = arguments.split_last()?;
    let mut total = last.trim().parse::<i64>().unwrap_or(0);
    for number in numbers {
        total = total.checked_add(number.trim().parse().ok()?)?;
    }
    Some(total.to_string())
}
