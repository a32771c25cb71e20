//! What the screen says of edits, frame by frame.

/// Words that are only said when something went wrong.
const COMPLAINTS: [&str; 4] = [ATTENTION[0], ATTENTION[1], "taken back", " failed"];
/// Those that are also said when the user is asked about something whose outcome stayed open.
pub const ATTENTION: [&str; 2] = ["needs attention", "need attention"];

/// What an edit does, as the bottom line has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The deal of this title has another value.
    Value(String, u64),
    /// The deal of this title is moved to the stage of this name.
    Move(String, String),
    /// A deal or lead of this title is made.
    New(String),
}

/// What the bottom line says of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub told: Told,
    /// Whether it says that the edit will not be lost.
    pub is_acknowledged: bool,
}

/// All that a program on its terminal said.
#[derive(Debug, Default)]
pub struct Seen {
    /// Whether there was a card on the board.
    pub board: bool,
    pub said: Vec<Said>,
    /// For each of those words the first line that has them.
    pub complaints: Vec<String>,
}

impl Seen {
    /// Takes in a frame.
    pub fn take(&mut self, screen: &vt100::Screen) {
        self.board |= has_card(screen);
        let columns = screen.size().1.get();
        let lines: Vec<String> = screen.rows(0, columns).collect();
        if let Some(said) = lines.last().and_then(|line| read(line))
            && self.said.last() != Some(&said)
        {
            self.said.push(said);
        }
        for words in COMPLAINTS {
            let is_new = !self.complaints.iter().any(|line| line.contains(words));
            let line = lines.iter().find(|line| line.contains(words)).filter(|_| is_new);
            self.complaints.extend(line.map(|line| line.trim().to_owned()));
        }
    }
}

/// Whether there is a card on the board: one of those that are edited, as the first column may be empty.
pub fn has_card(screen: &vt100::Screen) -> bool {
    screen.contents().contains("Target-")
}

/// Reads the bottom line: what an edit does, then how it fares.
fn read(line: &str) -> Option<Said> {
    let found = [("· saving", false), ("· queued", true), ("· confirmed", true)]
        .into_iter()
        .find_map(|(word, is_acknowledged)| Some((line.find(word)?, is_acknowledged)));
    let (end, is_acknowledged) = found?;
    let (what, title) = line[..end].trim().strip_suffix('\'')?.split_once('\'')?;
    let what = what.trim().trim_start_matches(|c: char| !c.is_alphabetic());
    let title = title.to_owned();
    let told = if let Some(value) = what.strip_prefix("Value ") {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        Told::Value(title, digits.parse().ok()?)
    } else if let Some(stage) = what.strip_prefix("Move to ") {
        Told::Move(title, stage.trim().trim_end_matches(':').to_owned())
    } else if what == "New deal" || what == "New lead" {
        Told::New(title)
    } else {
        return None;
    };
    Some(Said { told, is_acknowledged })
}

#[test]
fn the_bottom_line_is_read() {
    for (line, told, is_acknowledged) in [
        (" · Value €1,234 for 'Target A' · saving   ↻ 1", Told::Value("Target A".into(), 1234), false),
        (" ✓ Value € 12 345 for 'Target A' · queued", Told::Value("Target A".into(), 12_345), true),
        (
            " · Move to Demo scheduled: 'Target B' · queued",
            Told::Move("Target B".into(), "Demo scheduled".into()),
            true,
        ),
        (" · New deal 'Made 1-2-3' · confirmed  ● online", Told::New("Made 1-2-3".into()), true),
        (" · New lead 'Made 1-2-3' · saving  ○ offline", Told::New("Made 1-2-3".into()), false),
    ] {
        assert_eq!(read(line), Some(Said { told, is_acknowledged }), "{line}");
    }
    for line in
        ["", " · Value €1,234 for 'Target A'", " ? help   enter details  · queued", " · New title for 'A' · queued"]
    {
        assert_eq!(read(line), None, "{line}");
    }
}
