//! Dates and times: their parts, the beginnings of their periods, and the ranges that comparisons become.

use eager_orm::{DateUnit, Error};

use crate::support::date;
use eager_orm::prelude::*;

#[derive(Model, Debug, Clone, PartialEq)]
struct Event {
    id: i64,
    #[field(index)]
    day: Date,
    #[field(index)]
    moment: DateTime,
    #[field(index)]
    time: Time,
    #[field(index)]
    stamp: Option<Timestamp>,
    notes: HasMany<Note>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Note {
    id: i64,
    #[field(index)]
    written: Date,
    event: ForeignKey<Event>,
}

/// Leap days, ISO weeks 52, 53 and 1 around new year, the borders of months, years and centuries, of all there is, and
/// moments that would be those of the next day if they were rounded.
const DAYS: &[(i16, i8, i8)] = &[
    (0, 1, 1),
    (0, 1, 3),
    (0, 2, 29),
    (1, 1, 1),
    (99, 12, 31),
    (1582, 10, 10),
    (1900, 2, 28),
    (1900, 3, 1),
    (1969, 12, 31),
    (1970, 1, 1),
    (2000, 2, 29),
    (2004, 12, 26),
    (2015, 12, 31),
    (2016, 1, 3),
    (2016, 1, 4),
    (2018, 12, 30),
    (2018, 12, 31),
    (2020, 12, 31),
    (2021, 1, 1),
    (2021, 1, 3),
    (2021, 1, 4),
    (2024, 2, 29),
    (2024, 3, 31),
    (2024, 4, 1),
    (2024, 6, 30),
    (2024, 7, 1),
    (2024, 9, 30),
    (2024, 10, 1),
    (2024, 12, 29),
    (2024, 12, 30),
    (9999, 1, 1),
    (9999, 12, 31),
];

fn time_of(number: usize) -> Time {
    match number % 5 {
        0 => Time::new(0, 0, 0, 0).unwrap(),
        1 => Time::new(23, 59, 59, 999_999_999).unwrap(),
        2 => Time::new(12, 30, 0, 0).unwrap(),
        3 => Time::new(12, 30, 59, 500_000_000).unwrap(),
        _ => Time::new(1, 2, 3, 0).unwrap(),
    }
}

fn events() -> (Database, Vec<Event>) {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Event, Note]).unwrap();
    let new = DAYS.iter().enumerate().map(|(number, (year, month, day))| {
        let day = date(*year, *month, *day);
        let moment = day.to_datetime(time_of(number));
        let stamp = (number % 3 != 0 && (1..9999).contains(year)).then(|| jiff_utc(moment));
        Event::create().day(day).moment(moment).time(moment.time()).stamp(stamp)
    });
    let events = db.transaction(|tx| Event::objects().bulk_create(new).run(tx)).unwrap();
    (db, events)
}

fn jiff_utc(moment: DateTime) -> Timestamp {
    format!("{moment}Z").parse().unwrap()
}

/// The rows for which a condition holds.
fn ids<P: eager_orm::Predicate<Event>>(db: &Database, f: impl FnOnce(Fields<Event>) -> P) -> Vec<i64> {
    Event::objects().filter(f).order_by(|e| e.id()).values_list(|e| e.id()).all(db).unwrap()
}

fn ids_of(events: &[Event], holds: impl Fn(&Event) -> bool) -> Vec<i64> {
    events.iter().filter(|event| holds(event)).map(|event| event.id).collect()
}

fn quarter(day: Date) -> i32 {
    (i32::from(day.month()) + 2) / 3
}

fn monday(mut day: Date) -> Date {
    for _ in 0..day.weekday().to_monday_zero_offset() {
        day = day.yesterday().unwrap();
    }
    day
}

/// The first moment of the period that a moment lies in.
fn beginning(unit: DateUnit, moment: DateTime) -> DateTime {
    let day = moment.date();
    let of_time = |hour, minute, second| day.at(hour, minute, second, 0);
    match unit {
        DateUnit::Year => date(day.year(), 1, 1).at(0, 0, 0, 0),
        DateUnit::Quarter => date(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).at(0, 0, 0, 0),
        DateUnit::Month => date(day.year(), day.month(), 1).at(0, 0, 0, 0),
        DateUnit::Week => monday(day).at(0, 0, 0, 0),
        DateUnit::Day => day.at(0, 0, 0, 0),
        DateUnit::Hour => of_time(moment.hour(), 0, 0),
        DateUnit::Minute => of_time(moment.hour(), moment.minute(), 0),
        DateUnit::Second => of_time(moment.hour(), moment.minute(), moment.second()),
    }
}

