//! What others change: what is noticed of it, what flashes, what is told in a line, and what came lately.

use crate::harness::App;
use chrono::TimeDelta;
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::news::Flash;
use dealdeck::app::{Effect, Msg, Now, View};
use dealdeck::domain::*;
use dealdeck::sync::{Command, Progress, Report, WebhookChange, WebhookStatus};
use dealdeck::workspace::ServerUpdate;

use crate::account::*;

const ANNA: UserId = UserId(2);
const BEN: UserId = UserId(3);
const ME: UserId = UserId(1);

fn after(seconds: i64) -> Now {
    Now(now().0 + TimeDelta::seconds(seconds))
}

/// The account with colleagues.
fn team() -> App {
    let mut app = app();
    let user = |id, name: &str| User { id, name: name.into(), active: true, email: None, phone: None };
    let users = vec![user(ME, "Mari Tamm"), user(ANNA, "Anna Kask"), user(BEN, "Ben Okri")];
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllUsers(users)])), now());
    app
}

/// The deal as it is, changed by somebody a second after it was changed last.
fn changed(app: &App, id: u64, change: impl FnOnce(&mut Deal)) -> Deal {
    let mut deal = app.account.workspace.deal(DealId(id)).unwrap().clone();
    change(&mut deal);
    deal.updated = deal.updated.map(|at| at + TimeDelta::seconds(1));
    deal
}

fn moved(app: &App, id: u64, stage: u64) -> Deal {
    let pipeline = PipelineId(if stage < 10 { 1 } else { 2 });
    changed(app, id, |deal| (deal.stage, deal.pipeline) = (StageId(stage), pipeline))
}

fn hear(app: &mut App, by: UserId, change: ServerUpdate, seconds: i64) {
    app.update(Msg::Report(Report::WebhookChanges(vec![WebhookChange { by: Some(by), change }])), after(seconds));
}

fn poll(app: &mut App, change: ServerUpdate, seconds: i64) {
    app.update(Msg::Report(Report::Changed(vec![change])), after(seconds));
}

fn told(app: &App) -> Option<&str> {
    app.session.messages.notice.as_ref().map(|notice| notice.text.as_str())
}

fn flash(app: &App, id: u64) -> Option<Flash> {
    app.account.flash(ItemRef::Deal(DealId(id)), app.session.now)
}

fn lately(app: &App) -> Vec<&str> {
    app.account.feed.lately().map(|lately| lately.told.as_str()).collect()
}

#[test]
fn a_move_by_a_colleague_flashes_for_two_seconds_and_is_told_by_name() {
    let mut app = team();
    let deal = moved(&app, 1, 3);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 10);
    assert_eq!(told(&app), Some("Anna Kask moved Deal 1 to Negotiation"));
    assert_eq!((flash(&app, 1), flash(&app, 2)), (Some(Flash::Bright), None));
    app.update(Msg::Tick, after(11));
    assert_eq!(flash(&app, 1), Some(Flash::Faded));
    app.update(Msg::Tick, after(12));
    assert_eq!(flash(&app, 1), None);
    app.update(Msg::Tick, after(19));
    assert_eq!((told(&app), lately(&app)), (None, vec!["Anna Kask moved Deal 1 to Negotiation"]));
}

