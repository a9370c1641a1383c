#[allow(dead_code)]
mod db;
use common::*;
use db::{Db, Stmt};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

#[derive(Default)]
struct Mul(u64);
impl Hasher for Mul {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!()
    }
    fn write_i64(&mut self, v: i64) {
        self.0 = (v as u64).wrapping_mul(0x9E3779B97F4A7C15).rotate_left(26);
    }
}
type Map = HashMap<i64, u32, BuildHasherDefault<Mul>>;
/// where the parent of a child is: last parent first (children come grouped), then the map
struct Place {
    map: Map,
    last: (i64, usize),
}
impl Place {
    fn new(ids: &[i64]) -> Place {
        let mut map = Map::with_capacity_and_hasher(ids.len(), Default::default());
        for (i, id) in ids.iter().enumerate() {
            map.insert(*id, i as u32);
        }
        Place { map, last: (i64::MIN, 0) }
    }
    #[inline(always)]
    fn of(&mut self, id: i64) -> usize {
        if self.last.0 != id {
            self.last = (id, self.map[&id] as usize);
        }
        self.last.1
    }
}

const BOOK: &str = "b.id,b.title,b.author_id,b.publisher_id,b.published,b.price,b.pages,b.summary";
#[inline(always)]
fn book(s: &Stmt, o: i32) -> Book {
    Book {
        id: s.int(o),
        title: s.text(o + 1),
        author_id: s.int(o + 2),
        publisher_id: s.opt(o + 3),
        published: s.text(o + 4),
        price: s.real(o + 5),
        pages: s.int(o + 6),
        summary: s.text(o + 7),
    }
}
#[inline(always)]
fn author(s: &Stmt, o: i32) -> Author {
    Author { id: s.int(o), name: s.text(o + 1), country: s.text(o + 2), bio: s.text(o + 3) }
}
#[inline(always)]
fn review(s: &Stmt, o: i32) -> Review {
    Review { id: s.int(o), book_id: s.int(o + 1), stars: s.int(o + 2), body: s.text(o + 3) }
}
#[inline(always)]
fn tag(s: &Stmt, o: i32) -> Tag {
    Tag { id: s.int(o), name: s.text(o + 1) }
}
fn all<T>(s: &Stmt, f: impl Fn(&Stmt) -> T) -> Vec<T> {
    let mut v = vec![];
    while s.step() {
        v.push(f(s));
    }
    s.reset();
    v
}