#[test]
fn parts_of_a_date_are_those_of_the_calendar() {
    let (db, events) = events();
    let of_days = Event::objects()
        .order_by(|e| e.id())
        .values_list(|e| {
            let day = e.day();
            (
                (day.year(), day.iso_year(), day.quarter(), day.month(), day.week()),
                (day.day(), day.week_day(), day.iso_week_day()),
            )
        })
        .all(&db)
        .unwrap();
    let of_moments = Event::objects()
        .order_by(|e| e.id())
        .values_list(|e| {
            let day = e.moment();
            (
                (day.year(), day.iso_year(), day.quarter(), day.month(), day.week()),
                (day.day(), day.week_day(), day.iso_week_day()),
            )
        })
        .all(&db)
        .unwrap();
    assert_eq!(of_days, of_moments);
    for (event, parts) in events.iter().zip(of_days) {
        let (day, iso) = (event.day, event.day.iso_week_date());
        let expected = (
            (day.year().into(), iso.year().into(), quarter(day), day.month().into(), iso.week().into()),
            (
                day.day().into(),
                day.weekday().to_sunday_one_offset().into(),
                day.weekday().to_monday_one_offset().into(),
            ),
        );
        assert_eq!(parts, expected, "{day}");
    }
}

#[test]
fn well_known_weeks() {
    let (db, _) = events();
    let week = |year, month, day| {
        let day = date(year, month, day);
        let of = |e: Fields<Event>| (e.day().iso_year(), e.day().week(), e.day().iso_week_day());
        Event::objects().filter(|e| e.day().eq(day)).values_list(of).get(&db).unwrap()
    };
    assert_eq!(week(2015, 12, 31), (2015, 53, 4));
    assert_eq!(week(2016, 1, 3), (2015, 53, 7));
    assert_eq!(week(2016, 1, 4), (2016, 1, 1));
    assert_eq!(week(2020, 12, 31), (2020, 53, 4));
    assert_eq!(week(2021, 1, 3), (2020, 53, 7));
    assert_eq!(week(2018, 12, 31), (2019, 1, 1));
    assert_eq!(week(2024, 12, 30), (2025, 1, 1));
    assert_eq!(week(0, 1, 1), (-1, 52, 6));
}

#[test]
fn parts_of_a_time_are_exact() {
    let (db, events) = events();
    let of_moments = Event::objects().order_by(|e| e.id()).values_list(|e| {
        (e.moment().hour(), e.moment().minute(), e.moment().second(), e.moment().time(), e.moment().date())
    });
    let of_times = Event::objects()
        .order_by(|e| e.id())
        .values_list(|e| (e.time().hour(), e.time().minute(), e.time().second(), e.time().time(), e.day().date()));
    for queryset in [of_moments.all(&db).unwrap(), of_times.all(&db).unwrap()] {
        for (event, parts) in events.iter().zip(queryset) {
            let time = event.time;
            let expected = (time.hour().into(), time.minute().into(), time.second().into(), time, event.day);
            assert_eq!(parts, expected, "{}", event.moment);
        }
    }
    let stamps = Event::objects()
        .order_by(|e| e.id())
        .values_list(|e| (e.stamp().year(), e.stamp().hour(), e.stamp().date(), e.stamp().trunc_day()));
    for (event, parts) in events.iter().zip(stamps.all(&db).unwrap()) {
        let moment = event.stamp.map(|_| event.moment);
        assert_eq!(parts.0, moment.map(|moment| moment.year().into()));
        assert_eq!(parts.1, moment.map(|moment| moment.hour().into()));
        assert_eq!(parts.2, moment.map(|moment| moment.date()));
        assert_eq!(parts.3, moment.map(|moment| jiff_utc(beginning(DateUnit::Day, moment))));
    }
}

