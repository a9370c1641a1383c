//! Relations off the beaten track: text keys on both sides of a many-to-many relation, every `on_delete`, and a
//! one-to-one relation whose key may be NULL.

use eager_orm::{Error, Result};

use eager_orm::prelude::*;

mod models {
    use eager_orm::prelude::*;

    /// Many-to-many, to itself and to another model, with text keys.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Word {
        #[field(primary_key)]
        pub word: String,
        pub synonyms: ManyToMany<Word>,
        #[relation(via = "synonyms")]
        pub synonym_of: ManyToMany<Word>,
        pub letters: ManyToMany<Letter>,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Letter {
        #[field(primary_key)]
        pub letter: String,
        #[relation(via = "letters")]
        pub words: ManyToMany<Word>,
        pub last_word: Prefetched<Word>,
    }

    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Parent {
        pub id: i64,
        pub nick: HasOne<Nick>,
        #[relation(via = "restrict")]
        pub restricting: HasMany<Child>,
        #[relation(via = "nothing")]
        pub left_alone: HasMany<Child>,
    }

    /// A key of each `on_delete` but Protect and SetNull, which the library's models have.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Child {
        pub id: i64,
        #[relation(on_delete = Cascade)]
        pub cascade: Option<ForeignKey<Parent>>,
        #[relation(on_delete = Restrict)]
        pub restrict: Option<ForeignKey<Parent>>,
        #[relation(on_delete = DoNothing)]
        pub nothing: Option<ForeignKey<Parent>>,
        #[relation(on_delete = SetDefault)]
        #[field(default = 1)]
        pub default: ForeignKey<Parent>,
    }

    /// At most one for each parent, and any number of nobody.
    #[derive(Model, Debug, Clone, PartialEq)]
    pub struct Nick {
        pub id: i64,
        pub name: String,
        #[field(unique)]
        #[relation(on_delete = SetNull)]
        pub parent: Option<ForeignKey<Parent>>,
    }
}

use self::models::{Child, Letter, Nick, Parent, Word};

fn words() -> Result<Database> {
    let db = Database::in_memory()?;
    db.create_tables(models![Word, Letter])?;
    let words = Word::objects().bulk_create(["big", "large", "'\0"].map(|word| Word::create().word(word))).run(&db)?;
    let letters = Letter::objects().bulk_create(["b", "g"].map(|letter| Letter::create().letter(letter))).run(&db)?;
    let mut big = words[0].clone();
    big.synonyms.add(&db, &words)?;
    big.letters.add(&db, ["b", "g"])?;
    let mut g = letters[1].clone();
    g.words.add(&db, [&words[1], &words[2]])?;
    Ok(db)
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.word.as_str()).collect()
}

#[test]
fn text_keys_are_linked_and_loaded_in_both_directions() -> Result<()> {
    let db = words()?;
    let query = Word::objects()
        .order_by(|w| w.word())
        .prefetch_related(|w| (w.synonyms().order_by(|s| s.word()), w.synonym_of(), w.letters().words()));
    let all = assert_num_queries!(db, 5, { query.all(&db)? });
    assert_eq!(texts(&all), ["'\0", "big", "large"]);
    assert_eq!(texts(all[1].synonyms.loaded().unwrap()), ["'\0", "big", "large"]);
    assert!(all[0].synonyms.loaded().unwrap().is_empty());
    assert!(all.iter().all(|word| texts(word.synonym_of.loaded().unwrap()) == ["big"]));
    assert_eq!(all[2].letters.loaded().unwrap()[0].words.loaded().unwrap().len(), 3);
    // The same by touching: one statement for each relation.
    assert_num_queries!(db, 4, {
        for word in Word::objects().all(&db)? {
            word.letters.all(&db)?;
            for synonym in word.synonyms.all(&db)? {
                synonym.letters.all(&db)?;
            }
        }
    });
    Ok(())
}

#[test]
fn text_keys_are_filtered_and_limited_through_their_links() -> Result<()> {
    let db = words()?;
    let last = Letter::objects()
        .order_by(|l| l.letter())
        .prefetch_related(|l| l.words().query(|q| q.order_by(|w| w.word().desc()).limit(1)).to(|l| l.last_word()));
    let letters = assert_num_queries!(db, 2, { last.all(&db)? });
    assert_eq!(texts(letters[0].last_word.get()?), ["big"]);
    assert_eq!(texts(letters[1].last_word.get()?), ["large"]);
    let query = Word::objects().filter(|w| w.synonyms().letters().letter().eq("g") & w.synonyms().word().ne("big"));
    assert_eq!(texts(&assert_num_queries!(db, 1, { query.all(&db)? })), ["big"]);
    let query = Word::objects().filter(|w| w.letters().eq("b") | w.synonym_of().in_(["large"]));
    assert_eq!(assert_num_queries!(db, 1, { query.count(&db)? }), 1);
    Ok(())
}

