//! What typing, tab and enter choose in a form: defaults, one of a few, the row that comes next, who is linked.

use dealdeck::app::form::Name;
use dealdeck::domain::*;

use crate::account::*;
use crate::forms::{fill, go, made, richer};

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