#[test]
fn each_change_has_its_words_with_and_without_a_name() {
    let reason = Some("Price".to_owned());
    let says = |change: &dyn Fn(&mut Deal), by_anna: &str, by_poll: &str| {
        let mut app = team();
        let deal = changed(&app, 4, |deal| change(deal));
        hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
        assert_eq!(told(&app), Some(by_anna));
        let mut app = team();
        let deal = changed(&app, 4, |deal| change(deal));
        poll(&mut app, ServerUpdate::Deals(vec![deal]), 1);
        assert_eq!(told(&app), Some(by_poll));
    };
    says(&|deal| deal.status = DealStatus::Won, "Anna Kask won Deal 4", "Deal 4 was won");
    says(
        &|deal| (deal.status, deal.lost_reason) = (DealStatus::Lost, reason.clone()),
        "Anna Kask lost Deal 4",
        "Deal 4 was lost",
    );
    says(
        &|deal| deal.value = money(12_500, "EUR"),
        "Anna Kask valued Deal 4 at €12,500",
        "Deal 4 was valued at €12,500",
    );
    says(&|deal| deal.title = "Renewal".into(), "Anna Kask renamed Deal 4 to Renewal", "Deal 4 was renamed to Renewal");
    says(
        &|deal| deal.owner = Some(BEN),
        "Anna Kask reassigned Deal 4 to Ben Okri",
        "Deal 4 was reassigned to Ben Okri",
    );
    says(&|deal| deal.labels = vec![LabelId(1)], "Anna Kask changed Deal 4", "Deal 4 was changed");
    says(&|deal| deal.archived = true, "Anna Kask archived Deal 4", "Deal 4 was archived");
    says(&|deal| deal.status = DealStatus::Other, "Anna Kask deleted Deal 4", "Deal 4 is gone");
    says(
        &|deal| (deal.stage, deal.pipeline) = (StageId(11), PipelineId(2)),
        "Anna Kask moved Deal 4 to Partners: Talks",
        "Deal 4 moved to Partners: Talks",
    );
    let mut app = team();
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal(9, 2, money(1, "EUR"))]), 1);
    assert_eq!(told(&app), Some("Anna Kask added the deal Deal 9"));
    hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(DealId(9))), 20);
    assert_eq!(told(&app), Some("Anna Kask deleted Deal 9"));
    let done = Activity { done: true, ..activity(2, Some((TODAY, Some("12:30"))), Some(3)) };
    hear(&mut app, ANNA, ServerUpdate::Activities(vec![done]), 40);
    assert_eq!(told(&app), Some("Anna Kask marked Activity 2 as done"));
    let due = activity(3, Some(("2026-11-30", Some("08:00"))), None);
    poll(&mut app, ServerUpdate::Activities(vec![due]), 60);
    assert_eq!(told(&app), Some("Activity 3 moved to Mon 30 Nov, 10:00"));
}

#[test]
fn what_only_the_server_counts_is_no_news() {
    let mut app = team();
    let deal = changed(&app, 1, |deal| deal.stage_changed = deal.updated);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
    assert_eq!((told(&app), flash(&app, 1), lately(&app).len()), (None, None, 0));
}

#[test]
fn several_changes_are_told_in_one_line() {
    let mut app = team();
    for id in 1..=3 {
        let deal = moved(&app, id, 2);
        hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), i64::try_from(id).unwrap());
    }
    assert_eq!(told(&app), Some("Anna Kask moved 3 deals · latest: Deal 3"));
    let deal = changed(&app, 4, |deal| deal.status = DealStatus::Won);
    hear(&mut app, BEN, ServerUpdate::Deals(vec![deal]), 4);
    assert_eq!(told(&app), Some("4 changes by Anna Kask and Ben Okri · latest: Ben Okri won Deal 4"));
    // Once that is no longer shown it begins anew.
    app.update(Msg::Tick, after(13));
    let deals = vec![moved(&app, 1, 3), moved(&app, 2, 3)];
    poll(&mut app, ServerUpdate::Deals(deals), 14);
    assert_eq!(told(&app), Some("2 deals moved · latest: Deal 2"));
}

#[test]
fn ones_own_edit_that_comes_back_is_no_news_but_one_made_elsewhere_is() {
    let mut app = team();
    press(&mut app, "L");
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    let echo = app.account.workspace.deal(id).unwrap().clone();
    let seen = told(&app).unwrap().to_owned();
    hear(&mut app, ME, ServerUpdate::Deals(vec![echo]), 1);
    assert_eq!((told(&app), flash(&app, id.0)), (Some(seen.as_str()), None));
    let mut app = team();
    let deal = moved(&app, 5, 1);
    hear(&mut app, ME, ServerUpdate::Deals(vec![deal]), 1);
    assert_eq!(told(&app), Some("You moved Deal 5 to Qualified (elsewhere)"));
}

