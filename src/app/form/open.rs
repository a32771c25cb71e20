//! Opening a form: for something new, of the kind that the view shows; for what is selected; for an activity with all that
//! is known of it.

use super::{Form, Look};
use crate::app::App;
use crate::app::dialog::Dialog;
use crate::app::state::{State, Tone, View};
use crate::domain::{Activity, Deal, Due, Item, ItemRef, Lead, Money, Organization, Person};
use crate::workspace::Workspace;

impl App {
    /// Opens a form for something new of the kind that the view shows.
    pub(in crate::app) fn open_new(&mut self) {
        let draft = match self.state.view {
            View::Board | View::Deals => {
                let Some(deal) = self.blank_deal() else {
                    self.state.tell(Tone::Info, "There is no stage to put a deal in yet.");
                    return;
                };
                Item::Deal(deal)
            }
            View::Activities => {
                let mut draft = self.blank_activity();
                if self.is_in_calendar() {
                    draft.due = Some(Due { date: self.state.calendar_day(&self.workspace), time: None });
                }
                Item::Activity(draft)
            }
            View::Leads => {
                let owner = self.my_id();
                Item::Lead(Lead { owner, ..Lead::blank(self.workspace.local_lead()) })
            }
            View::People => {
                let owner = self.my_id();
                Item::Person(Person { owner, ..Person::blank(self.workspace.local_person()) })
            }
            View::Orgs => {
                let owner = self.my_id();
                Item::Org(Organization { owner, ..Organization::blank(self.workspace.local_org()) })
            }
            View::Users => {
                self.state.tell(Tone::Info, "Users are added in Pipedrive's own settings.");
                return;
            }
        };
        self.open_form(draft);
    }

    /// Opens a form that makes an item of which this much is known.
    pub(in crate::app) fn open_form(&mut self, draft: Item) {
        self.state.dialog = Some(Dialog::Form(Form::new(draft, look(&self.state, &self.workspace))));
    }

    /// Opens a form for all fields of what is selected.
    pub(in crate::app) fn open_edit(&mut self) {
        let Some(item) = self.state.selected(&self.workspace) else { return self.nothing_selected() };
        let Some(item) = self.workspace.shown(item) else { return };
        let is_archived = match &item {
            Item::Deal(deal) => deal.archived,
            Item::Lead(lead) => lead.archived,
            _ => false,
        };
        if is_archived {
            self.state.tell(Tone::Info, crate::domain::RuleError::Archived.to_string());
        } else if !self.tells_unmade(item.key()) {
            self.state.dialog = Some(Dialog::Form(Form::edit(item, look(&self.state, &self.workspace))));
        }
    }

    /// Opens a form for a new activity with what is selected.
    pub(in crate::app) fn open_activity_for_selected(&mut self) {
        let Some(item) = self.state.selected(&self.workspace) else { return self.nothing_selected() };
        if self.tells_unmade(item) {
            return;
        }
        let draft = self.activity_for(item);
        self.open_form(Item::Activity(draft));
    }

    /// A new activity for an item: linked to it and to whom it is about, due today.
    pub(in crate::app) fn activity_for(&mut self, item: ItemRef) -> Activity {
        let mut draft = self.blank_activity();
        match self.workspace.shown(item) {
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
    pub(in crate::app) fn blank_activity(&mut self) -> Activity {
        let kind = self.workspace.activity_types().first().map(|kind| kind.key.clone());
        let today = self.state.today(&self.workspace);
        Activity {
            kind: kind.unwrap_or_else(|| "call".into()),
            owner: self.my_id(),
            due: Some(Due { date: today, time: None }),
            ..Activity::blank(self.workspace.local_activity())
        }
    }

    fn blank_deal(&mut self) -> Option<Deal> {
        let stage = self.state.focused_stage(&self.workspace)?;
        let place = self.workspace.pipeline_stage(stage)?;
        let value = Money::zero(self.workspace.currency());
        Some(Deal { owner: self.my_id(), ..Deal::blank(self.workspace.local_deal(), place, value) })
    }

    fn my_id(&self) -> Option<crate::domain::UserId> {
        self.workspace.me().map(|me| me.id)
    }

    /// Brings an open form in line with what has changed.
    pub(in crate::app) fn settle_form(&mut self) {
        let Self { workspace, state } = self;
        let today = state.today(workspace);
        if let Some(Dialog::Form(form)) = &mut state.dialog {
            form.follow(Look { workspace, today });
        }
    }
}

/// What a form looks things up in.
pub fn look<'a>(state: &State, workspace: &'a Workspace) -> Look<'a> {
    Look { workspace, today: state.today(workspace) }
}