/// Ways of asking for "the rows whose key is one of these"
#[derive(Clone, Copy, PartialEq, Debug)]
enum How {
    In,      // IN (?,?,..), the statement kept
    InPrep,  // IN (?,?,..), prepared each time
    InLit,   // IN (1,2,3..) literals, prepared each time
    Chunk,   // IN (? x 500) kept, several rounds, last one padded with the last id
    Carray,  // IN (select value from carray(?))
    CarrayJ, // carray(?) cross join
    Json,    // IN (select value from json_each(?))
    JsonJ,   // json_each(?) cross join
    Temp,    // temp table filled, IN (select id from it)
    TempJ,   // temp table filled, joined
    Loop,    // key = ? for each
    LoopTx,  // the same inside one read transaction
    Subq,    // IN (the query of the parents)
    Range,   // key BETWEEN min AND max, then those not wanted dropped
}
struct Batch {
    how: How,
    base: String, // "select .. from .. where "
    join: String, // for the J forms: "select .. from {} cross join .. where .."
    key: &'static str,
    subq: &'static str,
    kept: HashMap<usize, Stmt>,
    ins: Option<Stmt>,
    del: Option<Stmt>,
}
impl Batch {
    fn new(d: &Db, how: How, cols: &str, from: &str, key: &'static str, subq: &'static str) -> Batch {
        if matches!(how, How::Temp | How::TempJ) {
            d.exec("create temp table if not exists _ids(id integer primary key)");
        }
        let ins = matches!(how, How::Temp | How::TempJ).then(|| d.prep("insert into temp._ids values(?)"));
        let del = matches!(how, How::Temp | How::TempJ).then(|| d.prep("delete from temp._ids"));
        Batch {
            how,
            base: format!("select {cols} from {from} where "),
            join: format!("select {cols} from @ k cross join {from} where {key}=k."),
            key,
            subq,
            kept: HashMap::new(),
            ins,
            del,
        }
    }
    fn marks(n: usize) -> String {
        let mut s = String::with_capacity(n * 2 + 2);
        s.push_str(" in (");
        for i in 0..n {
            s.push_str(if i == 0 { "?" } else { ",?" });
        }
        s.push(')');
        s
    }
    fn each(&mut self, d: &Db, ids: &[i64], mut f: impl FnMut(&Stmt)) {
        let drain = |s: &Stmt, f: &mut dyn FnMut(&Stmt)| {
            while s.step() {
                f(s)
            }
            s.reset();
        };
        let (base, key) = (&self.base, self.key);
        match self.how {
            How::In => {
                let s = self
                    .kept
                    .entry(ids.len())
                    .or_insert_with(|| d.prep(&format!("{base}{key}{}", Self::marks(ids.len()))));
                for (i, id) in ids.iter().enumerate() {
                    s.bind(i as i32 + 1, *id);
                }
                while s.step() {
                    f(s)
                }
                s.reset();
            }
            How::InPrep => {
                let s = d.prep(&format!("{base}{key}{}", Self::marks(ids.len())));
                for (i, id) in ids.iter().enumerate() {
                    s.bind(i as i32 + 1, *id);
                }
                drain(&s, &mut f)
            }
            How::InLit => {
                use std::fmt::Write;
                let mut q = format!("{base}{key} in (");
                for (i, id) in ids.iter().enumerate() {
                    if i > 0 {
                        q.push(',')
                    }
                    write!(q, "{id}").unwrap();
                }
                q.push(')');
                let s = d.prep(&q);
                drain(&s, &mut f)
            }
            How::Chunk => {
                let s = self.kept.entry(500).or_insert_with(|| d.prep(&format!("{base}{key}{}", Self::marks(500))));
                for c in ids.chunks(500) {
                    for i in 0..500 {
                        s.bind(i as i32 + 1, c[i.min(c.len() - 1)]);
                    }
                    while s.step() {
                        f(s)
                    }
                    s.reset();
                }
            }
            How::Carray | How::CarrayJ => {
                let j = self.how == How::CarrayJ;
                let join = &self.join;
                let s = self.kept.entry(0).or_insert_with(|| {
                    d.prep(&if j {
                        format!("{}value", join.replace('@', "carray(?1)"))
                    } else {
                        format!("{base}{key} in (select value from carray(?1))")
                    })
                });
                unsafe { s.bind_arr(1, ids) };
                while s.step() {
                    f(s)
                }
                s.reset();
            }
            How::Json | How::JsonJ => {
                use std::fmt::Write;
                let mut q = String::with_capacity(ids.len() * 6 + 2);
                q.push('[');
                for (i, id) in ids.iter().enumerate() {
                    if i > 0 {
                        q.push(',')
                    }
                    write!(q, "{id}").unwrap();
                }
                q.push(']');
                let j = self.how == How::JsonJ;
                let join = &self.join;
                let s = self.kept.entry(0).or_insert_with(|| {
                    d.prep(&if j {
                        format!("{}value", join.replace('@', "json_each(?1)"))
                    } else {
                        format!("{base}{key} in (select value from json_each(?1))")
                    })
                });
                unsafe { s.bind_t(1, &q) };
                while s.step() {
                    f(s)
                }
                s.reset();
            }
            How::Temp | How::TempJ => {
                d.exec("savepoint t");
                self.del.as_ref().unwrap().run();
                let ins = self.ins.as_ref().unwrap();
                for id in ids {
                    ins.bind(1, *id);
                    ins.run();
                }
                let j = self.how == How::TempJ;
                let join = &self.join;
                let s = self.kept.entry(0).or_insert_with(|| {
                    d.prep(&if j {
                        format!("{}id", join.replace('@', "temp._ids"))
                    } else {
                        format!("{base}{key} in (select id from temp._ids)")
                    })
                });
                while s.step() {
                    f(s)
                }
                s.reset();
                d.exec("release t");
            }
            How::Loop | How::LoopTx => {
                let tx = self.how == How::LoopTx;
                if tx {
                    d.exec("BEGIN");
                }
                let s = self.kept.entry(0).or_insert_with(|| d.prep(&format!("{base}{key}=?")));
                for id in ids {
                    s.bind(1, *id);
                    while s.step() {
                        f(s)
                    }
                    s.reset();
                }
                if tx {
                    d.exec("COMMIT");
                }
            }
            How::Subq => {
                let subq = self.subq;
                let s = self.kept.entry(0).or_insert_with(|| d.prep(&format!("{base}{key} in ({subq})")));
                while s.step() {
                    f(s)
                }
                s.reset();
            }
            How::Range => {
                let s = self.kept.entry(0).or_insert_with(|| d.prep(&format!("{base}{key} between ?1 and ?2")));
                s.bind(1, *ids.iter().min().unwrap());
                s.bind(2, *ids.iter().max().unwrap());
                while s.step() {
                    f(s)
                }
                s.reset();
            }
        }
    }
}
const HOWS: &[How] = &[
    How::In,
    How::InPrep,
    How::InLit,
    How::Chunk,
    How::Carray,
    How::CarrayJ,
    How::Json,
    How::JsonJ,
    How::Temp,
    How::TempJ,
    How::Loop,
    How::LoopTx,
    How::Subq,
    How::Range,
];
/// the idiom taken for the floor's W5..W7
const BEST: How = How::Chunk;

