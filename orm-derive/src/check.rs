//! The rules of a model: what no single attribute can know. One function each, with its reason.
//!
//! Checking also looks names up, so that `expand` works with positions and cannot fail. What has an error is left out
//! of the result.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::spanned::Spanned;

use crate::errors::Errors;
use crate::model::{
    Checked, ColumnIndex, ColumnOrder, Field, FieldKind, Generated, Key, Link, Model, Named, OnDelete, Shape, Source,
    Stored,
};
use crate::names::{self, type_text};
use crate::projection::Projection;
use crate::symbol;

/// Asks every rule, and completes the model.
pub(crate) fn model(errors: &mut Errors, mut model: Model) -> Checked {
    keep_the_first_of_a_name(&mut model);
    columns_are_distinct(errors, &model);
    join_tables_are_distinct(errors, &model);
    checks_are_distinct(errors, &model);
    for (field, stored) in model.columns() {
        set_null_needs_a_nullable_key(errors, field, stored);
        set_default_needs_a_default(errors, stored);
        unique_is_an_index(errors, stored);
        a_key_is_unique(errors, stored);
        only_texts_have_a_length(errors, stored);
        a_range_is_not_empty(errors, stored);
        a_value_comes_from_one_place(errors, stored);
    }
    columns_that_are_kept(errors, &mut model);
    there_is_one_version(errors, &model);
    let key = primary_key(errors, &mut model);
    let ordering = ordering(errors, &model);
    let indexes = indexes(errors, &model);
    Checked { model, key, ordering, indexes }
}

/// Asks the rules of a projection.
pub(crate) fn projection(errors: &mut Errors, mut projection: Projection) -> Projection {
    // As for a model: the compiler reports the second.
    let mut seen = HashSet::new();
    projection.fields.retain(|field| seen.insert(field.name.clone()));
    // A row is known by its values: of none, SQLite has no rows.
    if projection.fields.is_empty() {
        errors.about(&projection.ident, "a projection has a field at least: this one selects nothing");
    }
    projection
}

/// The compiler reports a field that is declared twice; a second one in the generated code would be reported ten times
/// more.
fn keep_the_first_of_a_name(model: &mut Model) {
    let mut seen = HashSet::new();
    model.fields.retain(|field| seen.insert(field.name.clone()));
}

/// SQLite compares the names of columns without case.
fn columns_are_distinct(errors: &mut Errors, model: &Model) {
    let mut seen = HashSet::new();
    for (field, stored) in model.columns() {
        if !seen.insert(stored.column.to_ascii_lowercase()) {
            let column = &stored.column;
            let message = format!("two fields of `{}` are stored in column `{column}`: rename one of them", model.name);
            errors.about(&field.ident, message);
        }
    }
}

/// Two relations in one join table would read each other's rows.
fn join_tables_are_distinct(errors: &mut Errors, model: &Model) {
    let mut seen = HashSet::from([model.table.to_ascii_lowercase()]);
    for field in &model.fields {
        if let FieldKind::ManyToMany(relation) = &field.kind
            && let Link::Auto { table, span } = &relation.link
            && !seen.insert(table.to_ascii_lowercase())
        {
            errors.at(*span, format!("table `{table}` is in use: name another with `table = \"..\"`"));
        }
    }
}

/// A failed check is known by its name.
fn checks_are_distinct(errors: &mut Errors, model: &Model) {
    let mut seen = HashSet::new();
    for check in &model.checks {
        if !seen.insert(&check.name) {
            errors.at(check.span, format!("two checks are called `{}`", check.name));
        }
    }
}

/// The action writes NULL.
fn set_null_needs_a_nullable_key(errors: &mut Errors, field: &Field, stored: &Stored) {
    if let Some(key) = stored.foreign_key()
        && key.on_delete == OnDelete::SetNull
        && !stored.nullable
    {
        let ty = type_text(&field.ty);
        errors.about(&field.ty, format!("SetNull needs a column that can be NULL: write `Option<{ty}>`"));
    }
}

/// The action writes the default.
fn set_default_needs_a_default(errors: &mut Errors, stored: &Stored) {
    if let Some(key) = stored.foreign_key()
        && key.on_delete == OnDelete::SetDefault
        && stored.default.is_none()
        && let Some(span) = key.on_delete_span
    {
        errors.at(span, "SetDefault needs a default: add `#[field(default = ..)]`");
    }
}

/// A second index over the same column would only cost writes.
fn unique_is_an_index(errors: &mut Errors, stored: &Stored) {
    if let (Some(_), Some(index)) = (stored.unique, stored.index) {
        errors.at(index, "`unique` makes an index already: leave `index` out");
    }
}

