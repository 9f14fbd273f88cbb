//! What is known before the walk over the tree: variables, and the names that get a value during the run.

use super::element::{Element, Property};
use super::expression::Names;
use super::table::Tables;
use super::{Options, csv, script};

/// The variables and properties of a plan.
pub(super) fn names(elements: &[Element], options: &Options, tables: &Tables<'_>) -> Names {
    let mut names = Names::new(options.properties.clone());
    definitions(&mut names, elements);
    run_time(&mut names, elements, tables);
    script::pasted_token(&mut names, elements);
    options.values.iter().for_each(|(name, text)| names.give(name, text));
    names
}

/// Defines the variables of the test plan and of all User Defined Variables. The namespace is flat, the later one wins.
fn definitions(names: &mut Names, elements: &[Element]) {
    for element in elements.iter().filter(|element| element.enabled) {
        match &*element.kind {
            "TestPlan" => {
                let variables = element.find("TestPlan.user_defined_variables");
                define_all(names, variables.and_then(|list| list.find("Arguments.arguments")));
            }
            "Arguments" => define_all(names, element.find("Arguments.arguments")),
            _ => {}
        }
        definitions(names, &element.children);
    }
}

fn define_all(names: &mut Names, list: Option<&Property>) {
    for entry in list.map_or(&[][..], |list| &list.items) {
        let name = entry.get("Argument.name").unwrap_or(&entry.name);
        names.define(name, entry.get("Argument.value").unwrap_or_default());
    }
}

/// Marks what extractors, files, counters and scripts set during the run.
fn run_time(names: &mut Names, elements: &[Element], tables: &Tables<'_>) {
    for element in elements.iter().filter(|element| element.enabled) {
        if csv::KINDS.contains(&&*element.kind) {
            csv::define(names, element, tables);
            continue;
        }
        if &*element.kind == "CounterConfig" {
            names.set_by_counter(element.text("CounterConfig.name").trim());
            continue;
        }
        for property in &element.properties {
            if is_result_name(&property.name) {
                property.text.split([';', ',']).for_each(|name| names.set_at_run_time(name.trim()));
            }
            if property.text.contains(".put") || property.text.contains("__setProperty") {
                set_by_script(names, &property.text);
            }
        }
        run_time(names, &element.children, tables);
    }
}

/// Whether a property names the variables that an element sets.
fn is_result_name(property: &str) -> bool {
    let name = property.rsplit('.').next().unwrap_or(property);
    matches!(name, "refname" | "referenceNames" | "variableNames" | "variableName" | "returnVal" | "refName")
        || property.starts_with("HtmlExtractor.refname")
}

/// Marks the names in `vars.put("name", …)`, `vars.putObject`, `props.put` and `${__setProperty(name,…)}`.
fn set_by_script(names: &mut Names, script: &str) {
    for call in ["vars.put(", "vars.putObject(", "props.put(", "props.setProperty(", "__setProperty("] {
        for rest in script.split(call).skip(1) {
            let rest = rest.trim_start().trim_start_matches(['"', '\'']);
            let end = rest.find(['"', '\'', ',', ')']).unwrap_or(rest.len());
            names.set_at_run_time(&rest[..end]);
        }
    }
}
