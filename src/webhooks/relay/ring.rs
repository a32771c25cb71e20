//! The newest events, numbered and bounded in number and weight.

use std::collections::VecDeque;
use std::sync::Arc;

/// Returns the weight of an event.
pub trait Weighed {
    /// In bytes.
    fn weight(&self) -> usize;
}

/// Some of what was asked for is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed;

/// The newest of a row of things, which are numbered from 1.
#[derive(Debug)]
pub struct Ring<T> {
    kept: VecDeque<Arc<T>>,
    /// The number of the newest.
    newest: u64,
    weight: usize,
    most: usize,
    heaviest: usize,
}

impl<T: Weighed> Ring<T> {
    /// An empty one that keeps this many at the most, and of this weight together.
    pub fn new(most: usize, heaviest: usize) -> Self {
        Self { kept: VecDeque::new(), newest: 0, weight: 0, most, heaviest }
    }

    /// The number of the newest; 0 before there was any.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Adds one. Those that are the longest there go for it where it must be.
    pub fn push(&mut self, one: T) {
        self.newest += 1;
        self.weight += one.weight();
        self.kept.push_back(Arc::new(one));
        while self.kept.len() > self.most || self.weight > self.heaviest {
            let Some(gone) = self.kept.pop_front() else { break };
            self.weight -= gone.weight();
        }
    }

    /// Those after a number, the oldest first, up to so many.
    ///
    /// # Errors
    /// [`Missed`] where not all that came after it are there, or it has not come yet.
    pub fn after(&self, number: u64, most: usize) -> Result<Vec<Arc<T>>, Missed> {
        let behind = self.newest.checked_sub(number).and_then(|behind| usize::try_from(behind).ok()).ok_or(Missed)?;
        let first = self.kept.len().checked_sub(behind).ok_or(Missed)?;
        Ok(self.kept.iter().skip(first).take(most).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Stone {
        number: u64,
        weight: usize,
    }

    impl Weighed for Stone {
        fn weight(&self) -> usize {
            self.weight
        }
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_may_and_never_leaves_one_out(
            weights in prop::collection::vec(0_usize..60, 0..60),
            after in 0_u64..70,
        ) {
            let mut ring = Ring::new(10, 100);
            for (number, weight) in (1..).zip(&weights) {
                ring.push(Stone { number, weight: *weight });
                prop_assert!(ring.kept.len() <= 10 && ring.kept.iter().map(|stone| stone.weight).sum::<usize>() <= 100);
            }
            let newest = weights.len() as u64;
            let oldest = newest - ring.kept.len() as u64 + 1;
            match ring.after(after, usize::MAX) {
                Ok(some) => {
                    let numbers: Vec<u64> = some.iter().map(|stone| stone.number).collect();
                    prop_assert_eq!(numbers, (after + 1..=newest).collect::<Vec<_>>());
                }
                Err(Missed) => prop_assert!(after > newest || after + 1 < oldest),
            }
        }
    }
}
