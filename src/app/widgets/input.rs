//! Typing into a field of one line.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler;

/// The longest text of a field, in characters.
pub(in crate::app) const LONGEST_INPUT: usize = 1_000;

/// Returns pasted text as one line: at most its first `most` characters, with blanks for control characters.
pub(in crate::app) fn one_line(text: &str, most: usize) -> String {
    let line: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// Returns the keys that type a text.
pub(in crate::app) fn typed(line: &str) -> impl Iterator<Item = KeyEvent> {
    line.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

/// Types a key into a field. If all of its text is selected, the key replaces it.
pub(in crate::app) fn type_over(input: &mut tui_input::Input, is_marked: bool, key: KeyEvent) {
    match key.code {
        KeyCode::Char(_) if is_marked && !key.modifiers.contains(KeyModifiers::CONTROL) => input.reset(),
        KeyCode::Backspace | KeyCode::Delete if is_marked => return input.reset(),
        _ => {}
    }
    type_into(input, key);
}

/// Types a key into a field, up to [`LONGEST_INPUT`] characters.
pub(in crate::app) fn type_into(input: &mut tui_input::Input, key: KeyEvent) {
    if !is_printed(key) || !is_full(input, LONGEST_INPUT) {
        input.handle_event(&Event::Key(key));
    }
}

/// Returns `true` if the key types a character.
pub(in crate::app) fn is_printed(key: KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Returns `true` if the field holds at least `longest` characters.
pub(in crate::app) fn is_full(input: &tui_input::Input, longest: usize) -> bool {
    input.value().chars().count() >= longest
}