fn parents(count: usize) -> Result<(Database, Vec<Parent>)> {
    let db = Database::in_memory()?;
    db.create_tables(models![Child, Parent, Nick])?;
    let parents = Parent::objects().bulk_create((0..count).map(|_| Parent::create())).run(&db)?;
    Ok((db, parents))
}

#[test]
fn cascade_takes_the_row_along_and_set_default_points_it_at_the_default() -> Result<()> {
    let (db, parents) = parents(3)?;
    let child = Child::create().cascade(&parents[1]).save(&db)?;
    assert_eq!(*child.default.key(), 1);
    let deleted = assert_num_queries!(db, 1, { parents[1].clone().delete(&db)? });
    assert_eq!((deleted.total, Child::objects().count(&db)?), (2, 0));
    let child = Child::create().default(&parents[2]).save(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { parents[2].clone().delete(&db)? }).total, 1);
    assert_eq!(*Child::objects().find(&db, child.id)?.default.key(), 1);
    Ok(())
}

#[test]
fn restrict_refuses_unless_the_row_goes_too() -> Result<()> {
    let (db, parents) = parents(3)?;
    Child::create().restrict(&parents[1]).save(&db)?;
    let refused = parents[1].clone().delete(&db).unwrap_err();
    assert!(matches!(&refused, Error::Restricted { model: "Parent", .. }), "{refused:?}");
    assert!(refused.to_string().contains("Child.restrict"), "{refused}");
    Child::create().restrict(&parents[2]).cascade(&parents[2]).save(&db)?;
    assert_eq!(assert_num_queries!(db, 1, { parents[2].clone().delete(&db)? }).total, 2);
    assert_eq!((Parent::objects().count(&db)?, Child::objects().count(&db)?), (2, 1));
    Ok(())
}

#[test]
fn do_nothing_leaves_the_refusal_to_the_database() -> Result<()> {
    let (db, parents) = parents(2)?;
    Child::create().nothing(&parents[1]).save(&db)?;
    let refused = parents[1].clone().delete(&db).unwrap_err();
    assert!(refused.to_string().contains("Child.nothing"), "{refused}");
    assert_eq!(assert_num_queries!(db, 1, { Parent::objects().count(&db)? }), 2);
    Ok(())
}

#[test]
fn a_one_to_one_key_that_is_null_belongs_to_nobody() -> Result<()> {
    let (db, parents) = parents(3)?;
    Nick::create().name("a").save(&db)?;
    Nick::create().name("b").save(&db)?;
    let nick = Nick::create().name("c").parent(&parents[1]).save(&db)?;
    let names = |parents: &[Parent]| -> Vec<Option<String>> {
        parents.iter().map(|parent| parent.nick.loaded().unwrap().map(|nick| nick.name.clone())).collect()
    };
    let expected = [None, Some("c".to_owned()), None];
    let joined = Parent::objects().select_related(|p| p.nick()).order_by(|p| p.id());
    assert_eq!(names(&assert_num_queries!(db, 1, { joined.all(&db)? })), expected);
    let fetched = Parent::objects().prefetch_related(|p| p.nick().parent()).order_by(|p| p.id());
    assert_eq!(names(&assert_num_queries!(db, 3, { fetched.all(&db)? })), expected);
    let touched = assert_num_queries!(db, 2, {
        let parents = Parent::objects().order_by(|p| p.id()).all(&db)?;
        parents.iter().try_for_each(|parent| parent.nick.get(&db).map(drop))?;
        parents
    });
    assert_eq!(names(&touched), expected);
    let error = Nick::create().name("d").parent(&parents[1]).save(&db).unwrap_err();
    assert!(matches!(&error, Error::Unique { model: "Nick", fields } if *fields == ["parent"]), "{error:?}");
    parents[1].clone().delete(&db)?;
    assert!(assert_num_queries!(db, 1, { Nick::objects().find(&db, nick.id)? }).parent.is_none());
    Ok(())
}