/// The same for a primary key, which is unique and indexed by what it is.
fn a_key_is_unique(errors: &mut Errors, stored: &Stored) {
    if stored.primary_key.is_some() {
        for (span, word) in [(stored.unique, symbol::UNIQUE), (stored.index, symbol::INDEX)] {
            if let Some(span) = span {
                errors.at(span, format!("a primary key is unique and indexed already: leave `{word}` out"));
            }
        }
    }
}

/// A number has no length, and bytes are not counted in characters.
fn only_texts_have_a_length(errors: &mut Errors, stored: &Stored) {
    for (length, word) in [(&stored.min_length, symbol::MIN_LENGTH), (&stored.max_length, symbol::MAX_LENGTH)] {
        let Some(length) = length else { continue };
        let text = match &stored.shape {
            Shape::Plain { value } | Shape::Deferred { value } => names::last_word(value) == "String",
            Shape::ForeignKey(_) => false,
        };
        if !text {
            let places = "a `String`, an `Option<String>` or a `Deferred<String>`";
            errors.at(length.span, format!("`{word}` belongs on {places}"));
        }
    }
}

/// No row could be written.
fn a_range_is_not_empty(errors: &mut Errors, stored: &Stored) {
    if let (Some(min), Some(max)) = (&stored.min_length, &stored.max_length)
        && min.limit > max.limit
    {
        errors.at(min.span, format!("no text has at least {} and at most {} characters", min.limit, max.limit));
    }
}

/// A default of the program's beside one of the database's would never be asked, or always.
fn a_value_comes_from_one_place(errors: &mut Errors, stored: &Stored) {
    let words = [
        stored.source.word(),
        stored.auto.map(|auto| (if auto.on_save { symbol::AUTO_NOW } else { symbol::AUTO_NOW_ADD }, auto.span)),
        stored.default.as_ref().map(|value| (symbol::DEFAULT, value.span())),
    ];
    let mut said = words.into_iter().flatten();
    let Some((first, _)) = said.next() else { return };
    for (word, span) in said {
        errors.at(span, format!("`{first}` says already where the value comes from: leave `{word}` out"));
    }
}

/// What says wrongly where its value comes from is read as a field of the program's, so that it is said once.
fn columns_that_are_kept(errors: &mut Errors, model: &mut Model) {
    let mut wrong = HashSet::new();
    for (field, stored) in model.columns() {
        let mistake = what_the_database_writes_is_a_column_of_its_own(stored)
            .or_else(|| a_number_counts(field, stored))
            .or_else(|| counters_count_related_rows(model, stored));
        if let Some((span, message)) = mistake {
            // Of a relation that could not be read, an error says so already.
            if !message.is_empty() {
                errors.at(span, message);
            }
            wrong.insert(field.name.clone());
        }
    }
    for field in model.fields.iter_mut().filter(|field| wrong.contains(&field.name)) {
        if let FieldKind::Stored(stored) = &mut field.kind {
            stored.source = Source::Given;
        }
    }
}

/// A key of the database's making is known only when the row is there; NULL would be no value, or the default.
fn what_the_database_writes_is_a_column_of_its_own(stored: &Stored) -> Option<(Span, String)> {
    let (word, span) = stored.source.word()?;
    let message = if stored.primary_key.is_some() {
        format!("`{word}` cannot be the primary key: the row is known by it before it is written")
    } else if stored.foreign_key().is_some() {
        format!("`{word}` belongs on a plain column: a ForeignKey is set by the program")
    } else if stored.nullable && matches!(stored.source, Source::DefaultSql { .. }) {
        "`default_sql` needs a column that cannot be NULL: a new row without a value gets the default".to_owned()
    } else if stored.is_read_only() && stored.rules().next().is_some() {
        format!("`{word}` is computed by the database, so there is nothing to validate")
    } else {
        return None;
    };
    Some((span, message))
}

/// Versions and counters are integers that are always there.
fn a_number_counts(field: &Field, stored: &Stored) -> Option<(Span, String)> {
    let (Source::Version { span } | Source::Counter { span, .. }) = stored.source else { return None };
    let counts = match &stored.shape {
        Shape::Plain { value } => !stored.nullable && symbol::COUNTS.contains(&names::last_word(value).as_str()),
        Shape::Deferred { .. } | Shape::ForeignKey(_) => false,
    };
    let (word, name) = (stored.source.word().map_or("", |(word, _)| word), &field.name);
    (!counts).then(|| (span, format!("`{word}` belongs on an integer: write `{name}: i64`")))
}

