//! Primary keys of several columns: found, written, paged and named in full.

use eager_orm::{Error, PageCursor, prelude::*};

#[derive(Model, Clone, Debug, PartialEq)]
struct Order {
    id: i64,
    customer: String,
    lines: HasMany<Line>,
    some_lines: Prefetched<Line>,
    #[relation(through = Line)]
    products: ManyToMany<Product>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Product {
    #[field(primary_key)]
    sku: String,
    name: String,
    lines: HasMany<Line>,
}

/// The model in between, known by what it is between.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(primary_key = "order, product")]
struct Line {
    #[relation(on_delete = Cascade)]
    order: ForeignKey<Order>,
    product: ForeignKey<Product>,
    #[field(default = 1)]
    quantity: i32,
    note: Deferred<Option<String>>,
    #[field(unique)]
    serial: Option<i64>,
}

/// Three plain columns, not in the order of the struct.
#[derive(Model, Clone, Debug, PartialEq)]
#[model(primary_key = "year, code, part")]
struct Edition {
    title: String,
    part: i16,
    code: String,
    #[field(column = "anno")]
    year: i32,
    #[field(default = 0)]
    id: i64,
}

fn shop() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Order, Product, Line, Edition]).unwrap();
    for customer in ["Ann", "Bob", "Cid"] {
        Order::create().customer(customer).save(&db).unwrap();
    }
    let products = ["desk", "lamp", "sofa"].map(|sku| Product::create().sku(sku).name(sku.to_uppercase()));
    Product::objects().bulk_create(products).run(&db).unwrap();
    let line = |order: i64, sku: &str, quantity| {
        Line::create().order(order).product(sku).quantity(quantity).note(format!("{order} {sku}"))
    };
    let lines = [line(1, "lamp", 2), line(1, "desk", 1), line(2, "lamp", 5), line(3, "desk", 7), line(2, "sofa", 1)];
    let lines = Line::objects().bulk_create(lines).run(&db).unwrap();
    assert_eq!(lines[2].key(), (2, "lamp".to_owned()));
    db
}

fn keys(lines: &[Line]) -> Vec<(i64, &str)> {
    lines.iter().map(|line| (*line.order.key(), line.product.key().as_str())).collect()
}

