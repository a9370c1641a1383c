//! Functions of text and of numbers, literals, names, JSON, and what aggregates can do besides.

use eager_orm::{Error, Scalar};

use crate::support::*;
use eager_orm::prelude::*;

/// A row for each text.
fn texts(texts: &[&str]) -> Database {
    let db = empty();
    for text in texts {
        Sample::create().text(*text).text_or(*text).save(&db).unwrap();
    }
    Sample::create().text("").save(&db).unwrap();
    db
}

const TEXTS: &[&str] = &["", "abc", "Grüße, 世界", "a\0b\0c", "  x ", "🦀"];

/// What an expression is for each of `TEXTS`, and for NULL.
macro_rules! each {
    ($db:expr, |$s:ident| $expr:expr) => {
        Sample::objects().order_by(|s| s.id()).values_list(|$s| $expr).all(&$db).unwrap()
    };
}

/// What a function of text is for each text.
fn of_texts(f: impl Fn(&str) -> String) -> Vec<Option<String>> {
    TEXTS.iter().map(|text| Some(f(text))).chain([None]).collect()
}

fn taken(text: &str, from: usize, count: usize) -> String {
    text.chars().skip(from).take(count).collect()
}

#[test]
fn parts_of_a_text_are_counted_in_characters() {
    let db = texts(TEXTS);
    for count in [-1, 0, 1, 2, 4, 100] {
        let n = usize::try_from(count).unwrap_or(0);
        assert_eq!(each!(db, |s| s.text_or().left(count)), of_texts(|text| taken(text, 0, n)), "left {count}");
        let right = of_texts(|text| taken(text, text.chars().count().saturating_sub(n), n));
        assert_eq!(each!(db, |s| s.text_or().right(count)), right, "right {count}");
    }
    for (start, skipped) in [(1, 0), (2, 1), (3, 2), (0, 0), (100, 100)] {
        let expected = of_texts(|text| taken(text, skipped, 100));
        assert_eq!(each!(db, |s| s.text_or().substr_from(start)), expected, "from {start}");
    }
    let last_two = of_texts(|text| taken(text, text.chars().count().saturating_sub(2), 2));
    assert_eq!(each!(db, |s| s.text_or().substr_from(-2)), last_two);
    for extreme in [i64::MIN, i64::MAX] {
        let (left, right) = (each!(db, |s| s.text_or().left(extreme)), each!(db, |s| s.text_or().right(extreme)));
        let expected = of_texts(|text| if extreme > 0 { text.to_owned() } else { String::new() });
        assert_eq!((left, right), (expected.clone(), expected));
        each!(db, |s| s.text_or().substr_from(extreme));
    }
    assert_eq!(each!(db, |s| s.text_or().left(None::<i64>)), vec![None; TEXTS.len() + 1]);
    // How many may be a column, too.
    assert_eq!(each!(db, |s| s.text().left(s.id() - 1)), ["", "a", "Gr", "a\0b", "  x ", "🦀", ""]);
}

#[test]
fn texts_are_filled_up_or_cut_off() {
    let db = texts(TEXTS);
    assert_eq!(
        each!(db, |s| s.text().lpad(5, "*-")),
        ["*-*-*", "*-abc", "Grüße", "a\0b\0c", "*  x ", "*-*-🦀", "*-*-*"]
    );
    assert_eq!(
        each!(db, |s| s.text().rpad(5, "é")),
        ["ééééé", "abcéé", "Grüße", "a\0b\0c", "  x é", "🦀éééé", "ééééé"]
    );
    assert_eq!(each!(db, |s| s.text().lpad(2, "")), ["", "ab", "Gr", "a\0", "  ", "🦀", ""]);
    assert_eq!(each!(db, |s| s.text().rpad(-1, "x")), vec![""; TEXTS.len() + 1]);
    assert_eq!(each!(db, |s| s.text_or().lpad(1, "x"))[6], None);
    assert_eq!(each!(db, |s| s.text().lpad(2, s.text_or()))[6], None);
    assert_eq!(
        each!(db, |s| s.text().repeat(2)),
        ["", "abcabc", "Grüße, 世界Grüße, 世界", "a\0b\0ca\0b\0c", "  x   x ", "🦀🦀", ""]
    );
    assert_eq!(each!(db, |s| s.text().repeat(0)), vec![""; TEXTS.len() + 1]);
    assert_eq!(each!(db, |s| s.text().repeat(-3)), vec![""; TEXTS.len() + 1]);
    assert_eq!(each!(db, |s| s.text_or().repeat(1)), of_texts(str::to_owned));
}

