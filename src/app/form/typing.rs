//! What is typed and pasted into a field.

use crossterm::event::{Event, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use super::{Field, Kind};
use crate::app::widgets::input::{LONGEST_INPUT, is_full, is_printed, type_over};
use crate::app::widgets::text_area;

impl Field {
    /// How many characters can be typed.
    pub(super) fn longest(&self) -> usize {
        if self.kind == Kind::Lines { text_area::LONGEST } else { LONGEST_INPUT }
    }

    /// Types a key; `false` where there is no room for it. What was picked is one piece: typing replaces it.
    pub(super) fn type_in(&mut self, key: KeyEvent) -> bool {
        if self.kind == Kind::Shown {
            return true;
        }
        let is_one_piece = !self.is_several() && (std::mem::take(&mut self.is_marked) || self.is_chosen());
        if !is_one_piece && is_printed(key) && is_full(&self.input, self.longest()) {
            return false;
        }
        if self.kind == Kind::Lines {
            self.input.handle_event(&Event::Key(key));
            return true;
        }
        let before = self.input.value().to_owned();
        type_over(&mut self.input, is_one_piece, key);
        if !self.is_several() && self.input.value() != before {
            self.chosen.clear();
        }
        true
    }

    /// Puts a text in at the cursor of a text of several lines, as far as there is room; `false` where there was not
    /// enough.
    pub(super) fn insert(&mut self, text: &str) -> bool {
        let (value, cursor) = (self.input.value(), self.input.cursor());
        let room = self.longest().saturating_sub(value.chars().count());
        let mut wanted = text.chars().filter(|c| !c.is_control() || *c == '\n');
        let mut all: String = value.chars().take(cursor).collect();
        all.extend(wanted.by_ref().take(room));
        let end = all.chars().count();
        all.extend(value.chars().skip(cursor));
        self.input = Input::new(all).with_cursor(end);
        wanted.next().is_none()
    }

    /// Marks all of what is typed as the cursor comes to the field: a text is mostly changed in part, unless it stands there
    /// by itself in something new; anything else is replaced.
    pub(super) fn mark_all(&mut self, is_new: bool) {
        let is_replaced = match self.kind {
            Kind::Money(_) | Kind::Percent | Kind::Day | Kind::When | Kind::Minutes => true,
            Kind::Text => is_new && !self.is_touched(),
            _ => false,
        };
        self.is_marked = is_replaced && !self.input.value().is_empty();
    }
}