/// `unit, method` for each method that cuts a date down.
macro_rules! each_unit {
    ($check:ident!: $($rest:tt)*) => {
        $check!(Year trunc_year $($rest)*);
        $check!(Quarter trunc_quarter $($rest)*);
        $check!(Month trunc_month $($rest)*);
        $check!(Week trunc_week $($rest)*);
        $check!(Day trunc_day $($rest)*);
    };
}
macro_rules! each_short_unit {
    ($check:ident!: $($rest:tt)*) => {
        $check!(Hour trunc_hour $($rest)*);
        $check!(Minute trunc_minute $($rest)*);
        $check!(Second trunc_second $($rest)*);
    };
}

#[test]
fn a_period_begins_where_it_does() {
    let (db, events) = events();
    // The week of the first of January of the year 0 began in a year that has no text.
    let known = || Event::objects().filter(|e| e.day().gt(date(0, 1, 2))).order_by(|e| e.id());
    let events = &events[1..];
    macro_rules! dates {
        ($unit:ident $method:ident) => {
            let found = known().values_list(|e| e.day().$method()).all(&db).unwrap();
            let expected: Vec<Date> =
                events.iter().map(|e| beginning(DateUnit::$unit, e.day.at(0, 0, 0, 0)).date()).collect();
            assert_eq!(found, expected, stringify!($method));
        };
    }
    macro_rules! moments {
        ($unit:ident $method:ident) => {
            let found = known().values_list(|e| e.moment().$method()).all(&db).unwrap();
            let expected: Vec<DateTime> = events.iter().map(|e| beginning(DateUnit::$unit, e.moment)).collect();
            assert_eq!(found, expected, stringify!($method));
        };
    }
    macro_rules! times {
        ($unit:ident $method:ident) => {
            let found = known().values_list(|e| e.time().$method()).all(&db).unwrap();
            let expected: Vec<Time> = events.iter().map(|e| beginning(DateUnit::$unit, e.moment).time()).collect();
            assert_eq!(found, expected, stringify!($method));
        };
    }
    each_unit!(dates!:);
    each_unit!(moments!:);
    each_short_unit!(moments!:);
    each_short_unit!(times!:);
}

/// Each comparison of `$field` with `$literal`, against the same comparison of what `$own` says of the row.
macro_rules! compared {
    ($db:ident, $events:ident, $literal:expr, |$e:ident| $field:expr, |$row:ident| $own:expr) => {{
        let literal = $literal;
        let what = format!("{} {literal:?}", stringify!($field));
        let is = |holds: &dyn Fn(&Event) -> bool| ids_of(&$events, holds);
        assert_eq!(ids(&$db, |$e| $field.eq(literal)), is(&|$row| $own == literal), "{what} eq");
        assert_eq!(ids(&$db, |$e| $field.ne(literal)), is(&|$row| $own != literal), "{what} ne");
        assert_eq!(ids(&$db, |$e| $field.lt(literal)), is(&|$row| $own < literal), "{what} lt");
        assert_eq!(ids(&$db, |$e| $field.le(literal)), is(&|$row| $own <= literal), "{what} le");
        assert_eq!(ids(&$db, |$e| $field.gt(literal)), is(&|$row| $own > literal), "{what} gt");
        assert_eq!(ids(&$db, |$e| $field.ge(literal)), is(&|$row| $own >= literal), "{what} ge");
        assert_eq!(ids(&$db, |$e| $field.in_([literal])), is(&|$row| $own == literal), "{what} in");
        assert_eq!(ids(&$db, |$e| !$field.eq(literal)), is(&|$row| $own != literal), "{what} not eq");
        assert_eq!(ids(&$db, |$e| $field.between(literal, literal)), is(&|$row| $own == literal), "{what} between");
    }};
}

#[test]
fn a_year_is_compared_as_it_is_for_every_number() {
    let (db, events) = events();
    for year in
        [i32::MIN, -10_000, -2, -1, 0, 1, 2, 99, 1970, 2015, 2016, 2020, 2021, 2024, 9998, 9999, 10_000, i32::MAX]
    {
        compared!(db, events, year, |e| e.day().year(), |row| i32::from(row.day.year()));
        compared!(db, events, year, |e| e.moment().year(), |row| i32::from(row.day.year()));
        compared!(db, events, year, |e| e.day().iso_year(), |row| i32::from(row.day.iso_week_date().year()));
        compared!(db, events, year, |e| e.moment().iso_year(), |row| i32::from(row.day.iso_week_date().year()));
    }
}

