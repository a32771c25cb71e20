//! Filters by name: those that were saved here, and those that are saved in Pipedrive, of which only Pipedrive can say
//! what they let through.

use crate::app::{Account, Session};
use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Effect;
use super::dialogs::picker::Source;
use super::dialogs::{Dialog, PickDialog, Prompt, PromptKind, Request};
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::domain::{FilterId, ItemKind, SavedFilter};
use crate::pipedrive::ApiError;
use crate::sync::{Command, FilterResult};
use crate::workspace::{Conditions, SavedFilterResult};

/// How many filters are kept here at the most.
pub(super) const MOST_OWN: usize = 100;
/// How long a name may be, in characters.
const LONGEST_NAME: usize = 60;

/// A filter that was saved here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The view that it is for.
    pub view: View,
    /// What it asks.
    pub asks: Conditions,
}

/// All filters by name.
#[derive(Debug, Default)]
pub struct NamedFilters {
    /// Those that were saved here, in the order of their names.
    pub own: Vec<Named>,
    /// The one that Pipedrive was asked to carry out.
    running: Option<Running>,
}

/// A filter that Pipedrive carries out, and the view that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    view: View,
    filter: FilterId,
    name: String,
}

/// A filter that can be picked by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// One that was saved here, by its place among them.
    Own(usize),
    /// One that is saved in Pipedrive.
    Theirs(FilterId),
    /// The present one is to get a name.
    Save,
    /// One that was saved here is to be forgotten.
    Forget,
    /// This one.
    Forgotten(usize),
}

/// The kind of items that a view shows; `None` for users.
pub(super) const fn kind_of(view: View) -> Option<ItemKind> {
    match view {
        View::Board | View::Deals => Some(ItemKind::Deal),
        View::Activities => Some(ItemKind::Activity),
        View::Leads => Some(ItemKind::Lead),
        View::People => Some(ItemKind::Person),
        View::Orgs => Some(ItemKind::Org),
        View::Users => None,
    }
}

/// Opens the list of filters by name, and has Pipedrive asked for its own.
pub(super) fn open_names(session: &mut Session, account: &Account) -> Vec<Effect> {
    let lines = name_lines(session, account);
    let picker = PickDialog { source: Source::SavedFilters, ..PickDialog::new("Saved filters", lines) };
    session.dialog = Some(Dialog::Pick(picker));
    kind_of(session.view).map(|kind| Effect::Send(Command::SavedFilters(kind))).into_iter().collect()
}

fn name_lines(session: &Session, account: &Account) -> Vec<PickerItem<Request>> {
    let line = |label: &str, hint: &str, name| PickerItem::new(label, hint, Request::SavedFilter(name));
    let own = session.named.own.iter().enumerate().filter(|(_, named)| named.view == session.view);
    let mut lines: Vec<_> = own.map(|(at, named)| line(&named.name, "own", Name::Own(at))).collect();
    let has_own = !lines.is_empty();
    let kind = kind_of(session.view);
    match kind.map(|kind| account.saved_filters.get(&kind)) {
        Some(Some(theirs)) => {
            lines.extend(theirs.iter().map(|filter| line(&filter.name, "Pipedrive's", Name::Theirs(filter.id))));
        }
        Some(None) => lines.push(PickerItem::new("loading Pipedrive's filters…", "", Request::OpenFilters)),
        None => {}
    }
    if session.filter.is_on(session.view) {
        lines.push(line("Save current filter as…", "", Name::Save));
    }
    if has_own {
        lines.push(line("Delete a saved filter…", "", Name::Forget));
    }
    lines
}

/// A filter was picked by its name.
pub(super) fn named(session: &mut Session, account: &Account, name: Name) -> Vec<Effect> {
    let view = session.view;
    match name {
        Name::Own(at) => {
            if let Some(named) = session.named.own.get(at).cloned() {
                session.filter.input = named.asks.text.clone().into();
                session.filter.ask(view, named.asks);
                session.tell(Tone::Info, format!("'{}'. esc shows everything again.", named.name));
            }
        }
        Name::Theirs(filter) => {
            let known = kind_of(view).and_then(|kind| account.saved_filters.get(&kind));
            let found = known.into_iter().flatten().find(|saved| saved.id == filter);
            let Some(name) = found.map(|saved| saved.name.clone()) else { return Vec::new() };
            return run(session, Running { view, filter, name });
        }
        Name::Save => session.dialog = Some(Dialog::Prompt(Prompt::new(PromptKind::FilterName, String::new()))),
        Name::Forget => {
            let own = session.named.own.iter().enumerate().filter(|(_, named)| named.view == view);
            let lines = own
                .map(|(at, named)| PickerItem::new(&named.name, "delete", Request::SavedFilter(Name::Forgotten(at))));
            session.dialog = Some(Dialog::Pick(PickDialog::new("Delete a saved filter", lines.collect())));
        }
        Name::Forgotten(at) => {
            if at < session.named.own.len() {
                let named = session.named.own.remove(at);
                session.tell(Tone::Info, format!("'{}' is deleted.", named.name));
            }
        }
    }
    Vec::new()
}

