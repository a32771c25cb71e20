//! The findings of `doctor`, one line each.

use serde::Serialize;

use crate::cli::console::print;
use crate::cli::error::CliError;
use crate::ui;

/// Width of the names of checks.
const NAME_WIDTH: usize = 14;

/// The findings.
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

    /// Reports that a check succeeded.
    pub(super) fn well(&mut self, name: &'static str, what: impl Into<String>) -> Result<(), CliError> {
        self.add(Finding { name, state: State::Ok, what: what.into(), to_do: None })
    }

    /// Reports information.
    pub(super) fn note(&mut self, name: &'static str, what: impl Into<String>) -> Result<(), CliError> {
        self.add(Finding { name, state: State::Note, what: what.into(), to_do: None })
    }

    /// Reports that a check failed, with a suggestion.
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
            // The text may come from a server.
            print(&format!("{mark} {:NAME_WIDTH$} {}\n", finding.name, ui::printable(&finding.what)))?;
            if let Some(to_do) = &finding.to_do {
                print(&format!("  {:NAME_WIDTH$} {}\n", "", ui::printable(to_do)))?;
            }
        }
        self.findings.push(finding);
        Ok(())
    }

    /// Prints the JSON, and returns an error if a check failed.
    pub(super) fn end(self) -> Result<(), CliError> {
        let failed = self.findings.iter().filter(|finding| finding.state == State::Failed).count();
        if self.is_json {
            let all = serde_json::json!({ "ok": failed == 0, "checks": self.findings });
            print(&format!("{}\n", ui::escape_json(&all.to_string())))?;
        }
        match failed {
            0 => Ok(()),
            1 => Err(CliError::failure("1 check failed")),
            more => Err(CliError::failure(format!("{more} checks failed"))),
        }
    }
}
