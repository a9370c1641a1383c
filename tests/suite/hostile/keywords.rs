//! Models whose tables, columns and relations all have the names of SQL's own words.

use crate::support::date;
use eager_orm::Result;
use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(ordering = "index", unique(fields = "index, group"))]
pub struct Table {
    pub id: i64,
    #[field(index)]
    pub index: i64,
    pub group: Option<String>,
    pub order: HasMany<Order>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Order {
    #[field(primary_key)]
    pub by: String,
    #[field(default = 0)]
    pub select: i64,
    #[field(index)]
    pub r#where: Option<Date>,
    pub having: Deferred<Option<String>>,
    #[relation(on_delete = Cascade)]
    pub table: ForeignKey<Table>,
    #[relation(on_delete = SetNull)]
    pub from: Option<ForeignKey<Order>>,
    #[relation(via = "from")]
    pub inner: HasMany<Order>,
    pub values: HasMany<Values>,
    pub join: ManyToMany<Join>,
    pub union: Prefetched<Values>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Values {
    pub id: i64,
    #[field(default = false)]
    pub not: bool,
    pub case: f64,
    #[relation(on_delete = Cascade)]
    pub order: ForeignKey<Order>,
}

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Join {
    pub id: i64,
    #[field(unique)]
    pub on: String,
    #[relation(via = "join")]
    pub order: ManyToMany<Order>,
}

/// Two tables; orders a (2020, with 1.5 and 2.5, joined with j and k), b (from a, with 4.0) and c (from b).
fn words() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Table, Order, Values, Join])?;
    let first = Table::create().index(1).group("select").save(&db)?;
    let second = Table::create().index(2).save(&db)?;
    let mut a = Order::create().by("a").r#where(date(2020, 5, 1)).having("sum").table(&first).save(&db)?;
    let b = Order::create().by("b").select(1).table(&first).from(&a).save(&db)?;
    Order::create().by("c").select(2).table(&second).from(&b).save(&db)?;
    for (order, case, not) in [(&a, 1.5, false), (&a, 2.5, true), (&b, 4.0, false)] {
        Values::create().case(case).not(not).order(order).save(&db)?;
    }
    let joins = Join::objects().bulk_create(["j", "k"].map(|on| Join::create().on(on))).run(&db)?;
    a.join.add(&db, &joins)?;
    Ok(db)
}

fn keys(db: &Database, query: QuerySet<Order>) -> Result<Vec<String>> {
    let query = query.order_by(|o| o.by()).values_list(|o| o.by());
    Ok(assert_num_queries!(db, 1, { query.all(db)? }))
}