fn w5(d: &Db, authors: &Stmt, b: &mut Batch) -> Vec<(Author, Vec<Book>)> {
    let mut v: Vec<(Author, Vec<Book>)> = all(authors, |s| (author(s, 0), vec![]));
    let ids: Vec<i64> = v.iter().map(|a| a.0.id).collect();
    let mut p = Place::new(&ids);
    b.each(d, &ids, |s| v[p.of(s.int(2))].1.push(book(s, 0)));
    v
}
fn w6(d: &Db, books: &Stmt, b: &mut Batch) -> Vec<(Book, Vec<Tag>)> {
    let mut v: Vec<(Book, Vec<Tag>)> = all(books, |s| (book(s, 0), vec![]));
    let ids: Vec<i64> = v.iter().map(|a| a.0.id).collect();
    let mut p = Place::new(&ids);
    b.each(d, &ids, |s| v[p.of(s.int(0))].1.push(tag(s, 1)));
    v
}
/// links first, then each tag once, cloned into place
fn w6_dedup(d: &Db, books: &Stmt, links: &mut Batch, tags: &mut Batch) -> Vec<(Book, Vec<Tag>)> {
    let mut v: Vec<(Book, Vec<Tag>)> = all(books, |s| (book(s, 0), vec![]));
    let ids: Vec<i64> = v.iter().map(|a| a.0.id).collect();
    let mut p = Place::new(&ids);
    let mut l: Vec<(u32, i64)> = vec![];
    links.each(d, &ids, |s| l.push((p.of(s.int(0)) as u32, s.int(1))));
    let mut m: HashMap<i64, Option<Tag>, BuildHasherDefault<Mul>> = Default::default();
    for x in &l {
        m.insert(x.1, None);
    }
    let mut tids: Vec<i64> = m.keys().copied().collect();
    tids.sort_unstable();
    tags.each(d, &tids, |s| *m.get_mut(&s.int(0)).unwrap() = Some(tag(s, 0)));
    for (i, t) in l {
        v[i as usize].1.push(m[&t].clone().unwrap());
    }
    v
}
fn w7(d: &Db, authors: &Stmt, b: &mut Batch, r: &mut Batch) -> Vec<(Author, Vec<(Book, Vec<Review>)>)> {
    let a: Vec<Author> = all(authors, |s| author(s, 0));
    let ids: Vec<i64> = a.iter().map(|a| a.id).collect();
    let mut pa = Place::new(&ids);
    let mut books: Vec<(u32, Book)> = vec![];
    b.each(d, &ids, |s| books.push((pa.of(s.int(2)) as u32, book(s, 0))));
    let bids: Vec<i64> = books.iter().map(|b| b.1.id).collect();
    let mut pb = Place::new(&bids);
    let mut rv: Vec<Vec<Review>> = Vec::new();
    rv.resize_with(books.len(), Vec::new);
    r.each(d, &bids, |s| rv[pb.of(s.int(1))].push(review(s, 0)));
    let mut v: Vec<(Author, Vec<(Book, Vec<Review>)>)> = a.into_iter().map(|a| (a, vec![])).collect();
    for ((i, b), r) in books.into_iter().zip(rv) {
        v[i as usize].1.push((b, r));
    }
    v
}