#[test]
fn a_text_beyond_what_sqlite_holds_is_an_error_and_takes_no_memory() {
    let db = texts(&["abc"]);
    let too_big = |error: Error| {
        assert!(matches!(&error, Error::Database { message, .. } if message.contains("too big")), "{error:?}");
    };
    for count in [2_000_000_000, i64::MAX] {
        too_big(Sample::objects().values_list(|s| s.text().repeat(count)).first(&db).unwrap_err());
        too_big(Sample::objects().values_list(|s| s.text().lpad(count, "x")).first(&db).unwrap_err());
        too_big(Sample::objects().values_list(|s| s.text().rpad(count, "🦀")).first(&db).unwrap_err());
    }
    // 4 bytes each.
    too_big(Sample::objects().values_list(|s| s.text().rpad(300_000_000, "🦀")).first(&db).unwrap_err());
    // Of nothing, any number is nothing.
    assert_eq!(
        Sample::objects().filter(|s| s.id().eq(2)).values_list(|s| s.text().repeat(i64::MAX)).all(&db).unwrap(),
        [""]
    );
}

#[test]
fn texts_turned_trimmed_and_searched() {
    let db = texts(TEXTS);
    assert_eq!(each!(db, |s| s.text_or().reverse()), of_texts(|text| text.chars().rev().collect()));
    assert_eq!(each!(db, |s| s.text_or().ltrim()), of_texts(|text| text.trim_start_matches(' ').to_owned()));
    assert_eq!(each!(db, |s| s.text_or().rtrim()), of_texts(|text| text.trim_end_matches(' ').to_owned()));
    assert_eq!(each!(db, |s| s.text_or().instr("c")), [Some(0), Some(3), Some(0), Some(5), Some(0), Some(0), None]);
    assert_eq!(each!(db, |s| s.text().instr("世")), [0, 0, 8, 0, 0, 0, 0]);
    assert_eq!(each!(db, |s| s.text().instr("")), vec![1; TEXTS.len() + 1]);
    assert_eq!(each!(db, |s| s.text().instr(s.text_or())).last(), Some(&None));
    let first = [None, Some(97), Some(71), Some(97), Some(32), Some(0x1F980), None];
    assert_eq!(each!(db, |s| s.text_or().ord()), first);
    let db = texts(&["\0"]);
    assert_eq!(each!(db, |s| s.text().ord()), [Some(0), None]);
}

fn matching(db: &Database, f: impl Fn(Fields<Sample>) -> Cond<Sample>) -> Vec<i64> {
    Sample::objects().filter(f).order_by(|s| s.id()).values_list(|s| s.id()).all(db).unwrap()
}

