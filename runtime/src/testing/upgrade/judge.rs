//! Whether the answers during an upgrade are those that it should give.
//!
//! An answer that depends on what was called before, as that of a counter, is compared with what the old release answers
//! in the same place when it is replaced by itself; every other one with what the case expects.

use super::drive::{Driven, Made};
use super::outcome::UpgradeOutcome;
use crate::testing::case::Case;
use crate::testing::error::Error;
use crate::testing::outcome::{CallOutcome, Difference, Verdict};
use crate::testing::run::judged;
use crate::testing::snapshot::Recording;

/// The same calls, with the old release in place of the new one.
pub(super) struct Reference(pub(super) Driven);

/// Judges what was driven, and notes it in the outcome.
pub(super) fn judge(
    case: &Case,
    driven: Driven,
    reference: Option<Reference>,
    keeps_state: bool,
    outcome: &mut UpgradeOutcome,
) -> Result<(), Error> {
    // Calls that the case assigns to a part of the upgrade say themselves what is expected there.
    let reference = reference.filter(|_| case.parts.is_none());
    let Driven {
        before,
        upgraded,
        back,
        refused,
        calls_lost,
        ..
    } = driven;
    let texts = |made: &[Made]| -> Vec<String> { made.iter().map(|made| made.answer.to_string()).collect() };
    let first = texts(&before);
    let expected = reference.map(|Reference(reference)| Expected::new(&first, &reference));
    let mut recording = Recording::begin(case)?;
    for made in before {
        // It tells the author; the case belongs to the new release.
        let (verdict, difference) = judged(case, &case.calls[made.place], made.place + 1, &made.answer, None)?;
        outcome.before.push(told(case, made, verdict, difference));
    }
    for (place, made) in upgraded.into_iter().enumerate() {
        let depends = expected.as_ref().filter(|_| keeps_state);
        let found = match depends.and_then(|expected| expected.upgraded(place)) {
            Some(text) => compared(
                &made,
                [text].into_iter(),
                "the old release answers otherwise after these calls",
            ),
            None => judged(
                case,
                &case.calls[made.place],
                made.place + 1,
                &made.answer,
                recording.as_mut(),
            )?,
        };
        outcome.upgraded.push(told(case, made, found.0, found.1));
    }
    for (place, made) in back.into_iter().enumerate() {
        let found = match &expected {
            Some(expected) => match expected.back(place, calls_lost > 0) {
                Some(texts) => compared(&made, texts, "the old release does not answer as before the upgrade"),
                None => (Verdict::Passed, None),
            },
            None if case.parts.is_some() => judged(
                case,
                &case.calls[made.place],
                made.place + 1,
                &made.answer,
                recording.as_mut(),
            )?,
            None => (Verdict::Passed, None),
        };
        outcome.back.push(told(case, made, found.0, found.1));
    }
    let refusal = refused.as_ref().map(|_| Verdict::Failed);
    outcome.refused = refused;
    let worst = outcome.judged().map(|call| call.verdict).chain(refusal).max();
    outcome.verdict = worst.unwrap_or(Verdict::Passed);
    Ok(())
}

/// What the old release answers where it is replaced by itself.
struct Expected<'a> {
    first: &'a [String],
    reference: [Vec<String>; 3],
}

impl<'a> Expected<'a> {
    fn new(first: &'a [String], reference: &Driven) -> Self {
        let texts = |made: &Vec<Made>| made.iter().map(|made| made.answer.to_string()).collect();
        let reference = [&reference.before, &reference.upgraded, &reference.back].map(texts);
        Self { first, reference }
    }

    /// Whether this call is answered alike whenever the case is run; others cannot be compared.
    fn is_steady(&self, place: usize) -> bool {
        self.reference[0].get(place) == self.first.get(place)
    }

    /// The answer after the upgrade, when it depends on the calls before.
    fn upgraded(&self, place: usize) -> Option<&str> {
        let [before, upgraded, _] = &self.reference;
        let text = upgraded.get(place)?;
        (self.is_steady(place) && before.get(place) != Some(text)).then_some(text)
    }

    /// The answers after the rollback: the one that continues, and the one of an instance that was begun anew.
    fn back(&self, place: usize, is_earlier: bool) -> Option<impl Iterator<Item = &str>> {
        let [before, upgraded, back] = &self.reference;
        // With the state that it was left with, the old release goes on from where the new one began.
        let continued = if is_earlier { upgraded } else { back }.get(place)?;
        let is_alike = before.get(place) == upgraded.get(place);
        let anew = before.get(place).filter(|_| is_alike);
        self.is_steady(place)
            .then(|| [Some(continued), anew].into_iter().flatten().map(String::as_str))
    }
}

fn compared<'a>(
    made: &Made,
    mut expected: impl Iterator<Item = &'a str>,
    reason: &str,
) -> (Verdict, Option<Difference>) {
    let actual = made.answer.to_string();
    let first = expected.next().unwrap_or_default();
    if first == actual || expected.any(|text| text == actual) {
        return (Verdict::Passed, None);
    }
    let difference = Difference {
        reason: reason.into(),
        expected: first.into(),
        actual,
    };
    (Verdict::Failed, Some(difference))
}

fn told(case: &Case, made: Made, verdict: Verdict, difference: Option<Difference>) -> CallOutcome {
    let Made {
        place,
        answer,
        output,
        took,
    } = made;
    CallOutcome {
        number: place + 1,
        call: case.calls[place].request.label(),
        answer,
        verdict,
        difference,
        output,
        took,
    }
}
