//! The static description of the model: `COLUMNS` and `META`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lit, UnOp};

use crate::model::{Checked, Field, FieldKind, Generated, Length, Shape, Source, Stored};
use crate::names::{self, Names};

pub(super) fn expand(checked: &Checked, names: &Names) -> TokenStream {
    let Names { orm, columns, meta, .. } = names;
    let model = &checked.model;
    let (name, table) = (&model.name, &model.table);

    let key = checked.key.as_ref().map(|key| key.column);
    let all: Vec<usize> = match &checked.key {
        Some(key) if !key.columns.is_empty() => key.columns.clone(),
        _ => key.into_iter().collect(),
    };
    let keys = all.iter().map(|column| number(*column));
    let auto_key = match checked.key.as_ref().map(|key| (key.generated, &key.ty)) {
        Some((Some(Generated::Yes), _)) => quote! { true },
        Some((Some(Generated::ByType), ty)) => {
            quote_spanned! {ty.span()=>
                ::core::matches!(<#ty as #orm::Value>::STORAGE, #orm::Storage::Integer)
            }
        }
        _ => quote! { false },
    };
    let described = model
        .columns()
        .enumerate()
        .map(|(position, (field, stored))| column(field, stored, all.contains(&position), names));
    let count = number(model.columns().count());
    let key = number(key.unwrap_or_default());

    let slot_names: Vec<_> =
        model.fields.iter().filter(|field| field.slot.is_some()).map(|field| &field.name).collect();
    let slots = number(slot_names.len());
    let relations = model
        .fields
        .iter()
        .filter(|field| match &field.kind {
            FieldKind::Stored(stored) => stored.foreign_key().is_some(),
            FieldKind::HasMany(_) | FieldKind::HasOne(_) | FieldKind::ManyToMany(_) => true,
            FieldKind::Prefetched { .. } | FieldKind::Memo | FieldKind::Unreadable => false,
        })
        .map(|field| names::relation_static(&field.ident));

    let ordering = checked.ordering.iter().map(|term| {
        let (column, descending) = (number(term.column), term.descending);
        quote! { #orm::OrderingMeta { column: #column, descending: #descending } }
    });
    let indexes = checked.indexes.iter().map(|index| {
        let (name, unique) = (&index.name, index.unique);
        let columns = index.columns.iter().map(|column| number(*column));
        quote! { #orm::IndexMeta { name: #name, columns: &[#(#columns),*], unique: #unique } }
    });
    let checks = model.checks.iter().map(|check| {
        let (name, sql) = (&check.name, &check.sql);
        quote! { #orm::CheckMeta { name: #name, sql: #sql } }
    });

    let (functions, defaults) = defaults(checked, names);
    let model = &checked.model.ident;
    let ask = match checked.model.has_rules() {
        true => quote! { ::core::option::Option::Some(#orm::ask_binds::<#model>) },
        false => quote! { ::core::option::Option::None },
    };

    quote! {
        #functions
        static #columns: [#orm::ColumnMeta; #count] = [#(#described),*];
        static #meta: #orm::ModelMeta = #orm::ModelMeta {
            name: #name,
            table: #table,
            columns: &#columns,
            key: #key,
            keys: &[#(#keys),*],
            auto_key: #auto_key,
            slots: #slots,
            relations: &[#(&#relations),*],
            ordering: &[#(#ordering),*],
            indexes: &[#(#indexes),*],
            checks: &[#(#checks),*],
            slot_names: &[#(#slot_names),*],
            defaults: #defaults,
            ask: #ask,
        };
    }
}

/// A function for each field with a default, and one that finds them by the number of their column.
fn defaults(checked: &Checked, names: &Names) -> (TokenStream, TokenStream) {
    let Names { orm, .. } = names;
    let (mut functions, mut arms) = (TokenStream::new(), TokenStream::new());
    for (position, (field, stored)) in checked.model.columns().enumerate() {
        let position = number(position);
        // What the database computes is nothing to the program.
        let known = match &stored.source {
            Source::Version { .. } => Some(quote! { #orm::Bind::Integer(#orm::FIRST_VERSION as i64) }),
            Source::Given => None,
            Source::DefaultSql { .. } | Source::Generated { .. } | Source::Counter { .. } => {
                Some(quote! { #orm::Bind::Null })
            }
        };
        arms.extend(known.map(|known| quote! { #position => ::core::option::Option::Some(#known), }));
        if let Some(auto) = stored.auto {
            functions.extend(super::writes::time_of(field, auto, stored, names));
            let time = names::default_of(&field.ident);
            arms.extend(quote! {
                #position => ::core::option::Option::Some(#orm::Bind::into_owned(#orm::Value::bind(&#time(now)))),
            });
            continue;
        }
        let Some(default) = &stored.default else { continue };
        let (name, place) = (names::default_of(&field.ident), stored.place());
        let value = super::model::default(stored, default, names);
        let ty = super::builder::value_type(stored, &quote! { #orm });
        functions.extend(quote! { fn #name() -> #ty { #value } });
        arms.extend(quote_spanned! {place=>
            #position => ::core::option::Option::Some(#orm::Bind::into_owned(#orm::Value::bind(&#name()))),
        });
    }
    if arms.is_empty() {
        return (functions, quote! { |_, _| ::core::option::Option::None });
    }
    let is_timed = checked.model.columns().any(|(_, stored)| stored.auto.is_some());
    let now = if is_timed {
        quote! { now }
    } else {
        quote! { _ }
    };
    (functions, quote! { |column, #now| match column { #arms _ => ::core::option::Option::None } })
}

fn column(field: &Field, stored: &Stored, primary_key: bool, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    let (name, column, nullable) = (&field.name, &stored.column, stored.nullable);
    let rust_type = names::type_text(&field.ty);
    let (place, value) = match &stored.shape {
        Shape::Plain { value } | Shape::Deferred { value } => (value.span(), quote! { #value }),
        Shape::ForeignKey(key) => {
            let target = &key.target;
            (target.span(), quote_spanned! {target.span()=> <#target as #orm::Model>::Key })
        }
    };
    let storage = quote_spanned! {place=> <#value as #orm::Value>::STORAGE };
    let canonical = quote_spanned! {place=> #orm::canonical::<#value> };
    let domain = match &stored.shape {
        Shape::Plain { .. } | Shape::Deferred { .. } => quote_spanned! {place=> <#value as #orm::Value>::DOMAIN },
        // The row it points at has such a key.
        Shape::ForeignKey(_) => quote! { #orm::Domain::Any },
    };
    let unique = stored.unique.is_some();
    // Deleting a row looks for the rows that point at it, so a foreign key is always indexed.
    let index = !unique && (stored.index.is_some() || stored.foreign_key().is_some());
    let default = option(stored.default.as_ref().and_then(sql_literal));
    let source = source(stored, names);
    let renewed = stored.auto.is_some_and(|auto| auto.on_save);
    let length = |length: &Option<Length>| option(length.as_ref().map(|length| Literal::u32_unsuffixed(length.limit)));
    let (min_length, max_length) = (length(&stored.min_length), length(&stored.max_length));
    let (min, max) =
        (option(stored.min.as_ref().and_then(sql_literal)), option(stored.max.as_ref().and_then(sql_literal)));
    let deferred = match stored.shape {
        Shape::Deferred { .. } => option(field.slot.map(number)),
        Shape::Plain { .. } | Shape::ForeignKey(_) => option(None::<Literal>),
    };
    let relation = option(stored.foreign_key().map(|_| {
        let relation = names::relation_static(&field.ident);
        quote! { &#relation }
    }));
    quote! {
        #orm::ColumnMeta {
            name: #name,
            column: #column,
            rust_type: #rust_type,
            storage: #storage,
            domain: #domain,
            nullable: #nullable,
            primary_key: #primary_key,
            unique: #unique,
            index: #index,
            default: #default,
            source: #source,
            renewed: #renewed,
            min_length: #min_length,
            max_length: #max_length,
            min: #min,
            max: #max,
            canonical: #canonical,
            deferred: #deferred,
            relation: #relation,
        }
    }
}

/// Where the value of the column comes from.
fn source(stored: &Stored, names: &Names) -> TokenStream {
    let Names { orm, .. } = names;
    match &stored.source {
        Source::Given => quote! { #orm::ColumnSource::Given },
        Source::DefaultSql { sql, .. } => quote! { #orm::ColumnSource::DefaultSql(#sql) },
        Source::Generated { sql, stored, .. } => {
            quote! { #orm::ColumnSource::Generated { sql: #sql, stored: #stored } }
        }
        Source::Counter { relation, .. } => {
            let relation = names::relation_static(&relation.ident);
            quote! { #orm::ColumnSource::Counter(&#relation) }
        }
        Source::Version { .. } => quote! { #orm::ColumnSource::Version },
    }
}

/// The default as SQL, if it is a literal. Others are known to the program only, and are filled in on insert.
fn sql_literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Paren(paren) => sql_literal(&paren.expr),
        Expr::Group(group) => sql_literal(&group.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Float(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(truth) => Some(if truth.value { "1" } else { "0" }.to_owned()),
            Lit::Str(text) => sql_text(&text.value()),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match &*unary.expr {
            Expr::Lit(literal) if matches!(literal.lit, Lit::Int(_) | Lit::Float(_)) => {
                sql_literal(&unary.expr).map(|number| format!("-{number}"))
            }
            _ => None,
        },
        // `"x".into()` and `String::from("x")` are the text itself.
        Expr::MethodCall(call) if call.args.is_empty() => {
            let converts = ["into", "to_string", "to_owned"].iter().any(|name| call.method == name);
            text_literal(&call.receiver).filter(|_| converts)
        }
        Expr::Call(call) => {
            let is_from = matches!(&*call.func, Expr::Path(path) if names::type_text(path).ends_with("String::from"));
            call.args.first().filter(|_| is_from && call.args.len() == 1).and_then(text_literal)
        }
        _ => None,
    }
}

fn text_literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) if matches!(literal.lit, Lit::Str(_)) => sql_literal(value),
        _ => None,
    }
}

/// A text in quotes. SQLite's texts of SQL end at a NUL, so one with a NUL has no literal.
fn sql_text(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| format!("'{}'", text.replace('\'', "''")))
}

fn number(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote! { ::core::option::Option::Some(#value) },
        None => quote! { ::core::option::Option::None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_sql_and_nothing_else_does() -> syn::Result<()> {
        for (value, sql) in [
            ("0", Some("0")),
            ("1_000i64", Some("1000")),
            ("0x10", Some("16")),
            ("-3", Some("-3")),
            ("(2.5)", Some("2.5")),
            ("true", Some("1")),
            ("\"it's\"", Some("'it''s'")),
            ("\"x\".into()", Some("'x'")),
            ("String::from(\"x\")", Some("'x'")),
            ("\"nul\\0\"", None),
            ("Date::today()", None),
            ("!0", None),
            ("1 + 1", None),
            ("NAME.to_string()", None),
        ] {
            assert_eq!(sql_literal(&syn::parse_str(value)?).as_deref(), sql, "{value}");
        }
        Ok(())
    }
}