/// Saves what is asked now under a name. One of the same name in the same view is replaced.
///
/// # Errors
/// What is wrong with the name.
pub(super) fn save_filter(session: &mut Session, name: &str) -> Result<(), String> {
    let view = session.view;
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    if name.is_empty() {
        return Err("a filter needs a name".to_owned());
    }
    let own = &mut session.named.own;
    own.retain(|named| (named.view, &named.name) != (view, &name));
    if own.len() >= MOST_OWN {
        return Err(format!("there are {MOST_OWN} already: delete one first"));
    }
    let asked = session.filter.conditions(view);
    let without = if asked.among.is_some() { ", without what Pipedrive's filter found" } else { "" };
    let asks = Conditions { text: session.filter.input.value().trim().to_owned(), among: None, ..asked };
    own.push(Named { name: name.clone(), view, asks });
    own.sort_by(|a, b| a.name.cmp(&b.name));
    session.dialog = None;
    session.tell(Tone::Good, format!("Saved as '{name}'{without}: Q shows it."));
    Ok(())
}

/// Has a filter carried out by Pipedrive.
fn run(session: &mut Session, running: Running) -> Vec<Effect> {
    let Some(kind) = kind_of(running.view) else { return Vec::new() };
    session.tell(Tone::Info, format!("Asking Pipedrive for '{}'…", running.name));
    let filter = running.filter;
    session.named.running = Some(running);
    vec![Effect::Send(Command::RunFilter { kind, filter })]
}

/// Has Pipedrive's filter of the view that is shown carried out anew, if there is one.
pub(super) fn run_again(session: &mut Session) -> Vec<Effect> {
    let view = session.view;
    match session.filter.conditions(view).among {
        Some(among) => run(session, Running { view, filter: among.filter, name: among.name.clone() }),
        None => Vec::new(),
    }
}

/// Pipedrive has told which filters it has.
pub(super) fn filters_came(
    session: &mut Session,
    account: &mut Account,
    kind: ItemKind,
    filters: Result<Vec<SavedFilter>, ApiError>,
) {
    match filters {
        Ok(filters) => drop(account.saved_filters.insert(kind, filters)),
        Err(error) => {
            session.tell(Tone::Bad, format!("Pipedrive's filters: {error}"));
            // Those that are known stay; else there is nothing to wait for.
            account.saved_filters.entry(kind).or_default();
        }
    }
    let is_open = matches!(&session.dialog, Some(Dialog::Pick(picker)) if picker.source == Source::SavedFilters);
    if is_open && kind_of(session.view) == Some(kind) {
        let lines = name_lines(session, account);
        if let Some(Dialog::Pick(picker)) = &mut session.dialog {
            picker.list.replace(lines);
        }
    }
}

/// Pipedrive has carried out a filter.
pub(super) fn filtered(
    session: &mut Session,
    account: &Account,
    filter: FilterId,
    passing: Result<FilterResult, ApiError>,
) {
    let Some(running) = session.named.running.take_if(|running| running.filter == filter) else { return };
    let passing = match passing {
        Ok(passing) => passing,
        Err(error) => {
            return session.tell(Tone::Bad, format!("Pipedrive's '{}': {error}", running.name));
        }
    };
    let clock = clock(passing.at, &account.workspace);
    let part = if passing.is_whole { "" } else { ", the first of very many" };
    let count = passing.items.len();
    let items: HashSet<_> = passing.items.into_iter().collect();
    session.tell(Tone::Good, format!("'{}' as of {clock}: {count}{part}; r asks again.", running.name));
    let asked = session.filter.conditions(running.view);
    let among = SavedFilterResult { filter, name: running.name, at: passing.at, items: Arc::new(items) };
    session.filter.ask(running.view, Conditions { among: Some(among), ..asked });
}

fn clock(at: DateTime<Utc>, workspace: &crate::workspace::Workspace) -> String {
    at.with_timezone(&workspace.zone()).format("%H:%M").to_string()
}
