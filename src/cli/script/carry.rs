//! Edits carried out for a command: checked, queued, and waited for until Pipedrive has confirmed them.

use chrono::Utc;
use tokio::time::Instant;

use super::desk::{Desk, Source};
use crate::cli::{CLOSING, EXIT_ATTENTION, EXIT_FAILURE, EXIT_QUEUED, Failure};
use crate::domain::{Edit, ItemRef, RuleError};
use crate::pipedrive::ApiError;
use crate::sync::{Command, EditError, EditState, JournalEntry};
use crate::workspace::EditId;

/// What became of an edit.
pub(super) enum Fate {
    /// It holds, with what it made.
    Confirmed(Option<ItemRef>),
    /// It held already.
    AlreadySo,
    /// It is kept on this machine, and not sent yet; why.
    Queued(String),
    /// A person has to decide; why.
    Attention(String),
    /// It is nowhere; why.
    Failed(String),
}

/// An edit, and what became of it.
pub(super) struct Done {
    /// What it does, in words.
    pub what: String,
    /// What it is about.
    pub item: ItemRef,
    pub fate: Fate,
}

impl Done {
    /// The item as it is to be shown now.
    pub(super) fn shown(&self) -> Option<ItemRef> {
        match self.fate {
            Fate::Confirmed(Some(made)) => Some(made),
            Fate::Confirmed(None) | Fate::AlreadySo | Fate::Queued(_) => Some(self.item),
            Fate::Attention(_) | Fate::Failed(_) => None,
        }
    }
}

/// What all edits came to: the gravest decides.
pub(super) fn verdict(done: &[Done]) -> Result<(), Failure> {
    let count = |is_it: fn(&Fate) -> bool| done.iter().filter(|done| is_it(&done.fate)).count();
    let edits = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 edit {one}"),
        _ => format!("{count} edits {many}"),
    };
    let failed = count(|fate| matches!(fate, Fate::Failed(_)));
    let attention = count(|fate| matches!(fate, Fate::Attention(_)));
    let queued = count(|fate| matches!(fate, Fate::Queued(_)));
    let (code, message) = if failed > 0 {
        (EXIT_FAILURE, edits(failed, "failed", "failed"))
    } else if attention > 0 {
        let what = edits(attention, "needs attention", "need attention");
        (EXIT_ATTENTION, format!("{what}: start dealdeck and press !"))
    } else if queued > 0 {
        let what = edits(queued, "is queued", "are queued");
        (EXIT_QUEUED, format!("{what}: a later start, or 'dealdeck sync', sends it"))
    } else {
        return Ok(());
    };
    Err(Failure { message, code })
}

/// Checks all edits, then carries them out. Where one breaks a rule, none is.
pub(super) async fn carry_out(desk: &mut Desk, edits: Vec<Edit>) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::new();
    let mut submitted = Vec::new();
    for edit in edits {
        let (what, item) = (crate::app::in_words(&desk.workspace, &edit), edit.item());
        let base = match desk.workspace.submit(edit.clone()) {
            Ok(accepted) => accepted,
            Err(RuleError::NoChange) => {
                done.push((None, Done { what, item, fate: Fate::AlreadySo }));
                continue;
            }
            Err(rule) => return Err(broken(&edit, &what, &rule)),
        };
        let kept = JournalEntry {
            id: base.id,
            made_at: Utc::now(),
            part_of: None,
            what: what.clone(),
            edit,
            base: base.inverse,
            step: None,
            state: EditState::Waiting,
            ended_at: None,
        };
        done.push((Some(kept.id), Done { what, item, fate: Fate::AlreadySo }));
        submitted.push(kept);
    }
    let ids: Vec<EditId> = submitted.iter().map(|kept| kept.id).collect();
    if let Some(shelf) = desk.shelf() {
        shelf.queue(submitted).await.map_err(Failure::running)?;
        desk.queued.extend(ids);
    } else {
        for kept in submitted {
            desk.send(Command::Edit { kept: Box::new(kept), replaces: None }).await;
        }
        desk.until(|desk| {
            let is_down = desk.down().is_some();
            ids.iter().all(|id| desk.ended.contains_key(id) || (is_down && desk.queued.contains(id)))
        })
        .await;
        // What was handed over is kept even if this process is to end, so it must not be called failed.
        desk.until_kept(&ids).await;
    }
    let done = done.into_iter().map(|(id, done)| match id {
        Some(id) => Done { fate: fate(desk, id), ..done },
        None => done,
    });
    Ok(done.collect())
}

impl Desk {
    /// Waits until it is known of edits that were handed over whether they are on the disk.
    async fn until_kept(&mut self, ids: &[EditId]) {
        let deadline = Instant::now() + CLOSING;
        while !ids.iter().all(|id| self.queued.contains(id) || self.ended.contains_key(id)) {
            let Source::Engine { reports, .. } = &mut self.source else { return };
            match tokio::time::timeout_at(deadline, reports.recv()).await {
                Ok(Some(report)) => self.take(report),
                Ok(None) | Err(_) => return,
            }
        }
    }
}

/// A rule that an edit would break, at the option that is to blame.
fn broken(edit: &Edit, what: &str, rule: &RuleError) -> Failure {
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
        RuleError::Gone => Failure::running(message),
        _ => Failure::usage(message),
    }
}

fn fate(desk: &Desk, id: EditId) -> Fate {
    let is_queued = desk.queued.contains(&id);
    match desk.ended.get(&id) {
        Some(Ok(made)) => Fate::Confirmed(*made),
        Some(Err(failure)) => match &failure.error {
            // It is still on the disk.
            EditError::Api(ApiError::Closed) if is_queued => Fate::Queued("dealdeck is ending".to_owned()),
            error @ (EditError::Store(_) | EditError::Stopped | EditError::Api(ApiError::Busy | ApiError::Closed)) => {
                Fate::Failed(error.to_string())
            }
            EditError::Conflict(clash) => {
                let theirs = crate::app::in_words(&desk.workspace, &clash.theirs);
                Fate::Attention(format!("somebody has changed the same in Pipedrive meanwhile; theirs: {theirs}"))
            }
            EditError::Api(error) => Fate::Attention(error.to_string()),
        },
        None if is_queued => Fate::Queued(match desk.down() {
            _ if desk.shelf().is_some() => "as was asked for".to_owned(),
            _ if desk.is_interrupted => "it was told to end".to_owned(),
            why => why.unwrap_or_else(|| "Pipedrive has not confirmed it".to_owned()),
        }),
        None => Fate::Failed("dealdeck ended before it was known whether the edit is kept".to_owned()),
    }
}
