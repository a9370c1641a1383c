//! Trees built by hand in, exact SQL out; no database.

use std::borrow::Cow;

use super::compile;
use crate::statement::{
    Alias, Conflict, Delete, Expr, Insert, InsertRows, Join, Operator, OrderTerm, Select, Source, Statement, TableRef,
    Update,
};
use crate::value::Bind;

fn text(statement: Statement) -> String {
    compile(&statement).text.to_string()
}

#[test]
fn identifiers_double_their_quotes() {
    let strange: Alias = "we\"ird".into();
    let select = Select {
        columns: vec![Expr::column(&strange, "a\"b")],
        from: vec![Source::first("we\"ird", strange.clone())],
        ..Select::default()
    };
    assert_eq!(text(Statement::Select(select)), r#"SELECT "we""ird"."a""b" FROM "we""ird""#);
}

#[test]
fn values_are_numbered_binds() {
    let book: Alias = "book".into();
    let title = Expr::column(&book, "title");
    let bind = |text: &'static str| Expr::Bind(Bind::Text(Cow::Borrowed(text)));
    let select = Select {
        columns: vec![title.clone()],
        from: vec![Source::first("book", book.clone())],
        filter: vec![
            Expr::eq(title.clone(), bind("'; DROP TABLE book; --")),
            Expr::Or(vec![Expr::eq(title.clone(), bind("a")), Expr::IsNull(Box::new(title.clone()))]),
        ],
        order: vec![OrderTerm { expr: title, descending: true, nulls: None }],
        limit: Some(2),
        offset: Some(1),
        ..Select::default()
    };
    let sql = compile(&Statement::Select(select));
    assert_eq!(
        &*sql.text,
        r#"SELECT "book"."title" FROM "book" WHERE ("book"."title" = ?1) AND (("book"."title" = ?2) OR ("book"."title" IS NULL)) ORDER BY "book"."title" DESC LIMIT ?3 OFFSET ?4"#
    );
    assert_eq!(sql.binds.len(), 4);
}

#[test]
fn not_exists_is_two_valued_already() {
    let author: Alias = "author".into();
    let inner = Select {
        columns: vec![Expr::One],
        from: vec![Source { join: Join::Inner, table: TableRef::Nothing, alias: author.clone(), on: None }],
        ..Select::default()
    };
    let exists = Expr::Exists(Box::new(inner));
    let delete = Delete { table: "book", filter: vec![Expr::IsNotTrue(Box::new(exists))] };
    assert_eq!(text(Statement::Delete(delete)), r#"DELETE FROM "book" WHERE NOT EXISTS (SELECT 1 FROM (SELECT 1))"#);
}

#[test]
fn a_delete_of_everything_is_counted() {
    assert_eq!(text(Statement::Delete(Delete { table: "book", filter: vec![] })), r#"DELETE FROM "book" WHERE 1"#);
}

#[test]
fn insert_and_update() {
    let insert = Insert {
        table: "tag",
        columns: vec!["id".into(), "name".into()],
        rows: InsertRows::Values,
        conflict: Some(Conflict {
            target: vec!["name".into()],
            update: vec!["id".into()],
            counts: Some("version".into()),
        }),
        returning: vec!["id".into()],
    };
    assert_eq!(
        text(Statement::Insert(insert.clone())),
        r#"INSERT INTO "tag" ("id", "name") VALUES (?1, ?2) ON CONFLICT ("name") DO UPDATE SET "id" = excluded."id", "version" = "version" + 1 RETURNING "id""#
    );
    let unless = Expr::not(Expr::Exists(Box::new(Select { columns: vec![Expr::One], ..Select::default() })));
    let mark = || Expr::Bind(Bind::Null);
    let one = Select { columns: vec![mark(), mark()], filter: vec![unless], ..Select::default() };
    let conflict = Some(Conflict { target: vec!["name".into()], update: vec![], counts: None });
    let insert = Insert { rows: InsertRows::Select(Box::new(one)), conflict, returning: vec![], ..insert };
    assert_eq!(
        text(Statement::Insert(insert)),
        r#"INSERT INTO "tag" ("id", "name") SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1) ON CONFLICT ("name") DO NOTHING"#
    );
    let update = Update {
        table: "book",
        set: vec![("price".into(), Expr::binary(Operator::Mul, Expr::own("price"), Expr::Bind(Bind::Real(0.5))))],
        from: None,
        filter: vec![Expr::binary(Operator::Lt, Expr::own("pages"), Expr::Bind(Bind::Integer(10)))],
        returning: vec![],
    };
    assert_eq!(text(Statement::Update(update)), r#"UPDATE "book" SET "price" = ("price" * ?1) WHERE "pages" < ?2"#);
}
