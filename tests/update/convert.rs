//! A deal that becomes a lead again, and what was converted by mistake.

use dealdeck::app::dialogs::Dialog;
use dealdeck::app::{Effect, Msg, View};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::{Command, EditState, JournalEntry, Report};
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

#[test]
fn a_deal_becomes_a_lead_after_a_question_and_the_cursor_goes_along() {
    let mut app = app();
    assert!(press(&mut app, "c n").is_empty(), "asked first");
    let (id, edit) = only_edit(&press(&mut app, "c y"));
    assert_eq!(edit, Edit::ConvertDeal { id: DealId(2) });
    assert!(press(&mut app, "L").is_empty(), "nothing else can be done to it meanwhile");
    let news = vec![ServerUpdate::Leads(vec![lead(7, true)]), ServerUpdate::Gone(ItemRef::Deal(DealId(2)))];
    succeed(&mut app, id, news, Some(ItemRef::Lead(lead_id(7))));
    assert!(app.account.workspace.deal(DealId(2)).is_none());
    assert_eq!((app.session.view, app.session.cursors.leads.selected), (View::Leads, Some(lead_id(7))));
}

#[test]
fn whoever_has_gone_elsewhere_is_left_there_and_a_failure_leaves_the_deal() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "c y"));
    press(&mut app, "j 2");
    succeed(&mut app, id, vec![ServerUpdate::Leads(vec![lead(7, true)])], Some(ItemRef::Lead(lead_id(7))));
    assert_eq!(app.session.view, View::Activities);
    press(&mut app, "1");
    let deal = app.session.selected_deal(&app.account.workspace).unwrap();
    let (id, _) = only_edit(&press(&mut app, "c y"));
    fail(&mut app, id, ApiError::Busy);
    assert!(app.account.workspace.deal(deal).is_some());
    assert_eq!(app.account.edits.attention.len(), 1);
}

#[test]
fn a_conversion_of_a_lead_is_taken_back_by_the_deal_becoming_a_lead() {
    let mut app = app();
    let (id, _) = only_edit(&press(&mut app, "3 c enter"));
    let news =
        vec![ServerUpdate::Gone(ItemRef::Lead(lead_id(3))), ServerUpdate::Deals(vec![deal(50, 1, money(1, "EUR"))])];
    succeed(&mut app, id, news, Some(ItemRef::Deal(DealId(50))));
    assert!(press(&mut app, "u").is_empty(), "asked first");
    assert!(matches!(app.session.dialog, Some(Dialog::BackToLead { .. })));
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    assert_eq!(edit, Edit::ConvertDeal { id: DealId(50) });
    assert!(press(&mut app, "u").is_empty());
    assert!(app.session.dialog.is_none(), "once");
}

#[test]
fn from_the_history_a_conversion_is_taken_back_likewise_and_nothing_is_deleted() {
    let mut app = app();
    let effects = press(&mut app, "3 c enter");
    let (id, _) = only_edit(&effects);
    let Some(Effect::Send(Command::Edit { kept, .. })) = effects.first() else { panic!("{effects:?}") };
    let made = Some(ItemRef::Deal(DealId(50)));
    let news =
        vec![ServerUpdate::Gone(ItemRef::Lead(lead_id(3))), ServerUpdate::Deals(vec![deal(50, 1, money(1, "EUR"))])];
    succeed(&mut app, id, news, made);
    press(&mut app, "Y");
    let kept = JournalEntry { state: EditState::Confirmed { made }, ..(**kept).clone() };
    app.update(Msg::Report(Report::History(Ok(vec![kept]))), now());
    assert!(press(&mut app, "u").is_empty(), "asked first");
    let (_, edit) = only_edit(&press(&mut app, "enter"));
    assert_eq!(edit, Edit::ConvertDeal { id: DealId(50) });
}
