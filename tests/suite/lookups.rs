//! Conditions: every lookup, every type, NULL everywhere, and text that is not ASCII.
//!
//! Whatever the condition, a query with it is one statement; `books`, `samples` and `authors` assert that.

use std::time::{Duration, Instant};

use eager_orm::{Error, Predicate, Result};

use crate::support::*;
use eager_orm::prelude::*;

/// The titles of the books a condition selects, by one statement.
fn books<P: Predicate<Book>>(db: &Database, f: impl FnOnce(Fields<Book>) -> P) -> Vec<String> {
    let query = Book::objects().filter(f).order_by(|b| b.id()).values_list(|b| b.title());
    let (titles, log) = db.capture(|db| query.all(db));
    assert_eq!(log.len(), 1, "{log}");
    titles.unwrap()
}

/// The names of the authors a condition selects, by one statement.
fn authors<P: Predicate<Author>>(db: &Database, f: impl FnOnce(Fields<Author>) -> P) -> Vec<String> {
    let query = Author::objects().filter(f).order_by(|a| a.id()).values_list(|a| a.name());
    let (names, log) = db.capture(|db| query.all(db));
    assert_eq!(log.len(), 1, "{log}");
    names.unwrap()
}

/// The keys of the samples a condition selects, by one statement.
fn samples<P: Predicate<Sample>>(db: &Database, f: impl FnOnce(Fields<Sample>) -> P) -> Vec<i64> {
    let query = Sample::objects().filter(f).order_by(|s| s.id()).values_list(|s| s.id());
    let (keys, log) = db.capture(|db| query.all(db));
    assert_eq!(log.len(), 1, "{log}");
    keys.unwrap()
}

/// Samples with these texts; their keys count from 1.
fn texts(texts: &[&str]) -> Database {
    let db = empty();
    Sample::objects().bulk_create(texts.iter().map(|text| Sample::create().text(*text))).run(&db).unwrap();
    db
}

#[test]
fn numbers_are_compared() {
    let db = library();
    assert_eq!(books(&db, |b| b.pages().eq(20)), ["B1"]);
    assert_eq!(books(&db, |b| b.pages().ne(20)), ["B0", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.pages().gt(20)), ["B2", "B3"]);
    assert_eq!(books(&db, |b| b.pages().ge(20)), ["B1", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.pages().lt(20)), ["B0"]);
    assert_eq!(books(&db, |b| b.pages().le(20)), ["B0", "B1"]);
    assert_eq!(books(&db, |b| b.pages().between(20, 30)), ["B1", "B2"]);
    assert_eq!(books(&db, |b| b.pages().between(30, 20)), Vec::<String>::new());
    assert_eq!(books(&db, |b| b.price().gt(1)), ["B1", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.price().eq(1.5)), ["B1"]);
    assert_eq!(books(&db, |b| b.price().between(1.5, 2.5)), ["B1", "B2"]);
    assert_eq!(books(&db, |b| b.id().eq(3_000_000_000)), Vec::<String>::new());
}

#[test]
fn text_is_compared_by_code_point_and_case() {
    let db = texts(&["a", "B", "b", "ä", "Z", ""]);
    assert_eq!(samples(&db, |s| s.text().eq("b")), [3]);
    assert_eq!(samples(&db, |s| s.text().eq(String::from("b"))), [3]);
    assert_eq!(samples(&db, |s| s.text().eq(&String::from("b"))), [3]);
    assert_eq!(samples(&db, |s| s.text().eq("")), [6]);
    assert_eq!(samples(&db, |s| s.text().lt("a")), [2, 5, 6]);
    assert_eq!(samples(&db, |s| s.text().gt("b")), [4]);
    assert_eq!(samples(&db, |s| s.text().between("B", "a")), [1, 2, 5]);
    assert_eq!(samples(&db, |s| s.text().eq("Ä")), Vec::<i64>::new());
}

#[test]
fn the_ends_of_every_integer_type_come_back_and_are_found() -> Result<()> {
    let db = empty();
    let low = Sample::create().int(i64::MIN).byte(0).short(i16::MIN).tiny(i8::MIN).half(0).word(0).save(&db)?;
    let high = Sample::create()
        .int(i64::MAX)
        .byte(u8::MAX)
        .short(i16::MAX)
        .tiny(i8::MAX)
        .half(u16::MAX)
        .word(u32::MAX)
        .save(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { Sample::objects().find(&db, low.id)? }), low);
    assert_eq!(assert_num_queries!(db, 1, { Sample::objects().find(&db, high.id)? }), high);
    assert_eq!(samples(&db, |s| s.int().eq(i64::MIN)), [low.id]);
    assert_eq!(samples(&db, |s| s.int().gt(i64::MAX - 1)), [high.id]);
    assert_eq!(samples(&db, |s| s.byte().eq(u8::MAX)), [high.id]);
    assert_eq!(samples(&db, |s| s.short().lt(0)), [low.id]);
    assert_eq!(samples(&db, |s| s.tiny().in_([i8::MIN, 0])), [low.id]);
    assert_eq!(samples(&db, |s| s.half().ge(u16::MAX)), [high.id]);
    assert_eq!(samples(&db, |s| s.word().eq(u32::MAX)), [high.id]);
    Ok(())
}

#[test]
fn floats_keep_their_bits_and_infinity_has_its_place() -> Result<()> {
    let db = empty();
    let values = [0.1 + 0.2, -0.0, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, 1e300];
    let rows = Sample::objects().bulk_create(values.map(|value| Sample::create().real(value))).run(&db)?;
    for (row, value) in rows.iter().zip(values) {
        let read = assert_num_queries!(db, 1, { Sample::objects().find(&db, row.id)?.real });
        assert_eq!(read, value);
    }
    assert_eq!(samples(&db, |s| s.real().gt(f64::MAX)), [5]);
    assert_eq!(samples(&db, |s| s.real().eq(f64::NEG_INFINITY)), [6]);
    assert_eq!(samples(&db, |s| s.real().eq(0.1 + 0.2)), [1]);
    assert_eq!(samples(&db, |s| s.real().eq(0)), [2]);
    Ok(())
}

