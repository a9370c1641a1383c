//! Names: the case of tables, the nearest known word, the text of a type, and the names of what is generated.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{PathSegment, Type};

/// The names of the generated items.
///
/// They stand in one anonymous constant, in which the types of the user's fields must keep their meaning: a model with
/// a `ForeignKey<Draft>` must not find our `Draft`. So each name gives way if the struct uses it.
pub(crate) struct Names {
    /// The door into the library.
    pub(crate) orm: Ident,
    /// The insert type, the one name that users see.
    pub(crate) new: Ident,
    pub(crate) fields: Ident,
    pub(crate) builder: Ident,
    pub(crate) draft: Ident,
    pub(crate) missing: Ident,
    pub(crate) is_set: Ident,
    pub(crate) relations: Ident,
    /// The trait that answers for a field another model does not have.
    pub(crate) fallback: Ident,
    pub(crate) columns: Ident,
    pub(crate) meta: Ident,
    /// The struct that validators are given.
    pub(crate) written: Ident,
    /// The struct that serde's derive reads.
    pub(crate) remote: Ident,
    /// The type parameter of what serialises.
    pub(crate) serializer: Ident,
    /// The type parameters of the fields: the model that is queried, and the kind of the path.
    pub(crate) root: Ident,
    pub(crate) kind: Ident,
    /// The type parameters of the builder, one for each required field.
    pub(crate) states: Vec<Ident>,
    /// The builder's own methods, which give way to setters.
    pub(crate) build: Ident,
    pub(crate) save: Ident,
    pub(crate) finish: Ident,
}

impl Names {
    /// `used` are the words of the struct's types and values, `setters` the names of its stored fields.
    pub(crate) fn new(model: &Ident, used: &BTreeSet<String>, setters: &BTreeSet<String>, required: usize) -> Self {
        let item = |name: &str| ident(&free(name, "_", used));
        let method = |name: &str| ident(&free(name, "_row", setters));
        let plain = model.unraw();
        Names {
            orm: item("orm"),
            new: new_name(model),
            fields: item(&format!("{plain}Fields")),
            builder: item(&format!("{plain}Builder")),
            draft: item("Draft"),
            missing: item("missing"),
            is_set: item("is_set"),
            relations: item("relations"),
            fallback: item("Fallback"),
            columns: item("COLUMNS"),
            meta: item("META"),
            written: item("Written"),
            remote: item("Remote"),
            serializer: item("S"),
            root: item("R"),
            kind: item("K"),
            states: (0..required).map(|n| item(&format!("S{n}"))).collect(),
            build: method("build"),
            save: method("save"),
            finish: method("finish"),
        }
    }
}

/// A generated name at a place of the source. A path is shown where all of its words stand.
pub(crate) fn at(name: &Ident, place: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(place);
    name
}

/// The same, for a name that was made with a hygiene of its own.
pub(crate) fn at_keeping_hygiene(name: &Ident, place: Span) -> Ident {
    at(name, place.resolved_at(name.span()))
}

/// A name that is not in use.
pub(crate) fn unused(name: &str, used: &BTreeSet<String>) -> Ident {
    ident(&free(name, "_", used))
}

/// The name of a model's insert type.
pub(crate) fn new_name(model: &Ident) -> Ident {
    format_ident!("New{}", model)
}

/// The name of the static that describes a relation.
pub(crate) fn relation_static(field: &Ident) -> Ident {
    format_ident!("REL_{}", field)
}

/// The function that makes a field's default.
pub(crate) fn default_of(field: &Ident) -> Ident {
    format_ident!("__default_of_{}", field.unraw())
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

fn free(name: &str, suffix: &str, taken: &BTreeSet<String>) -> String {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.push_str(suffix);
    }
    name
}

/// Adds every identifier of `tokens` to `found`.
pub(crate) fn words(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => {
                found.insert(ident.unraw().to_string());
            }
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// `BookTag` is `book_tag`, `HTTPServer` is `http_server`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
            let after = letters.get(at + 1).copied();
            let starts_word = match before {
                None | Some('_') => false,
                // The last capital of a run begins the next word: `HTTPServer`.
                Some(before) if before.is_uppercase() => after.is_some_and(char::is_lowercase),
                Some(_) => true,
            };
            if starts_word {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        } else {
            snake.push(letter);
        }
    }
    snake
}