/// What is counted is a relation of this model to many rows.
fn counters_count_related_rows(model: &Model, stored: &Stored) -> Option<(Span, String)> {
    let Source::Counter { relation, .. } = &stored.source else { return None };
    let name = &relation.name;
    let message = match model.fields.iter().find(|field| field.name == *name).map(|field| &field.kind) {
        Some(FieldKind::HasMany(_) | FieldKind::ManyToMany(_)) => return None,
        Some(FieldKind::Unreadable) => String::new(),
        Some(_) => format!("`{name}` is not a HasMany or ManyToMany: there is nothing to count"),
        None => {
            let many = model
                .fields
                .iter()
                .filter(|field| matches!(field.kind, FieldKind::HasMany(_) | FieldKind::ManyToMany(_)));
            let near = names::did_you_mean(name, many.map(|field| field.name.as_str()));
            format!("`{name}` is not a relation of `{}`{near}", model.name)
        }
    };
    Some((relation.ident.span(), message))
}

/// A row is saved in one version.
fn there_is_one_version(errors: &mut Errors, model: &Model) {
    let mut versions = model.columns().filter_map(|(field, stored)| match stored.source {
        Source::Version { span } => Some((&field.name, span)),
        _ => None,
    });
    let Some((first, _)) = versions.next() else { return };
    for (name, span) in versions {
        errors.at(span, format!("`{first}` is the version of `{}` already: unmark `{name}`", model.name));
    }
}

/// Every row is known by some columns that are always there.
fn composite_key(errors: &mut Errors, model: &Model, fields: &[Named], span: Span) -> Option<Key> {
    const MOST: usize = 4;
    let mut columns = Vec::with_capacity(fields.len());
    for (field, stored) in model.columns() {
        if let Some(span) = stored.primary_key {
            let message =
                format!("the key of `{}` is said above the struct: leave this out of `{}`", model.name, field.name);
            errors.at(span, message);
        }
    }
    for named in fields {
        let Some(position) = column(errors, model, named, "part of the primary key") else { continue };
        let Some((field, stored)) = model.columns().nth(position) else { continue };
        let name = &field.name;
        if columns.contains(&position) {
            errors.at(named.span, format!("`{name}` stands twice in this key"));
        } else if matches!(stored.shape, Shape::Deferred { .. }) {
            errors.about(&field.ty, "a part of the primary key is always loaded: leave the `Deferred` out");
        } else if stored.nullable {
            errors.about(&field.ty, "a part of the primary key is never absent: leave the `Option` out");
        } else {
            columns.push(position);
        }
    }
    if fields.len() > MOST {
        errors.at(span, format!("a primary key has {MOST} fields at most"));
    }
    for field in &model.fields {
        if let FieldKind::HasMany(_) | FieldKind::HasOne(_) | FieldKind::ManyToMany(_) = field.kind {
            let message = format!(
                "no relation leads to `{}`, whose primary key is of several columns: give it a key of one, and say \
                 `unique(fields = \"..\")` of these",
                model.name
            );
            errors.about(&field.ty, message);
        }
    }
    let (field, _) = model.columns().nth(*columns.first()?)?;
    let (ident, ty) = (field.ident.clone(), field.ty.clone());
    Some(Key { column: *columns.first()?, ident, ty, generated: None, columns })
}

/// Every row is known by one column: the field that is marked, or else the one called `id`.
fn primary_key(errors: &mut Errors, model: &mut Model) -> Option<Key> {
    if let Some((fields, span)) = &model.primary_key {
        return composite_key(errors, model, fields, *span);
    }
    let mut marked = model.columns().filter_map(|(field, stored)| Some((&field.name, stored.primary_key?)));
    let first = marked.next();
    for (name, span) in marked {
        let first = first.map_or("", |(name, _)| name);
        let model = &model.name;
        errors.at(span, format!("`{model}` has one primary key, and `{first}` is marked already: unmark `{name}`"));
    }
    let name = first.map_or(symbol::ID, |(name, _)| name).to_owned();
    let Some(field) = model.fields.iter().find(|field| field.name == name) else {
        let message = format!(
            "model `{}` has no primary key: add `pub id: i64`, or mark a field with `#[field(primary_key)]`",
            model.name
        );
        errors.about(&model.ident, message);
        return None;
    };
    if let Some(message) = why_no_key(field) {
        errors.about(&field.ty, message);
        return None;
    }
    let (ident, ty) = (field.ident.clone(), field.ty.clone());
    let column = model.columns().position(|(field, _)| field.name == name)?;
    let stored =
        model.fields.iter_mut().filter(|field| field.name == name).find_map(|field| match &mut field.kind {
            FieldKind::Stored(stored) => Some(stored),
            _ => None,
        })?;
    let word = names::last_word(&ty);
    stored.generated = if stored.default.is_some() {
        None
    } else if symbol::AUTO_KEYS.contains(&word.as_str()) {
        Some(Generated::Yes)
    } else if symbol::SCALARS.contains(&word.as_str()) || symbol::GIVEN_KEYS.contains(&word.as_str()) {
        None
    } else {
        Some(Generated::ByType)
    };
    Some(Key { column, ident, ty, generated: stored.generated, columns: Vec::new() })
}

