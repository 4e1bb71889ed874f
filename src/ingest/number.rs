//! Numbers as JavaScript prints them.
//!
//! Pure. Never fails: a number that is none becomes `null`.

/// Largest exponent that JavaScript writes without `e`.
const PLAIN_EXPONENT_MAX: i32 = 20;
/// Smallest.
const PLAIN_EXPONENT_MIN: i32 = -7;

/// Up to here every whole double is the integer that it prints as.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Appends a number as JavaScript prints it.
pub fn push_number(out: &mut Vec<u8>, number: f64) {
    if !number.is_finite() {
        return out.extend_from_slice(b"null");
    }
    if number == 0.0 {
        return out.push(b'0');
    }
    if number < 0.0 {
        out.push(b'-');
    }
    let number = number.abs();
    if number < EXACT_MAX && number.fract() == 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole, positive and small"
        )]
        return push_integer(out, number as u64);
    }
    let mut buffer = zmij::Buffer::new();
    Digits::of(buffer.format_finite(number)).lay_out(out);
}

/// Appends an integer.
pub fn push_integer(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// Appends eight lower hex digits.
pub fn push_hex(out: &mut Vec<u8>, number: u32) {
    let digits: [u8; 8] = std::array::from_fn(|place| {
        let digit = u8::try_from(number >> (28 - 4 * place) & 0xf).unwrap_or_default();
        digit + if digit < 10 { b'0' } else { b'a' - 10 }
    });
    out.extend_from_slice(&digits);
}

/// The shortest digits that read back as the same number, and the exponent of the first of them.
struct Digits {
    digits: Vec<u8>,
    exponent: i32,
}

impl Digits {
    /// Takes a positive number apart: `123.4`, `0.05` or `1.5e-7`.
    fn of(text: &str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let places = |count: usize| i32::try_from(count).unwrap_or_default();
        Self {
            digits,
            exponent: places(whole.len()) - 1 - places(zeros) + exponent.parse().unwrap_or(0),
        }
    }

    /// Lays the digits out as ECMAScript's `Number::toString` does.
    fn lay_out(&self, out: &mut Vec<u8>) {
        let exponent = self.exponent;
        let zeros = |count: usize| std::iter::repeat_n(b'0', count);
        let (first, others) = self.digits.split_at(self.digits.len().min(1));
        if !(PLAIN_EXPONENT_MIN < exponent && exponent <= PLAIN_EXPONENT_MAX) {
            out.extend_from_slice(first);
            if !others.is_empty() {
                out.push(b'.');
                out.extend_from_slice(others);
            }
            out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
            return push_integer(out, u64::from(exponent.unsigned_abs()));
        }
        let Ok(whole) = usize::try_from(exponent + 1) else {
            out.extend_from_slice(b"0.");
            out.extend(zeros(exponent.unsigned_abs() as usize - 1));
            return out.extend_from_slice(&self.digits);
        };
        if whole == 0 {
            out.extend_from_slice(b"0.");
            return out.extend_from_slice(&self.digits);
        }
        let (before, after) = self.digits.split_at(whole.min(self.digits.len()));
        out.extend_from_slice(before);
        out.extend(zeros(whole - before.len()));
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_javascript_does() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (123_456.789, "123456.789"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.7e18, "1700000000000000000"),
            (123e-20, "1.23e-18"),
            (1e-6, "0.000001"),
            (1.5e-6, "0.0000015"),
            (1e-7, "1e-7"),
            (-1.25e-7, "-1.25e-7"),
            // Of two equally near ones the even digits.
            (f64::from_bits(0x4063_dc79_4000_0000), "158.88980102539062"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (f64::NAN, "null"),
            (f64::NEG_INFINITY, "null"),
        ] {
            assert_eq!(written(|out| push_number(out, number)), text);
        }
        assert_eq!(written(|out| push_integer(out, 0)), "0");
        assert_eq!(
            written(|out| push_integer(out, u64::MAX)),
            "18446744073709551615"
        );
    }

    proptest! {
        #[test]
        fn a_number_reads_back_as_itself(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            let text = written(|out| push_number(out, number));
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), (number + 0.0).to_bits());
        }
    }
}
