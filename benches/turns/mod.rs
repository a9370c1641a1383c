//! Who goes when. What runs finds the memory as its predecessor left it, so each has to follow each of the others.

/// The numbers below `count`, in an order that is another in each round: within `count` rounds, or twice as many where it is
/// odd, each follows each of the others equally often, and is equally often at each place (E. J. Williams, 1949).
pub fn turns(count: usize, round: usize) -> Vec<usize> {
    let from_both_ends = (0..count).map(|i| if i % 2 == 0 { (count - i / 2) % count } else { i / 2 + 1 });
    let mut turns: Vec<usize> = from_both_ends.map(|who| (who + round) % count).collect();
    if round / count % 2 == 1 {
        turns.reverse();
    }
    turns
}
