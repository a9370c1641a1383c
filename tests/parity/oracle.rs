//! The oracle: cases with what Django answered, and the file they were run on.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What another ORM answered.
pub struct Expected {
    pub id: String,
    pub sha256: String,
    pub queries: u64,
    /// The whole text, where it is known, and its beginning where not.
    pub text: String,
}

/// A case that writes: what stands in the database before and after it.
pub struct Write {
    pub case: Expected,
    /// Statements to run before.
    pub setup: Vec<String>,
    /// Every table afterwards.
    pub tables: Vec<Table>,
}

/// What a table holds: how many rows, and the hash of its dump.
#[derive(PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub count: usize,
    pub sha256: String,
}

/// Where it is: named by the variable, or beside the workspace.
pub fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    let folder = env::var_os("EAGER_ORM_ORACLE").map_or_else(beside, PathBuf::from);
    folder.join("open_read.json").is_file().then_some(folder)
}

/// The cases that only read. The answers that stand in the file check our canonical text: it has to have their hash.
pub fn reads(folder: &Path) -> Vec<Expected> {
    let cases = json(folder, "open_read.json");
    cases.as_array().unwrap().iter().map(|case| expected(folder, case)).collect()
}

/// The cases of our own: what Django answered to more questions of the same kinds.
pub fn more(folder: &Path) -> Vec<Expected> {
    let cases: Value = serde_json::from_str(include_str!("more.json")).unwrap();
    cases.as_array().unwrap().iter().map(|case| expected(folder, case)).collect()
}

/// The cases that write.
pub fn writes(folder: &Path) -> Vec<Write> {
    let (cases, baseline) = (json(folder, "open_write.json"), json(folder, "baseline.json"));
    cases.as_array().unwrap().iter().map(|case| write(folder, case, &baseline)).collect()
}

fn json(folder: &Path, file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

fn write(folder: &Path, case: &Value, baseline: &Value) -> Write {
    let extended = case["setup"] == "ext";
    let statements = if extended { &baseline["ext_setup_sql"] } else { &case["setup_sql"] };
    let mut tables: Map<String, Value> = baseline["tables"].as_object().cloned().unwrap();
    if extended {
        tables.extend(baseline["ext_tables"].as_object().cloned().unwrap());
    }
    tables.extend(case["tables_after"].as_object().cloned().unwrap());
    let table = |(name, table): (String, Value)| {
        let count = table["count"].as_u64().and_then(|count| usize::try_from(count).ok());
        Table { name, count: count.unwrap(), sha256: text(&table["sha256"]) }
    };
    Write {
        case: expected(folder, case),
        setup: statements.as_array().into_iter().flatten().map(text).collect(),
        tables: tables.into_iter().map(table).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn expected(folder: &Path, case: &Value) -> Expected {
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
