//! Enums as columns: stored as texts or as numbers, in every lookup, held by the table and by the reader.

use eager_orm::{Error, prelude::*};

#[derive(DbEnum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Status {
    Draft,
    InReview,
    #[db(rename = "it's out")]
    Published,
}

#[derive(DbEnum, Clone, Copy, Debug, PartialEq)]
#[db(integer)]
enum Priority {
    Low = -1,
    Normal = 0,
    High = 10,
}

#[derive(DbEnum, Clone, Debug, PartialEq)]
#[db(rename_all = "SCREAMING_SNAKE_CASE")]
enum Channel {
    Web,
    MobileApp,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Post {
    id: i64,
    title: String,
    #[field(default = Status::Draft)]
    status: Status,
    #[field(default = Priority::Normal)]
    priority: Priority,
    channel: Option<Channel>,
    before: Deferred<Option<Status>>,
}

fn posts() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Post]).unwrap();
    let post = |title: &str, status, priority| Post::create().title(title).status(status).priority(priority);
    let rows = [
        post("a", Status::Published, Priority::Low).channel(Channel::MobileApp),
        post("b", Status::Draft, Priority::High),
        post("c", Status::InReview, Priority::Normal).channel(Some(Channel::Web)).before(Status::Draft),
        post("d", Status::Draft, Priority::Normal),
    ];
    Post::objects().bulk_create(rows).run(&db).unwrap();
    db
}

fn titles(db: &Database, posts: QuerySet<Post>) -> Vec<String> {
    posts.values_list(|p| p.title()).all(db).unwrap()
}

#[test]
fn an_enum_is_stored_and_read() {
    let db = posts();
    let stored: Vec<(String, i64, Option<String>)> =
        raw("SELECT status, priority, channel FROM post ORDER BY id", ()).all(&db).unwrap();
    assert_eq!(stored[0], ("it's out".to_owned(), -1, Some("MOBILE_APP".to_owned())));
    assert_eq!(stored[2], ("in_review".to_owned(), 0, Some("WEB".to_owned())));
    let rows = Post::objects().order_by(|p| p.id()).all(&db).unwrap();
    assert_eq!((rows[0].status, rows[0].priority), (Status::Published, Priority::Low));
    assert_eq!((rows[0].channel.clone(), rows[1].channel.clone()), (Some(Channel::MobileApp), None));
    assert_eq!((rows[2].before.loaded(), rows[3].before.loaded()), (Some(&Some(Status::Draft)), Some(&None)));
    assert_eq!(Status::VARIANTS, [Status::Draft, Status::InReview, Status::Published]);
    assert_eq!((Priority::High.as_str(), Status::Published.as_str()), ("high", "it's out"));
}

#[test]
fn defaults_are_filled_in_and_saves_write_back() {
    let db = posts();
    let mut post = Post::create().title("e").save(&db).unwrap();
    assert_eq!((post.status, post.priority), (Status::Draft, Priority::Normal));
    post.status = Status::InReview;
    post.priority = Priority::High;
    post.channel = Some(Channel::Web);
    post.save(&db).unwrap();
    post.refresh(&db).unwrap();
    assert_eq!(
        (post.status, post.priority, post.channel.clone()),
        (Status::InReview, Priority::High, Some(Channel::Web))
    );
    let changed = Post::objects().filter(|p| p.status().eq(Status::Draft)).update(&db, |p| {
        (p.status().set(Status::Published), p.channel().set(None::<Channel>), p.priority().set(&Priority::Low))
    });
    assert_eq!(changed.unwrap(), 2);
    assert_eq!(Post::objects().filter(|p| p.status().eq(Status::Published)).count(&db).unwrap(), 3);
}

#[test]
fn an_enum_stands_in_every_lookup() {
    let db = posts();
    let all = Post::objects().order_by(|p| p.id());
    let with = |condition: fn(Fields<Post>) -> Cond<Post>| titles(&db, all.clone().filter(condition));
    assert_eq!(with(|p| p.status().eq(Status::Draft)), ["b", "d"]);
    assert_eq!(with(|p| p.status().eq(&Status::Published)), ["a"]);
    assert_eq!(with(|p| p.status().ne(Status::Draft)), ["a", "c"]);
    assert_eq!(with(|p| p.status().in_([Status::Draft, Status::Published])), ["a", "b", "d"]);
    assert_eq!(with(|p| p.status().in_(Status::VARIANTS)), ["a", "b", "c", "d"]);
    assert_eq!(with(|p| p.channel().eq(Some(Channel::Web))), ["c"]);
    assert_eq!(with(|p| p.channel().eq(None::<Channel>)), ["b", "d"]);
    assert_eq!(with(|p| p.channel().is_null()), ["b", "d"]);
    assert_eq!(with(|p| p.priority().gt(Priority::Normal)), ["b"]);
    assert_eq!(with(|p| p.priority().between(Priority::Low, Priority::Normal)), ["a", "c", "d"]);
    assert_eq!(with(|p| p.before().eq(p.status())), [] as [&str; 0]);
    assert_eq!(with(|p| p.channel().coalesce(Channel::Web).eq(Channel::Web)), ["b", "c", "d"]);
}

