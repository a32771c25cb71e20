//! What was typed, and what the screen acknowledged of it.

use super::judge::Record;
use super::told::{Said, Told};

/// What was typed for one field of one item, in its order, from what was there at first.
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

    /// The screen says that the last one of this value will not be lost.
    fn acknowledge(&mut self, value: T) {
        if let Some((_, is_acknowledged)) = self.0.iter_mut().rfind(|(other, _)| *other == value) {
            *is_acknowledged = true;
        }
    }

    /// The user was asked about the last one of this value: it may be missing.
    pub fn put_to_the_user(&mut self, value: T) {
        if let Some((_, is_acknowledged)) = self.0.iter_mut().rfind(|(other, _)| *other == value) {
            *is_acknowledged = false;
        }
    }

    /// Whether what was acknowledged is kept where this is the value: only what was typed later may stand in its place.
    pub fn keeps(&self, value: T) -> bool {
        let acknowledged = self.0.iter().rposition(|(_, is_acknowledged)| *is_acknowledged).unwrap_or(0);
        self.0[acknowledged..].iter().any(|(other, _)| *other == value)
    }

    /// How often these values, in the order in which they arrived, go back behind one that arrived before.
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

/// Whether an edit needs attention as the item was changed otherwise meanwhile.
pub fn is_conflict(why: &str) -> bool {
    why.contains("changed the same in Pipedrive meanwhile")
}

/// A deal whose value and stage are changed.
#[derive(Debug)]
pub struct Target {
    pub id: u64,
    pub title: String,
    pub values: Typed<u64>,
    pub stages: Typed<u64>,
}

/// A deal or lead that is made.
#[derive(Debug)]
pub struct Creation {
    pub title: String,
    pub is_lead: bool,
    /// The organization and the person that are made along with it.
    pub org: Option<String>,
    pub person: Option<String>,
    pub is_acknowledged: bool,
    /// Whether the user was asked in the end, as it is not known whether it was made.
    pub is_uncertain: bool,
}

/// Whether an edit that needs attention may do so: something was to be made, and its outcome stayed open.
pub fn is_uncertain(why: &str) -> bool {
    why.contains("not known whether")
}

/// All that was typed on one account.
#[derive(Debug, Default)]
pub struct Ledger {
    pub targets: Vec<Target>,
    pub creations: Vec<Creation>,
    /// The names of the stages, with their ids, in their order.
    pub stages: Vec<(String, u64)>,
}

impl Ledger {
    /// Takes in what the screen said.
    pub fn hear(&mut self, said: &Said) {
        match &said.told {
            Told::Value(title, value) => {
                let target = self.targets.iter_mut().find(|target| target.title == *title);
                if let Some(target) = target.filter(|_| said.is_acknowledged) {
                    target.values.acknowledge(*value);
                }
            }
            Told::Move(title, stage) => {
                let target = self.targets.iter_mut().find(|target| target.title == *title);
                let stage = self.stages.iter().find(|(name, _)| name == stage);
                if let (Some(target), Some((_, stage)), true) = (target, stage, said.is_acknowledged) {
                    target.stages.acknowledge(*stage);
                }
            }
            Told::New(title) => {
                if let Some(creation) = self.creations.iter_mut().find(|creation| creation.title == *title) {
                    creation.is_acknowledged |= said.is_acknowledged;
                }
            }
        }
    }

    /// How many edits were typed.
    pub fn typed(&self) -> usize {
        let updates = self.targets.iter().map(|target| target.values.count() + target.stages.count());
        updates.sum::<usize>() + self.creations.len()
    }

    /// How many of them the screen acknowledged.
    pub fn acknowledged(&self) -> usize {
        let updates = self.targets.iter().map(|target| target.values.acknowledged() + target.stages.acknowledged());
        updates.sum::<usize>() + self.creations.iter().filter(|creation| creation.is_acknowledged).count()
    }

    /// What was acknowledged and the server has not carried out.
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
