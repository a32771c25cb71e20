//! What was found, a line each.

use serde::Serialize;

use crate::cli::console::print;
use crate::cli::error::CliError;
use crate::ui;

/// How wide the names of what is looked at are.
const NAMES: usize = 14;

/// What was found.
#[derive(Debug)]
pub(super) struct Report {
    is_json: bool,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    state: State,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Failed,
    Note,
}

impl Report {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, findings: Vec::new() }
    }

    /// All is well with something.
    pub(super) fn well(&mut self, name: &'static str, what: impl Into<String>) -> Result<(), CliError> {
        self.add(Finding { name, state: State::Ok, what: what.into(), to_do: None })
    }

    /// Something to know.
    pub(super) fn note(&mut self, name: &'static str, what: impl Into<String>) -> Result<(), CliError> {
        self.add(Finding { name, state: State::Note, what: what.into(), to_do: None })
    }

    /// Something does not work; what to do.
    pub(super) fn wrong(
        &mut self,
        name: &'static str,
        what: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Result<(), CliError> {
        self.add(Finding { name, state: State::Failed, what: what.into(), to_do: Some(to_do.into()) })
    }

    fn add(&mut self, finding: Finding) -> Result<(), CliError> {
        if !self.is_json {
            let mark = match finding.state {
                State::Ok => '✓',
                State::Failed => '✗',
                State::Note => '·',
            };
            // It may hold what a server says.
            print(&format!("{mark} {:NAMES$} {}\n", finding.name, ui::printable(&finding.what)))?;
            if let Some(to_do) = &finding.to_do {
                print(&format!("  {:NAMES$} {}\n", "", ui::printable(to_do)))?;
            }
        }
        self.findings.push(finding);
        Ok(())
    }

    /// Whether all is well.
    pub(super) fn end(self) -> Result<(), CliError> {
        let failed = self.findings.iter().filter(|finding| finding.state == State::Failed).count();
        if self.is_json {
            let all = serde_json::json!({ "ok": failed == 0, "checks": self.findings });
            print(&format!("{}\n", ui::escape_json(&all.to_string())))?;
        }
        match failed {
            0 => Ok(()),
            1 => Err(CliError::failure("one thing does not work")),
            more => Err(CliError::failure(format!("{more} things do not work"))),
        }
    }
}
