//! Rows as tables and details for people, no wider than the terminal, and as JSON for programs.

use std::io::{self, IsTerminal};

use super::row::{Field, Row};
use crate::ui;

/// Maximum width of a cell if the output is a file or a pipe, which have no width.
const MAX_CELL: u16 = 200;
/// Minimum width of a column that is narrowed to leave room for the others.
const MIN_COLUMN: u16 = 6;
/// The space between two columns.
const GAP: &str = "  ";

/// Returns the width of the terminal; `None` if standard output is no terminal.
pub(in crate::cli::script) fn terminal_width() -> Option<u16> {
    let (columns, _) = io::stdout().is_terminal().then(|| crossterm::terminal::size().ok()).flatten()?;
    Some(columns)
}

/// Returns rows as a table with a header. Empty columns are left out.
pub(in crate::cli::script) fn table(rows: &[Row], max_width: Option<u16>) -> String {
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
        let cells = lines.iter().filter_map(|line| line.get(nth)).map(|cell| ui::width(cell).min(MAX_CELL));
        cells.chain(head.get(nth).map(|label| ui::width(label))).max().unwrap_or(0)
    };
    let mut widths: Vec<u16> = (0..columns.len()).map(widest).collect();
    if let Some(max_width) = max_width {
        narrow(&mut widths, max_width);
    }
    std::iter::once(&head).chain(&lines).map(|line| format_line(line, &widths, &head)).collect()
}

/// Formats a line of a table. Numbers are aligned to the right.
fn format_line(cells: &[&str], widths: &[u16], head: &[&str]) -> String {
    let mut line = String::new();
    for ((cell, width), label) in cells.iter().zip(widths).zip(head) {
        let (fitted, used) = ui::fit(cell, *width);
        let fill = " ".repeat(usize::from(width.saturating_sub(used)));
        if !line.is_empty() {
            line.push_str(GAP);
        }
        if matches!(*label, "Value" | "%" | "ID") {
            line.extend([fill, fitted]);
        } else {
            line.extend([fitted, fill]);
        }
    }
    format!("{}\n", line.trim_end())
}

/// Narrows the widest columns until the table fits.
fn narrow(widths: &mut [u16], max_width: u16) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    loop {
        let used = widths.iter().copied().map(usize::from).sum::<usize>() + gaps;
        let widest = widths.iter_mut().filter(|width| **width > MIN_COLUMN).max();
        match widest {
            Some(width) if used > usize::from(max_width) => *width -= 1,
            _ => return,
        }
    }
}

/// Returns the filled fields of one item, one per line.
pub(in crate::cli::script) fn details(row: &Row) -> String {
    let filled: Vec<_> = row.fields.iter().filter(|field| !field.text.is_empty()).collect();
    let width = filled.iter().map(|field| ui::width(&field.label)).max().unwrap_or(0);
    let line = |field: &&Field| {
        let fill = " ".repeat(usize::from(width - ui::width(&field.label)));
        format!("{}{fill}{GAP}{}\n", ui::printable(&field.label), ui::printable(&field.text))
    };
    filled.iter().map(line).collect()
}

/// Returns rows as a JSON array with one line per row.
pub(in crate::cli::script) fn array(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "[]\n".to_owned();
    }
    let lines: Vec<&str> = rows.iter().map(|row| row.json.as_str()).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
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
    fn tables_are_aligned_escaped_and_fit_the_terminal() {
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
