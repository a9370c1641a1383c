//! Rules of a model: what is refused before a statement runs, all of it at once, and what the table refuses besides.

use eager_orm::{Error, Failure, Reason, Result, Written};

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone)]
pub struct Member {
    pub id: i64,
    #[field(min_length = 2, max_length = 8)]
    pub name: String,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(validate = in_order, validate = |loan: &Written<'_, Loan>| not_both(loan))]
pub struct Loan {
    pub id: i64,
    #[field(min_length = 3, validate = is_code, validate = has_no_x)]
    pub code: String,
    #[field(min = 1, max = 5, default = 2)]
    pub stars: i32,
    #[field(min = 0.5)]
    pub fee: Option<f64>,
    pub began: Date,
    #[field(min = Date::constant(2000, 1, 1))]
    pub ended: Option<Date>,
    #[field(validate = is_code)]
    pub note: Deferred<Option<String>>,
    #[field(validate = |key: &i64| if *key == 13 { Err("is not lent to") } else { Ok(()) })]
    pub member: ForeignKey<Member>,
    pub by: Option<ForeignKey<Member>>,
}

fn is_code(code: &str) -> Result<(), String> {
    match code.chars().find(|letter| !letter.is_ascii_alphanumeric()) {
        Some(letter) => Err(format!("has a {letter:?}")),
        None => Ok(()),
    }
}

fn has_no_x(code: &str) -> Result<(), &'static str> {
    if code.contains('x') { Err("has an x") } else { Ok(()) }
}

fn in_order(loan: &Written<'_, Loan>) -> Result<(), Failure> {
    match loan.ended {
        Some(ended) if ended < loan.began => Err(Failure::of("ended", "lies before the beginning")),
        _ => Ok(()),
    }
}

fn not_both(loan: &Written<'_, Loan>) -> Result<(), &'static str> {
    if loan.by == Some(loan.member) { Err("is lent by the one it is lent to") } else { Ok(()) }
}

fn day(year: i16) -> Date {
    Date::constant(year, 1, 1)
}

fn lending() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Loan, Member]).unwrap();
    Member::create().name("Ann").save(&db).unwrap();
    Member::create().name("Bob").save(&db).unwrap();
    db
}

fn good() -> NewLoan {
    Loan::create().code("abc").began(day(2001)).member(1).build()
}

fn bad() -> NewLoan {
    NewLoan {
        code: "x!".to_owned(),
        stars: Some(6),
        fee: Some(0.25),
        ended: Some(day(1999)),
        note: Some("?".to_owned()),
        member: 13,
        by: Some(13),
        ..good()
    }
}

const WRONG: [&str; 9] = [
    "`code` has at least 3 characters, and this text has 2",
    "`code` has a '!'",
    "`code` has an x",
    "`stars` is at most 5",
    "`fee` is at least 0.5",
    "`ended` is at least '2000-01-01'",
    "`note` has a '?'",
    "`member` is not lent to",
    "`ended` lies before the beginning",
];