/// A key is always there, always loaded, and a value of its own.
fn why_no_key(field: &Field) -> Option<String> {
    let name = &field.name;
    let stored = match &field.kind {
        FieldKind::Stored(stored) => stored,
        // Its type has an error already; no second one.
        FieldKind::Unreadable => return None,
        _ => {
            return Some(format!("`{name}` is not a column, so it cannot be the primary key"));
        }
    };
    if let (Some((word, _)), None) = (stored.source.word(), stored.primary_key) {
        return Some(format!("`{word}` cannot be the primary key: the row is known by it before it is written"));
    }
    match &stored.shape {
        Shape::ForeignKey(_) => Some(
            "a ForeignKey as primary key is not supported yet: add `pub id: i64`, \
             and mark this field `#[field(unique)]`"
                .to_owned(),
        ),
        Shape::Deferred { value } => {
            let value = type_text(value);
            Some(format!("a primary key is always loaded: write `{name}: {value}`"))
        }
        Shape::Plain { value } if stored.nullable => {
            let value = type_text(value);
            Some(format!("a primary key is never absent: write `{name}: {value}`; on insert it may be left out"))
        }
        Shape::Plain { .. } => None,
    }
}

/// The default order names columns.
fn ordering(errors: &mut Errors, model: &Model) -> Vec<ColumnOrder> {
    let mut seen = HashSet::new();
    let mut terms = Vec::with_capacity(model.ordering.len());
    for term in &model.ordering {
        let Some(column) = column(errors, model, &term.field, "ordered by") else {
            continue;
        };
        if seen.insert(column) {
            terms.push(ColumnOrder { column, descending: term.descending });
        } else {
            errors.at(term.field.span, format!("`{}` stands twice in this ordering", term.field.name));
        }
    }
    terms
}

/// Indexes name columns, no column twice, and have names of their own.
fn indexes(errors: &mut Errors, model: &Model) -> Vec<ColumnIndex> {
    let mut names = HashSet::new();
    let mut indexes = Vec::with_capacity(model.indexes.len());
    for index in &model.indexes {
        let mut columns = Vec::with_capacity(index.fields.len());
        for field in &index.fields {
            let Some(column) = column(errors, model, field, "indexed") else {
                continue;
            };
            if columns.contains(&column) {
                errors.at(field.span, format!("`{}` stands twice in this index", field.name));
            } else {
                columns.push(column);
            }
        }
        let name = index.name.clone().unwrap_or_else(|| index_name(model, &columns, index.unique));
        if names.insert(name.to_ascii_lowercase()) {
            indexes.push(ColumnIndex { name, columns, unique: index.unique });
        } else {
            errors.at(index.span, format!("two indexes are called `{name}`: leave one out, or give it a `name`"));
        }
    }
    indexes
}

/// `book_publisher_id_published_idx`, `book_author_id_title_uniq`.
fn index_name(model: &Model, columns: &[usize], unique: bool) -> String {
    let mut name = model.table.clone();
    for column in columns {
        if let Some((_, stored)) = model.columns().nth(*column) {
            name.push('_');
            name.push_str(&stored.column);
        }
    }
    name.push_str(if unique { "_uniq" } else { "_idx" });
    name
}

/// The position of the column that a text names by its field.
fn column(errors: &mut Errors, model: &Model, named: &Named, done: &str) -> Option<usize> {
    let name = named.name.strip_prefix("r#").unwrap_or(&named.name);
    if let Some(position) = model.columns().position(|(field, _)| field.name == name) {
        return Some(position);
    }
    let message = match model.fields.iter().find(|field| field.name == name).map(|field| &field.kind) {
        // Reported where it stands.
        Some(FieldKind::Unreadable) => return None,
        Some(_) => format!("`{name}` is not a column of `{}`: only stored fields can be {done}", model.name),
        None => match model.columns().find(|(_, stored)| stored.column == name) {
            Some((field, _)) => format!("`{name}` is a column: write the name of its field, `{}`", field.name),
            None => {
                let near = names::did_you_mean(name, model.columns().map(|(field, _)| field.name.as_str()));
                format!("`{name}` is not a field of `{}`{near}", model.name)
            }
        },
    };
    errors.at(named.span, message);
    None
}
