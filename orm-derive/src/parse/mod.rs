//! From the struct to what is known about it. Reports what is wrong in one place of the source, and reads on.

mod column_type;
mod field_attrs;
mod field_type;
mod model_attrs;
mod projection;
mod words;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Type, parse_quote};

pub(crate) use self::column_type::{db_enum, db_value};
use self::field_attrs::FieldAttrs;
use self::field_type::FieldType;
pub(crate) use self::projection::projection;
use crate::errors::Errors;
use crate::model::{
    Field, FieldKind, FieldName, ForeignKey, Link, ManyToMany, Model, OnDelete, Reverse, Shape, Source, Stored,
};
use crate::{names, symbol};

/// Reads a model. `None` if there are no named fields to read.
pub(crate) fn model(errors: &mut Errors, input: &DeriveInput) -> Option<Model> {
    let attrs = model_attrs::read(errors, &input.attrs);
    if !input.generics.params.is_empty() {
        errors.about(&input.generics, "a model cannot be generic: a table has one type for each column");
    }
    let name = input.ident.unraw().to_string();
    let table = attrs.table.map_or_else(|| names::snake_case(&name), |table| table.value());
    let owner = Owner { ident: &input.ident, table: &table };
    let fields = named_fields(errors, input)?;
    let mut slots = 0;
    let fields = fields.iter().filter_map(|field| read_field(errors, &owner, field, &mut slots)).collect();
    Some(Model {
        ident: input.ident.clone(),
        name,
        vis: input.vis.clone(),
        facade: attrs.facade.unwrap_or_else(|| parse_quote!(::eager_orm)),
        fields,
        primary_key: attrs.primary_key,
        ordering: attrs.ordering.unwrap_or_default(),
        indexes: attrs.indexes,
        checks: attrs.checks,
        validators: attrs.validators,
        hooks: attrs.hooks.is_some(),
        serialize: attrs.serialize.is_some(),
        serde: serde_attrs(&input.attrs),
        table,
    })
}

/// The struct a field belongs to.
struct Owner<'a> {
    ident: &'a Ident,
    table: &'a str,
}

fn named_fields<'a>(errors: &mut Errors, input: &'a DeriveInput) -> Option<&'a Fields> {
    let message = match &input.data {
        Data::Struct(data) => match &data.fields {
            fields @ Fields::Named(_) => return Some(fields),
            Fields::Unnamed(_) => "a model has named fields: a tuple struct has no names for its columns",
            Fields::Unit => "a model has named fields: this struct has no columns",
        },
        Data::Enum(_) => "a model is a struct with named fields: an enum is not a table",
        Data::Union(_) => "a model is a struct with named fields: a union is not a table",
    };
    errors.about(&input.ident, message);
    None
}

fn read_field(errors: &mut Errors, owner: &Owner<'_>, field: &syn::Field, slots: &mut usize) -> Option<Field> {
    let ident = field.ident.clone()?;
    let name = ident.unraw().to_string();
    let attrs = field_attrs::read(errors, &field.attrs);
    let read =
        field_type::spell_self(&field.ty, owner.ident).and_then(|ty| field_type::read(&ty).map(|read| (ty, read)));
    let (ty, kind) = match read {
        Ok((ty, read)) => {
            attrs.report_misplaced(errors, &read);
            (ty, field_kind(errors, owner, &name, ident.span(), read, attrs))
        }
        Err(error) => {
            errors.push(error);
            (field.ty.clone(), FieldKind::Unreadable)
        }
    };
    let in_slot = match &kind {
        FieldKind::Stored(stored) => !matches!(stored.shape, Shape::Plain { .. }),
        FieldKind::HasMany(_) | FieldKind::HasOne(_) | FieldKind::ManyToMany(_) | FieldKind::Prefetched { .. } => true,
        FieldKind::Memo | FieldKind::Unreadable => false,
    };
    let slot = in_slot.then_some(*slots);
    *slots += usize::from(in_slot);
    Some(Field { ident, name, vis: field.vis.clone(), ty, slot, kind, serde: serde_attrs(&field.attrs) })
}

fn serde_attrs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident(symbol::SERDE)).cloned().collect()
}