#[test]
fn the_beginning_of_a_period_is_compared_as_it_is() {
    let (db, events) = events();
    let literals: Vec<DateTime> = events
        .iter()
        .step_by(2)
        .flat_map(|e| [e.moment, e.day.at(0, 0, 0, 0), beginning(DateUnit::Month, e.moment)])
        .collect();
    // Where a row has no answer, the week of the year 0, it is left out.
    db.raw(|raw| raw.execute("DELETE FROM event WHERE day < '0000-01-03'", [])).unwrap();
    let events: Vec<Event> = events.into_iter().skip(1).collect();
    for literal in literals {
        macro_rules! compare {
            ($unit:ident $method:ident) => {
                compared!(db, events, literal.date(), |e| e.day().$method(), |row| beginning(
                    DateUnit::$unit,
                    row.day.at(0, 0, 0, 0)
                )
                .date());
                compared!(db, events, literal, |e| e.moment().$method(), |row| beginning(DateUnit::$unit, row.moment));
            };
        }
        each_unit!(compare!:);
        macro_rules! compare_short {
            ($unit:ident $method:ident) => {
                compared!(db, events, literal, |e| e.moment().$method(), |row| beginning(DateUnit::$unit, row.moment));
                compared!(db, events, literal.time(), |e| e.time().$method(), |row| beginning(
                    DateUnit::$unit,
                    row.moment
                )
                .time());
            };
        }
        each_short_unit!(compare_short!:);
        compared!(db, events, literal.date(), |e| e.moment().date(), |row| row.day);
        compared!(db, events, literal.date(), |e| e.day().date(), |row| row.day);
    }
}

