//! The API token goes into one HTTP header and nowhere else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use dealdeck::config::Config;
use dealdeck::domain::{DealId, DealPatch, OrgId};
use dealdeck::pipedrive::{Endpoint, Lane, Token, WebhookRegistration, WebhookSecret, connect};
use dealdeck::sync::Command;
use tracing_subscriber::fmt::MakeWriter;

const SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// Everything that anybody logs, down to the last detail.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Logs all that happens on this thread from now on.
    fn of_everything() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The answer of a server that is asked whose the token is.
const OWNER: &str = r#"{"success":true,"data":{"id":1,"name":"Me","company_id":1}}"#;

fn asks_whose_token(request: &str) -> bool {
    request.starts_with("GET /api/v1/users/me ")
}

fn answer(stream: &mut TcpStream, status: u16, body: &str) {
    let head = format!("HTTP/1.1 {status} Any\r\ncontent-type: application/json\r\nconnection: close");
    let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
}

/// A server that answers each request with all that it was sent, as the words of an error; gives its address, and
/// what it was sent.
fn parrot() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&sent);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
            noted.lock().unwrap().push_str(&request);
            if asks_whose_token(&request) {
                answer(&mut stream, 200, OWNER);
                continue;
            }
            let words = request.replace(['\r', '\n', '"'], " ");
            let body = format!(r#"{{"success":false,"error":"{words}"}}"#);
            answer(&mut stream, 400, &body);
        }
    });
    (address, sent)
}

#[tokio::test]
async fn the_token_is_in_one_header_and_in_no_log_error_panic_or_debug_print() {
    let (log, _guard) = Log::of_everything();

    let token = Token::new(SECRET).unwrap();
    let (address, sent) = parrot();
    let endpoint = Endpoint::from_url(&address).unwrap();
    let mut said = vec![format!("{token:?} {endpoint:?} {:?}", Command::UseToken(token.clone()))];
    let (api, _task) = connect(endpoint, &token).unwrap();
    said.push(format!("{api:?}"));
    // What the server makes of it, and what comes of a server that is not there.
    let error = api.users(Lane::Screen).await.unwrap_err();
    said.push(format!("{error} {error:?} {:?}", api.connection().borrow()));
    let nowhere = Endpoint::from_url("http://127.0.0.1:9").unwrap();
    let (unreachable, _task) = connect(nowhere, &token).unwrap();
    let patch = DealPatch::default();
    let asked = unreachable.update_deal(DealId(1), &patch);
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), asked).await;
    said.push(format!("{:?}", unreachable.connection().borrow()));
    let panic = std::panic::catch_unwind(|| panic!("{token:?}")).unwrap_err();
    said.push(panic.downcast_ref::<String>().unwrap().clone());
    let config: Config = toml::from_str(&format!("api_token = '{SECRET}'")).unwrap();
    said.push(format!("{config:?}"));
    let wrong = toml::from_str::<Config>(&format!("api_token = '{SECRET}'\nx = 1")).unwrap_err();
    said.push(wrong.message().to_owned());

    assert!(sent.lock().unwrap().contains(&format!("x-api-token: {SECRET}")), "it was sent");
    assert!(error.to_string().contains("•••"), "the server repeated it: {error}");
    assert!(!said.concat().contains(SECRET), "{said:?}");
    let logged = log.text();
    assert!(logged.contains("trouble"), "something was logged: {logged}");
    assert!(!logged.contains(SECRET), "{logged}");
}

/// A server that says whose the token is, and gives this answer to all other requests.
fn server(status: u16, body: &str) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let body = body.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            let is_proof = asks_whose_token(&String::from_utf8_lossy(&buffer[..read]));
            let (status, body) = if is_proof { (200, OWNER) } else { (status, body.as_str()) };
            answer(&mut stream, status, body);
        }
    });
    Endpoint::from_url(&address).unwrap()
}

#[tokio::test]
async fn an_answer_that_holds_the_token_by_chance_is_read_unharmed() {
    let (_log, _guard) = Log::of_everything();
    let token = Token::new("ben").unwrap();
    let body = r#"{"success":true,"data":{"id":1,"name":"Steuben GmbH"}}"#;
    let (api, _task) = connect(server(200, body), &token).unwrap();
    assert_eq!(api.org(Lane::Screen, OrgId(1)).await.unwrap().name, "Steuben GmbH");
}

#[tokio::test]
async fn an_error_that_quotes_the_token_is_masked() {
    let (log, _guard) = Log::of_everything();
    let token = Token::new(SECRET).unwrap();
    for (status, body) in [
        (400, format!(r#"{{"success":false,"error":"Bad token {SECRET}"}}"#)),
        (403, format!(r#"{{"success":false,"error_info":"{SECRET} may not"}}"#)),
        (404, format!(r#"{{"success":false,"message":"No {SECRET} here"}}"#)),
        (200, format!(r#"{{"success":false,"error":"{SECRET}"}}"#)),
        (200, format!(r#"{{"success":"{SECRET}","data":{{"id":1}}}}"#)),
        (200, format!(r#"{{"success":true,"data":"{SECRET}"}}"#)),
    ] {
        let (api, _task) = connect(server(status, &body), &token).unwrap();
        let asked = tokio::time::timeout(std::time::Duration::from_millis(300), api.org(Lane::Screen, OrgId(1)));
        let said = format!("{:?} {:?}", asked.await, api.connection().borrow());
        assert!(!said.contains(SECRET), "{body}: {said}");
        assert!(status == 200 || said.contains("•••"), "{body}: {said}");
    }
    assert!(!log.text().contains(SECRET), "{}", log.text());
}

#[tokio::test]
async fn the_password_of_webhooks_is_in_no_log_error_or_debug_print() {
    let (log, _guard) = Log::of_everything();

    let (address, sent) = parrot();
    let token = Token::new("token").unwrap();
    let (api, _task) = connect(Endpoint::from_url(&address).unwrap(), &token).unwrap();
    let registration = WebhookRegistration {
        name: "dealdeck".to_owned(),
        url: "https://hooks.invalid".to_owned(),
        object: "deal",
        user: "dealdeck",
        password: WebhookSecret::new(SECRET),
    };
    let error = api.add_webhook(Lane::Poll, &registration).await.unwrap_err();
    let said = format!("{error} {error:?} {:?} {registration:?}", api.connection().borrow());
    assert!(sent.lock().unwrap().contains(SECRET), "it was sent");
    assert!(error.to_string().contains("•••"), "the server repeated it: {error}");
    assert!(!said.contains(SECRET), "{said}");
    let logged = log.text();
    assert!(logged.contains("trouble") && !logged.contains(SECRET), "{logged}");
}
