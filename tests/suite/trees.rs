//! Trees as querysets: what is below or above the rows of another, in one statement.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// A is over B and C, B over D, D over E; F is alone; X and Y are over each other.
fn staff() -> Result<Database> {
    let db = empty();
    let mut keys = std::collections::HashMap::new();
    for (name, boss) in
        [("A", None), ("B", Some("A")), ("C", Some("A")), ("D", Some("B")), ("E", Some("D")), ("F", None)]
    {
        let employee = Employee::create().name(name).reports_to(boss.map(|boss| keys[boss])).save(&db)?;
        keys.insert(name, employee.id);
    }
    let x = Employee::create().name("X").save(&db)?;
    let y = Employee::create().name("Y").reports_to(&x).save(&db)?;
    Employee::objects().filter(|e| e.id().eq(x.id)).update(&db, |e| e.reports_to().set(&y))?;
    Ok(db)
}

fn named(name: &str) -> QuerySet<Employee> {
    Employee::objects().filter(|e| e.name().eq(name))
}

fn names(db: &Database, rows: QuerySet<Employee>) -> Result<String> {
    let names = assert_num_queries!(db, 1, { rows.order_by(|e| e.name()).values_list(|e| e.name()).all(db)? });
    Ok(names.concat())
}

#[test]
fn descendants_and_ancestors_to_any_depth() -> Result<()> {
    let db = staff()?;
    let below = |name: &str, depth: Option<u32>| names(&db, named(name).descendants(|e| e.reports(), depth));
    let above = |name: &str, depth: Option<u32>| names(&db, named(name).ancestors(|e| e.reports_to(), depth));
    assert_eq!(below("A", None)?, "BCDE");
    assert_eq!(below("A", Some(1))?, "BC");
    assert_eq!(below("A", Some(2))?, "BCD");
    assert_eq!(below("B", None)?, "DE");
    assert_eq!(below("F", None)?, "");
    assert_eq!(above("E", None)?, "ABD");
    assert_eq!(above("E", Some(1))?, "D");
    assert_eq!(above("A", None)?, "");
    assert_num_queries!(db, 0, { assert_eq!(named("A").descendants(|e| e.reports(), 0).count(&db)?, 0) });
    // A circle ends.
    assert_eq!(below("X", None)?, "XY");
    assert_eq!(below("X", Some(5))?, "XY");
    assert_eq!(above("Y", None)?, "XY");
    Ok(())
}

#[test]
fn a_tree_is_a_queryset_like_any_other() -> Result<()> {
    let db = staff()?;
    let below = || named("A").descendants(|e| e.reports(), None);
    assert_eq!(below().count(&db)?, 4);
    assert_eq!(names(&db, below().filter(|e| e.name().gt("C")))?, "DE");
    assert_eq!(names(&db, Employee::objects().filter(|e| e.id().in_(below().values_list(|e| e.id()))))?, "BCDE");
    assert_eq!(names(&db, below() & named("C"))?, "C");
    // Of several rows, of a tree, of a slice.
    let some = Employee::objects().filter(|e| e.name().in_(["B", "C", "X"]));
    assert_eq!(names(&db, some.descendants(|e| e.reports(), 1))?, "DY");
    assert_eq!(names(&db, below().ancestors(|e| e.reports_to(), 1))?, "ABD");
    let first = Employee::objects().order_by(|e| e.name()).limit(1);
    assert_eq!(names(&db, first.descendants(|e| e.reports(), 1))?, "BC");
    let people = assert_num_queries!(db, 2, { below().prefetch_related(|e| e.reports_to()).all(&db)? });
    assert_eq!(people.len(), 4);
    assert_eq!(below().update(&db, |e| e.name().set("Z"))?, 4);
    let far = named("A").descendants(|e| e.reports().reports(), None).all(&db);
    assert!(matches!(far, Err(Error::Misuse { .. })), "{far:?}");
    Ok(())
}

/// What a prefetch of descendants has to have filled: everything above the depth, and nothing wrong.
fn check(employees: &[Employee], below: &dyn Fn(i64) -> Vec<i64>, depth: u32) {
    for employee in employees {
        let reports = employee.reports.loaded();
        if depth == 0 {
            continue;
        }
        let reports = reports.unwrap_or_else(|| panic!("{} at depth {depth} is not filled", employee.name));
        let mut keys: Vec<i64> = reports.iter().map(|report| report.id).collect();
        keys.sort();
        assert_eq!(keys, below(employee.id), "below {}", employee.name);
        check(reports, below, depth - 1);
    }
}