/// The identifier for a field's name: a keyword becomes raw. `None` if no field can be called so.
pub(crate) fn field_ident(name: &str, span: Span) -> Option<Ident> {
    let name = name.strip_prefix("r#").unwrap_or(name);
    // Asked before the compiler's lexer is, which would report strange text by itself.
    let is_word = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_word || matches!(name, "_" | "crate" | "self" | "super" | "Self") {
        return None;
    }
    let mut ident: Ident = syn::parse_str(name).or_else(|_| syn::parse_str(&format!("r#{name}"))).ok()?;
    ident.set_span(span);
    Some(ident)
}

/// The known word that was probably meant.
pub(crate) fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean ..?`, or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Edits (insert, delete, replace, swap of neighbours) between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, letter) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, &other) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let replace = at(&row, j) + usize::from(letter != other);
            let mut best = replace.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if let Some(j) = j.checked_sub(1)
                && last == Some(other)
                && b.get(j) == Some(&letter)
            {
                best = best.min(at(&before, j) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(letter);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// The last segment of a type's path, or nothing for a type that is not a path.
pub(crate) fn last_word(ty: &Type) -> String {
    last_segment(ty).map_or_else(String::new, |segment| segment.ident.to_string())
}

/// The last segment of a type's path, with its arguments.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type without the invisible or plain parentheses that macros put around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The text of a type with the blanks a person would write: `Option<ForeignKey<Author>>`.
pub(crate) fn type_text(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    write_tokens(tokens.to_token_stream(), &mut text);
    text
}

fn write_tokens(tokens: TokenStream, text: &mut String) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write_tokens(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match punct.as_char() {
                ',' => text.push_str(", "),
                ';' => text.push_str("; "),
                '+' => text.push_str(" + "),
                '-' => text.push_str(" -"),
                '>' if text.ends_with('-') => text.push_str("> "),
                '>' => {
                    let end = text.trim_end_matches(", ").len();
                    text.truncate(end);
                    text.push('>');
                }
                mark => text.push(mark),
            },
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if text.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    text.push(' ');
                }
                text.push_str(&tree.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_snake_case() {
        for (name, table) in [
            ("Book", "book"),
            ("BookTag", "book_tag"),
            ("HTTPServer", "http_server"),
            ("ServerHTTP", "server_http"),
            ("Route66Sign", "route66_sign"),
            ("my_model", "my_model"),
            ("My_Model", "my_model"),
            ("A", "a"),
            ("ÉtatCivil", "état_civil"),
        ] {
            assert_eq!(snake_case(name), table);
        }
    }

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = ["table", "ordering", "index", "unique"];
        assert_eq!(closest("tabel", known), Some("table"));
        assert_eq!(closest("orderring", known), Some("ordering"));
        assert_eq!(closest("idx", known), None);
        assert_eq!(closest("cascade", ["Cascade"]), Some("Cascade"));
        assert_eq!(did_you_mean("uniqe", known), "; did you mean `unique`?");
        assert_eq!(did_you_mean("colour", known), "");
    }

    #[test]
    fn types_are_written_without_stray_blanks() -> syn::Result<()> {
        for text in [
            "i64",
            "Option<ForeignKey<Author>>",
            "std::collections::HashMap<String, Vec<u8>>",
            "[u8; 16]",
            "Box<dyn Fn(i32) -> i32 + Send>",
            "&'static str",
            "(i32, i64)",
            "<A as B>::C",
        ] {
            assert_eq!(type_text(syn::parse_str::<Type>(text)?), text);
        }
        assert_eq!(type_text(syn::parse_str::<Type>("Vec < u8 , >")?), "Vec<u8>");
        Ok(())
    }

    #[test]
    fn keywords_become_raw_and_nonsense_is_refused() {
        let ident = |name| field_ident(name, Span::call_site()).map(|ident| ident.to_string());
        assert_eq!(ident("author").as_deref(), Some("author"));
        assert_eq!(ident("type").as_deref(), Some("r#type"));
        assert_eq!(ident("r#type").as_deref(), Some("r#type"));
        assert_eq!(ident("two words"), None);
        assert_eq!(ident("crate"), None);
        assert_eq!(ident(""), None);
    }

    #[test]
    fn generated_names_give_way() {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let model = Ident::new("Draft", Span::call_site());
        let names = Names::new(&model, &set(&["Draft", "R", "i64"]), &set(&["save", "save_row"]), 1);
        assert_eq!(names.draft.to_string(), "Draft_");
        assert_eq!(names.root.to_string(), "R_");
        assert_eq!(names.kind.to_string(), "K");
        assert_eq!(names.save.to_string(), "save_row_row");
        assert_eq!(names.build.to_string(), "build");
    }
}