#[test]
fn an_enum_is_selected_grouped_and_ordered() {
    let db = posts();
    let by_priority = Post::objects().order_by(|p| (p.priority().desc(), p.id())).values_list(|p| p.priority());
    assert_eq!(by_priority.all(&db).unwrap(), [Priority::High, Priority::Normal, Priority::Normal, Priority::Low]);
    let groups = Post::objects().values_list(|p| p.status()).annotate(|_| count()).order_by(|p| p.status());
    assert_eq!(groups.all(&db).unwrap(), [(Status::Draft, 2), (Status::InReview, 1), (Status::Published, 1)]);
    let ends = Post::objects().aggregate(&db, |p| (p.priority().min(), p.priority().max(), p.channel().count()));
    assert_eq!(ends.unwrap(), (Some(Priority::Low), Some(Priority::High), 2));
    let distinct = Post::objects().values_list(|p| p.status()).distinct().order_by(|p| p.status());
    assert_eq!(distinct.all(&db).unwrap().len(), 3);
    let shown = Post::objects()
        .order_by(|p| p.id())
        .values_list(|p| case().when(p.priority().eq(Priority::High), Status::Published).otherwise(p.status()));
    assert_eq!(shown.all(&db).unwrap()[1], Status::Published);
    let records = Post::objects().order_by(|p| p.id()).values(|p| (p.status(), p.priority(), p.channel())).all(&db);
    assert_eq!(
        serde_json::to_string(&records.unwrap()[1]).unwrap(),
        r#"{"status":"draft","priority":10,"channel":null}"#
    );
    let row: (Status, Option<Channel>) =
        raw("SELECT status, channel FROM post WHERE priority = ?1", (Priority::High,)).get(&db).unwrap();
    assert_eq!(row, (Status::Draft, None));
}

#[test]
fn the_table_holds_the_values_of_the_enum() {
    let db = posts();
    let refused = |sql: &str, name: &str| {
        let error = raw::<()>(sql, ()).execute(&db).unwrap_err();
        assert!(matches!(&error, Error::Check { name: found, .. } if found == name), "{sql}: {error}");
    };
    refused("UPDATE post SET status = 'gone'", "status_choices");
    refused("UPDATE post SET status = 'Draft'", "status_choices");
    refused("UPDATE post SET priority = 3", "priority_choices");
    refused("UPDATE post SET channel = 'web'", "channel_choices");
    raw::<()>("UPDATE post SET channel = NULL, status = 'it''s out', priority = -1", ()).execute(&db).unwrap();
}

#[test]
fn an_unknown_value_is_an_error_that_names_model_field_and_value() {
    let db = Database::in_memory().unwrap();
    raw::<()>("CREATE TABLE post (id INTEGER PRIMARY KEY, title, status, priority, channel, before)", ())
        .execute(&db)
        .unwrap();
    let error = |values: &str| {
        raw::<()>(&format!("INSERT OR REPLACE INTO post VALUES (1, 'a', {values}, NULL)"), ()).execute(&db).unwrap();
        Post::objects().get(&db).unwrap_err().to_string()
    };
    assert_eq!(
        error("'gone', 0, NULL"),
        "`Post.status` is a `Status`, and the row has the TEXT 'gone', which is none of 'draft', 'in_review', \
         'it''s out', in column \"status\""
    );
    assert_eq!(
        error("'draft', 7, NULL"),
        "`Post.priority` is a `Priority`, and the row has the INTEGER 7, which is none of -1, 0, 10, in column \
         \"priority\""
    );
    assert_eq!(
        error("'draft', '0', NULL"),
        "`Post.priority` is a `Priority`, and the row has the TEXT '0', which is none of -1, 0, 10, in column \
         \"priority\""
    );
    assert!(
        error("'draft', 0, 'web'").contains("`Post.channel` is a `Option<Channel>`, and the row has the TEXT 'web'")
    );
    assert!(error("NULL, 0, 'WEB'").contains("`Post.status` is a `Status`, and the row has NULL in"));
}
