//! Rows as text for people, no wider than the terminal, and as JSON for programs.

use std::io::{self, IsTerminal};

use super::row::Row;
use crate::ui;

/// How wide one cell is at the most where nobody says how wide the screen is: in a file, or a pipe.
const WIDEST_CELL: u16 = 200;
/// How narrow a column becomes at the least, to leave room for the others.
const NARROWEST: u16 = 6;
/// What stands between two columns.
const GAP: &str = "  ";

/// How many cells a line may take; `None` where standard output is no terminal.
pub(super) fn room() -> Option<u16> {
    let (columns, _) = io::stdout().is_terminal().then(|| crossterm::terminal::size().ok()).flatten()?;
    Some(columns)
}

/// A list of rows as a table with a head. Columns that hold nothing are left out.
pub(super) fn table(rows: &[Row], room: Option<u16>) -> String {
    let Some(first) = rows.first() else { return String::new() };
    let is_shown = |at: &usize| {
        let holds = |row: &Row| row.fields.get(*at).is_some_and(|field| field.in_table && !field.text.is_empty());
        rows.iter().any(holds)
    };
    let columns: Vec<usize> = (0..first.fields.len()).filter(is_shown).collect();
    let head: Vec<&str> =
        columns.iter().filter_map(|at| first.fields.get(*at)).map(|field| field.label.as_ref()).collect();
    let lines: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| columns.iter().map(|at| row.fields.get(*at).map_or("", |field| field.text.as_str())).collect())
        .collect();
    let widest = |nth: usize| {
        let cells = lines.iter().filter_map(|line| line.get(nth)).map(|cell| ui::width(cell).min(WIDEST_CELL));
        cells.chain(head.get(nth).map(|label| ui::width(label))).max().unwrap_or(0)
    };
    let mut widths: Vec<u16> = (0..columns.len()).map(widest).collect();
    if let Some(room) = room {
        narrow(&mut widths, room);
    }
    let mut out = String::new();
    for line in std::iter::once(&head).chain(&lines) {
        let mut text = String::new();
        for ((cell, width), label) in line.iter().zip(&widths).zip(&head) {
            let (fitted, used) = ui::fit(cell, *width);
            let fill = " ".repeat(usize::from(width.saturating_sub(used)));
            if !text.is_empty() {
                text.push_str(GAP);
            }
            if matches!(*label, "Value" | "%" | "ID") {
                text.extend([fill, fitted]);
            } else {
                text.extend([fitted, fill]);
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

/// Takes from the widest columns what does not fit.
fn narrow(widths: &mut [u16], room: u16) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    loop {
        let used = widths.iter().copied().map(usize::from).sum::<usize>() + gaps;
        let widest = widths.iter_mut().filter(|width| **width > NARROWEST).max();
        match widest {
            Some(width) if used > usize::from(room) => *width -= 1,
            _ => return,
        }
    }
}

/// All fields of one thing that hold something, a line for each.
pub(super) fn details(row: &Row) -> String {
    let filled: Vec<_> = row.fields.iter().filter(|field| !field.text.is_empty()).collect();
    let width = filled.iter().map(|field| ui::width(&field.label)).max().unwrap_or(0);
    let line = |field: &&super::row::Field| {
        let fill = " ".repeat(usize::from(width - ui::width(&field.label)));
        format!("{}{fill}{GAP}{}\n", ui::printable(&field.label), ui::printable(&field.text))
    };
    filled.iter().map(line).collect()
}

/// A list as JSON: an array with a line for each.
pub(super) fn array(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "[]\n".to_owned();
    }
    let lines: Vec<&str> = rows.iter().map(|row| row.json.as_str()).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::super::row::Field;
    use super::*;

    fn row(cells: [&str; 4]) -> Row {
        let labels = ["ID", "Title", "Value", "Next"];
        let fields = labels.into_iter().zip(cells).map(|(label, text)| Field {
            label: label.into(),
            text: text.to_owned(),
            in_table: true,
        });
        Row { json: String::new(), fields: fields.collect() }
    }

    #[test]
    fn tables_are_aligned_safe_and_as_wide_as_there_is_room() {
        let rows =
            [row(["7", "A plain title", "€12", ""]), row(["1234", "\u{1b}[2J東京 ホテル \u{202e}x", "€1,200", ""])];
        assert_eq!(
            table(&rows, None),
            "  ID  Title              Value\n   7  A plain title        €12\n1234  [2J東京 ホテル x  €1,200\n"
        );
        for room in 26..40 {
            let drawn = table(&rows, Some(room));
            assert!(drawn.lines().all(|line| ui::width(line) <= room), "{drawn}");
        }
        assert!(table(&rows, Some(24)).contains('…'));
        assert_eq!(table(&[], None), "");
    }
}
