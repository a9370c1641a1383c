//! Writes a program of many models: 20 columns and 5 relations each, in a ring, so that every model is related to every
//! other; and queries of ten shapes.

use std::fmt::Write;

/// The plain columns beside the key: name and type.
const COLUMNS: [(&str, &str); 16] = [
    ("name", "String"),
    ("number", "i64"),
    ("note", "Option<String>"),
    ("price", "f64"),
    ("pages", "i32"),
    ("code", "String"),
    ("rank", "Option<i64>"),
    ("active", "bool"),
    ("published", "Date"),
    ("label", "String"),
    ("remark", "Option<String>"),
    ("size", "i64"),
    ("weight", "f64"),
    ("state", "String"),
    ("ended", "Option<Date>"),
    ("text", "Deferred<String>"),
];

/// A library of `models` models and `queries` queries, and a function `run` that runs them all.
pub fn library(models: usize, queries: usize) -> String {
    let mut text = "//! Written by a test.\n\nuse eager_orm::prelude::*;\nuse eager_orm::{Error, Result};\n".to_owned();
    for number in 0..models {
        text.push_str(&model(number, models));
    }
    let each = queries.div_ceil(models);
    let mut written = 0;
    for number in 0..models {
        writeln!(text, "fn queries_{number}(db: &Database) -> Result<()> {{").unwrap();
        for _ in 0..each.min(queries - written) {
            writeln!(text, "    {}", query(number, written)).unwrap();
            written += 1;
        }
        text.push_str("    Ok(())\n}\n");
    }
    text.push_str("/// Makes the tables and runs every query.\npub fn run() -> Result<()> {\n");
    text.push_str("    let db = &Database::in_memory()?;\n    db.create_tables(models![");
    (0..models).for_each(|number| write!(text, "M{number}, ").unwrap());
    text.push_str("])?;\n");
    (0..models).for_each(|number| writeln!(text, "    queries_{number}(db)?;").unwrap());
    text.push_str("    Ok(())\n}\n");
    text.push_str(
        "/// That rows, inserts and queries may go to other threads. The proof for one model walks the whole ring.\n",
    );
    text.push_str("pub fn threads() {\n    fn both<T: Send + Sync + 'static>() {}\n");
    for number in 0..models {
        writeln!(text, "    both::<(M{number}, NewM{number}, QuerySet<M{number}>, HasMany<M{number}>)>();").unwrap();
    }
    text.push_str("}\n");
    text
}

fn model(number: usize, models: usize) -> String {
    let away = |steps: usize| (number + steps) % models;
    let mut text = format!(
        "/// A model.\n#[derive(Model, Debug, Clone, PartialEq)]\n#[model(ordering = \"name\", index(fields = \"parent, number\"))]\n\
         pub struct M{number} {{\n    /// The key.\n    pub id: i64,\n"
    );
    for (name, ty) in COLUMNS {
        writeln!(text, "    /// A column.\n    pub {name}: {ty},").unwrap();
    }
    let relations = [
        ("", "parent", format!("ForeignKey<M{}>", away(1))),
        ("", "owner", format!("ForeignKey<M{}>", away(2))),
        ("#[relation(on_delete = SetNull)]", "maybe", format!("Option<ForeignKey<M{}>>", away(3))),
        ("#[relation(via = \"parent\")]", "children", format!("HasMany<M{}>", away(models - 1))),
        ("#[relation(via = \"owner\")]", "owned", format!("HasMany<M{}>", away(models - 2))),
    ];
    for (attribute, name, ty) in relations {
        writeln!(text, "    /// A relation.\n    {attribute}\n    pub {name}: {ty},").unwrap();
    }
    text.push_str("}\n");
    text
}

/// A statement on a model, of a shape that comes with the number of the query.
fn query(model: usize, number: usize) -> String {
    let shapes = [
        r#"M::objects().filter(|m| m.number().gt(N) & m.parent().name().eq("xN")).all(db)?;"#,
        r#"M::objects().exclude(|m| m.children().name().eq("xN")).order_by(|m| (m.number().desc(), m.name())).limit(20).all(db)?;"#,
        "M::objects().select_related(|m| (m.parent(), m.maybe())).prefetch_related(|m| (m.children(), m.owned().order_by(|o| o.number().desc()))).all(db)?;",
        "M::objects().values_list(|m| (m.id(), m.parent().name(), m.maybe().rank())).all(db)?;",
        "M::objects().filter(|m| m.children().any(|c| c.pages().gt(N) & !c.active()) & m.owned().exists()).exists(db)?;",
        "M::objects().filter(|m| m.id().in_(M::objects().filter(|o| o.price().lt(N)).values_list(|o| o.id()))).count(db)?;",
        "M::objects().filter(|m| m.pages().lt(10)).update(db, |m| (m.price().set(m.price() * 0.5), m.number().set(m.number() + N)))?;",
        concat!(
            r#"let new = M::create().name("a").number(N).price(1.0).pages(2).code("b").active(true).published(Date::constant(2020, 1, 1))"#,
            r#".label("c").size(1).weight(1.0).state("d").text("e").parent(1).owner(2).save(db);"#,
            "\n    assert!(matches!(new, Err(Error::ForeignKey { .. })), \"{new:?}\");"
        ),
        "M::objects().filter(|m| m.maybe().is_null() | m.published().year().eq(2000 + N)).defer(|m| m.text()).first(db)?;",
        "M::objects().filter_if(Some(N), |m, least| m.number().ge(least)).prefetch_related(|m| m.children().children()).all(db)?;",
    ];
    shapes[number % shapes.len()].replace("M::", &format!("M{model}::")).replace('N', &number.to_string())
}
