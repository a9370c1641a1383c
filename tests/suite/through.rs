//! Links with fields of their own: rows of a through model that a many-to-many relation makes.

use std::sync::atomic::{AtomicI64, Ordering};

use eager_orm::{Error, Result, prelude::*};

#[derive(Model, Debug, Clone, PartialEq)]
struct Club {
    id: i64,
    name: String,
    #[relation(through = Membership)]
    members: ManyToMany<Person>,
    /// The same people, by a table without a model.
    guests: ManyToMany<Person>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Person {
    #[field(primary_key)]
    email: String,
    #[field(default = 0)]
    visits: i32,
    #[relation(via = "members")]
    clubs: ManyToMany<Club>,
    #[relation(through(Friendship, from = "one", to = "other"))]
    friends: ManyToMany<Person>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(unique(fields = "club, person"))]
struct Membership {
    #[field(primary_key, default = next_number())]
    number: i64,
    #[relation(on_delete = Cascade)]
    club: ForeignKey<Club>,
    #[relation(on_delete = Cascade)]
    person: ForeignKey<Person>,
    #[field(min_length = 2)]
    role: String,
    #[field(default = "green".to_owned())]
    badge: String,
    since: Option<Date>,
    #[field(version)]
    version: i64,
}

/// Two keys to one model, and none of its own but them.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(primary_key = "one, other")]
struct Friendship {
    #[relation(on_delete = Cascade)]
    one: ForeignKey<Person>,
    #[relation(on_delete = Cascade)]
    other: ForeignKey<Person>,
    #[field(default = next_number())]
    met: i64,
}

/// A default that the program knows, another one each time.
fn next_number() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn people(db: &Database, count: usize) -> Result<Vec<Person>> {
    Person::objects().bulk_create((0..count).map(|i| Person::create().email(format!("{i:05}@club")))).run(db)
}

fn setting() -> Result<(Database, Club, Vec<Person>)> {
    let db = Database::in_memory()?;
    db.create_tables(models![Club, Person, Membership, Friendship])?;
    let club = Club::create().name("Chess").save(&db)?;
    let people = people(&db, 5)?;
    Ok((db, club, people))
}

fn roles(db: &Database) -> Result<Vec<(String, String)>> {
    Membership::objects().order_by(|m| m.person()).values_list(|m| (m.person(), m.role())).all(db)
}

#[test]
fn rows_are_added_with_fields_of_the_link_by_two_statements() -> Result<()> {
    let (db, mut club, people) = setting()?;
    assert_eq!(club.members.all(&db)?.len(), 0);
    let member = || Membership::create().role("member").since(Date::constant(2024, 2, 29));
    let new = assert_num_queries!(db, 2, { club.members.through(member()).add(&db, &people[..3])? });
    assert_eq!(new, 3);
    // The handle reads afresh.
    assert_eq!(club.members.all(&db)?.len(), 3);
    let links = Membership::objects().all(&db)?;
    for link in &links {
        assert_eq!((link.role.as_str(), link.badge.as_str(), link.version), ("member", "green", 1));
        assert_eq!(link.since, Some(Date::constant(2024, 2, 29)));
    }
    // The default of its key was asked for each of them.
    assert!(links[0].number != links[1].number && links[1].number != links[2].number);
    // Those that are linked stay as they are, and a row given twice is one.
    let chair = Membership::create().role("chair");
    let new = assert_num_queries!(db, 2, {
        club.members.through(chair.clone()).add(&db, [&people[2], &people[3], &people[3]])?
    });
    assert_eq!(new, 1);
    assert_eq!(assert_num_queries!(db, 1, { club.members.through(chair.clone()).add(&db, [&people[0]])? }), 0);
    assert_num_queries!(db, 0, { club.members.through(chair).add(&db, Vec::<&Person>::new())? });
    assert_eq!(
        roles(&db)?.iter().map(|(_, role)| role.as_str()).collect::<Vec<_>>(),
        ["member", "member", "member", "chair"]
    );
    Ok(())
}

#[test]
fn many_rows_are_linked_by_as_many_statements_as_few() -> Result<()> {
    let (db, mut club, _) = setting()?;
    let many = people(&db, 0)?;
    assert!(many.is_empty());
    let many =
        Person::objects().bulk_create((0..40_000).map(|i| Person::create().email(format!("{i:06}@many")))).run(&db)?;
    let member = Membership::create().role("member");
    assert_eq!(assert_num_queries!(db, 2, { club.members.through(member.clone()).add(&db, &many)? }), 40_000);
    assert_num_queries!(db, 2, { club.members.through(member.clone()).set(&db, &many[20_000..])? });
    assert_num_queries!(db, 3, { club.members.through(member).set(&db, &many[10_000..30_000])? });
    assert_eq!(club.members.query().count(&db)?, 20_000);
    Ok(())
}

#[test]
fn set_keeps_the_links_that_are_there_and_makes_the_new_ones() -> Result<()> {
    let (db, mut club, people) = setting()?;
    club.members.through(Membership::create().role("chair")).add(&db, &people[..2])?;
    let member = Membership::create().role("member");
    assert_num_queries!(db, 3, { club.members.through(member.clone()).set(&db, &people[1..4])? });
    let expected = [("00001@club", "chair"), ("00002@club", "member"), ("00003@club", "member")];
    assert_eq!(roles(&db)?, expected.map(|(who, role)| (who.to_owned(), role.to_owned())));
    assert_eq!(club.members.all(&db)?.len(), 3);
    // The same again, of which nothing is new and nothing goes.
    assert_num_queries!(db, 1, { club.members.through(member).set(&db, &people[1..4])? });
    Ok(())
}

#[test]
fn rows_are_created_got_and_updated_with_their_links() -> Result<()> {
    let (db, mut club, _) = setting()?;
    let chair = || Membership::create().role("chair").badge("gold");
    let dan = assert_num_queries!(db, 2, { club.members.through(chair()).create(&db, Person::create().email("dan"))? });
    assert_eq!(Membership::objects().get(&db)?.badge, "gold");
    let member = || Membership::create().role("member");
    let is = |email: &'static str| move |p: Fields<Person>| p.email().eq(email);
    let new = |email: &str| Person::create().email(email);
    let (same, created) =
        assert_num_queries!(db, 1, { club.members.through(member()).get_or_create(&db, is("dan"), new("dan"))? });
    assert!(same.email == dan.email && !created);
    let (_, created) =
        assert_num_queries!(db, 3, { club.members.through(member()).get_or_create(&db, is("eve"), new("eve"))? });
    assert!(created);
    let visit = |p: Fields<Person>| p.visits().set(p.visits() + 1);
    for (email, visits, created) in [("eve", 1, false), ("eve", 2, false), ("fay", 0, true)] {
        let outcome =
            club.members.through(member()).update_or_create(&db, move |p| p.email().eq(email), visit, new(email))?;
        assert_eq!((outcome.0.visits, outcome.1), (visits, created));
    }
    let expected = [("dan", "chair"), ("eve", "member"), ("fay", "member")];
    assert_eq!(roles(&db)?, expected.map(|(who, role)| (who.to_owned(), role.to_owned())));
    assert_eq!(club.members.all(&db)?.len(), 3);
    Ok(())
}

#[test]
fn the_other_side_and_two_keys_to_one_model_have_their_links_the_right_way_round() -> Result<()> {
    let (db, club, mut people) = setting()?;
    let [ann, bob, ..] = people.as_mut_slice() else { unreachable!() };
    assert_eq!(ann.clubs.through(Membership::create().role("member")).add(&db, [&club])?, 1);
    let link = Membership::objects().get(&db)?;
    assert_eq!((link.club.key(), link.person.key()), (&club.id, &ann.email));
    assert_eq!(ann.friends.through(Friendship::create().met(-7)).add(&db, [&*bob])?, 1);
    let link = Friendship::objects().get(&db)?;
    assert_eq!((link.one.key(), link.other.key(), link.met), (&ann.email, &bob.email, -7));
    assert_eq!(bob.friends.all(&db)?.len(), 0);
    Ok(())
}

#[test]
fn defaults_of_the_program_are_in_links_of_which_nothing_is_said() -> Result<()> {
    let (db, mut club, mut people) = setting()?;
    let others = people.split_off(1);
    assert_eq!(assert_num_queries!(db, 2, { people[0].friends.add(&db, &others)? }), 4);
    let met = Friendship::objects().values_list(|f| f.met()).all(&db)?;
    assert!(met.iter().all(|met| *met > 0) && met[0] != met[1], "{met:?}");
    let own = people[0].email.clone();
    assert_num_queries!(db, 3, { people[0].friends.set(&db, [&others[0].email, &own])? });
    assert_eq!(people[0].friends.all(&db)?.len(), 2);
    // A required field of the link is missed by its own name.
    let error = club.members.add(&db, &others).unwrap_err();
    assert!(matches!(&error, Error::NotNull { model: "Membership", field } if field == "role"), "{error:?}");
    assert_eq!(club.members.query().count(&db)?, 0);
    Ok(())
}

/// A link that knows when it was made.
#[derive(Model, Debug)]
struct Seen {
    id: i64,
    #[relation(on_delete = Cascade)]
    guild: ForeignKey<Guild>,
    #[relation(on_delete = Cascade)]
    member: ForeignKey<Member>,
    #[field(auto_now_add)]
    since: Timestamp,
    #[field(auto_now)]
    last: Option<Timestamp>,
    #[field(default = next_number())]
    number: i64,
}

#[derive(Model, Debug)]
struct Guild {
    id: i64,
    #[relation(through = Seen)]
    people: ManyToMany<Member>,
}

#[derive(Model, Debug)]
struct Member {
    id: i64,
}

#[test]
fn links_of_which_nothing_is_said_know_when_they_were_made() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Guild, Member, Seen])?;
    let before = Timestamp::now();
    let mut guild = Guild::create().save(&db)?;
    let members = Member::objects().bulk_create((0..3).map(|_| Member::create())).run(&db)?;
    guild.people.add(&db, &members[..1])?;
    guild.people.set(&db, &members[..2])?;
    guild.people.create(&db, Member::create())?;
    let seen = Seen::objects().all(&db)?;
    assert_eq!(seen.len(), 3);
    for link in seen {
        assert!(link.since.as_microsecond() >= before.as_microsecond() && link.last == Some(link.since), "{link:?}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_with_a_link_is_an_error_of_its_model_and_nothing_stays() -> Result<()> {
    let (db, mut club, people) = setting()?;
    let member = || Membership::create().role("member");
    club.members.through(member()).add(&db, &people[..1])?;
    let count = || Membership::objects().count(&db);
    // A rule of the through model.
    let error = club.members.through(Membership::create().role("x")).add(&db, &people).unwrap_err();
    assert!(matches!(&error, Error::Invalid { .. }), "{error:?}");
    // A row that is not there, behind one that is.
    let error = club.members.through(member()).add(&db, ["00001@club".to_owned(), "nobody".to_owned()]).unwrap_err();
    assert!(
        matches!(&error, Error::ForeignKey { model: "Membership", relation: Some("person"), key: Some(key) } if key.contains("nobody")),
        "{error:?}"
    );
    // A key that every link has.
    let error = club.members.through(member().number(-1)).add(&db, &people[1..3]).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Membership", fields } if fields == &["number"]), "{error:?}");
    // A new row goes with its link.
    let error = club.members.through(Membership::create().role("x")).create(&db, Person::create().email("dan"));
    assert!(matches!(&error, Err(Error::Invalid { .. })), "{error:?}");
    assert_eq!((count()?, Person::objects().count(&db)?), (1, 5));
    // In a transaction that goes on.
    db.transaction(|tx| {
        assert!(club.members.through(Membership::create().role("x")).set(tx, &people[3..]).is_err());
        club.members.through(member()).add(tx, &people[1..2]).map(drop)
    })?;
    assert_eq!(roles(&db)?.len(), 2);
    Ok(())
}

#[test]
fn a_model_that_the_relation_does_not_go_through_is_refused() -> Result<()> {
    let (db, mut club, people) = setting()?;
    let (outcome, log) = db.capture(|db| club.members.through(Friendship::create()).add(db, &people));
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "`Club.members` goes through `Membership`, and not through `Friendship`"
    );
    assert_eq!(log.len(), 0, "{log}");
    let error = club.guests.through(Membership::create().role("member")).add(&db, &people).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table of `Club.guests` has no model: `Membership` is one if the relation says `through = Membership`"
    );
    let error = club.guests.through(Membership::create().role("member")).create(&db, Person::create().email("dan"));
    assert!(matches!(error, Err(Error::Misuse { .. })), "{error:?}");
    assert_eq!(Person::objects().count(&db)?, 5);
    Ok(())
}