fn field_kind(
    errors: &mut Errors,
    owner: &Owner<'_>,
    name: &str,
    span: Span,
    ty: FieldType,
    attrs: FieldAttrs,
) -> FieldKind {
    match ty {
        FieldType::Plain { value, nullable } => stored(Shape::Plain { value }, name.to_owned(), nullable, attrs),
        FieldType::Deferred { value, nullable } => stored(Shape::Deferred { value }, name.to_owned(), nullable, attrs),
        FieldType::ForeignKey { target, nullable } => {
            let constraint = attrs.constraint.as_ref().is_none_or(|constraint| constraint.value);
            // What may point at nothing protects nothing, unless it says so.
            let default = if constraint { OnDelete::Protect } else { OnDelete::DoNothing };
            let key = ForeignKey {
                target,
                on_delete: attrs.on_delete.map_or(default, |(action, _)| action),
                on_delete_span: attrs.on_delete.map(|(_, span)| span),
                constraint,
            };
            stored(Shape::ForeignKey(key), format!("{name}_id"), nullable, attrs)
        }
        FieldType::HasMany { target } => {
            reverse(errors, owner, target, attrs.via.as_ref()).map_or(FieldKind::Unreadable, FieldKind::HasMany)
        }
        FieldType::HasOne { target } => {
            reverse(errors, owner, target, attrs.via.as_ref()).map_or(FieldKind::Unreadable, FieldKind::HasOne)
        }
        FieldType::ManyToMany { target } => match link(errors, owner, name, span, &target, attrs) {
            Some(link) => FieldKind::ManyToMany(ManyToMany { target, link }),
            None => FieldKind::Unreadable,
        },
        FieldType::Prefetched { target } => FieldKind::Prefetched { target },
        FieldType::Memo => FieldKind::Memo,
    }
}

fn stored(shape: Shape, column: String, nullable: bool, attrs: FieldAttrs) -> FieldKind {
    FieldKind::Stored(Box::new(Stored {
        shape,
        column: attrs.column.map_or(column, |column| column.value()),
        nullable,
        primary_key: attrs.primary_key,
        unique: attrs.unique,
        index: attrs.index,
        default: attrs.default,
        auto: attrs.auto,
        source: attrs.source.unwrap_or(Source::Given),
        min_length: attrs.min_length,
        max_length: attrs.max_length,
        min: attrs.min,
        max: attrs.max,
        validators: attrs.validators,
        generated: None,
    }))
}

fn reverse(errors: &mut Errors, owner: &Owner<'_>, target: Type, via: Option<&LitStr>) -> Option<Reverse> {
    let via = match via {
        Some(via) => named(errors, via),
        None => default_name(errors, owner.ident, &target, "via = \"..\""),
    }?;
    Some(Reverse { target, via })
}

/// How the two sides of a many-to-many relation are joined.
fn link(
    errors: &mut Errors,
    owner: &Owner<'_>,
    name: &str,
    span: Span,
    target: &Type,
    attrs: FieldAttrs,
) -> Option<Link> {
    let FieldAttrs { via, through, table, .. } = attrs;
    if let (Some(via), Some(_)) = (&via, &through) {
        let message = "`through` and `via` are two ways to say it: `through` names the model in between, \
                       `via` the other side's relation that has it";
        errors.at(via.span(), message);
        return None;
    }
    if let (Some(table), true) = (&table, via.is_some() || through.is_some()) {
        errors.at(table.span(), "`table` names a table made for this relation, and this one has its own already");
    }
    if let Some(via) = via {
        return named(errors, &via).map(|via| Link::Reverse { via });
    }
    let Some(through) = through else {
        let place = table.as_ref().map_or(span, LitStr::span);
        let table = table.map_or_else(|| format!("{}_{name}", owner.table), |table| table.value());
        return Some(Link::Auto { table, span: place });
    };
    let target_ident = names::last_segment(target).map(|segment| &segment.ident);
    let to_itself = target_ident.is_some_and(|target| target == owner.ident);
    if to_itself && (through.from.is_none() || through.to.is_none()) {
        let model = names::type_text(&through.model);
        let message = format!(
            "both foreign keys of `{model}` lead to `{0}`: name them, `through({model}, from = \"..\", to = \"..\")`",
            owner.ident.unraw()
        );
        errors.about(&through.model, message);
        return None;
    }
    let model = &through.model;
    let from = match &through.from {
        Some(from) => named(errors, from),
        None => default_name(errors, owner.ident, model, "from = \"..\""),
    };
    let to = match (&through.to, target_ident) {
        (Some(to), _) => named(errors, to),
        (None, Some(target)) => default_name(errors, target, model, "to = \"..\""),
        (None, None) => {
            errors.about(target, "expected the name of a model");
            None
        }
    };
    Some(Link::Through { from: from?, to: to?, model: through.model })
}

/// A field of another model, as the text of an attribute names it.
fn named(errors: &mut Errors, text: &LitStr) -> Option<FieldName> {
    let value = text.value();
    let ident = names::field_ident(&value, text.span());
    if ident.is_none() {
        errors.at(text.span(), format!("expected the name of a field, and `{value}` cannot be one"));
    }
    ident.map(|ident| FieldName { name: ident.unraw().to_string(), ident })
}

/// The field that is called like a model: `author` for `Author`. Mistakes are shown at `place`.
fn default_name(errors: &mut Errors, model: &Ident, place: impl ToTokens, word: &str) -> Option<FieldName> {
    let name = names::snake_case(&model.unraw().to_string());
    let ident = names::field_ident(&name, place.span());
    if ident.is_none() {
        errors.about(&place, format!("no field can be called `{name}`: name the foreign key with `{word}`"));
    }
    ident.map(|ident| FieldName { name, ident })
}
