//! What has change, in words: 'Anna Kask moved ACME renewal to Negotiation'.

use super::super::edits::{shortened, shortened_to};
use super::gathered::One;
use crate::app::edits;
use crate::app::news;
use crate::app::{Account, Session};
use crate::domain::{Due, Item, ItemKind, ItemRef, UserId};
use crate::workspace::{ChangeKind, ShownChange};

/// How many characters of a name are told: what has become of it comes after, and has to fit in a narrow line, too.
const NAME: usize = 30;

/// Whom the person is told of as.
pub(super) const YOU: &str = "You";

/// What was done, as it is said of who did it, and of what it was done to.
const fn verbs(kind: ChangeKind) -> (&'static str, &'static str) {
    match kind {
        ChangeKind::New => ("added", "was added"),
        ChangeKind::Gone => ("deleted", "is gone"),
        ChangeKind::Archived => ("archived", "was archived"),
        ChangeKind::Unarchived => ("took", "was taken"),
        ChangeKind::Won => ("won", "was won"),
        ChangeKind::Lost => ("lost", "was lost"),
        ChangeKind::Reopened => ("reopened", "was reopened"),
        ChangeKind::Done => ("marked", "was marked"),
        ChangeKind::Moved | ChangeKind::Due => ("moved", "moved"),
        ChangeKind::Value => ("valued", "was valued"),
        ChangeKind::Renamed => ("renamed", "was renamed"),
        ChangeKind::Owner => ("reassigned", "was reassigned"),
        ChangeKind::Changed => ("changed", "was changed"),
    }
}

/// What belongs to the verb and stands at the end.
const fn ending(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Done => " as done",
        ChangeKind::Unarchived => " out of the archive",
        _ => "",
    }
}

/// What items are called: of one, and of several.
const fn nouns(item: ItemRef) -> (&'static str, &'static str) {
    match item.kind() {
        Some(ItemKind::Deal) => ("deal", "deals"),
        Some(ItemKind::Lead) => ("lead", "leads"),
        Some(ItemKind::Activity) => ("activity", "activities"),
        Some(ItemKind::Person) => ("person", "people"),
        Some(ItemKind::Org) => ("organization", "organizations"),
        None => ("note", "notes"),
    }
}

/// Several that had the same done to them: 'Anna Kask moved 3 deals', '3 deals were won'.
pub(super) fn several(who: Option<&str>, kind: ChangeKind, item: ItemRef, count: usize) -> String {
    let (active, passive) = verbs(kind);
    let (what, end) = (nouns(item).1, ending(kind));
    if let Some(who) = who {
        return format!("{who} {active} {count} {what}{end}");
    }
    let were = match passive.split_once(' ') {
        Some(("was", done)) => format!("were {done}"),
        Some(("is", so)) => format!("are {so}"),
        _ => passive.to_owned(),
    };
    format!("{count} {what} {were}{end}")
}

/// What has change, and who did it where that is known.
pub(super) fn happened_in_words(
    session: &Session,
    account: &Account,
    by: Option<UserId>,
    change: &ShownChange,
) -> String {
    let (active, passive) = verbs(change.kind);
    let after = account.workspace.shown(change.item);
    let name = called(account, change);
    let end = becomes(session, account, change.kind, after.as_ref());
    let kind = nouns(change.item).0;
    match (who(account, by), change.kind) {
        (Some(who), ChangeKind::New) => format!("{who} {active} the {kind} {name}{}", elsewhere(account, by)),
        (None, ChangeKind::New) => format!("New {kind}: {name}"),
        (Some(who), _) => format!("{who} {active} {name}{end}{}", elsewhere(account, by)),
        (None, _) => format!("{name} {passive}{end}"),
    }
}

/// What change, to be told along with others.
pub(super) fn one(account: &Account, by: Option<UserId>, change: &ShownChange, told: String) -> One {
    let ShownChange { item, kind, .. } = *change;
    One { item, kind, who: who(account, by), name: called(account, change), told }
}

/// What it was called when somebody else changed it.
fn called(account: &Account, change: &ShownChange) -> String {
    let name = match &change.before {
        Some(before) => before.name().into_owned(),
        None => edits::name_of(&account.workspace, change.item),
    };
    let name = shortened_to(name.trim(), NAME);
    if name.is_empty() { format!("a {} without a name", nouns(change.item).0) } else { name }
}

fn who(account: &Account, by: Option<UserId>) -> Option<String> {
    if news::is_me(account, by) {
        return Some(YOU.to_owned());
    }
    by.and_then(|by| account.workspace.user(by))
        .map(|user| shortened_to(user.name.trim(), NAME))
        .filter(|name| !name.is_empty())
}

/// What this person did with another program is no news, but for where it was done.
fn elsewhere(account: &Account, by: Option<UserId>) -> &'static str {
    if news::is_me(account, by) { " (elsewhere)" } else { "" }
}

/// What it has become, after the verb.
fn becomes(session: &Session, account: &Account, kind: ChangeKind, after: Option<&Item>) -> String {
    let known = match (kind, after) {
        (ChangeKind::Moved, Some(Item::Deal(deal))) => {
            let stage = account.workspace.stage(deal.stage);
            let is_on_board = session.board.pipeline == Some(deal.pipeline);
            let pipeline = account.workspace.pipeline(deal.pipeline).filter(|_| !is_on_board);
            stage.map(|stage| match pipeline {
                Some(pipeline) => format!(" to {}: {}", shortened(&pipeline.name), shortened(&stage.name)),
                None => format!(" to {}", shortened(&stage.name)),
            })
        }
        (ChangeKind::Due, Some(Item::Activity(activity))) => Some(due_in_words(account, activity.due)),
        (ChangeKind::Value, Some(Item::Deal(deal))) => Some(format!(" at {}", deal.value.display())),
        (ChangeKind::Value, Some(Item::Lead(lead))) => {
            lead.value.as_ref().map(|value| format!(" at {}", value.display()))
        }
        (ChangeKind::Renamed, Some(after)) => Some(format!(" to {}", shortened(&after.name()))),
        (ChangeKind::Owner, Some(after)) => {
            let owner = after.owner();
            let to = if news::is_me(account, owner) { Some("you".to_owned()) } else { who(account, owner) };
            to.map(|to| format!(" to {to}"))
        }
        _ => None,
    };
    known.unwrap_or_else(|| ending(kind).to_owned())
}

fn due_in_words(account: &Account, due: Option<Due>) -> String {
    let Some((day, time)) = due.map(|due| due.local(account.workspace.zone())) else {
        return " to no date".to_owned();
    };
    let time = time.map(|time| format!(", {}", time.format("%H:%M"))).unwrap_or_default();
    format!(" to {}{time}", day.format("%a %-d %b"))
}
