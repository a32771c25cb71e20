//! What happened within a few seconds, told as one line: 'Anna Kask moved 3 deals · latest: ACME renewal'.

use chrono::TimeDelta;

use super::words::{YOU, several};
use crate::app::notice::Notice;
use crate::app::session::Now;
use crate::domain::ItemRef;
use crate::workspace::ChangeKind;

/// How many items are known one by one; others are counted.
const MOST: usize = 100;

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct One {
    /// The item.
    pub item: ItemRef,
    /// What has become of it.
    pub kind: ChangeKind,
    /// Who did it, where that is known.
    pub who: Option<String>,
    /// What it is called.
    pub name: String,
    /// All of that as a sentence.
    pub told: String,
}

/// What is told together.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The latest of each item, in the order in which they came.
    ones: Vec<One>,
    /// How many others there are.
    others: usize,
    /// When the first came.
    since: Option<Now>,
    /// Whether there is something that was not told.
    is_untold: bool,
}

impl Gathered {
    /// Adds something that happened. What was told before is over when its notice is, or after the time that such a notice
    /// is shown: on a busy day it would go on for ever.
    pub(super) fn put(&mut self, one: One, is_over: bool, now: Now) {
        let is_old = self.since.is_some_and(|since| (now.0 - since.0).abs() > Notice::SHOWN_FOR);
        if !self.is_untold && (is_over || is_old) {
            *self = Self::default();
        }
        self.since.get_or_insert(now);
        self.is_untold = true;
        self.ones.retain(|other| other.item != one.item);
        if self.ones.len() == MOST {
            self.ones.remove(0);
            self.others += 1;
        }
        self.ones.push(one);
    }

    /// Counts things that happened at the same time as what was added last.
    pub(super) fn count(&mut self, others: usize) {
        if !self.ones.is_empty() {
            self.others += others;
        }
    }

    pub(super) fn is_untold(&self) -> bool {
        self.is_untold
    }

    /// Forgets what could not be told for so long that it no longer counts.
    pub(super) fn forget_old(&mut self, now: Now, worth_telling: TimeDelta) {
        if self.is_untold && self.since.is_some_and(|since| (now.0 - since.0).abs() > worth_telling) {
            *self = Self::default();
        }
    }

    /// All of it in a line.
    pub(super) fn tell(&mut self) -> String {
        self.is_untold = false;
        let Some(last) = self.ones.last() else { return String::new() };
        let count = self.ones.len() + self.others;
        if count == 1 {
            return last.told.clone();
        }
        let is_same = |one: &One| one.kind == last.kind && one.who == last.who && one.item.kind() == last.item.kind();
        if self.others == 0 && self.ones.iter().all(is_same) {
            let told = several(last.who.as_deref(), last.kind, last.item, count);
            return format!("{told} · latest: {}", last.name);
        }
        let names = self.names();
        // Who did it all need not be named twice.
        let latest = match (names.as_slice(), &last.who) {
            ([_], Some(who)) => last.told.strip_prefix(who.as_str()).unwrap_or(&last.told).trim_start(),
            _ => &last.told,
        };
        let by = match names.as_slice() {
            [] => String::new(),
            [who] => format!(" by {who}"),
            [one, other] => format!(" by {one} and {other}"),
            [one, other, ..] => format!(" by {one}, {other} and others"),
        };
        format!("{count} changes{by} · latest: {latest}")
    }

    /// Who did it all, each once; empty where that is not known of all.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for one in &self.ones {
            let Some(who) = &one.who else { return Vec::new() };
            let who = if who == YOU { "you" } else { who };
            if !names.contains(&who) {
                names.push(who);
            }
        }
        names
    }
}
