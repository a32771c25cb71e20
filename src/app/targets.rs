//! What an action is about: all that is marked, else what is selected.

use crate::app::archive;
use crate::app::board;
use crate::app::bulk;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::form::open;
use crate::app::{Account, Session};
use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};

use super::Effect;
use super::actions::Action;
use super::deed::{AnyLabel, Deed};
use super::dialogs::picker::Subject;
use super::dialogs::{Confirm, Dialog, Outcome, PickDialog, Prompt, PromptKind, Request};
use super::widgets::picker::PickerItem;
use crate::app::notice::Tone;
use crate::domain::{
    Edit, Item, ItemKind, ItemRef, Label, LabelColor, NewActivity, RuleError, StatusChange, User, UserId, parse_day,
};

/// How many names a question before a deletion gives.
const NAMED: usize = 5;

/// Whether items have a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// All of them.
    On,
    /// None of them.
    Off,
    /// Some of them.
    Mixed,
}

/// A label that can be put on or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLine {
    /// Which.
    pub label: AnyLabel,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub color: LabelColor,
    /// Who has it now.
    was: Tick,
    /// Who is to have it.
    pub tick: Tick,
}

impl LabelLine {
    /// The next of what can be chosen. That some have it can only stay so.
    fn turn(&mut self) {
        self.tick = match self.tick {
            Tick::Off => Tick::On,
            Tick::On if self.was == Tick::Mixed => Tick::Mixed,
            Tick::On | Tick::Mixed => Tick::Off,
        };
    }
}

/// The labels of some items, to be put on or taken away.
#[derive(Debug)]
pub struct Checklist {
    /// The labels by name.
    pub lines: Vec<LabelLine>,
    /// Which is selected.
    pub selected: usize,
}

impl Checklist {
    /// The lines that are to become so.
    fn turned(&self, tick: Tick) -> Vec<AnyLabel> {
        self.lines.iter().filter(|line| line.tick != line.was && line.tick == tick).map(|line| line.label).collect()
    }

    /// Returns the change to make, if there is one.
    fn outcome(&self) -> Outcome {
        let (on, off) = (self.turned(Tick::On), self.turned(Tick::Off));
        if on.is_empty() && off.is_empty() {
            Outcome::Close
        } else {
            Outcome::Answer(Request::Apply(Deed::Labels { on, off }))
        }
    }
}

/// What the next action is about.
fn targets(session: &Session, account: &Account) -> Vec<ItemRef> {
    if session.marks() > 0 {
        return session.marked().collect();
    }
    session.selected(&account.workspace).into_iter().collect()
}

/// Does something to all marked items, where the action can be done to several at once; `None` where it cannot.
pub(super) fn act_on_marked(session: &mut Session, account: &mut Account, action: Action) -> Option<Vec<Effect>> {
    if session.marks() == 0 {
        return None;
    }
    if is_for_one(action) {
        session.tell(Tone::Info, "That is done to one item at a time: esc takes the marks away.");
        return Some(Vec::new());
    }
    if !is_for_many(action) {
        return None;
    }
    let items = targets(session, account);
    let deed = match action {
        Action::MoveLeft => Deed::Step(-1),
        Action::MoveRight => Deed::Step(1),
        Action::Win => Deed::Status(StatusChange::Win),
        Action::Reopen => Deed::Status(StatusChange::Reopen),
        Action::Archive => Deed::Archive(!archive::is_in_archive(session)),
        Action::Tomorrow => Deed::NextDay,
        Action::Seen => Deed::Seen(
            items.iter().any(|item| is_still(account, *item, |item| matches!(item, Item::Lead(lead) if !lead.seen))),
        ),
        Action::Done => {
            Deed::Done(items.iter().any(|item| {
                is_still(account, *item, |item| matches!(item, Item::Activity(activity) if !activity.done))
            }))
        }
        Action::PickStage => {
            board::open_stages(session, account, board::StageFor::Targets, None);
            session.targets = items;
            return Some(Vec::new());
        }
        Action::Lose | Action::ExpectedClose | Action::Reschedule => {
            session.dialog = Some(Dialog::Prompt(Prompt::new(PromptKind::ForAll(action), String::new())));
            session.targets = items;
            return Some(Vec::new());
        }
        Action::NewActivity => {
            open_activity_for_each(session, account, items);
            return Some(Vec::new());
        }
        Action::Delete => {
            ask_delete_all(session, account, items);
            return Some(Vec::new());
        }
        _ => return None,
    };
    Some(do_to(session, account, &items, &deed))
}

fn is_still(account: &Account, item: ItemRef, is_it: impl Fn(&Item) -> bool) -> bool {
    account.workspace.shown(item).as_ref().is_some_and(is_it)
}

