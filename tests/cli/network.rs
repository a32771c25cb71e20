//! Which secrets leave the machine, and by which way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use super::account::Account;

/// A proxy that notes what it is sent and answers nothing useful.
struct Proxy {
    url: String,
    seen: Arc<Mutex<String>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(String::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 8192];
                let read = stream.read(&mut buffer).unwrap_or(0);
                noted.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..read]));
                let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { url, seen }
    }

    fn variables(&self) -> [(&str, &str); 4] {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, self.url.as_str()))
    }

    fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }
}

#[test]
fn plain_http_goes_past_a_proxy() {
    let account = Account::new();
    let proxy = Proxy::start();
    let ran = account.run_with(&["users", "list"], &proxy.variables());
    assert_eq!(proxy.seen(), "", "{ran:?}");
    ran.done();
}

#[test]
fn the_password_of_webhooks_goes_past_a_proxy() {
    let account = Account::new();
    let proxy = Proxy::start();
    let ran = account.run_with(&["doctor", "--public-url", "auto", "--deliver", "--yes"], &proxy.variables());
    assert_eq!(proxy.seen(), "", "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn the_key_of_a_team_goes_past_a_proxy() {
    let account = Account::new();
    let proxy = Proxy::start();
    super::serve::configure(&account, "");
    let (serving, url) = super::serve::start(&account);
    account.configure(&format!("[webhooks]\nteam_url = \"{url}\"\nteam_key = \"{}\"\n", super::serve::KEY));
    let ran = account.run_with(&["doctor"], &proxy.variables());
    assert_eq!(proxy.seen(), "", "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    serving.interrupt();
    serving.ended();
}
