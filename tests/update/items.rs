//! People, organizations, activities and links in the workspace: rules, edits laid over, news that comes late.

use dealdeck::domain::*;
use dealdeck::workspace::{EditId, ServerUpdate, Workspace};

use crate::account::*;

fn workspace() -> Workspace {
    let mut workspace = Workspace::new();
    workspace.absorb(changes());
    workspace
}

fn named(name: &str) -> PersonPatch {
    PersonPatch { name: Some(name.into()), ..PersonPatch::default() }
}

fn person(id: u64, name: &str, updated: &str) -> Person {
    Person { name: name.into(), updated: Some(at(updated)), ..Person::blank(PersonId(id)) }
}

fn rename(id: u64, name: &str) -> Edit {
    Edit::UpdatePerson { id: PersonId(id), patch: named(name) }
}

fn refused(workspace: &mut Workspace, edit: Edit) -> RuleError {
    let version = workspace.version();
    let rule = workspace.submit(edit).unwrap_err();
    assert_eq!((workspace.version(), workspace.pending()), (version, 0), "nothing has changed");
    rule
}

#[test]
fn links_names_and_subjects_keep_to_the_rules() {
    let mut all = workspace();
    let deal = |patch| Edit::UpdateDeal { id: DealId(1), patch };
    let lead = |patch| Edit::UpdateLead { id: lead_id(1), patch };
    let activity = |patch| Edit::UpdateActivity { id: ActivityId(1), patch };
    let blank = || Some(" ".to_owned());
    let point = |value: &str| ContactPoint { value: value.into(), label: "work".into(), primary: true };
    let new = NewPerson { name: "N".into(), ..NewPerson::default() };
    let person = |new| Edit::CreatePerson { id: PersonId::local(9), new };
    let call = NewActivity { subject: "Call".into(), kind: "call".into(), ..NewActivity::default() };
    let made = |new| Edit::CreateActivity { id: ActivityId::local(9), new };
    let cases = [
        (deal(DealPatch { person: Some(None), ..DealPatch::default() }), RuleError::DealUnlinked),
        (lead(LeadPatch { person: Some(None), ..LeadPatch::default() }), RuleError::LeadUnlinked),
        (
            deal(DealPatch { person: Some(Some(PersonId::local(1))), ..DealPatch::default() }),
            RuleError::LinkNotYetCreated,
        ),
        (lead(LeadPatch { org: Some(Some(OrgId::local(1))), ..LeadPatch::default() }), RuleError::LinkNotYetCreated),
        (lead(LeadPatch { title: blank(), ..LeadPatch::default() }), RuleError::EmptyTitle),
        (activity(ActivityPatch { subject: blank(), ..ActivityPatch::default() }), RuleError::EmptySubject),
        (
            activity(ActivityPatch { deal: Some(Some(DealId::local(4))), ..ActivityPatch::default() }),
            RuleError::LinkNotYetCreated,
        ),
        (activity(ActivityPatch { deal: Some(Some(DealId(2))), ..ActivityPatch::default() }), RuleError::NoChange),
        (rename(1, " "), RuleError::EmptyName),
        (rename(1, "Ada Lovelace"), RuleError::NoChange),
        (rename(99, "Nobody"), RuleError::Gone),
        (
            Edit::UpdatePerson {
                id: PersonId(1),
                patch: PersonPatch { phones: Some(vec![point("")]), ..PersonPatch::default() },
            },
            RuleError::EmptyContact,
        ),
        (
            Edit::UpdateOrg { id: OrgId(1), patch: OrgPatch { name: blank(), ..OrgPatch::default() } },
            RuleError::EmptyName,
        ),
        (person(NewPerson { name: String::new(), ..new.clone() }), RuleError::EmptyName),
        (person(NewPerson { org: Some(Link::New(" ".into())), ..new.clone() }), RuleError::EmptyName),
        (person(NewPerson { org: Some(Link::Existing(OrgId::local(1))), ..new.clone() }), RuleError::LinkNotYetCreated),
        (person(NewPerson { emails: vec![point(" ")], ..new }), RuleError::EmptyContact),
        (made(NewActivity { subject: String::new(), ..call.clone() }), RuleError::EmptySubject),
        (made(NewActivity { lead: Some(LeadId::local(1)), ..call }), RuleError::LinkNotYetCreated),
        (Edit::Delete { item: ItemRef::Deal(DealId(99)) }, RuleError::Gone),
    ];
    for (edit, rule) in cases {
        assert_eq!(refused(&mut all, edit.clone()), rule, "{edit:?}");
    }
    // A link may be exchanged for the other kind.
    let patch = DealPatch { person: Some(None), org: Some(Some(OrgId(1))), ..DealPatch::default() };
    all.submit(deal(patch)).unwrap();
    assert_eq!(all.deal(DealId(1)).unwrap().org, Some(OrgId(1)));
}

