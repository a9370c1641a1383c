//! The page of a profile, opened from a file in a browser without a window: it shows the statements, a finding and a statement
//! open to their plan, the console has nothing to say and nothing is asked of the network.
//!
//! It needs Chromium, and passes without it. `EAGER_ORM_PAGE` names another page to look at, as `cargo run --release --example
//! flights -- --profile flights.html` writes it; `EAGER_ORM_SCREENSHOT` says where a picture of it goes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use eager_orm::prelude::*;
use serde_json::{Value, json};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Model)]
struct Book {
    id: i64,
    title: String,
    pages: i32,
}

/// A page with a finding.
fn page() -> String {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Book]).unwrap();
    let books = (0..3_000).map(|n| Book::create().title(format!("<b>book {n}</b>")).pages(n % 500));
    Book::objects().bulk_create(books).run(&db).unwrap();
    let (books, profile) = db.profile("search & <find>", |db| {
        db.transaction(|tx| Book::create().title("new").pages(1).save(tx)).unwrap();
        Book::objects().filter(|b| b.pages().eq(77)).all(db)
    });
    assert_eq!(books.unwrap().len(), 6);
    profile.measured(&db).to_html()
}

/// A browser, until it is dropped.
struct Browser {
    process: Child,
    _folder: tempfile::TempDir,
    socket: TcpStream,
    number: u64,
    /// What it has told without being asked.
    events: Vec<Value>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts it, if there is one.
    fn start() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
        let program =
            names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|p| p.is_file())?;
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--window-size=1280,900"])
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let said = BufReader::new(process.stderr.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        // It goes on reading what nobody waits for: a browser that cannot write stops.
        thread::spawn(move || {
            for line in said.map_while(Result::ok) {
                if let Some((address, _)) =
                    line.split_once("listening on ws://").and_then(|(_, rest)| rest.split_once('/'))
                {
                    let _ = tell.send(address.to_owned());
                }
            }
        });
        let Ok(address) = told.recv_timeout(PATIENCE) else {
            let _ = process.kill();
            let _ = process.wait();
            return None;
        };
        let deadline = Instant::now() + PATIENCE;
        let path = loop {
            let tabs: Value = serde_json::from_str(&get(&address, "/json/list")).unwrap_or_default();
            let tab = tabs.as_array().and_then(|tabs| tabs.iter().find(|tab| tab["type"] == "page"));
            if let Some(url) = tab.and_then(|tab| tab["webSocketDebuggerUrl"].as_str()) {
                break url.split_once(&address).unwrap().1.to_owned();
            }
            assert!(Instant::now() < deadline, "the browser has no tab");
            thread::sleep(Duration::from_millis(50));
        };
        let mut socket = TcpStream::connect(&address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Some(Browser { process, _folder: folder, socket, number: 0, events: Vec::new() })
    }

    /// Asks for something; what it answers.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.number += 1;
        let number = self.number;
        let text = json!({ "id": number, "method": method, "params": parameters }).to_string();
        // One frame of text. A client masks what it says; a mask of zeros changes nothing.
        let mut frame = vec![0x81];
        match text.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.socket.write_all(&frame).unwrap();
        loop {
            let told = self.read();
            if told["id"] == number {
                assert!(told["error"].is_null(), "{method}: {told}");
                return told["result"].clone();
            }
            self.events.push(told);
        }
    }

    fn read(&mut self) -> Value {
        let mut text = Vec::new();
        loop {
            let mut head = [0; 2];
            self.socket.read_exact(&mut head).unwrap();
            let mut bytes = |count: usize| {
                let mut bytes = vec![0; count];
                self.socket.read_exact(&mut bytes).unwrap();
                bytes
            };
            let length = match head[1] & 0x7f {
                126 => bytes(2).iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
                127 => bytes(8).iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
                length => usize::from(length),
            };
            text.extend(bytes(length));
            if head[0] & 0x80 != 0 {
                return serde_json::from_slice(&text).unwrap();
            }
        }
    }

    /// What an expression is worth in the page.
    fn value(&mut self, expression: &str) -> Value {
        let answer = self.ask("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    fn open(&mut self, file: &Path) {
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
        self.ask("Page.navigate", &json!({ "url": format!("file://{}", file.display()) }));
        let deadline = Instant::now() + PATIENCE;
        while self.value("document.readyState === 'complete' && location.protocol === 'file:'") != true {
            assert!(Instant::now() < deadline, "the page does not load");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn get(address: &str, path: &str) -> String {
    let Ok(mut socket) = TcpStream::connect(address) else { return String::new() };
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    // It keeps the connection open: how long the answer is, is said in its head.
    let mut lines = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    let _ = lines.read_exact(&mut body);
    String::from_utf8_lossy(&body).into_owned()
}

#[test]
fn a_browser_shows_the_page_and_asks_nobody_for_anything() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("profile.html");
    let file = match env::var_os("EAGER_ORM_PAGE") {
        Some(path) => fs::canonicalize(path).unwrap(),
        None => {
            fs::write(&own, page()).unwrap();
            own
        }
    };
    let Some(mut browser) = Browser::start() else {
        println!("there is no Chromium to open the page with");
        return;
    };
    browser.open(&file);
    // Everything is there: a bar for each statement, a row for each text.
    let count = |browser: &mut Browser, what: &str| {
        browser.value(&format!("document.querySelectorAll('{what}').length")).as_u64().unwrap()
    };
    let (bars, rows) = (count(&mut browser, "svg rect"), count(&mut browser, "details.statement"));
    assert!(bars >= rows && rows > 0, "{bars} bars and {rows} statements");
    let findings = count(&mut browser, "details.finding");
    assert!(findings > 0, "there is no finding");
    // What is closed has no height; a click on what stands there opens it.
    for what in ["finding", "statement"] {
        let plan = format!("document.querySelector('details.{what}:has(pre.plan) pre.plan')");
        if what == "finding" && browser.value(&format!("{plan} === null")) == true {
            continue;
        }
        let height = format!("{plan}.checkVisibility() ? {plan}.offsetHeight : 0");
        assert_eq!(browser.value(&height), 0, "{what}");
        browser.value(&format!("document.querySelector('details.{what}:has(pre.plan) summary').click()"));
        assert!(browser.value(&height).as_u64() > Some(10), "{what}");
        let text = browser.value(&format!("{plan}.textContent"));
        assert!(text.as_str().is_some_and(|text| text.contains("SCAN") || text.contains("SEARCH")), "{text}");
    }
    if let Some(path) = env::var_os("EAGER_ORM_SCREENSHOT") {
        let picture =
            browser.ask("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": false }));
        fs::write(path, base64(picture["data"].as_str().unwrap())).unwrap();
    }
    let told = |method: &str| browser.events.iter().filter(|event| event["method"] == method).collect::<Vec<_>>();
    for method in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"] {
        assert_eq!(told(method), Vec::<&Value>::new());
    }
    let asked: Vec<&str> = told("Network.requestWillBeSent")
        .iter()
        .filter_map(|event| event["params"]["request"]["url"].as_str())
        .filter(|url| !url.starts_with("data:"))
        .collect();
    assert_eq!(asked, [format!("file://{}", file.display())], "something else was asked for");
}

/// The bytes of a text in base 64.
fn base64(text: &str) -> Vec<u8> {
    let digit = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let mut bytes = Vec::new();
    for four in letters.chunks(4) {
        let number = four.iter().fold(0_u32, |number, letter| number << 6 | u32::from(digit(*letter)));
        let number = number << (6 * (4 - four.len()));
        bytes.extend(number.to_be_bytes().iter().skip(1).take(four.len() - 1));
    }
    bytes
}
