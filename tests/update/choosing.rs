//! What typing, tab and enter choose in a form: defaults, one of a few, the row that comes next, who is linked.

use crate::harness::App;
use dealdeck::app::Msg;
use dealdeck::app::form::Name;
use dealdeck::domain::*;
use dealdeck::sync::Report;
use dealdeck::workspace::ServerUpdate;

use crate::account::*;
use crate::forms::{error, fill, form, go, made, richer};

#[test]
fn a_typed_subject_replaces_the_name_of_the_type_that_was_chosen() {
    let mut app = richer();
    press(&mut app, "N m tab");
    type_text(&mut app, "Call Zoe");
    let Edit::CreateActivity { new, .. } = made(&mut app) else { panic!() };
    assert_eq!((&*new.kind, &*new.subject), ("meeting", "Call Zoe"));
    // What somebody typed stays, whatever the type becomes.
    press(&mut app, "N");
    fill(&mut app, Name::Subject, "Meet Zoe");
    go(&mut app, Name::Type);
    press(&mut app, "m");
    let Edit::CreateActivity { new, .. } = made(&mut app) else { panic!() };
    assert_eq!((&*new.kind, &*new.subject), ("meeting", "Meet Zoe"));
}

#[test]
fn letters_typed_one_after_another_choose_what_begins_with_them() {
    let mut app = richer();
    let stages = [
        (1, "Enquiry"),
        (2, "Negotiation"),
        (3, "New offer"),
        (4, "Épreuve"),
        (5, "2nd talk"),
        (6, "2nd look"),
        (7, "Ended"),
    ];
    let stages = stages.map(|(id, name)| stage(id, name, 50));
    app.update(Msg::Report(Report::Changed(vec![ServerUpdate::AllStages(stages.to_vec())])), now());
    press(&mut app, "n");
    go(&mut app, Name::Stage);
    let chosen = |app: &App| form(app).focused().unwrap().text().to_owned();
    for (typed, name) in [
        ("Neg", "Negotiation"),
        // Nothing begins so: the last letter counts by itself.
        ("new", "New offer"),
        ("n", "Negotiation"),
        ("ew o", "New offer"),
        ("ÉP", "Épreuve"),
        ("2nd l", "2nd look"),
        ("x", "2nd look"),
        ("enq", "Enquiry"),
        ("en", "Ended"),
    ] {
        type_text(&mut app, typed);
        assert_eq!(chosen(&app), name, "{typed}");
    }
    // The arrows begin anew, as does leaving the field.
    type_text(&mut app, "n");
    press(&mut app, "left");
    type_text(&mut app, "e");
    assert_ne!(chosen(&app), "Negotiation");
    type_text(&mut app, "2");
    press(&mut app, "up down");
    type_text(&mut app, "n");
    assert_eq!(chosen(&app), "Negotiation");
}

#[test]
fn down_the_form_of_a_person_the_mail_follows_the_phone() {
    let mut app = richer();
    press(&mut app, "5 n");
    for text in ["Grace Hopper", "", "+1 555 1", "grace.navy.example"] {
        type_text(&mut app, text);
        press(&mut app, "tab");
    }
    assert_eq!(form(&app).focused().unwrap().name, Name::Owner);
    assert!(press(&mut app, "ctrl-s").is_empty());
    assert_eq!(form(&app).focused().unwrap().name, Name::Email(0));
    for wrong in ["@navy.example", "grace@", "grace"] {
        fill(&mut app, Name::Email(0), wrong);
        press(&mut app, "ctrl-s");
        assert!(error(&app).contains("is not an e-mail address"), "{wrong}");
    }
    fill(&mut app, Name::Email(0), "grace@navy.example");
    let name = |app: &App| form(app).focused().unwrap().name;
    press(&mut app, "enter");
    assert_eq!(name(&app), Name::Owner);
    // Down goes to the row for one more, and tab on from it.
    go(&mut app, Name::Phone(0));
    press(&mut app, "down");
    assert_eq!(name(&app), Name::Phone(1));
    press(&mut app, "tab");
    assert_eq!(name(&app), Name::Email(0));
    let Edit::CreatePerson { new, .. } = made(&mut app) else { panic!() };
    let values = |points: &[ContactPoint]| points.iter().map(|point| point.value.clone()).collect::<Vec<_>>();
    assert_eq!(
        (values(&new.phones), values(&new.emails)),
        (vec!["+1 555 1".into()], vec!["grace@navy.example".into()])
    );
}

#[test]
fn who_is_not_in_pipedrive_yet_is_said_to_be_queued() {
    let mut app = richer();
    press(&mut app, "6 n");
    type_text(&mut app, "Navy");
    made(&mut app);
    for key in ["e", "N"] {
        app.session.messages.notice = None;
        press(&mut app, key);
        let notice = &app.session.messages.notice.as_ref().unwrap().text;
        assert!(notice.contains("not in Pipedrive yet; it can be edited and linked once it is"), "{notice}");
    }
    press(&mut app, "5 n");
    type_text(&mut app, "Grace Hopper");
    fill(&mut app, Name::Org, "navy");
    assert_eq!(form(&app).focused().unwrap().remark(day(TODAY)), Some("queued: not in Pipedrive yet".into()));
    assert!(press(&mut app, "ctrl-s").is_empty());
    assert!(error(&app).contains("not in Pipedrive yet; link it once it has been created"), "{}", error(&app));
}
