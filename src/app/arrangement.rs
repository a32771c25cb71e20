//! How a view is arranged: the order of its list and the columns of its table.

use std::collections::HashMap;

use super::columns::usual;
use crate::app::view::View;
use crate::workspace::{Column, SortOrder};

/// The arrangements of all views.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Arrangements {
    orders: HashMap<View, SortOrder>,
    columns: HashMap<View, Vec<Column>>,
}

impl Arrangements {
    /// The order of a view's list, if it is not the usual one.
    pub fn order(&self, view: View) -> Option<SortOrder> {
        self.orders.get(&view).copied()
    }

    /// The columns of a view's table.
    pub fn columns(&self, view: View) -> &[Column] {
        self.columns.get(&view).map_or_else(|| usual(view), Vec::as_slice)
    }

    /// The columns of a view's table, if they are others than usual.
    pub fn chosen_columns(&self, view: View) -> Option<&[Column]> {
        self.columns.get(&view).map(Vec::as_slice)
    }

    /// Sorts a view's list.
    pub(super) fn sort(&mut self, view: View, order: Option<SortOrder>) {
        match order {
            Some(order) => self.orders.insert(view, order),
            None => self.orders.remove(&view),
        };
    }

    /// Gives a view's table other columns.
    pub fn set_columns(&mut self, view: View, columns: Vec<Column>) {
        if columns == usual(view) {
            self.columns.remove(&view);
        } else {
            self.columns.insert(view, columns);
        }
    }
}
