//! The dialog with a list to pick from.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};

use super::request::{Outcome, Request};
use crate::app::layout;
use crate::app::widgets::picker::{Picker, PickerItem};
use crate::domain::ItemRef;

/// The item that a picker is about. The picker closes if it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Subject {
    /// No item.
    Nothing,
    /// This item.
    Item(ItemRef),
    /// The items that the session's next change applies to.
    Targets,
}

/// The source of a picker's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Source {
    /// They stay as they were when it opened.
    Fixed,
    /// The saved filters, which may arrive later.
    SavedFilters,
}

/// A picker's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Enough for names.
    Names,
    /// Enough for sentences.
    Sentences,
}

/// A list of requests to pick from.
#[derive(Debug)]
pub struct PickDialog {
    /// The title of the frame.
    pub title: &'static str,
    /// The list.
    pub list: Picker<Request>,
    /// The width of the frame.
    pub width: Width,
    pub(in crate::app) subject: Subject,
    pub(in crate::app) source: Source,
}

impl PickDialog {
    pub(in crate::app) fn new(title: &'static str, lines: Vec<PickerItem<Request>>) -> Self {
        let list = Picker::new(lines);
        Self { title, list, width: Width::Names, subject: Subject::Nothing, source: Source::Fixed }
    }

    /// Sets the item that the picker is about.
    pub(in crate::app) fn about(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }

    /// Selects the line of a request, if there is one.
    pub(in crate::app) fn at(mut self, request: &Request) -> Self {
        self.list.select(|other| other == request);
        self
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Enter => self.pick(self.list.selected),
            KeyCode::Char('X') if self.list.deletion().is_some() => {
                self.list.deletion().map_or(Outcome::Stay, Outcome::Run)
            }
            _ => {
                self.list.key(key);
                Outcome::Stay
            }
        }
    }

    /// A click picks a line; outside of the frame it closes the dialog.
    pub(super) fn click(&self, at: Position, screen: Rect) -> Outcome {
        let frame = layout::picker(screen, self);
        let list = layout::picker_list(frame);
        if list.contains(at) {
            self.pick(self.list.top(usize::from(list.height)) + usize::from(at.y - list.y))
        } else if frame.contains(at) {
            Outcome::Stay
        } else {
            Outcome::Close
        }
    }

    fn pick(&self, rank: usize) -> Outcome {
        self.list.value(rank).map_or(Outcome::Stay, Outcome::Answer)
    }
}
