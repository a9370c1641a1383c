//! What a test says about the statements that ran: how many, and which, also where they are a user's own.

use eager_orm::prelude::*;
use eager_orm::{Result, raw};

use crate::support::*;

#[test]
fn sql_of_ones_own_is_expected_as_it_is_written() -> Result<()> {
    let db = empty();
    let three: i64 =
        assert_queries!(db, "SELECT 1\n  -- two\n  + 1", { raw("SELECT 1\n  -- two\n  + 1", ()).get(&db)? });
    assert_eq!(three, 2);
    let (_, log) = db.capture(|db| raw::<i64>("SELECT 1\n  -- two\n  + /* three\n */ 1", ()).get(db));
    assert_eq!(log.to_snapshot(), "SELECT 1 + 1\n");
    // What is in quotes is what is asked for.
    let text = |sql: &'static str| -> Result<String> {
        let (found, log) = db.capture(|db| raw::<String>(sql, ()).get(db));
        found.map(|found| format!("{found}: {}", log.to_snapshot()))
    };
    assert_eq!(text("SELECT 'a  --b'\n AS\tx")?, "a  --b: SELECT 'a  --b' AS x\n");
    assert_eq!(text("SELECT 'it''s  a' -- é\n || 'ü'")?, "it's  aü: SELECT 'it''s  a' || 'ü'\n");
    assert_eq!(text("  SELECT 'a\n b' /* end")?, "a\n b: SELECT 'a\n b'\n");
    let of_models = r#"
        SELECT count(*) FROM "tag"

        SELECT "tag"."id", "tag"."name"
          FROM "tag"
    "#;
    assert_queries!(db, of_models, { (Tag::objects().count(&db)?, Tag::objects().all(&db)?) });
    Ok(())
}

#[test]
#[should_panic(expected = "these statements were expected:\nSELECT 'a b'\nand these have run:\nSELECT 'a  b'\n")]
fn a_text_with_another_space_in_it_is_another_text() {
    let db = empty();
    let run = || -> Result<String> { Ok(assert_queries!(db, "SELECT 'a b'", { raw("SELECT 'a  b'", ()).get(&db)? })) };
    let _ = run();
}

#[test]
#[should_panic(expected = "at most 0 may run, and these have: 1 statement")]
fn more_statements_than_may_run_are_listed() {
    let db = empty();
    let run = || -> Result<u64> { Ok(assert_max_queries!(db, 0, { Tag::objects().count(&db)? })) };
    let _ = run();
}
