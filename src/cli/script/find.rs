//! Things by what people type for them: an id, a name, or a part of a name that fits one only.

use super::plan::Usage;
use crate::domain::{Pipeline, PipelineId, Stage, UserId};
use crate::workspace::Workspace;

/// How many things an error lists at the most.
const MOST_LISTED: usize = 20;

/// Something that has a number and a name.
#[derive(Clone)]
struct Named {
    id: u64,
    name: String,
    /// More to tell it from others of its name.
    hint: Option<String>,
}

impl Named {
    fn in_words(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" in {hint}")).unwrap_or_default();
        format!("{}{hint} ({})", self.name, self.id)
    }
}

/// Finds one by its number, by its whole name, or by a part of its name. Where that fits several or none the error
/// lists them.
fn one(option: &str, kind: &str, typed: &str, all: &[Named]) -> Result<u64, Usage> {
    let typed = typed.trim();
    if let Some(found) = typed.parse().ok().and_then(|id: u64| all.iter().find(|named| named.id == id)) {
        return Ok(found.id);
    }
    let folded = typed.to_lowercase();
    let fitting = |fits: &dyn Fn(&str) -> bool| -> Vec<&Named> {
        all.iter().filter(|named| fits(&named.name.to_lowercase())).collect()
    };
    let exact = fitting(&|name| name == folded);
    let found = if exact.is_empty() && !folded.is_empty() { fitting(&|name| name.contains(&folded)) } else { exact };
    match found.as_slice() {
        [only] => Ok(only.id),
        [] => Err(Usage::at(option, format!("there is no {kind} '{typed}'. There are: {}", listed(all.iter())))),
        several => Err(Usage::at(
            option,
            format!("'{typed}' fits several: {}. Give the number", listed(several.iter().copied())),
        )),
    }
}

fn listed<'a>(some: impl Iterator<Item = &'a Named>) -> String {
    let mut words: Vec<String> = some.take(MOST_LISTED + 1).map(Named::in_words).collect();
    if words.len() > MOST_LISTED {
        words.truncate(MOST_LISTED);
        words.push("…".to_owned());
    }
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// A pipeline.
pub(super) fn pipeline<'a>(account: &'a Workspace, typed: &str) -> Result<&'a Pipeline, Usage> {
    let named = |pipeline: &Pipeline| Named { id: pipeline.id.0, name: pipeline.name.clone(), hint: None };
    let all: Vec<Named> = account.pipelines().iter().map(named).collect();
    let id = one("--pipeline", "pipeline", typed, &all)?;
    account.pipeline(PipelineId(id)).ok_or_else(|| Usage::at("--pipeline", "it is gone"))
}

/// A stage: of one pipeline where that is given, else of any.
pub(super) fn stage<'a>(account: &'a Workspace, within: Option<PipelineId>, typed: &str) -> Result<&'a Stage, Usage> {
    let mut all = Vec::new();
    for pipeline in account.pipelines().iter().filter(|pipeline| within.is_none_or(|within| within == pipeline.id)) {
        let hint = within.is_none().then(|| pipeline.name.clone());
        let stages = account.stages(pipeline.id);
        all.extend(stages.map(|stage| Named { id: stage.id.0, name: stage.name.clone(), hint: hint.clone() }));
    }
    let id = one("--stage", "stage", typed, &all)?;
    account.stage(crate::domain::StageId(id)).ok_or_else(|| Usage::at("--stage", "it is gone"))
}

/// A user; `me` is the one whose token is in use.
pub(super) fn owner(account: &Workspace, typed: &str) -> Result<UserId, Usage> {
    if let ("me", Some(me)) = (typed, account.me()) {
        return Ok(me.id);
    }
    let users = account.users().iter().filter_map(|key| account.user(key.id));
    let mut all: Vec<Named> = users.map(|user| Named { id: user.id.0, name: user.name.clone(), hint: None }).collect();
    all.sort_by_key(|named| named.id);
    one("--owner", "user", typed, &all).map(UserId)
}