#[test]
fn what_is_being_created_or_converted_cannot_be_deleted() {
    let mut all = workspace();
    let id = all.local_person();
    let new = NewPerson { name: "Nora".into(), ..NewPerson::default() };
    all.submit(Edit::CreatePerson { id, new }).unwrap();
    let delete = |item| Edit::Delete { item };
    assert_eq!(all.submit(delete(ItemRef::Person(id))), Err(RuleError::NotYetCreated));
    assert_eq!(all.submit(Edit::UpdatePerson { id, patch: named("N") }), Err(RuleError::NotYetCreated));
    let lead = lead_id(1);
    all.submit(Edit::ConvertLead { id: lead, to: all.pipeline_stage(StageId(1)).unwrap() }).unwrap();
    assert_eq!(all.submit(delete(ItemRef::Lead(lead))), Err(RuleError::Converting));
    // What is being deleted cannot be edited, and is deleted once.
    all.submit(delete(ItemRef::Deal(DealId(1)))).unwrap();
    assert_eq!(all.submit(delete(ItemRef::Deal(DealId(1)))), Err(RuleError::Gone));
}

#[test]
fn edits_of_people_are_laid_over_and_a_failure_gives_the_servers_back() {
    let mut all = workspace();
    let first = all.submit(rename(1, "Zoe")).unwrap();
    let patch = PersonPatch { org: Some(None), ..PersonPatch::default() };
    let second = all.submit(Edit::UpdatePerson { id: PersonId(1), patch }).unwrap();
    assert_eq!(first.inverse, Some(rename(1, "Ada Lovelace")));
    assert!(all.people_named("zoe", 9).len() == 1 && all.people_named("ada", 9).is_empty());
    assert_eq!((all.people_count(OrgId(1)), all.is_pending(ItemRef::Person(PersonId(1)))), (0, true));
    // News of another field in between shows, too.
    let news = Person {
        org: Some(OrgId(1)),
        job_title: Some("Countess".into()),
        ..person(1, "Ada Lovelace", "2026-11-21T08:00:00Z")
    };
    all.absorb(vec![ServerUpdate::People(vec![news])]);
    let shown = all.person(PersonId(1)).unwrap();
    assert_eq!((shown.name.as_str(), shown.org, shown.job_title.as_deref()), ("Zoe", None, Some("Countess")));
    all.settle(first.id, Vec::new(), None);
    assert_eq!(all.person(PersonId(1)).unwrap().name, "Ada Lovelace");
    assert_eq!(all.people_count(OrgId(1)), 0);
    all.settle(second.id, Vec::new(), None);
    assert_eq!(all.people_of(OrgId(1)).count(), 1);
    assert_eq!(all.pending(), 0);
}

#[test]
fn old_news_of_people_and_organizations_turn_nothing_back() {
    let mut all = Workspace::new();
    let org = |name: &str, updated: &str| Organization {
        name: name.into(),
        updated: Some(at(updated)),
        ..Organization::blank(OrgId(1))
    };
    let (early, late) = ("2026-11-20T08:00:00Z", "2026-11-20T08:00:05Z");
    all.absorb(vec![
        ServerUpdate::People(vec![person(1, "New", late)]),
        ServerUpdate::Organizations(vec![org("New", late)]),
    ]);
    all.absorb(vec![
        ServerUpdate::People(vec![person(1, "Old", early)]),
        ServerUpdate::Organizations(vec![org("Old", early)]),
    ]);
    assert_eq!(all.person(PersonId(1)).unwrap().name, "New");
    assert_eq!(all.org(OrgId(1)).unwrap().name, "New");
    // What an older version has kept does not tell when it was so.
    all.absorb_cached(vec![ServerUpdate::People(vec![Person { name: "Kept".into(), ..Person::blank(PersonId(1)) }])]);
    assert_eq!(all.person(PersonId(1)).unwrap().name, "New");
    // The answer to an edit counts whatever the clock says.
    let edit = all.submit(rename(1, "Mine")).unwrap();
    all.settle(edit.id, vec![ServerUpdate::People(vec![person(1, "Mine", early)])], None);
    assert_eq!(all.person(PersonId(1)).unwrap().name, "Mine");
}

