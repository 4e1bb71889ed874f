//! Makes one event fit a size by shortening its texts.
//!
//! Owns the decision what may be shortened, in which order, and how that is marked. Works on the
//! JSON text itself: what is not shortened stays byte for byte, so ids, tags and numbers cannot
//! change. Never: touches an object's keys, a text short enough to be an id, or anything outside
//! of what the wire format calls content. Time is linear in the event's size.

use std::ops::Range;

use super::Wire;
use super::outline::{Emptied, Member, Outline};

/// Around the count of removed bytes, in the middle of a shortened text.
const MARK: (&str, &str) = ("[... ", " bytes removed ...]");

/// The longest mark: a count has at most 20 digits.
const MARK_BYTES_MAX: usize = MARK.0.len() + 20 + MARK.1.len();

/// What a shortened text keeps at least. With the mark it follows that no text under 76 bytes is
/// ever shortened, which leaves every kind of id alone (a UUID has 36).
const KEPT_BYTES_MIN: usize = 32;

/// Shortens an encoded event, without its envelope, to at most `max_bytes`: the longest texts
/// first and all of them down to the same length, each losing its middle, where a mark tells how
/// many bytes are gone. When texts alone do not give enough (a million numbers, or of small
/// texts), members of its content are emptied, the heaviest first. An event that was changed says
/// so, where `wire` has a way to.
///
/// An event that fits is returned as it is. `None` when it cannot be made to fit, or is no event.
#[must_use]
pub fn trim(wire: &dyn Wire, event_json: &[u8], max_bytes: usize) -> Option<Vec<u8>> {
    if event_json.len() <= max_bytes {
        return Some(event_json.to_vec());
    }
    let mut outline = wire.outline(event_json)?;
    let mut members = std::mem::take(&mut outline.members);
    members.sort_by_key(|member| std::cmp::Reverse(residue(member, &outline.texts)));
    (0..=members.len())
        .filter_map(|count| members.get(..count))
        .find_map(|gone| edits(event_json, &outline, gone, max_bytes))
        .and_then(|edits| apply(event_json, edits))
}

/// The edits that make the event fit when the members in `gone` are emptied.
fn edits(json: &[u8], outline: &Outline, gone: &[Member], max_bytes: usize) -> Option<Vec<Edit>> {
    let texts: Vec<&Range<usize>> = outline
        .texts
        .iter()
        .filter(|text| !gone.iter().any(|member| member.holds(text)))
        .collect();
    let notice = outline.notice.iter().map(|notice| Edit {
        range: notice.at..notice.at,
        text: notice.text.clone(),
    });
    let mut edits: Vec<Edit> = notice
        .chain(gone.iter().map(|member| emptied(json, member)))
        .collect();
    let size = edits
        .iter()
        .fold(json.len(), |size, edit| edit.applied_to(size));
    let level = level(&texts, size, max_bytes)?;
    edits.extend(
        texts
            .into_iter()
            .filter(|text| text.len() > level + MARK_BYTES_MAX)
            .filter_map(|text| shorten(json, text, level)),
    );
    Some(edits)
}

/// The greatest length that all longer texts can keep so that the event fits.
fn level(texts: &[&Range<usize>], size: usize, max_bytes: usize) -> Option<usize> {
    let saved = |level: usize| {
        texts
            .iter()
            .map(|text| text.len().saturating_sub(level + MARK_BYTES_MAX))
            .sum::<usize>()
    };
    let fits = |level: usize| size - saved(level) <= max_bytes;
    if !fits(KEPT_BYTES_MIN) {
        return None;
    }
    // Invariant: `low` fits. About 30 rounds at most, whatever the number of texts.
    let mut low = KEPT_BYTES_MIN;
    let mut high = texts.iter().map(|text| text.len()).max().unwrap_or(low);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(low)
}

