//! What a form must not lose: what is typed while news come, what was deleted on purpose, what it does not show.

use dealdeck::app::form::Name;
use dealdeck::app::{App, Msg};
use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;
use dealdeck::sync::Report;
use dealdeck::workspace::Change;

use crate::account::*;
use crate::forms::{fill, form, go, made, richer};

fn tell(app: &mut App, changes: Vec<Change>) {
    app.update(Msg::Report(Report::Changed(changes)), now());
}

fn point(value: &str, primary: bool) -> ContactPoint {
    ContactPoint { value: value.into(), label: "work".into(), primary }
}

/// Ada with these phones, as Pipedrive has her after the so many-eth change.
fn ada(phones: &[&str], change: i64) -> Vec<Change> {
    let phones = phones.iter().enumerate().map(|(at, value)| point(value, at == 0)).collect();
    let updated = Some(at("2026-11-24T09:00:00Z") + chrono::TimeDelta::seconds(change));
    vec![Change::People(vec![Person { name: "Ada Lovelace".into(), phones, updated, ..Person::blank(PersonId(1)) }])]
}

fn names(app: &App) -> Vec<Name> {
    form(app).fields.iter().map(|field| field.name).collect()
}

#[test]
fn a_number_that_is_being_typed_stays_while_the_person_changes() {
    let mut app = richer();
    tell(&mut app, ada(&[], 0));
    press(&mut app, "5 e");
    go(&mut app, Name::Phone(0));
    tell(&mut app, ada(&[], 1));
    type_text(&mut app, "+1");
    tell(&mut app, ada(&[], 2));
    type_text(&mut app, " 555");
    let Edit::UpdatePerson { patch, .. } = made(&mut app) else { panic!() };
    assert_eq!(patch, PersonPatch { phones: Some(vec![point("+1 555", true)]), ..PersonPatch::default() });
    // The same in the row for one more, which goes away along with the number before it.
    let mut app = richer();
    tell(&mut app, ada(&["1"], 0));
    press(&mut app, "5 e");
    go(&mut app, Name::Phone(1));
    tell(&mut app, ada(&["1"], 1));
    assert_eq!(form(&app).focused().unwrap().name, Name::Phone(1));
    tell(&mut app, ada(&[], 2));
    assert_eq!(form(&app).focused().unwrap().name, Name::Phone(0));
}

#[test]
fn numbers_taken_away_or_added_come_back_so_after_a_failure() {
    for (had, wanted) in [(&["1", "2", "3"][..], &["3"][..]), (&["1"], &["4", "5", "6"])] {
        let mut app = richer();
        tell(&mut app, ada(had, 0));
        press(&mut app, "5 e");
        for at in 0..had.len().max(wanted.len()) {
            // From the front: the first ones go.
            let text = if wanted.len() > had.len() { wanted[at] } else { had[at] };
            let stays = wanted.contains(&text);
            fill(&mut app, Name::Phone(at), if stays { text } else { "" });
        }
        let (id, edit) = only_edit(&press(&mut app, "ctrl-s"));
        let Edit::UpdatePerson { patch, .. } = &edit else { panic!() };
        let phones: Vec<&str> = patch.phones.iter().flatten().map(|point| point.value.as_str()).collect();
        assert_eq!(phones, wanted);
        fail(&mut app, id, ApiError::Refused("no".into()));
        press(&mut app, "! c");
        let is_phone = |name: &Name| matches!(name, Name::Phone(_));
        let order: Vec<bool> = names(&app).iter().map(is_phone).collect();
        let (first, last) = (order.iter().position(|is| *is), order.iter().rposition(|is| *is));
        assert!(order[first.unwrap()..=last.unwrap()].iter().all(|is| *is), "they stand together: {:?}", names(&app));
        fill(&mut app, Name::Title, "Ada King");
        let Edit::UpdatePerson { patch, .. } = made(&mut app) else { panic!() };
        let phones: Vec<&str> = patch.phones.iter().flatten().map(|point| point.value.as_str()).collect();
        assert_eq!((phones, patch.name.as_deref()), (wanted.to_vec(), Some("Ada King")));
    }
}
