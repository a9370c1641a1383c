//! What the profiler advises is what helps: the right words, the right index, and nothing where nothing helps.

use eager_orm::prelude::*;
use eager_orm::{FindingKind, Profile, Result};

#[derive(DbEnum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum State {
    Open,
    Done,
}

#[derive(Model, Debug)]
struct Owner {
    id: i64,
    name: String,
    salary: i32,
    r#type: i32,
}

#[derive(Model, Debug)]
struct Task {
    id: i64,
    title: String,
    state: State,
    pages: i32,
    read: i32,
    kind: i32,
    #[field(index)]
    level: i32,
    owner: ForeignKey<Owner>,
    notes: Deferred<String>,
    r#match: Option<ForeignKey<Owner>>,
}

const TASKS: i32 = 5_000;

fn office() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Owner, Task])?;
    let owners = (0..600).map(|n| Owner::create().name(format!("owner {n}")).salary(n).r#type(n % 3));
    let owners = Owner::objects().bulk_create(owners).run(&db)?;
    let task = |n: i32| {
        let state = if n % 1_000 == 0 { State::Open } else { State::Done };
        let owner = &owners[usize::try_from(n).unwrap() % owners.len()];
        let task =
            Task::create().title(format!("task {n}")).state(state).pages(n).read(if n % 900 == 1 { n } else { 0 });
        task.kind(n % 3).level(n % 2).owner(owner).notes("..")
    };
    Task::objects().bulk_create((0..TASKS).map(task)).run(&db)?;
    Ok(db)
}

fn tasks() -> QuerySet<Task> {
    Task::objects().defer(|t| t.notes())
}

fn profiled<T>(db: &Database, work: impl FnOnce(&Database) -> Result<T>) -> Profile {
    let (outcome, profile) = db.profile("advice", work);
    outcome.unwrap();
    profile
}

/// The columns of the indexes that are advised.
fn advised(profile: &Profile) -> Vec<&str> {
    let fixes = profile.findings().iter().filter(|finding| finding.kind != FindingKind::InLoop);
    fixes.filter_map(|finding| finding.fix.rsplit_once(" ON ").map(|(_, columns)| columns)).collect()
}

#[test]
fn what_no_index_finds_gets_none() -> Result<()> {
    let db = office()?;
    let programs: &[fn(&Database) -> Result<usize>] = &[
        |db| Ok(tasks().exclude(|t| t.state().eq(State::Done)).all(db)?.len()),
        |db| Ok(tasks().filter(|t| t.pages().gt(10) & t.pages().eq(t.read())).all(db)?.len()),
        |db| Ok(tasks().filter(|t| t.pages().eq(t.read())).all(db)?.len()),
        // Most of the rows are counted, or all of them.
        |db| Ok(Task::objects().filter(|t| t.pages().gt(10)).count(db)? as usize),
        |db| Ok(Task::objects().filter(|t| t.pages().gt(10)).aggregate(db, |t| t.read().sum())?.unwrap_or(0) as usize),
        |db| Ok(Task::objects().values_list(|t| t.kind()).annotate(|t| t.id().count()).all(db)?.len()),
        // The index is there, and cannot be used.
        |db| Ok(tasks().exclude(|t| t.level().in_([0, 1])).all(db)?.len()),
    ];
    for (number, program) in programs.iter().enumerate() {
        let profile = profiled(&db, program);
        // Of a range that is compared besides, it is found out by measuring.
        let profile = if number == 1 { profile.measured(&db) } else { profile };
        assert!(profile.findings().is_empty(), "program {number}: {profile}");
    }
    Ok(())
}

#[test]
fn the_index_that_helps_is_said_where_another_does_not() -> Result<()> {
    let db = office()?;
    let not_kinds = |db: &Database| tasks().exclude(|t| t.kind().in_([0, 1])).filter(|t| t.pages().lt(10)).all(db);
    let profile = profiled(&db, not_kinds);
    assert_eq!(advised(&profile), ["\"task\" (\"pages\")"], "{profile}");
    // Few rows because of the limit: the order is what an index has.
    let dearest = |db: &Database| {
        let kinds = tasks().filter(|t| t.kind().in_([0, 1])).order_by(|t| t.pages().desc());
        kinds.limit(5).all(db)
    };
    let profile = profiled(&db, dearest).measured(&db);
    assert!(profile.findings()[0].gain.is_some_and(|gain| gain.steps > 50.0), "{profile}");
    assert_eq!(advised(&profile), ["\"task\" (\"kind\", \"pages\")"], "{profile}");
    // A related row's column, and not the one by which the tables are joined.
    let related = |db: &Database| tasks().filter(|t| t.owner().salary().eq(5)).all(db);
    let profile = profiled(&db, related);
    assert!(advised(&profile).iter().all(|columns| *columns == "\"owner\" (\"salary\")"), "{profile}");
    Ok(())
}