#[test]
fn roots_below_each_other_and_in_circles_have_all_that_was_asked() -> Result<()> {
    let db = staff()?;
    let own = Employee::create().name("Z").save(&db)?;
    Employee::objects().filter(|e| e.id().eq(own.id)).update(&db, |e| e.reports_to().set(&own))?;
    let all = Employee::objects().all(&db)?;
    let below = |key: i64| {
        let mut keys: Vec<i64> = all.iter().filter(|e| e.reports_to.key() == Some(&key)).map(|e| e.id).collect();
        keys.sort();
        keys
    };
    for depth in 1..=5 {
        for roots in
            [&["A"][..], &["A", "B"], &["B", "D"], &["X"], &["X", "Y"], &["Z"], &["A", "B", "C", "D", "E", "X", "Z"]]
        {
            let query = Employee::objects().filter(|e| e.name().in_(roots.to_vec()));
            let rows = query.prefetch_related(|e| e.reports().descendants(depth)).all(&db)?;
            assert_num_queries!(db, 0, { check(&rows, &below, depth) });
        }
    }
    for depth in 1..=4 {
        let rows = Employee::objects().prefetch_related(|e| e.reports_to().ancestors(depth)).all(&db)?;
        for row in rows.iter().filter(|row| !["X", "Y", "Z"].contains(&&*row.name)) {
            let mut at = row;
            for _ in 0..depth {
                let Some(key) = at.reports_to.key() else { break };
                let up = at.reports_to.loaded();
                let up = up.unwrap_or_else(|| panic!("above {} at depth {depth} is not filled", at.name));
                assert_eq!(up.id, *key);
                at = up;
            }
        }
    }
    Ok(())
}

#[test]
fn a_prefetch_to_a_depth_goes_on_below_rows_that_are_known() -> Result<()> {
    let db = staff()?;
    // One statement for the first row and the one above it, one for the rest.
    let above = named("E").select_related(|e| e.reports_to()).prefetch_related(|e| e.reports_to().ancestors(3));
    let rows = assert_num_queries!(db, 2, { above.all(&db)? });
    assert_num_queries!(db, 0, {
        let (mut row, mut names) = (&rows[0], String::new());
        while let Some(boss) = &row.reports_to {
            row = boss.get(&db)?;
            names += &row.name;
        }
        assert_eq!(names, "DBA");
    });
    let rows = named("A").all(&db)?;
    assert_eq!(rows[0].reports.all(&db)?.len(), 2);
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, &rows, |e| e.reports().descendants(4))? });
    assert_num_queries!(db, 0, {
        let b = &rows[0].reports.all(&db)?[0];
        let d = &b.reports.all(&db)?[0];
        assert_eq!((b.name.as_str(), d.name.as_str(), d.reports.all(&db)?[0].name.as_str()), ("B", "D", "E"));
    });
    // Known to a depth, asked for to less.
    assert_num_queries!(db, 0, { prefetch_related_objects(&db, &rows, |e| e.reports().descendants(2))? });
    Ok(())
}

#[test]
fn a_row_that_is_near_to_one_root_and_far_from_another_has_what_both_ask_for() -> Result<()> {
    let db = empty();
    // 1 is over 2, that over 3, and so on to 9; 10 is below 5.
    let mut boss = None;
    for n in 1..10 {
        boss = Some(Employee::create().name(format!("{n}")).reports_to(boss).save(&db)?.id);
    }
    let five = Employee::objects().filter(|e| e.name().eq("5")).get(&db)?;
    Employee::create().name("10").reports_to(&five).save(&db)?;
    let both = Employee::objects().filter(|e| e.name().in_(["8", "10"])).order_by(|e| e.name());
    let both = both.fetch_mode(FetchMode::Raise).prefetch_related(|e| e.reports_to().ancestors(4));
    let rows = assert_max_queries!(db, 3, { both.all(&db)? });
    let above = |row: &Employee| -> Result<String> {
        let (mut row, mut names) = (row.reports_to.get(&db)?, String::new());
        for _ in 0..4 {
            let Some(boss) = row else { break };
            names += &boss.name;
            row = boss.reports_to.loaded();
        }
        Ok(names)
    };
    assert_eq!((above(&rows[0])?, above(&rows[1])?), ("5432".to_owned(), "7654".to_owned()));
    Ok(())
}

#[test]
fn every_row_of_a_table_to_a_depth_is_the_tree_twice_at_most() -> Result<()> {
    let db = staff()?;
    for depth in 1..=4 {
        assert_max_queries!(db, 3, {
            Employee::objects().prefetch_related(|e| e.reports().descendants(depth)).all(&db)?
        });
        assert_max_queries!(db, 3, {
            Employee::objects().prefetch_related(|e| e.reports_to().ancestors(depth)).all(&db)?
        });
    }
    Ok(())
}

#[test]
fn a_tree_goes_on_below_a_long_chain_of_rows_that_are_known() -> Result<()> {
    let db = empty();
    let mut boss = None;
    for n in 0..150 {
        boss = Some(Employee::create().name(format!("{n}")).reports_to(boss).save(&db)?.id);
    }
    let rows = named("0").all(&db)?;
    prefetch_related_objects(&db, &rows, |e| e.reports().descendants(100))?;
    assert_num_queries!(db, 1, { prefetch_related_objects(&db, &rows, |e| e.reports().descendants(149))? });
    assert_num_queries!(db, 0, {
        let (mut row, mut depth) = (&rows[0], 0);
        while depth < 149 {
            (row, depth) = (&row.reports.all(&db)?[0], depth + 1);
        }
        assert_eq!(row.name, "149");
    });
    Ok(())
}
