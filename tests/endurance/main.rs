//! What a database has to bear: being killed at any moment, many who write at once, and many who want the same row, in other
//! processes too.
//!
//! The other processes are this program, with a part to play in its environment. A short run is the default; in CI, and
//! with `EAGER_ORM_KILLS`, `EAGER_ORM_SECONDS` and `EAGER_ORM_RACES`, it is a longer one. `cargo test --test endurance -- kill` runs the parts
//! with that in their name.

mod contention;
mod kill;
mod race;

use std::env;
use std::process::{Child, Command, ExitCode, Stdio};

/// The part that a process plays, in its environment.
const PART: &str = "EAGER_ORM_PART";

fn main() -> ExitCode {
    match env::var(PART).as_deref() {
        Ok("kill") => kill::child(),
        Ok("contention") => contention::child(),
        Ok("race") => race::child(),
        _ => {
            let names: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
            let is_asked = |part: &str| names.is_empty() || names.iter().any(|name| part.contains(name.as_str()));
            let parts: [(&str, fn()); 3] =
                [("kill", kill::parent), ("contention", contention::parent), ("race", race::parent)];
            parts.into_iter().filter(|(name, _)| is_asked(name)).for_each(|(_, run)| run());
        }
    }
    ExitCode::SUCCESS
}

/// This program again, with a part to play. It is told through its standard input, and tells through its output.
fn spawn(part: &str, arguments: &[&str]) -> Child {
    let program = env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.env(PART, part).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// A number from the environment, or one that depends on whether this is CI.
fn setting(name: &str, at_a_desk: u64, in_ci: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
        Err(_) if env::var_os("CI").is_some() => in_ci,
        Err(_) => at_a_desk,
    }
}

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % end
    }
}