/// Does something to items: to one by an edit like any other, to several as one step. Their marks are taken away.
pub(super) fn do_to(session: &mut Session, account: &mut Account, items: &[ItemRef], deed: &Deed) -> Vec<Effect> {
    let edits = items.iter().map(|item| deed.edit(*item, session, &account.workspace).map_err(|rule| (*item, rule)));
    let mut edits: Vec<_> = edits.collect();
    let effects = if let [Ok(_)] = edits.as_slice() {
        edits.pop().and_then(Result::ok).map(|edit| edits::apply(session, account, edit)).unwrap_or_default()
    } else {
        let words = deed.words(&account.workspace);
        let kind = items.first().and_then(|item| item.kind());
        bulk::edit_all(session, account, |count| format!("{words}: {}", counted(count, kind)), edits)
    };
    if !effects.is_empty() {
        session.clear_marks();
    }
    effects
}

/// Does something to what the dialog was about that was answered.
pub(super) fn do_to_about(session: &mut Session, account: &mut Account, deed: &Deed) -> Vec<Effect> {
    let items = std::mem::take(&mut session.targets);
    do_to(session, account, &items, deed)
}

/// Opens a form for an activity that is planned for each of these.
fn open_activity_for_each(session: &mut Session, account: &mut Account, items: Vec<ItemRef>) {
    let draft = open::blank_activity(session, account);
    open::open_form(session, account, Item::Activity(draft));
    if let Some(Dialog::Form(form)) = &mut session.dialog {
        form.for_each = items;
    }
}

/// Plans an activity like this one for each of these, linked to it and to whom it is about.
pub(super) fn plan_for_each(
    session: &mut Session,
    account: &mut Account,
    items: &[ItemRef],
    new: &NewActivity,
) -> Vec<Effect> {
    let plan = |item: &ItemRef| {
        if account.workspace.shown(*item).is_none() {
            return Err((*item, RuleError::Gone));
        }
        let draft = open::activity_for(session, account, *item);
        let planned = NewActivity {
            deal: draft.deal.or(new.deal),
            lead: draft.lead.or(new.lead),
            person: draft.person.or(new.person),
            org: draft.org.or(new.org),
            ..new.clone()
        };
        Ok(Edit::CreateActivity { id: draft.id, new: planned })
    };
    let edits = items.iter().map(plan).collect();
    let kind = items.first().and_then(|item| item.kind());
    let what = format!("New activity '{}'", new.subject);
    let effects = bulk::edit_all(session, account, |count| format!("{what}: {}", counted(count, kind)), edits);
    if !effects.is_empty() {
        session.clear_marks();
    }
    effects
}

fn ask_delete_all(session: &mut Session, account: &Account, items: Vec<ItemRef>) {
    let names = items.iter().take(NAMED).map(|item| edits::name_of(&account.workspace, *item)).collect();
    let what = counted(items.len(), items.first().and_then(|item| item.kind()));
    session.dialog = Some(Dialog::Confirm(Confirm::DeleteAll { what, names, more: items.len().saturating_sub(NAMED) }));
    session.targets = items;
}

/// Asks for a new owner, or for labels, of what is marked or selected.
pub(super) fn target_action(session: &mut Session, account: &Account, action: Action) {
    let items = targets(session, account);
    if items.is_empty() {
        return dispatch::nothing_selected(session);
    }
    match action {
        Action::Owner => open_owners(session, account, &items),
        _ => open_labels(session, account, &items),
    }
    session.targets = items;
}

fn open_owners(session: &mut Session, account: &Account, items: &[ItemRef]) {
    let me = account.workspace.me().map(|me| me.id);
    let active =
        account.workspace.users().iter().filter_map(|key| account.workspace.user(key.id)).filter(|user| user.active);
    let (mine, others): (Vec<_>, Vec<_>) = active.partition(|user| Some(user.id) == me);
    let request = |user: UserId| Request::Apply(Deed::Owner(user));
    let line =
        |user: &User| PickerItem::new(&user.name, if Some(user.id) == me { "you" } else { "" }, request(user.id));
    let lines: Vec<_> = mine.into_iter().chain(others).map(line).collect();
    let owners: Vec<_> =
        items.iter().map(|item| account.workspace.shown(*item).and_then(|item| item.owner())).collect();
    let now = owners.first().copied().flatten().filter(|first| owners.iter().all(|owner| *owner == Some(*first)));
    let picker = PickDialog::new("Owner", lines).about(Subject::Targets);
    session.dialog = Some(Dialog::Pick(match now {
        Some(user) => picker.at(&request(user)),
        None => picker,
    }));
}

