//! Pipedrive's own search: asked for by a key, for what may not be on this machine, such as what is archived. What is
//! chosen of what it finds is read, and gone to.

use super::Effect;
use super::dialogs::{Dialog, PickDialog, Prompt, PromptKind, Request};
use crate::app::jump;
use crate::app::notice::Tone;
use crate::app::widgets::picker::PickerItem;
use crate::app::{Account, Session};
use crate::domain::{ItemKind, ItemRef, SearchHit};
use crate::pipedrive::ApiError;
use crate::sync::Command;

/// How many letters Pipedrive wants at the least.
const LEAST: usize = 2;
/// What is searched.
const KINDS: [ItemKind; 4] = [ItemKind::Deal, ItemKind::Person, ItemKind::Org, ItemKind::Lead];

/// A search, or the reading of what was found by it.
#[derive(Debug, Default)]
pub struct Search {
    /// What was searched for last; the answer to anything before that no longer counts.
    text: Option<String>,
    /// The item that is being read, to be gone to.
    going_to: Option<ItemRef>,
}

impl Search {
    /// Whether an item is read to be gone to.
    pub(super) fn is_going_to(&self, item: ItemRef) -> bool {
        self.going_to == Some(item)
    }
}

/// Asks what to search for.
pub(super) fn ask_search(session: &mut Session) {
    let last = session.search.text.clone().unwrap_or_default();
    session.dialog = Some(Dialog::Prompt(Prompt::new(PromptKind::Search, last)));
}

/// Searches.
pub(super) fn search(session: &mut Session, text: String) -> Vec<Effect> {
    session.search.text = Some(text.clone());
    session.tell(Tone::Info, format!("Searching Pipedrive for '{text}'…"));
    vec![Effect::Send(Command::Search { text, kinds: KINDS.to_vec() })]
}

/// Shows what was found.
pub(super) fn found(session: &mut Session, text: &str, hits: Result<Vec<SearchHit>, ApiError>) {
    if session.search.text.as_deref() != Some(text) {
        return;
    }
    let hits = match hits {
        Ok(hits) if hits.is_empty() => {
            return session.tell(Tone::Info, format!("Pipedrive finds nothing for '{text}'."));
        }
        Ok(hits) => hits,
        Err(error) => return session.tell(Tone::Bad, format!("Could not search for '{text}': {error}")),
    };
    if session.dialog.is_some() {
        let told = format!("Pipedrive has found something for '{text}': search again to see it.");
        return session.tell(Tone::Info, told);
    }
    session.messages.notice = None;
    let lines = hits.into_iter().map(pickable).collect();
    session.dialog = Some(Dialog::Pick(PickDialog::new("Found in Pipedrive", lines)));
}

/// Goes to something that was found; reads it first where it is not here.
pub(super) fn go_to_found(session: &mut Session, account: &Account, item: ItemRef) -> Vec<Effect> {
    if jump::go_to(session, account, item) {
        return Vec::new();
    }
    session.search.going_to = Some(item);
    session.tell(Tone::Info, "Reading it…");
    vec![Effect::Send(Command::LoadItem(item))]
}

/// An item was read, or could not be.
pub(super) fn was_read(session: &mut Session, account: &Account, item: ItemRef, outcome: Result<(), ApiError>) {
    if session.search.going_to.take_if(|going_to| *going_to == item).is_none() {
        return;
    }
    match outcome {
        Ok(()) if session.dialog.is_none() => {
            session.messages.notice = None;
            if !jump::go_to(session, account, item) {
                session.tell(Tone::Bad, "It is no longer there.");
            }
        }
        Ok(()) => {}
        Err(error) => session.tell(Tone::Bad, format!("It could not be read: {error}")),
    }
}

/// What is typed, if it can be searched for.
pub(super) fn checked(text: String) -> Result<String, String> {
    if text.chars().count() < LEAST {
        return Err(format!("Type at least {LEAST} letters"));
    }
    Ok(text)
}

fn pickable(found: SearchHit) -> PickerItem<Request> {
    let kind = match found.item {
        ItemRef::Deal(_) => "deal",
        ItemRef::Lead(_) => "lead",
        ItemRef::Person(_) => "person",
        ItemRef::Org(_) => "organization",
        ItemRef::Activity(_) => "activity",
        ItemRef::Note(_) => "note",
    };
    let archived = found.archived.then(|| "archived".to_owned());
    let status = found.status.filter(|status| status != "open").map(String::from);
    let value = found.value.map(|value| value.display());
    let parts = [Some(kind.to_owned()), archived, status, value, found.about];
    let hint = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    PickerItem::new(found.name, hint, Request::GoToFound(found.item))
}