#[test]
fn bytes_are_compared_as_bytes() -> Result<()> {
    let db = empty();
    for bytes in [&b""[..], b"\0", b"\0\xff", b"\xff\xfe", b"abc"] {
        Sample::create().blob(bytes.to_vec()).blob_or(bytes.to_vec()).save(&db)?;
    }
    assert_eq!(samples(&db, |s| s.blob().eq(&b"\0\xff"[..])), [3]);
    assert_eq!(samples(&db, |s| s.blob().eq(Vec::new())), [1]);
    assert_eq!(samples(&db, |s| s.blob().gt(&b"abc"[..])), [4]);
    assert_eq!(samples(&db, |s| s.blob_or().in_([b"\0".to_vec(), b"abc".to_vec()])), [2, 5]);
    assert_eq!(assert_num_queries!(db, 1, { Sample::objects().find(&db, 3)?.blob }), b"\0\xff");
    Ok(())
}

#[test]
fn in_takes_arrays_vectors_and_slices() {
    let db = library();
    assert_eq!(books(&db, |b| b.pages().in_([10, 40, 99])), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.pages().in_(vec![10, 40])), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.pages().in_(&[10, 40][..])), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.pages().in_(&vec![10, 10, 10])), ["B0"]);
    assert_eq!(books(&db, |b| b.title().in_(["B1", "b2"])), ["B1"]);
    assert_eq!(books(&db, |b| b.title().in_(&["B1".to_owned()])), ["B1"]);
    assert_eq!(books(&db, |b| b.price().in_([0.5, 3.5])), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.published().in_([date(2020, 1, 31)])), ["B0"]);
    assert_eq!(books(&db, |b| b.active().in_([false])), ["B1", "B3"]);
    assert_eq!(books(&db, |b| !b.pages().in_([10, 40])), ["B1", "B2"]);
}

#[test]
fn in_of_an_empty_set_matches_nothing_and_its_negation_everything() {
    let db = library();
    let none: [i32; 0] = [];
    assert_eq!(books(&db, |b| b.pages().in_(none) | b.pages().eq(10)), ["B0"]);
    assert_eq!(books(&db, |b| !b.pages().in_(none)), ["B0", "B1", "B2", "B3"]);
    assert_eq!(authors(&db, |a| !a.age().in_(none)), ["Ann", "Bob", "Cay"]);
}

#[test]
fn null_in_a_set_is_dropped() {
    let db = library();
    assert_eq!(authors(&db, |a| a.age().in_([None, Some(30)])), ["Ann"]);
    assert_eq!(authors(&db, |a| !a.age().in_([None, Some(30)])), ["Bob", "Cay"]);
    assert_eq!(authors(&db, |a| a.country().in_([None::<&str>]) | a.name().eq("Cay")), ["Cay"]);
}

#[test]
fn in_with_expressions_among_the_values_compares_with_each() {
    let db = library();
    assert_eq!(books(&db, |b| b.pages().in_([b.pages() * 1])), ["B0", "B1", "B2", "B3"]);
    // Ann is 30, and only one of her books has as many pages.
    assert_eq!(books(&db, |b| b.pages().in_(vec![b.author().age()])), ["B2"]);
}

#[test]
fn in_takes_a_hundred_thousand_values_in_one_statement_of_constant_text() -> Result<()> {
    let db = library();
    let text = |values: Vec<i32>| Book::objects().filter(|b| b.pages().in_(values)).to_sql();
    assert_eq!(text(vec![1]), text((0..100_000).collect()));
    assert_eq!(books(&db, |b| b.pages().in_((15..100_015).collect::<Vec<i32>>())), ["B1", "B2", "B3"]);
    let names: Vec<String> = (0..100_000).map(|n| format!("B{n}")).collect();
    assert_eq!(books(&db, |b| b.title().in_(&names)), ["B0", "B1", "B2", "B3"]);
    assert_eq!(books(&db, |b| !b.title().in_(&names[1..])), ["B0"]);
    Ok(())
}

#[test]
fn in_takes_a_queryset_of_one_column() {
    let db = library();
    let long = || Book::objects().filter(|b| b.pages().gt(25));
    assert_eq!(authors(&db, |a| a.id().in_(long().values_list(|b| b.author().id()))), ["Ann", "Bob"]);
    assert_eq!(authors(&db, |a| !a.id().in_(long().values_list(|b| b.author()))), ["Cay"]);
    let longest = || long().order_by(|b| b.pages().desc()).limit(1);
    assert_eq!(authors(&db, |a| a.id().in_(longest().values_list(|b| b.author()))), ["Bob"]);
    assert_eq!(authors(&db, |a| a.id().in_(long().none().values_list(|b| b.author())) | a.age().eq(50)), ["Cay"]);
    assert_eq!(
        authors(&db, |a| a.name().in_(Author::objects().values_list(|a| a.name().upper()))),
        Vec::<String>::new()
    );
    // NULL among the values of the queryset makes neither the condition nor its negation lose rows.
    assert_eq!(authors(&db, |a| a.age().in_(Author::objects().values_list(|a| a.age()))), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| !a.age().in_(Author::objects().values_list(|a| a.age()))), ["Bob"]);
}

#[test]
fn null_is_found_and_is_different_from_nothing() {
    let db = library();
    assert_eq!(authors(&db, |a| a.age().is_null()), ["Bob"]);
    assert_eq!(authors(&db, |a| !a.age().is_null()), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| a.name().is_null()), Vec::<String>::new());
    assert_eq!(books(&db, |b| b.publisher().is_null()), ["B1"]);
    assert_eq!(books(&db, |b| b.published().is_null()), ["B1"]);
    assert_eq!(authors(&db, |a| a.age().ne(30)), ["Cay"]);
    assert_eq!(authors(&db, |a| !a.age().eq(30)), ["Bob", "Cay"]);
    assert_eq!(authors(&db, |a| !a.age().gt(40)), ["Ann", "Bob"]);
    assert_eq!(authors(&db, |a| !a.age().between(20, 40)), ["Bob", "Cay"]);
}

