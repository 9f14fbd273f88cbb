//! Files that are sent to an address that an operation has given: rows, contacts, documents, flows, audio, recordings.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const SECOND: Duration = Duration::from_secs(1);
const TABLES: &str = "/api/v2/flows/datatables";

/// Sends a file without a token, as to a presigned address.
async fn put(url: &Value, content: &str) -> u16 {
    let request = reqwest::Client::new().put(url.as_str().expect("an address")).body(content.to_owned());
    request.header("content-type", "text/csv").send().await.expect("an answer").status().as_u16()
}

async fn table(api: &Client) -> String {
    let schema = json!({ "properties": { "key": { "type": "string" }, "price": { "type": "integer" } },
        "additionalProperties": false });
    let made = api.post(TABLES, json!({ "name": "Prices", "schema": schema })).await.ok();
    let path = format!("{TABLES}/{}", id(&made));
    for key in ["a", "z"] {
        api.post(&format!("{path}/rows"), json!({ "key": key, "price": 1 })).await.ok();
    }
    path
}

#[tokio::test]
async fn rows_of_a_data_table_are_imported_from_the_file_and_counted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let table = table(&api).await;
    let import = async |mode: &str| {
        let made = api.post(&format!("{table}/import/jobs"), json!({ "importMode": mode })).await.done();
        (format!("{table}/import/jobs/{}", id(&made)), made["uploadURI"].clone())
    };
    let (job, uri) = import("ReplaceAll").await;
    mock.advance(60 * SECOND);
    let waiting = api.get(&job).await.ok();
    assert_eq!(
        (&waiting["status"], &waiting["countRecordsUpdated"]),
        (&json!("WaitingForUpload"), &Value::Null)
    );
    assert_eq!(put(&uri, "key,price\na,7\nb,8\nc,dear\n").await, 200);
    assert_eq!(api.get(&job).await.ok()["status"], "Processing");
    mock.advance(SECOND);
    let done = api.get(&job).await.ok();
    assert_eq!(done["status"], "Succeeded", "{done}");
    let counts = ["Updated", "Deleted", "Failed"].map(|count| done[format!("countRecords{count}")].clone());
    assert_eq!(counts, [json!(2), json!(1), json!(1)]);
    let rows = api.get(&format!("{table}/rows?showbrief=false")).await.ok();
    assert_eq!(rows["entities"], json!([{ "key": "a", "price": 7 }, { "key": "b", "price": 8 }]));
    let (job, uri) = import("Append").await;
    assert_eq!(put(&uri, "name,price\na,7\n").await, 200);
    mock.advance(SECOND);
    let failed = api.get(&job).await.ok();
    assert_eq!(failed["status"], "Failed");
    assert!(
        failed["errorInformation"]["message"].as_str().is_some_and(|why| why.contains("key")),
        "{failed}"
    );
    assert_eq!(put(&json!(format!("{}/uploads/none/x.csv", mock.uri())), "key\n").await, 404);
}

/// A file that is compressed with gzip, and its header where `says` is true.
async fn put_packed(url: &Value, content: &[u8], says: bool) -> u16 {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, content).expect("into memory");
    let request = reqwest::Client::new().put(url.as_str().expect("an address"));
    let request = request.body(packed.finish().expect("into memory"));
    let request = if says { request.header("content-encoding", "gzip") } else { request };
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn a_compressed_file_is_unpacked_within_a_bound() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let table = table(&api).await;
    for (says, price) in [(true, 5), (false, 6)] {
        let job = api.post(&format!("{table}/import/jobs"), json!({ "importMode": "Append" })).await.done();
        let uri = &job["uploadURI"];
        assert_eq!(put_packed(uri, &vec![b'a'; 9 << 20], says).await, 413);
        assert_eq!(put_packed(uri, format!("key,price\nnew,{price}\n").as_bytes(), says).await, 200);
        let row = api.get(&format!("{table}/rows/new?showbrief=false")).await.ok();
        assert_eq!(row["price"], price);
    }
    let made = api.post(&format!("{table}/import/jobs"), json!({ "importMode": "Append" })).await.done();
    let request = reqwest::Client::new().put(made["uploadURI"].as_str().expect("an address"));
    let sent = request.header("content-encoding", "br").body("x").send().await.expect("an answer");
    assert_eq!(sent.status().as_u16(), 415);
}

async fn contacts(api: &Client, list: &str) -> Value {
    api.post(
        &format!("/api/v2/outbound/contactlists/{list}/contacts/search"),
        json!({ "pageSize": 25, "pageNumber": 1 }),
    )
    .await
    .ok()
}

