//! A list to pick from, narrowed by typing.

use std::cmp::Reverse;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use super::fuzzy::{Fuzzy, Score};
use super::input::type_into;

/// The number of lines that page up and page down move by.
const PAGE: isize = 10;

/// The text of a line that typing is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Searched {
    Label,
    /// The label first; lines that match only together with their hint come after all others.
    LabelAndHint,
}

/// A line of a picker, with the value it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickerItem<T> {
    /// The text at the left.
    pub label: String,
    /// The text at the right, such as a key.
    pub hint: String,
    value: T,
    on_delete: Option<T>,
    searched: Searched,
}

impl<T> PickerItem<T> {
    pub(in crate::app) fn new(label: impl Into<String>, hint: impl Into<String>, value: T) -> Self {
        Self { label: label.into(), hint: hint.into(), value, on_delete: None, searched: Searched::Label }
    }

    /// Sets the value that deleting the line stands for.
    pub(in crate::app) fn deleted_by(self, value: T) -> Self {
        Self { on_delete: Some(value), ..self }
    }

    /// Lets typing find the line by its hint, too.
    pub(in crate::app) fn found_by_hint(self) -> Self {
        Self { searched: Searched::LabelAndHint, ..self }
    }
}

/// A list to pick from.
#[derive(Debug)]
pub struct Picker<T> {
    /// The typed text.
    pub input: Input,
    /// All lines.
    pub all: Vec<PickerItem<T>>,
    /// The matching lines, the best first, as indexes into `all`.
    pub matching: Vec<usize>,
    /// The rank of the selected line among the matching ones.
    pub selected: usize,
}

impl<T: Clone> Picker<T> {
    /// A list with nothing typed and the first line selected.
    pub(in crate::app) fn new(all: Vec<PickerItem<T>>) -> Self {
        let matching = (0..all.len()).collect();
        Self { input: Input::default(), all, matching, selected: 0 }
    }

    /// Selects the first line whose value passes, if there is one. To be called before anything is typed.
    pub(in crate::app) fn select(&mut self, is_it: impl Fn(&T) -> bool) {
        self.selected = self.all.iter().position(|line| is_it(&line.value)).unwrap_or(0);
    }

    /// Returns the rank of the first line on the screen if `height` lines fit.
    pub fn top(&self, height: usize) -> usize {
        (self.selected + 1).saturating_sub(height).min(self.matching.len().saturating_sub(height))
    }

    /// The matching lines, the best first.
    pub fn lines(&self) -> impl Iterator<Item = &PickerItem<T>> {
        self.matching.iter().filter_map(|at| self.all.get(*at))
    }

    fn line(&self, rank: usize) -> Option<&PickerItem<T>> {
        self.all.get(*self.matching.get(rank)?)
    }

    /// Returns the value of the matching line of this rank.
    pub(in crate::app) fn value(&self, rank: usize) -> Option<T> {
        self.line(rank).map(|line| line.value.clone())
    }

    /// Returns the value that deleting the selected line stands for.
    pub(in crate::app) fn deletion(&self) -> Option<T> {
        self.line(self.selected)?.on_delete.clone()
    }

    /// Keeps the lines that match the typed text, the best first.
    fn narrow(&mut self) {
        let mut fuzzy = Fuzzy::new(self.input.value());
        let mut matching: Vec<(bool, Reverse<Score>, usize)> = Vec::new();
        for (at, line) in self.all.iter().enumerate() {
            if let Some(score) = fuzzy.score(&line.label) {
                matching.push((false, Reverse(score), at));
            } else if line.searched == Searched::LabelAndHint
                && let Some(score) = fuzzy.score(&format!("{} {}", line.label, line.hint))
            {
                matching.push((true, Reverse(score), at));
            }
        }
        matching.sort_unstable();
        self.matching = matching.into_iter().map(|(.., at)| at).collect();
        self.selected = 0;
    }

    /// Replaces the lines. The typed text and the rank of the selected line stay.
    pub(in crate::app) fn replace(&mut self, all: Vec<PickerItem<T>>) {
        let selected = self.selected;
        self.all = all;
        self.narrow();
        self.selected = selected.min(self.matching.len().saturating_sub(1));
    }

    /// Takes a key of typing or moving.
    pub(in crate::app) fn key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Down | KeyCode::Tab => self.step(1),
            KeyCode::Up | KeyCode::BackTab => self.step(-1),
            KeyCode::Char('n') if control => self.step(1),
            KeyCode::Char('p') if control => self.step(-1),
            KeyCode::PageDown => self.step(PAGE),
            KeyCode::PageUp => self.step(-PAGE),
            _ => self.type_keys(std::iter::once(key)),
        }
    }

    /// Types keys into the field.
    pub(in crate::app) fn type_keys(&mut self, keys: impl Iterator<Item = KeyEvent>) {
        let before = self.input.value().to_owned();
        keys.for_each(|key| type_into(&mut self.input, key));
        if self.input.value() != before {
            self.narrow();
        }
    }

    /// Moves the selection, staying in the list.
    pub(in crate::app) fn step(&mut self, by: isize) {
        let last = self.matching.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}
