//! What narrows the lists: typed words and the owner in all views, conditions of a view's own. What matches is kept up
//! to date by [`LiveList`] lists, one for each view.

use std::collections::HashMap;

use tui_input::Input;

use super::arrangement::Arrangements;
use crate::app::session::{Board, Now};
use crate::app::view::View;
use crate::workspace::{Conditions, LiveList, OwnerFilter, Query, QueryTime, Scope, Workspace};

/// The filter of a screen.
#[derive(Debug, Default)]
pub struct Filter {
    /// The words.
    pub input: Input,
    /// Whether the keys go to them.
    pub typing: bool,
    /// Whose items are shown.
    pub whose: Option<OwnerFilter>,
    /// What else is asked, by view.
    asked: HashMap<View, Conditions>,
    /// What matches, of the views that show not everything or in another order than the usual one.
    lives: HashMap<View, LiveList>,
}

impl Filter {
    /// Whether there is a filter line on the screen.
    pub fn is_shown(&self, view: View) -> bool {
        self.typing || self.conditions(view).is_any()
    }

    /// Whether anything is filtered.
    pub fn is_on(&self, view: View) -> bool {
        self.conditions(view).is_any()
    }

    /// All that is asked in a view.
    pub fn conditions(&self, view: View) -> Conditions {
        let asked = self.asked.get(&view).cloned().unwrap_or_default();
        // Users have no owner.
        let whose = self.whose.filter(|_| view != View::Users);
        Conditions { text: self.input.value().trim().to_lowercase(), whose, ..asked }
    }

    /// What matches in a view; `None` where it shows everything in its usual order.
    pub fn live(&self, view: View) -> Option<&LiveList> {
        self.lives.get(&view)
    }

    /// Whether there are words, or room for some.
    pub fn has_words(&self) -> bool {
        self.typing || !self.input.value().trim().is_empty()
    }

    /// Forgets the words.
    pub(super) fn clear_words(&mut self) {
        self.input.reset();
        self.typing = false;
    }

    /// Forgets what is asked in a view beside the words.
    pub(super) fn clear(&mut self, view: View) {
        self.whose = None;
        self.asked.remove(&view);
    }

    /// Asks something else in a view; its words stay as they are.
    pub(super) fn ask(&mut self, view: View, asked: Conditions) {
        self.whose = asked.whose;
        self.asked.insert(view, Conditions { text: String::new(), whose: None, ..asked });
    }

    /// Brings what matches up to date. Whether something else is looked for than before.
    pub(super) fn refresh(
        &mut self,
        view: View,
        (board, is_archive): (&Board, bool),
        arrangements: &Arrangements,
        workspace: &Workspace,
        now: Now,
    ) -> bool {
        let query = scope(view, board, is_archive)
            .map(|scope| Query { scope, conditions: self.conditions(view), order: arrangements.order(view) })
            .filter(|query| !query.is_plain());
        let Some(query) = query else {
            self.lives.remove(&view);
            return false;
        };
        let clock = QueryTime::at(now.0, workspace.zone());
        let is_search = query.conditions.is_any();
        if let Some(live) = self.lives.get_mut(&view) {
            return live.update(query, workspace, clock) && is_search;
        }
        self.lives.insert(view, LiveList::new(query, workspace, clock));
        is_search
    }
}

/// Of what the list of a view is; `None` while there is no pipeline.
fn scope(view: View, board: &Board, is_archive: bool) -> Option<Scope> {
    Some(match view {
        View::Board => Scope::Board(board.pipeline?, board.status),
        View::Activities => Scope::Activities,
        View::Leads if is_archive => Scope::Archive,
        View::Leads => Scope::Leads,
        View::Deals => Scope::Deals(board.status),
        View::People => Scope::People,
        View::Orgs => Scope::Orgs,
        View::Users => Scope::Users,
    })
}
