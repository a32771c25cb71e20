//! An account on a practice server, what is kept of it, and the program run on it.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use dealdeck::domain::UserId;
use dealdeck::pipedrive::Token;
use dealdeck::sandbox::{Options, Plan};
use dealdeck::store::CompanyDir;
use serde_json::Value;
use tempfile::TempDir;

use super::practice::Practice;
use super::terminal::{PATIENCE, Terminal};

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// It did what it was asked for, without a word more.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// The same as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// It ended with a code and a reason, and printed nothing.
    #[track_caller]
    pub fn failed(&self, code: i32, why: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        assert!(why.iter().all(|words| self.err.contains(words)), "{why:?} in {self:?}");
    }
}

pub struct Account {
    pub practice: Practice,
    options: Options,
    home: TempDir,
}

impl Account {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let db = Some(home.path().join("practice.db"));
        let options = Options { plan: Plan::Enterprise, deals: 60, db, ..Options::default() };
        let practice = Practice::with(options.clone());
        let port = practice.url.rsplit(':').next().unwrap().parse().unwrap();
        Self { practice, options: Options { port, ..options }, home }
    }

    /// Starts the server again where it was.
    pub fn start_again(&mut self) {
        self.practice = Practice::with(self.options.clone());
    }

    /// Starts the server again, where the token that the program has is another user's.
    pub fn give_token_to(&mut self, user: u64) {
        self.practice.stop();
        let token = self.practice.token.clone();
        let options =
            Options { token: "another".to_owned(), colleagues: vec![(token.clone(), user)], ..self.options.clone() };
        self.practice = Practice::with(options);
        self.practice.token = token;
    }

    /// Notes on the disk that the token is that of the user who has data there.
    pub fn remember_token_as_own(&self) {
        let name = self.practice.program_url.split_once("://").unwrap().1;
        let home = CompanyDir::new(&self.data_dir(), name);
        let fingerprint = Token::new(&self.practice.token).unwrap().fingerprint(&home.salt().unwrap());
        home.remember(&fingerprint, UserId(1)).unwrap();
    }

    /// Writes the configuration file, readable by its owner only, and says where it is.
    pub fn configure(&self, text: &str) -> PathBuf {
        let folder = self.home.path().join("dealdeck");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("config.toml");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Where the files of the account are, once there are any.
    pub fn store(&self) -> PathBuf {
        let company = std::fs::read_dir(self.data_dir()).unwrap().next().unwrap().unwrap().path();
        company.join("1")
    }

    fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("DEALDECK_API_TOKEN", self.practice.token.clone()),
            ("DEALDECK_API_URL", self.practice.program_url.clone()),
            ("DEALDECK_DATA_DIR", self.data_dir().to_str().unwrap().to_owned()),
            ("XDG_STATE_HOME", self.home.path().join("state").to_str().unwrap().to_owned()),
        ]
    }

    fn command(&self, args: &[&str]) -> Command {
        self.prepared(Command::new(env!("CARGO_BIN_EXE_dealdeck")), args)
    }

    fn prepared(&self, mut command: Command, args: &[&str]) -> Command {
        for name in ["DEALDECK_COMPANY", "DEALDECK_PUBLIC_URL", "DEALDECK_LISTEN", "HTTP_PROXY", "http_proxy"] {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.home.path()).envs(self.variables()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::new(&self.command(args).output().unwrap())
    }

    /// Runs the program to its end with more variables of the environment, or others.
    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::new(&self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    /// Runs a line of the shell to its end, with `$DEALDECK` as the program.
    pub fn shell(&self, line: &str) -> Ran {
        let mut command = self.prepared(Command::new("bash"), &["-c", line]);
        Ran::new(&command.env("DEALDECK", env!("CARGO_BIN_EXE_dealdeck")).output().unwrap())
    }

    /// Starts the program.
    pub fn start(&self, args: &[&str]) -> Running {
        Running(self.command(args).spawn().unwrap())
    }

    /// Runs it on a terminal, or the dashboard.
    pub fn terminal(&self, args: &[&str], columns: u16) -> Terminal {
        let variables = self.variables();
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Terminal::open(args, &variables, columns, 40)
    }

    /// Waits until the server has been asked for something.
    pub fn wait_until_asked(&self, request: &str) {
        let asked = |stats: Option<&Value>| stats.is_some_and(|stats| stats["by_path"][request].as_u64() > Some(0));
        self.practice.wait_until("/sandbox/stats", request, asked);
    }

    pub fn deal(&self, id: u64) -> Value {
        self.practice.get(&format!("/api/v2/deals/{id}"))["data"].clone()
    }

    /// The open deals of the first pipeline whose titles are plain, by their numbers.
    pub fn deals(&self) -> Vec<u64> {
        let mut ids: Vec<u64> = self.practice.plain_deals(1).iter().filter_map(|deal| deal["id"].as_u64()).collect();
        ids.sort_unstable();
        ids
    }

    pub fn list(&self, path: &str) -> Vec<Value> {
        self.practice.all(path)
    }
}

/// A run that has not ended.
pub struct Running(Child);

impl Running {
    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        let out = self.0.stdout.as_mut().unwrap();
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        String::from_utf8(line).unwrap()
    }

    pub fn interrupt(&self) {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    pub fn ended(mut self) -> Ran {
        let deadline = Instant::now() + PATIENCE;
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            // The system tells of no end without waiting for it for ever.
            std::thread::sleep(Duration::from_millis(20));
        }
        Ran::new(&self.0.wait_with_output().unwrap())
    }
}