#[test]
fn a_month_of_a_year_is_one_range() {
    let (db, events) = events();
    for year in [-1, 0, 1969, 2000, 2024, 9999, 10_000] {
        for month in [-1, 0, 1, 2, 3, 4, 9, 12, 13] {
            let expected = ids_of(&events, |e| i32::from(e.day.year()) == year && i32::from(e.day.month()) == month);
            assert_eq!(ids(&db, |e| e.day().year().eq(year) & e.day().month().eq(month)), expected);
            assert_eq!(ids(&db, |e| e.moment().month().eq(month) & e.moment().year().eq(year)), expected);
            let others = ids_of(&events, |e| !expected.contains(&e.id));
            assert_eq!(ids(&db, |e| !(e.day().year().eq(year) & e.day().month().eq(month))), others);
        }
    }
    let sql = |queryset: QuerySet<Event>| queryset.to_sql().split_once(" WHERE ").unwrap().1.to_owned();
    let range = r#"("event"."day" >= ?1) AND ("event"."day" < ?2)"#;
    assert_eq!(sql(Event::objects().filter(|e| e.day().month().eq(2) & e.day().year().eq(2024))), range);
    assert_eq!(
        sql(Event::objects().filter(|e| e.day().year().eq(2024) & e.id().gt(0) & e.day().month().eq(2))),
        format!(r#"({range}) AND ("event"."id" > ?3)"#),
    );
    // Of two columns, and in two calls, they are two conditions.
    assert!(sql(Event::objects().filter(|e| e.day().year().eq(2024) & e.moment().month().eq(2))).contains("strftime"));
    assert!(sql(Event::objects().filter(|e| e.day().year().eq(2024) | e.day().month().eq(2))).contains("strftime"));
}

#[test]
fn a_month_of_a_year_behind_a_relation_is_that_of_one_row() {
    let (db, events) = events();
    let (first, second) = (&events[1], &events[2]);
    Note::create().written(date(2024, 2, 1)).event(first).save(&db).unwrap();
    Note::create().written(date(2024, 3, 1)).event(second).save(&db).unwrap();
    Note::create().written(date(2023, 2, 1)).event(second).save(&db).unwrap();
    assert_eq!(ids(&db, |e| e.notes().written().year().eq(2024) & e.notes().written().month().eq(2)), [first.id]);
    assert_eq!(ids(&db, |e| e.notes().any(|n| n.written().year().eq(2023) & n.written().month().eq(2))), [second.id]);
}

#[test]
fn lists_of_periods_are_ranges() {
    let (db, events) = events();
    let years = [2024, 2021, 2020, 1970, -5, 2024, 123_456];
    let expected = ids_of(&events, |e| years.contains(&e.day.year().into()));
    assert_eq!(ids(&db, |e| e.day().year().in_(years)), expected);
    assert_eq!(ids(&db, |e| e.day().year().in_(years.map(Some))), expected);
    let found = ids_of(&events, |e| [2020, 2021, 2024].contains(&e.day.year()));
    let near = Event::objects().filter(|e| e.day().year().in_([Some(2021), None, Some(2024), Some(2020)]));
    assert_eq!(near.values_list(|e| e.id()).to_sql().matches("OR").count(), 1, "2020 and 2021 touch");
    assert_eq!(ids(&db, |e| e.day().year().in_([Some(2021), None, Some(2024), Some(2020)])), found);
    let many: Vec<i32> = (0..5000).map(|number| number * 2).collect();
    let even = ids_of(&events, |e| e.day.year() % 2 == 0);
    assert_eq!(ids(&db, |e| e.day().year().in_(&many)), even);
    assert!(ids(&db, |e| e.day().date().in_(Vec::<Date>::new())).is_empty());
    assert!(ids(&db, |e| e.day().trunc_month().in_([date(2024, 2, 2)])).is_empty());
    assert_eq!(
        ids(&db, |e| e.day().trunc_month().in_([date(2024, 2, 2), date(2024, 2, 1)])),
        ids_of(&events, |e| beginning(DateUnit::Month, e.moment) == date(2024, 2, 1).at(0, 0, 0, 0))
    );
}

#[test]
fn null_has_no_part() {
    let (db, events) = events();
    let without = ids_of(&events, |e| e.stamp.is_none());
    assert_eq!(ids(&db, |e| e.stamp().year().is_null()), without);
    assert_eq!(ids(&db, |e| e.stamp().trunc_quarter().is_null()), without);
    let with = ids_of(&events, |e| e.stamp.is_some());
    assert_eq!(ids(&db, |e| e.stamp().year().ne(1)), ids_of(&events, |e| e.stamp.is_some() && e.day.year() != 1));
    assert_eq!(ids(&db, |e| e.stamp().date().ne(date(3000, 1, 1))), with);
    let never = jiff_utc(date(2024, 2, 2).at(0, 0, 0, 0));
    assert_eq!(ids(&db, |e| e.stamp().trunc_month().ne(never)), with);
    assert_eq!(ids(&db, |e| !e.stamp().trunc_month().eq(never)).len(), events.len());
    assert_eq!(ids(&db, |e| e.stamp().year().eq(None::<i32>)), without);
}

#[test]
fn an_index_serves_what_is_compared_with_literals() {
    let (db, _) = events();
    let day = date(2024, 2, 1);
    let noon = day.at(12, 0, 0, 0);
    for (queryset, index) in [
        (Event::objects().filter(|e| e.day().year().eq(2024)), "event_day_idx"),
        (Event::objects().filter(|e| e.day().year().in_([2020, 2024])), "event_day_idx"),
        (Event::objects().filter(|e| e.day().iso_year().between(2020, 2024)), "event_day_idx"),
        (Event::objects().filter(|e| e.moment().date().eq(day)), "event_moment_idx"),
        (Event::objects().filter(|e| e.day().trunc_month().eq(day)), "event_day_idx"),
        (Event::objects().filter(|e| e.moment().trunc_hour().ge(noon)), "event_moment_idx"),
        (Event::objects().filter(|e| e.time().trunc_minute().eq(noon.time())), "event_time_idx"),
        (Event::objects().filter(|e| e.moment().year().eq(2024) & e.moment().month().eq(2)), "event_moment_idx"),
    ] {
        let plan = queryset.explain(&db).unwrap();
        assert!(plan.contains("SEARCH") && plan.contains(index), "{plan} of {}", queryset.to_sql());
    }
    let dates = Event::objects().dates(|e| e.day(), DateUnit::Month).explain(&db).unwrap();
    assert!(dates.contains("COVERING INDEX event_day_idx"), "{dates}");
}

#[test]
fn dates_are_the_periods_with_rows() {
    let (db, events) = events();
    let recent = || Event::objects().filter(|e| e.day().year().between(2020, 2024));
    let years = recent().dates(|e| e.moment(), DateUnit::Year);
    assert_eq!(years.all(&db).unwrap(), [date(2020, 1, 1), date(2021, 1, 1), date(2024, 1, 1)]);
    assert_eq!(years.clone().reverse().all(&db).unwrap(), [date(2024, 1, 1), date(2021, 1, 1), date(2020, 1, 1)]);
    assert_eq!(years.count(&db).unwrap(), 3);
    assert_eq!(years.limit(1).offset(1).all(&db).unwrap(), [date(2021, 1, 1)]);
    let quarters = recent().dates(|e| e.day(), DateUnit::Quarter).all(&db).unwrap();
    assert_eq!(quarters[2..], [date(2024, 1, 1), date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1)]);
    let weeks = recent().dates(|e| e.day(), DateUnit::Week).all(&db).unwrap();
    assert_eq!(weeks[..3], [date(2020, 12, 28), date(2021, 1, 4), date(2024, 2, 26)]);
    let minutes = recent().filter(|e| e.day().month().eq(2)).datetimes(|e| e.moment(), DateUnit::Minute);
    assert_eq!(minutes.all(&db).unwrap(), [beginning(DateUnit::Minute, events[21].moment)]);
    let stamps = Event::objects().datetimes(|e| e.stamp(), DateUnit::Second).all(&db).unwrap();
    assert_eq!(stamps.len(), events.iter().filter(|e| e.stamp.is_some()).count(), "NULLs are left out");
    assert!(stamps.is_sorted());
    assert_eq!(Event::objects().none().dates(|e| e.day(), DateUnit::Day).all(&db).unwrap(), []);
    // Behind a foreign key, too.
    Note::create().written(date(2024, 2, 1)).event(&events[1]).save(&db).unwrap();
    let days = Note::objects().dates(|n| n.event().day(), DateUnit::Day).all(&db).unwrap();
    assert_eq!(days, [events[1].day]);
}

