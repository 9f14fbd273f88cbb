//! Data tables: their rows, and the jobs that export and import them.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;

use crate::architect::{TABLES, fetched, first, id};
use crate::rest::{Client, mock};

#[tokio::test]
async fn the_rows_of_a_data_table_are_found_by_their_key() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let table = client.post(TABLES, json!({ "name": "Prices" })).await.ok();
    assert_eq!(table["schema"]["required"], json!(["key"]));
    let rows = format!("{TABLES}/{}/rows", id(&table));
    for key in ["pear", "apple", "fig"] {
        client.post(&rows, json!({ "key": key, "price": 3 })).await.ok();
    }
    let again = client.post(&rows, json!({ "key": "fig" })).await;
    assert_eq!(again.refused(409), "flows.datatables.not.unique");
    let brief = client.get(&format!("{rows}?pageSize=2")).await.ok();
    assert_eq!(brief["entities"], json!([{ "key": "apple" }, { "key": "fig" }]));
    assert_eq!(brief["nextUri"], format!("{rows}?pageSize=2&pageNumber=2"));
    let last = client.get(&format!("{rows}?showbrief=false&sortOrder=descending&pageSize=1")).await.ok();
    assert_eq!(last["entities"], json!([{ "key": "pear", "price": 3 }]));
    let fig = format!("{rows}/fig");
    client.put(&fig, json!({ "key": "fig", "weight": 1 })).await.ok();
    assert_eq!(client.get(&fig).await.ok(), json!({ "key": "fig" }));
    let whole = client.get(&format!("{fig}?showbrief=false")).await.ok();
    assert_eq!(whole, json!({ "key": "fig", "weight": 1 }), "PUT puts one row in place of the other");
    client.put(&fig, json!({ "key": "other" })).await.refused(400);
    assert_eq!(client.delete(&fig).await.status, 204);
    assert_eq!(client.get(&fig).await.refused(404), "flows.datatables.row.not.found");
    client.delete(&format!("{TABLES}/{}", id(&table))).await;
    assert_eq!(client.get(&rows).await.refused(404), "flows.datatables.table.not.found");
}

#[tokio::test]
async fn a_row_takes_the_schemas_defaults_and_has_to_fit_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let schema = json!({ "type": "object", "additionalProperties": false, "properties": {
        "key": { "type": "string" },
        "open": { "type": "boolean", "default": true },
        "price": { "type": "number" },
        "count": { "type": "integer" },
    }});
    let table = client.post(TABLES, json!({ "name": "Fits", "schema": schema })).await.ok();
    let one = format!("{TABLES}/{}", id(&table));
    let rows = format!("{one}/rows");
    let row = client.post(&rows, json!({ "key": "a", "price": 1.5 })).await.ok();
    assert_eq!(row, json!({ "key": "a", "price": 1.5, "open": true }));
    for misfit in [
        json!({ "key": "b", "open": "yes" }),
        json!({ "key": "b", "price": "1" }),
        json!({ "key": "b", "count": 1.5 }),
        json!({ "key": "b", "colour": "red" }),
    ] {
        let code = client.post(&rows, misfit.clone()).await.refused(400);
        assert_eq!(code, "flows.datatables.schema.exception", "{misfit}");
    }
    client.post(&rows, json!({ "price": 1 })).await.refused(400);
    assert!(client.get(&one).await.ok().get("schema").is_none());
    assert_eq!(client.get(&format!("{one}?expand=schema")).await.ok()["schema"], schema);
}

#[tokio::test]
async fn data_tables_are_exported_and_imported_by_jobs_that_move_with_the_clock() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let table = format!("{TABLES}/{}", first(&client, TABLES).await);
    let export = client.post(&format!("{table}/export/jobs"), json!({})).await;
    assert_eq!((export.status.as_u16(), &export.body["status"]), (202, &json!("Processing")));
    let import =
        client.post(&format!("{table}/import/jobs"), json!({ "importMode": "Append", "name": "Mine" })).await;
    assert_eq!((import.status.as_u16(), &import.body["status"]), (202, &json!("WaitingForUpload")));
    mock.advance(Duration::from_secs(2));
    let done = client.get(&format!("{table}/export/jobs/{}", id(&export.body))).await.ok();
    assert_eq!((&done["status"], &done["countRecordsProcessed"]), (&json!("Succeeded"), &json!(3)));
    let url = done["downloadURI"].as_str().expect("an address");
    assert_snapshot!(fetched(&mock, &client, url).await);
    let imports = client.get(&format!("{table}/import/jobs")).await.ok();
    let first = &imports["entities"][0];
    assert_eq!((&first["status"], &first["name"]), (&json!("WaitingForUpload"), &json!("Mine")));
    client.post(&format!("{TABLES}/none/export/jobs"), json!({})).await.refused(404);
}