#[test]
fn what_is_made_here_is_no_news_when_it_is_heard_of_before_the_answer() {
    let mut app = team();
    let id = app.account.workspace.local_deal();
    let contact = Contact::new(Some(Link::Existing(PersonId(1))), None).unwrap();
    let place = PipelineStage { pipeline: PipelineId(1), stage: StageId(1) };
    let new = NewDeal {
        title: "Mine".into(),
        stage: place,
        value: money(1, "EUR"),
        contact,
        probability: None,
        expected_close: None,
        owner: None,
        labels: Vec::new(),
        custom: CustomValues::default(),
    };
    app.account.workspace.submit(Edit::CreateDeal { id, new }).unwrap();
    hear(&mut app, ME, ServerUpdate::Deals(vec![deal(70, 1, money(1, "EUR"))]), 1);
    assert_eq!((told(&app), flash(&app, 70)), (None, None));
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal(71, 1, money(1, "EUR"))]), 2);
    assert_eq!(told(&app), Some("Anna Kask added the deal Deal 71"));
}

#[test]
fn only_what_shows_over_an_edit_under_way_is_noticed() {
    let mut app = team();
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    press(&mut app, "L");
    app.session.messages.notice = None;
    let beneath = changed(&app, id.0, |deal| deal.stage = StageId(3));
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![beneath]), 1);
    assert_eq!((told(&app), flash(&app, id.0), stage_of(&app, id.0)), (None, None, 2));
    let beside = changed(&app, id.0, |deal| (deal.stage, deal.value) = (StageId(3), money(7, "EUR")));
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![beside]), 2);
    assert!(told(&app).is_some_and(|told| told.contains("valued")), "{:?}", told(&app));
}

#[test]
fn news_wait_until_what_is_told_of_an_edit_was_shown() {
    let mut app = team();
    press(&mut app, "L");
    let mine = told(&app).unwrap().to_owned();
    let deal = moved(&app, 5, 1);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 2);
    assert_eq!(told(&app), Some(mine.as_str()));
    assert_eq!(flash(&app, 5), Some(Flash::Bright), "it flashes all the same");
    app.update(Msg::Tick, after(9));
    assert_eq!(told(&app), Some("Anna Kask moved Deal 5 to Qualified"));
    // What waits for half a minute is only in the list.
    press(&mut app, "L");
    let deal = moved(&app, 5, 2);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 10);
    app.session.messages.notice.as_mut().unwrap().tone = dealdeck::app::notice::Tone::Bad;
    app.update(Msg::Tick, after(60));
    app.session.messages.notice = None;
    app.update(Msg::Tick, after(61));
    assert_eq!((told(&app), lately(&app).len()), (None, 2));
}

#[test]
fn what_is_none_of_ones_business_is_not_told() {
    let mut app = team();
    let others = |id| Activity { owner: Some(BEN), ..activity(id, Some((TODAY, None)), Some(6)) };
    hear(&mut app, BEN, ServerUpdate::Activities(vec![others(50)]), 1);
    let person = Person { name: "Imported".into(), owner: Some(BEN), ..Person::blank(PersonId(50)) };
    hear(&mut app, BEN, ServerUpdate::People(vec![person]), 2);
    let foreign = Deal { owner: Some(BEN), ..deal(51, 12, money(1, "EUR")) };
    hear(&mut app, BEN, ServerUpdate::Deals(vec![foreign.clone()]), 3);
    assert_eq!((told(&app), lately(&app).len()), (None, 3));
    // It is once it is one's own, or where one looks.
    let given = Deal { owner: Some(ME), updated: Some(now().0), ..foreign };
    hear(&mut app, BEN, ServerUpdate::Deals(vec![given]), 4);
    assert_eq!(told(&app), Some("Ben Okri reassigned Deal 51 to you"));
    app.session.view = View::People;
    let person = Person { name: "Imported".into(), owner: Some(BEN), ..Person::blank(PersonId(51)) };
    hear(&mut app, BEN, ServerUpdate::People(vec![person]), 30);
    assert_eq!(told(&app), Some("Ben Okri added the person Imported"));
}

#[test]
fn nothing_is_news_while_the_account_is_read_as_a_whole() {
    let mut app = App::new((120, 40), now());
    app.update(Msg::Report(Report::Changed(changes())), now());
    assert_eq!((told(&app), flash(&app, 1)), (None, None), "for the first time");
    let mut app = team();
    let reading = dealdeck::sync::ReadProgress {
        what: "deals",
        items: 3,
        pages: 1,
        elapsed: std::time::Duration::from_secs(1),
        share: Some(0.3),
        left: None,
    };
    app.update(Msg::Report(Report::Progress(Progress::Reading(reading))), after(1));
    let deal = moved(&app, 1, 3);
    poll(&mut app, ServerUpdate::Deals(vec![deal]), 2);
    assert_eq!((told(&app), flash(&app, 1)), (None, None), "again");
}

