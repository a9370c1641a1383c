//! Random expressions, each asked of the database and worked out in plain Rust over the same rows.
//!
//! `EAGER_ORM_TREES` is how many (10,000 if it is not set), `EAGER_ORM_SEED` which (one sequence for each number).

mod build;
mod check;
mod evaluate;
mod row;
mod tree;

use std::cell::Cell;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn an_expression_is_worth_what_plain_rust_says_wherever_it_stands() {
    let (db, rows) = row::rows();
    let seed = number("EAGER_ORM_SEED", 1);
    let config = Config {
        cases: number("EAGER_ORM_TREES", 10_000),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let bytes: Vec<u8> = (0..8).flat_map(|_| seed.to_le_bytes()).collect();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (asked, left_out) = (Cell::new(0), Cell::new(0));
    let checked = runner.run(&tree::Queries, |query| {
        let count = if check::check(&db, &rows, &query).map_err(TestCaseError::fail)? { &asked } else { &left_out };
        count.set(count.get() + 1);
        Ok(())
    });
    if let Err(TestError::Fail(why, query)) = checked {
        panic!("seed {seed}: {query:?}\n{why}");
    }
    checked.unwrap();
    assert!(asked.get() >= 20 * left_out.get(), "{} of {} asked", asked.get(), asked.get() + left_out.get());
}
