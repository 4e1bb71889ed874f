//! Datadog's wire format for LLM Observability.
//!
//! Owns its paths, hosts, headers, envelopes and brackets, and which members of an event hold content.

use std::ops::Range;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::outline::{Emptied, Member, Notice, Outline, Scan};
use super::{EventKind, Stream, Wire};
use crate::tenant::{Endpoint, Site};

const API_KEY: HeaderName = HeaderName::from_static("dd-api-key");

/// Members of an evaluation whose texts may be shortened. A span's are those of `meta`.
const EVALUATION_CONTENT: [&[u8]; 4] = [b"metadata", b"reasoning", b"json_value", b"text_value"];

/// Members of `meta` that name things, and are not content.
const META_NAMES: [&[u8]; 5] = [
    b"span.kind",
    b"model_name",
    b"model_provider",
    b"error.type",
    b"agent_attribution",
];

/// Entry of `collection_errors` that tells the backend a span's content is not complete.
const DROPPED_IO: &str = r#""dropped_io""#;

/// The format, with its envelopes built once.
#[derive(Debug)]
pub struct Datadog {
    span: (Box<[u8]>, Box<[u8]>),
    experiment_span: (Box<[u8]>, Box<[u8]>),
}

impl Datadog {
    /// Envelopes that name `tracer_version` as the sender.
    #[must_use]
    pub fn new(tracer_version: &str) -> Self {
        let version = serde_json::Value::from(tracer_version);
        let prefix = format!(
            r#"{{"_dd.stage":"raw","_dd.tracer_version":{version},"event_type":"span","spans":["#
        );
        let with_suffix = |suffix: &[u8]| (prefix.as_bytes().into(), suffix.into());
        Self {
            span: with_suffix(b"]}"),
            experiment_span: with_suffix(br#"],"_dd.scope":"experiments"}"#),
        }
    }
}

impl Wire for Datadog {
    fn host(&self, stream: Stream, site: &Site) -> String {
        let prefix = match stream {
            Stream::Spans => "llmobs-intake",
            Stream::Evaluations => "api",
        };
        format!("{prefix}.{}", site.as_str())
    }

    fn path(&self, stream: Stream) -> &str {
        match stream {
            Stream::Spans => "/api/v2/llmobs",
            Stream::Evaluations => "/api/intake/llm-obs/v2/eval-metric",
        }
    }

    fn headers(&self, _stream: Stream, endpoint: &Endpoint) -> HeaderMap {
        HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (API_KEY, endpoint.api_key.header_value("")),
        ])
    }

    fn envelope(&self, kind: EventKind) -> (&[u8], &[u8]) {
        match kind {
            EventKind::Span => (&self.span.0, &self.span.1),
            EventKind::ExperimentSpan => (&self.experiment_span.0, &self.experiment_span.1),
            EventKind::Evaluation => (b"", b""),
        }
    }

    fn brackets(&self, stream: Stream) -> (&[u8], &[u8]) {
        match stream {
            Stream::Spans => (b"[", b"]"),
            Stream::Evaluations => (
                br#"{"data":{"type":"evaluation_metric","attributes":{"metrics":["#,
                b"]}}}",
            ),
        }
    }

    fn outline(&self, event: &[u8]) -> Option<Outline> {
        let mut outline = Outline::default();
        let (mut is_span, mut errors) = (false, None);
        let mut scan = Scan::new(event);
        scan.object(|scan, key| match key {
            b"meta" => {
                is_span = true;
                add_meta(&mut outline, scan)
            }
            b"collection_errors" => {
                errors = Some(scan.value(|_| ())?);
                Some(())
            }
            key if EVALUATION_CONTENT.contains(&key) => add_content(&mut outline, scan, key),
            _ => scan.value(|_| ()).map(drop),
        })?;
        if is_span {
            outline.notice = notice(event, errors, scan.at().checked_sub(1)?);
        }
        Some(outline)
    }
}

fn add_meta(outline: &mut Outline, scan: &mut Scan<'_>) -> Option<()> {
    if scan.next_byte()? != b'{' {
        return scan.value(|_| ()).map(drop);
    }
    scan.object(|scan, key| {
        if META_NAMES.contains(&key) {
            scan.value(|_| ()).map(drop)
        } else {
            add_content(outline, scan, key)
        }
    })
}

