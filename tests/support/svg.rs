//! The screen of a terminal as an SVG picture.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 16.0;
const BACKGROUND: &str = "#11131a";
const FOREGROUND: &str = "#c9cfdd";
/// The 16 colors of a common dark theme.
const PALETTE: [&str; 16] = [
    "#1d2029", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf", "#5c6370", "#ef7f88",
    "#a9d48a", "#f0cf8f", "#74bdf7", "#d48ae8", "#68c7d2", "#ffffff",
];

/// Draws a screen.
pub fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" font-size=\"14\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            column = run(&mut out, screen, row, column);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Draws the cells from `start` with the same style, and returns the column after them.
fn run(out: &mut String, screen: &Screen, row: u16, start: u16) -> u16 {
    let Some(first) = screen.cell(row, start) else { return start + 1 };
    let style = style_of(first);
    let (mut text, mut end) = (String::new(), start);
    while let Some(cell) = screen.cell(row, end).filter(|cell| style_of(cell) == style || cell.is_wide_continuation()) {
        // Wide characters are drawn separately, so that a font of another width shifts nothing else.
        if cell.is_wide() && end > start {
            break;
        }
        if !cell.is_wide_continuation() {
            text.push_str(if cell.has_contents() { cell.contents() } else { " " });
        }
        end += 1;
        if cell.is_wide_continuation() {
            break;
        }
    }
    let end = end.max(start + 1);
    let (x, y) = (MARGIN + f32::from(start) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let width = f32::from(end - start) * CELL.0;
    let (foreground, background) = &style.colors;
    if let Some(background) = background {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{background}\"/>",
            CELL.1
        );
    }
    if !text.trim().is_empty() {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{foreground}\"{} xml:space=\"preserve\">{escaped}</text>",
            y + 13.5,
            style.attributes,
        );
    }
    end
}

#[derive(PartialEq)]
struct Style {
    colors: (String, Option<String>),
    attributes: String,
}

fn style_of(cell: &Cell) -> Style {
    let mut foreground = color(cell.fgcolor()).unwrap_or_else(|| FOREGROUND.to_owned());
    let mut background = color(cell.bgcolor());
    if cell.inverse() {
        let behind = background.unwrap_or_else(|| BACKGROUND.to_owned());
        background = Some(std::mem::replace(&mut foreground, behind));
    }
    let mut attributes = String::new();
    for (holds, attribute) in [
        (cell.bold(), " font-weight=\"bold\""),
        (cell.italic(), " font-style=\"italic\""),
        (cell.underline(), " text-decoration=\"underline\""),
        (cell.dim(), " opacity=\"0.6\""),
    ] {
        attributes.push_str(if holds { attribute } else { "" });
    }
    Style { colors: (foreground, background), attributes }
}

fn color(color: Color) -> Option<String> {
    match color {
        Color::Default => None,
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Idx(n @ 0..16) => PALETTE.get(usize::from(n)).map(|&name| name.to_owned()),
        Color::Idx(n @ 232..) => {
            let level = 8 + 10 * (u32::from(n) - 232);
            Some(format!("#{level:02x}{level:02x}{level:02x}"))
        }
        Color::Idx(n) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * u32::from(part) };
            let n = n - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6)))
        }
    }
}
