//! Notices: lines that tell what happened, shown for a while or until they are read.

use chrono::TimeDelta;

use crate::app::session::{Now, Session};
use crate::workspace::EditId;

/// How grave a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Info,
    /// Something went well.
    Good,
    /// Something did not; it stays until a key is pressed.
    Bad,
}

/// A line that tells what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What, as plain text; may hold text from the server.
    pub text: String,
    /// How grave.
    pub tone: Tone,
    /// When.
    pub at: Now,
    /// The edit that it speaks of: how far that has come is told along with it.
    pub edit: Option<EditId>,
    /// The edit that it says waits: once that has ended, it is no longer true.
    pub waits: Option<EditId>,
    /// Whether it tells what others have changed: it gives way to whatever else there is to tell.
    pub is_news: bool,
}

/// What is shown of the last events.
#[derive(Debug, Default)]
pub struct Messages {
    /// The last event, while it is shown.
    pub notice: Option<Notice>,
    /// Something that must be known, such as a problem with the data on this machine. It is shown until a key is
    /// pressed, whatever happens.
    pub warning: Option<Notice>,
}

impl Notice {
    /// How long a notice that is not bad is shown.
    pub(super) const SHOWN_FOR: TimeDelta = TimeDelta::seconds(8);

    /// How long a bad notice stays at the least, so that a key typed just then does not hide it.
    const READ_AFTER: TimeDelta = TimeDelta::seconds(2);

    fn is_over(&self, now: Now) -> bool {
        self.tone != Tone::Bad && now.0 - self.at.0 > Self::SHOWN_FOR
    }
}

impl Session {
    /// Tells the person something.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        self.messages.notice =
            Some(Notice { text: text.into(), tone, at: self.now, edit: None, waits: None, is_news: false });
    }

    /// Says that an edit waits, until it has ended.
    pub(super) fn tell_waits(&mut self, id: EditId, tone: Tone, text: String) {
        self.messages.notice = Some(Notice { text, tone, at: self.now, edit: None, waits: Some(id), is_news: false });
    }

    /// Tells what others have changed.
    pub(super) fn tell_as_news(&mut self, text: String) {
        self.messages.notice =
            Some(Notice { text, tone: Tone::Info, at: self.now, edit: None, waits: None, is_news: true });
    }

    /// Tells the person something that no other news may hide.
    pub(super) fn warn(&mut self, text: &str) {
        let text = match &self.messages.warning {
            Some(warning) if warning.text.contains(text) => return,
            Some(warning) => format!("{}\n{text}", warning.text),
            None => text.to_owned(),
        };
        self.messages.warning =
            Some(Notice { text, tone: Tone::Bad, at: self.now, edit: None, waits: None, is_news: false });
    }

    /// Tells the person what an edit does.
    pub(super) fn tell_of(&mut self, edit: EditId, tone: Tone, text: impl Into<String>) {
        self.messages.notice =
            Some(Notice { text: text.into(), tone, at: self.now, edit: Some(edit), waits: None, is_news: false });
    }

    /// A key was pressed: a bad notice that has been there for a while was read.
    pub(super) fn dismiss_read_notice(&mut self) {
        let now = self.now;
        for notice in [&mut self.messages.notice, &mut self.messages.warning] {
            notice.take_if(|notice| now.0 - notice.at.0 > Notice::READ_AFTER);
        }
    }

    /// Lets time pass: what was shown for a while goes.
    pub(super) fn tick(&mut self) {
        if self.messages.notice.as_ref().is_some_and(|notice| notice.is_over(self.now)) {
            self.messages.notice = None;
        }
    }
}