#[test]
fn the_table_has_the_key_and_an_index_for_each_other_foreign_key() {
    let db = shop();
    let sql: Vec<String> =
        raw("SELECT sql FROM sqlite_schema WHERE tbl_name IN ('line', 'edition') AND sql IS NOT NULL", ())
            .all(&db)
            .unwrap();
    let all = sql.join("\n");
    assert!(all.contains(r#"PRIMARY KEY ("order_id", "product_id")"#), "{all}");
    assert!(all.contains(r#"PRIMARY KEY ("anno", "code", "part")"#), "{all}");
    assert!(all.contains(r#"("product_id")"#) && !all.contains(r#"ON "line" ("order_id")"#), "{all}");
    let error = raw::<()>("INSERT INTO edition VALUES ('a', NULL, 'x', 1, 0)", ()).execute(&db).unwrap_err();
    assert!(matches!(error, Error::NotNull { .. } | Error::Database { .. }), "{error}");
}

#[test]
fn a_row_is_found_by_all_of_its_key() -> eager_orm::Result<()> {
    let db = shop();
    let line = assert_num_queries!(db, 1, { Line::objects().find(&db, (2, "lamp"))? });
    assert_eq!((line.quantity, line.key()), (5, (2, "lamp".to_owned())));
    let sql = Line::objects().to_sql();
    assert!(sql.starts_with(r#"SELECT "line"."order_id", "line"."product_id""#), "{sql}");
    let (_, log) = db.capture(|db| Line::objects().find(db, (2, "lamp")).map(drop));
    let text = log.to_string();
    assert!(text.contains(r#"WHERE ("line"."order_id" = ?1) AND ("line"."product_id" = ?2)"#), "{text}");
    let error = Line::objects().find(&db, (2, "desk")).unwrap_err();
    assert_eq!(error.to_string(), "no `Line` matches: key (2, 'desk')");
    let some = Line::objects().in_bulk(&db, [(1, "desk"), (3, "desk"), (3, "lamp")])?;
    assert_eq!((some.len(), some[&(3, "desk".to_owned())].quantity), (2, 7));
    let big = Line::objects().filter(|l| l.quantity().gt(1));
    assert!(big.contains(&db, &line)? && !big.contains(&db, &some[&(1, "desk".to_owned())])?);
    assert!(Line::objects().order_by(|l| l.quantity()).limit(2).contains(&db, &some[&(1, "desk".to_owned())])?);
    let edition = Edition::create().year(1965).code("a").part(2).title("Dune").save(&db)?;
    assert_eq!(edition.key(), (1965, "a".to_owned(), 2));
    assert_eq!(Edition::objects().find(&db, (1965, "a", 2))?.title, "Dune");
    Ok(())
}

#[test]
fn a_row_is_saved_refreshed_and_deleted_by_all_of_its_key() -> eager_orm::Result<()> {
    let db = shop();
    let mut line = Line::objects().find(&db, (1, "lamp"))?;
    line.quantity = 9;
    line.save(&db)?;
    line.quantity = 10;
    line.save_fields(&db, |l| l.quantity())?;
    line.quantity = 0;
    line.refresh(&db)?;
    assert_eq!(line.quantity, 10);
    let others = Line::objects().exclude(|l| l.order().eq(1)).values_list(|l| l.quantity()).order_by(|l| l.quantity());
    assert_eq!(others.all(&db)?, [1, 5, 7]);
    let copy = line.clone();
    assert_eq!(line.delete(&db)?.total, 1);
    assert_eq!(Line::objects().count(&db)?, 4);
    let mut gone = copy;
    let error = gone.save(&db).unwrap_err();
    assert!(matches!(&error, Error::NotUpdated { key, .. } if key == "(1, 'lamp')"), "{error}");
    assert!(gone.refresh(&db).unwrap_err().is_does_not_exist());
    let mut all = Line::objects().all(&db)?;
    all.iter_mut().for_each(|line| line.quantity += 100);
    assert_eq!(Line::objects().bulk_update(&db, &all, |l| l.quantity())?, 4);
    assert_eq!(Line::objects().find(&db, (3, "desk"))?.quantity, 107);
    Ok(())
}

#[test]
fn a_violation_names_every_field_of_the_key() {
    let db = shop();
    let error = Line::create().order(1).product("lamp").save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Line", fields } if *fields == ["order", "product"]), "{error}");
    let error = Line::create().order(1).product("bed").save(&db).unwrap_err();
    assert!(matches!(&error, Error::ForeignKey { relation: Some("product"), .. }), "{error}");
}

#[test]
fn rows_are_ordered_and_paged_by_the_key() -> eager_orm::Result<()> {
    let db = shop();
    let sorted = [(1, "desk"), (1, "lamp"), (2, "lamp"), (2, "sofa"), (3, "desk")];
    assert_eq!(Line::objects().first(&db)?.map(|line| line.key()), Some((1, "desk".to_owned())));
    assert_eq!(Line::objects().last(&db)?.map(|line| line.key()), Some((3, "desk".to_owned())));
    let mut seen = Vec::new();
    let mut place: Option<PageCursor> = None;
    loop {
        let mut queryset = Line::objects();
        if let Some(place) = &place {
            queryset = queryset.after(place);
        }
        let page = queryset.cursor_page(&db, 2)?;
        seen.extend(page.items);
        match page.next {
            Some(next) => place = Some(next),
            None => break,
        }
    }
    assert_eq!(keys(&seen), sorted);
    let by_quantity = Line::objects().order_by(|l| l.quantity());
    let page = by_quantity.clone().cursor_page(&db, 1)?;
    assert_eq!(keys(&page.items), [(1, "desk")]);
    let page = by_quantity.after(&page.next.unwrap()).cursor_page(&db, 1)?;
    assert_eq!(keys(&page.items), [(2, "sofa")]);
    Ok(())
}

#[test]
fn its_foreign_keys_and_deferred_columns_load_for_all_rows_at_once() -> eager_orm::Result<()> {
    let db = shop();
    let lines = assert_num_queries!(db, 1, {
        Line::objects().select_related(|l| (l.order(), l.product())).order_by(|l| (l.order(), l.product())).all(&db)?
    });
    assert_eq!((&*lines[2].order.get(&db)?.customer, &*lines[2].product.get(&db)?.name), ("Bob", "LAMP"));
    let seen = assert_num_queries!(db, 4, {
        let lines = Line::objects().defer(|l| l.note()).order_by(|l| (l.order(), l.product())).all(&db)?;
        let mut seen = Vec::new();
        for line in &lines {
            let (order, product) = (line.order.get(&db)?, line.product.get(&db)?);
            seen.push((order.customer.clone(), product.sku.clone(), line.note.get(&db)?.clone()));
        }
        seen
    });
    assert_eq!(seen[4], ("Cid".to_owned(), "desk".to_owned(), Some("3 desk".to_owned())));
    assert_eq!(seen[0].2.as_deref(), Some("1 desk"));
    let orders = assert_num_queries!(db, 3, {
        Order::objects()
            .prefetch_related(|o| (o.lines().order_by(|l| l.product().key().desc()), o.products()))
            .order_by(|o| o.id())
            .all(&db)?
    });
    assert_eq!(keys(orders[1].lines.all(&db)?), [(2, "sofa"), (2, "lamp")]);
    assert_eq!(orders[0].products.all(&db)?.len(), 2);
    let most = assert_num_queries!(db, 2, {
        Order::objects()
            .prefetch_related(|o| {
                o.lines().query(|q| q.order_by(|l| l.quantity().desc()).limit(1)).to(|o| o.some_lines())
            })
            .order_by(|o| o.id())
            .all(&db)?
    });
    assert_eq!(keys(most[0].some_lines.get()?), [(1, "lamp")]);
    let counts = Order::objects().values_list(|o| (o.id(), o.lines().count(), o.lines().quantity().sum())).all(&db)?;
    assert_eq!(counts, [(1, 2, Some(3)), (2, 2, Some(6)), (3, 1, Some(7))]);
    Ok(())
}

#[test]
fn conditions_reach_through_it_and_sets_of_rows_are_written() -> eager_orm::Result<()> {
    let db = shop();
    let with_sofa = Order::objects().filter(|o| o.lines().any(|l| l.product().name().eq("SOFA")));
    assert_eq!(with_sofa.values_list(|o| o.customer()).all(&db)?, ["Bob"]);
    let by_name = Line::objects().filter(|l| l.product().name().eq("LAMP"));
    assert_eq!(by_name.clone().update(&db, |l| l.quantity().set(l.quantity() + 1))?, 2);
    let two = Line::objects().order_by(|l| l.quantity().desc()).limit(2);
    assert_eq!(two.clone().update(&db, |l| l.serial().set(None::<i64>))?, 2);
    assert_eq!(two.union(by_name.clone()).count(&db)?, 3);
    assert_eq!(by_name.delete(&db)?.total, 2);
    assert_eq!(Line::objects().order_by(|l| l.quantity()).limit(1).delete(&db)?.total, 1);
    assert_eq!(keys(&Line::objects().order_by(|l| (l.order(), l.product())).all(&db)?).len(), 2);
    let mut orders = Order::objects().order_by(|o| o.id()).all(&db)?;
    let line = orders[0].lines.create(&db, Line::create().product("sofa"))?;
    assert_eq!(line.key(), (1, "sofa".to_owned()));
    let mut ann = orders.remove(0);
    let lamp = Product::objects().find(&db, "lamp")?;
    ann.products.add(&db, [&lamp])?;
    assert!(Line::objects().find(&db, (1, "lamp")).is_ok());
    assert_eq!(ann.delete(&db)?.total, 3);
    Ok(())
}

#[test]
fn a_key_serves_its_index() -> eager_orm::Result<()> {
    let db = shop();
    let plan = Line::objects().filter(|l| l.order().eq(1) & l.product().eq("lamp")).explain(&db)?;
    assert!(plan.to_string().contains("(order_id=? AND product_id=?)"), "{plan}");
    let (_, log) = db.capture(|db| Line::objects().in_bulk(db, [(1, "desk"), (2, "sofa")]).map(drop));
    let text = log.to_string();
    assert!(text.contains(r#"WHERE ("line"."order_id", "line"."product_id") IN (SELECT eager_key_part("#), "{text}");
    Ok(())
}

#[test]
fn rows_for_tests_are_baked() -> eager_orm::Result<()> {
    use eager_orm::testing::{self, bake};
    let db = testing::database(models![Order, Product, Line, Edition])?;
    let lines = bake::<Line>().quantity(3).create(&db)?;
    assert_eq!((lines.len(), Line::objects().count(&db)?), (3, 3));
    assert_eq!(bake::<Edition>().create_one(&db)?.id, 0);
    Ok(())
}
