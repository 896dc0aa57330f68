//! What files take, and how long a listing keeps others waiting.

use std::future::Future as _;
use std::pin::pin;
use std::task::Context;

use super::super::bounds::MAX_REMOTE_STREAMS;
use super::*;

impl Fixture {
    fn stored(&self) -> u64 {
        self.files.meter.stored()
    }

    async fn make(&mut self, path: &str, size: u64) -> Resource<Descriptor> {
        let (root, path) = (self.root(), path.to_owned());
        let (create, write) = (OpenFlags::CREATE, DescriptorFlags::READ | DescriptorFlags::WRITE);
        let mut view = self.view();
        let made = view
            .open_at(root, PathFlags::empty(), path, create, write)
            .await
            .unwrap();
        view.set_size(same(&made), size).await.unwrap();
        made
    }

    async fn unlink(&mut self, path: &str) {
        let root = self.root();
        self.view().unlink_file_at(root, path.to_owned()).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_removed_and_cut_while_it_is_open_comes_back_once() {
    let mut test = Fixture::new();
    test.make("other", 1_000_000).await;
    let before = test.stored();
    let made = test.make("large", 100_000).await;
    assert!(test.stored() >= before + 100_000);
    test.unlink("large").await;
    assert!(test.stored() >= before + 100_000, "it is there until it is closed");
    let mut view = test.view();
    view.set_size(same(&made), 0).await.unwrap();
    HostDescriptor::drop(&mut view, made).unwrap();
    assert_eq!(test.stored(), before);
}

#[tokio::test]
async fn what_is_replaced_or_emptied_while_it_is_open_comes_back_once() {
    let mut test = Fixture::new();
    test.make("other", 1_000_000).await;
    let small = test.make("small", 10).await;
    let before = test.stored();
    let made = test.make("large", 100_000).await;
    let (from, to) = (test.root(), test.root());
    let mut view = test.view();
    view.rename_at(from, "small".into(), to, "large".into()).await.unwrap();
    assert!(
        view.files.meter.stored() >= before + 100_000,
        "it is there until it is closed"
    );
    HostDescriptor::drop(&mut view, made).unwrap();
    assert_eq!(test.stored(), before);
    let grown = test.stored();
    test.view().set_size(same(&small), 50_000).await.unwrap();
    assert_eq!(test.stored(), grown + 50_000 - 10);
    let (root, path) = (test.root(), "large".to_owned());
    let (empties, write) = (OpenFlags::TRUNCATE, DescriptorFlags::WRITE);
    let emptied = test
        .view()
        .open_at(root, PathFlags::empty(), path, empties, write)
        .await
        .unwrap();
    assert_eq!(test.stored(), grown - 10);
    let mut view = test.view();
    view.write(same(&emptied), vec![0; 30], 10).await.unwrap();
    HostDescriptor::drop(&mut view, small).unwrap();
    HostDescriptor::drop(&mut view, emptied).unwrap();
    assert_eq!(test.stored(), grown - 10 + 40);
}

/// Nothing is begun, so that nothing is kept and no thread is taken, however many streams there are.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_stream_reads_and_writes_at_once_what_is_on_this_machine() {
    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    let mut streams = Vec::new();
    for _ in 0..1_000 {
        streams.push(test.view().read_via_stream(same(&file), 0).unwrap());
    }
    for stream in &streams {
        let stream = test.table.get_mut(stream).unwrap();
        assert_eq!(stream.read(0).unwrap(), "");
        assert_eq!(stream.read(2).unwrap(), "a ");
    }
    let stream = test.table.get_mut(&streams[0]).unwrap();
    stream.ready().await;
    assert_eq!(stream.read(1 << 20).unwrap(), "file");
    assert!(matches!(stream.read(1), Err(StreamError::Closed)));
    let output = test.view().write_via_stream(same(&file), 6).unwrap();
    let place = test.folder.path().join("data/f");
    let output = test.table.get_mut(&output).unwrap();
    for (part, whole) in [("!", "a file!"), ("?", "a file!?")] {
        assert!(output.check_write().unwrap() > 0);
        output.write(part.into()).unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), whole);
    }
    let most = output.check_write().unwrap();
    let large = output.write(vec![0; most + 1].into());
    assert!(matches!(large, Err(StreamError::Trap(_))));
    output.write(vec![0; most].into()).unwrap();
}

#[tokio::test]
async fn streams_of_files_of_other_machines_are_bounded() {
    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    test.files.places.get_mut(&file.rep()).unwrap().local = false;
    let mut streams = Vec::new();
    for _ in 0..MAX_REMOTE_STREAMS {
        streams.push(test.view().read_via_stream(same(&file), 0).unwrap());
    }
    let refused = [
        code(test.view().read_via_stream(same(&file), 0)),
        code(test.view().append_via_stream(same(&file))),
    ];
    assert_eq!(refused, [ErrorCode::InsufficientMemory; 2]);
    test.table.delete(streams.pop().unwrap()).unwrap();
    test.view().append_via_stream(same(&file)).unwrap();
}

#[tokio::test]
async fn a_second_name_keeps_what_a_file_takes() {
    let mut test = Fixture::new();
    let before = test.stored();
    let made = test.make("large", 100_000).await;
    HostDescriptor::drop(&mut test.view(), made).unwrap();
    let (from, to) = (test.root(), test.root());
    let nothing = PathFlags::empty();
    test.view()
        .link_at(from, nothing, "large".into(), to, "name".into())
        .await
        .unwrap();
    test.unlink("large").await;
    assert_eq!(test.stored(), before + 100_000 + ENTRY);
    test.unlink("name").await;
    assert_eq!(test.stored(), before);
}

/// The names of files that are no more than one character from being shown: comparing them takes as long as can be.
#[tokio::test]
async fn a_listing_of_what_is_not_shown_lets_others_have_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    for number in 0..100 {
        fs::write(folder.path().join(format!("data/{}{number:03}", "a".repeat(250))), "").unwrap();
    }
    let mut asked: Vec<_> = (0..100)
        .map(|number| grant(Capability::FileRead, &format!("/data/*{}b{number:03}*", "a".repeat(56))))
        .collect();
    asked.push(grant(Capability::FileRead, "/data"));
    let grants = Arc::new(Grants::new(Fixture::set(&folder, "/data/**")));
    let clearance = Clearance {
        asked: asked.into(),
        grants: grants.clone(),
        teaches: false,
        account: Account::default(),
    };
    let mut test = Fixture::with(folder, grants, clearance);
    let root = test.root();
    let mut view = test.view();
    let listing = view.read_directory(root).await.unwrap();
    let mut reading = pin!(view.read_directory_entry(same(&listing)));
    let mut turns = 0;
    let read = poll_fn(|context: &mut Context<'_>| {
        turns += 1;
        reading.as_mut().poll(context)
    });
    assert!(read.await.unwrap().is_none());
    assert!(turns > 4, "{turns}");
}
