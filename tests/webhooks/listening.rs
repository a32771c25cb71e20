//! The listener: what it takes, and what it does not.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use dealdeck::domain::{DealId, ItemRef};
use dealdeck::pipedrive::Payload;
use dealdeck::webhooks::{AcceptedDelivery, Identity, ListenError, Listener, ListenerLimits, Rejection};
use reqwest::header::AUTHORIZATION;
use reqwest::{Body, Method, RequestBuilder, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{PATIENCE, next};

const PATH: &str = "0b6e0f0e-5e0e-4f0e-8c0e-7e0e0e0e0e0e";
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct Bench {
    listener: Listener,
    heard: mpsc::Receiver<AcceptedDelivery>,
    identity: Identity,
    http: reqwest::Client,
}

impl Bench {
    async fn new(bounds: ListenerLimits, queue: usize) -> Self {
        let identity = Identity::random();
        let (out, heard) = mpsc::channel(queue);
        let listener = Listener::bind_within(bounds, ANY_PORT, PATH, &identity, out).await.unwrap();
        // Whoever comes second finds the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { listener, heard, identity, http }
    }

    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.listener.address()))
    }

    /// A request that is authorized.
    fn post(&self, body: impl Into<Body>) -> RequestBuilder {
        let password = self.identity.password().expose();
        self.at(Method::POST, &format!("/{PATH}")).basic_auth(Identity::USER, Some(password)).body(body)
    }

    fn refused(&self, why: Rejection) -> u64 {
        self.listener.stats().refused(why)
    }
}

/// That a deal was deleted.
fn gone(deal: u64) -> String {
    let meta = json!({
        "action": "delete", "entity": "deal", "entity_id": deal.to_string(), "id": Uuid::from_u128(deal.into()),
        "timestamp": "2026-11-24T13:18:56.089Z", "user_id": "12"
    });
    json!({"data": null, "previous": {"id": deal}, "meta": meta}).to_string()
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

/// Sends bytes and gives all that comes back until the connection is closed.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // One that was cut may end with an error.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn deliveries_are_taken_in_the_order_in_which_they_come() {
    let mut bench = Bench::new(ListenerLimits::default(), 16).await;
    for deal in 1..=3 {
        let answer = bench.post(gone(deal)).send().await.unwrap();
        assert_eq!((answer.status(), answer.content_length()), (StatusCode::OK, Some(0)));
    }
    // What stands in front of the listener may leave the beginning of the path where it is.
    let password = bench.identity.password().expose();
    let far = bench.at(Method::POST, &format!("/a/b/{PATH}")).basic_auth(Identity::USER, Some(password));
    assert_eq!(status(far.body(gone(4))).await, StatusCode::OK);
    for deal in 1..=4 {
        let AcceptedDelivery { delivery, body } = next(&mut bench.heard).await;
        assert_eq!(delivery.payload, Payload::Deleted(ItemRef::Deal(DealId(deal))));
        assert_eq!(body, gone(deal));
    }
    assert_eq!(bench.listener.stats().accepted(), 4);
    assert!(bench.listener.stats().last().is_some());
}

#[tokio::test]
async fn whoever_does_not_know_the_password_is_refused_before_the_body_is_read() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    let password = bench.identity.password().expose().to_owned();
    let path = format!("/{PATH}");
    let post = || bench.at(Method::POST, &path).body(gone(1));
    let forged = [
        post(),
        post().basic_auth(Identity::USER, None::<&str>),
        post().basic_auth(Identity::USER, Some("0")),
        post().basic_auth(Identity::USER, Some(format!("{password}0"))),
        post().basic_auth(Identity::USER, Some(&password[1..])),
        post().basic_auth("Dealdeck", Some(&password)),
        post().bearer_auth(bench.identity.credentials().expose()),
        post().header("authorization", bench.identity.credentials().expose()),
        post().header("authorization", "Basic"),
        post().header("authorization", "Basic ").body(vec![b'x'; 2 << 20]),
    ];
    let tries = forged.len() as u64;
    for request in forged {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "));
    }
    // Not one byte of this body is ever sent.
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n");
    assert!(raw(bench.listener.address(), head.as_bytes()).await.starts_with("HTTP/1.1 401 "));
    assert_eq!(bench.refused(Rejection::Unauthorized), tries + 1);
    assert_eq!(bench.listener.stats().accepted(), 0);

    // The word for the scheme is written in any way (RFC 7235).
    let lower = format!("basic {}", bench.identity.credentials().expose());
    assert_eq!(status(post().header("authorization", lower)).await, StatusCode::OK);
}