#[test]
fn an_option_is_an_operand() {
    let db = library();
    let age = |age: Option<i32>| authors(&db, |a| a.age().eq(age));
    assert_eq!(age(Some(30)), ["Ann"]);
    assert_eq!(age(None), ["Bob"]);
    assert_eq!(authors(&db, |a| a.age().ne(None::<i32>)), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| !a.age().eq(None::<i32>)), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| a.age().gt(None::<i32>)), Vec::<String>::new());
    assert_eq!(authors(&db, |a| !a.age().gt(None::<i32>)), ["Ann", "Bob", "Cay"]);
    assert_eq!(authors(&db, |a| a.age().between(Some(20), None::<i32>)), Vec::<String>::new());
    assert_eq!(authors(&db, |a| a.country().eq(Some("US"))), ["Ann"]);
    assert_eq!(authors(&db, |a| a.country().contains(None::<&str>)), Vec::<String>::new());
    assert_eq!(authors(&db, |a| a.country().starts_with(Some("U"))), ["Ann"]);
    assert_eq!(authors(&db, |a| a.country().starts_with(None::<&str>)), Vec::<String>::new());
    assert_eq!(books(&db, |b| b.publisher().eq(None::<i64>)), ["B1"]);
    assert_eq!(books(&db, |b| b.publisher().ne(None::<i64>)), ["B0", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.publisher().eq(Some(1))), ["B0", "B3"]);
}

#[test]
fn an_option_that_is_a_column_is_compared_as_sql_does() {
    // Two NULLs in two columns are not equal: only a NULL that was written down is compared with IS.
    let db = empty();
    Sample::create().int(1).int_or(1).save(&db).unwrap();
    Sample::create().int(2).save(&db).unwrap();
    assert_eq!(samples(&db, |s| s.int_or().eq(s.int_or())), [1]);
    assert_eq!(samples(&db, |s| s.int().ne(s.int_or())), Vec::<i64>::new());
    assert_eq!(samples(&db, |s| !s.int().eq(s.int_or())), [2]);
}

#[test]
fn a_bool_column_is_a_condition_bare_and_negated() {
    let db = library();
    assert_eq!(books(&db, |b| b.active()), ["B0", "B2"]);
    assert_eq!(books(&db, |b| !b.active()), ["B1", "B3"]);
    assert_eq!(books(&db, |b| b.active().eq(false)), ["B1", "B3"]);
    assert_eq!(books(&db, |b| b.active() & b.pages().gt(10)), ["B2"]);
    assert_eq!(books(&db, |b| b.pages().gt(10) & b.active()), ["B2"]);
    assert_eq!(books(&db, |b| b.active() | b.pages().gt(30)), ["B0", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.active() ^ b.pages().gt(25)), ["B0", "B3"]);
    assert_eq!(books(&db, |b| !b.active() & !b.pages().gt(25)), ["B1"]);
    let excluded = Book::objects().exclude(|b| b.active()).order_by(|b| b.id()).values_list(|b| b.title()).all(&db);
    assert_eq!(excluded.unwrap(), ["B1", "B3"]);
}

#[test]
fn a_bool_that_may_be_null_counts_as_false() -> Result<()> {
    let db = empty();
    Sample::create().flag_or(true).save(&db)?;
    Sample::create().flag_or(false).save(&db)?;
    Sample::create().save(&db)?;
    assert_eq!(samples(&db, |s| s.flag_or()), [1]);
    assert_eq!(samples(&db, |s| !s.flag_or()), [2, 3]);
    assert_eq!(samples(&db, |s| s.flag_or().eq(false)), [2]);
    assert_eq!(samples(&db, |s| s.flag_or().is_null()), [3]);
    assert_eq!(samples(&db, |s| s.flag_or() | s.flag_or().is_null()), [1, 3]);
    assert_eq!(samples(&db, |s| s.flag_or() ^ s.flag()), [1]);
    assert_eq!(samples(&db, |s| !(s.flag_or() ^ s.flag())), [2, 3]);
    Ok(())
}

#[test]
fn text_lookups_mind_the_case_and_their_twins_do_not() {
    let db = texts(&["Dune", "dune messiah", "Children of DUNE", "Emma"]);
    assert_eq!(samples(&db, |s| s.text().contains("une")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text().icontains("UNE")), [1, 2, 3]);
    assert_eq!(samples(&db, |s| s.text().starts_with("Du")), [1]);
    assert_eq!(samples(&db, |s| s.text().istarts_with("DU")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text().ends_with("une")), [1]);
    assert_eq!(samples(&db, |s| s.text().iends_with("une")), [1, 3]);
    assert_eq!(samples(&db, |s| s.text().iexact("DUNE")), [1]);
    assert_eq!(samples(&db, |s| s.text().eq("dune")), Vec::<i64>::new());
    assert_eq!(samples(&db, |s| !s.text().icontains("dune")), [4]);
}

#[test]
fn case_folds_beyond_ascii_as_rust_folds_it() {
    let db = texts(&["Ärger", "ärger", "STRASSE", "Straße", "İstanbul", "istanbul", "ДЮНА", "дюна"]);
    assert_eq!(samples(&db, |s| s.text().iexact("ÄRGER")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text().istarts_with("ÄR")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text().icontains("дЮн")), [7, 8]);
    assert_eq!(samples(&db, |s| s.text().iends_with("НА")), [7, 8]);
    // Lower case only: `ß` is not `ss`, and the Turkish `İ` is an `i` with a dot above.
    assert_eq!(samples(&db, |s| s.text().iexact("strasse")), [3]);
    assert_eq!(samples(&db, |s| s.text().iexact("STRAßE")), [4]);
    assert_eq!(samples(&db, |s| s.text().iexact("İSTANBUL")), [5]);
    assert_eq!(samples(&db, |s| s.text().iexact("ISTANBUL")), [6]);
    assert_eq!(samples(&db, |s| s.text().icontains("stanb")), [5, 6]);
    assert_eq!(samples(&db, |s| s.text().contains("ä")), [2]);
}

