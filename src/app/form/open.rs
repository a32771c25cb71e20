//! Opening a form: for something new, of the kind that the view shows; for what is selected; for an activity with all that
//! is known of it.

use super::{Form, Look};
use crate::app::calendar;
use crate::app::dialogs::Dialog;
use crate::app::dispatch;
use crate::app::edits;
use crate::app::notice::Tone;
use crate::app::view::View;
use crate::app::{Account, Session};
use crate::domain::{Activity, Deal, Due, Item, ItemRef, Lead, Money, Organization, Person};
use crate::workspace::Workspace;

/// Opens a form for something new of the kind that the view shows.
pub(in crate::app) fn open_new(session: &mut Session, account: &mut Account) {
    let draft = match session.view {
        View::Board | View::Deals => {
            let Some(deal) = blank_deal(session, account) else {
                session.tell(Tone::Info, "There is no stage to put a deal in yet.");
                return;
            };
            Item::Deal(deal)
        }
        View::Activities => {
            let mut draft = blank_activity(session, account);
            if calendar::is_in_calendar(session) {
                draft.due = Some(Due { date: session.calendar_day(&account.workspace), time: None });
            }
            Item::Activity(draft)
        }
        View::Leads => {
            let owner = my_id(account);
            Item::Lead(Lead { owner, ..Lead::blank(account.workspace.local_lead()) })
        }
        View::People => {
            let owner = my_id(account);
            Item::Person(Person { owner, ..Person::blank(account.workspace.local_person()) })
        }
        View::Orgs => {
            let owner = my_id(account);
            Item::Org(Organization { owner, ..Organization::blank(account.workspace.local_org()) })
        }
        View::Users => {
            session.tell(Tone::Info, "Users are added in Pipedrive's own settings.");
            return;
        }
    };
    open_form(session, account, draft);
}

/// Opens a form that makes an item of which this much is known.
pub(in crate::app) fn open_form(session: &mut Session, account: &Account, draft: Item) {
    session.dialog = Some(Dialog::Form(Form::new(draft, look(session, &account.workspace))));
}

/// Opens a form for all fields of what is selected.
pub(in crate::app) fn open_edit(session: &mut Session, account: &Account) {
    let Some(item) = session.selected(&account.workspace) else { return dispatch::nothing_selected(session) };
    let Some(item) = account.workspace.shown(item) else { return };
    let is_archived = match &item {
        Item::Deal(deal) => deal.archived,
        Item::Lead(lead) => lead.archived,
        _ => false,
    };
    if is_archived {
        session.tell(Tone::Info, crate::domain::RuleError::Archived.to_string());
    } else if !edits::tells_unmade(session, item.key()) {
        session.dialog = Some(Dialog::Form(Form::edit(item, look(session, &account.workspace))));
    }
}

/// Opens a form for a new activity with what is selected.
pub(in crate::app) fn open_activity_for_selected(session: &mut Session, account: &mut Account) {
    let Some(item) = session.selected(&account.workspace) else { return dispatch::nothing_selected(session) };
    if edits::tells_unmade(session, item) {
        return;
    }
    let draft = activity_for(session, account, item);
    open_form(session, account, Item::Activity(draft));
}

/// A new activity for an item: linked to it and to whom it is about, due today.
pub(in crate::app) fn activity_for(session: &Session, account: &mut Account, item: ItemRef) -> Activity {
    let mut draft = blank_activity(session, account);
    match account.workspace.shown(item) {
        Some(Item::Deal(deal)) => {
            (draft.deal, draft.org) = (Some(deal.id), deal.org);
            draft.set_person(deal.person);
        }
        Some(Item::Lead(lead)) => {
            (draft.lead, draft.org) = (Some(lead.id), lead.org);
            draft.set_person(lead.person);
        }
        Some(Item::Person(person)) => {
            draft.org = person.org;
            draft.set_person(Some(person.id));
        }
        Some(Item::Org(org)) => draft.org = Some(org.id),
        Some(Item::Activity(before)) => {
            (draft.deal, draft.lead, draft.org) = (before.deal, before.lead, before.org);
            draft.set_person(before.person);
        }
        Some(Item::Note(_)) | None => {}
    }
    draft
}

/// An activity of the account's first type, mine, due today.
pub(in crate::app) fn blank_activity(session: &Session, account: &mut Account) -> Activity {
    let kind = account.workspace.activity_types().first().map(|kind| kind.key.clone());
    let today = session.today(&account.workspace);
    Activity {
        kind: kind.unwrap_or_else(|| "call".into()),
        owner: my_id(account),
        due: Some(Due { date: today, time: None }),
        ..Activity::blank(account.workspace.local_activity())
    }
}

fn blank_deal(session: &Session, account: &mut Account) -> Option<Deal> {
    let stage = session.focused_stage(&account.workspace)?;
    let place = account.workspace.pipeline_stage(stage)?;
    let value = Money::zero(account.workspace.currency());
    Some(Deal { owner: my_id(account), ..Deal::blank(account.workspace.local_deal(), place, value) })
}

fn my_id(account: &Account) -> Option<crate::domain::UserId> {
    account.workspace.me().map(|me| me.id)
}

/// Brings an open form in line with what has changed.
pub(in crate::app) fn settle_form(session: &mut Session, account: &Account) {
    let today = session.today(&account.workspace);
    if let Some(Dialog::Form(form)) = &mut session.dialog {
        form.follow(Look { workspace: &account.workspace, today });
    }
}

/// What a form looks things up in.
pub fn look<'a>(session: &Session, workspace: &'a Workspace) -> Look<'a> {
    Look { workspace, today: session.today(workspace) }
}
