//! The messages about edits on the screen, frame by frame.

/// Words that appear only after an error.
const ERROR_WORDS: [&str; 4] = [ATTENTION[0], ATTENTION[1], "taken back", " failed"];
/// Words that also appear when the user is asked about an unknown outcome.
pub const ATTENTION: [&str; 2] = ["needs attention", "need attention"];

/// An edit as the bottom line describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownEdit {
    /// The deal with this title gets another value.
    Value(String, u64),
    /// The deal with this title is moved to the stage with this name.
    Move(String, String),
    /// A deal or lead with this title is created.
    New(String),
}

/// The status of an edit in the bottom line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditStatus {
    pub edit: ShownEdit,
    /// `true` if the line says that the edit will not be lost.
    pub is_acknowledged: bool,
}

/// All messages of one run of the program.
#[derive(Debug, Default)]
pub struct ScreenLog {
    /// `true` if there was a card on the board.
    pub has_board: bool,
    pub statuses: Vec<EditStatus>,
    /// The first line with each of those words.
    pub errors: Vec<String>,
}

impl ScreenLog {
    /// Reads a frame.
    pub fn record(&mut self, screen: &vt100::Screen) {
        self.has_board |= has_card(screen);
        let columns = screen.size().1.get();
        let lines: Vec<String> = screen.rows(0, columns).collect();
        if let Some(status) = lines.last().and_then(|line| parse(line))
            && self.statuses.last() != Some(&status)
        {
            self.statuses.push(status);
        }
        for words in ERROR_WORDS {
            let is_new = !self.errors.iter().any(|line| line.contains(words));
            let line = lines.iter().find(|line| line.contains(words)).filter(|_| is_new);
            self.errors.extend(line.map(|line| line.trim().to_owned()));
        }
    }
}

/// Returns `true` if one of the edited cards is on the board; the first column may be empty.
pub fn has_card(screen: &vt100::Screen) -> bool {
    screen.contents().contains("Target-")
}

/// Parses the bottom line: the edit, then its status.
fn parse(line: &str) -> Option<EditStatus> {
    let found = [("· saving", false), ("· queued", true), ("· confirmed", true)]
        .into_iter()
        .find_map(|(word, is_acknowledged)| Some((line.find(word)?, is_acknowledged)));
    let (end, is_acknowledged) = found?;
    let (what, title) = line[..end].trim().strip_suffix('\'')?.split_once('\'')?;
    let what = what.trim().trim_start_matches(|c: char| !c.is_alphabetic());
    let title = title.to_owned();
    let edit = if let Some(value) = what.strip_prefix("Value ") {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        ShownEdit::Value(title, digits.parse().ok()?)
    } else if let Some(stage) = what.strip_prefix("Move to ") {
        ShownEdit::Move(title, stage.trim().trim_end_matches(':').to_owned())
    } else if what == "New deal" || what == "New lead" {
        ShownEdit::New(title)
    } else {
        return None;
    };
    Some(EditStatus { edit, is_acknowledged })
}

#[test]
fn the_bottom_line_is_parsed() {
    for (line, edit, is_acknowledged) in [
        (" · Value €1,234 for 'Target A' · saving   ↻ 1", ShownEdit::Value("Target A".into(), 1234), false),
        (" ✓ Value € 12 345 for 'Target A' · queued", ShownEdit::Value("Target A".into(), 12_345), true),
        (
            " · Move to Demo scheduled: 'Target B' · queued",
            ShownEdit::Move("Target B".into(), "Demo scheduled".into()),
            true,
        ),
        (" · New deal 'Made 1-2-3' · confirmed  ● online", ShownEdit::New("Made 1-2-3".into()), true),
        (" · New lead 'Made 1-2-3' · saving  ○ offline", ShownEdit::New("Made 1-2-3".into()), false),
    ] {
        assert_eq!(parse(line), Some(EditStatus { edit, is_acknowledged }), "{line}");
    }
    for line in
        ["", " · Value €1,234 for 'Target A'", " ? help   enter details  · queued", " · New title for 'A' · queued"]
    {
        assert_eq!(parse(line), None, "{line}");
    }
}
