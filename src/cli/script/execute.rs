//! Executes edits for a command: checks them, queues them, and waits until Pipedrive has confirmed them.

use chrono::Utc;
use tokio::time::Instant;

use super::client::{Backend, Client};
use crate::app::in_words;
use crate::cli::engine::CLOSING;
use crate::cli::error::{CliError, EXIT_ATTENTION, EXIT_FAILURE, EXIT_QUEUED};
use crate::domain::{Edit, ItemRef, RuleError};
use crate::pipedrive::ApiError;
use crate::sync::{Command, EditError, EditFailure, EditState, JournalEntry};
use crate::workspace::EditId;

/// The result of an edit.
pub(super) enum EditResult {
    /// Pipedrive confirmed it, with the item that it created.
    Confirmed(Option<ItemRef>),
    /// It would change nothing.
    NoChange,
    /// It is stored on this machine and not sent yet, for this reason.
    Queued(String),
    /// It needs a decision, for this reason.
    Attention(String),
    /// It is lost, for this reason.
    Failed(String),
}

/// An edit and its result.
pub(super) struct ExecutedEdit {
    /// The description.
    pub what: String,
    pub item: ItemRef,
    pub result: EditResult,
}

impl ExecutedEdit {
    /// Returns the item to print.
    pub(super) fn shown(&self) -> Option<ItemRef> {
        match self.result {
            EditResult::Confirmed(Some(created)) => Some(created),
            EditResult::Confirmed(None) | EditResult::NoChange | EditResult::Queued(_) => Some(self.item),
            EditResult::Attention(_) | EditResult::Failed(_) => None,
        }
    }
}

/// Returns the result of all edits: the worst one decides.
pub(super) fn verdict(executed: &[ExecutedEdit]) -> Result<(), CliError> {
    let count = |matches: fn(&EditResult) -> bool| executed.iter().filter(|edit| matches(&edit.result)).count();
    let edits = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 edit {one}"),
        _ => format!("{count} edits {many}"),
    };
    let failed = count(|result| matches!(result, EditResult::Failed(_)));
    let attention = count(|result| matches!(result, EditResult::Attention(_)));
    let queued = count(|result| matches!(result, EditResult::Queued(_)));
    let (code, message) = if failed > 0 {
        (EXIT_FAILURE, edits(failed, "failed", "failed"))
    } else if attention > 0 {
        let what = edits(attention, "needs attention", "need attention");
        (EXIT_ATTENTION, format!("{what}: start dealdeck and press !"))
    } else if queued > 0 {
        let what = edits(queued, "is queued", "are queued");
        (EXIT_QUEUED, format!("{what}: the next start or 'dealdeck sync' sends it"))
    } else {
        return Ok(());
    };
    Err(CliError { message, code })
}

/// Checks all edits, then executes them. If one breaks a rule, none is executed.
pub(super) async fn execute(client: &mut Client, edits: Vec<Edit>) -> Result<Vec<ExecutedEdit>, CliError> {
    let mut executed = Vec::new();
    let mut submitted = Vec::new();
    for edit in edits {
        let (what, item) = (in_words(&client.state.workspace, &edit), edit.item());
        let accepted = match client.state.workspace.submit(edit.clone()) {
            Ok(accepted) => Some(accepted),
            Err(RuleError::NoChange) => None,
            Err(rule) => return Err(rule_error(&edit, &what, &rule)),
        };
        let id = accepted.as_ref().map(|accepted| accepted.id);
        executed.push((id, ExecutedEdit { what: what.clone(), item, result: EditResult::NoChange }));
        submitted.extend(accepted.map(|accepted| JournalEntry {
            id: accepted.id,
            made_at: Utc::now(),
            part_of: None,
            what,
            edit,
            base: accepted.inverse,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        }));
    }
    send(client, submitted).await?;
    let with_result = |(id, edit): (Option<EditId>, ExecutedEdit)| match id {
        Some(id) => ExecutedEdit { result: result(client, id), ..edit },
        None => edit,
    };
    Ok(executed.into_iter().map(with_result).collect())
}

/// Queues the edits, and unless the client is offline, waits until each has ended or cannot be sent now.
async fn send(client: &mut Client, edits: Vec<JournalEntry>) -> Result<(), CliError> {
    let ids: Vec<EditId> = edits.iter().map(|kept| kept.id).collect();
    if let Some(offline) = client.offline() {
        offline.queue(edits).await.map_err(CliError::failure)?;
        client.state.queued.extend(ids);
        return Ok(());
    }
    for kept in edits {
        client.send(Command::Edit { kept: Box::new(kept), replaces: None }).await;
    }
    client
        .wait_until(|client| {
            let state = &client.state;
            let is_down = state.outage().is_some();
            ids.iter().all(|id| state.ended.contains_key(id) || (is_down && state.queued.contains(id)))
        })
        .await;
    wait_until_stored(client, &ids).await;
    Ok(())
}

/// Waits until it is known of each sent edit that it is on disk: the engine stores it even if this process is about to
/// end, so that it must not be reported as failed.
async fn wait_until_stored(client: &mut Client, ids: &[EditId]) {
    let deadline = Instant::now() + CLOSING;
    let state = &mut client.state;
    while !ids.iter().all(|id| state.queued.contains(id) || state.ended.contains_key(id)) {
        let Backend::Engine { reports, .. } = &mut client.backend else { return };
        match tokio::time::timeout_at(deadline, reports.recv()).await {
            Ok(Some(report)) => state.apply(report),
            Ok(None) | Err(_) => return,
        }
    }
}

/// Returns the error for an edit that would break a rule, with the option to blame.
fn rule_error(edit: &Edit, what: &str, rule: &RuleError) -> CliError {
    let is_new = edit.is_creation();
    let option = match rule {
        RuleError::DealUnlinked | RuleError::LeadUnlinked => "--person or --org: ",
        RuleError::NoProbability if is_new => "--probability: ",
        RuleError::EmptyTitle if is_new => "--title: ",
        RuleError::NoSuchStage => "--stage: ",
        _ => "",
    };
    let message = format!("{option}{rule} ({what}). Nothing was done");
    match rule {
        RuleError::Gone => CliError::failure(message),
        _ => CliError::usage(message),
    }
}

fn result(client: &Client, id: EditId) -> EditResult {
    let is_queued = client.state.queued.contains(&id);
    match client.state.ended.get(&id) {
        Some(Ok(created)) => EditResult::Confirmed(*created),
        Some(Err(failure)) => failure_result(client, failure, is_queued),
        None if is_queued => EditResult::Queued(match client.state.outage() {
            _ if client.offline().is_some() => "as requested".to_owned(),
            _ if client.is_interrupted => "interrupted".to_owned(),
            why => why.unwrap_or_else(|| "Pipedrive has not confirmed it".to_owned()),
        }),
        None => EditResult::Failed("dealdeck ended before the edit was known to be stored".to_owned()),
    }
}

fn failure_result(client: &Client, failure: &EditFailure, is_queued: bool) -> EditResult {
    match &failure.error {
        // The edit is still on disk.
        EditError::Api(ApiError::Closed) if is_queued => EditResult::Queued("dealdeck is ending".to_owned()),
        error @ (EditError::Store(_) | EditError::Stopped | EditError::Api(ApiError::Busy | ApiError::Closed)) => {
            EditResult::Failed(error.to_string())
        }
        EditError::Conflict(conflict) => {
            let theirs = in_words(&client.state.workspace, &conflict.theirs);
            EditResult::Attention(format!("another user changed the same field in Pipedrive; theirs: {theirs}"))
        }
        EditError::Api(error) => EditResult::Attention(error.to_string()),
    }
}
