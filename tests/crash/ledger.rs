//! The typed edits, and those that the screen acknowledged.

use super::defects::Record;
use super::screen_log::{EditStatus, ShownEdit};

/// The values typed for one field of one item, in order, after the initial one.
#[derive(Debug)]
pub struct Typed<T>(Vec<(T, bool)>);

impl<T: PartialEq + Copy> Typed<T> {
    pub fn from(first: T) -> Self {
        Self(vec![(first, true)])
    }

    pub fn push(&mut self, value: T) {
        self.0.push((value, false));
    }

    pub fn last(&self) -> Option<T> {
        self.0.last().map(|(value, _)| *value)
    }

    /// Marks the last edit to this value as acknowledged.
    fn acknowledge(&mut self, value: T) {
        if let Some((_, is_acknowledged)) = self.0.iter_mut().rfind(|(other, _)| *other == value) {
            *is_acknowledged = true;
        }
    }

    /// Marks the last edit to this value as uncertain: it may be missing.
    pub fn put_to_the_user(&mut self, value: T) {
        if let Some((_, is_acknowledged)) = self.0.iter_mut().rfind(|(other, _)| *other == value) {
            *is_acknowledged = false;
        }
    }

    /// Returns `true` if this value loses no acknowledged edit: only later typed values may replace it.
    pub fn keeps(&self, value: T) -> bool {
        let acknowledged = self.0.iter().rposition(|(_, is_acknowledged)| *is_acknowledged).unwrap_or(0);
        self.0[acknowledged..].iter().any(|(other, _)| *other == value)
    }

    /// Returns the number of times that these values, in order of arrival, go back behind an earlier one.
    pub fn goes_back(&self, arrived: &[T]) -> usize {
        let (mut at, mut count) = (0, 0);
        for value in arrived {
            match self.0[at..].iter().position(|(other, _)| other == value) {
                Some(further) => at += further,
                None => count += 1,
            }
        }
        count
    }

    fn acknowledged(&self) -> usize {
        self.0.iter().skip(1).filter(|(_, is_acknowledged)| *is_acknowledged).count()
    }

    fn count(&self) -> usize {
        self.0.len() - 1
    }
}

/// Returns `true` if an edit needs attention because of a conflict.
pub fn is_conflict(why: &str) -> bool {
    why.contains("changed the same in Pipedrive meanwhile")
}

/// A deal whose value and stage change.
#[derive(Debug)]
pub struct Target {
    pub id: u64,
    pub title: String,
    pub values: Typed<u64>,
    pub stages: Typed<u64>,
}

/// A created deal or lead.
#[derive(Debug)]
pub struct Creation {
    pub title: String,
    pub is_lead: bool,
    /// The organization and the person created with it.
    pub org: Option<String>,
    pub person: Option<String>,
    pub is_acknowledged: bool,
    /// `true` if the user was asked because the outcome stayed unknown.
    pub is_uncertain: bool,
}

/// Returns `true` if an edit may need attention: a creation whose outcome stayed unknown.
pub fn is_uncertain(why: &str) -> bool {
    why.contains("not known whether")
}

/// All edits typed on one account.
#[derive(Debug, Default)]
pub struct Ledger {
    pub targets: Vec<Target>,
    pub creations: Vec<Creation>,
    /// The names and ids of the stages, in order.
    pub stages: Vec<(String, u64)>,
}

impl Ledger {
    /// Records the acknowledgements of a frame.
    pub fn record(&mut self, status: &EditStatus) {
        match &status.edit {
            ShownEdit::Value(title, value) => {
                let target = self.targets.iter_mut().find(|target| target.title == *title);
                if let Some(target) = target.filter(|_| status.is_acknowledged) {
                    target.values.acknowledge(*value);
                }
            }
            ShownEdit::Move(title, stage) => {
                let target = self.targets.iter_mut().find(|target| target.title == *title);
                let stage = self.stages.iter().find(|(name, _)| name == stage);
                if let (Some(target), Some((_, stage)), true) = (target, stage, status.is_acknowledged) {
                    target.stages.acknowledge(*stage);
                }
            }
            ShownEdit::New(title) => {
                if let Some(creation) = self.creations.iter_mut().find(|creation| creation.title == *title) {
                    creation.is_acknowledged |= status.is_acknowledged;
                }
            }
        }
    }

    /// Returns the number of typed edits.
    pub fn typed(&self) -> usize {
        let updates = self.targets.iter().map(|target| target.values.count() + target.stages.count());
        updates.sum::<usize>() + self.creations.len()
    }

    /// Returns the number of acknowledged edits.
    pub fn acknowledged(&self) -> usize {
        let updates = self.targets.iter().map(|target| target.values.acknowledged() + target.stages.acknowledged());
        updates.sum::<usize>() + self.creations.iter().filter(|creation| creation.is_acknowledged).count()
    }

    /// Returns the acknowledged edits that the server has not carried out.
    pub fn waiting(&self, record: &Record) -> Vec<String> {
        let mut waiting = Vec::new();
        for target in &self.targets {
            if !record.values(target.id).last().is_some_and(|last| target.values.keeps(*last)) {
                waiting.push(format!("value of {}", target.title));
            }
            if !record.stages(target.id).last().is_some_and(|last| target.stages.keeps(*last)) {
                waiting.push(format!("stage of {}", target.title));
            }
        }
        let missing = self.creations.iter().filter(|creation| creation.is_acknowledged && record.made(creation) == 0);
        waiting.extend(missing.map(|creation| creation.title.clone()));
        waiting
    }
}
