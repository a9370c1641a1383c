//~ up to 2 errors
//~ required field `role` of `Membership` is not set
use eager_orm::prelude::*;

#[derive(Model)]
struct Club {
    id: i64,
    #[relation(through = Membership)]
    members: ManyToMany<Person>,
}

#[derive(Model)]
struct Person {
    id: i64,
}

#[derive(Model)]
struct Membership {
    id: i64,
    club: ForeignKey<Club>,
    person: ForeignKey<Person>,
    role: String,
}

fn join(db: &Database, club: &mut Club, person: &Person) -> eager_orm::Result<u64> {
    club.members.through(Membership::create()).add(db, [person])
}

fn main() {}
