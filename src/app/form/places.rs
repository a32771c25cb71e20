//! Where the fields of a form are on the screen: one answer for drawing and for clicks.

use ratatui::layout::Rect;

use super::lines;
use super::{Field, Form, Kind};
use crate::app::layout::{centered, inside};

/// How wide the names of fields are.
pub const FIELD_LABEL: u16 = 16;
/// How wide what is inside a form is at the most.
const WIDTH: u16 = 70;
/// Rows below the fields: a rule, two of what is wrong or how to fill the field, the keys.
const FOOT: u16 = 4;
/// How many rows a text of several lines takes.
const LINES: (usize, usize) = (2, 6);

/// The parts of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// All of it.
    pub frame: Rect,
    /// Below the fields: what is wrong, or how to fill the field, and the keys. Without height on the lowest screens.
    pub foot: Rect,
    /// The fields that are in sight, each with its place: offers included.
    pub fields: Vec<(usize, Rect)>,
    /// What is offered for the field with the cursor, at the lower end of its place.
    pub offers: Rect,
    /// The first of the offers that is in sight.
    pub first_offer: usize,
    /// How many fields are above and below those.
    pub hidden: (usize, usize),
}

impl Places {
    /// The part of a field's place in which something is typed.
    pub fn typed(field: Rect) -> Rect {
        let label = label_width(field.width);
        Rect { x: field.x.saturating_add(label + 2), width: field.width.saturating_sub(label + 2), ..field }
    }
}

/// How wide the names of the fields are where a form is this wide.
pub const fn label_width(width: u16) -> u16 {
    if width >= FIELD_LABEL * 2 { FIELD_LABEL } else { width / 3 }
}

/// Divides a form.
pub fn places(screen: Rect, form: &Form) -> Places {
    let width = screen.width.saturating_sub(4).min(WIDTH);
    let text_width = Places::typed(Rect::new(0, 0, width, 1)).width;
    let shown: Vec<(usize, u16)> = form
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| !field.hidden)
        .map(|(at, field)| (at, rows_of(field, text_width, at == form.focus)))
        .collect();
    let rows: u16 = shown.iter().map(|(_, rows)| rows).sum();
    let frame = centered(screen, width.saturating_add(4), rows.saturating_add(FOOT + 2));
    let room = inside(frame);
    let foot_rows = if room.height > FOOT { FOOT } else { 0 };
    let list = Rect { height: room.height.saturating_sub(foot_rows), ..room };
    // On a low screen the fields above the focused one give way.
    let focused = shown.iter().position(|(at, _)| *at == form.focus).unwrap_or(0);
    let mut until_focus: u16 = shown.iter().take(focused + 1).map(|(_, rows)| rows).sum();
    let mut skipped = 0;
    while until_focus > list.height && skipped < focused {
        until_focus -= shown.get(skipped).map_or(0, |(_, rows)| *rows);
        skipped += 1;
    }
    let mut y = list.y;
    let mut fields = Vec::new();
    for (at, rows) in shown.iter().skip(skipped) {
        let height = (*rows).min(list.bottom().saturating_sub(y));
        if height == 0 {
            break;
        }
        fields.push((*at, Rect { y, height, ..list }));
        y += height;
    }
    let focused_place = fields.iter().find(|(at, _)| *at == form.focus).map(|(_, place)| *place).unwrap_or_default();
    let offers = offers_in(focused_place, form);
    let marked = form.focused().and_then(|field| field.marked).unwrap_or(0);
    Places {
        frame,
        foot: Rect { y: list.bottom(), height: foot_rows, ..room },
        hidden: (skipped, shown.len() - skipped - fields.len()),
        fields,
        offers,
        first_offer: (marked + 1).saturating_sub(usize::from(offers.height)),
    }
}

/// The part of a field's place in which its offers are: below the field itself, as far as there is room.
fn offers_in(place: Rect, form: &Form) -> Rect {
    let offers = form.focused().map_or(0, offers_of);
    let own = place.height.saturating_sub(u16::try_from(offers).unwrap_or(u16::MAX)).max(1);
    let typed = Places::typed(place);
    Rect { y: typed.y.saturating_add(own), height: typed.height.saturating_sub(own), ..typed }
}

/// How many of the offers of a field are shown at the most.
fn offers_of(field: &Field) -> usize {
    field.offers.len().min(Form::OFFERS)
}

/// How many rows a field takes: itself and what is offered.
fn rows_of(field: &Field, text_width: u16, is_focused: bool) -> u16 {
    let own = match field.kind {
        Kind::Lines => lines::rows(field.input.value(), text_width).len().clamp(LINES.0, LINES.1),
        _ => 1,
    };
    let offers = if is_focused { offers_of(field) } else { 0 };
    u16::try_from(own + offers).unwrap_or(1)
}
