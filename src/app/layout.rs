//! Where things are on the screen. One answer for two rooms: the view draws there, and a click is looked up there.

use ratatui::layout::{Margin, Rect};

use super::dialogs::picker::{PickDialog, Width};
use crate::app::session::Session;
use crate::app::view::View;
use crate::workspace::Workspace;

/// Below this size nothing useful fits, and the screen says so.
pub const LEAST_SIZE: (u16, u16) = (20, 5);
/// Returns `true` if nothing but the hint to enlarge the window fits.
pub const fn is_too_small(session: &Session) -> bool {
    session.viewport.size.0 < LEAST_SIZE.0 || session.viewport.size.1 < LEAST_SIZE.1
}

/// How wide a column of the board is at the least.
pub const COLUMN_WIDTH: u16 = 26;
/// Rows above a list: the names of its columns.
pub const TABLE_HEAD: u16 = 1;
/// Rows at the top of a column where the weighted totals have their own.
pub const HIGH_COLUMN_HEAD: u16 = 4;
/// How many lines a card has, where there is room.
const CARD_LINES: u16 = 3;
/// From this many rows for the body on, cards stand apart by an empty one.
const ROOMY_HEIGHT: u16 = 28;
/// Below this many rows for the body, cards and column heads have one line only.
const LOW_HEIGHT: u16 = 9;
/// From this many rows on the header stands apart from what is below it.
const ROOMY_SCREEN: u16 = 36;
/// From this width on the detail panel stands beside the view and not over it.
const DETAIL_BESIDE_FROM: u16 = 100;

/// How wide a list to pick from is, its frame included.
const PICKER_WIDTH: u16 = 64;
/// The same where its lines are sentences.
const SENTENCES_WIDTH: u16 = 96;
/// How many of its lines are on the screen at the most.
const PICKER_LINES: u16 = 16;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Company, user, views, pipeline and totals: two rows, or one on low screens; on high ones an empty row below.
    pub header: Rect,
    /// The filter line, while there is a filter.
    pub filter: Option<Rect>,
    /// The board or list.
    pub body: Rect,
    /// The detail panel, while it is open: beside the body, or over it.
    pub detail: Option<Rect>,
    /// The status bar: one row.
    pub status: Rect,
}

/// Divides the screen.
pub fn layout(session: &Session) -> Layout {
    let (width, height) = session.viewport.size;
    let header_rows = match height {
        ROOMY_SCREEN.. => 3,
        12.. => 2,
        _ => 1.min(height),
    };
    let status_rows = u16::from(height > header_rows);
    let filter_rows = u16::from(session.filter.is_shown(session.view) && height > header_rows + status_rows);
    let body_rows = height.saturating_sub(header_rows + filter_rows + status_rows);
    let body_top = header_rows + filter_rows;
    let whole = Rect::new(0, body_top, width, body_rows);
    let (body, detail) = match session.detail.is_open {
        false => (whole, None),
        true if width >= DETAIL_BESIDE_FROM => {
            let panel = (width / 5 * 2).clamp(40, 64);
            let beside = Rect::new(width - panel, body_top, panel, body_rows);
            (Rect::new(0, body_top, width - panel, body_rows), Some(beside))
        }
        true => (whole, Some(whole)),
    };
    Layout {
        header: Rect::new(0, 0, width, header_rows),
        filter: (filter_rows > 0).then(|| Rect::new(0, header_rows, width, 1)),
        body,
        detail,
        status: Rect::new(0, height - status_rows, width, status_rows),
    }
}

/// Where the views are named in the header, for drawing and for clicks: the text and its place in the first row. On
/// narrow screens only the view that is shown has its name.
pub fn tabs(session: &Session, workspace: &Workspace) -> Vec<(View, String, Rect)> {
    let width = session.viewport.size.0;
    let fit = |texts: &Vec<String>| texts.iter().map(|text| columns_of(text)).sum::<u16>() < width;
    let texts = Some(tab_texts(workspace, |view| Some(view.name())))
        .filter(fit)
        .or_else(|| Some(tab_texts(workspace, |view| Some(view.short_name()))).filter(fit))
        .unwrap_or_else(|| tab_texts(workspace, |view| (view == session.view).then(|| view.short_name())));
    let mut x = 1.min(width);
    View::ALL
        .into_iter()
        .zip(texts)
        .map(|(view, text)| {
            let place = Rect::new(x, 0, columns_of(&text).min(width - x), 1);
            x = place.right();
            (view, text, place)
        })
        .collect()
}

fn tab_texts(workspace: &Workspace, name: impl Fn(View) -> Option<&'static str>) -> Vec<String> {
    let text = |(at, view): (usize, View)| {
        let name = name(view).map(|name| format!(" {name}")).unwrap_or_default();
        let news = if view == View::Leads { unseen(workspace) } else { String::new() };
        format!(" {}{name}{news} ", at + 1)
    };
    View::ALL.into_iter().enumerate().map(text).collect()
}

