//! What may be sent to another thread, and shared between threads.
#[path = "../zoo.rs"]
mod zoo;

use eager_orm::prelude::*;
use zoo::*;

fn both<T: Send + Sync + 'static>() {}

fn rows_are_plain_values(a: &Book, b: &Book) -> String {
    let c = a.clone();
    format!("{a:?} {b:?} {c:?}")
}

fn main() {
    both::<Book>();
    both::<Author>();
    both::<Employee>();
    both::<Airport>();
    both::<NewBook>();
    both::<ForeignKey<Author>>();
    both::<Option<ForeignKey<Author>>>();
    both::<HasMany<Book>>();
    both::<HasOne<Profile>>();
    both::<ManyToMany<Tag>>();
    both::<Prefetched<Review>>();
    both::<Deferred<String>>();
    both::<Memo<f64>>();
    both::<QuerySet<Book>>();
    both::<Cond<Book>>();
    both::<Expr<Book, i32>>();
    both::<Fields<Book>>();
    both::<Database>();
    both::<eager_orm::Error>();
    let _ = rows_are_plain_values;
}