#[test]
fn dates_say_what_they_cannot_do() {
    let (db, _) = events();
    let hours = Event::objects().dates(|e| e.moment(), DateUnit::Hour).all(&db).unwrap_err();
    assert!(matches!(&hours, Error::Misuse { what } if what.contains("datetimes")), "{hours}");
    let cut = Event::objects().limit(1).dates(|e| e.moment(), DateUnit::Day).all(&db).unwrap_err();
    assert!(matches!(&cut, Error::Misuse { what } if what.contains("limit")), "{cut}");
}

#[test]
fn periods_group_rows() {
    let (db, _) = events();
    let years = Event::objects()
        .filter(|e| e.day().year().ge(2018))
        .values_list(|e| e.moment().trunc_year().date())
        .annotate(|_| count())
        .order_by(|e| e.moment().trunc_year().date())
        .all(&db)
        .unwrap();
    assert_eq!(years[..2], [(date(2018, 1, 1), 2), (date(2020, 1, 1), 1)]);
}

#[test]
fn now_is_a_timestamp_like_any_other() {
    let (db, events) = events();
    let before = Timestamp::now();
    let now = Event::objects().limit(1).values_list(|_| now()).get(&db).unwrap();
    let after = Timestamp::now();
    assert!(before.as_millisecond() <= now.as_millisecond() + 1 && now.as_millisecond() <= after.as_millisecond() + 1);
    assert_eq!(
        ids(&db, |e| e.stamp().lt(eager_orm::now())),
        ids_of(&events, |e| e.stamp.is_some_and(|stamp| stamp < now))
    );
    let changed = Event::objects().filter(|e| e.id().eq(1)).update(&db, |e| e.stamp().set(eager_orm::now())).unwrap();
    assert_eq!(changed, 1);
    assert!(Event::objects().find(&db, 1).unwrap().stamp.is_some_and(|stamp| stamp >= now));
}