/// How many columns a tab takes: its characters are one each.
fn columns_of(tab: &str) -> u16 {
    u16::try_from(tab.chars().count()).unwrap_or(u16::MAX)
}

/// How many leads of the inbox nobody has looked at, where there are any: ` ●4`, ` ●99+`.
fn unseen(workspace: &Workspace) -> String {
    const MOST: usize = 99;
    match workspace.inbox().iter().take(MOST + 1).take_while(|(seen, ..)| !seen).count() {
        0 => String::new(),
        count @ ..=MOST => format!(" ●{count}"),
        _ => format!(" ●{MOST}+"),
    }
}

/// How many columns of the board fit beside each other.
pub fn columns_that_fit(body: Rect) -> usize {
    usize::from((body.width / COLUMN_WIDTH).max(1))
}

/// Rows at the top of a column: name, totals, weighted totals on high screens, and a rule; or the name only.
pub fn column_head(body: Rect) -> u16 {
    match body.height {
        ROOMY_HEIGHT.. => HIGH_COLUMN_HEAD,
        LOW_HEIGHT.. => HIGH_COLUMN_HEAD - 1,
        _ => 1,
    }
}

/// How many rows a card takes, the empty one below it included.
pub fn card_rows(body: Rect) -> u16 {
    match body.height {
        ROOMY_HEIGHT.. => CARD_LINES + 1,
        LOW_HEIGHT.. => CARD_LINES,
        _ => 1,
    }
}

/// How many cards fit in a column.
pub fn cards_that_fit(body: Rect) -> usize {
    usize::from((body.height.saturating_sub(column_head(body)) / card_rows(body)).max(1))
}

/// The columns that are on the screen: index among the pipeline's stages, and place.
pub fn columns(body: Rect, first: usize, count: usize) -> Vec<(usize, Rect)> {
    let shown = columns_that_fit(body).min(count.saturating_sub(first)).max(1);
    let shown_u16 = u16::try_from(shown).unwrap_or(1);
    let (width, spare) = (body.width / shown_u16, body.width % shown_u16);
    let mut x = body.x;
    (first..count)
        .take(shown)
        .zip(0_u16..)
        .map(|(index, nth)| {
            let width = width + u16::from(nth < spare);
            let place = Rect::new(x, body.y, width, body.height);
            x += width;
            (index, place)
        })
        .collect()
}

/// The place of the `nth` card that is shown in a column; `None` below its end.
pub fn card(column: Rect, body: Rect, nth: usize) -> Option<Rect> {
    let rows = card_rows(body);
    let y = u16::try_from(nth).ok()?.checked_mul(rows)?.checked_add(column.y + column_head(body))?;
    (y < column.bottom()).then(|| Rect::new(column.x, y, column.width, rows.min(CARD_LINES).min(column.bottom() - y)))
}

/// How many items of a list fit on the screen: a row each, below the row of column names.
pub fn rows_that_fit(body: Rect) -> usize {
    usize::from(body.height.saturating_sub(TABLE_HEAD).max(1))
}

/// Which item of a list is drawn on a row of the screen, counted from the first one shown.
pub fn row_at(body: Rect, y: u16) -> Option<usize> {
    y.checked_sub(body.y + TABLE_HEAD).map(usize::from)
}

/// The whole screen.
pub fn screen(session: &Session) -> Rect {
    Rect::new(0, 0, session.viewport.size.0, session.viewport.size.1)
}

/// A place in the middle of the screen for this many columns and rows, as far as there are so many.
pub fn centered(screen: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    let x = screen.x + (screen.width - width) / 2;
    // A little above the middle looks like the middle.
    let y = screen.y + (screen.height - height) * 2 / 5;
    Rect::new(x, y, width, height)
}

/// The room inside a frame.
pub fn inside(frame: Rect) -> Rect {
    frame.inner(Margin::new(2, 1))
}

/// The frame of a list to pick from.
pub fn picker(screen: Rect, picker: &PickDialog) -> Rect {
    let rows = u16::try_from(picker.list.all.len()).unwrap_or(u16::MAX).clamp(1, PICKER_LINES);
    // The field and the rule below it come first.
    let width = match picker.width {
        Width::Names => PICKER_WIDTH,
        Width::Sentences => SENTENCES_WIDTH,
    };
    centered(screen, width, rows + 4)
}

/// The lines of a list to pick from, within its frame.
pub fn picker_list(frame: Rect) -> Rect {
    let inside = inside(frame);
    Rect { y: inside.y.saturating_add(2), height: inside.height.saturating_sub(2), ..inside }
}
