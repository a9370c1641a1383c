//! How fields and paths are written in a program.

use std::borrow::Cow;

/// `|a| a.books().tags()`.
pub(super) fn closure_of<'f>(model: &str, fields: impl Iterator<Item = &'f str>) -> String {
    let name = model.chars().next().map_or('x', |letter| letter.to_ascii_lowercase());
    let call = |(number, field): (usize, &str)| match number > 0 && RELATION_WORDS.contains(&field) {
        true => format!(".fields().{}()", written(field)),
        false => format!(".{}()", written(field)),
    };
    let path: String = fields.enumerate().map(call).collect();
    format!("|{name}| {name}{path}")
}

/// The words that stand on relations: behind one, a field of such a name is reached by `.fields()`.
const RELATION_WORDS: &[&str] = &[
    "ancestors",
    "any",
    "count",
    "defer",
    "descendants",
    "eq",
    "every",
    "exclude",
    "exists",
    "fields",
    "filter",
    "in_",
    "is_null",
    "key",
    "limit",
    "ne",
    "none",
    "only",
    "order_by",
    "prefetch_related",
    "query",
    "select_related",
    "set",
];

/// The name of a field as it is written in a program.
pub(crate) fn written(field: &str) -> Cow<'_, str> {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
        "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
        "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    if KEYWORDS.contains(&field) { format!("r#{field}").into() } else { field.into() }
}
