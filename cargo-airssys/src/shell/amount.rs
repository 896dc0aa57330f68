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
    fn sizes_are_in_binary_units() {
        assert_eq!(size(57_549), "56.2 KiB");
    }
}
