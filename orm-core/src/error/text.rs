//! The parts of messages that are not the same for every error.

/// `the columns "a", "b"`.
pub(super) fn listed(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    match quoted.as_slice() {
        [] => "no column".to_owned(),
        [one] => format!("the column {one} only"),
        some => format!("the {} columns {}", some.len(), some.join(", ")),
    }
}

#[cfg(feature = "testing")]
pub(super) fn fixture_place(model: &str, row: Option<usize>, field: Option<&str>) -> String {
    let row = row.map(|row| format!("row {row} of ")).unwrap_or_default();
    let field = field.map(|field| format!(", `{field}`")).unwrap_or_default();
    if model.is_empty() { String::new() } else { format!("{row}`{model}`{field}: ") }
}

pub(super) fn unique_text(fields: &[String]) -> String {
    match fields {
        [index] if index.starts_with("index '") => format!("value in {index}"),
        fields => fields.join(", "),
    }
}

pub(super) fn foreign_key_text(relation: Option<&str>, key: Option<&str>) -> String {
    match (relation, key) {
        (Some(relation), Some(key)) => format!("`{relation}` points at {key}, and there is no such row"),
        (Some(relation), None) => format!("`{relation}` points at no row"),
        (None, _) => "a foreign key points at no row, or the row is still pointed at".to_owned(),
    }
}
