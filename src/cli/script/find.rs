//! Things by what people type for them: an id, a name, or a part of a name that fits one only.

use std::fmt::Display;

use compact_str::CompactString;

use super::plan::Usage;
use crate::domain::{Pipeline, PipelineId, Stage, UserId};
use crate::workspace::Workspace;

/// How many things an error lists at the most.
const MOST_LISTED: usize = 20;

/// Something that has an id and a name.
#[derive(Clone)]
pub(super) struct Named<Id> {
    id: Id,
    name: String,
    /// More to tell it from others of its name.
    hint: Option<String>,
}

impl<Id: Display> Named<Id> {
    pub(super) fn new(id: Id, name: &str) -> Self {
        Self { id, name: name.to_owned(), hint: None }
    }

    fn in_words(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" in {hint}")).unwrap_or_default();
        format!("{}{hint} ({})", self.name, self.id)
    }
}

/// Finds one by its id, by its whole name, or by a part of its name. Where that fits several or none the error lists
/// them.
pub(super) fn one<Id: Copy + Display>(option: &str, kind: &str, typed: &str, all: &[Named<Id>]) -> Result<Id, Usage> {
    let typed = typed.trim();
    if let Some(found) = all.iter().find(|named| named.id.to_string() == typed) {
        return Ok(found.id);
    }
    let folded = typed.to_lowercase();
    let fitting = |fits: &dyn Fn(&str) -> bool| -> Vec<&Named<Id>> {
        all.iter().filter(|named| fits(&named.name.to_lowercase())).collect()
    };
    let exact = fitting(&|name| name == folded);
    let found = if exact.is_empty() && !folded.is_empty() { fitting(&|name| name.contains(&folded)) } else { exact };
    match found.as_slice() {
        [only] => Ok(only.id),
        [] => Err(Usage::at(option, format!("there is no {kind} '{typed}'. There are: {}", listed(all.iter())))),
        several => {
            Err(Usage::at(option, format!("'{typed}' fits several: {}. Give the id", listed(several.iter().copied()))))
        }
    }
}

fn listed<'a, Id: Display + 'a>(some: impl Iterator<Item = &'a Named<Id>>) -> String {
    let mut words: Vec<String> = some.take(MOST_LISTED + 1).map(Named::in_words).collect();
    if words.len() > MOST_LISTED {
        words.truncate(MOST_LISTED);
        words.push("…".to_owned());
    }
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// A pipeline.
pub(super) fn pipeline<'a>(account: &'a Workspace, typed: &str) -> Result<&'a Pipeline, Usage> {
    let all: Vec<_> = account.pipelines().iter().map(|pipeline| Named::new(pipeline.id, &pipeline.name)).collect();
    let id = one("--pipeline", "pipeline", typed, &all)?;
    account.pipeline(id).ok_or_else(|| Usage::at("--pipeline", "it is gone"))
}

/// A stage: of one pipeline where that is given, else of any.
pub(super) fn stage<'a>(account: &'a Workspace, within: Option<PipelineId>, typed: &str) -> Result<&'a Stage, Usage> {
    let mut all = Vec::new();
    for pipeline in account.pipelines().iter().filter(|pipeline| within.is_none_or(|within| within == pipeline.id)) {
        let hint = within.is_none().then(|| pipeline.name.clone());
        let stages = account.stages(pipeline.id);
        all.extend(stages.map(|stage| Named { hint: hint.clone(), ..Named::new(stage.id, &stage.name) }));
    }
    let id = one("--stage", "stage", typed, &all)?;
    account.stage(id).ok_or_else(|| Usage::at("--stage", "it is gone"))
}

/// A user; `me` is the one whose token is in use.
pub(super) fn owner(account: &Workspace, typed: &str) -> Result<UserId, Usage> {
    if let ("me", Some(me)) = (typed, account.me()) {
        return Ok(me.id);
    }
    let users = account.users().iter().filter_map(|key| account.user(key.id));
    let mut all: Vec<_> = users.map(|user| Named::new(user.id, &user.name)).collect();
    all.sort_by_key(|named| named.id);
    one("--owner", "user", typed, &all)
}

/// A type of activities, by its name or key.
pub(super) fn activity_type(account: &Workspace, typed: &str) -> Result<CompactString, Usage> {
    let all: Vec<_> = account.activity_types().iter().map(|kind| Named::new(kind.key.as_str(), &kind.name)).collect();
    one("--type", "type", typed, &all).map(CompactString::from)
}
