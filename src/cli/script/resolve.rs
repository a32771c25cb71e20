//! Resolves what users type to ids: an id, a name, or a part of a name that matches one candidate only.

use std::fmt::Display;

use compact_str::CompactString;

use super::usage::UsageError;
use crate::domain::{Pipeline, PipelineId, Stage, UserId};
use crate::workspace::Workspace;

/// Maximum number of candidates that an error lists.
const MAX_LISTED: usize = 20;

/// Something with an id and a name.
#[derive(Clone)]
pub(super) struct Candidate<Id> {
    id: Id,
    name: String,
    /// Distinguishes it from others with the same name.
    hint: Option<String>,
}

impl<Id: Display> Candidate<Id> {
    pub(super) fn new(id: Id, name: &str) -> Self {
        Self { id, name: name.to_owned(), hint: None }
    }

    fn describe(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!(" in {hint}")).unwrap_or_default();
        format!("{}{hint} ({})", self.name, self.id)
    }
}

/// Returns the candidate with this id, this name, or this part of its name. If several or none match, the error lists
/// them.
pub(super) fn one<Id>(option: &str, kind: &str, typed: &str, candidates: &[Candidate<Id>]) -> Result<Id, UsageError>
where
    Id: Copy + Display,
{
    let typed = typed.trim();
    if let Some(candidate) = candidates.iter().find(|candidate| candidate.id.to_string() == typed) {
        return Ok(candidate.id);
    }
    let folded = typed.to_lowercase();
    let matching = |matches: &dyn Fn(&str) -> bool| -> Vec<&Candidate<Id>> {
        candidates.iter().filter(|candidate| matches(&candidate.name.to_lowercase())).collect()
    };
    let exact = matching(&|name| name == folded);
    let found = if exact.is_empty() && !folded.is_empty() { matching(&|name| name.contains(&folded)) } else { exact };
    match found.as_slice() {
        [only] => Ok(only.id),
        [] => {
            let message = format!("there is no {kind} '{typed}'. Available: {}", listed(candidates.iter()));
            Err(UsageError::at(option, message))
        }
        several => {
            let message = format!("'{typed}' matches several: {}. Use the ID", listed(several.iter().copied()));
            Err(UsageError::at(option, message))
        }
    }
}

fn listed<'a, Id: Display + 'a>(candidates: impl Iterator<Item = &'a Candidate<Id>>) -> String {
    let mut words: Vec<String> = candidates.take(MAX_LISTED + 1).map(Candidate::describe).collect();
    if words.len() > MAX_LISTED {
        words.truncate(MAX_LISTED);
        words.push("…".to_owned());
    }
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

pub(super) fn pipeline<'a>(account: &'a Workspace, typed: &str) -> Result<&'a Pipeline, UsageError> {
    let candidates: Vec<_> =
        account.pipelines().iter().map(|pipeline| Candidate::new(pipeline.id, &pipeline.name)).collect();
    let id = one("--pipeline", "pipeline", typed, &candidates)?;
    account.pipeline(id).ok_or_else(|| UsageError::at("--pipeline", "it no longer exists"))
}

/// Returns a stage: of one pipeline if that is given, else of any.
pub(super) fn stage<'a>(
    account: &'a Workspace,
    within: Option<PipelineId>,
    typed: &str,
) -> Result<&'a Stage, UsageError> {
    let mut candidates = Vec::new();
    for pipeline in account.pipelines().iter().filter(|pipeline| within.is_none_or(|within| within == pipeline.id)) {
        let hint = within.is_none().then(|| pipeline.name.clone());
        let stages = account.stages(pipeline.id);
        candidates
            .extend(stages.map(|stage| Candidate { hint: hint.clone(), ..Candidate::new(stage.id, &stage.name) }));
    }
    let id = one("--stage", "stage", typed, &candidates)?;
    account.stage(id).ok_or_else(|| UsageError::at("--stage", "it no longer exists"))
}

/// Returns a user; `me` is the owner of the token.
pub(super) fn owner(account: &Workspace, typed: &str) -> Result<UserId, UsageError> {
    if let ("me", Some(me)) = (typed, account.me()) {
        return Ok(me.id);
    }
    let users = account.users().iter().filter_map(|key| account.user(key.id));
    let mut candidates: Vec<_> = users.map(|user| Candidate::new(user.id, &user.name)).collect();
    candidates.sort_by_key(|candidate| candidate.id);
    one("--owner", "user", typed, &candidates)
}

/// Returns the key of an activity type, by its name or key.
pub(super) fn activity_type(account: &Workspace, typed: &str) -> Result<CompactString, UsageError> {
    let all = account.activity_types().iter();
    let candidates: Vec<_> = all.map(|kind| Candidate::new(kind.key.as_str(), &kind.name)).collect();
    one("--type", "type", typed, &candidates).map(CompactString::from)
}
