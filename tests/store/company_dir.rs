//! Where the stores of a company lie, and which token is whose.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path};

use dealdeck::domain::UserId;
use dealdeck::store::{CompanyDir, Store};

use crate::desk::ME;

#[test]
fn whatever_a_company_is_called_its_directory_is_its_own_and_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    let long = "x".repeat(5_000);
    let (longer, umlauts) = (format!("{long}y"), "ä".repeat(300));
    let names = [
        "",
        ".",
        "..",
        "...",
        "/",
        "//",
        "../x",
        "../../x",
        "a/b",
        "a%2fb",
        "a\\b",
        "/etc/passwd",
        "%",
        "%%",
        "\0",
        " ",
        "\n",
        "acme",
        "Acme",
        "ACME",
        "acme ",
        "acme.",
        ".acme",
        "acme.pipedrive.com",
        "https://acme.pipedrive.com",
        "https://acme.pipedrive.com/",
        "http://127.0.0.1:8080",
        "ä",
        "a\u{308}",
        "会社",
        "🙂",
        "con",
        "a:b",
        "a*b?",
        &long,
        &longer,
        &umlauts,
    ];
    let mut seen = HashSet::new();
    for name in names {
        let home = CompanyDir::new(root.path(), name);
        let relative = home.path().strip_prefix(root.path()).unwrap();
        let parts: Vec<Component> = relative.components().collect();
        assert!(matches!(parts.as_slice(), [Component::Normal(_)]), "{name:?}: {}", relative.display());
        let directory = relative.to_str().unwrap();
        assert!((1..=120).contains(&directory.len()) && directory.is_ascii(), "{name:?}: {directory}");
        // Also where capitals and small letters are the same.
        assert!(seen.insert(directory.to_lowercase()), "{name:?} and another one: {directory}");
        assert_eq!(CompanyDir::new(root.path(), name).path(), home.path());
        home.remember("token", ME).unwrap();
        assert!(Store::open(&home, ME).is_ok(), "{name:?}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), names.len());
    assert!(CompanyDir::new(root.path(), "acme.pipedrive.com").path().ends_with("acme.pipedrive.com"));
}

#[test]
fn a_token_is_known_again_by_its_fingerprint() {
    let root = tempfile::tempdir().unwrap();
    let home = CompanyDir::new(root.path(), "acme");
    assert_eq!(home.user_of("one"), None);
    assert!(!home.path().exists(), "to ask makes nothing");
    let salt = home.salt().unwrap();
    home.remember("one", UserId(1)).unwrap();
    home.remember("two \"\n/", UserId(2)).unwrap();
    home.remember("two \"\n/", UserId(3)).unwrap();
    let again = CompanyDir::new(root.path(), "acme");
    assert_eq!((again.user_of("one"), again.user_of("two \"\n/")), (Some(UserId(1)), Some(UserId(3))));
    assert_eq!((again.user_of("three"), again.salt().unwrap()), (None, salt));
    assert_ne!(CompanyDir::new(root.path(), "other").salt().unwrap(), salt);
}

#[test]
fn a_damaged_file_of_accounts_is_made_anew() {
    for content in ["", "{", "{\"salt\":\"short\"}", "[1]"] {
        let root = tempfile::tempdir().unwrap();
        let home = CompanyDir::new(root.path(), "acme");
        home.remember("one", ME).unwrap();
        fs::write(home.path().join("accounts.json"), content).unwrap();
        assert_eq!(home.user_of("one"), None);
        let salt = home.salt().unwrap();
        home.remember("one", ME).unwrap();
        assert_eq!((home.user_of("one"), home.salt().unwrap()), (Some(ME), salt));
    }
}

#[test]
fn those_who_start_together_agree_on_the_salt_and_forget_nobody() {
    let root = tempfile::tempdir().unwrap();
    let start = |n: u64| {
        let path: &Path = root.path();
        move || {
            let home = CompanyDir::new(path, "acme");
            home.remember(&n.to_string(), UserId(n)).unwrap();
            home.salt().unwrap()
        }
    };
    let salts: HashSet<[u8; 16]> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(start(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(salts.len(), 1);
    let home = CompanyDir::new(root.path(), "acme");
    assert!((0..8).all(|n| home.user_of(&n.to_string()) == Some(UserId(n))));
}
