//! sea-orm-sync 2 on rusqlite, the program of `sea-orm` without its async: pool of one connection, logging off, LoaderTrait for prefetches, find_also_related for the join.
use common::{Bench, NewBook, W6_BOOKS, W8_BOOKS, sum_of};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, LoaderTrait, PaginatorTrait,
    QueryOrder, QuerySelect, TransactionTrait,
};

mod author {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub country: String,
        pub bio: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::book::Entity")]
        Book,
    }
    impl Related<super::book::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Book.def()
        }
    }
    impl ActiveModelBehavior for ActiveModel {}
    common::impl_sum!(Model: id, name, country, bio);
}
mod publisher {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "publisher")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub city: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
    common::impl_sum!(Model: id, name, city);
}
mod book {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub author_id: i64,
        pub publisher_id: Option<i64>,
        pub published: String,
        pub price: f64,
        pub pages: i64,
        pub summary: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::author::Entity", from = "Column::AuthorId", to = "super::author::Column::Id")]
        Author,
        #[sea_orm(
            belongs_to = "super::publisher::Entity",
            from = "Column::PublisherId",
            to = "super::publisher::Column::Id"
        )]
        Publisher,
        #[sea_orm(has_many = "super::review::Entity")]
        Review,
    }
    impl Related<super::author::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Author.def()
        }
    }
    impl Related<super::publisher::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Publisher.def()
        }
    }
    impl Related<super::review::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Review.def()
        }
    }
    impl Related<super::tag::Entity> for Entity {
        fn to() -> RelationDef {
            super::book_tag::Relation::Tag.def()
        }
        fn via() -> Option<RelationDef> {
            Some(super::book_tag::Relation::Book.def().rev())
        }
    }
    impl ActiveModelBehavior for ActiveModel {}
    common::impl_sum!(Model: id, title, author_id, publisher_id, published, price, pages, summary);
}
mod review {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "review")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub book_id: i64,
        pub stars: i64,
        pub body: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::book::Entity", from = "Column::BookId", to = "super::book::Column::Id")]
        Book,
    }
    impl Related<super::book::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Book.def()
        }
    }
    impl ActiveModelBehavior for ActiveModel {}
    common::impl_sum!(Model: id, book_id, stars, body);
}
mod tag {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "tag")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl Related<super::book::Entity> for Entity {
        fn to() -> RelationDef {
            super::book_tag::Relation::Book.def()
        }
        fn via() -> Option<RelationDef> {
            Some(super::book_tag::Relation::Tag.def().rev())
        }
    }
    impl ActiveModelBehavior for ActiveModel {}
    common::impl_sum!(Model: id, name);
}
mod book_tag {
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "book_tag")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub book_id: i64,
        pub tag_id: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(belongs_to = "super::book::Entity", from = "Column::BookId", to = "super::book::Column::Id")]
        Book,
        #[sea_orm(belongs_to = "super::tag::Entity", from = "Column::TagId", to = "super::tag::Column::Id")]
        Tag,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use author::Entity as Author;
use book::Entity as Book;
use book_tag::Entity as BookTag;
use publisher::Entity as Publisher;
use review::Entity as Review;
use tag::Entity as Tag;

/// Where the other program has a runtime: everything has happened already.
struct Here;
impl Here {
    fn block_on<T>(&self, done: T) -> T {
        done
    }
}
struct Cx {
    rt: Here,
    c: DatabaseConnection,
}
fn open(p: std::path::PathBuf, sync: &'static str) -> Cx {
    let rt = Here;
    let mut o = ConnectOptions::new(format!("sqlite://{}", p.display()));
    o.max_connections(1).min_connections(1).sqlx_logging(false).test_before_acquire(false);
    let c = rt.block_on({
        let c = Database::connect(o).unwrap();
        for p in common::PRAGMAS {
            c.execute_unprepared(p).unwrap();
        }
        c.execute_unprepared(sync).unwrap();
        c
    });
    Cx { rt, c }
}
fn active(b: &NewBook) -> book::ActiveModel {
    book::ActiveModel {
        title: Set(b.title.clone()),
        author_id: Set(b.author_id),
        publisher_id: Set(b.publisher_id),
        published: Set(b.published.clone()),
        price: Set(b.price),
        pages: Set(b.pages),
        summary: Set(b.summary.clone()),
        ..Default::default()
    }
}

