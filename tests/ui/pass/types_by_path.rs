//! Field types spelled by their paths, without the prelude's names, and a relation to a model in another module.

mod people {
    use eager_orm::{HasMany, Model};

    #[derive(Model)]
    pub struct Author {
        pub id: i64,
        pub name: std::string::String,
        pub born: core::option::Option<i32>,
        pub books: HasMany<super::books::Book>,
    }
}

mod books {
    #[derive(eager_orm::Model)]
    pub struct Book {
        pub id: i64,
        pub author: eager_orm::ForeignKey<super::people::Author>,
        pub editor: ::std::option::Option<eager_orm::ForeignKey<crate::people::Author>>,
        pub summary: eager_orm::Deferred<std::option::Option<String>>,
        pub sequels: eager_orm::HasMany<Self>,
        pub book: Option<::eager_orm::ForeignKey<Self>>,
    }
}

fn main() {
    use eager_orm::{Model, Objects};
    let _ = books::Book::objects().filter(|b| b.author().name().eq("x") & b.book().book().is_null()).to_sql();
    let _ = people::Author::objects().filter(|a| a.books().summary().contains("x")).to_sql();
    let _ = people::Author::create().name("x").build();
}
