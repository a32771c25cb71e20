//! Text from outside made fit for the grid. Every text that reaches the screen goes through [`symbols`], so nothing
//! but printable characters can, and each takes the cells that it is counted for.

use std::borrow::Cow;
use std::fmt::Write;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands for the part of a text that does not fit.
const ELLIPSIS: char = '…';
/// How many characters one grapheme keeps. The longest that people write (conjuncts, stacked accents) are shorter.
const LONGEST_GRAPHEME: usize = 8;
/// How many characters of a text are looked at where it is wrapped.
const LONGEST_TEXT: usize = 20_000;

/// The graphemes of a text with their widths, as the grid takes them: control characters are gone, line breaks and
/// tabs are spaces, and what is drawn over other cells or turns the reading order is left out.
fn symbols(scrubbed: &str) -> impl Iterator<Item = (Cow<'_, str>, u16)> {
    scrubbed.graphemes(true).filter_map(|grapheme| {
        let symbol = bounded(grapheme);
        let width = symbol.cell_width();
        (width > 0).then_some((symbol, width))
    })
}

/// A grapheme that every terminal gives the same number of cells: not too long, and as wide as its characters are
/// one by one. Others are reduced to their first character.
fn bounded(grapheme: &str) -> Cow<'_, str> {
    let short = match grapheme.char_indices().nth(LONGEST_GRAPHEME) {
        Some((end, _)) => grapheme.split_at(end).0,
        None => grapheme,
    };
    let one_by_one: usize = short.chars().filter_map(UnicodeWidthChar::width).sum();
    if short.width() == one_by_one { Cow::Borrowed(short) } else { Cow::Owned(short.chars().take(1).collect()) }
}

/// The first `most` characters of a text without what must not reach the terminal.
fn scrub(text: &str, most: usize) -> String {
    text.chars().take(most).filter_map(printable).collect()
}

/// What is printed for a character; `None` for those that are invisible or command the terminal.
fn printable(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        // Flags are pairs of letters; terminals do not agree how wide they are, but do on letters.
        '\u{1f1e6}'..='\u{1f1ff}' => char::from_u32(u32::from(c) - 0x1_f1e6 + u32::from('A')),
        c if c.is_control() || is_invisible(c) => None,
        c => Some(c),
    }
}