fn main() {
    let mut bench = Bench::new("sea-orm-sync");
    let c = &mut open(bench.db(), "PRAGMA synchronous=NORMAL");
    let v: String = c.rt.block_on({
        c.c.query_one_raw(sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Sqlite, "select sqlite_version()"))
            .unwrap()
            .unwrap()
            .try_get_by_index(0)
            .unwrap()
    });
    bench.version(&v, "sea-orm-sync 2.0.4");
    bench.run("W1", c, |Cx { rt, c }| rt.block_on(Book::find().all(c)).unwrap());
    let ids = common::w2_ids();
    bench.run("W2", c, |Cx { rt, c }| -> Vec<book::Model> {
        rt.block_on({
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(Book::find_by_id(*id).one(c).unwrap().unwrap());
            }
            v
        })
    });
    let ids = common::w3_authors();
    bench.run("W3", c, |Cx { rt, c }| -> Vec<Vec<book::Model>> {
        rt.block_on({
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                v.push(
                    Book::find()
                        .filter(book::Column::AuthorId.eq(*id))
                        .order_by_desc(book::Column::Published)
                        .limit(10)
                        .all(c)
                        .unwrap(),
                );
            }
            v
        })
    });
    bench.run("W4", c, |Cx { rt, c }| -> Vec<(book::Model, author::Model, Option<publisher::Model>)> {
        rt.block_on({
            Book::find()
                .find_also_related(Author)
                .find_also_related(Publisher)
                .all(c)
                .unwrap()
                .into_iter()
                .map(|(b, a, p)| (b, a.unwrap(), p))
                .collect()
        })
    });
    bench.run("W5", c, |Cx { rt, c }| -> Vec<(author::Model, Vec<book::Model>)> {
        rt.block_on({
            let a = Author::find().all(c).unwrap();
            let b = a.load_many(Book, c).unwrap();
            a.into_iter().zip(b).collect()
        })
    });
    bench.run("W6", c, |Cx { rt, c }| -> Vec<(book::Model, Vec<tag::Model>)> {
        rt.block_on({
            let b = Book::find().filter(book::Column::Id.lte(W6_BOOKS)).all(c).unwrap();
            let t = b.load_many_to_many(Tag, BookTag, c).unwrap();
            b.into_iter().zip(t).collect()
        })
    });
    bench.run("W7", c, |Cx { rt, c }| -> Vec<(author::Model, Vec<(book::Model, Vec<review::Model>)>)> {
        rt.block_on({
            let a = Author::find().all(c).unwrap();
            let b = a.load_many(Book, c).unwrap();
            let counts: Vec<usize> = b.iter().map(|x| x.len()).collect();
            let flat: Vec<book::Model> = b.into_iter().flatten().collect();
            let r = flat.load_many(Review, c).unwrap();
            let mut it = flat.into_iter().zip(r);
            a.into_iter().zip(counts).map(|(a, n)| (a, it.by_ref().take(n).collect())).collect()
        })
    });
    bench.run("W8", c, |Cx { rt, c }| -> Vec<(book::Model, author::Model)> {
        rt.block_on({
            let b = Book::find().filter(book::Column::Id.lte(W8_BOOKS)).all(c).unwrap();
            let mut v = vec![];
            for b in b {
                let a = b.find_related(Author).one(c).unwrap().unwrap();
                v.push((b, a));
            }
            v
        })
    });
    let news = common::w9_books();
    let del = |Cx { rt, c }: &mut Cx, _: usize| {
        rt.block_on(Book::delete_many().filter(book::Column::Id.gt(20_000)).exec(c)).unwrap();
    };
    let sum = |Cx { rt, c }: &mut Cx, _: &()| sum_of(&rt.block_on(Book::find().all(c)).unwrap());
    bench.run_insert(
        "W9",
        c,
        |c, i| {
            del(c, i);
            news.chunks(1000).map(|k| k.iter().map(active).collect()).collect::<Vec<Vec<_>>>()
        },
        |Cx { rt, c }, chunks| {
            rt.block_on({
                let tx = c.begin().unwrap();
                for k in chunks {
                    Book::insert_many(k).exec_without_returning(&tx).unwrap();
                }
                tx.commit().unwrap();
            })
        },
        |c| sum(c, &()),
    );
    del(c, 0);
    bench.run_with(
        "W10",
        c,
        |_, i| common::w10_changes(i),
        |Cx { rt, c }, ch| {
            rt.block_on({
                let tx = c.begin().unwrap();
                for x in ch {
                    Book::update_many()
                        .col_expr(book::Column::Price, Expr::value(x.price))
                        .col_expr(book::Column::Title, Expr::value(x.title))
                        .filter(book::Column::Id.eq(x.id))
                        .exec(&tx)
                        .unwrap();
                }
                tx.commit().unwrap();
            })
        },
        sum,
    );
    bench.run("W12", c, |Cx { rt, c }| -> Vec<(i64, String)> {
        rt.block_on(Book::find().select_only().column(book::Column::Id).column(book::Column::Title).into_tuple().all(c))
            .unwrap()
    });
    let ps = common::w13_prices();
    bench.run("W13", c, |Cx { rt, c }| -> Vec<i64> {
        rt.block_on({
            let mut v = Vec::with_capacity(ps.len());
            for p in &ps {
                v.push(Book::find().filter(book::Column::Price.gt(*p)).count(c).unwrap() as i64);
            }
            v
        })
    });
    if bench.wants("W11") {
        let c = &mut open(bench.db(), "PRAGMA synchronous=OFF");
        let news = common::w11_books();
        bench.run_insert(
            "W11",
            c,
            |c, i| {
                del(c, i);
                news.iter().map(active).collect::<Vec<_>>()
            },
            |Cx { rt, c }, rows| {
                rt.block_on({
                    for row in rows {
                        Book::insert(row).exec_without_returning(c).unwrap();
                    }
                })
            },
            |c| sum(c, &()),
        );
    }
}
