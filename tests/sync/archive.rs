//! The archive of leads, asked for through the engine.

use dealdeck::domain::*;
use dealdeck::sync::{Command, Report};

use super::Bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_is_read_when_it_is_asked_for_and_its_leads_come_back() {
    let mut bench = Bench::start().await;
    assert!(bench.account.archive().is_empty(), "not read by itself");
    let read = |report: &Report| match report {
        Report::Archive(archived) => Some(archived.clone()),
        _ => None,
    };
    let archived = bench.answer(Command::Archive, read).await.unwrap();
    assert!(archived.is_whole);
    assert_eq!(archived.leads.len(), bench.list("/api/v1/leads/archived?").await.len());
    bench.account.absorb_archive(archived.leads, archived.is_whole);
    let lead = bench.account.archive().iter().next().map(|(.., id)| *id).unwrap();
    let patch = LeadPatch { archived: Some(false), ..LeadPatch::default() };
    let outcome = bench.edit(Edit::UpdateLead { id: lead, patch }).await.unwrap();
    bench.account.absorb(outcome.changes);
    assert_eq!(bench.get(&format!("/api/v1/leads/{lead}")).await["is_archived"], false);
    assert!(bench.account.archive_rank(lead).is_none() && bench.account.lead_rank(lead).is_some());
    // What somebody else has done to the archive is known once it is read again.
    let archived = bench.answer(Command::Archive, read).await.unwrap();
    let known = bench.account.archive().len();
    bench.account.absorb_archive(Vec::new(), false);
    assert_eq!(bench.account.archive().len(), known, "an empty part says nothing of the rest");
    bench.account.absorb_archive(archived.leads.into_iter().skip(1).collect(), true);
    assert_eq!(bench.account.archive().len(), known - 1);
}
