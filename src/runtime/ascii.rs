//! ASCII replacements for terminals without other characters: each cell keeps its width.

use ratatui::buffer::{Cell, CellWidth};

/// Latin letters, by their replacement.
const LETTERS: [(char, &str); 32] = [
    ('A', "ÀÁÂÃÄÅĀĂĄ"),
    ('a', "àáâãäåāăąª"),
    ('C', "ÇĆČ"),
    ('c', "çćč"),
    ('D', "ÐĎĐ"),
    ('d', "ðďđ"),
    ('E', "ÈÉÊËĒĖĘĚ€"),
    ('e', "èéêëēėęě"),
    ('G', "Ğ"),
    ('g', "ğ"),
    ('I', "ÌÍÎÏĪİ"),
    ('i', "ìíîïīı"),
    ('L', "ŁĽĻ£"),
    ('l', "łľļ"),
    ('N', "ÑŃŇ"),
    ('n', "ñńň"),
    ('O', "ÒÓÔÕÖØŌŐ"),
    ('o', "òóôõöøōőº"),
    ('R', "Ř"),
    ('r', "ř"),
    ('S', "ŚŠŞȘΣ"),
    ('s', "śšşșß"),
    ('T', "ŤŢȚ"),
    ('t', "ťţț"),
    ('U', "ÙÚÛÜŪŮŰ"),
    ('u', "ùúûüūůű"),
    ('Y', "ÝŸ¥"),
    ('y', "ýÿ"),
    ('Z', "ŹŻŽ"),
    ('z', "źżž"),
    ('x', "×✗"),
    ('v', "↓▾▼✓"),
];

/// Symbols, by their replacement.
const SIGNS: [(char, &str); 14] = [
    ('-', "─━═—–−‐‑┄"),
    ('|', "│┃║▌▐┆"),
    ('+', "╭╮╰╯┌┐└┘├┤┬┴┼◇"),
    ('#', "█▉▊▋▍▎▏■▪◆"),
    ('*', "●◉•✱★"),
    ('o', "○"),
    ('0', "∅"),
    ('.', "·…"),
    ('>', "›→▸»▶"),
    ('<', "‹←«"),
    ('^', "↑▴▲"),
    ('~', "↻≈"),
    ('"', "“”„"),
    ('\'', "‘’‚"),
];

/// Returns a cell in ASCII; a symbol without a replacement becomes a question mark for each cell that it takes.
pub fn cell(cell: &Cell) -> Cell {
    let mut drawn = cell.clone();
    let symbol = cell.symbol();
    if !symbol.is_ascii() {
        let likeness = symbol.chars().next().and_then(likeness).filter(|_| cell.cell_width() == 1);
        match likeness {
            Some(like) => drawn.set_char(like),
            None => drawn.set_symbol(&"?".repeat(usize::from(cell.cell_width().max(1)))),
        };
    }
    drawn
}

fn likeness(c: char) -> Option<char> {
    let all = LETTERS.iter().chain(&SIGNS);
    all.into_iter().find(|(_, like)| like.contains(c)).map(|(ascii, _)| *ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_becomes_ascii_of_the_same_width() {
        for (symbol, drawn) in [
            ("a", "a"),
            ("é", "e"),
            ("│", "|"),
            ("╭", "+"),
            ("●", "*"),
            ("€", "E"),
            ("…", "."),
            ("見", "??"),
            ("🚀", "??"),
            ("e\u{301}", "?"),
            ("ж", "?"),
        ] {
            let mut given = Cell::default();
            given.set_symbol(symbol);
            let shown = cell(&given);
            assert_eq!(shown.symbol(), drawn, "{symbol}");
            assert_eq!(shown.cell_width(), given.cell_width(), "{symbol}");
        }
    }
}
