//! Contact lists, do not contact lists, campaigns, and people and organizations outside.

use super::disguise;
use super::kind::Kind;
use super::names::{Named, Names};
use super::resource::Resource;
use super::writer::{Writer, array};

/// Writes outbound dialing and external contacts. No contact and no number of a list is taken.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    for list in names.of_kind(Kind::ContactList) {
        write_contact_list(list, out);
    }
    for list in names.of_kind(Kind::DncList) {
        out.named("dnc_list", &list.name);
    }
    for campaign in names.of_kind(Kind::Campaign) {
        write_campaign(names, campaign, out);
    }
    for Named { name, resource, .. } in names.of_kind(Kind::ExternalOrganization) {
        out.named("external_organization", name);
        out.optional("industry", resource.text(&["industry"]));
    }
    for contact in names.of_kind(Kind::ExternalContact) {
        write_contact(names, contact, out);
    }
}

fn write_contact_list(list: &Named<'_>, out: &mut Writer) {
    let columns = list.resource.texts(&["column_names", "columnNames"]);
    let phones = list.resource.objects(&["phone_columns", "phoneColumns"]);
    let phones = phones.into_iter().filter_map(|column| column.text(&["column_name", "columnName"]));
    let phones: Vec<&str> = phones.filter(|column| columns.contains(column)).collect();
    out.named("contact_list", &list.name);
    out.literal("columns", &array(&columns));
    out.literal("phone_columns", &array(&phones));
}

fn write_campaign(names: &Names<'_>, campaign: &Named<'_>, out: &mut Writer) {
    let resource = campaign.resource;
    let lists = resource.references(&["contact_list_id", "contactList"]);
    let lists = out.resolve(names, resource, Kind::ContactList, &lists);
    let Some(list) = lists.first() else { return };
    let queues = out.resolve(names, resource, Kind::Queue, &resource.references(&["queue_id", "queue"]));
    let dnc_lists =
        out.resolve(names, resource, Kind::DncList, &resource.references(&["dnc_list_ids", "dncLists"]));
    let caller = resource.text(&["caller_address", "callerAddress"]).filter(|_| out.keeps_names);
    out.named("campaign", &campaign.name);
    out.string("contact_list", list);
    out.optional("queue", queues.first().map(String::as_str));
    out.strings("dnc_lists", &dnc_lists);
    out.string("caller_address", &caller.map_or_else(|| disguise::phone_of(&campaign.name), str::to_owned));
}

fn write_contact(names: &Names<'_>, contact: &Named<'_>, out: &mut Writer) {
    let resource = contact.resource;
    let organizations = resource.references(&["external_organization_id", "externalOrganization"]);
    let organizations = out.resolve(names, resource, Kind::ExternalOrganization, &organizations);
    out.table("external_contact");
    if out.keeps_names {
        out.string("first_name", resource.text(&["first_name", "firstName"]).unwrap_or("Unknown"));
        out.string("last_name", resource.text(&["last_name", "lastName"]).unwrap_or("Unknown"));
        out.optional("email", resource.text(&["work_email", "workEmail"]));
        out.optional("phone", phone_of(resource));
    } else {
        resource.see(&[
            "first_name",
            "firstName",
            "last_name",
            "lastName",
            "work_email",
            "workEmail",
            "cell_phone",
            "cellPhone",
        ]);
        let (first, last) = disguise::person(contact.key);
        out.string("first_name", first);
        out.string("last_name", last);
        out.string("email", &format!("{first}.{last}@customer.example").to_lowercase());
        out.string("phone", &disguise::phone_of(contact.key));
    }
    out.optional("organization", organizations.first().map(String::as_str));
}

/// The cell phone of a contact in international form.
fn phone_of(contact: &Resource) -> Option<&str> {
    let phones = contact.objects(&["cell_phone", "cellPhone"]);
    phones.into_iter().find_map(|phone| phone.text(&["e164"]))
}
