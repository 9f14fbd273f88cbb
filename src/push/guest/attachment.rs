//! Files that guests announce: names, sizes and addresses. Their contents are never kept.

use serde_json::{Map, Value, json};

use super::frame::Failure;

/// The largest file: 10 MiB.
pub(crate) const MAX_KILOBYTES: u64 = 10_240;
/// Files that a session may have.
const MOST: usize = 32;
/// Characters of a file's name.
const LONGEST_NAME: usize = 255;
/// Media types that are taken.
pub(crate) const ALLOWED: [&str; 6] =
    ["image/png", "image/jpeg", "image/gif", "application/pdf", "text/plain", "text/csv"];
/// Endings that are not, whatever the type.
pub(crate) const BLOCKED: [&str; 6] = [".exe", ".bat", ".cmd", ".js", ".msi", ".vbs"];

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    id: String,
    name: String,
    kind: String,
    size: u64,
}

/// The files of a session.
#[derive(Debug, Default)]
pub(crate) struct Attachments(Vec<Attachment>);

impl Attachments {
    /// Accepts the announcement of a file, or returns the reason of its refusal.
    pub(crate) fn announce(&mut self, fields: &Map<String, Value>) -> Result<Attachment, Failure> {
        let text = |key: &str| {
            let text = fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| Failure::missing(key))
        };
        let file = Attachment {
            id: text("attachmentId")?,
            name: text("fileName")?,
            kind: text("fileType")?,
            size: fields.get("fileSize").and_then(Value::as_u64).unwrap_or_default(),
        };
        file.check()?;
        if self.0.len() >= MOST {
            return Err(Failure::new(4010, format!("A session has at most {MOST} attachments")));
        }
        self.0.retain(|known| known.id != file.id);
        self.0.push(file.clone());
        Ok(file)
    }

    pub(crate) fn find(&self, fields: &Map<String, Value>) -> Result<&Attachment, Failure> {
        let id = fields.get("attachmentId").and_then(Value::as_str);
        let id = id.ok_or_else(|| Failure::missing("attachmentId"))?;
        self.0.iter().find(|file| file.id == id).ok_or_else(|| Failure::new(4009, "Attachment not found"))
    }

    pub(crate) fn remove(&mut self, fields: &Map<String, Value>) -> Result<Attachment, Failure> {
        let file = self.find(fields)?.clone();
        self.0.retain(|known| known.id != file.id);
        Ok(file)
    }
}

impl Attachment {
    fn check(&self) -> Result<(), Failure> {
        let name = self.name.to_lowercase();
        if self.id.len() > LONGEST_NAME || self.name.chars().count() > LONGEST_NAME {
            return Err(Failure::new(4005, "File name is too long"));
        }
        if name.contains(['/', '\\', '\0']) {
            return Err(Failure::new(4004, "File name is not valid"));
        }
        if BLOCKED.iter().any(|ending| name.ends_with(ending)) || !ALLOWED.contains(&self.kind.as_str()) {
            return Err(Failure::new(4001, "File type is not supported"));
        }
        if self.size > MAX_KILOBYTES * 1024 {
            return Err(Failure::new(4002, "File size is not valid"));
        }
        Ok(())
    }

    /// The addresses of its upload and its download.
    pub(crate) fn presigned(&self, base: &str) -> Value {
        json!({
            "attachmentId": self.id, "fileName": self.name, "fileSize": self.size, "fileType": self.kind,
            "headers": { "x-amz-tagging": "abc" }, "url": format!("{base}/webmessaging/attachments/{}", self.id),
        })
    }

    pub(crate) fn reference(&self) -> Value {
        json!({ "attachmentId": self.id })
    }
}