unsafe fn bind_new(s: &Stmt, o: i32, b: &NewBook) {
    s.bind_t(o + 1, &b.title);
    s.bind(o + 2, b.author_id);
    s.bind_opt(o + 3, b.publisher_id);
    s.bind_t(o + 4, &b.published);
    s.bind_f(o + 5, b.price);
    s.bind(o + 6, b.pages);
    s.bind_t(o + 7, &b.summary);
}
const INSERT: &str = "insert into book(title,author_id,publisher_id,published,price,pages,summary) values";
fn json_str(out: &mut String, s: &str) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 32 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn main() {
    let mut bench = Bench::new("raw");
    let d = &mut Db::open(&bench.db());
    let ver = unsafe { std::ffi::CStr::from_ptr(libsqlite3_sys::sqlite3_libversion()) }.to_str().unwrap();
    bench.version(ver, "libsqlite3-sys 0.39.1");
    let asked = std::env::args().nth(1).unwrap_or_default();
    if asked == "plans" {
        for q in [
            format!(
                "select {BOOK},a.id,p.id from book b join author a on a.id=b.author_id left join publisher p on p.id=b.publisher_id"
            ),
            format!("select {BOOK} from book b where b.author_id=? order by b.published desc limit 10"),
            format!("select {BOOK} from book b where b.author_id in (?,?,?)"),
            "select count(*) from book where price > ?".into(),
        ] {
            let s = d.prep(&format!("explain query plan {q}"));
            while s.step() {
                eprintln!("#plan {}", s.text(3));
            }
        }
    }

    let s_all = d.prep(&format!("select {BOOK} from book b"));
    bench.run("W1", d, |_| all(&s_all, |s| book(s, 0)));
    {
        let s = d.prep(&format!("select {BOOK} from book b where b.id=?"));
        let ids = w2_ids();
        bench.run("W2", d, |_| {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                s.bind(1, *id);
                if s.step() {
                    v.push(book(&s, 0));
                }
                s.reset();
            }
            v
        });
    }
    {
        let s = d.prep(&format!("select {BOOK} from book b where b.author_id=? order by b.published desc limit 10"));
        let ids = w3_authors();
        bench.run("W3", d, |_| {
            let mut v = Vec::with_capacity(ids.len());
            for id in &ids {
                s.bind(1, *id);
                v.push(all(&s, |s| book(s, 0)));
            }
            v
        });
    }
    {
        let s = d.prep(&format!("select {BOOK},a.id,a.name,a.country,a.bio,p.id,p.name,p.city from book b join author a on a.id=b.author_id left join publisher p on p.id=b.publisher_id"));
        bench.run("W4", d, |_| {
            all(&s, |s| {
                (
                    book(s, 0),
                    author(s, 8),
                    (!s.null(12)).then(|| Publisher { id: s.int(12), name: s.text(13), city: s.text(14) }),
                )
            })
        });
    }
    if asked == "reads" {
        // what a statement costs: WAL read locks, prepare, transaction
        bench.only = None;
        for _ in 0..3 {
            let sql = format!("select {BOOK} from book b where b.id=?");
            let s = d.prep(&sql);
            let ids = w2_ids();
            bench.run("W2_kept", d, |_| {
                let mut v = Vec::with_capacity(ids.len());
                for id in &ids {
                    s.bind(1, *id);
                    if s.step() {
                        v.push(book(&s, 0));
                    }
                    s.reset();
                }
                v
            });
            bench.run("W2_tx", d, |d| {
                d.exec("BEGIN");
                let mut v = Vec::with_capacity(ids.len());
                for id in &ids {
                    s.bind(1, *id);
                    if s.step() {
                        v.push(book(&s, 0));
                    }
                    s.reset();
                }
                d.exec("COMMIT");
                v
            });
            bench.run("W2_prep", d, |d| {
                let mut v = Vec::with_capacity(ids.len());
                for id in &ids {
                    let s = d.prep(&sql);
                    s.bind(1, *id);
                    if s.step() {
                        v.push(book(&s, 0));
                    }
                }
                v
            });
            bench.run("W2_step_to_done", d, |_| {
                let mut v = Vec::with_capacity(ids.len());
                for id in &ids {
                    s.bind(1, *id);
                    while s.step() {
                        v.push(book(&s, 0));
                    }
                    s.reset();
                }
                v
            });
            bench.run("W2_map_lookup_by_sql", d, |_| {
                // a HashMap<String, stmt> look-up by the SQL text each time, as a statement cache does
                let mut cache: HashMap<String, &Stmt> = HashMap::new();
                cache.insert(sql.clone(), &s);
                let mut v = Vec::with_capacity(ids.len());
                for id in &ids {
                    let s = cache[std::hint::black_box(&sql)];
                    s.bind(1, *id);
                    if s.step() {
                        v.push(book(s, 0));
                    }
                    s.reset();
                }
                v
            });
            bench.run("W1_all", d, |_| all(&s_all, |s| book(s, 0)));
            bench.run("W1_type_checked", d, |_| {
                // column_type asked for every column, as a safe driver does
                all(&s_all, |s| {
                    let mut t = 0;
                    for i in 0..8 {
                        t += unsafe { libsqlite3_sys::sqlite3_column_type(s.0, i) };
                    }
                    std::hint::black_box(t);
                    book(s, 0)
                })
            });
            bench.run("W1_unchecked_utf8", d, |_| {
                let text = |s: &Stmt, i: i32| unsafe {
                    let p = libsqlite3_sys::sqlite3_column_text(s.0, i);
                    let n = libsqlite3_sys::sqlite3_column_bytes(s.0, i) as usize;
                    String::from_utf8_unchecked(std::slice::from_raw_parts(p, n).to_vec())
                };
                all(&s_all, |s| Book {
                    id: s.int(0),
                    title: text(s, 1),
                    author_id: s.int(2),
                    publisher_id: s.opt(3),
                    published: text(s, 4),
                    price: s.real(5),
                    pages: s.int(6),
                    summary: text(s, 7),
                })
            });
            bench.run("W1_blob_for_text", d, |_| {
                // column_blob on a TEXT value: no terminator asked for
                let text = |s: &Stmt, i: i32| unsafe {
                    let p = libsqlite3_sys::sqlite3_column_blob(s.0, i) as *const u8;
                    let n = libsqlite3_sys::sqlite3_column_bytes(s.0, i) as usize;
                    std::str::from_utf8(if n == 0 { &[] } else { std::slice::from_raw_parts(p, n) })
                        .expect("utf8")
                        .to_owned()
                };
                all(&s_all, |s| Book {
                    id: s.int(0),
                    title: text(s, 1),
                    author_id: s.int(2),
                    publisher_id: s.opt(3),
                    published: text(s, 4),
                    price: s.real(5),
                    pages: s.int(6),
                    summary: text(s, 7),
                })
            });
            bench.run("W1_with_capacity", d, |_| {
                let mut v = Vec::with_capacity(BOOKS as usize);
                while s_all.step() {
                    v.push(book(&s_all, 0));
                }
                s_all.reset();
                v
            });
            let join = d.prep(&format!("select {BOOK},a.id,a.name,a.country,a.bio,p.id,p.name,p.city from book b join author a on a.id=b.author_id left join publisher p on p.id=b.publisher_id"));
            bench.run("W4_join", d, |_| {
                all(&join, |s| {
                    (
                        book(s, 0),
                        author(s, 8),
                        (!s.null(12)).then(|| Publisher { id: s.int(12), name: s.text(13), city: s.text(14) }),
                    )
                })
            });
            bench.run("W4_join_map", d, |_| {
                // the JOIN, but a parent already seen is cloned, not read again
                let mut am: HashMap<i64, Author, BuildHasherDefault<Mul>> = Default::default();
                let mut pm: HashMap<i64, Publisher, BuildHasherDefault<Mul>> = Default::default();
                let mut v = vec![];
                while join.step() {
                    let a = am.entry(join.int(8)).or_insert_with(|| author(&join, 8)).clone();
                    let p = (!join.null(12)).then(|| {
                        pm.entry(join.int(12))
                            .or_insert_with(|| Publisher { id: join.int(12), name: join.text(13), city: join.text(14) })
                            .clone()
                    });
                    v.push((book(&join, 0), a, p));
                }
                join.reset();
                v
            });
            let mut ab = Batch::new(d, How::Chunk, "a.id,a.name,a.country,a.bio", "author a", "a.id", "");
            let mut pb = Batch::new(d, How::Chunk, "p.id,p.name,p.city", "publisher p", "p.id", "");
            bench.run("W4_split", d, |d| {
                // three queries: books, their authors by id, their publishers by id; clones put into place
                let b: Vec<Book> = all(&s_all, |s| book(s, 0));
                let ids = |f: &dyn Fn(&Book) -> Option<i64>| {
                    let mut m: std::collections::HashSet<i64, BuildHasherDefault<Mul>> = Default::default();
                    m.extend(b.iter().filter_map(|b| f(b)));
                    let mut v: Vec<i64> = m.into_iter().collect();
                    v.sort_unstable();
                    v
                };
                let mut am: HashMap<i64, Author, BuildHasherDefault<Mul>> = Default::default();
                let mut pm: HashMap<i64, Publisher, BuildHasherDefault<Mul>> = Default::default();
                ab.each(d, &ids(&|b| Some(b.author_id)), |s| {
                    am.insert(s.int(0), author(s, 0));
                });
                pb.each(d, &ids(&|b| b.publisher_id), |s| {
                    pm.insert(s.int(0), Publisher { id: s.int(0), name: s.text(1), city: s.text(2) });
                });
                b.into_iter()
                    .map(|b| {
                        let a = am[&b.author_id].clone();
                        let p = b.publisher_id.map(|p| pm[&p].clone());
                        (b, a, p)
                    })
                    .collect::<Vec<_>>()
            });
            bench.run("W4_split_rc", d, |d| {
                // the same, parents shared by Rc
                use std::rc::Rc;
                let b: Vec<Book> = all(&s_all, |s| book(s, 0));
                let ids = |f: &dyn Fn(&Book) -> Option<i64>| {
                    let mut m: std::collections::HashSet<i64, BuildHasherDefault<Mul>> = Default::default();
                    m.extend(b.iter().filter_map(|b| f(b)));
                    let mut v: Vec<i64> = m.into_iter().collect();
                    v.sort_unstable();
                    v
                };
                let mut am: HashMap<i64, Rc<Author>, BuildHasherDefault<Mul>> = Default::default();
                let mut pm: HashMap<i64, Rc<Publisher>, BuildHasherDefault<Mul>> = Default::default();
                ab.each(d, &ids(&|b| Some(b.author_id)), |s| {
                    am.insert(s.int(0), Rc::new(author(s, 0)));
                });
                pb.each(d, &ids(&|b| b.publisher_id), |s| {
                    pm.insert(s.int(0), Rc::new(Publisher { id: s.int(0), name: s.text(1), city: s.text(2) }));
                });
                b.into_iter()
                    .map(|b| {
                        let a = am[&b.author_id].clone();
                        let p = b.publisher_id.map(|p| pm[&p].clone());
                        (b, a, p)
                    })
                    .collect::<Vec<_>>()
            });
            bench.run("W1_no_strings", d, |_| {
                let mut n = 0i64;
                while s_all.step() {
                    n += s_all.int(0);
                }
                s_all.reset();
                n
            });
        }
        return;
    }
    let s_authors = d.prep("select id,name,country,bio from author");
    let s_books5k = d.prep(&format!("select {BOOK} from book b where b.id<=5000"));
    let b5 = |d: &Db, h| Batch::new(d, h, BOOK, "book b", "b.author_id", "select id from author");
    let b6 = |d: &Db, h| {
        Batch::new(
            d,
            h,
            "bt.book_id,t.id,t.name",
            "book_tag bt cross join tag t on t.id=bt.tag_id",
            "bt.book_id",
            "select id from book where id<=5000",
        )
    };
    let b7 = |d: &Db, h| {
        Batch::new(
            d,
            h,
            "r.id,r.book_id,r.stars,r.body",
            "review r",
            "r.book_id",
            "select id from book where author_id in (select id from author)",
        )
    };
    let mut b = b5(d, BEST);
    bench.run("W5", d, |d| w5(d, &s_authors, &mut b));
    let mut b = b6(d, BEST);
    bench.run("W6", d, |d| w6(d, &s_books5k, &mut b));
    let (mut b, mut r) = (b5(d, BEST), b7(d, BEST));
    bench.run("W7", d, |d| w7(d, &s_authors, &mut b, &mut r));
    if asked == "batch" {
        bench.only = None;
        for _ in 0..3 {
            for &h in HOWS {
                let mut b = b5(d, h);
                bench.run(&format!("W5_{h:?}"), d, |d| w5(d, &s_authors, &mut b));
            }
            for &h in HOWS {
                let mut b = b6(d, h);
                bench.run(&format!("W6_{h:?}"), d, |d| w6(d, &s_books5k, &mut b));
            }
            for h in [How::In, How::Carray, How::Json, How::Loop] {
                let mut l = Batch::new(d, h, "bt.book_id,bt.tag_id", "book_tag bt", "bt.book_id", "");
                let mut t = Batch::new(d, h, "t.id,t.name", "tag t", "t.id", "");
                bench.run(&format!("W6_dedup_{h:?}"), d, |d| w6_dedup(d, &s_books5k, &mut l, &mut t));
            }
            for &h in HOWS {
                let (mut b, mut r) = (b5(d, h), b7(d, h));
                bench.run(&format!("W7_{h:?}"), d, |d| w7(d, &s_authors, &mut b, &mut r));
            }
        }
        return;
    }
    {
        let s = d.prep(&format!("select {BOOK} from book b where b.id<=1000"));
        let a = d.prep("select id,name,country,bio from author where id=?");
        bench.run("W8", d, |_| {
            let mut v = Vec::new();
            for b in all(&s, |s| book(s, 0)) {
                a.bind(1, b.author_id);
                assert!(a.step());
                let x = author(&a, 0);
                a.reset();
                v.push((b, x));
            }
            v
        });
    }
    let del = "delete from book where id>20000";
    let sum = |_: &mut Db, _: &()| sum_of(&all(&s_all, |s| book(s, 0)));
    let news = w9_books();
    {
        let s = d.prep(&format!("{INSERT}(?,?,?,?,?,?,?)"));
        bench.run_insert(
            "W9",
            d,
            |d, _| d.exec(del),
            |d, _| {
                d.exec("BEGIN");
                let mut keys = Vec::with_capacity(news.len());
                for b in &news {
                    unsafe { bind_new(&s, 0, b) };
                    s.run();
                    keys.push(unsafe { libsqlite3_sys::sqlite3_last_insert_rowid(d.0) });
                }
                d.exec("COMMIT");
                keys
            },
            |d| sum(d, &()),
        );
        if asked == "bulk" {
            bench.only = None;
            for _ in 0..3 {
                bench.run_with(
                    "W9_loop",
                    d,
                    |d, _| d.exec(del),
                    |d, _| {
                        d.exec("BEGIN");
                        for b in &news {
                            unsafe { bind_new(&s, 0, b) };
                            s.run();
                        }
                        d.exec("COMMIT");
                    },
                    sum,
                );
                // a loop that gives the new ids back
                bench.run_with(
                    "W9_loop_rowid",
                    d,
                    |d, _| d.exec(del),
                    |d, _| {
                        d.exec("BEGIN");
                        let mut ids = Vec::with_capacity(news.len());
                        for b in &news {
                            unsafe { bind_new(&s, 0, b) };
                            s.run();
                            ids.push(unsafe { libsqlite3_sys::sqlite3_last_insert_rowid(d.0) });
                        }
                        d.exec("COMMIT");
                        std::hint::black_box(ids);
                    },
                    sum,
                );
                let s = d.prep(&format!("{INSERT}(?,?,?,?,?,?,?) returning id"));
                bench.run_with(
                    "W9_loop_returning",
                    d,
                    |d, _| d.exec(del),
                    |d, _| {
                        d.exec("BEGIN");
                        let mut ids = Vec::with_capacity(news.len());
                        for b in &news {
                            unsafe { bind_new(&s, 0, b) };
                            assert!(s.step());
                            ids.push(s.int(0));
                            s.reset();
                        }
                        d.exec("COMMIT");
                        std::hint::black_box(ids);
                    },
                    sum,
                );
                for k in [5usize, 10, 50, 100, 500, 2000] {
                    for kept in [true, false] {
                        let sql = format!("{INSERT}{}", vec!["(?,?,?,?,?,?,?)"; k].join(","));
                        let mut s = d.prep(&sql);
                        bench.run_with(
                            &format!("W9_values{k}{}", if kept { "" } else { "_prep" }),
                            d,
                            |d, _| d.exec(del),
                            |d, _| {
                                d.exec("BEGIN");
                                for c in news.chunks(k) {
                                    assert_eq!(c.len(), k);
                                    if !kept {
                                        s = d.prep(&sql);
                                    }
                                    for (i, b) in c.iter().enumerate() {
                                        unsafe { bind_new(&s, i as i32 * 7, b) };
                                    }
                                    s.run();
                                }
                                d.exec("COMMIT");
                            },
                            sum,
                        );
                    }
                }
                let s = d.prep("insert into book(title,author_id,publisher_id,published,price,pages,summary) select value->>0,value->>1,value->>2,value->>3,value->>4,value->>5,value->>6 from json_each(?)");
                bench.run_with(
                    "W9_json",
                    d,
                    |d, _| d.exec(del),
                    |_, _| {
                        use std::fmt::Write;
                        let mut j = String::from("[");
                        for (i, b) in news.iter().enumerate() {
                            if i > 0 {
                                j.push(',');
                            }
                            j.push('[');
                            json_str(&mut j, &b.title);
                            match b.publisher_id {
                                Some(p) => write!(j, ",{},{p},", b.author_id).unwrap(),
                                None => write!(j, ",{},null,", b.author_id).unwrap(),
                            }
                            json_str(&mut j, &b.published);
                            write!(j, ",{:?},{},", b.price, b.pages).unwrap();
                            json_str(&mut j, &b.summary);
                            j.push(']');
                        }
                        j.push(']');
                        unsafe { s.bind_t(1, &j) };
                        s.run();
                    },
                    sum,
                );
            }
        }
        d.exec(del);
    }
    {
        let s = d.prep("update book set price=?1, title=?2 where id=?3");
        bench.run_with(
            "W10",
            d,
            |_, i| w10_changes(i),
            |d, ch| {
                d.exec("BEGIN");
                for c in &ch {
                    s.bind_f(1, c.price);
                    unsafe { s.bind_t(2, &c.title) };
                    s.bind(3, c.id);
                    s.run();
                }
                d.exec("COMMIT");
            },
            sum,
        );
        if asked == "bulk" {
            for _ in 0..3 {
                let s = d.prep("update book set price=?1, title=?2 where id=?3");
                bench.run_with(
                    "W10_loop",
                    d,
                    |_, i| w10_changes(i),
                    |d, ch| {
                        d.exec("BEGIN");
                        for c in &ch {
                            s.bind_f(1, c.price);
                            unsafe { s.bind_t(2, &c.title) };
                            s.bind(3, c.id);
                            s.run();
                        }
                        d.exec("COMMIT");
                    },
                    sum,
                );
                for k in [50usize, 100, 500] {
                    let whens = vec!["when ? then ?"; k].join(" ");
                    let s = d.prep(&format!(
                        "update book set price=case id {whens} end, title=case id {whens} end where id {}",
                        Batch::marks(k)
                    ));
                    bench.run_with(
                        &format!("W10_case{k}"),
                        d,
                        |_, i| w10_changes(i),
                        |d, ch| {
                            d.exec("BEGIN");
                            for c in ch.chunks(k) {
                                for (i, x) in c.iter().enumerate() {
                                    let (i, k) = (i as i32, k as i32);
                                    s.bind(i * 2 + 1, x.id);
                                    s.bind_f(i * 2 + 2, x.price);
                                    s.bind(k * 2 + i * 2 + 1, x.id);
                                    unsafe { s.bind_t(k * 2 + i * 2 + 2, &x.title) };
                                    s.bind(k * 4 + i + 1, x.id);
                                }
                                s.run();
                            }
                            d.exec("COMMIT");
                        },
                        sum,
                    );
                }
                for k in [50usize, 100, 500, 5000] {
                    let s = d.prep(&format!(
                        "update book set price=v.column2, title=v.column3 from (values {}) v where book.id=v.column1",
                        vec!["(?,?,?)"; k].join(",")
                    ));
                    bench.run_with(
                        &format!("W10_from_values{k}"),
                        d,
                        |_, i| w10_changes(i),
                        |d, ch| {
                            d.exec("BEGIN");
                            for c in ch.chunks(k) {
                                for (i, x) in c.iter().enumerate() {
                                    let i = i as i32 * 3;
                                    s.bind(i + 1, x.id);
                                    s.bind_f(i + 2, x.price);
                                    unsafe { s.bind_t(i + 3, &x.title) };
                                }
                                s.run();
                            }
                            d.exec("COMMIT");
                        },
                        sum,
                    );
                }
                let s = d.prep("update book set price=v.value->>1, title=v.value->>2 from json_each(?) v where book.id=v.value->>0");
                bench.run_with(
                    "W10_json",
                    d,
                    |_, i| w10_changes(i),
                    |_, ch| {
                        use std::fmt::Write;
                        let mut j = String::from("[");
                        for (i, c) in ch.iter().enumerate() {
                            if i > 0 {
                                j.push(',');
                            }
                            write!(j, "[{},{:?},", c.id, c.price).unwrap();
                            json_str(&mut j, &c.title);
                            j.push(']');
                        }
                        j.push(']');
                        unsafe { s.bind_t(1, &j) };
                        s.run();
                    },
                    sum,
                );
            }
            return;
        }
    }
    {
        let d = &mut Db::open(&bench.db());
        d.exec("PRAGMA synchronous=OFF");
        let s = d.prep(&format!("{INSERT}(?,?,?,?,?,?,?)"));
        let s_all = d.prep(&format!("select {BOOK} from book b"));
        let news = w11_books();
        bench.run_insert(
            "W11",
            d,
            |d, _| d.exec(del),
            |d, _| {
                let one = |b: &NewBook| {
                    unsafe { bind_new(&s, 0, b) };
                    s.run();
                    unsafe { libsqlite3_sys::sqlite3_last_insert_rowid(d.0) }
                };
                news.iter().map(one).collect::<Vec<i64>>()
            },
            |_| sum_of(&all(&s_all, |s| book(s, 0))),
        );
    }
    {
        let s = d.prep("select id,title from book");
        let d = &mut Db::open(&bench.db());
        let s = if bench.wants("W12") { d.prep("select id,title from book") } else { s };
        bench.run("W12", d, |_| all(&s, |s| (s.int(0), s.text(1))));
    }
    {
        let d = &mut Db::open(&bench.db());
        let s = d.prep("select count(*) from book where price > ?");
        let ps = w13_prices();
        bench.run("W13", d, |_| {
            let mut v = Vec::with_capacity(ps.len());
            for p in &ps {
                s.bind_f(1, *p);
                s.step();
                v.push(s.int(0));
                s.reset();
            }
            v
        });
    }
}
