//! A second wire format, made here alone: what the core needs of one is what [`Wire`] asks for.
//!
//! It is like OTLP over HTTP in JSON: two paths, a bearer token, one wrapper around all spans of a body, content in
//! attributes, and answers that take a request and refuse some of its spans.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use spanlane::core::Core;
use spanlane::delivery::transport::{Request, Response, Sending, Transport};
use spanlane::delivery::{Verdict, classify::HINT_MAX};
use spanlane::flush::Tally;
use spanlane::lane::Lane;
use spanlane::settings::{Compression, Settings};
use spanlane::tenant::{Endpoint, Site};
use spanlane::wire::{Emptied, EventKind, Member, Outline, Scan, Stream, Wire};
use support::{assert_balanced, lane};
use tokio::runtime::Handle;

const LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Otlp;

impl Wire for Otlp {
    fn host(&self, _: Stream, site: &Site) -> String {
        format!("otlp.{}", site.as_str())
    }

    fn path(&self, stream: Stream) -> &str {
        match stream {
            Stream::Spans => "/v1/traces",
            Stream::Evaluations => "/v1/logs",
        }
    }

    fn headers(&self, _: Stream, endpoint: &Endpoint) -> HeaderMap {
        HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (AUTHORIZATION, endpoint.api_key.header_value("Bearer ")),
        ])
    }

    fn envelope(&self, _: EventKind) -> (&[u8], &[u8]) {
        (b"", b"")
    }

    fn brackets(&self, stream: Stream) -> (&[u8], &[u8]) {
        match stream {
            Stream::Spans => (br#"{"resourceSpans":[{"scopeSpans":[{"spans":["#, b"]}]}]}"),
            Stream::Evaluations => (
                br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":["#,
                b"]}]}]}",
            ),
        }
    }

    fn outline(&self, event: &[u8]) -> Option<Outline> {
        let mut outline = Outline::default();
        Scan::new(event).object(|scan, key| {
            let mut texts = Vec::new();
            let range = scan.value(|text| texts.push(text))?;
            if key == b"attributes" {
                outline.texts = texts;
                outline.members.push(Member {
                    range,
                    emptied: Emptied::As("[]"),
                });
            }
            Some(())
        })?;
        Some(outline)
    }

    fn awaits_body(&self, _: Stream) -> bool {
        true
    }

    fn read_answer(&self, _: Stream, answer: &Response) -> Option<Verdict> {
        match answer.status {
            200 => {
                let body: Value = serde_json::from_slice(&answer.body).ok()?;
                let rejected = body["partialSuccess"]["rejectedSpans"].as_str()?;
                let rejected = rejected.parse().ok().filter(|rejected| *rejected > 0)?;
                Some(Verdict::PartlyDelivered { rejected })
            }
            // In OTLP no other status is ever to be repeated.
            408 | 500 => Some(Verdict::Reject {
                status: answer.status,
            }),
            _ => None,
        }
    }
}

/// What answers, and what it was asked.
#[derive(Default)]
struct Collector {
    answers: Mutex<Vec<(u16, &'static str)>>,
    requests: Mutex<Vec<Request>>,
}

impl Transport for Collector {
    fn send(&self, request: Request) -> Sending<'_> {
        self.requests.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let (status, body) = if answers.is_empty() {
            (200, "{}")
        } else {
            answers.remove(0)
        };
        Box::pin(std::future::ready(Ok(Response {
            status,
            body: Bytes::from_static(body.as_bytes()),
            ..Response::default()
        })))
    }
}

