//! What undo says where something cannot be undone.

use dealdeck::domain::*;
use dealdeck::pipedrive::ApiError;

use crate::account::*;

#[test]
fn what_was_done_for_good_is_said_before_undo_goes_on_to_what_was_earlier() {
    let mut app = app();
    let (_, moved) = only_edit(&press(&mut app, "L"));
    let Edit::UpdateDeal { id, .. } = moved else { panic!("{moved:?}") };
    press(&mut app, "h X");
    let (_, deleted) = only_edit(&press(&mut app, "y"));
    assert!(matches!(deleted, Edit::Delete { .. }));
    assert!(press(&mut app, "u").is_empty());
    assert!(app.session.messages.notice.as_ref().unwrap().text.contains("cannot be undone"));
    let (_, back) = only_edit(&press(&mut app, "u"));
    assert!(matches!(back, Edit::UpdateDeal { id: other, .. } if other == id));
}

#[test]
fn what_failed_was_not_done_for_good() {
    let mut app = app();
    press(&mut app, "L h X");
    let (id, _) = only_edit(&press(&mut app, "y"));
    fail(&mut app, id, ApiError::Busy);
    let (_, back) = only_edit(&press(&mut app, "u"));
    assert!(matches!(back, Edit::UpdateDeal { .. }));
}

#[test]
fn what_changes_one_item_only_is_refused_while_others_are_marked() {
    let mut app = app();
    press(&mut app, "space j");
    for keys in ["e", "v", "%", "E", "c", "i"] {
        assert!(press(&mut app, keys).is_empty());
        assert!(app.session.dialog.is_none(), "{keys}");
    }
    press(&mut app, "3 space j c");
    assert!(app.session.dialog.is_none());
}