fn failures<T: std::fmt::Debug>(outcome: Result<T>) -> Vec<String> {
    match outcome {
        Err(Error::Invalid { failures, .. }) => failures.iter().map(Failure::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_with_a_row_is_said_at_once_and_nothing_runs() -> Result<()> {
    let db = lending();
    let all = [&WRONG[..], &["is lent by the one it is lent to"]].concat();
    assert_num_queries!(db, 0, {
        assert_eq!(failures(bad().validate()), all);
        assert_eq!(failures(Loan::objects().create(&db, bad())), all);
    });
    let mut loan = assert_num_queries!(db, 1, { Loan::objects().create(&db, good())? });
    assert_eq!(loan.stars, 2);
    assert!(loan.validate().is_ok() && good().validate().is_ok());
    loan.code = "x!".to_owned();
    loan.stars = 6;
    loan.fee = Some(0.25);
    loan.ended = Some(day(1999));
    loan.note.set("?");
    loan.member.set(13);
    loan.by.set(13);
    assert_num_queries!(db, 0, {
        assert_eq!(failures(loan.validate()), all);
        assert_eq!(failures(loan.save(&db)), all);
    });
    let error = loan.save(&db).unwrap_err().to_string();
    assert!(
        error.starts_with("`Loan` is not valid: `code` has at least 3 ") && error.ends_with("; and 5 more"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_partial_save_asks_about_what_it_writes_and_about_the_whole() -> Result<()> {
    let db = lending();
    let mut loan = Loan::objects().create(&db, good())?;
    loan.code = "x!".to_owned();
    loan.stars = 0;
    assert_num_queries!(db, 0, {
        assert_eq!(failures(loan.save_fields(&db, |l| l.stars())), ["`stars` is at least 1"])
    });
    loan.stars = 5;
    assert_num_queries!(db, 1, { loan.save_fields(&db, |l| l.stars())? });
    loan.ended = Some(day(1998));
    let whole = failures(loan.save_fields(&db, |l| l.stars()));
    assert_eq!(whole, ["`ended` lies before the beginning"]);
    Ok(())
}

#[test]
fn a_bulk_names_the_rows_and_writes_none() -> Result<()> {
    let db = lending();
    let rows = || [good(), NewLoan { stars: Some(0), ..good() }, good(), NewLoan { code: "ab".into(), ..good() }];
    assert_num_queries!(db, 0, {
        let outcome = Loan::objects().bulk_create(rows()).run(&db);
        let Err(Error::Invalid { model: "Loan", failures }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((failures[0].row, failures[0].field), (Some(1), Some("stars")));
        assert_eq!(failures[0].reason, Reason::TooSmall { min: "1".to_owned() });
        assert_eq!((failures[1].row, failures[1].field), (Some(3), Some("code")));
        assert_eq!(failures[1].reason, Reason::TooShort { limit: 3, length: 2 });
        assert_eq!(failures.len(), 2);
    });
    assert_eq!(Loan::objects().count(&db)?, 0);
    let mut loans = Loan::objects().bulk_create([good(), good()]).run(&db)?;
    loans[0].stars = 3;
    loans[1].stars = 9;
    loans[1].code = "never written".to_owned();
    assert_num_queries!(db, 0, {
        let outcome = Loan::objects().bulk_update(&db, &loans, |l| l.stars());
        assert_eq!(failures(outcome), ["row 1: `stars` is at most 5"]);
    });
    assert_eq!(Loan::objects().filter(|l| l.stars().eq(2)).count(&db)?, 2);
    Ok(())
}

#[test]
fn a_null_and_a_column_that_is_not_loaded_break_no_rule() -> Result<()> {
    let db = lending();
    Loan::objects().create(&db, NewLoan { note: Some("abc".to_owned()), ..good() })?;
    let mut loan = Loan::objects().defer(|l| l.note()).get(&db)?;
    loan.fee = None;
    assert_num_queries!(db, 1, { loan.save(&db)? });
    loan.fee = Some(f64::NAN);
    assert_eq!(failures(loan.save(&db)), ["`fee` is at least 0.5"]);
    Ok(())
}

#[test]
fn bounds_that_are_literals_are_held_by_the_table_whoever_writes() -> Result<()> {
    let db = lending();
    Loan::objects().create(&db, good())?;
    let held = |outcome: Result<u64>, check: &str| {
        assert!(matches!(&outcome, Err(Error::Check { model: "Loan", name }) if name == check), "{outcome:?}");
    };
    held(Loan::objects().update(&db, |l| l.stars().set(l.stars() + 9)), "stars_max");
    held(Loan::objects().update(&db, |l| l.stars().set(0)), "stars_min");
    held(Loan::objects().update(&db, |l| l.fee().set(0.25)), "fee_min");
    held(Loan::objects().update(&db, |l| l.code().set("ab")), "code_length");
    let long = db.raw(|c| c.execute("INSERT INTO member (name) VALUES ('a'), ('Ann')", []));
    assert!(long.unwrap_err().to_string().contains("name_length"));
    Ok(())
}

#[derive(DbValue, Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[db(key)]
pub struct ShopId(pub i64);

#[derive(DbValue, Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[db(key)]
pub struct Code(pub String);

#[derive(Model, Debug, Clone)]
#[model(validate = is_named)]
pub struct Shop {
    pub id: ShopId,
    pub name: String,
    #[field(min = 1)]
    pub rooms: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Coupon {
    #[field(primary_key, validate = |code: &Code| is_code(&code.0))]
    pub code: Code,
    #[field(min = 1)]
    pub uses: i64,
}

fn is_named(shop: &Written<'_, Shop>) -> Result<(), String> {
    match shop.id {
        _ if !shop.name.is_empty() => Ok(()),
        Some(ShopId(id)) => Err(format!("number {id} has no name")),
        None => Err("has no name".to_owned()),
    }
}

#[test]
fn the_rules_of_a_model_whose_key_is_a_newtype_are_asked_too() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Shop, Coupon])?;
    let failures = |outcome: Result<()>| match outcome {
        Err(Error::Invalid { failures, .. }) => failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let said = failures(Shop::create().name("").rooms(0).save(&db).map(drop));
    assert_eq!(said, ["`rooms` is at least 1", "has no name"]);
    let rows = [Shop::create().name("a").rooms(1).build(), Shop::create().id(ShopId(4)).name("").rooms(1).build()];
    let said = failures(Shop::objects().bulk_create(rows).run(&db).map(drop));
    assert_eq!(said, ["row 1: number 4 has no name"]);
    let mut shop = Shop::create().name("a").rooms(1).save(&db)?;
    shop.name.clear();
    assert_eq!(failures(shop.save(&db)), ["number 1 has no name"]);
    let said = failures(Coupon::create().code(Code("a b".into())).uses(0).save(&db).map(drop));
    assert_eq!(said, ["`code` has a ' '", "`uses` is at least 1"]);
    Coupon::create().code(Code("ab".into())).uses(1).save(&db)?;
    Ok(())
}
