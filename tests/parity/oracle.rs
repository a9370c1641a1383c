//! The oracle: cases with what Django answered, and the file they were run on.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// What another ORM answered.
pub struct Expected {
    pub id: String,
    pub sha256: String,
    pub queries: u64,
    /// The whole text, where it is known, and its beginning where not.
    pub text: String,
}

/// Where it is: named by the variable, or beside the workspace.
pub fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    let folder = env::var_os("EAGER_ORM_ORACLE").map_or_else(beside, PathBuf::from);
    folder.join("open_read.json").is_file().then_some(folder)
}

/// The cases that only read. The answers that stand in the file check our canonical text: it has to have their hash.
pub fn reads(folder: &Path) -> Vec<Expected> {
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(folder.join("open_read.json")).unwrap()).unwrap();
    cases.iter().map(|case| expected(folder, case)).collect()
}

fn expected(folder: &Path, case: &Value) -> Expected {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (id, answer) = (text(&case["id"]), &case["expected"]);
    let whole = fs::read_to_string(folder.join(format!("full/open/{id}.json"))).ok();
    let whole = whole.or_else(|| answer.get("value").map(crate::canon::text));
    let known = text(&answer["sha256"]);
    if let Some(whole) = &whole {
        assert_eq!(sha256(whole), known, "{id}: the oracle's own answer has another hash: {whole:.500}");
    }
    Expected {
        sha256: known,
        queries: case["queries"].as_u64().unwrap_or_default(),
        text: whole.unwrap_or_else(|| crate::canon::text(&answer["first3"])),
        id,
    }
}

/// A hash as the oracle writes it.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