fn open_labels(session: &mut Session, account: &Account, items: &[ItemRef]) {
    let option = |label: &Label| (AnyLabel::Option(label.id), label.name.clone(), label.color);
    let mut labels: Vec<(AnyLabel, String, LabelColor)> = match items.first().and_then(|item| item.kind()) {
        Some(ItemKind::Deal) => account.workspace.labels().map(option).collect(),
        Some(ItemKind::Person) => account.workspace.person_labels().map(option).collect(),
        Some(ItemKind::Org) => account.workspace.org_labels().map(option).collect(),
        Some(ItemKind::Lead) => account
            .workspace
            .lead_labels()
            .map(|label| (AnyLabel::Lead(label.id), label.name.clone(), label.color))
            .collect(),
        Some(ItemKind::Activity) | None => Vec::new(),
    };
    if labels.is_empty() {
        session.tell(Tone::Info, "There are no labels yet: create them in Pipedrive.");
        return;
    }
    labels.sort_by_cached_key(|(label, name, _)| (name.to_lowercase(), *label));
    let mut having: BTreeMap<AnyLabel, usize> = BTreeMap::new();
    for label in items.iter().filter_map(|item| account.workspace.shown(*item)).flat_map(|item| labels_of(&item)) {
        *having.entry(label).or_default() += 1;
    }
    let line = |(label, name, color)| {
        let was = match having.get(&label) {
            None => Tick::Off,
            Some(count) if *count == items.len() => Tick::On,
            Some(_) => Tick::Mixed,
        };
        LabelLine { label, name, color, was, tick: was }
    };
    let lines = labels.into_iter().map(line).collect();
    session.dialog = Some(Dialog::Labels(Checklist { lines, selected: 0 }));
}

pub(super) fn labels_key(list: &mut Checklist, key: KeyEvent) -> Outcome {
    let end = list.lines.len().saturating_sub(1);
    match key.code {
        KeyCode::Char('j') | KeyCode::Down => list.selected = (list.selected + 1).min(end),
        KeyCode::Char('k') | KeyCode::Up => list.selected = list.selected.saturating_sub(1),
        KeyCode::Char('g') | KeyCode::Home => list.selected = 0,
        KeyCode::Char('G') | KeyCode::End => list.selected = end,
        KeyCode::Char(' ' | 'x') => {
            if let Some(line) = list.lines.get_mut(list.selected) {
                line.turn();
            }
        }
        KeyCode::Enter => return list.outcome(),
        KeyCode::Char('q') => return Outcome::Close,
        _ => {}
    }
    Outcome::Stay
}

/// What a prompt for all marked items was answered with.
pub(super) fn deed_from(session: &Session, account: &Account, action: Action, text: &str) -> Result<Deed, String> {
    let day = || parse_day(text, session.today(&account.workspace)).map_err(|error| error.to_string());
    Ok(match action {
        Action::Lose => {
            let reason = Some(text.to_owned()).filter(|reason| !reason.is_empty());
            Deed::Status(StatusChange::Lose { reason })
        }
        Action::ExpectedClose if text.is_empty() => Deed::Close(None),
        Action::ExpectedClose => Deed::Close(Some(day()?)),
        _ => Deed::Day(day()?),
    })
}

/// Whether an action can be done to several items at once.
const fn is_for_many(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::MoveLeft
            | A::MoveRight
            | A::PickStage
            | A::Win
            | A::Lose
            | A::Reopen
            | A::ExpectedClose
            | A::Archive
            | A::Seen
            | A::Done
            | A::Tomorrow
            | A::Reschedule
            | A::NewActivity
            | A::Delete
    )
}

/// Whether an action changes one item only. While others are marked it would be taken for one that changes those.
const fn is_for_one(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Convert | A::BackToLead | A::Rename | A::Value | A::Probability | A::EditAll | A::NewNote | A::Notes
    )
}

/// How many of what there are: '12 deals'.
fn counted(count: usize, kind: Option<ItemKind>) -> String {
    let (one, many) = match kind {
        Some(ItemKind::Deal) => ("deal", "deals"),
        Some(ItemKind::Activity) => ("activity", "activities"),
        Some(ItemKind::Lead) => ("lead", "leads"),
        Some(ItemKind::Person) => ("person", "people"),
        Some(ItemKind::Org) => ("organization", "organizations"),
        None => ("item", "items"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

fn labels_of(item: &Item) -> Vec<AnyLabel> {
    match item {
        Item::Deal(deal) => deal.labels.iter().copied().map(AnyLabel::Option).collect(),
        Item::Person(person) => person.labels.iter().copied().map(AnyLabel::Option).collect(),
        Item::Org(org) => org.labels.iter().copied().map(AnyLabel::Option).collect(),
        Item::Lead(lead) => lead.labels.iter().copied().map(AnyLabel::Lead).collect(),
        Item::Activity(_) | Item::Note(_) => Vec::new(),
    }
}