#[derive(Model, Debug, Clone)]
struct Fan {
    id: i64,
    #[relation(through(Follow, from = "fan", to = "star"))]
    stars: ManyToMany<Fan>,
    #[relation(via = "stars")]
    fans: ManyToMany<Fan>,
}

#[derive(Model, Debug, Clone, PartialEq)]
#[model(validate = |link: &eager_orm::Written<'_, Follow>| match link.fan == link.star {
    true => Err("follows oneself"),
    false => Ok(()),
})]
struct Follow {
    id: i64,
    #[relation(on_delete = Cascade)]
    fan: ForeignKey<Fan>,
    #[relation(on_delete = Cascade)]
    star: ForeignKey<Fan>,
    #[field(default = "plain", max_length = 5)]
    kind: String,
    #[field(version)]
    version: i64,
    #[field(default_sql = "'t' || abs(7)")]
    token: String,
}

#[test]
fn the_rules_of_a_link_are_asked_also_where_nothing_is_said_of_it() -> Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Fan, Follow])?;
    let mut fans = Fan::objects().bulk_create((0..3).map(|_| Fan::create())).run(&db)?;
    let refused = |outcome: Result<()>| match outcome {
        Err(Error::Invalid { model: "Follow", failures }) => assert_eq!(failures[0].to_string(), "follows oneself"),
        other => panic!("{other:?}"),
    };
    refused(fans[0].stars.add(&db, [1, 2]).map(drop));
    refused(fans[0].stars.set(&db, [2, 1]));
    refused(fans[1].fans.add(&db, [3, 2]).map(drop));
    assert_eq!(Follow::objects().count(&db)?, 0);
    assert_eq!(assert_num_queries!(db, 2, { fans[0].stars.add(&db, [2, 3])? }), 2);
    fans[2].stars.create(&db, Fan::create())?;
    let links = Follow::objects().values_list(|f| (f.fan(), f.star(), f.kind(), f.version(), f.token())).all(&db)?;
    let link = |fan, star| (fan, star, "plain".to_owned(), 1, "t7".to_owned());
    assert_eq!(links, [link(1, 2), link(1, 3), link(3, 4)]);
    Ok(())
}