#[test]
fn many_changes_at_once_are_counted_and_bounded() {
    let mut app = team();
    let many = (100..3_000).map(|id| deal(id, 1, money(1, "EUR"))).collect();
    poll(&mut app, ServerUpdate::Deals(many), 1);
    assert!(told(&app).is_some_and(|told| told.starts_with("2900 changes")), "{:?}", told(&app));
    assert_eq!(lately(&app).len(), 50);
    let flashing = (100..3_000).filter(|id| flash(&app, *id).is_some()).count();
    assert!((1..=500).contains(&flashing), "{flashing}");
}

#[test]
fn what_came_lately_is_listed_and_gone_to() {
    let mut app = team();
    press(&mut app, "W");
    assert!(told(&app).is_some_and(|told| told.contains("No recent changes")));
    let deal = moved(&app, 5, 1);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
    press(&mut app, "2 W");
    let Some(Dialog::Pick(picker)) = &app.session.dialog else { panic!("no list") };
    assert_eq!((picker.title, picker.list.all.len()), ("Team activity: enter go to item", 1));
    assert_eq!(picker.list.all[0].label, "Anna Kask moved Deal 5 to Qualified");
    press(&mut app, "enter");
    assert_eq!((app.session.view, app.session.selected_deal(&app.account.workspace)), (View::Board, Some(DealId(5))));
}

#[test]
fn whoever_asks_for_news_is_told_them() {
    let mut app = team();
    press(&mut app, "r");
    let deal = moved(&app, 5, 1);
    poll(&mut app, ServerUpdate::Deals(vec![deal]), 1);
    let fresh = || Msg::Report(Report::Progress(Progress::Fresh { at: after(2).0, next_poll: after(300).0 }));
    app.update(fresh(), after(2));
    assert_eq!(told(&app), Some("Deal 5 moved to Qualified"));
    press(&mut app, "r");
    app.update(fresh(), after(3));
    assert_eq!(told(&app), Some("Up to date."));
}

#[test]
fn that_webhooks_do_not_come_is_told_once_until_they_do() {
    let mut app = team();
    let mut live = |live: WebhookStatus, seconds| {
        app.session.messages.notice = None;
        app.update(Msg::Report(Report::WebhookStatus(live)), after(seconds));
        told(&app).map(str::to_owned)
    };
    let down = || WebhookStatus::Down("the address does not answer".into());
    assert_eq!(live(WebhookStatus::Starting, 1), None);
    assert!(live(down(), 2).is_some_and(|told| told.contains("the address does not answer")));
    assert_eq!((live(WebhookStatus::Starting, 3), live(down(), 4)), (None, None));
    assert_eq!(live(WebhookStatus::On, 5), None);
    assert!(live(down(), 6).is_some());
    assert_eq!(app.account.feed.live_since, Some(after(6)));
}

fn press_at(app: &mut App, key: &str, seconds: i64) {
    app.update(Msg::Key(code(key)), after(seconds));
}

#[test]
fn the_cursor_stays_with_its_card_when_a_colleague_moves_it() {
    let mut app = team();
    press(&mut app, "down");
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    let deal = moved(&app, id.0, 3);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(id));
    assert_eq!(app.session.focused_stage(&app.account.workspace), Some(StageId(3)));
    // And where others come and go.
    let deal = moved(&app, 4, 3);
    poll(&mut app, ServerUpdate::Deals(vec![deal]), 2);
    assert_eq!(app.session.selected_deal(&app.account.workspace), Some(id));
}

#[test]
fn the_details_stay_open_on_what_a_colleague_takes_out_of_the_list() {
    let mut app = team();
    press(&mut app, "enter");
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    let deal = changed(&app, id.0, |deal| deal.status = DealStatus::Won);
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
    assert_eq!(app.session.selected(&app.account.workspace), Some(ItemRef::Deal(id)));
    assert_ne!(app.session.selected_deal(&app.account.workspace), Some(id), "it is on the board no more");
    hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(id)), 2);
    assert_eq!(app.session.selected(&app.account.workspace), app.session.under_cursor(&app.account.workspace));
    assert!(told(&app).is_some_and(|told| told.contains("no longer there")));
}

