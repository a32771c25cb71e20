//! The order of a list, and the columns of a table: how a person chooses them.

use crossterm::event::{KeyCode, KeyEvent};

use super::App;
use super::columns::{Chosen, sortable, usual};
use super::dialog::{Choice, Dialog, Pickable, Picker, Picking};
use super::dialogs::After;
use super::state::Tone;
use crate::workspace::{Column, OwnerFilter, SortOrder};

impl App {
    /// Shows what is the person's own, or everyone's again.
    pub(super) fn mine_or_everyone(&mut self) {
        let filter = &mut self.state.filter;
        filter.whose = match filter.whose {
            Some(OwnerFilter::Mine) => None,
            _ => Some(OwnerFilter::Mine),
        };
        let told = if filter.whose.is_some() { "Only what is yours." } else { "Everyone's." };
        self.state.tell(Tone::Info, told);
    }

    pub(super) fn open_sort(&mut self) {
        let view = self.state.view;
        let now = self.state.arrangements.order(view);
        let mut lines = vec![Pickable {
            label: "the usual order".to_owned(),
            hint: if now.is_none() { "now".to_owned() } else { String::new() },
            choice: Choice::Sort(None),
        }];
        lines.extend(sortable(view, &self.workspace).into_iter().map(|by| Pickable {
            label: self.workspace.column_name(by).to_owned(),
            hint: match now.filter(|order| order.by == by) {
                Some(SortOrder { descending: true, .. }) => "▼ now; again turns it round".to_owned(),
                Some(_) => "▲ now; again turns it round".to_owned(),
                None => String::new(),
            },
            choice: Choice::Sort(Some(by)),
        }));
        let at = lines.iter().position(|line| line.choice == Choice::Sort(now.map(|order| order.by))).unwrap_or(0);
        self.state.dialog = Some(Dialog::Pick(Picker::new(Picking::Sort, lines, at)));
    }

    /// Sorts the list that is shown; by what it is sorted by already, the other way round.
    pub(super) fn sort_by(&mut self, by: Option<Column>) {
        let view = self.state.view;
        if by.is_some_and(|by| !self.workspace.can_sort_by(by)) {
            self.state.tell(Tone::Info, "Lists cannot be sorted by that field.");
            return;
        }
        let now = self.state.arrangements.order(view);
        let order = by.map(|by| match now.filter(|order| order.by == by) {
            Some(order) => SortOrder { by, descending: !order.descending },
            None => SortOrder { by, descending: by.is_largest_first() },
        });
        self.state.arrangements.sort(view, order);
    }

    pub(super) fn open_columns(&mut self) {
        let view = self.state.view;
        self.state.dialog =
            Some(Dialog::Columns(Chosen::new(view, self.state.arrangements.columns(view), &self.workspace)));
    }

    pub(super) fn columns_key(&mut self, key: KeyEvent) -> After {
        let Some(Dialog::Columns(chosen)) = &mut self.state.dialog else { return After::Stay };
        match key.code {
            KeyCode::Char('j') | KeyCode::Down => chosen.step(1),
            KeyCode::Char('k') | KeyCode::Up => chosen.step(-1),
            KeyCode::Char('J' | 'L') => chosen.carry(1),
            KeyCode::Char('K' | 'H') => chosen.carry(-1),
            KeyCode::Char('g') | KeyCode::Home => chosen.selected = 0,
            KeyCode::Char('G') | KeyCode::End => chosen.step(isize::MAX),
            KeyCode::Char(' ' | 'x') => chosen.toggle(),
            KeyCode::Char('u') => *chosen = Chosen::new(chosen.view, usual(chosen.view), &self.workspace),
            KeyCode::Char('q') => return After::Close,
            KeyCode::Enter => {
                let (view, columns) = (chosen.view, chosen.shown());
                self.state.arrangements.set_columns(view, columns);
                return After::Close;
            }
            _ => {}
        }
        After::Stay
    }
}
