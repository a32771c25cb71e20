//! Below the least size nothing is shown, so no key may change anything: all that works is to quit.

use crate::harness::App;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dealdeck::app::actions::{ACTIONS, Action};
use dealdeck::app::dialogs::Dialog;
use dealdeck::app::{Effect, Msg};
use dealdeck::domain::{DealId, DealStatus};

use crate::account::*;

const SIZES: [(u16, u16); 5] = [(0, 0), (1, 1), (19, 5), (20, 4), (200, 1)];

/// A key as the table of actions writes it.
fn key(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.split_once('-') {
        Some(("ctrl", rest)) => (KeyModifiers::CONTROL, rest),
        Some(("shift", rest)) => (KeyModifiers::SHIFT, rest),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "tab" => KeyCode::Tab,
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        "f5" => KeyCode::F(5),
        one => KeyCode::Char(one.chars().next().filter(|_| one.chars().count() == 1).unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

fn resize(app: &mut App, size: (u16, u16)) {
    app.update(Msg::Resize(size.0, size.1), now());
}

/// What keys could change: the view, what is open over it, what is selected, and the deals.
fn shown(app: &App) -> String {
    let state = &app.session;
    let deals: Vec<_> = (1..=6).map(|id| app.account.workspace.deal(DealId(id)).cloned()).collect();
    format!("{:?} {:?} {:?} {deals:?}", state.view, state.dialog.is_some(), state.selected(&app.account.workspace))
}

#[test]
fn no_key_but_quit_works_in_a_window_that_is_too_small() {
    for view in ["1", "2", "3", "4", "5", "6", "7"] {
        for size in SIZES {
            for described in ACTIONS {
                for name in described.keys {
                    let mut app = app();
                    press(&mut app, view);
                    resize(&mut app, size);
                    let before = shown(&app);
                    let effects = send(&mut app, Msg::Key(key(name)));
                    let expected = if described.action == Action::Quit { vec![Effect::Quit] } else { Vec::new() };
                    assert_eq!(effects, expected, "{name} in view {view} at {size:?}");
                    assert_eq!(shown(&app), before, "{name} in view {view} at {size:?}");
                }
            }
        }
    }
}

#[test]
fn what_was_open_waits_for_a_larger_window() {
    let mut app = app();
    press(&mut app, "x");
    type_text(&mut app, "too dear");
    resize(&mut app, (1, 1));
    for name in ["enter", "q", "esc", "y", "tab"] {
        assert_eq!(send(&mut app, Msg::Key(key(name))), [], "{name}");
    }
    assert_eq!(send(&mut app, Msg::Paste("a paste".to_owned())), []);
    resize(&mut app, (120, 40));
    press(&mut app, "enter");
    let deal = app.account.workspace.deal(DealId(2)).unwrap();
    assert_eq!((deal.status, deal.lost_reason.as_deref()), (DealStatus::Lost, Some("too dear")));
}

#[test]
fn ctrl_c_quits_a_window_that_is_too_small_whatever_is_open() {
    for open in ["", "n", "?", ":", "/", "d", "E", "X"] {
        let mut app = app();
        press(&mut app, open);
        resize(&mut app, (1, 1));
        assert_eq!(press(&mut app, "ctrl-c"), [Effect::Quit], "{open}");
    }
}

#[test]
fn a_second_ctrl_c_quits_although_edits_are_not_saved() {
    let mut app = app();
    press(&mut app, "L");
    resize(&mut app, (1, 1));
    assert_eq!(press(&mut app, "ctrl-c"), []);
    assert!(matches!(app.session.dialog, Some(Dialog::Quit)));
    assert_eq!(press(&mut app, "q"), []);
    assert_eq!(press(&mut app, "ctrl-c"), [Effect::Quit]);
}

#[test]
fn a_drag_ends_where_the_window_becomes_too_small() {
    let mut app = app();
    let mouse = |kind, column, row| Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    send(&mut app, mouse(MouseEventKind::Down(MouseButton::Left), 2, 9));
    send(&mut app, mouse(MouseEventKind::Drag(MouseButton::Left), 70, 9));
    assert!(app.session.board.drag.is_some());
    resize(&mut app, (1, 1));
    assert_eq!(send(&mut app, mouse(MouseEventKind::Up(MouseButton::Left), 0, 0)), []);
    resize(&mut app, (120, 40));
    assert_eq!(send(&mut app, mouse(MouseEventKind::Up(MouseButton::Left), 70, 9)), []);
}
