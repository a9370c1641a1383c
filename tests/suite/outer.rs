//! Queries inside of queries: which of them a column is of, where several are about one model.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Error, Result};

/// A is over B and C, B over D and E. A and D are Ann, the others have names of their own.
fn staff() -> Result<Database> {
    let db = empty();
    let a = Employee::create().name("Ann").save(&db)?;
    let b = Employee::create().name("Bob").reports_to(&a).save(&db)?;
    Employee::create().name("Cid").reports_to(&a).save(&db)?;
    Employee::create().name("Ann").reports_to(&b).save(&db)?;
    Employee::create().name("Eve").reports_to(&b).save(&db)?;
    Ok(db)
}

#[test]
fn the_innermost_of_three_queries_on_one_model_names_the_outermost() -> Result<()> {
    let db = staff()?;
    // Whose reports have a report of the same name as the first.
    let namesakes = Employee::objects().filter(|top| {
        exists(Employee::objects().filter(|boss| {
            let below =
                Employee::objects().filter(|e| e.reports_to().eq(outer(boss.id())) & e.name().eq(outer(top.name())));
            boss.reports_to().eq(outer(top.id())) & exists(below)
        }))
    });
    let found = assert_num_queries!(db, 1, { namesakes.values_list(|e| e.id()).all(&db)? });
    assert_eq!(found, [1]);
    // In calls of `filter` of their own, and in a value.
    let counted = Employee::objects()
        .order_by(|e| e.id())
        .values_list(|top| {
            let bosses = Employee::objects().filter(|boss| boss.reports_to().eq(outer(top.id()))).filter(|boss| {
                exists(
                    Employee::objects()
                        .filter(|e| e.reports_to().eq(outer(boss.id())) & e.name().eq(outer(top.name()))),
                )
            });
            (top.id(), subquery(bosses.values_list(|boss| boss.name())))
        })
        .all(&db)?;
    assert_eq!(counted[0], (1, Some("Bob".to_owned())));
    assert!(counted[1..].iter().all(|(_, name)| name.is_none()));
    Ok(())
}

#[test]
fn a_column_of_any_names_the_query_around_it() -> Result<()> {
    let db = staff()?;
    // Who has a report below a report with the same name.
    let namesakes = Employee::objects().filter(|top| {
        top.reports().any(|boss| boss.reports().any(|e| e.name().eq(outer(top.name())) & e.id().ne(outer(boss.id()))))
    });
    assert_eq!(namesakes.values_list(|e| e.id()).all(&db)?, [1]);
    Ok(())
}

#[test]
fn queries_of_one_queryset_are_told_apart() -> Result<()> {
    let db = staff()?;
    let named = Employee::objects().filter(|e| e.name().eq("Ann"));
    let same = named.clone().filter(|e| {
        exists(named.clone().filter(|other| other.id().ne(outer(e.id())) & other.name().eq(outer(e.name()))))
    });
    assert_eq!(same.count(&db)?, 2);
    Ok(())
}

#[test]
fn a_column_of_the_query_around_without_outer_is_an_error() -> Result<()> {
    let db = staff()?;
    let twins = Employee::objects().filter(|e| {
        exists(Employee::objects().filter(|other| other.name().eq(e.name()) & other.id().ne(outer(e.id()))))
    });
    let error = assert_num_queries!(db, 0, { twins.all(&db).unwrap_err() });
    assert!(matches!(error, Error::Misuse { .. }), "{error}");
    assert_eq!(error.to_string(), "a column of the `Employee` query around this one: write `outer(..)` around it");
    let error = Employee::objects().filter(|e| e.reports().any(|r| r.name().eq(e.name()))).all(&db).unwrap_err();
    assert!(matches!(error, Error::Misuse { .. }), "{error}");
    Ok(())
}

#[test]
fn an_update_names_the_row_it_changes() -> Result<()> {
    let db = staff()?;
    let changed = Employee::objects().filter(|e| e.reports_to().is_null()).update(&db, |e| {
        let reports = Employee::objects().filter(|r| r.reports_to().eq(outer(e.id()))).order_by(|r| r.name().desc());
        e.name().set(subquery(reports.values_list(|r| r.name())).coalesce("nobody"))
    })?;
    assert_eq!((changed, Employee::objects().find(&db, 1)?.name.as_str()), (1, "Cid"));
    Ok(())
}

#[test]
fn fields_that_a_function_gets_are_those_of_the_closure() -> Result<()> {
    fn namesakes(e: &Fields<Employee>) -> Cond<Employee> {
        let (id, name) = (outer(e.id()), outer(e.name()));
        exists(Employee::objects().filter(|other| other.name().eq(name) & other.id().ne(id)))
    }
    let db = staff()?;
    let both = Employee::objects().filter(|e| namesakes(&e) & e.reports().none(|r| namesakes(&r)));
    assert_eq!(both.order_by(|e| e.id()).values_list(|e| e.id()).all(&db)?, [1, 4]);
    Ok(())
}