#[test]
fn what_was_deleted_here_does_not_come_back_with_an_answer_that_was_on_its_way() {
    let mut all = workspace();
    let on_its_way = vec![ServerUpdate::Deals(vec![deal(1, 1, money(1_000, "EUR"))])];
    let item = ItemRef::Deal(DealId(1));
    let edit = all.submit(Edit::Delete { item }).unwrap();
    assert_eq!((edit.inverse, all.deal(DealId(1)), all.is_pending(item)), (None, None, true));
    all.absorb(on_its_way.clone());
    assert_eq!(all.deal(DealId(1)), None, "not while it is being deleted");
    all.settle(edit.id, vec![ServerUpdate::Gone(item)], None);
    all.absorb(on_its_way.clone());
    assert_eq!(all.deal(DealId(1)), None, "and not after");
    // Somebody has restored it since.
    let restored = Deal { updated: Some(at("2026-11-24T11:00:00Z")), ..deal(1, 1, money(1_000, "EUR")) };
    all.absorb(vec![ServerUpdate::Deals(vec![restored])]);
    assert!(all.deal(DealId(1)).is_some());
    // One that fails shows the item again.
    let edit = all.submit(Edit::Delete { item: ItemRef::Deal(DealId(2)) }).unwrap();
    all.settle(edit.id, Vec::new(), None);
    assert!(all.deal(DealId(2)).is_some());
}

#[test]
fn what_is_being_made_is_shown_until_it_has_its_name() {
    let mut all = workspace();
    let id = all.local_activity();
    let new = NewActivity {
        subject: "Call".into(),
        kind: "call".into(),
        person: Some(PersonId(1)),
        ..NewActivity::default()
    };
    let edit = Edit::CreateActivity { id, new };
    let submitted = all.submit(edit.clone()).unwrap();
    assert_eq!(all.activity(id).unwrap().owner, Some(UserId(1)), "it is mine");
    assert_eq!(all.activities_of(ItemRef::Person(PersonId(1))).count(), 1);
    let made = ItemRef::Activity(ActivityId(77));
    let there = Activity { person: Some(PersonId(1)), ..activity(77, None, None) };
    assert_eq!(all.settle(submitted.id, vec![ServerUpdate::Activities(vec![there])], Some(made)), Some(edit.clone()));
    assert_eq!((all.activity(id), all.activities_of(ItemRef::Person(PersonId(1))).count()), (None, 1));
    assert_eq!(edit.inverse_of_creation(made), Some(Edit::Delete { item: made }));
    // Numbers that an earlier run has given are not given again.
    let mut next = Workspace::new();
    next.restore(EditId(4), edit);
    assert!(next.local_person().local_number() > id.local_number());
}

#[test]
fn of_a_person_only_the_same_field_clashes() {
    let base = Item::Person(person(1, "Base", "2026-11-20T08:00:00Z"));
    let mine = Edit::UpdatePerson { id: PersonId(1), patch: PersonPatch { owner: Some(UserId(2)), ..named("Mine") } };
    let grounds = mine.inverse(&base).unwrap();
    let theirs = Item::Person(Person { owner: Some(UserId(3)), ..person(1, "Theirs", "2026-11-21T08:00:00Z") });
    let clash = mine.conflict(&grounds, &theirs).unwrap();
    assert_eq!((&clash.mine, &clash.theirs), (&rename(1, "Mine"), &rename(1, "Theirs")));
    let rest = mine.subtract(&clash.mine).unwrap();
    let owner = PersonPatch { owner: Some(UserId(2)), ..PersonPatch::default() };
    assert_eq!(rest, Edit::UpdatePerson { id: PersonId(1), patch: owner });
    assert!(rename(1, "Later").supersedes(&rename(1, "Earlier")) && !rename(1, "Later").supersedes(&mine));
    assert!(rename(1, "Base").is_satisfied_by(&base) && !rename(1, "Mine").is_satisfied_by(&base));
}