#[test]
fn keywords_are_filtered_along_every_relation() -> Result<()> {
    let db = words()?;
    assert_eq!(keys(&db, Order::objects().filter(|o| o.table().group().eq("select")))?, ["a", "b"]);
    assert_eq!(keys(&db, Order::objects().exclude(|o| o.table().index().gt(1)))?, ["a", "b"]);
    assert_eq!(keys(&db, Order::objects().filter(|o| o.values().case().gt(2.0) & !o.values().not()))?, ["b"]);
    assert_eq!(keys(&db, Order::objects().exclude(|o| o.values().exists()))?, ["c"]);
    assert_eq!(keys(&db, Order::objects().filter(|o| o.join().on().eq("k")))?, ["a"]);
    assert_eq!(keys(&db, Order::objects().filter(|o| o.from().from().by().eq("a")))?, ["c"]);
    assert_eq!(
        keys(&db, Order::objects().filter(|o| o.inner().values().exists() | o.r#where().year().eq(2020)))?,
        ["a"]
    );
    let tables = Table::objects().filter(|t| t.order().join().on().starts_with("j")).values_list(|t| t.index());
    assert_eq!(assert_num_queries!(db, 1, { tables.all(&db)? }), [1]);
    let last = |t: &Fields<Table>| {
        let orders = Order::objects().filter(|o| o.table().eq(outer(t.id()))).order_by(|o| o.by().desc());
        subquery(orders.values_list(|o| o.by()))
    };
    let tables = Table::objects().values_list(|t| (t.group(), last(&t)));
    assert_eq!(tables.all(&db)?, [(Some("select".into()), Some("b".into())), (None, Some("c".into()))]);
    Ok(())
}

#[test]
fn keywords_are_grouped_numbered_and_put_together() -> Result<()> {
    let db = words()?;
    let groups = Order::objects().values_list(|o| o.table().group()).annotate(|o| (count(), o.values().case().sum()));
    let groups = groups.filter(|_| count().ge(1)).order_by(|_| count().desc());
    let groups = assert_num_queries!(db, 1, { groups.all(&db)? });
    assert_eq!(groups, [(Some("select".into()), (2, Some(8.0))), (None, (1, None))]);
    let last = |o: &Fields<Order>| row_number().over(window().partition_by(o.table()).order_by(o.select().desc()));
    assert_eq!(keys(&db, Order::objects().filter(|o| last(&o).eq(1)))?, ["b", "c"]);
    let names = Order::objects().values_list(|o| o.by()).union(Join::objects().values_list(|j| j.on()));
    assert_eq!(names.order_by(|o| o.by()).all(&db)?, ["a", "b", "c", "j", "k"]);
    let below = Order::objects().filter(|o| o.by().eq("a")).descendants(|o| o.inner(), None);
    assert_eq!(keys(&db, below)?, ["b", "c"]);
    let page = Order::objects().order_by(|o| o.table().group().desc()).cursor_page(&db, 2)?;
    assert_eq!(page.items.iter().map(|order| &*order.by).collect::<Vec<_>>(), ["b", "a"]);
    let rest = Order::objects().order_by(|o| o.table().group().desc()).after(&page.next.unwrap());
    assert_eq!(rest.values_list(|o| o.by()).all(&db)?, ["c"]);
    let records =
        Order::objects().order_by(|o| o.by()).limit(1).values(|o| (o.select(), o.r#where(), o.table().index()));
    let json = serde_json::to_string(&records.all(&db)?).unwrap();
    assert_eq!(json, r#"[{"select":0,"where":"2020-05-01","table__index":1}]"#);
    Ok(())
}

#[test]
fn keywords_are_loaded_written_and_deleted() -> Result<()> {
    let db = words()?;
    let orders = assert_num_queries!(db, 4, {
        Order::objects()
            .select_related(|o| (o.table(), o.from().table()))
            .prefetch_related(|o| {
                let one = o.values().query(|q| q.order_by(|v| v.case().desc()).limit(1)).to(|o| o.union());
                (o.join(), o.values(), one)
            })
            .order_by(|o| o.by())
            .all(&db)?
    });
    assert_eq!(orders[0].having.loaded().unwrap().as_deref(), Some("sum"));
    assert_eq!(orders[0].union.get()?[0].case, 2.5);
    assert_eq!((orders[0].join.loaded().unwrap().len(), orders[0].values.loaded().unwrap().len()), (2, 2));
    assert_eq!(orders[2].table.loaded().unwrap().index, 2);
    let changed = Order::objects()
        .filter(|o| o.values().not())
        .update(&db, |o| (o.select().set(o.select() + 7), o.table().set(2)))?;
    assert_eq!(changed, 1);
    let mut order = Order::objects().defer(|o| o.having()).find(&db, "a")?;
    assert_eq!((order.select, *order.table.key()), (7, 2));
    order.select = 8;
    assert_num_queries!(db, 1, { order.save_fields(&db, |o| (o.select(), o.from()))? });
    let deleted = Table::objects().filter(|t| t.index().eq(2)).delete(&db)?;
    assert!(deleted.per_model.contains(&("Values".to_owned(), 2)), "{deleted:?}");
    assert_eq!(keys(&db, Order::objects())?, ["b"]);
    let plan = Order::objects().filter(|o| o.r#where().year().eq(2020)).explain(&db)?;
    assert!(plan.contains("order_where_idx"), "{plan}");
    Ok(())
}

/// Tables whose names mean something else in the statements that are written for them.
mod meanings {
    use eager_orm::prelude::*;

    #[derive(Model, Debug)]
    pub struct Excluded {
        pub id: i64,
        #[field(unique)]
        pub k: i64,
        pub n: i64,
        #[field(version)]
        pub version: i64,
    }

    #[derive(Model, Debug)]
    #[model(table = "counted")]
    pub struct Counted {
        pub id: i64,
        pub up: Option<ForeignKey<Counted>>,
        #[relation(via = "up")]
        pub below: HasMany<Counted>,
        #[field(counter_of = below)]
        pub n: i64,
    }

    #[derive(Model, Debug)]
    #[model(table = "NEW")]
    pub struct New {
        pub id: i64,
        pub olds: HasMany<Old>,
        #[field(counter_of = olds)]
        pub n: i64,
    }

    #[derive(Model, Debug)]
    pub struct Old {
        pub id: i64,
        pub new: ForeignKey<New>,
    }

    #[derive(Model, Debug)]
    #[model(table = "eager_orm_recount")]
    pub struct Taken {
        pub id: i64,
    }
}

#[test]
fn names_that_mean_something_else_in_a_statement_mean_the_table_or_are_refused() -> Result<()> {
    use eager_orm::Error;
    use meanings::*;
    let db = Database::in_memory()?;
    db.create_tables(models![Excluded, Counted])?;
    for n in [1, 77] {
        let row = Excluded::create().k(1).n(n);
        let rows = Excluded::objects().bulk_create([row]).on_conflict(|x| x.k()).update(|x| x.n()).run(&db)?;
        assert_eq!((rows[0].id, rows[0].n), (1, n));
    }
    assert_eq!((Excluded::objects().get(&db)?.n, Excluded::objects().get(&db)?.version), (77, 2));
    Counted::objects().bulk_create([None, Some(1), Some(1)].map(|up| Counted::create().up(up))).run(&db)?;
    raw::<()>("REPLACE INTO counted (id, up_id) VALUES (3, 2)", ()).execute(&db)?;
    assert_eq!(Counted::objects().order_by(|c| c.id()).values_list(|c| c.n()).all(&db)?, [1, 1, 0]);
    assert_eq!(Counted::recount(&db)?, 0);
    assert!(matches!(db.create_tables(models![New, Old]), Err(Error::Misuse { .. })));
    assert!(matches!(db.create_tables(models![Taken]), Err(Error::Misuse { .. })));
    Ok(())
}
