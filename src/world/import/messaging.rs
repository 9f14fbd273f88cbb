//! Web deployments, messaging integrations and canned responses.

use super::kind::Kind;
use super::names::{Named, Names};
use super::writer::Writer;
use crate::world::messaging::Channel;

/// Writes what customers write to, and what agents answer with.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    for configuration in names.of_kind(Kind::WebConfiguration) {
        out.named("web_configuration", &configuration.name);
    }
    for deployment in names.of_kind(Kind::WebDeployment) {
        write_deployment(names, deployment, out);
    }
    for Named { name, resource, .. } in names.of_kind(Kind::Messenger) {
        let Some(channel) = resource.text(&["messenger"]).and_then(Channel::from_word) else { continue };
        out.named("messaging_integration", name);
        out.string("type", channel.word());
    }
    for response in names.of_kind(Kind::Response) {
        write_response(names, response, out);
    }
}

fn write_deployment(names: &Names<'_>, deployment: &Named<'_>, out: &mut Writer) {
    let resource = deployment.resource;
    let configurations = resource.references(&["configuration"]);
    let configurations = out.resolve(names, resource, Kind::WebConfiguration, &configurations);
    let flows = resource.references(&["flow_id", "flow"]);
    let flows: Vec<&str> = flows.into_iter().filter(|key| has_flow(names, key)).collect();
    let flows = out.resolve(names, resource, Kind::Flow, &flows);
    out.named("web_deployment", &deployment.name);
    out.optional("configuration", configurations.first().map(String::as_str));
    out.optional("flow", flows.first().map(String::as_str));
}

/// Whether the file has a flow: without a type it is left out.
fn has_flow(names: &Names<'_>, key: &str) -> bool {
    names.get(Kind::Flow, key).is_some_and(|flow| flow.resource.text(&["type"]).is_some())
}

/// Writes a canned response. Its text may have names in it, so it is replaced unless names are kept.
fn write_response(names: &Names<'_>, response: &Named<'_>, out: &mut Writer) {
    let libraries = response.resource.references(&["library_ids", "libraries"]);
    let libraries = out.resolve(names, response.resource, Kind::Library, &libraries);
    let Some(library) = libraries.first() else {
        out.note(response.resource, "response without its library");
        return;
    };
    let texts = response.resource.objects(&["texts"]);
    let text = texts.into_iter().find_map(|text| text.text(&["content"])).filter(|_| out.keeps_names);
    out.named("response", &response.name);
    out.string("library", library);
    out.string("text", text.unwrap_or("A canned response."));
}
