//! The pipeline: parse, check, expand; after a mistake, every error at once beside a fallback.
//!
//! A struct that could be read is expanded even when it is wrong. The program that uses it then still finds its
//! fields and its builder, and one mistake gives one error instead of one for each use.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::column_type::ColumnType;
use crate::errors::Errors;
use crate::{check, expand, parse};

/// What `#[derive(Model)]` writes for `input`.
pub(crate) fn model(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::new();
    let checked = parse::model(&mut errors, input).map(|model| check::model(&mut errors, model));
    match (errors.finish(), checked) {
        (None, Some(checked)) => expand::model(&checked),
        (error, checked) => {
            let errors = error.map(|error| error.into_compile_error());
            let fallback = expand::fallback(input, checked.as_ref());
            quote! { #errors #fallback }
        }
    }
}

/// What `#[derive(Projection)]` writes for `input`.
pub(crate) fn projection(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::new();
    let read = parse::projection(&mut errors, input).map(|projection| check::projection(&mut errors, projection));
    match (errors.finish(), read) {
        (None, Some(projection)) => expand::projection(&projection),
        (error, read) => {
            let errors = error.map(|error| error.into_compile_error());
            let read = if input.generics.params.is_empty() { read } else { None };
            let fallback = expand::projection_fallback(read.as_ref());
            quote! { #errors #fallback }
        }
    }
}

/// What `#[derive(DbEnum)]` writes for `input`.
pub(crate) fn db_enum(input: &DeriveInput) -> TokenStream {
    column_type(input, parse::db_enum)
}

/// What `#[derive(DbValue)]` writes for `input`.
pub(crate) fn db_value(input: &DeriveInput) -> TokenStream {
    column_type(input, parse::db_value)
}

fn column_type(input: &DeriveInput, parse: fn(&mut Errors, &DeriveInput) -> ColumnType) -> TokenStream {
    let mut errors = Errors::new();
    let read = parse(&mut errors, input);
    let errors = errors.finish().map(|error| error.into_compile_error());
    let code = input.generics.params.is_empty().then(|| expand::column_type(&read));
    quote! { #errors #code }
}

#[cfg(test)]
mod tests {
    use syn::parse_str;

    use super::*;

    fn expanded(source: &str) -> syn::Result<String> {
        Ok(model(&parse_str::<DeriveInput>(source)?).to_string())
    }

    fn errors(text: &str) -> usize {
        text.matches("compile_error").count()
    }

    #[test]
    fn a_correct_model_has_no_error() -> syn::Result<()> {
        let text = expanded("pub struct Author { pub id: i64, name: String, books: HasMany<Book> }")?;
        assert_eq!(errors(&text), 0);
        assert!(text.contains("NewAuthor"));
        Ok(())
    }

    #[test]
    fn all_errors_of_a_derive_are_reported_at_once() -> syn::Result<()> {
        let text = expanded(
            r#"
            #[model(tabel = "b", ordering = "titel")]
            struct Book {
                id: i64,
                #[field(max_lenght = 3, unique, index)]
                title: String,
                #[relation(via = "book")]
                author: ForeignKey<Author>,
                reviews: Option<HasMany<Review>>,
                #[field(column = 3)]
                pages: i32,
            }"#,
        )?;
        assert_eq!(errors(&text), 7, "{text}");
        Ok(())
    }

    #[test]
    fn stray_punctuation_is_reported_once_and_skipped() -> syn::Result<()> {
        for attribute in ["#[field(, unique)]", "#[field(= 3, unique)]", "#[field(\"x\" y, unique)]"] {
            let text = expanded(&format!("struct Book {{ id: i64, {attribute} title: String }}"))?;
            assert_eq!(errors(&text), 1, "{attribute}");
            assert!(text.contains("unique : true"), "{attribute}");
        }
        Ok(())
    }

    #[test]
    fn a_wrong_model_is_still_expanded() -> syn::Result<()> {
        let text = expanded(r#"#[model(tabel = "b")] struct Book { id: i64, title: String }"#)?;
        assert_eq!(errors(&text), 1);
        assert!(text.contains("NewBook") && text.contains("fn title"));
        Ok(())
    }

    #[test]
    fn what_is_not_a_struct_gets_a_stub() -> syn::Result<()> {
        for source in ["enum Book { A }", "struct Book(i64);", "struct Book;", "union Book { a: i64 }"] {
            let text = expanded(source)?;
            assert_eq!(errors(&text), 1, "{source}");
            assert!(text.contains("Model for Book"), "{source}");
        }
        let text = expanded("struct Book<T> { id: i64, value: T }")?;
        assert_eq!(errors(&text), 1);
        assert!(!text.contains("Model for Book"));
        Ok(())
    }

    #[test]
    fn all_errors_of_a_projection_are_reported_at_once_and_it_is_still_expanded() -> syn::Result<()> {
        let source = r#"
            #[projection(model = Book, modle = Book)]
            struct Card {
                #[projection(path = "author name")]
                author: String,
                #[projection(nested, with = f)]
                publisher: i64,
                summary: Deferred<String>,
                title: String,
            }"#;
        let text = projection(&parse_str::<DeriveInput>(source)?).to_string();
        assert_eq!(errors(&text), 4, "{text}");
        assert!(text.contains("Projection for Card") && text.contains("RawRow for Card"));
        Ok(())
    }

    #[test]
    fn all_errors_of_a_column_type_are_reported_at_once_and_it_is_still_one() -> syn::Result<()> {
        let source = r#"
            #[db(integer, intger)]
            enum Status {
                #[db(rename = "a", renam = "b")]
                Draft = 1,
                Done,
                Sent(i64),
            }"#;
        let text = db_enum(&parse_str::<DeriveInput>(source)?).to_string();
        assert_eq!(errors(&text), 4, "{text}");
        assert!(text.contains("Value for Status"));
        let text = db_value(&parse_str::<DeriveInput>("#[db(try_frm)] struct Isbn(String, i64);")?).to_string();
        assert_eq!(errors(&text), 2, "{text}");
        assert!(text.contains("Value for Isbn"));
        Ok(())
    }

    #[test]
    fn a_projection_calls_the_fields_it_names() -> syn::Result<()> {
        let source =
            r#"#[projection(model = Book)] struct Card { #[projection(path = "author.name")] name: Option<String> }"#;
        let text = projection(&parse_str::<DeriveInput>(source)?).to_string();
        assert_eq!(errors(&text), 0, "{text}");
        assert!(text.contains("orm :: crossed (& fields . author ()) . name ()"), "{text}");
        Ok(())
    }
}