/// What of `member` no shortening of texts can remove.
fn residue(member: &Member, texts: &[Range<usize>]) -> usize {
    let saved: usize = texts
        .iter()
        .filter(|text| member.holds(text))
        .map(|text| text.len().saturating_sub(KEPT_BYTES_MIN + MARK_BYTES_MAX))
        .sum();
    member.range.len() - saved
}

/// Replaces the middle of the text at `text` by a mark so that about `keep` bytes of it stay.
fn shorten(json: &[u8], text: &Range<usize>, keep: usize) -> Option<Edit> {
    let head_limit = text.start + keep.div_ceil(2);
    let tail_limit = text.end - keep / 2;
    let (mut head_end, mut at) = (text.start, text.start);
    while at < tail_limit {
        at += unit_len(json.get(at..text.end)?);
        if at <= head_limit {
            head_end = at;
        }
    }
    let removed = head_end..at.min(text.end);
    let lost = bytes_lost(json.get(removed.clone())?);
    Some(Edit {
        range: removed,
        text: format!("{}{lost}{}", MARK.0, MARK.1),
    })
}

/// Length of what must stay together at the start of a JSON text: one UTF-8 character, one
/// escape, or the two escapes of a surrogate pair.
fn unit_len(rest: &[u8]) -> usize {
    match rest {
        [
            b'\\',
            b'u',
            b'd' | b'D',
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B',
            _,
            _,
            b'\\',
            b'u',
            ..,
        ] => 12,
        [b'\\', b'u', ..] => 6,
        [b'\\' | 0xc0..=0xdf, ..] => 2,
        [0xf0..=0xff, ..] => 4,
        [0xe0..=0xef, ..] => 3,
        _ => 1,
    }
}

/// Bytes that are gone when `removed` is: its own, and those that marks in it stand for.
fn bytes_lost(removed: &[u8]) -> u64 {
    let mut lost = removed.len() as u64;
    let mut rest = removed;
    while let Some(at) = rest.iter().position(|byte| *byte == b'[') {
        rest = rest.get(at..).unwrap_or_default();
        if let Some((count, mark_len)) = leading_mark(rest) {
            lost = lost.saturating_sub(mark_len).saturating_add(count);
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    lost
}

fn leading_mark(text: &[u8]) -> Option<(u64, u64)> {
    let rest = text.strip_prefix(MARK.0.as_bytes())?;
    let digits = rest
        .iter()
        .take(20)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (count, rest) = rest.split_at_checked(digits)?;
    rest.starts_with(MARK.1.as_bytes()).then_some(())?;
    let count = std::str::from_utf8(count).ok()?.parse().ok()?;
    Some((count, (MARK.0.len() + digits + MARK.1.len()) as u64))
}

/// One replacement in the event.
struct Edit {
    range: Range<usize>,
    text: String,
}

impl Edit {
    fn applied_to(&self, size: usize) -> usize {
        size - self.range.len() + self.text.len()
    }
}

fn apply(json: &[u8], mut edits: Vec<Edit>) -> Option<Vec<u8>> {
    edits.sort_by_key(|edit| edit.range.start);
    let size = edits
        .iter()
        .fold(json.len(), |size, edit| edit.applied_to(size));
    let mut out = Vec::with_capacity(size);
    let mut done = 0;
    for edit in edits {
        out.extend_from_slice(json.get(done..edit.range.start)?);
        out.extend_from_slice(edit.text.as_bytes());
        done = edit.range.end;
    }
    out.extend_from_slice(json.get(done..)?);
    Some(out)
}

/// The edit that empties `member`.
fn emptied(json: &[u8], member: &Member) -> Edit {
    let lost = bytes_lost(json.get(member.range.clone()).unwrap_or_default());
    let text = match member.emptied {
        Emptied::Marked(before, after) => format!("{before}{}{lost}{}{after}", MARK.0, MARK.1),
        Emptied::As(text) => text.to_owned(),
    };
    Edit {
        range: member.range.clone(),
        text,
    }
}

#[cfg(test)]
mod tests;
