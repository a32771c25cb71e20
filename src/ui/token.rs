//! The question for a new API token. What is typed never comes here: only as many marks.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::row::Row;
use super::{Screen, format, panel, text};
use crate::app::token::TokenPrompt;
use crate::sync::ConnectionState;

/// How wide it is inside its frame.
const WIDTH: u16 = 64;
/// Where the token is found, and where it goes for good.
const WHERE: &str = "Pipedrive shows it under personal preferences, API. It is used until dealdeck ends; to keep it, \
                     set it where dealdeck looks for it: in DEALDECK_API_TOKEN, or by token_command or api_token in \
                     the configuration file.";

impl Screen<'_> {
    /// Draws the question; the answer is where the cursor stands.
    pub(super) fn token(self, buffer: &mut Buffer, asked: &TokenPrompt) -> Position {
        let theme = self.theme;
        let width = buffer.area.width.saturating_sub(4).clamp(1, WIDTH);
        let room = buffer.area.height.saturating_sub(2);
        let above = text::wrap(&self.refusal(asked), width, 8);
        let (below, below_style) = match &asked.error {
            Some(error) => (format!("✗ {error}"), theme.bad),
            None => (WHERE.to_owned(), theme.dim),
        };
        let below = text::wrap(&below, width, 8);

        // On a low screen the field comes first, then what is wrong with it, the keys, and why it is asked.
        let rows = |lines: &[String]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let keys = u16::from(room > 3);
        let spare = room.saturating_sub(1 + keys);
        let (above_rows, below_rows) = if asked.error.is_some() {
            let below = rows(&below).min(spare);
            (rows(&above).min(spare - below), below)
        } else {
            let above = rows(&above).min(spare);
            (above, Some(rows(&below)).filter(|below| *below <= spare - above).unwrap_or(0))
        };
        let gap = u16::from(above_rows + below_rows + 3 <= spare);
        let (_, inside) = self.window(buffer, "API token", width, above_rows + below_rows + 1 + keys + 3 * gap);

        let from = |y: u16| Rect { y: inside.y + y, height: inside.height.saturating_sub(y), ..inside };
        for (line, nth) in above.iter().zip(0..above_rows) {
            Row::new(buffer, inside, nth).text(line, theme.text);
        }
        let field = from(above_rows + gap);
        let mut row = Row::new(buffer, field, 0);
        row.text("› ", theme.accent);
        let cursor = panel::input(&mut row, &asked.masked(), theme.strong);
        for (line, nth) in below.iter().zip(1 + gap..1 + gap + below_rows) {
            Row::new(buffer, field, nth).text(line, below_style);
        }
        if keys > 0 {
            let quits = asked.masked().value().is_empty().then_some(("q", "quit"));
            let keys: Vec<_> = [("enter", "use it"), ("esc", "later")].into_iter().chain(quits).collect();
            self.keys(buffer, inside, &keys);
        }
        Position::new(cursor, field.y)
    }

    fn refusal(self, asked: &TokenPrompt) -> String {
        let which = if asked.is_again() { "that API token, too" } else { "the API token" };
        let waiting = match self.workspace.pending() {
            0 => "Nothing is lost: enter a new one, and it goes on.".to_owned(),
            count => format!("Enter a new one: {} for it.", format::counted(count, "edit waits", "edits wait")),
        };
        if let ConnectionState::WrongAccount(_) = self.account.connection.line.state {
            return format!("The API token is another account's. {waiting}");
        }
        format!("Pipedrive refused {which}. {waiting}")
    }
}
