//! The screen that version 0.1 saved: views, sorting, columns and saved filters come back, under the same stored names.

use dealdeck::app::{Effect, Msg};
use dealdeck::sync::{Command, Durability, Report, Restored};
use dealdeck::workspace::BoardSnapshot;
use serde_json::Value;

use crate::account::*;
use crate::harness::App;

const SCREEN: &str = include_str!("../fixtures/v0.1/screen.json");

#[test]
fn the_saved_screen_of_0_1_is_restored() {
    let mut app = App::new((120, 40), now());
    let restored = Restored {
        front: BoardSnapshot::default(),
        screen: Some(SCREEN.to_owned()),
        items: changes(),
        edits: Vec::new(),
        next_edit: 0,
        fresh_at: None,
        looked: std::collections::BTreeMap::new(),
        keeping: Durability::Kept,
        warnings: Vec::new(),
    };
    send(&mut app, Msg::Report(Report::Restored(Box::new(restored))));
    let Some(Effect::Send(Command::SaveScreen(text))) = dealdeck::app::keep_screen(&mut app.session, &app.account)
    else {
        panic!("nothing is saved")
    };
    let saved = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (before, mut after) = (saved(SCREEN), saved(&text));
    for list in ["orders", "columns"] {
        // These are in the order of the views.
        let find = |view: &Value| {
            let lists = after[list].as_array().unwrap();
            lists.iter().find(|entry| entry[0] == view[0]).cloned().unwrap_or_default()
        };
        let found: Vec<Value> = before[list].as_array().unwrap().iter().map(find).collect();
        assert_eq!(after[list].as_array().unwrap().len(), found.len());
        after[list] = found.into();
    }
    for part in before.as_object().unwrap().keys() {
        assert_eq!(after[part], before[part], "{part}");
    }
}