#[test]
fn the_details_over_the_list_close_when_a_colleague_deletes_what_they_show() {
    for (columns, stay_open) in [(80, false), (160, true)] {
        let mut app = team();
        app.update(Msg::Resize(columns, 40), now());
        press(&mut app, "enter");
        let id = app.session.selected_deal(&app.account.workspace).unwrap();
        hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(id)), 1);
        assert_eq!(app.session.detail.is_open, stay_open, "another deal must not take its place unnoticed");
        assert!(told(&app).is_some_and(|told| told.starts_with("Anna Kask deleted")));
    }
}

#[test]
fn what_is_typed_in_a_form_stays_when_its_item_changes_or_goes() {
    let typed = |app: &App| match &app.session.dialog {
        Some(Dialog::Form(form)) => {
            let field = form.focused().unwrap();
            Some((field.input.value().to_owned(), field.error.clone()))
        }
        _ => None,
    };
    let mut app = team();
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    press(&mut app, "E ctrl-u");
    type_text(&mut app, "My words");
    let deal = changed(&app, id.0, |deal| (deal.title, deal.value) = ("Theirs".into(), money(9, "EUR")));
    hear(&mut app, ANNA, ServerUpdate::Deals(vec![deal]), 1);
    assert_eq!(typed(&app), Some(("My words".to_owned(), None)));
    hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(id)), 2);
    let (text, error) = typed(&app).unwrap();
    assert_eq!((text.as_str(), error.as_deref()), ("My words", Some("that item no longer exists")));
    assert!(press(&mut app, "ctrl-s").is_empty() && typed(&app).is_some(), "it cannot be saved, nor is it lost");
}

#[test]
fn a_dialog_about_what_is_gone_is_closed() {
    for keys in ["m", "x", "v", "X", "E", "O", "d", "i"] {
        let mut app = team();
        let id = app.session.selected_deal(&app.account.workspace).unwrap();
        press(&mut app, keys);
        assert!(app.session.dialog.is_some(), "{keys}");
        hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(DealId(id.0 % 2 + 5))), 1);
        assert!(app.session.dialog.is_some(), "{keys}: another went");
        hear(&mut app, ANNA, ServerUpdate::Gone(ItemRef::Deal(id)), 2);
        assert!(app.session.dialog.is_none(), "{keys}");
        assert!(told(&app).is_some_and(|told| told.contains("no longer there")), "{keys}");
    }
}

#[test]
fn the_item_in_the_details_is_asked_about_again_when_it_is_heard_of_at_a_bounded_pace() {
    let mut app = team();
    press(&mut app, "enter");
    let id = app.session.selected_deal(&app.account.workspace).unwrap();
    let item = ItemRef::Deal(id);
    let mut asked = Vec::new();
    for second in 1..=100 {
        let deal = changed(&app, id.0, |deal| deal.labels = vec![LabelId(second.try_into().unwrap())]);
        let heard = WebhookChange { by: Some(ANNA), change: ServerUpdate::Deals(vec![deal]) };
        let effects = app.update(Msg::Report(Report::WebhookChanges(vec![heard])), after(second));
        for effect in effects {
            if let Effect::Send(Command::LoadDetails { item: of, anew, .. }) = effect {
                assert_eq!((of, anew), (item, second > 1));
                asked.push(second);
                app.update(Msg::Report(Report::DetailsLoaded { item, outcome: Ok(()) }), after(second));
            }
        }
    }
    assert_eq!(asked, [1, 6, 16, 36, 76], "after 5 seconds, then each time after twice as long");
    // A call for it is news of its timeline, too.
    press_at(&mut app, "j", 300);
    press_at(&mut app, "k", 301);
    app.update(Msg::Tick, after(303));
    app.update(Msg::Report(Report::DetailsLoaded { item, outcome: Ok(()) }), after(303));
    hear(&mut app, ANNA, ServerUpdate::Activities(vec![activity(80, None, Some(id.0))]), 304);
    let effects = app.update(Msg::Tick, after(310));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send(Command::LoadDetails { anew: true, .. }))));
}
