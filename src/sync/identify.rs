//! Before the first reading of an account: finds out whose it is, and opens what is kept of it.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::engine::{Clock, FIRST_RETRY, LONGEST_RETRY, line_news};
use super::storage::{self, Durability, OpenStore, TokenOwner};
use super::{Command, EditFailure, Progress, Report};
use crate::domain::TokenUser;
use crate::pipedrive::{Api, ApiError, ExpectedAccount, Lane, Token};
use crate::workspace::ServerUpdate;

/// Before it is known to which user the token belongs, there is nothing to show and nothing to edit.
pub(super) struct Identify {
    pub(super) api: Api,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) report: mpsc::Sender<Report>,
    /// Which token of this run is in use: 0 for the first.
    pub(super) token: u32,
}

impl Identify {
    /// Asks whose account it is until that is known, and opens what is kept of it. `None` when nobody waits any more.
    pub(super) async fn find_out(&mut self, mut whose: TokenOwner, clock: &Clock) -> Option<OpenStore> {
        let owner = loop {
            let owner = self.who(&mut whose, clock).await?;
            let user = owner.me.id;
            match whose.home.company_of(user) {
                // The line says what is wrong; another token can mend it.
                company @ Some(_) if company != owner.company => {
                    self.api.expect(ExpectedAccount::Account { user, company }).await;
                }
                _ => break owner,
            }
        };
        let me = owner.me.clone();
        let user = me.id;
        let opening = TokenOwner { user: Some(user), ..whose };
        let opened = tokio::task::spawn_blocking(move || {
            // Without it the token is asked for its owner again the next time.
            let _ = opening.remember(&owner);
            storage::open(opening, user)
        });
        let (opened, restored) = match opened.await.ok()? {
            Ok(opened) => opened,
            Err(error) => {
                // A store of a newer dealdeck: nothing is done to it.
                self.report.send(Report::Durability(Durability::Failing(error.to_string()))).await.ok()?;
                while self.commands.recv().await.is_some() {}
                return None;
            }
        };
        self.report.send(Report::Restored(Box::new(restored))).await.ok()?;
        self.report.send(Report::Changed(vec![ServerUpdate::Me(me)])).await.ok()?;
        Some(opened)
    }

    /// Returns `true` if what was found out is of the token that was given last.
    fn is_of_last_token(&self) -> bool {
        self.token == 0 || self.api.proven().borrow().as_ref().is_some_and(|proven| proven.token == self.token)
    }

    async fn who(&mut self, whose: &mut TokenOwner, clock: &Clock) -> Option<TokenUser> {
        let mut wait = FIRST_RETRY;
        let mut line = self.api.connection();
        let mut told = Instant::now();
        let mut asked = Box::pin(ask_who(self.api.clone(), Duration::ZERO));
        loop {
            tokio::select! {
                answer = &mut asked => {
                    let error = match answer {
                        Ok(owner) if self.is_of_last_token() => return Some(owner),
                        Ok(_) => {
                            asked = Box::pin(ask_who(self.api.clone(), Duration::from_millis(100)));
                            continue;
                        }
                        Err(error) => error,
                    };
                    let next_poll = clock() + TimeDelta::from_std(wait).unwrap_or_default();
                    let failed = Progress::Failed { error: error.into(), next_poll };
                    self.report.send(Report::Progress(failed)).await.ok()?;
                    asked = Box::pin(ask_who(self.api.clone(), wait));
                    wait = (wait * 2).min(LONGEST_RETRY);
                }
                command = self.commands.recv() => match command? {
                    Command::UseToken(token) => {
                        self.token += 1;
                        if let Ok(salt) = whose.home.salt() {
                            whose.fingerprint = token.fingerprint(&salt);
                        }
                        renew(&self.api, token);
                    }
                    Command::Edit { kept, .. } => {
                        let failure = EditFailure::new(Vec::new(), ApiError::Busy);
                        self.report.send(Report::EditDone { id: kept.id, outcome: Err(failure) }).await.ok()?;
                    }
                    Command::Bulk(edits) => {
                        for kept in edits {
                            let failure = EditFailure::new(Vec::new(), ApiError::Busy);
                            self.report.send(Report::EditDone { id: kept.id, outcome: Err(failure) }).await.ok()?;
                        }
                    }
                    Command::Reload | Command::Refresh => asked = Box::pin(ask_who(self.api.clone(), Duration::ZERO)),
                    Command::Search { text, kinds } => {
                        let hits = Err(ApiError::Busy);
                        self.report.send(Report::SearchResults { text, kinds, hits }).await.ok()?;
                    }
                    Command::LoadItem(item) => {
                        let outcome = Err(ApiError::Busy);
                        self.report.send(Report::ItemLoaded { item, outcome }).await.ok()?;
                    }
                    Command::LoadDetails { item, .. } => {
                        let outcome = Err(ApiError::Busy);
                        self.report.send(Report::DetailsLoaded { item, outcome }).await.ok()?;
                    }
                    Command::SavedFilters(kind) => {
                        let filters = Err(ApiError::Busy);
                        self.report.send(Report::SavedFilters { kind, filters }).await.ok()?;
                    }
                    Command::Archive => self.report.send(Report::Archive(Err(ApiError::Busy))).await.ok()?,
                    Command::RunFilter { kind, filter } => {
                        let passing = Err(ApiError::Busy);
                        self.report.send(Report::FilterResult { kind, filter, passing }).await.ok()?;
                    }
                    Command::UserActive | Command::CancelBulk(_) | Command::Discard(_) | Command::History | Command::SaveSnapshot(_) | Command::SaveScreen(_) => {}
                },
                () = line_news(line.clone(), told) => {
                    told = Instant::now();
                    let news = Box::new(line.borrow_and_update().clone());
                    self.report.send(Report::Connection(news)).await.ok()?;
                }
            }
        }
    }
}

async fn ask_who(api: Api, after: Duration) -> Result<TokenUser, ApiError> {
    tokio::time::sleep(after).await;
    api.owner(Lane::Screen).await
}

pub(super) fn renew(api: &Api, token: Token) {
    let api = api.clone();
    tokio::spawn(async move { api.renew(token).await });
}