fn add_content(outline: &mut Outline, scan: &mut Scan<'_>, key: &[u8]) -> Option<()> {
    let range = scan.value(|text| outline.texts.push(text))?;
    let emptied = match key {
        b"input" | b"output" => Emptied::Marked(r#"{"value":""#, r#""}"#),
        // It has no place for a text that says what happened.
        b"metadata" => Emptied::As("{}"),
        _ => return Some(()),
    };
    outline.members.push(Member { range, emptied });
    Some(())
}

/// What tells the backend that a span was shortened, unless the span says it already. `end` is the place of its last
/// brace.
fn notice(event: &[u8], errors: Option<Range<usize>>, end: usize) -> Option<Notice> {
    let Some(errors) = errors else {
        let text = format!(r#","collection_errors":[{DROPPED_IO}]"#);
        return Some(Notice { at: end, text });
    };
    let listed = event.get(errors.clone())?;
    let inside = listed.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let mut windows = inside.windows(DROPPED_IO.len());
    if windows.any(|window| window == DROPPED_IO.as_bytes()) {
        return None;
    }
    let is_empty = inside.trim_ascii().is_empty();
    let comma = if is_empty { "" } else { "," };
    Some(Notice {
        at: errors.end - 1,
        text: format!("{comma}{DROPPED_IO}"),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::tenant::ApiKey;
    use crate::wire::name_tenant;

    fn endpoint() -> Endpoint {
        Endpoint {
            api_key: ApiKey::parse("secret-key").unwrap(),
            site: Site::parse("us5.datadoghq.com", &[]).unwrap(),
        }
    }

    #[test]
    fn streams_have_their_paths_and_hosts() {
        let wire = Datadog::new("test");
        let site = Site::parse("us5.datadoghq.com", &[]).unwrap();
        for (stream, host, path) in [
            (
                Stream::Spans,
                "llmobs-intake.us5.datadoghq.com",
                "/api/v2/llmobs",
            ),
            (
                Stream::Evaluations,
                "api.us5.datadoghq.com",
                "/api/intake/llm-obs/v2/eval-metric",
            ),
        ] {
            assert_eq!(
                (&*wire.host(stream, &site), wire.path(stream)),
                (host, path)
            );
        }
    }

    #[test]
    fn a_request_has_the_key_in_one_header_that_nobody_prints() {
        let wire = Datadog::new("test");
        let request = wire.request(Stream::Spans, &endpoint(), None, Bytes::new());
        assert_eq!(
            request.url,
            "https://llmobs-intake.us5.datadoghq.com/api/v2/llmobs"
        );
        let header = |name: &str| request.headers.get(name).map(HeaderValue::as_bytes);
        assert_eq!(header("dd-api-key"), Some(&b"secret-key"[..]));
        assert_eq!(header("content-type"), Some(&b"application/json"[..]));
        assert_eq!(request.headers.len(), 2);
        assert!(!format!("{:?}", request.headers).contains("secret"));
    }

    #[test]
    fn another_intake_is_told_whose_place_it_takes() {
        let wire = Datadog::new("test");
        let base = Some("http://127.0.0.1:1/prefix/");
        let request = wire.request(Stream::Evaluations, &endpoint(), base, Bytes::new());
        assert_eq!(
            request.url,
            "http://127.0.0.1:1/prefix/api/intake/llm-obs/v2/eval-metric"
        );
        assert_eq!(
            request.headers["x-spanlane-intake-host"],
            "api.us5.datadoghq.com"
        );
    }

    #[test]
    fn an_intake_on_this_machine_alone_is_told_the_label() {
        let wire = Datadog::new("test");
        let named = |base| {
            let mut request = wire.request(Stream::Spans, &endpoint(), base, Bytes::new());
            name_tenant(&mut request, "a b/客");
            request.headers.remove("x-spanlane-tenant")
        };
        assert_eq!(
            named(Some("http://127.0.0.1:1")).unwrap(),
            "a%20b%2F%E5%AE%A2"
        );
        assert_eq!(named(Some("https://gateway.example")), None);
        assert_eq!(named(None), None);
    }
}
