//! Numbers, sizes and times as people read them.

use std::time::Duration;

/// `1 import`, `2 imports`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// `56.2 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().iec().to_string()
}

/// `85 µs`, `340 ms`, `1.2 s`, `2 min 05 s`.
pub(crate) fn took(time: Duration) -> String {
    let (seconds, millis, micros) = (time.as_secs(), time.as_millis(), time.as_micros());
    match () {
        () if seconds >= 60 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        () if millis >= 1000 => format!("{:.1} s", time.as_secs_f64()),
        () if micros >= 1000 => format!("{millis} ms"),
        () => format!("{micros} µs"),
    }
}

/// Seconds for JSON, to the microsecond.
pub(crate) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

/// Milliseconds with a tenth: `4.1 ms`.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A part of a whole: `25%`, `33.3%`; `-` of nothing.
pub(crate) fn percent(part: f64) -> String {
    let percent = (part * 1e3).round() / 10.0;
    match percent.is_finite() {
        true => format!("{percent}%"),
        false => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_fits() {
        let check = |micros, text| assert_eq!(took(Duration::from_micros(micros)), text);
        check(85, "85 µs");
        check(340_000, "340 ms");
        check(1_240_000, "1.2 s");
        check(125_000_000, "2 min 05 s");
    }

    #[test]
    fn one_thing_is_singular() {
        assert_eq!(counted(0, "import"), "0 imports");
        assert_eq!(counted(1, "import"), "1 import");
        assert_eq!(counted(2, "import"), "2 imports");
    }

    #[test]
    fn numbers_are_in_groups_of_three_digits() {
        let check = |number, text| assert_eq!(grouped(number), text);
        check(7, "7");
        check(345, "345");
        check(12_345, "12,345");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn parts_have_at_most_a_tenth_of_a_percent() {
        let check = |part, text| assert_eq!(percent(part), text);
        check(1.0, "100%");
        check(1.0 / 3.0, "33.3%");
        check(0.0, "0%");
        check(f64::NAN, "-");
    }

    #[test]
    fn sizes_are_in_binary_units() {
        assert_eq!(size(57_549), "56.2 KiB");
    }
}
