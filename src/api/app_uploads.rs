//! Files that clients send to the host of the vendor's applications with their token: scripts, and contacts of a list.
//!
//! No published document has these paths. The vendor's Terraform provider uses them. The answer has the id of the upload; a
//! script is there at once, and contacts are as after an import by an address.

use serde_json::{Map, json};
use uuid::Uuid;

use super::architect::put_script;
use super::call::Call;
use super::form::Form;
use super::outbound::take_contacts;
use super::record::referred;
use super::route::Route;
use super::uploads::unpack;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::outbound::ContactList;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/uploads/v2/scripter", take_script).unpublished(),
        Route::post("/uploads/v2/contactlist", take_contact_list).unpublished(),
    ]
}

fn form_of<'a>(call: &'a Call<'_>) -> Result<Form<'a>, ApiError> {
    let form = Form::of(call.headers, call.body);
    form.ok_or_else(|| ApiError::bad_request("The body must be a form with a file: multipart/form-data."))
}

fn file_of(form: &Form<'_>) -> Result<String, ApiError> {
    let file = unpack(form.file().unwrap_or_default())?;
    if file.is_empty() {
        return Err(ApiError::bad_request("The form has no file with content."));
    }
    Ok(String::from_utf8_lossy(&file).into_owned())
}

/// The answer to an upload.
fn taken(id: &str) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "correlationId": id }))
}

fn take_script(call: &Call<'_>) -> Result<Reply, ApiError> {
    let form = form_of(call)?;
    file_of(&form)?;
    let name = form.text("scriptName");
    if name.is_empty() {
        return Err(ApiError::bad_request("The field scriptName is required."));
    }
    taken(&put_script(call, &name, Some(form.text("scriptIdToReplace")).filter(|id| !id.is_empty()))?)
}

fn take_contact_list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let form = form_of(call)?;
    let content = file_of(&form)?;
    call.change(|organization| {
        let list = referred::<ContactList>(organization, "id", &form.text("id"))?;
        let upload = Map::from_iter([
            ("list".to_owned(), json!(list)),
            ("column".to_owned(), json!(form.text("contact-id-name"))),
        ]);
        take_contacts(organization, &upload, &content, call.now);
        Ok(())
    })?;
    taken(&Uuid::new_v4().to_string())
}
