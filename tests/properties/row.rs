//! The rows: every column type with and without NULL, and values that are hard to get right.

use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
pub struct Row {
    pub id: i64,
    pub int: i64,
    pub int_or: Option<i64>,
    pub short: i32,
    pub short_or: Option<i32>,
    pub real: f64,
    pub real_or: Option<f64>,
    pub text: String,
    pub text_or: Option<String>,
    pub flag: bool,
    pub flag_or: Option<bool>,
    pub day: Date,
    pub day_or: Option<Date>,
    pub moment: DateTime,
    pub moment_or: Option<DateTime>,
}

pub const INTS: &[i64] = &[0, 1, 2, -1, 7, -13, 100, 3_000_000_000, i64::MAX, i64::MIN];
pub const SHORTS: &[i32] = &[0, 1, 3, -2, 12, 2000, 2024, i32::MAX, i32::MIN];
pub const REALS: &[f64] = &[0.0, 1.0, -1.0, 0.5, 2.25, -7.75, 100.0, 1e6, -0.125];
pub const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "ab",
    "aB c",
    "ä",
    "Ä",
    "ß",
    "ΑΣ",
    "ας",
    "it's",
    "\"q\"",
    "%",
    "_",
    "\\",
    "  x ",
    "🦀",
    "a🦀b",
    "a\0b",
    "\0",
    "12",
    "-7x",
    " 3.5e2",
    "\u{10ffff}",
];
pub const DAYS: &[&str] =
    &["2024-01-01", "2023-12-31", "2024-12-31", "2000-02-29", "1969-12-31", "0000-01-01", "9999-12-31"];
pub const MOMENTS: &[&str] = &[
    "2024-01-01 00:00:00",
    "2023-12-31 23:59:59",
    "2023-12-31 23:59:59.9999",
    "2024-06-15 12:30:00.25",
    "0000-01-01 00:00:00",
    "9999-12-31 23:59:59",
];

/// A database with these rows, and the rows.
pub fn rows() -> (Database, Vec<Row>) {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Row]).unwrap();
    fn of<T: Clone>(values: &[T], number: usize) -> T {
        values[number % values.len()].clone()
    }
    let date = |text: &str| text.parse::<Date>().unwrap();
    let moment = |text: &str| text.parse::<DateTime>().unwrap();
    let new = (0..24_usize).map(|i| {
        // Each pair of columns goes through its values at a pace of its own.
        let (a, b) = (i, i * 5 + 3);
        let known = |every: usize| i % every != 1;
        Row::create()
            .int(of(INTS, a))
            .int_or(known(3).then(|| of(INTS, b)))
            .short(of(SHORTS, b))
            .short_or(known(4).then(|| of(SHORTS, a)))
            .real(of(REALS, a))
            .real_or(known(5).then(|| of(REALS, b)))
            .text(of(TEXTS, a))
            .text_or(known(3).then(|| of(TEXTS, b).to_owned()))
            .flag(i % 2 == 0)
            .flag_or(known(3).then_some(i % 4 < 2))
            .day(date(of(DAYS, a)))
            .day_or(known(4).then(|| date(of(DAYS, b))))
            .moment(moment(of(MOMENTS, b)))
            .moment_or(known(3).then(|| moment(of(MOMENTS, a))))
    });
    let rows = Row::objects().bulk_create(new).run(&db).unwrap();
    (db, rows)
}