/// Whether a character shows nothing by itself: direction overrides, joiners, fillers, variation selectors, skin
/// tones, tags (Unicode's default ignorable code points, and what terminals do not agree about).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// JSON with the same values, of which nothing commands a terminal: control characters, line separators, and what turns
/// the reading order are written as escapes.
pub fn escape_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || is_directive(c) {
            // JSON writes characters as UTF-16. Writing to a text cannot fail.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Whether a character is an instruction to whoever draws the text: marks, embeddings, overrides and isolates of the
/// reading order, line separators, deprecated format characters, the byte order mark, and tags.
fn is_directive(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A text in one line of at most `width` cells, with its width. What does not fit is cut between graphemes, and `…`
/// says so.
pub fn fit(text: &str, width: u16) -> (String, u16) {
    // Enough for `width` cells of any honest text; a flood of invisible characters counts as too long.
    let most = usize::from(width) * LONGEST_GRAPHEME + 64;
    let scrubbed = scrub(text, most);
    let mut out = String::with_capacity(scrubbed.len());
    let (mut used, mut kept, mut kept_width) = (0, 0, 0);
    let mut too_long = text.chars().nth(most).is_some();
    for (symbol, symbol_width) in symbols(&scrubbed) {
        if used + symbol_width > width {
            too_long = true;
            break;
        }
        out.push_str(&symbol);
        used += symbol_width;
        if used < width {
            (kept, kept_width) = (out.len(), used);
        }
    }
    if too_long && width > 0 {
        out.truncate(kept);
        out.push(ELLIPSIS);
        used = kept_width + 1;
    }
    (out, used)
}

/// How many cells a text takes in one line.
pub fn width(text: &str) -> u16 {
    symbols(&scrub(text, LONGEST_TEXT)).fold(0, |sum, (_, width)| sum.saturating_add(width))
}

/// The text to show of a title or name that may be missing or blank.
pub fn or_blank<'a>(text: &'a str, blank: &'static str) -> &'a str {
    if text.chars().take(LONGEST_TEXT).filter_map(printable).all(char::is_whitespace) { blank } else { text }
}

/// A text in lines of at most `width` cells, broken between words where that is possible; at most `most` lines, the
/// last of which is `…` where there is more.
pub fn wrap(text: &str, width: u16, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if width == 0 {
        return lines;
    }
    let end = text.char_indices().nth(LONGEST_TEXT).map_or(text.len(), |(end, _)| end);
    for paragraph in text.split_at(end).0.split('\n') {
        wrap_paragraph(paragraph, width, most, &mut lines);
        if lines.len() > most {
            lines.truncate(most.saturating_sub(1));
            lines.push(ELLIPSIS.to_string());
            break;
        }
    }
    lines
}

fn wrap_paragraph(paragraph: &str, width: u16, most: usize, lines: &mut Vec<String>) {
    let scrubbed = scrub(paragraph, LONGEST_TEXT);
    let mut line = String::new();
    let mut used = 0_u16;
    for word in scrubbed.split(' ').filter(|word| !word.is_empty()) {
        let word_width = symbols(word).fold(0_u16, |sum, (_, width)| sum.saturating_add(width));
        if used > 0 && used.saturating_add(1).saturating_add(word_width) > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for (symbol, symbol_width) in symbols(word).filter(|(_, symbol_width)| *symbol_width <= width) {
            if used + symbol_width > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(&symbol);
            used += symbol_width;
        }
        if lines.len() > most {
            return;
        }
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fitted(text: &str, width: u16) -> String {
        fit(text, width).0
    }

    /// Strings that hold more trouble than chance would give them.
    fn hostile() -> impl Strategy<Value = String> {
        let trouble = prop_oneof![
            any::<char>(),
            proptest::char::range('\0', '\u{ff}'),
            proptest::char::range('\u{300}', '\u{36f}'),
            proptest::char::range('\u{5d0}', '\u{6ff}'),
            proptest::char::range('\u{900}', '\u{97f}'),
            proptest::char::range('\u{1100}', '\u{11ff}'),
            proptest::char::range('\u{2000}', '\u{206f}'),
            proptest::char::range('\u{ff61}', '\u{ff9f}'),
            proptest::char::range('\u{1f1e6}', '\u{1f6ff}'),
        ];
        proptest::collection::vec(trouble, 0..80).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_comes_in_what_comes_out_is_printable_and_fits(text in hostile(), limit in 0_u16..40) {
            let (out, used) = fit(&text, limit);
            prop_assert!(used <= limit);
            prop_assert_eq!(used, width(&out));
            prop_assert!(!out.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", out);
            for line in wrap(&text, limit, 20) {
                prop_assert!(width(&line) <= limit);
                prop_assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", line);
            }
        }

        #[test]
        fn a_text_that_fits_is_shown_to_its_end(text in "[ -~äöü€日本]{0,40}") {
            let whole = width(&text);
            prop_assert_eq!(fit(&text, whole), (text, whole));
        }
    }

    #[test]
    fn commands_to_the_terminal_are_taken_out() {
        assert_eq!(fitted("a\x1b[31mb\x07\x08c\x7fd\u{9b}2J", 40), "a[31mbcd2J");
        assert_eq!(fitted("two\nlines\tand a tab", 40), "two lines and a tab");
        assert_eq!(fitted("\u{202e}evil\u{2066}\u{200d}", 40), "evil");
    }

    #[test]
    fn a_long_text_is_cut_between_graphemes() {
        assert_eq!(fitted("abcdef", 6), "abcdef");
        assert_eq!(fitted("abcdef", 5), "abcd…");
        assert_eq!(fit("日本語", 4), ("日…".to_owned(), 3));
        assert_eq!(fitted("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fitted("x", 0), "");
    }

    #[test]
    fn storms_of_accents_and_sequences_of_emoji_keep_to_their_cells() {
        let storm = format!("a{}b", "\u{301}".repeat(10_000));
        assert_eq!(fit(&storm, 10).1, 2);
        let (family, width) = fit("👨\u{200d}👩\u{200d}👧 👍🏽 🇪🇪 ❤\u{fe0f}", 40);
        assert_eq!((family.as_str(), width), ("👨👩👧 👍 EE ❤", 14));
    }

    #[test]
    fn texts_are_wrapped_between_words_where_possible() {
        assert_eq!(wrap("the quick brown fox", 10, 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("unbreakable", 4, 9), ["unbr", "eaka", "ble"]);
        assert_eq!(wrap("a\n\nb", 4, 9), ["a", "", "b"]);
        assert_eq!(wrap("a b c d", 1, 2), ["a", "…"]);
    }
}