#[test]
fn nothing_in_a_text_is_a_pattern() {
    let all = ["50%", "50 x", "a_b", "axb", r"c\d", "c/d", "it's", r#"say "hi""#, "*?[a]", "50"];
    let db = texts(&all);
    for needle in ["%", "_", r"\", "'", "\"", "*", "?", "[a]", "50%", "a_b", r"c\d", "it's"] {
        let expected = |holds: fn(&str, &str) -> bool| -> Vec<i64> {
            (1..).zip(all).filter(|(_, text)| holds(text, needle)).map(|(key, _)| key).collect()
        };
        assert_eq!(samples(&db, |s| s.text().contains(needle)), expected(|t, n| t.contains(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().icontains(needle)), expected(|t, n| t.contains(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().starts_with(needle)), expected(|t, n| t.starts_with(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().istarts_with(needle)), expected(|t, n| t.starts_with(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().ends_with(needle)), expected(|t, n| t.ends_with(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().iends_with(needle)), expected(|t, n| t.ends_with(n)), "{needle}");
        assert_eq!(samples(&db, |s| s.text().iexact(needle)), expected(|t, n| t == n), "{needle}");
    }
}

/// Texts in which a careless implementation loses its way, and so do their parts.
const STRANGE: &[&str] = &[
    "",
    "a",
    "A",
    "aA",
    "\0",
    "a\0b",
    "a\0",
    "\0a",
    "a\0B",
    "🦀",
    "🦀🦀",
    "x🦀",
    "é",
    "e\u{301}",
    "É",
    "ß",
    "SS",
    "ẞ",
    "İ",
    "i",
    "I",
    "ı",
    "i\u{307}",
    "σ",
    "ς",
    "Σ",
    "ΟΔΥΣΣΕΥΣ",
    "οδυσσευς",
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "\n",
    " ",
    "\u{10ffff}",
    "a\u{10ffff}",
    "a\u{10ffff}b",
    "\u{d7ff}",
    "\u{e000}",
    "b\u{d7ff}c",
    "b\u{e000}",
    "ab",
    "b",
    "ǆ",
    "ǅ",
    "Ǆ",
    "ﬀ",
];

#[test]
fn every_text_lookup_agrees_with_rust_on_strange_text() {
    let db = texts(STRANGE);
    let expect = |holds: &dyn Fn(&str) -> bool| -> Vec<i64> {
        (1..).zip(STRANGE).filter(|(_, text)| holds(text)).map(|(key, _)| key).collect()
    };
    for needle in STRANGE {
        assert_eq!(samples(&db, |s| s.text().eq(*needle)), expect(&|t| t == *needle), "eq {needle:?}");
        assert_eq!(samples(&db, |s| s.text().lt(*needle)), expect(&|t| t < *needle), "lt {needle:?}");
        assert_eq!(samples(&db, |s| s.text().in_([*needle])), expect(&|t| t == *needle), "in_ {needle:?}");
        assert_eq!(
            samples(&db, |s| s.text().contains(*needle)),
            expect(&|t| t.contains(needle)),
            "contains {needle:?}"
        );
        assert_eq!(
            samples(&db, |s| s.text().starts_with(*needle)),
            expect(&|t| t.starts_with(needle)),
            "starts_with {needle:?}"
        );
        assert_eq!(samples(&db, |s| s.text().ends_with(*needle)), expect(&|t| t.ends_with(needle)), "ends {needle:?}");
        // Lower case letter by letter, and one sigma.
        let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>().replace('ς', "σ");
        let folded = fold(needle);
        let (is, has) = (expect(&|t| fold(t) == folded), expect(&|t| fold(t).contains(&folded)));
        assert_eq!(samples(&db, |s| s.text().iexact(*needle)), is, "iexact {needle:?}");
        assert_eq!(samples(&db, |s| s.text().icontains(*needle)), has, "icontains {needle:?}");
        let (starts, ends) = (expect(&|t| fold(t).starts_with(&folded)), expect(&|t| fold(t).ends_with(&folded)));
        assert_eq!(samples(&db, |s| s.text().istarts_with(*needle)), starts, "istarts_with {needle:?}");
        assert_eq!(samples(&db, |s| s.text().iends_with(*needle)), ends, "iends_with {needle:?}");
    }
}

#[test]
fn text_may_be_looked_for_in_another_column() -> Result<()> {
    let db = empty();
    Sample::create().text("a\0Bc").text_or("a\0B").save(&db)?;
    Sample::create().text("x%").text_or("%").save(&db)?;
    Sample::create().text("x").save(&db)?;
    Sample::create().text("Éa").text_or("éA").save(&db)?;
    assert_eq!(samples(&db, |s| s.text().starts_with(s.text_or())), [1]);
    assert_eq!(samples(&db, |s| s.text().contains(s.text_or())), [1, 2]);
    assert_eq!(samples(&db, |s| s.text().ends_with(s.text_or())), [2]);
    assert_eq!(samples(&db, |s| s.text().iexact(s.text_or())), [4]);
    assert_eq!(samples(&db, |s| s.text().istarts_with(s.text_or())), [1, 4]);
    assert_eq!(samples(&db, |s| !s.text().contains(s.text_or())), [3, 4]);
    assert_eq!(samples(&db, |s| s.text_or().contains("%")), [2]);
    assert_eq!(samples(&db, |s| !s.text_or().contains("%")), [1, 3, 4]);
    Ok(())
}

#[test]
fn an_empty_needle_is_in_every_text_and_not_in_null() -> Result<()> {
    let db = empty();
    Sample::create().text_or("").save(&db)?;
    Sample::create().text_or("x").save(&db)?;
    Sample::create().save(&db)?;
    assert_eq!(samples(&db, |s| s.text_or().contains("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().icontains("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().starts_with("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().istarts_with("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().ends_with("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().iends_with("")), [1, 2]);
    assert_eq!(samples(&db, |s| s.text_or().iexact("")), [1]);
    Ok(())
}

#[test]
fn text_functions_compute() -> Result<()> {
    let db = library();
    assert_eq!(books(&db, |b| b.title().lower().eq("b1")), ["B1"]);
    assert_eq!(authors(&db, |a| a.name().upper().eq("CAY")), ["Cay"]);
    assert_eq!(authors(&db, |a| a.country().lower().eq("us")), ["Ann"]);
    assert_eq!(authors(&db, |a| a.country().length().eq(2)), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| a.country().length().is_null()), ["Bob"]);
    assert_eq!(authors(&db, |a| concat((a.name(), "/", a.country())).eq("Bob/")), ["Bob"]);
    let db = texts(&["é🦀", "e\u{301}"]);
    assert_eq!(samples(&db, |s| s.text().length().eq(2)), [1, 2]);
    Ok(())
}

#[test]
fn arithmetic_is_done_by_the_database() -> Result<()> {
    let db = library();
    assert_eq!(books(&db, |b| (b.pages() + 5).eq(25)), ["B1"]);
    assert_eq!(books(&db, |b| (b.pages() - 5).gt(30)), ["B3"]);
    assert_eq!(books(&db, |b| (b.pages() * 2).eq(80)), ["B3"]);
    assert_eq!(books(&db, |b| (b.pages() / 20).eq(1)), ["B1", "B2"]);
    assert_eq!(books(&db, |b| (b.price() * 2).eq(3.0)), ["B1"]);
    assert_eq!(books(&db, |b| (b.price() / 2).lt(0.5)), ["B0"]);
    assert_eq!(books(&db, |b| (b.pages() + b.pages() * 2 - 10).eq(20)), ["B0"]);
    assert_eq!(books(&db, |b| ((b.pages() + b.pages()) * 2).eq(40)), ["B0"]);
    assert_eq!(books(&db, |b| b.pages().gt(b.author().age())), Vec::<String>::new());
    assert_eq!(books(&db, |b| b.pages().ge(b.author().age())), ["B2"]);
    assert_eq!(books(&db, |b| (b.pages() + b.author().age()).is_null()), ["B1", "B3"]);
    assert_eq!(books(&db, |b| b.pages().cast::<f64>().gt(b.price() * 10)), ["B0", "B1", "B2", "B3"]);
    Ok(())
}

#[test]
fn division_by_zero_is_null() -> Result<()> {
    let db = library();
    assert_eq!(books(&db, |b| (b.pages() / 0).is_null()), ["B0", "B1", "B2", "B3"]);
    let values =
        assert_num_queries!(db, 1, { Book::objects().values_list(|b| b.pages() / (b.pages() - 20)).all(&db)? });
    assert_eq!(values, [Some(-1), None, Some(3), Some(2)]);
    Ok(())
}

#[test]
fn coalesce_and_cast_compute() -> Result<()> {
    let db = library();
    assert_eq!(authors(&db, |a| a.age().coalesce(18).lt(30)), ["Bob"]);
    assert_eq!(authors(&db, |a| a.country().coalesce("?").eq("?")), ["Bob"]);
    assert_eq!(authors(&db, |a| a.country().coalesce(a.name()).eq("Bob")), ["Bob"]);
    let ages: Vec<i32> =
        assert_num_queries!(db, 1, { Author::objects().values_list(|a| a.age().coalesce(0)).all(&db)? });
    assert_eq!(ages, [30, 0, 50]);
    let still_null: Vec<Option<i32>> = Author::objects().values_list(|a| a.age().coalesce(None::<i32>)).all(&db)?;
    assert_eq!(still_null, [Some(30), None, Some(50)]);
    assert_eq!(books(&db, |b| b.pages().cast::<String>().eq("20")), ["B1"]);
    assert_eq!(books(&db, |b| b.price().cast::<i64>().eq(2)), ["B2"]);
    let texts: Vec<Option<String>> = Author::objects().values_list(|a| a.age().cast::<String>()).all(&db)?;
    assert_eq!(texts, [Some("30".to_owned()), None, Some("50".to_owned())]);
    Ok(())
}

#[test]
fn dates_are_compared_and_taken_apart() {
    let db = library();
    assert_eq!(books(&db, |b| b.published().eq(date(2020, 1, 31))), ["B0"]);
    assert_eq!(books(&db, |b| b.published().gt(date(2020, 1, 31))), ["B2", "B3"]);
    assert_eq!(books(&db, |b| b.published().between(date(2020, 1, 1), date(2020, 12, 31))), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.published().year().eq(2020)), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.published().year().gt(2020)), ["B2"]);
    assert_eq!(books(&db, |b| b.published().year().ne(2020)), ["B2"]);
    assert_eq!(books(&db, |b| b.published().year().between(2020, 2021)), ["B0", "B2", "B3"]);
    assert_eq!(books(&db, |b| b.published().year().in_([2021, 1999])), ["B2"]);
    assert_eq!(books(&db, |b| b.published().month().eq(12)), ["B3"]);
    assert_eq!(books(&db, |b| b.published().day().eq(31)), ["B0", "B3"]);
    assert_eq!(books(&db, |b| b.published().year().is_null()), ["B1"]);
    assert_eq!(books(&db, |b| !b.published().year().eq(2020)), ["B1", "B2"]);
    assert_eq!(books(&db, |b| b.published().lt(b.published()) | b.published().eq(None::<Date>)), ["B1"]);
}

#[test]
fn dates_and_times_of_every_type_come_back_and_sort() -> Result<()> {
    let db = empty();
    let days = [date(0, 1, 1), date(999, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31)];
    let times: [Time; 5] = ["00:00:00", "00:00:00.000000001", "12:30:00", "12:30:00.5", "23:59:59.999999999"]
        .map(|time| time.parse().unwrap());
    for (day, time) in days.iter().zip(times) {
        let moment = day.to_datetime(time);
        let row = Sample::create().day(*day).time(time).moment(moment).save(&db)?;
        let read = assert_num_queries!(db, 1, { Sample::objects().find(&db, row.id)? });
        assert_eq!((read.day, read.time, read.moment), (Some(*day), Some(time), Some(moment)));
    }
    for (i, (day, time)) in days.iter().zip(times).enumerate() {
        let before: Vec<i64> = (1..=i as i64).collect();
        assert_eq!(samples(&db, |s| s.day().lt(*day)), before);
        assert_eq!(samples(&db, |s| s.time().lt(time)), before);
        assert_eq!(samples(&db, |s| s.moment().lt(day.to_datetime(time))), before);
        assert_eq!(samples(&db, |s| s.moment().year().eq(i32::from(day.year()))), [i as i64 + 1]);
    }
    Ok(())
}

#[test]
fn timestamps_are_one_moment_whatever_the_zone() -> Result<()> {
    let db = empty();
    let stamps: [Timestamp; 4] =
        ["2024-02-29T23:30:00-02:00", "2024-03-01T01:30:00Z", "2024-03-01T01:30:00.000001Z", "1969-12-31T23:59:59Z"]
            .map(|stamp| stamp.parse().unwrap());
    for stamp in stamps {
        let row = Sample::create().stamp(stamp).save(&db)?;
        assert_eq!(assert_num_queries!(db, 1, { Sample::objects().find(&db, row.id)?.stamp }), Some(stamp));
    }
    assert_eq!(samples(&db, |s| s.stamp().eq(stamps[1])), [1, 2]);
    assert_eq!(samples(&db, |s| s.stamp().gt(stamps[1])), [3]);
    assert_eq!(samples(&db, |s| s.stamp().year().eq(1969)), [4]);
    assert_eq!(samples(&db, |s| s.stamp().month().eq(3)), [1, 2, 3]);
    Ok(())
}

#[test]
fn conditions_join_two_valued() {
    let db = library();
    // For Bob, age and country are NULL.
    assert_eq!(authors(&db, |a| a.age().gt(10) | a.country().eq("US")), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| !(a.age().gt(10) | a.country().eq("US"))), ["Bob"]);
    assert_eq!(authors(&db, |a| !(a.age().gt(10) & a.country().eq("US"))), ["Bob", "Cay"]);
    assert_eq!(authors(&db, |a| !a.age().gt(10) & !a.country().eq("US")), ["Bob"]);
    assert_eq!(authors(&db, |a| a.age().gt(40) ^ a.country().eq("US")), ["Ann", "Cay"]);
    assert_eq!(authors(&db, |a| !(a.age().gt(40) ^ a.country().eq("US"))), ["Bob"]);
    assert_eq!(authors(&db, |a| !!a.age().gt(40)), ["Cay"]);
    assert_eq!(authors(&db, |a| !!!a.age().gt(40)), ["Ann", "Bob"]);
    assert_eq!(authors(&db, |a| !a.age().gt(40) ^ !a.country().eq("US")), ["Ann", "Cay"]);
}

#[test]
fn a_row_is_in_exactly_one_of_a_condition_and_its_negation() {
    let db = library();
    Book::create().title("B4").author(3).price(4.5).summary("s").save(&db).unwrap();
    type Make = fn(&Fields<Book>) -> Cond<Book>;
    let conditions: &[Make] = &[
        |b| b.pages().gt(20),
        |b| b.published().eq(date(2020, 1, 31)),
        |b| b.published().ne(date(2020, 1, 31)),
        |b| b.published().is_null(),
        |b| b.published().year().lt(2021),
        |b| b.published().in_([date(2020, 1, 31)]),
        |b| b.publisher().eq(1),
        |b| b.publisher().ne(1),
        |b| b.publisher().in_([1, 2]),
        |b| b.publisher().is_null(),
        |b| b.publisher().name().eq("Ace"),
        |b| b.publisher().name().ne("Ace"),
        |b| b.publisher().name().contains("a"),
        |b| b.publisher().name().is_null(),
        |b| b.author().age().gt(20),
        |b| b.author().age().is_null(),
        |b| b.author().country().icontains("u"),
        |b| (b.pages() / b.author().age()).eq(1),
        |b| b.author().age().gt(b.pages()),
        |b| b.tags().name().eq("t0"),
        |b| b.tags().name().ne("t0"),
        |b| b.tags().name().is_null(),
        |b| b.tags().eq(1),
        |b| b.tags().in_([1, 3]),
        |b| b.tags().any(|t| t.name().ne("t0")),
        |b| b.tags().none(|t| t.name().eq("t0")),
        |b| b.tags().every(|t| t.name().eq("t0")),
        |b| b.tags().exists(),
        |b| b.reviews().stars().gt(1),
        |b| b.reviews().user().is_null(),
        |b| b.reviews().user().email().is_null(),
        |b| b.reviews().user().email().starts_with("u1"),
        |b| b.reviews().stars().gt(1) & b.reviews().user().eq(1),
        |b| b.reviews().stars().gt(1) | b.tags().name().eq("t0"),
        |b| b.reviews().stars().gt(1) ^ b.tags().name().eq("t0"),
        |b| !b.reviews().stars().gt(1) & b.reviews().stars().eq(1),
        |b| b.author().books().pages().gt(30),
        |b| b.author().books().tags().name().eq("t2"),
        |b| exists(Review::objects().filter(|r| r.book().eq(outer(b.id())))),
        |b| b.pages().in_(Author::objects().values_list(|a| a.age())),
        |b| subquery(Author::objects().filter(|a| a.id().eq(outer(b.author().id()))).values_list(|a| a.age())).gt(20),
    ];
    for (i, condition) in conditions.iter().enumerate() {
        let mut both = books(&db, |b| condition(&b));
        both.extend(books(&db, |b| !condition(&b)));
        both.sort();
        assert_eq!(
            both,
            ["B0", "B1", "B2", "B3", "B4"],
            "condition {i}: {:?}",
            Book::objects().filter(|b| condition(&b))
        );
        let twice: Vec<String> = books(&db, |b| !!condition(&b));
        assert_eq!(twice, books(&db, |b| condition(&b)), "condition {i}, negated twice");
    }
}

#[test]
fn a_value_that_cannot_be_stored_cannot_be_looked_for_either() {
    let db = library();
    let (found, log) = db.capture(|db| Book::objects().filter(|b| b.price().gt(f64::NAN)).all(db));
    assert!(matches!(found, Err(Error::NotStorable { model: "Book", .. })), "{found:?}");
    assert_eq!(log.len(), 0, "{log}");
    let found = Book::objects().filter(|b| b.price().in_([1.0, f64::NAN])).all(&db);
    assert!(matches!(found, Err(Error::NotStorable { model: "Book", .. })), "{found:?}");
}

#[test]
fn conditions_may_be_built_at_run_time() {
    let db = library();
    let search = |title: Option<&str>, year: Option<i32>| -> Result<Vec<String>> {
        let found = Book::objects()
            .filter_if(title, |b, title| b.title().eq(title))
            .filter_if(year, |b, year| b.published().year().eq(year))
            .order_by(|b| b.id());
        Ok(assert_num_queries!(db, 1, { found.values_list(|b| b.title()).all(&db)? }))
    };
    assert_eq!(search(None, None).unwrap().len(), 4);
    assert_eq!(search(None, Some(2020)).unwrap(), ["B0", "B3"]);
    assert_eq!(search(Some("B3"), Some(2020)).unwrap(), ["B3"]);
    assert_eq!(
        books(&db, |b| (0..300).fold(b.pages().eq(10), |any, n| any | b.pages().eq(n))),
        ["B0", "B1", "B2", "B3"]
    );
    assert_eq!(books(&db, |b| (0..300).fold(b.pages().lt(25), |all, n| all & b.pages().ne(n))).len(), 0);
}

#[test]
fn functions_keep_what_stands_after_a_nul() -> Result<()> {
    let db = empty();
    Sample::create().text("a\0bc").save(&db)?;
    let computed =
        |s: Fields<Sample>| (s.text().upper(), s.text().lower(), concat((s.text(), "x")), s.text().coalesce("x"));
    let row = assert_num_queries!(db, 1, { Sample::objects().values_list(computed).get(&db)? });
    assert_eq!(row, ["A\0BC", "a\0bc", "a\0bcx", "a\0bc"].map(str::to_owned).into());
    let parts = |s: Fields<Sample>| (s.text().substr(2, 2), s.text().substr(-2, 9), s.text().replace("\0", "-"));
    let row = assert_num_queries!(db, 1, { Sample::objects().values_list(parts).get(&db)? });
    assert_eq!(row, ["\0b", "bc", "a-bc"].map(str::to_owned).into());
    Ok(())
}

#[test]
fn an_overflow_of_integers_is_a_typed_error() {
    let db = empty();
    Sample::create().int(i64::MAX).save(&db).unwrap();
    let (sum, log) = db.capture(|db| Sample::objects().values_list(|s| s.int() + 1).all(db));
    assert!(log.len() <= 1, "{log}");
    assert!(matches!(sum, Err(Error::Decode { model: "Sample", .. })), "{sum:?}");
}

#[test]
fn what_contains_finds_icontains_finds_too() {
    let db = empty();
    Sample::create().text("ΟΔΥΣΣΕΥΣ").save(&db).unwrap();
    assert_eq!(samples(&db, |s| s.text().contains("ΟΔΥΣ")), [1]);
    assert_eq!(samples(&db, |s| s.text().starts_with("ΟΔΥΣ")), [1]);
    assert_eq!(samples(&db, |s| s.text().icontains("ΟΔΥΣ")), [1]);
    assert_eq!(samples(&db, |s| s.text().istarts_with("ΟΔΥΣ")), [1]);
    assert_eq!(samples(&db, |s| s.text().iends_with("Σ")), [1]);
}

#[test]
fn length_counts_the_characters_after_a_nul_too() {
    let db = empty();
    Sample::create().text("a\0bc").save(&db).unwrap();
    assert_eq!(samples(&db, |s| s.text().length().eq(4)), [1]);
}

#[test]
fn two_thousand_alternatives_are_a_condition() {
    let db = library();
    assert_eq!(books(&db, |b| (0..2000).fold(b.pages().eq(10), |any, n| any | b.pages().eq(n))).len(), 4);
    assert_eq!(books(&db, |b| (0..2000).fold(b.pages().eq(10), |all, n| all & b.pages().ne(n + 11))).len(), 1);
}

#[test]
fn two_thousand_filters_are_a_query() {
    let db = library();
    let query = (0..2000).fold(Book::objects(), |query, n| query.filter(|b| b.pages().ne(n + 11)));
    let (count, log) = db.capture(|db| query.count(db));
    assert_eq!((count.unwrap(), log.len()), (1, 1));
}

#[test]
fn ten_thousand_alternatives_do_not_overflow_the_stack() -> Result<()> {
    let db = library();
    let query = Book::objects().filter(|b| (0..10_000).fold(b.pages().eq(10), |any, n| any | b.pages().eq(n)));
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 4);
    Ok(())
}

#[test]
fn what_is_nested_too_deep_is_refused_before_anything_runs() {
    let db = library();
    let sums = Book::objects().filter(|b| (0..100_000).fold(b.pages() + 1, |sum, _| sum + 1).gt(0));
    let not = Book::objects().filter(|b| (0..100_000).fold(!b.active(), |not, _| !not));
    let xor = Book::objects().filter(|b| (0..100_000).fold(!b.active(), |xor, _| xor ^ b.active()));
    let turn = |c: Cond<Book>, n, b: &Fields<Book>| if n % 2 == 0 { c & b.active() } else { c | b.active() };
    let turns = Book::objects().filter(|b| (0..100_000).fold(!b.active(), |c, n| turn(c, n, &b)));
    for query in [sums, not, xor, turns] {
        let (found, log) = db.capture(|db| query.count(db));
        assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
        assert_eq!(log.len(), 0);
    }
}

#[test]
fn the_year_of_a_date_is_a_range_that_an_index_serves() -> Result<()> {
    let db = empty();
    let days = [(2019, 12, 31), (2020, 1, 1), (2020, 12, 31), (2021, 1, 1), (0, 1, 1), (9999, 12, 31)];
    for (year, month, day) in days {
        let day = date(year, month, day);
        Sample::create().day(day).moment(day.at(23, 59, 59, 999_999_999)).save(&db)?;
    }
    type Compare = fn(&Fields<Sample>, i32) -> [Cond<Sample>; 2];
    let compared: &[(Compare, fn(i32, i32) -> bool)] = &[
        (|s, year| [s.day().year().eq(year), s.moment().year().eq(year)], |own, year| own == year),
        (|s, year| [s.day().year().ne(year), s.moment().year().ne(year)], |own, year| own != year),
        (|s, year| [s.day().year().lt(year), s.moment().year().lt(year)], |own, year| own < year),
        (|s, year| [s.day().year().le(year), s.moment().year().le(year)], |own, year| own <= year),
        (|s, year| [s.day().year().gt(year), s.moment().year().gt(year)], |own, year| own > year),
        (|s, year| [s.day().year().ge(year), s.moment().year().ge(year)], |own, year| own >= year),
    ];
    for year in [-1, 0, 1, 2019, 2020, 2021, 9998, 9999, 10_000] {
        for (i, (condition, holds)) in compared.iter().enumerate() {
            let of_year = |own: i16| holds(i32::from(own), year);
            let expected: Vec<i64> = (1..).zip(days).filter(|(_, day)| of_year(day.0)).map(|(key, _)| key).collect();
            assert_eq!(samples(&db, |s| condition(&s, year)[0].clone()), expected, "day, comparison {i} with {year}");
            assert_eq!(
                samples(&db, |s| condition(&s, year)[1].clone()),
                expected,
                "moment, comparison {i} with {year}"
            );
        }
    }
    for (low, high) in [(2020, 2020), (0, 2020), (2021, 2020), (-5, 2019), (2021, 9999), (2020, 20_000)] {
        let of_years = |own: i16| (low..=high).contains(&i32::from(own));
        let expected: Vec<i64> = (1..).zip(days).filter(|(_, day)| of_years(day.0)).map(|(key, _)| key).collect();
        assert_eq!(samples(&db, |s| s.day().year().between(low, high)), expected, "between {low} and {high}");
    }
    for query in [
        Sample::objects().filter(|s| s.day().year().eq(2020)),
        Sample::objects().filter(|s| s.day().year().ge(2020)),
        Sample::objects().filter(|s| s.day().year().lt(2020)),
        Sample::objects().filter(|s| s.day().year().between(2020, 2021)),
    ] {
        let plan = assert_num_queries!(db, 1, { query.explain(&db)? });
        assert!(plan.contains("SEARCH") && plan.contains("sample_day_idx"), "{plan}");
    }
    Ok(())
}

#[test]
fn in_of_nothing_runs_no_statement() -> Result<()> {
    let db = library();
    let none: [i32; 0] = [];
    assert_num_queries!(db, 0, {
        assert!(Book::objects().filter(|b| b.pages().in_(none)).all(&db)?.is_empty());
        assert_eq!(Book::objects().filter(|b| b.pages().in_(none) & b.active()).count(&db)?, 0);
        assert!(!Book::objects().filter(|b| b.pages().in_([None::<i32>])).exists(&db)?);
    });
    let all = Book::objects().count(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { Book::objects().filter(|b| !b.pages().in_(none)).count(&db)? }), all);
    let undated = Book::objects().filter(|b| !b.published().in_([None::<Date>]));
    assert_eq!(assert_num_queries!(db, 1, { undated.count(&db)? }), all);
    Ok(())
}

#[test]
fn a_hundred_thousand_alternatives_are_built_in_seconds() {
    let db = library();
    let start = Instant::now();
    let query = Book::objects().filter(|b| (0..100_000).fold(b.pages().eq(10), |any, n| any | b.pages().eq(n)));
    // It works, or SQLite says that it is too much; nothing aborts.
    let (_, log) = db.capture(|db| query.count(db));
    assert!(log.len() <= 1, "{log}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn queries_nested_too_deep_are_refused_before_anything_runs() {
    let db = library();
    let nested = |levels: u32| {
        (0..levels).fold(Book::objects().filter(|b| b.active()), |inner, _| {
            Book::objects().filter(|b| b.id().in_(inner.values_list(|b| b.id())))
        })
    };
    let active = nested(0).count(&db).unwrap();
    assert_eq!(nested(30).count(&db).unwrap(), active);
    let (found, log) = db.capture(|db| nested(5_000).count(db));
    assert!(matches!(found, Err(Error::Misuse { .. })), "{found:?}");
    assert_eq!(log.len(), 0);
}

#[test]
fn as_a_bool_a_number_is_whether_it_is_other_than_zero() -> Result<()> {
    let db = library();
    let of =
        |pages: i32| Book::objects().filter(|b| b.id().eq(1)).values_list(move |b| (b.pages() - pages).cast::<bool>());
    assert_eq!((of(0).all(&db)?, of(10).all(&db)?), (vec![true], vec![false]));
    assert_eq!(Book::objects().filter(|b| (b.pages() - 10).cast::<bool>().eq(true)).count(&db)?, 3);
    assert_eq!(Book::objects().filter(|b| (b.pages() - 10).cast::<bool>()).count(&db)?, 3);
    Ok(())
}