impl Collector {
    fn answering(answers: &[(u16, &'static str)]) -> Arc<Self> {
        let collector = Self::default();
        *collector.answers.lock().unwrap() = answers.to_vec();
        Arc::new(collector)
    }

    /// The spans of each body.
    fn bodies(&self) -> Vec<Vec<Value>> {
        let requests = self.requests.lock().unwrap();
        let spans = |request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
            spans.as_array().unwrap().clone()
        };
        requests.iter().map(spans).collect()
    }
}

fn open(settings: Settings, collector: &Arc<Collector>) -> Arc<Core> {
    let transport = Arc::clone(collector) as Arc<dyn Transport>;
    Core::with_wire(settings, Arc::new(Otlp), transport, Handle::current())
}

fn span(id: u64, text: &str) -> Value {
    json!({
        "spanId": format!("{id:016x}"),
        "attributes": [{ "key": "gen_ai.prompt", "value": { "stringValue": text } }],
    })
}

fn submit(core: &Core, lane: &Arc<Lane>, span: &Value) {
    core.submit(lane, EventKind::Span, Bytes::from(span.to_string()));
}

#[tokio::test(start_paused = true)]
async fn its_spans_arrive_in_its_wrapper_with_its_headers_at_its_host() {
    let collector = Collector::answering(&[]);
    let core = open(Settings::default(), &collector);
    let acme = lane(&core, "acme-key");
    for id in [1, 2] {
        submit(&core, &acme, &span(id, "hello"));
    }
    let log = json!({ "body": { "stringValue": "good" } }).to_string();
    core.submit(&acme, EventKind::Evaluation, Bytes::from(log.clone()));
    let report = core.flush(LIMIT, None).await;
    assert_eq!(report.total.delivered, 3);
    let requests = collector.requests.lock().unwrap().clone();
    let urls = requests.iter().map(|request| &*request.url);
    assert_eq!(
        urls.collect::<Vec<_>>(),
        [
            "https://otlp.datadoghq.com/v1/traces",
            "https://otlp.datadoghq.com/v1/logs"
        ]
    );
    assert_eq!(requests[0].headers[AUTHORIZATION], "Bearer acme-key");
    assert!(requests[0].headers[AUTHORIZATION].is_sensitive());
    assert!(requests.iter().all(|request| request.awaits_body));
    let logs = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{log}]}}]}}]}}"#);
    assert_eq!(requests[1].body, logs);
    drop(requests);
    collector.requests.lock().unwrap().pop();
    assert_eq!(collector.bodies(), [[span(1, "hello"), span(2, "hello")]]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_refuses_some_spans_rejects_those_and_delivers_the_others() {
    for (refused, delivered, rejected) in [("0", 5, 0), ("2", 3, 2), ("5", 0, 5), ("9", 0, 5)] {
        let body = format!(r#"{{"partialSuccess":{{"rejectedSpans":"{refused}"}}}}"#).leak();
        let collector = Collector::answering(&[(200, body)]);
        let core = open(Settings::default(), &collector);
        let acme = lane(&core, "acme-key");
        for id in 0..5 {
            submit(&core, &acme, &span(id, "hello"));
        }
        let report = core.flush(LIMIT, None).await;
        let settled = Tally {
            delivered,
            rejected,
            dropped: 0,
        };
        assert_eq!((report.total, report.pending), (settled, 0), "{refused}");
        assert_balanced(&core);
        let error = report.tenants[0].last_error.as_deref();
        assert_eq!(error, (rejected > 0).then_some("http 200"), "{refused}");
        let outcomes = core.outcomes();
        let reason = outcomes
            .iter()
            .find(|entry| entry.note.reason == "in_answer");
        assert_eq!(reason.map_or(0, |entry| entry.count), rejected, "{refused}");
        assert_eq!(collector.bodies().len(), 1, "nothing is sent again");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_format_says_of_a_status_wins_over_the_table() {
    let collector = Collector::answering(&[(500, ""), (503, ""), (200, "no json")]);
    let core = open(Settings::default(), &collector);
    let acme = lane(&core, "acme-key");
    submit(&core, &acme, &span(1, "hello"));
    assert_eq!(core.flush(LIMIT, None).await.total.rejected, 1);
    submit(&core, &acme, &span(2, "hello"));
    let report = core.flush(HINT_MAX, None).await;
    assert_eq!(report.total.delivered, 1, "503 is repeated");
    assert_eq!(collector.bodies().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn its_large_spans_are_trimmed_where_its_content_is_and_compressed() {
    let collector = Collector::answering(&[]);
    let settings = Settings {
        max_event_bytes: 10_000,
        compression: Compression::Gzip,
        ..Settings::default()
    };
    let core = open(settings, &collector);
    let acme = lane(&core, "acme-key");
    let mut large = span(1, &"x".repeat(20_000));
    large["name"] = Value::from("n".repeat(4_000));
    submit(&core, &acme, &large);
    assert_eq!(core.flush(LIMIT, None).await.total.delivered, 1);
    let request = collector.requests.lock().unwrap().remove(0);
    assert_eq!(request.headers[CONTENT_ENCODING], "gzip");
    let mut body = String::new();
    let mut unzip = flate2::read::GzDecoder::new(&*request.body);
    std::io::Read::read_to_string(&mut unzip, &mut body).unwrap();
    assert!(body.len() <= 10_000);
    let body: Value = serde_json::from_str(&body).unwrap();
    let sent = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(
        (&sent["spanId"], &sent["name"]),
        (&large["spanId"], &large["name"])
    );
    let text = sent["attributes"][0]["value"]["stringValue"]
        .as_str()
        .unwrap();
    assert!(
        text.contains(" bytes removed ...]") && text.starts_with("xx"),
        "{text}"
    );
}
