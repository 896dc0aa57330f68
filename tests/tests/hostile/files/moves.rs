//! No file comes by a second name, or by being moved, to where more may be done to it.

use std::fs;

use super::yard::{GUEST, READ, WRITE, Yard};
use airssys_wasm::Origin;
use airssys_wasm::capability::{Capability, Grant};
use airssys_wasm_tests::name;

#[tokio::test]
async fn a_file_keeps_its_rights_wherever_it_goes() {
    let yard = Yard::open(READ, WRITE).await;
    yard.check(&[
        // Only readable must not become writable, only writable not readable.
        ("link /data read/f /data both/l", "access"),
        ("link /data read/f /data write/l", "access"),
        ("link /data write/f /data both/l", "access"),
        ("link /data both/f /data write/l", "access"),
        ("rename /data read/f /data both/m", "access"),
        ("rename /data write/f /data both/m", "access"),
        ("rename /data write/d /data both/m", "access"),
        ("rename /data none/f /data both/m", "access"),
        ("rename /data both/f /data read/m", "access"),
        ("rename /data both/f /data none/m", "access"),
        ("rename /data both /data none/m", "access"),
        ("rename /data read /data write/m", "access"),
        ("rename /data write /data both/m", "access"),
        ("rename /data both/f /data .", "access"),
        ("rename /data both/f /data write/m", "ok"),
        ("link /data both/f /data both/l", "no-entry"),
        ("stat /data - write/m", "ok DescriptorType::RegularFile 6"),
        // Also from another open directory.
        ("open b /data rd both", "ok"),
        ("rename b ../write/m b back", "not-permitted"),
        ("rename /data write/m b back", "access"),
        ("symlink b ../../outside/secret s", "not-permitted"),
    ])
    .await;
}

#[tokio::test]
async fn a_directory_takes_along_nothing_that_has_more_rights_where_it_comes() {
    let read = &["/data/both/public/**"];
    let write = &["/data/both/**", "/data/write/**"];
    let yard = Yard::open(read, write).await;
    fs::create_dir_all(yard.data().join("write/d/public")).unwrap();
    fs::write(yard.data().join("write/d/public/f"), "not readable").unwrap();
    yard.check(&[
        // `write/d` may be written and `both` may be written, but then `both/public/f` would be readable.
        ("rename /data both/d /data both/gone", "ok"),
        ("rename /data write/d/public /data both/public", "access"),
        ("rename /data write/d /data both/d", "ok"),
        ("open s /data r both/d/public/f", "access"),
    ])
    .await;
}

#[tokio::test]
async fn a_directory_whose_name_would_stand_for_another_is_decided_on_as_what_it_is() {
    let yard = Yard::open(&["/data/*", "/data/20??/**"], &["/data/**"]).await;
    yard.check(&[
        ("mkdir /data 20[*]1", "ok"),
        ("rename /data none/f /data 20[*]1/f", "ok"),
        // What could not be read in it would be readable there.
        ("rename /data 20[*]1 /data 2001", "access"),
    ])
    .await;
}

#[tokio::test]
async fn parts_that_are_revoked_or_not_granted_do_not_move() {
    let yard = Yard::open(&["/data/**"], &["/data/both/*", "/data/write/**"]).await;
    yard.check(&[
        // `/data/both/*` is not what is in `both/d`.
        ("rename /data both/d /data write/m", "access"),
        ("rename /data both/f /data write/m", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn an_open_directory_does_not_move_to_where_less_is_allowed() {
    let yard = Yard::open(READ, WRITE).await;
    yard.check(&[
        ("open d /data rd both/d", "ok"),
        ("open s d crw f", "ok"),
        ("write s 0 x", "ok 1"),
        ("read s 9 0", "ok x"),
        // Others that have it open would go on to read it there.
        ("rename /data both/d /data write/m", "access"),
        ("read s 9 0", "ok x"),
        // A file goes there, and what has it open is decided on by its new path.
        ("rename d f /data write/m", "ok"),
        ("read s 9 0", "access"),
        ("write s 1 y", "ok 1"),
    ])
    .await;
}

#[tokio::test]
async fn a_file_with_another_name_goes_nowhere_that_its_other_name_is_not_decided_on() {
    let yard = Yard::open(READ, WRITE).await;
    yard.check(&[
        ("link /data both/f /data write/l", "access"),
        ("link /data both/f /data both/l", "ok"),
        // What others write there could be read by the name that stays.
        ("rename /data both/l /data write/l", "access"),
        ("rename /data both/l /data both/m", "ok"),
        ("unlink /data both/m", "ok"),
        ("rename /data both/f /data write/m", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn a_stream_is_decided_on_by_where_its_file_is_moved() {
    let yard = Yard::open(READ, WRITE).await;
    yard.check(&[
        ("open s /data rw both/f", "ok"),
        ("output o s 0", "ok"),
        ("give o one", "ok"),
        ("rename /data both/f /data both/m", "ok"),
        ("give o two", "ok"),
    ])
    .await;
    let moved = Grant::parse(Capability::FileWrite, "/data/both/m").unwrap();
    let host = &yard.test.host;
    host.revoke(&name(GUEST), moved, &Origin::default()).await.unwrap();
    yard.check(&[
        ("give o three", "failed access"),
        ("write s 0 x", "access"),
        ("read s 9 0", "ok onetwo"),
    ])
    .await;
}
