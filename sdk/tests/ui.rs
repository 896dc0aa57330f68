//! What the compiler says to an author who has made a mistake.

#[test]
fn every_mistake_is_reported_where_it_was_made() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
