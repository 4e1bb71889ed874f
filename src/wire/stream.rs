//! What events are, and which of them travel together, in every wire format.

use std::ops::{Index, IndexMut};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_numbers_of_the_boundary() {
        let kinds = [0, 1, 2, 3, u32::MAX].map(EventKind::from_u32);
        assert_eq!(
            kinds,
            [
                Some(EventKind::Span),
                Some(EventKind::Evaluation),
                Some(EventKind::ExperimentSpan),
                None,
                None
            ]
        );
    }
}
