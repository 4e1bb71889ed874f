//! The intakes' wire around an event: paths, hosts, envelopes and brackets.
//!
//! Owns every byte of a body that is not an event's. Never: looks into an event.

use std::ops::{Index, IndexMut};

use crate::tenant::Site;

/// Which intake a payload is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Spans, experiment spans included.
    Spans,
    /// Evaluations and feedback.
    Evaluations,
}

impl Stream {
    /// All streams.
    pub const ALL: [Self; 2] = [Self::Spans, Self::Evaluations];

    /// The path of the intake.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Spans => "/api/v2/llmobs",
            Self::Evaluations => "/api/intake/llm-obs/v2/eval-metric",
        }
    }

    /// The host of the intake on `site`.
    #[must_use]
    pub fn host(self, site: &Site) -> String {
        let prefix = match self {
            Self::Spans => "llmobs-intake",
            Self::Evaluations => "api",
        };
        format!("{prefix}.{}", site.as_str())
    }

    pub(super) fn brackets(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Spans => (b"[", b"]"),
            Self::Evaluations => (
                br#"{"data":{"type":"evaluation_metric","attributes":{"metrics":["#,
                b"]}}}",
            ),
        }
    }
}

/// One of something for each stream.
#[derive(Debug, Default)]
pub struct ByStream<T>([T; Stream::ALL.len()]);

impl<T> ByStream<T> {
    /// In the order of [`Stream::ALL`].
    #[must_use]
    pub const fn new(all: [T; Stream::ALL.len()]) -> Self {
        Self(all)
    }

    /// Each, with its stream.
    pub fn iter(&self) -> impl Iterator<Item = (Stream, &T)> {
        Stream::ALL.into_iter().zip(&self.0)
    }

    /// Each, in the order of [`Stream::ALL`].
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }

    /// Each, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }
}

impl<T> Index<Stream> for ByStream<T> {
    type Output = T;

    #[expect(
        clippy::indexing_slicing,
        reason = "there are as many as streams, and a stream's number is its place"
    )]
    fn index(&self, stream: Stream) -> &T {
        &self.0[stream as usize]
    }
}

impl<T> IndexMut<Stream> for ByStream<T> {
    #[expect(
        clippy::indexing_slicing,
        reason = "there are as many as streams, and a stream's number is its place"
    )]
    fn index_mut(&mut self, stream: Stream) -> &mut T {
        &mut self.0[stream as usize]
    }
}

/// What an encoded event is. The numbers are those of the JavaScript boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A span.
    Span,
    /// An evaluation metric or feedback.
    Evaluation,
    /// A span of dd scope `experiments`.
    ExperimentSpan,
}

impl EventKind {
    /// The kind for a number of the JavaScript boundary, or `None` for a number without one.
    #[must_use]
    pub fn from_u32(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Span),
            1 => Some(Self::Evaluation),
            2 => Some(Self::ExperimentSpan),
            _ => None,
        }
    }

    /// The stream events of this kind travel in.
    #[must_use]
    pub fn stream(self) -> Stream {
        match self {
            Self::Span | Self::ExperimentSpan => Stream::Spans,
            Self::Evaluation => Stream::Evaluations,
        }
    }
}

/// The text around an event of each kind, built once.
#[derive(Debug)]
pub struct Envelopes {
    span: (Box<[u8]>, Box<[u8]>),
    experiment_span: (Box<[u8]>, Box<[u8]>),
}

impl Envelopes {
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

    /// Bytes that the envelope of `kind` adds to an event.
    #[must_use]
    pub fn len(&self, kind: EventKind) -> usize {
        let (prefix, suffix) = self.around(kind);
        prefix.len() + suffix.len()
    }

    pub(super) fn around(&self, kind: EventKind) -> (&[u8], &[u8]) {
        match kind {
            EventKind::Span => (&self.span.0, &self.span.1),
            EventKind::ExperimentSpan => (&self.experiment_span.0, &self.experiment_span.1),
            EventKind::Evaluation => (b"", b""),
        }
    }
}

/// Bytes that a body of `stream` has beside its events and the commas between them.
#[must_use]
pub fn body_overhead(stream: Stream) -> usize {
    let (open, close) = stream.brackets();
    open.len() + close.len()
}