#[tokio::test]
async fn contacts_are_imported_from_a_file_or_a_form() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let list = json!({ "name": "l", "columnNames": ["name", "phone"],
        "phoneColumns": [{ "columnName": "phone", "type": "cell" }] });
    let list = id(&api.post("/api/v2/outbound/contactlists", list).await.ok());
    let uploads = "/api/v2/outbound/contactlists/uploads";
    let body = json!({ "id": list, "contentType": "text/csv", "contactIdName": "no" });
    let upload = api.post(uploads, body.clone()).await.ok();
    assert_eq!(contacts(&api, &list).await["total"], 0);
    assert_eq!(put(&upload["url"], "no,name,phone\n1,Ada,+13175550100\n2,Bob,+13175550101\n").await, 200);
    let found = contacts(&api, &list).await;
    assert_eq!((&found["total"], &found["entities"][0]["id"]), (&json!(2), &json!("1")));
    assert_eq!(found["entities"][0]["data"], json!({ "name": "Ada", "phone": "+13175550100" }));
    let second = api.post(uploads, body).await.ok();
    let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\r\n\r\nno,phone\n3,+1\n\r\n--x--\r\n";
    let request = reqwest::Client::new().post(second["url"].as_str().expect("an address")).body(form);
    let sent = request.header("content-type", "multipart/form-data; boundary=x").send().await;
    assert_eq!(sent.expect("an answer").status(), 200);
    assert_eq!(contacts(&api, &list).await["total"], 3);
    let unknown = json!({ "id": "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11", "contentType": "text/csv" });
    api.post(uploads, unknown).await.refused(400);
}

#[tokio::test]
async fn documents_are_imported_from_the_file_of_their_key() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let base = json!({ "name": "b", "coreLanguage": "en-US" });
    let base = format!(
        "/api/v2/knowledge/knowledgebases/{}",
        id(&api.post("/api/v2/knowledge/knowledgebases", base).await.done())
    );
    let import = async |key: &Value| {
        let body = json!({ "uploadKey": key, "fileType": "Json", "skipConfirmationStep": true });
        let made = api.post(&format!("{base}/import/jobs"), body).await.done();
        mock.advance(5 * SECOND);
        api.get(&format!("{base}/import/jobs/{}", id(&made))).await.ok()
    };
    let upload = api.post("/api/v2/knowledge/documentuploads", json!({ "fileName": "faq.json" })).await.ok();
    let failed = import(&upload["uploadKey"]).await;
    assert_eq!(failed["status"], "Failed", "no file has arrived");
    let file = json!({ "documents": [{ "title": "One" }, { "knowledgeDocument": { "draft": { "title": "Two" } } }, {}] });
    assert_eq!(put(&upload["url"], &file.to_string()).await, 200);
    let done = import(&upload["uploadKey"]).await;
    assert_eq!(done["status"], "PartialCompleted");
    let statistics = &done["report"]["statistics"];
    assert_eq!(
        (&statistics["countDocumentImportSuccess"], &statistics["countDocumentImportFailure"]),
        (&json!(2), &json!(1))
    );
    let failed = api.get(&format!("{base}/import/jobs/{}", id(&failed))).await.ok();
    assert_eq!(failed["status"], "Failed", "a file that comes after the import is not imported");
    let listed = api.get(&format!("{base}/documents?includeDrafts=true")).await.ok();
    let titles: Vec<_> =
        listed["entities"].as_array().expect("documents").iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["One", "Two"]);
}

#[tokio::test]
async fn the_addresses_of_flows_prompts_and_recordings_take_a_file() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let registered = api.post("/api/v2/flows/jobs", json!({})).await.done();
    let job = format!("/api/v2/flows/jobs/{}", id(&registered));
    mock.advance(60 * SECOND);
    assert_eq!(api.get(&job).await.ok()["status"], "Registered");
    assert_eq!(put(&registered["presignedUrl"], "").await, 400);
    assert_eq!(put(&registered["presignedUrl"], "a flow").await, 200);
    let recording = api.post("/api/v2/uploads/recordings", json!({ "fileName": "a.wav" })).await.ok();
    assert!(recording["uploadKey"].as_str().is_some_and(|key| key.ends_with("/a.wav")), "{recording}");
    assert_eq!(put(&recording["url"], "RIFF").await, 200);
    let prompt = id(&api.post("/api/v2/architect/prompts", json!({ "name": "Hello" })).await.ok());
    let resources = format!("/api/v2/architect/prompts/{prompt}/resources");
    let made = api.post(&resources, json!({ "language": "en-us" })).await.ok();
    assert_eq!(made["uploadStatus"], "created");
    let request = reqwest::Client::new().post(made["uploadUri"].as_str().expect("an address"));
    // The vendor's Terraform provider sends the token without a scheme.
    let alone = request.try_clone().expect("a request").header("Authorization", api.token());
    let sent = alone.body("RIFF").send().await.expect("an answer");
    assert_eq!(sent.status(), 200);
    let sent = request.bearer_auth(api.token()).body("RIFF").send().await.expect("an answer");
    assert_eq!(sent.status(), 200);
    let elsewhere = reqwest::Client::new().get(format!("{}/api/v2/users/me", mock.uri()));
    let sent = elsewhere.header("Authorization", api.token()).send().await.expect("an answer");
    assert_eq!(sent.status(), 401);
    assert_eq!(api.get(&format!("{resources}/en-us")).await.ok()["uploadStatus"], "transcoded");
}

