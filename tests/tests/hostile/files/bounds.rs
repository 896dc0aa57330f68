//! Names, sizes and numbers at and beyond what is allowed.

use std::fs;

use super::yard::{READ, WRITE, Yard};

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let yard = Yard::open(READ, WRITE).await;
    let long = "a".repeat(256);
    let deep = "a/".repeat(2_100);
    let fits = "b".repeat(255);
    for (name, code) in [
        ("f%00", "invalid"),
        ("%00", "invalid"),
        (&long, "name-too-long"),
        (&deep, "name-too-long"),
    ] {
        for line in [
            "open s /data cw both/@",
            "mkdir /data both/@",
            "stat /data - both/@",
            "unlink /data both/@",
        ] {
            yard.check(&[(&line.replace('@', name), code)]).await;
        }
    }
    yard.check(&[
        ("open s /data r ", "no-entry"),
        (&format!("open s /data cw both/{fits}"), "ok"),
        // What looks the same is another name.
        ("open s /data cw both/e\u{301}", "ok"),
        ("open s /data r both/\u{e9}", "no-entry"),
        ("open s /data r both/..\u{2044}..", "no-entry"),
        ("mkdir /data both/...", "ok"),
    ])
    .await;
    assert!(yard.denied().is_empty(), "{:?}", yard.denied());
}

#[tokio::test]
async fn no_file_becomes_larger_than_one_may_be() {
    let yard = Yard::open(READ, WRITE).await;
    let most = 1_u64 << 30;
    yard.check(&[
        ("open s /data crw both/big", "ok"),
        (&format!("size s {most}"), "ok"),
        (&format!("size s {}", most + 1), "file-too-large"),
        (&format!("size s {}", u64::MAX), "file-too-large"),
        (&format!("write s {} x", most - 1), "ok 1"),
        (&format!("write s {most} x"), "file-too-large"),
        (&format!("write s {} x", u64::MAX), "file-too-large"),
        (&format!("write s {} x", 8_u64 << 60), "file-too-large"),
        (&format!("output o s {}", most - 1), "ok"),
        ("give o x", "ok"),
        ("give o x", "failed file-too-large"),
        (&format!("output o s {}", most + 1), "file-too-large"),
        ("append a s", "ok"),
        ("give a x", "failed file-too-large"),
        (&format!("read s {} {}", u64::MAX, most), "ok "),
        (&format!("read s 1 {}", u64::MAX), "invalid"),
    ])
    .await;
    assert_eq!(fs::metadata(yard.data().join("both/big")).unwrap().len(), most);
}

#[tokio::test]
async fn a_directory_with_too_many_entries_is_not_listed() {
    let yard = Yard::open(READ, WRITE).await;
    let many = yard.data().join("both/many");
    fs::create_dir(&many).unwrap();
    let first = many.join("0");
    fs::write(&first, "").unwrap();
    for number in 1..65_536 {
        // A link to the same file is made faster than a file.
        fs::hard_link(&first, many.join(number.to_string()))
            .or_else(|_| fs::write(many.join(number.to_string()), ""))
            .unwrap();
    }
    yard.check(&[("open s /data rd both/many", "ok"), ("count s", "ok 65536")])
        .await;
    fs::write(many.join("one-more"), "").unwrap();
    yard.check(&[
        ("count s", "insufficient-memory"),
        ("open t /data r both/many/one-more", "ok"),
    ])
    .await;
}

#[tokio::test]
async fn descriptors_end_and_give_their_numbers_back() {
    let yard = Yard::open(READ, WRITE).await;
    let script = "open s /data r both/f\nread s 9 0\ndrop s\nopen d /data rd read\ncount d\n".repeat(6_000 / 4);
    let answers = yard.run(script.trim_end()).await;
    assert!(answers.iter().all(|answer| answer.starts_with("ok")));
}

#[tokio::test]
async fn one_instance_does_not_take_all_descriptors() {
    let yard = Yard::open(READ, WRITE).await;
    let opens: Vec<_> = (0..300).map(|n| format!("open f{n} /data r both/f")).collect();
    let answers = yard.run(&opens.join("\n")).await;
    let opened = answers.iter().take_while(|answer| *answer == "ok").count();
    assert!((200..=256).contains(&opened), "{opened}");
    assert!(answers[opened..].iter().all(|answer| answer == "insufficient-memory"));
    yard.check(&[("drop f0", "ok"), ("open g /data r both/f", "ok")]).await;
}

#[tokio::test]
async fn only_so_many_directories_are_listed_at_the_same_time() {
    let yard = Yard::open(READ, WRITE).await;
    let listing = |number| format!("keep {number} s");
    let eight = (0..8).map(listing).collect::<Vec<_>>().join("\n");
    yard.check(&[("open s /data rd both", "ok")]).await;
    assert_eq!(yard.run(&eight).await, ["ok"; 8]);
    yard.check(&[
        (&listing(8), "insufficient-memory"),
        ("list s", "insufficient-memory"),
        // One that is let go makes room.
        ("forget 0", "ok"),
        (&listing(8), "ok"),
    ])
    .await;
}

#[tokio::test]
async fn the_entries_of_all_listings_count_together() {
    let yard = Yard::open(READ, WRITE).await;
    let many = yard.data().join("both/many");
    fs::create_dir(&many).unwrap();
    for number in 0..22_000 {
        fs::write(many.join(number.to_string()), "").unwrap();
    }
    yard.check(&[
        ("open s /data rd both/many", "ok"),
        ("keep 0 s", "ok"),
        ("keep 1 s", "ok"),
        ("keep 2 s", "insufficient-memory"),
        ("forget 1", "ok"),
        ("keep 2 s", "ok"),
    ])
    .await;
}
