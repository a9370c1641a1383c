//! Arithmetic with dates: so much later, and how much later.

use crate::support::*;
use eager_orm::prelude::*;
use eager_orm::{Result, ToSpan};

#[derive(Model, Debug)]
pub struct Loan {
    pub id: i64,
    pub day: Date,
    pub made: DateTime,
    pub back: Option<DateTime>,
    pub stamp: Timestamp,
    pub days: i64,
    pub days_or: Option<i32>,
}

fn loans() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Loan])?;
    let noon = date(2024, 1, 31).at(12, 30, 0, 500_000_000);
    let loan =
        || Loan::create().day(date(2024, 1, 31)).made(noon).stamp("2024-02-28T23:30:00Z".parse::<Timestamp>().unwrap());
    loan().back(date(2024, 3, 1).at(12, 30, 0, 0)).days(29).save(&db)?;
    loan().days(-31).save(&db)?;
    Ok(db)
}

fn first<T>(db: &Database, f: impl FnOnce(Fields<Loan>) -> Expr<Loan, T>) -> Result<T::Out>
where
    T: eager_orm::Value + 'static,
{
    Loan::objects().filter(|l| l.id().eq(1)).values_list(f).get(db)
}

#[test]
fn a_span_is_added_as_the_calendar_has_it() -> Result<()> {
    let db = loans()?;
    assert_eq!(first(&db, |l| l.day().plus(1.month()))?, date(2024, 2, 29));
    assert_eq!(first(&db, |l| l.day().plus(1.year().months(1)))?, date(2025, 2, 28));
    assert_eq!(first(&db, |l| l.day().plus(-31.days()))?, date(2023, 12, 31));
    assert_eq!(first(&db, |l| l.made().plus(90.minutes()))?, date(2024, 1, 31).at(14, 0, 0, 500_000_000));
    assert_eq!(first(&db, |l| l.made().plus(2.weeks().milliseconds(500)))?, date(2024, 2, 14).at(12, 30, 1, 0));
    assert_eq!(first(&db, |l| l.stamp().plus(1.hour()))?, "2024-02-29T00:30:00Z".parse::<Timestamp>().unwrap());
    Ok(())
}

#[test]
fn days_are_a_number_or_a_column() -> Result<()> {
    let db = loans()?;
    let due = Loan::objects().order_by(|l| l.id()).values_list(|l| l.day().plus_days(l.days())).all(&db)?;
    assert_eq!(due, [date(2024, 2, 29), date(2023, 12, 31)]);
    assert_eq!(first(&db, |l| l.day().plus_days(1))?, date(2024, 2, 1));
    let none = Loan::objects().values_list(|l| l.day().plus_days(l.days_or().cast::<i64>())).all(&db)?;
    assert_eq!(none, [None, None]);
    Ok(())
}

#[test]
fn moments_are_so_far_apart() -> Result<()> {
    let db = loans()?;
    let rows = Loan::objects()
        .order_by(|l| l.id())
        .values_list(|l| {
            (l.back().days_since(l.made()), l.back().seconds_since(l.made()), l.made().days_since(l.made()))
        })
        .all(&db)?;
    assert_eq!(rows, [(Some(29), Some(30.0 * 86_400.0 - 0.5), 0), (None, None, 0)]);
    assert_eq!(first(&db, |l| l.day().days_since(date(2024, 3, 1)))?, -30);
    let late = Loan::objects().filter(|l| l.back().gt(l.made().plus(2.weeks())));
    assert_eq!(assert_num_queries!(db, 1, { late.count(&db)? }), 1);
    let changed =
        Loan::objects().filter(|l| l.back().is_null()).update(&db, |l| l.back().set(l.made().plus(1.day())))?;
    assert_eq!((changed, Loan::objects().filter(|l| l.back().days_since(l.made()).eq(1)).count(&db)?), (1, 1));
    Ok(())
}

#[test]
fn what_has_no_date_is_null() -> Result<()> {
    let db = loans()?;
    // Outside of the years that have a text that sorts, and more days than there are.
    assert_eq!(Loan::objects().filter(|l| l.day().plus(9000.years()).is_null()).count(&db)?, 2);
    assert_eq!(Loan::objects().filter(|l| l.day().plus(-3000.years()).is_null()).count(&db)?, 2);
    assert_eq!(Loan::objects().filter(|l| l.made().plus_days(i64::MAX).is_null()).count(&db)?, 2);
    assert_eq!(Loan::objects().filter(|l| l.made().plus_days(i64::MIN).gt(l.made())).count(&db)?, 0);
    assert!(first(&db, |l| l.day().plus(9000.years())).is_err());
    raw("CREATE TABLE loose (id INTEGER PRIMARY KEY, day TEXT)", ()).execute(&db)?;
    raw("INSERT INTO loose (day) VALUES ('no day'), (''), ('2024-02-29T10:00:00Z')", ()).execute(&db)?;
    let read = Loose::objects().order_by(|l| l.id()).values_list(|l| l.day().seconds_since(l.day())).all(&db)?;
    assert_eq!(read, [None, None, Some(0.0)]);
    Ok(())
}

#[derive(Model)]
#[model(table = "loose")]
pub struct Loose {
    pub id: i64,
    pub day: Option<DateTime>,
}