#[test]
fn regular_expressions_match_anywhere_in_the_text() {
    let db = texts(&["Dune", "dune", "Grüße", "GRÜSSE GRÜẞE", "line\nbreak", "a\0b", "", "x%_y"]);
    assert_eq!(matching(&db, |s| s.text_or().regex("^D.n")), [1]);
    assert_eq!(matching(&db, |s| s.text_or().iregex("^D.n")), [1, 2]);
    assert_eq!(matching(&db, |s| s.text_or().regex("une")), [1, 2]);
    assert_eq!(matching(&db, |s| s.text_or().regex(r"^\p{Lu}\w+$")), [1, 3]);
    assert_eq!(matching(&db, |s| s.text_or().iregex("grü(ß|ss)e$")), [3, 4]);
    assert!(matching(&db, |s| s.text_or().regex(r"e.b")).is_empty());
    assert_eq!(matching(&db, |s| s.text_or().regex(r"(?s)e.b")), [5]);
    assert_eq!(matching(&db, |s| s.text_or().regex(r"b$")), [6], "a NUL is no end");
    assert_eq!(matching(&db, |s| s.text_or().regex(r"^a\x00b$")), [6]);
    assert_eq!(matching(&db, |s| s.text_or().regex("")), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(matching(&db, |s| s.text_or().regex("^$")), [7]);
    assert_eq!(matching(&db, |s| !s.text_or().regex("une")), [3, 4, 5, 6, 7, 8, 9], "NULL matches nothing");
    // A pattern may be a column: as many as there are rows, more than are remembered.
    assert_eq!(matching(&db, |s| s.text().regex(s.text_or())), [1, 2, 3, 4, 5, 6, 7, 8]);
    let many: Vec<String> = (0..100).map(|number| format!("^{number}$")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let db = texts(&many);
    assert_eq!(matching(&db, |s| value("7").regex(s.text_or())), [8]);
    assert_eq!(matching(&db, |s| value("99").regex(s.text_or()) | value("0").iregex(s.text_or())), [1, 100]);
}

#[test]
fn a_regular_expression_that_is_none_is_named() {
    let db = texts(&["a"]);
    for (pattern, why) in [
        ("(", "unclosed group"),
        ("[a", "class"),
        ("*", "repetition"),
        ("(a{1000}){1000}{1000}", "size limit"),
        ("\0(", "unclosed"),
    ] {
        let error = Sample::objects().filter(|s| s.text().regex(pattern)).all(&db).unwrap_err();
        let shown = pattern.replace('\0', "\\0");
        assert!(
            matches!(&error, Error::Misuse { what } if what.starts_with(&format!("`{shown}`")) && what.contains(why)),
            "{error:?}"
        );
    }
    // The connection is as good as before, and the next pattern is another.
    assert_eq!(matching(&db, |s| s.text().iregex("A")), [1]);
    // A deep pattern is refused too, and does not overflow the stack.
    let deep = "(".repeat(100_000);
    assert!(matches!(Sample::objects().filter(|s| s.text().regex(&deep)).all(&db).unwrap_err(), Error::Misuse { .. }));
}

/// A row for each number.
fn numbers(numbers: &[f64]) -> Database {
    let db = empty();
    for number in numbers {
        let int = *number as i64;
        Sample::create().real(*number).real_or(*number).int(int).int_or(int).save(&db).unwrap();
    }
    Sample::create().save(&db).unwrap();
    db
}

#[test]
fn numbers_by_functions() {
    let all = [0.0, 1.0, -1.0, 2.5, -2.5, 0.5, 1e300, f64::INFINITY, f64::NEG_INFINITY];
    let db = numbers(&all);
    let nan_is_none = |value: f64| (!value.is_nan()).then_some(value);
    let expected = |f: &dyn Fn(f64) -> f64| -> Vec<Option<f64>> {
        all.iter().map(|number| nan_is_none(f(*number))).chain([None]).collect()
    };
    let positive = |f: fn(f64) -> f64| move |x: f64| if x > 0.0 { f(x) } else { f64::NAN };
    assert_eq!(each!(db, |s| s.real_or().sqrt()), expected(&f64::sqrt));
    assert_eq!(each!(db, |s| s.real_or().ceil()), expected(&f64::ceil));
    assert_eq!(each!(db, |s| s.real_or().floor()), expected(&f64::floor));
    assert_eq!(each!(db, |s| s.real_or().ln()), expected(&positive(f64::ln)));
    assert_eq!(each!(db, |s| s.real_or().log10()), expected(&positive(f64::log10)));
    assert_eq!(each!(db, |s| s.real_or().log2()), expected(&positive(f64::log2)));
    assert_eq!(each!(db, |s| s.real_or().exp()), expected(&f64::exp));
    assert_eq!(each!(db, |s| s.real_or().sin()), expected(&f64::sin));
    assert_eq!(each!(db, |s| s.real_or().cos()), expected(&f64::cos));
    assert_eq!(each!(db, |s| s.real_or().tan()), expected(&f64::tan));
    assert_eq!(each!(db, |s| s.real_or().asin()), expected(&f64::asin));
    assert_eq!(each!(db, |s| s.real_or().acos()), expected(&f64::acos));
    assert_eq!(each!(db, |s| s.real_or().atan()), expected(&f64::atan));
    assert_eq!(each!(db, |s| s.real_or().degrees()), expected(&f64::to_degrees));
    assert_eq!(each!(db, |s| s.real_or().radians()), expected(&f64::to_radians));
    assert_eq!(each!(db, |s| s.real_or().atan2(1.0)), expected(&|y| y.atan2(1.0)));
    assert_eq!(each!(db, |s| s.real_or().atan2(s.real())), expected(&|y| y.atan2(y)));
    assert_eq!(each!(db, |s| s.real_or().power(2)), expected(&|x| x.powf(2.0)));
    assert_eq!(each!(db, |s| s.real_or().power(0.5)), expected(&|x| x.powf(0.5)));
    assert_eq!(each!(db, |s| s.real().sign()), [0, 1, -1, 1, -1, 1, 1, 1, -1, 0]);
    assert_eq!(each!(db, |s| -s.real_or()), expected(&|x| -x));
}

#[test]
fn whole_numbers_by_functions() {
    let db = numbers(&[7.0, -7.0, 0.0, 8.0]);
    assert_eq!(each!(db, |s| s.int_or().sign()), [Some(1), Some(-1), Some(0), Some(1), None]);
    assert_eq!(each!(db, |s| s.int_or().power(3)), [Some(343.0), Some(-343.0), Some(0.0), Some(512.0), None]);
    assert_eq!(each!(db, |s| s.int().log2()), [Some(7_f64.log2()), None, None, Some(3.0), None]);
    assert_eq!(each!(db, |s| s.int().ceil()), [7.0, -7.0, 0.0, 8.0, 0.0]);
    assert_eq!(each!(db, |s| -s.int()), [-7, 7, 0, -8, 0]);
    assert_eq!(each!(db, |s| -(-s.int_or())), [Some(7), Some(-7), Some(0), Some(8), None]);
    assert_eq!(each!(db, |s| s.int() - -s.int()), [14, -14, 0, 16, 0]);
    assert_eq!(Sample::objects().values_list(|s| -(-s.int())).to_sql(), r#"SELECT -(-"sample"."int") FROM "sample""#);
    let deep = "SELECT abs(-\"sample\".\"int\") FROM \"sample\"";
    assert_eq!(Sample::objects().values_list(|s| (-s.int()).abs()).to_sql(), deep);
}

#[test]
fn the_rest_of_a_division_has_the_sign_of_what_is_divided() {
    let db = numbers(&[7.0, -7.0, 7.5, 0.0]);
    assert_eq!(each!(db, |s| s.int() % 4), [Some(3), Some(-3), Some(3), Some(0), Some(0)]);
    assert_eq!(each!(db, |s| s.int() % -4), [Some(3), Some(-3), Some(3), Some(0), Some(0)]);
    assert_eq!(each!(db, |s| s.int_or() % 0), [None::<i64>; 5]);
    assert_eq!(each!(db, |s| s.int_or() % s.int_or()), [Some(0), Some(0), Some(0), None, None]);
    assert_eq!(each!(db, |s| s.real() % 2), [Some(1.0), Some(-1.0), Some(1.5), Some(0.0), Some(0.0)]);
    assert_eq!(each!(db, |s| s.real() % 0.0), [None::<f64>; 5]);
    assert_eq!(matching(&db, |s| (s.int() % 2).eq(1)), [1, 3]);
}

#[test]
fn literals_are_expressions() {
    let db = library();
    let rows = Tag::objects()
        .order_by(|t| t.name())
        .limit(1)
        .values_list(|_| (value("a"), value(1_i64), value(None::<i64>), value(Some(2)), value(true), value(1.5)))
        .all(&db)
        .unwrap();
    assert_eq!(rows, [("a".to_owned(), 1, None, Some(2), true, 1.5)]);
    let day = date(2024, 2, 29);
    assert_eq!(Tag::objects().limit(1).values_list(|_| value(day)).get(&db).unwrap(), day);
    assert_eq!(Tag::objects().limit(1).values_list(|_| value(day).year()).get(&db).unwrap(), 2024);
    let sums = Book::objects().order_by(|b| b.id()).values_list(|b| value(100) - b.pages());
    assert_eq!(sums.all(&db).unwrap(), [90, 80, 70, 60]);
    let same = Book::objects().filter(|b| value("B0").eq(b.title())).count(&db).unwrap();
    assert_eq!(same, 1);
    let share = Book::objects().aggregate(&db, |b| value(2) * b.pages().count().cast::<i32>()).unwrap();
    assert_eq!(share, 8);
    let cased = Tag::objects().filter(|t| t.id().eq(1));
    assert_eq!(cased.values_list(|t| case().when(t.id().gt(0), None::<i64>).otherwise(3)).all(&db).unwrap(), [None]);
}

#[test]
fn a_random_order_is_another_each_time() {
    let db = empty();
    Tag::objects().bulk_create((0..50).map(|n| Tag::create().name(format!("{n}")))).run(&db).unwrap();
    let order = || Tag::objects().order_by(|_| random()).values_list(|t| t.id()).all(&db).unwrap();
    let (one, other) = (order(), order());
    assert_ne!(one, other);
    let sorted = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(one), (1..=50).collect::<Vec<i64>>());
    let mut numbers = sorted(Tag::objects().values_list(|_| random()).all(&db).unwrap());
    numbers.dedup();
    assert_eq!(numbers.len(), 50);
    assert_eq!(Tag::objects().order_by(|_| random().desc()).limit(3).all(&db).unwrap().len(), 3);
}

#[test]
fn names_are_those_of_a_record() {
    let db = library();
    let record = Book::objects()
        .filter(|b| b.title().eq("B2"))
        .values(|b| {
            (
                b.title(),
                b.title().lower().named("low"),
                b.pages().gt(10).named("long"),
                b.author().name().named("by \"whom\""),
                (b.pages() + 1),
                b.reviews().count().named("reviews"),
                b.reviews().stars().sum().named("stars").filter(b.reviews().stars().gt(1)),
            )
        })
        .get(&db)
        .unwrap();
    let names: Vec<&str> = record.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["title", "low", "long", "by \"whom\"", "value5", "reviews", "stars"]);
    assert_eq!(record.get("low"), Some(&Scalar::Text("b2".to_owned())));
    assert_eq!(record.get("long"), Some(&Scalar::Bool(true)));
    assert_eq!(record.get("stars"), Some(&Scalar::Integer(2)));
    // A name says nothing of the value: it is compared, ordered by and computed with as before.
    assert_eq!(
        Book::objects().filter(|b| b.published().year().named("y").eq(2020)).to_sql(),
        Book::objects().filter(|b| b.published().year().eq(2020)).to_sql()
    );
    let chain = Book::objects().filter(|b| b.pages().gt(1).named("a") & b.pages().gt(2).named("b"));
    assert!(chain.to_sql().ends_with(r#" WHERE ("book"."pages" > ?1) AND ("book"."pages" > ?2)"#));
}

#[test]
fn not_null_is_written_so() {
    let sql = |queryset: QuerySet<Book>| queryset.to_sql().split_once(" WHERE ").unwrap().1.to_owned();
    assert_eq!(sql(Book::objects().filter(|b| !b.published().is_null())), r#""book"."published" IS NOT NULL"#);
    assert_eq!(sql(Book::objects().exclude(|b| b.published().is_null())), r#""book"."published" IS NOT NULL"#);
    assert_eq!(sql(Book::objects().exclude(|b| !b.published().is_null())), r#""book"."published" IS NULL"#);
    let db = library();
    assert_eq!(Book::objects().filter(|b| !b.published().is_null()).count(&db).unwrap(), 3);
    assert_eq!(Book::objects().filter(|b| !!b.published().is_null()).count(&db).unwrap(), 1);
    // Behind a to-many relation it is asked of no related row: of Ann's only is none without a publisher.
    let authors = Author::objects().filter(|a| !a.books().publisher().is_null()).values_list(|a| a.name());
    assert_eq!(authors.all(&db).unwrap(), ["Ann"]);
}

#[test]
fn values_of_json_are_of_their_types() {
    let db = empty();
    let body = r#"{"name": "Ann", "age": 30, "tall": true, "height": 1.5, "none": null, "tags": ["a", "b"], "in": {"ner": 7}, "born": "2001-02-03"}"#;
    Sample::create().text(body).text_or(body).save(&db).unwrap();
    Sample::create().text("{}").save(&db).unwrap();
    assert_eq!(each!(db, |s| s.text().json::<String>("$.name")), [Some("Ann".to_owned()), None]);
    assert_eq!(each!(db, |s| s.text().json::<i64>("$.age")), [Some(30), None]);
    assert_eq!(each!(db, |s| s.text().json::<bool>("$.tall")), [Some(true), None]);
    assert_eq!(each!(db, |s| s.text().json::<f64>("$.height")), [Some(1.5), None]);
    assert_eq!(each!(db, |s| s.text().json::<f64>("$.age")), [Some(30.0), None]);
    assert_eq!(each!(db, |s| s.text().json::<String>("$.none")), [None, None]);
    assert_eq!(each!(db, |s| s.text().json::<String>("$.tags")), [Some(r#"["a","b"]"#.to_owned()), None]);
    assert_eq!(each!(db, |s| s.text().json::<String>("$.tags[1]")), [Some("b".to_owned()), None]);
    assert_eq!(each!(db, |s| s.text().json::<i32>("$.in.ner")), [Some(7), None]);
    assert_eq!(each!(db, |s| s.text().json::<Date>("$.born")), [Some(date(2001, 2, 3)), None]);
    assert_eq!(each!(db, |s| s.text_or().json::<i64>("$.age")), [Some(30), None]);
    assert_eq!(matching(&db, |s| s.text().json::<i64>("$.age").gt(29)), [1]);
    assert_eq!(matching(&db, |s| s.text().json::<bool>("$.tall").eq(true)), [1]);
    assert_eq!(matching(&db, |s| s.text().json::<i64>("$.age").is_null()), [2]);
    let wrong = Sample::objects().values_list(|s| s.text().json::<i64>("$.name")).all(&db).unwrap_err();
    assert!(matches!(wrong, Error::Decode { .. }), "{wrong:?}");
    let path = Sample::objects().values_list(|s| s.text().json::<i64>("no path")).all(&db).unwrap_err();
    assert!(matches!(&path, Error::Database { message, .. } if message.contains("path")), "{path:?}");
    Sample::create().text("no json").save(&db).unwrap();
    let text = Sample::objects().values_list(|s| s.text().json::<i64>("$.age")).all(&db).unwrap_err();
    assert!(matches!(&text, Error::Database { message, .. } if message.contains("JSON")), "{text:?}");
}

fn close(found: Option<f64>, expected: f64) {
    assert!(
        found.is_some_and(|found| (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)),
        "{found:?} {expected}"
    );
}

#[test]
fn the_spread_of_values() {
    let db = numbers(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
    let all = || Sample::objects();
    let (variance, stddev, sample, sample_stddev) = all()
        .aggregate(&db, |s| {
            let x = s.real_or();
            (x.variance(), x.stddev(), x.variance_sample(), x.stddev_sample())
        })
        .unwrap();
    close(variance, 4.0);
    close(stddev, 2.0);
    close(sample, 32.0 / 7.0);
    close(sample_stddev, (32.0_f64 / 7.0).sqrt());
    close(all().aggregate(&db, |s| s.int_or().stddev()).unwrap(), 2.0);
    // Of 2, 4, 5, 7, 9 and of 7, 9.
    close(all().aggregate(&db, |s| s.int_or().variance().distinct()).unwrap(), 5.84);
    close(all().aggregate(&db, |s| s.int_or().variance().filter(s.int().gt(6))).unwrap(), 1.0);
    let none = all().none().aggregate(&db, |s| (s.real().stddev(), s.real().variance_sample())).unwrap();
    assert_eq!(none, (None, None));
    let one = all().filter(|s| s.id().eq(1)).aggregate(&db, |s| (s.real().stddev(), s.real().stddev_sample())).unwrap();
    assert_eq!(one, (Some(0.0), None));
    assert_eq!(all().filter(|s| s.real_or().is_null()).aggregate(&db, |s| s.real_or().variance()).unwrap(), None);
    // Large and near to each other: the difference of two sums of squares would be lost.
    let db = numbers(&[1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0]);
    close(all().aggregate(&db, |s| s.real_or().variance_sample()).unwrap(), 30.0);
    let db = library();
    let pages = Author::objects().order_by(|a| a.name()).values_list(|a| a.books().pages().stddev());
    assert_eq!(pages.all(&db).unwrap(), [Some(10.0), Some(10.0), None]);
    // Over a window, where values leave it.
    let moving: Vec<Option<f64>> = db
        .raw(|raw| {
            let mut statement =
                raw.prepare("SELECT eager_variance(pages) OVER (ORDER BY id ROWS 1 PRECEDING) FROM book ORDER BY id")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap();
    assert_eq!(moving, [Some(0.0), Some(25.0), Some(25.0), Some(25.0)]);
}

#[test]
fn an_aggregate_has_a_value_in_place_of_null() {
    let db = library();
    let sums = Author::objects()
        .order_by(|a| a.name())
        .values_list(|a| (a.books().pages().sum().default(0), a.books().price().max().default(-1.0)))
        .all(&db)
        .unwrap();
    assert_eq!(sums, [(40, 2.5), (60, 3.5), (0, -1.0)]);
    let (sum, average) = Book::objects()
        .aggregate(&db, |b| {
            let long = b.pages().gt(1000);
            (b.pages().sum().default(7).filter(long.clone()), b.pages().avg().filter(long).default(None::<f64>))
        })
        .unwrap();
    assert_eq!((sum, average), (7, None));
    let none = Book::objects().none().aggregate(&db, |b| (b.pages().sum().default(0), count().default(1))).unwrap();
    assert_eq!(none, (0, 0));
    let groups = Book::objects()
        .values_list(|b| b.author().name())
        .annotate(|b| b.reviews().stars().sum().default(0))
        .order_by(|b| b.author().name())
        .all(&db)
        .unwrap();
    assert_eq!(groups, [("Ann".to_owned(), 3), ("Bob".to_owned(), 7)]);
    let few = Author::objects().filter(|a| a.books().pages().sum().default(0).lt(10)).all(&db).unwrap();
    assert_eq!(few.len(), 1);
    let computed = Book::objects().aggregate(&db, |b| (b.pages().sum() + 1).coalesce(0)).unwrap();
    assert_eq!(computed, 101);
    let by_default = Book::objects().aggregate(&db, |b| (b.pages().max() + b.pages().min()).default(0)).unwrap();
    assert_eq!(by_default, 50);
}

#[test]
fn the_joined_row_can_be_ordered_by_and_selected() {
    let db = library();
    let rows = Author::objects()
        .values_list(|a| (a.name(), a.books().title()))
        .order_by(|a| a.books().title().joined().desc().nulls_last())
        .all(&db)
        .unwrap();
    let titles: Vec<Option<&str>> = rows.iter().map(|(_, title)| title.as_deref()).collect();
    assert_eq!(titles, [Some("B3"), Some("B2"), Some("B1"), Some("B0"), None]);
    let names = Author::objects()
        .values_list(|a| (a.books().tags().name(), a.books().title().joined().lower()))
        .order_by(|a| (a.books().tags().name().joined().asc().nulls_last(), a.books().id().joined()))
        .all(&db)
        .unwrap();
    let names: Vec<(Option<&str>, Option<&str>)> =
        names.iter().map(|(tag, title)| (tag.as_deref(), title.as_deref())).collect();
    assert_eq!(
        names[..4],
        [(Some("t0"), Some("b0")), (Some("t0"), Some("b1")), (Some("t1"), Some("b0")), (Some("t2"), Some("b2"))]
    );
    let error = Author::objects().order_by(|a| a.books().title().joined()).all(&db).unwrap_err();
    assert!(
        matches!(&error, Error::Misuse { what } if what.contains("Author.books") && what.contains("many rows")),
        "{error}"
    );
}