#[tokio::test]
async fn only_posts_to_the_path_are_looked_at() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    for path in ["/", "/other", &format!("/{PATH}/x"), &format!("/x{PATH}"), &format!("/{}", &PATH[1..])] {
        assert_eq!(status(bench.at(Method::POST, path)).await, StatusCode::NOT_FOUND, "{path}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = bench.at(method, &format!("/{PATH}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers()["allow"], "POST");
    }
    assert_eq!((bench.refused(Rejection::Elsewhere), bench.refused(Rejection::Method)), (5, 4));
}

#[tokio::test]
async fn what_is_too_large_is_not_read_to_its_end() {
    let mut bench = Bench::new(ListenerLimits { body: 1_000, ..ListenerLimits::default() }, 16).await;
    assert_eq!(status(bench.post(vec![b' '; 1_001])).await, StatusCode::PAYLOAD_TOO_LARGE);
    // Without a declared length, and without an end.
    let credentials = bench.identity.credentials();
    let head = format!(
        "POST /{PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {}\r\ntransfer-encoding: chunked\r\n\r\n",
        credentials.expose()
    );
    let endless = head + &format!("258\r\n{:600}\r\n", "").repeat(2);
    assert!(raw(bench.listener.address(), endless.as_bytes()).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(bench.refused(Rejection::TooLarge), 2);
    let padded = format!("{:1000}", gone(1));
    assert_eq!(status(bench.post(padded)).await, StatusCode::OK);
    next(&mut bench.heard).await;
}

#[tokio::test]
async fn a_refusal_reaches_a_sender_who_is_still_sending() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    let request = bench.post("").build().unwrap();
    let authorization = request.headers()[AUTHORIZATION].to_str().unwrap();
    let size = 3 << 20;
    let head =
        format!("POST /{PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {size}\r\n\r\n");
    let mut stream = TcpStream::connect(bench.listener.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The refusal is there before the body is sent.
    stream.peek(&mut [0]).await.unwrap();
    for _ in 0..size >> 14 {
        stream.write_all(&[b' '; 1 << 14]).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn what_is_no_delivery_is_refused() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    for body in ["", "{", "null", "[]", r#"{"meta":{}}"#, "\u{0}"] {
        assert_eq!(status(bench.post(body)).await, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(status(bench.post(vec![0xff, 0xfe])).await, StatusCode::BAD_REQUEST);
    assert_eq!(status(bench.post("[".repeat(500_000))).await, StatusCode::BAD_REQUEST);
    assert_eq!(bench.refused(Rejection::Unreadable), 8);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_not_waited_for() {
    let bench = Bench::new(ListenerLimits { time: Duration::from_millis(50), ..ListenerLimits::default() }, 16).await;
    let head = format!(
        "POST /{PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {}\r\ncontent-length: 100\r\n\r\n{{",
        bench.identity.credentials().expose()
    );
    assert!(raw(bench.listener.address(), head.as_bytes()).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(bench.refused(Rejection::Slow), 1);
}

#[tokio::test]
async fn what_nobody_has_room_for_is_to_be_sent_again() {
    let bounds = ListenerLimits { queue: Duration::from_millis(50), ..ListenerLimits::default() };
    let mut bench = Bench::new(bounds, 1).await;
    assert_eq!(status(bench.post(gone(1))).await, StatusCode::OK);
    assert_eq!(status(bench.post(gone(2))).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(bench.refused(Rejection::Busy), 1);
    assert_eq!(next(&mut bench.heard).await.body, gone(1));
    assert_eq!(status(bench.post(gone(2))).await, StatusCode::OK);
    assert_eq!(next(&mut bench.heard).await.body, gone(2));
    // Nobody hears any more.
    bench.heard.close();
    assert_eq!(status(bench.post(gone(3))).await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn no_more_requests_are_read_at_a_time_than_there_is_room_for() {
    let bench = Bench::new(ListenerLimits { requests: 1, queue: PATIENCE, ..ListenerLimits::default() }, 1).await;
    assert_eq!(status(bench.post(gone(1))).await, StatusCode::OK);
    // The queue is full: this one stays until there is room.
    let waiting = tokio::spawn(bench.post(gone(2)).send());
    let mut heard = bench.heard;
    while bench.listener.stats().refused(Rejection::Busy) == 0 {
        let third = bench.http.post(format!("http://{}/{PATH}", bench.listener.address()));
        let third = third.basic_auth(Identity::USER, Some(bench.identity.password().expose())).body("{");
        // Until the second has come as far as that, this one is merely no delivery.
        let answer = status(third).await;
        assert!([StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_REQUEST].contains(&answer), "{answer}");
    }
    assert_eq!(next(&mut heard).await.body, gone(1));
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_ends_its_connection() {
    let bench = Bench::new(ListenerLimits { head: Duration::from_millis(200), ..ListenerLimits::default() }, 16).await;
    let address = bench.listener.address();
    // It goes on sending the head of a request, byte by byte and without an end.
    let slow = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    tokio::time::timeout(PATIENCE, slow).await.expect("cut").unwrap();
    assert!(raw(address, b"").await.is_empty(), "nor does one wait on which nothing comes");
}

#[tokio::test]
async fn a_connection_that_was_authorized_may_wait_longer() {
    let head = Duration::from_millis(500);
    let mut bench = Bench::new(ListenerLimits { head, queue: PATIENCE, ..ListenerLimits::default() }, 1).await;
    let (credentials, body) = (bench.identity.credentials().expose().to_owned(), gone(1));
    let request = format!(
        "POST /{PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {credentials}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(bench.listener.address()).await.unwrap();
    let mut answer = [0; 1_024];
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read(&mut answer).await.unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "cut");
        next(&mut bench.heard).await;
        // Once this one is cut, the time for a first request is over for the other, too.
        assert!(raw(bench.listener.address(), b"").await.is_empty());
    }
}

#[tokio::test]
async fn a_connection_ends_after_its_lifetime() {
    let life = Duration::from_millis(100);
    let bench = Bench::new(ListenerLimits { life, ..ListenerLimits::default() }, 16).await;
    let mut stream = TcpStream::connect(bench.listener.address()).await.unwrap();
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut [0])).await.expect("an end");
    assert_eq!(read.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_listener_that_ends_gives_its_address_free() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    let address = bench.listener.address();
    let (out, _heard) = mpsc::channel(1);
    let taken = Listener::bind(address, PATH, &bench.identity, out.clone()).await;
    assert!(matches!(taken, Err(ListenError::Address { address: at, .. }) if at == address));
    // Somebody who says nothing does not hold it up.
    let _silent = TcpStream::connect(address).await.unwrap();
    tokio::time::timeout(PATIENCE, bench.listener.close()).await.expect("an end");
    Listener::bind(address, PATH, &bench.identity, out).await.unwrap().close().await;
}

#[tokio::test]
async fn idle_connections_do_not_keep_deliveries_out() {
    // Nothing ends by itself while this test runs.
    let mut bench = Bench::new(ListenerLimits { head: PATIENCE * 10, ..ListenerLimits::default() }, 16).await;
    let mut idle = Vec::new();
    for _ in 0..420 {
        idle.push(TcpStream::connect(bench.listener.address()).await.unwrap());
    }
    let answer = tokio::time::timeout(PATIENCE, bench.post(gone(1)).send()).await.expect("an answer").unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    next(&mut bench.heard).await;
}

#[tokio::test]
async fn http2_is_not_spoken() {
    let bench = Bench::new(ListenerLimits::default(), 16).await;
    // The preface, empty settings, and a ping (RFC 9113, sections 3.4, 6.5 and 6.7).
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    hello.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    hello.extend([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let mut stream = TcpStream::connect(bench.listener.address()).await.unwrap();
    stream.write_all(&hello).await.unwrap();
    let mut answer = [0; 64];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await.expect("an end").unwrap_or(0);
    assert!(read == 0 || answer.starts_with(b"HTTP/1.1 "), "{:?}", &answer[..read]);
}