#[tokio::test]
async fn the_schema_of_a_data_table_is_checked() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let key = json!({ "type": "string" });
    let cases = [
        (json!({ "properties": {} }), "schema.properties.key"),
        (json!({ "properties": { "key": { "type": "integer" } } }), "schema.properties.key"),
        (json!({ "properties": { "key": key, "x": { "type": "colour" } } }), "schema.properties.x.type"),
        (json!({ "properties": { "key": key, "x": { "type": 7 } } }), "schema.properties.x.type"),
        (
            json!({ "properties": { "key": key, "x": { "type": "integer", "default": "a" } } }),
            "schema.properties.x.default",
        ),
        (json!({ "properties": { "key": key }, "required": ["key", "y"] }), "schema.required"),
        (json!({ "type": "array", "properties": { "key": key } }), "schema.type"),
    ];
    for (schema, field) in cases {
        let answer = client.post(TABLES, json!({ "name": "Checked", "schema": schema })).await;
        assert_eq!(answer.body["messageParams"]["field"], field, "{schema}");
        assert_eq!(answer.refused(400), "flows.datatables.schema.exception");
    }
    let schema = json!({ "type": "object", "additionalProperties": false, "required": ["key", "price"],
        "properties": { "key": key, "price": { "type": "number" } } });
    let table = client.post(TABLES, json!({ "name": "Checked", "schema": schema })).await.ok();
    let rows = format!("{TABLES}/{}/rows", id(&table));
    let cases = [
        (json!({ "price": 1 }), "key"),
        (json!({ "key": 7, "price": 1 }), "key"),
        (json!({ "key": "k".repeat(257), "price": 1 }), "key"),
        (json!({ "key": "a" }), "price"),
        (json!({ "key": "a", "price": "1" }), "price"),
        (json!({ "key": "a", "price": 1, "other": 1 }), "other"),
    ];
    for (row, field) in cases {
        let answer = client.post(&rows, row.clone()).await;
        assert_eq!(answer.body["messageParams"]["field"], field, "{row}");
        assert_eq!(answer.refused(400), "flows.datatables.schema.exception");
    }
    client.post(&rows, json!({ "key": "a", "price": 1 })).await.ok();
}

#[tokio::test]
async fn a_schema_keeps_its_fields_and_bounds_the_rows() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let schema = json!({ "type": "object", "properties": {
        "key": { "type": "string", "maxLength": 3 },
        "count": { "type": "integer", "minimum": 1, "maximum": 9 },
    }});
    let table = client.post(TABLES, json!({ "name": "Bounds", "schema": schema })).await.ok();
    let one = format!("{TABLES}/{}", id(&table));
    let rows = format!("{one}/rows");
    for row in
        [json!({ "key": "four" }), json!({ "key": "a", "count": 0 }), json!({ "key": "a", "count": 10 })]
    {
        assert_eq!(client.post(&rows, row).await.refused(400), "flows.datatables.schema.exception");
    }
    client.post(&rows, json!({ "key": "abc", "count": 9 })).await.ok();
    let mut fewer = schema.clone();
    fewer["properties"].as_object_mut().expect("an object").shift_remove("count");
    let change = |schema: &serde_json::Value| json!({ "name": "Bounds", "schema": schema });
    assert_eq!(client.put(&one, change(&fewer)).await.refused(400), "flows.datatables.cannot.remove.fields");
    let mut more = schema;
    more["properties"]["open"] = json!({ "type": "boolean" });
    client.put(&one, change(&more)).await.ok();
}
