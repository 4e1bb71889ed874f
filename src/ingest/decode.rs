//! A record as the JSON text of its event. The format is specified in `docs/record-format.md`.
//!
//! Pure: `lib/event/span-record.js` writes what is read here, and no other version of it.

use crate::ingest::number::push_integer;
use crate::ingest::symbols::Symbols;
pub use crate::ingest::value::DecodeError;
use crate::ingest::value::Reader;
use crate::wire::EventKind;

/// The only version there is.
pub const VERSION: u8 = 2;
/// Bytes before the body of a record.
pub const HEADER_BYTES: usize = 16;

const SHAPE_VALUE: u8 = 0;
const SHAPE_SPAN: u8 = 1;
const FLAG_ERROR: u8 = 1;
const FLAG_EXPERIMENTS: u8 = 2;

/// Whose event a record holds, and of which kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The lane's number.
    pub lane: u64,
    /// What is submitted.
    pub kind: EventKind,
    shape: u8,
    flags: u8,
}

impl Header {
    /// Reads the header of a record.
    pub fn parse(record: &[u8]) -> Result<Self, DecodeError> {
        let header = record
            .first_chunk::<HEADER_BYTES>()
            .ok_or(DecodeError::Truncated)?;
        let [_, _, _, _, version, shape, kind, flags, lane @ ..] = *header;
        match EventKind::from_u32(u32::from(kind)) {
            Some(kind) if version == VERSION && shape <= SHAPE_SPAN => Ok(Self {
                lane: u64::from_le_bytes(lane),
                kind,
                shape,
                flags,
            }),
            _ => Err(DecodeError::UnknownRecord),
        }
    }
}

/// The event of a record, appended to `out`. On an error `out` holds a part of it.
pub fn decode(
    header: Header,
    record: &[u8],
    symbols: &Symbols,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let mut reader = Reader::new(record, HEADER_BYTES, symbols);
    if header.shape == SHAPE_VALUE {
        return required(&mut reader, out);
    }
    span(header.flags, &mut reader, out)
}

/// A span's parts, put in dd-trace's order. Parts that come again, or later, are remembered.
fn span(flags: u8, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let start_ns = u64::from_le_bytes(reader.take()?);
    let duration_ns = u64::from_le_bytes(reader.take()?);
    let mut later = Vec::with_capacity(256);
    let trace_id = Part::required(reader, &mut later)?;
    let span_id = Part::required(reader, &mut later)?;
    out.extend_from_slice(b"{\"trace_id\":");
    trace_id.write(&later, out);
    out.extend_from_slice(b",\"span_id\":");
    span_id.write(&later, out);
    out.extend_from_slice(b",\"parent_id\":");
    required(reader, out)?;
    out.extend_from_slice(b",\"name\":");
    required(reader, out)?;
    out.extend_from_slice(b",\"tags\":");
    required(reader, out)?;
    let attribution = Part::read(reader, &mut later)?;
    let sample_rate = Part::read(reader, &mut later)?;
    let sampling_decision = Part::read(reader, &mut later)?;
    let session_id = Part::read(reader, &mut later)?;
    out.extend_from_slice(b",\"start_ns\":");
    push_integer(out, start_ns);
    out.extend_from_slice(b",\"duration\":");
    push_integer(out, duration_ns);
    out.extend_from_slice(if flags & FLAG_ERROR == 0 {
        b",\"status\":\"ok\",\"meta\":"
    } else {
        b",\"status\":\"error\",\"meta\":"
    });
    required(reader, out)?;
    // Members follow those of meta: it has some, and so has the error.
    if out.pop() != Some(b'}') || out.last() == Some(&b'{') {
        return Err(DecodeError::UnknownRecord);
    }
    attribution.write_after(b",\"agent_attribution\":", &later, out);
    let error = Part::read(reader, &mut later)?;
    match later.get(error.start..error.end) {
        Some([b'{', members @ .., b'}']) if !members.is_empty() => {
            out.push(b',');
            out.extend_from_slice(members);
        }
        Some([]) => {}
        _ => return Err(DecodeError::UnknownRecord),
    }
    out.extend_from_slice(b"},\"metrics\":");
    required(reader, out)?;
    out.extend_from_slice(b",\"_dd\":{\"span_id\":");
    span_id.write(&later, out);
    out.extend_from_slice(b",\"trace_id\":");
    trace_id.write(&later, out);
    sample_rate.write_after(b",\"sample_rate\":", &later, out);
    sampling_decision.write_after(b",\"sampling_decision\":", &later, out);
    out.extend_from_slice(b",\"apm_trace_id\":");
    trace_id.write(&later, out);
    if flags & FLAG_EXPERIMENTS != 0 {
        out.extend_from_slice(b",\"scope\":\"experiments\"");
    }
    out.push(b'}');
    session_id.write_after(b",\"session_id\":", &later, out);
    Part::read(reader, &mut later)?.write_after(b",\"collection_errors\":", &later, out);
    out.push(b'}');
    Ok(())
}

fn required(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    reader
        .value(out)?
        .then_some(())
        .ok_or(DecodeError::Truncated)
}

/// Where a part that is written later stands. Empty when it is absent.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    end: usize,
}

impl Part {
    fn read(reader: &mut Reader<'_>, later: &mut Vec<u8>) -> Result<Self, DecodeError> {
        let start = later.len();
        reader.value(later)?;
        let end = later.len();
        Ok(Self { start, end })
    }

    fn required(reader: &mut Reader<'_>, later: &mut Vec<u8>) -> Result<Self, DecodeError> {
        let part = Self::read(reader, later)?;
        if part.start == part.end {
            return Err(DecodeError::Truncated);
        }
        Ok(part)
    }

    fn write(self, later: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(later.get(self.start..self.end).unwrap_or_default());
    }

    fn write_after(self, name: &[u8], later: &[u8], out: &mut Vec<u8>) {
        if self.start < self.end {
            out.extend_from_slice(name);
            self.write(later, out);
        }
    }
}

#[cfg(test)]
#[path = "decode/tests.rs"]
mod tests;