#[tokio::test]
async fn the_file_of_a_job_publishes_its_flow() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let job = async |file: String| {
        let registered = api.post("/api/v2/flows/jobs", json!({})).await.done();
        assert_eq!(put(&registered["presignedUrl"], &file).await, 200);
        mock.advance(2 * SECOND);
        api.get(&format!("/api/v2/flows/jobs/{}", id(&registered))).await.ok()
    };
    let file = |kind: &str, more: &str| {
        format!(
            "{kind}:\n  name: Open hours\n{more}  startUpRef: ./menus/menu[main]\n  menus:\n    - menu: {{ refId: main }}\n"
        )
    };
    let first = job(file("inboundCall", "  description: By day\n  division: Home\n")).await;
    assert_eq!(first["status"], "Success");
    let flow = format!("/api/v2/flows/{}", id(&first["flow"]));
    let shown = api.get(&flow).await.ok();
    assert_eq!(
        (&shown["name"], &shown["type"], &shown["description"]),
        (&json!("Open hours"), &json!("INBOUNDCALL"), &json!("By day"))
    );
    assert_eq!(shown["publishedVersion"]["id"], "1.0");

    let again = job(file("inboundCall", "")).await;
    assert_eq!(id(&again["flow"]), id(&first["flow"]), "the same type and name is the same flow");
    assert_eq!(api.get(&flow).await.ok()["publishedVersion"]["id"], "2.0");
    let other = job(file("inqueueCall", "")).await;
    assert_ne!(id(&other["flow"]), id(&first["flow"]));

    let nowhere = job(file("workflow", "  division: Nowhere\n")).await;
    assert_eq!((&nowhere["status"], &nowhere["flow"]), (&json!("Failure"), &json!(null)));
    assert!(
        nowhere["messages"][0]["text"].as_str().is_some_and(|text| text.contains("Nowhere")),
        "{nowhere}"
    );
    assert_eq!(job("no flow at all".to_owned()).await["flow"], json!(null));
}

/// Sends a form with a file to the host of the applications.
async fn send_form(
    mock: &gcmock::MockServer,
    path: &str,
    token: Option<&str>,
    fields: &[(&str, &str)],
    file: &str,
) -> (u16, Value) {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts: Vec<String> =
        fields.iter().map(part).chain([part(&("file\"; filename=\"id", file))]).collect();
    let body = format!("{}--b--\r\n", parts.concat());
    let request = reqwest::Client::new().post(format!("{}{path}", mock.uri()));
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_script_is_uploaded_published_and_replaced() {
    const PATH: &str = "/uploads/v2/scripter";
    let mock = mock().await;
    let api = Client::new(&mock);
    let named = async |name: &str| {
        let listed = api.get(&format!("/api/v2/scripts?name={name}")).await.ok();
        listed["entities"].as_array().expect("scripts").clone()
    };
    assert_eq!(send_form(&mock, PATH, None, &[("scriptName", "Uploaded")], "{}").await.0, 401);
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &[], "{}").await.0, 400);
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &[("scriptName", "Uploaded")], "").await.0, 400);
    let (status, taken) =
        send_form(&mock, PATH, Some(api.token()), &[("scriptName", "Uploaded")], "{}").await;
    assert_eq!(status, 200);
    let upload = taken["correlationId"].as_str().expect("an id");
    assert_eq!(api.get(&format!("/api/v2/scripts/uploads/{upload}/status")).await.ok()["succeeded"], true);
    let script = id(&named("Uploaded").await[0]);
    api.post("/api/v2/scripts/published", json!({ "scriptId": script })).await.done();
    let fields = [("scriptName", "Renamed"), ("scriptIdToReplace", &*script)];
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &fields, "{}").await.0, 200);
    assert_eq!(id(&named("Renamed").await[0]), script);
    let unknown = [("scriptName", "x"), ("scriptIdToReplace", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")];
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &unknown, "{}").await.0, 404);
}

#[tokio::test]
async fn the_contacts_of_a_list_are_uploaded_with_a_form() {
    const PATH: &str = "/uploads/v2/contactlist";
    let mock = mock().await;
    let api = Client::new(&mock);
    let body = json!({ "name": "Mine", "columnNames": ["Id", "Phone"],
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    let list = id(&api.post("/api/v2/outbound/contactlists", body).await.ok());
    let fields = [("id", &*list), ("fileType", "contactlist"), ("contact-id-name", "Id")];
    let file = "Id,Phone\r\na,+13175550001\r\nb,+13175550002\r\n";
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &fields, file).await.0, 200);
    let one = format!("/api/v2/outbound/contactlists/{list}");
    assert_eq!(api.get(&format!("{one}/contacts/a")).await.ok()["data"]["Phone"], "+13175550001");
    assert_eq!(api.get(&format!("{one}/importstatus")).await.ok()["completedRecords"], 2);
    let unknown = [("id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301")];
    assert_eq!(send_form(&mock, PATH, Some(api.token()), &unknown, file).await.0, 400);
}
