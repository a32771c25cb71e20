//! Deals and leads that have lost their person and their organization: marked, and worked on all the same.

use crate::harness::App;
use dealdeck::app::form::Name;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};
use dealdeck::workspace::{ServerUpdate, Workspace};

use crate::account::*;
use crate::forms::{error, fill, go, made};

/// Deal 2 and lead 2, of which the person was deleted.
fn unlinked() -> Vec<ServerUpdate> {
    let later = Some(at("2026-11-24T09:00:00Z"));
    let deal = Deal { person: None, updated: later, ..deal(2, 1, money(2_000, "EUR")) };
    let lead = Lead { person: None, updated: later, ..lead(2, false) };
    vec![ServerUpdate::Deals(vec![deal]), ServerUpdate::Leads(vec![lead])]
}

fn workspace() -> Workspace {
    let mut all = Workspace::new();
    all.absorb(changes());
    all.absorb(unlinked());
    all
}

fn screen() -> App {
    let mut app = app();
    app.update(Msg::Report(Report::Changed(unlinked())), now());
    app
}

fn of_deal(patch: DealPatch) -> Edit {
    Edit::UpdateDeal { id: DealId(2), patch }
}

fn of_lead(patch: LeadPatch) -> Edit {
    Edit::UpdateLead { id: lead_id(2), patch }
}

#[test]
fn an_unlinked_deal_can_be_moved_won_lost_and_edited() {
    let patches = [
        DealPatch { stage: workspace().pipeline_stage(StageId(2)), ..DealPatch::default() },
        DealPatch { status: Some(StatusChange::Win), ..DealPatch::default() },
        DealPatch { status: Some(StatusChange::Lose { reason: None }), ..DealPatch::default() },
        DealPatch { title: Some("Roof".into()), ..DealPatch::default() },
        DealPatch { value: Some(money(1, "EUR")), ..DealPatch::default() },
        DealPatch { expected_close: Some(Some(day(TODAY))), ..DealPatch::default() },
        DealPatch { person: Some(Some(PersonId(1))), ..DealPatch::default() },
        DealPatch { org: Some(Some(OrgId(1))), ..DealPatch::default() },
    ];
    for patch in patches {
        assert!(workspace().submit(of_deal(patch.clone())).is_ok(), "{patch:?}");
    }
    let mut all = workspace();
    all.submit(of_deal(DealPatch { person: Some(Some(PersonId(1))), ..DealPatch::default() })).unwrap();
    // Once it has a link again, that cannot be the last to go.
    let last = of_deal(DealPatch { person: Some(None), ..DealPatch::default() });
    assert_eq!(all.submit(last), Err(RuleError::DealUnlinked));
}

#[test]
fn an_unlinked_lead_can_be_edited_archived_and_converted() {
    let mut all = workspace();
    let patches = [
        LeadPatch { title: Some("Roof".into()), ..LeadPatch::default() },
        LeadPatch { seen: Some(true), ..LeadPatch::default() },
        LeadPatch { archived: Some(true), ..LeadPatch::default() },
        LeadPatch { archived: Some(false), ..LeadPatch::default() },
    ];
    for patch in patches {
        assert!(all.submit(of_lead(patch.clone())).is_ok(), "{patch:?}");
    }
    let last = of_lead(LeadPatch { org: Some(None), ..LeadPatch::default() });
    assert_eq!(all.submit(last), Err(RuleError::LeadUnlinked));
    // Whether it becomes a deal, Pipedrive decides; a lead needs a link to be made.
    let to = all.pipeline_stage(StageId(1)).unwrap();
    assert!(all.submit(Edit::ConvertLead { id: lead_id(2), to }).is_ok());
    assert_eq!(all.submit(Edit::ConvertDeal { id: DealId(2) }), Err(RuleError::LeadUnlinked));
}

#[test]
fn keys_work_on_an_unlinked_deal() {
    for (keys, changed) in [("L", "place"), ("w", "status"), ("x enter", "status")] {
        let mut app = screen();
        assert_eq!(app.session.selected_deal(&app.account.workspace), Some(DealId(2)));
        let effects = press(&mut app, keys);
        assert!(matches!(effects.as_slice(), [Effect::Send(Command::Edit { .. })]), "{keys}: {changed}: {effects:?}");
    }
}

#[test]
fn the_form_of_an_unlinked_deal_saves_other_fields() {
    let mut app = screen();
    press(&mut app, "E");
    fill(&mut app, Name::Title, "Roof");
    assert_eq!(made(&mut app), of_deal(DealPatch { title: Some("Roof".into()), ..DealPatch::default() }));
}

#[test]
fn the_form_links_an_unlinked_deal_again_and_keeps_the_last_link() {
    let mut app = screen();
    press(&mut app, "E");
    fill(&mut app, Name::Org, "Engines Ltd");
    assert_eq!(made(&mut app), of_deal(DealPatch { org: Some(Some(OrgId(1))), ..DealPatch::default() }));
    press(&mut app, "E");
    fill(&mut app, Name::Org, "");
    press(&mut app, "ctrl-s");
    assert_eq!(error(&app), RuleError::DealUnlinked.to_string());
    go(&mut app, Name::Title);
}

#[test]
fn the_form_of_an_unlinked_lead_saves_other_fields() {
    let mut app = screen();
    press(&mut app, "3 E");
    let selected = app.session.selected(&app.account.workspace);
    let Some(ItemRef::Lead(id)) = selected else { panic!("no lead: {selected:?}") };
    fill(&mut app, Name::Title, "Roof");
    assert_eq!(
        made(&mut app),
        Edit::UpdateLead { id, patch: LeadPatch { title: Some("Roof".into()), ..LeadPatch::default() } }
    );
}

#[test]
fn what_is_being_made_along_with_its_person_needs_no_link() {
    let mut all = workspace();
    let id = all.local_deal();
    let contact = Contact::Person(Link::New("Nora".into()));
    let place = all.pipeline_stage(StageId(1)).unwrap();
    let new = NewDeal::new("Roof".into(), contact, place, money(1, "EUR"));
    all.submit(Edit::CreateDeal { id, new }).unwrap();
    assert!(!all.deal(id).unwrap().needs_link());
    assert!(all.deal(DealId(2)).unwrap().needs_link() && all.lead(lead_id(2)).unwrap().needs_link());
}