#[test]
fn pages_of_one_question_are_no_loop() -> Result<()> {
    let db = office()?;
    let profile = profiled(&db, |db| {
        (0..12).try_for_each(|page| {
            tasks().filter(|t| t.level().eq(1)).order_by(|t| t.id()).slice(page * 10..(page + 1) * 10).all(db).map(drop)
        })
    });
    assert!(profile.findings().iter().all(|finding| finding.kind != FindingKind::InLoop), "{profile}");
    Ok(())
}

#[test]
fn a_loop_is_told_what_has_the_same_answer() -> Result<()> {
    let db = office()?;
    let fix = |work: &dyn Fn(&Database, i32) -> Result<()>| {
        let profile = profiled(&db, |db| (0..20).try_for_each(|n| work(db, n)));
        let mut loops = profile.findings().iter().filter(|finding| finding.kind == FindingKind::InLoop);
        loops.next().map(|finding| finding.fix.clone())
    };
    let first = fix(&|db, n| {
        let task = tasks().filter(|t| t.owner().eq(i64::from(n + 1))).order_by(|t| t.pages().desc()).first(db)?;
        assert!(task.is_some());
        Ok(())
    });
    let first = first.unwrap();
    assert!(first.contains("`.filter(|t| t.owner().in_(values))`, and keep the first 1 of each value"), "{first}");
    // A keyword as the name of a field.
    let keyword = fix(&|db, n| Owner::objects().filter(|o| o.r#type().eq(n)).all(db).map(drop)).unwrap();
    assert!(keyword.ends_with("`.filter(|o| o.r#type().in_(values))`"), "{keyword}");
    // What writes is not asked for all values at once.
    let made = fix(&|db, n| {
        let new = Owner::create().name(format!("new {n}")).salary(1).r#type(1);
        Owner::objects().get_or_create(db, |o| o.name().eq(format!("new {n}")), new).map(drop)
    });
    assert_eq!(made, None);
    Ok(())
}

#[test]
fn keywords_are_written_as_a_program_writes_them() -> Result<()> {
    let db = office()?;
    Task::objects().update(&db, |t| t.r#match().set(1))?;
    let profile = profiled(&db, |db| {
        let some = tasks().fetch_mode(FetchMode::One).limit(5).all(db)?;
        some.iter().try_for_each(|task| task.r#match.get(db).map(drop))
    });
    let expected = "add `.select_related(|t| t.r#match())` or `.prefetch_related(|t| t.r#match())` to the query";
    assert_eq!(profile.findings()[0].fix, expected);
    Ok(())
}

#[test]
fn rows_of_ones_own_sql_are_told_what_that_has() -> Result<()> {
    let db = office()?;
    let text = "SELECT * FROM task WHERE level = 1 LIMIT 20";
    let profile = profiled(&db, |db| {
        let rows = Task::raw(text, ()).fetch_mode(FetchMode::One).all(db)?;
        rows.iter().try_for_each(|task| task.owner.get(db).map(drop))
    });
    let fixes: Vec<&str> = profile.findings().iter().map(|finding| &*finding.fix).collect();
    assert_eq!(fixes, ["add `.prefetch_related(|t| t.owner())` to the query", "leave the column out of the statement"]);
    let text = "SELECT id, title, state, pages, read, kind, level, owner_id, match_id FROM task LIMIT 20";
    let profile = profiled(&db, |db| {
        let rows = Task::raw(text, ()).fetch_mode(FetchMode::One).all(db)?;
        rows.iter().try_for_each(|task| task.notes.get(db).map(drop))
    });
    assert_eq!(profile.findings()[0].fix, "add the column to the statement", "{profile}");
    Ok(())
}
