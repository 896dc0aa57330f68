//! Grants that change while descriptors and streams are open.

mod bounds;
mod programs;
mod shared;

use std::fs;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, HostDirectoryEntryStream, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsResult, InputStream, Pollable, StreamError, StreamResult};

use super::Files;
use super::quota::ENTRY;
use crate::audit::Account;
use crate::capability::{Capability, Clearance, CommonFiles, Gate, Grant, GrantSet, Grants, Mount, Source};
use crate::component::{Limits, Package};
use crate::event::{Event, Events};
use crate::interface::Own;
use crate::usage::Meter;

/// The smallest component: its header.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

struct Fixture {
    folder: tempfile::TempDir,
    grants: Arc<Grants>,
    files: Files,
    table: ResourceTable,
    told: Arc<Mutex<Vec<String>>>,
}

fn grant(capability: Capability, pattern: &str) -> Grant {
    Grant::parse(capability, pattern).unwrap()
}

fn both(pattern: &str) -> [Grant; 2] {
    [Capability::FileRead, Capability::FileWrite].map(|capability| grant(capability, pattern))
}

impl Fixture {
    /// `/data/**` is asked for and granted, to read and write; a file is in it.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/f"), "a file").unwrap();
        let grants = Arc::new(Grants::new(Self::set(&folder, "/data/**")));
        let clearance = Clearance {
            asked: both("/data/**").to_vec().into(),
            grants: grants.clone(),
            teaches: false,
            account: Account::default(),
        };
        Self::with(folder, grants, clearance)
    }

    fn with(folder: tempfile::TempDir, grants: Arc<Grants>, clearance: Clearance) -> Self {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let keep = told.clone();
        let events = Events::new(move |event| {
            if let Event::Denied {
                capability,
                pattern,
                refusal,
                ..
            } = event
            {
                keep.lock().unwrap().push(format!("{capability} {pattern} {refusal:?}"));
            }
        });
        let package = Package::new(EMPTY).name("a".parse().unwrap());
        let release = package.version("1.0.0".parse().unwrap()).validate().unwrap().release;
        let gate = Arc::new(Gate::new(clearance, Arc::new(release), events));
        Self {
            files: Files::new(gate, Meter::alone(Limits::default()), &Own::default()).unwrap(),
            table: ResourceTable::new(),
            folder,
            grants,
            told,
        }
    }

    fn set(folder: &tempfile::TempDir, pattern: &str) -> GrantSet {
        let mut set = GrantSet::default();
        for grant in both(pattern) {
            set.grant(grant, Source::Policy);
        }
        set.mounts.push(Mount::new("/data", folder.path().join("data")));
        set
    }

    /// Revokes `/data/f`.
    fn revoke(&self) {
        let mut set = Self::set(&self.folder, "/data/**");
        for grant in both("/data/f") {
            set.revoke(grant);
        }
        self.grants.replace(set);
    }

    fn give_back(&self) {
        self.grants.replace(Self::set(&self.folder, "/data/**"));
    }

    fn view(&mut self) -> super::FilesView<'_> {
        self.files.view(&mut self.table)
    }

    fn root(&mut self) -> Resource<Descriptor> {
        let mut all = self.view().get_directories().unwrap();
        all.pop().unwrap().0
    }

    async fn open(&mut self, path: &str) -> FsResult<Resource<Descriptor>> {
        self.open_for(path, DescriptorFlags::READ | DescriptorFlags::WRITE)
            .await
    }

    async fn open_directory(&mut self, path: &str) -> FsResult<Resource<Descriptor>> {
        self.open_for(path, DescriptorFlags::READ).await
    }

    async fn open_for(&mut self, path: &str, flags: DescriptorFlags) -> FsResult<Resource<Descriptor>> {
        let root = self.root();
        let (nothing, path) = (PathFlags::empty(), path.to_owned());
        self.view()
            .open_at(root, nothing, path, OpenFlags::empty(), flags)
            .await
    }
}

fn same<T: 'static>(resource: &Resource<T>) -> Resource<T> {
    Resource::new_borrow(resource.rep())
}

fn code<T: std::fmt::Debug>(result: FsResult<T>) -> ErrorCode {
    *result.unwrap_err().downcast_ref().expect("an error of the file system")
}

fn is_denied<T: std::fmt::Debug>(result: StreamResult<T>) -> bool {
    match result.unwrap_err() {
        StreamError::LastOperationFailed(error) => error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| ErrorCode::from(error) == ErrorCode::Access),
        _ => false,
    }
}

#[tokio::test]
async fn what_is_revoked_is_denied_on_an_open_descriptor() {
    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    assert_eq!(test.view().read(same(&file), 99, 0).await.unwrap().0, b"a file");
    test.revoke();
    assert_eq!(code(test.view().read(same(&file), 99, 0).await), ErrorCode::Access);
    assert_eq!(
        code(test.view().write(same(&file), b"x".into(), 0).await),
        ErrorCode::Access
    );
    assert_eq!(code(test.view().set_size(same(&file), 0).await), ErrorCode::Access);
    assert_eq!(code(test.view().stat(same(&file)).await), ErrorCode::Access);
    assert_eq!(code(test.view().read_via_stream(same(&file), 0)), ErrorCode::Access);
    assert_eq!(code(test.open("f").await), ErrorCode::Access);
    assert_eq!(
        *test.told.lock().unwrap(),
        ["file-read /data/f Revoked", "file-write /data/f Revoked"]
    );
    test.give_back();
    assert_eq!(test.view().read(same(&file), 99, 0).await.unwrap().0, b"a file");
    HostDescriptor::drop(&mut test.view(), file).unwrap();
    assert!(test.files.places.keys().len() <= 3);
}

#[tokio::test]
async fn what_is_revoked_ends_open_streams_for_good() {
    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    let input = test.view().read_via_stream(same(&file), 0).unwrap();
    let output = test.view().append_via_stream(same(&file)).unwrap();
    assert_eq!(
        test.table.get_mut(&input).unwrap().blocking_read(2).await.unwrap(),
        "a "
    );
    test.table
        .get_mut(&output)
        .unwrap()
        .blocking_write_and_flush("!".into())
        .await
        .unwrap();
    test.revoke();
    assert!(is_denied(test.table.get_mut(&input).unwrap().blocking_read(2).await));
    let output = test.table.get_mut(&output).unwrap();
    assert!(is_denied(output.blocking_write_and_flush("!".into()).await));
    assert!(matches!(output.check_write(), Err(StreamError::Closed)));
    test.give_back();
    let input = test.table.get_mut(&input).unwrap();
    assert!(matches!(input.read(2), Err(StreamError::Closed)));
    assert_eq!(
        fs::read_to_string(test.folder.path().join("data/f")).unwrap(),
        "a file!"
    );
}

#[tokio::test]
async fn a_stream_whose_descriptor_is_gone_is_decided_on_by_where_its_file_is() {
    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    let input = test.view().read_via_stream(same(&file), 0).unwrap();
    HostDescriptor::drop(&mut test.view(), file).unwrap();
    let [f, g] = ["f", "g"].map(|name| test.folder.path().join("data").join(name));
    fs::rename(&f, &g).unwrap();
    test.files.follow("/data/f", "/data/g");
    test.revoke();
    let read = test.table.get_mut(&input).unwrap().blocking_read(2).await;
    assert_eq!(read.unwrap(), "a ");
    fs::rename(&g, &f).unwrap();
    test.files.follow("/data/g", "/data/f");
    assert!(is_denied(test.table.get_mut(&input).unwrap().blocking_read(2).await));
}

#[tokio::test]
async fn who_waits_for_a_stream_is_woken_when_it_is_revoked() {
    /// Never ready.
    struct Never;

    #[wasmtime_wasi::async_trait]
    impl Pollable for Never {
        async fn ready(&mut self) {
            std::future::pending().await
        }
    }

    #[wasmtime_wasi::async_trait]
    impl InputStream for Never {
        fn read(&mut self, _: usize) -> StreamResult<bytes::Bytes> {
            Ok(bytes::Bytes::new())
        }
    }

    let mut test = Fixture::new();
    let file = test.open("f").await.unwrap();
    let mut input = test.view().guarded(&file, Box::new(Never)).unwrap();
    let mut ready = input.ready();
    poll_fn(|context| {
        assert!(ready.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    test.revoke();
    ready.await;
    assert!(is_denied(input.read(1)));
}

#[tokio::test]
async fn what_is_revoked_ends_a_listing() {
    let mut test = Fixture::new();
    let root = test.root();
    let listing = test.view().read_directory(same(&root)).await.unwrap();
    test.grants.replace(Fixture::set(&test.folder, "/other"));
    assert_eq!(
        code(test.view().read_directory_entry(same(&listing)).await),
        ErrorCode::Access
    );
    test.give_back();
    let entry = test.view().read_directory_entry(same(&listing)).await.unwrap().unwrap();
    assert_eq!(entry.name, "f");
    HostDirectoryEntryStream::drop(&mut test.view(), listing).unwrap();
    assert!(test.files.listings.is_empty());
}

#[tokio::test]
async fn whoever_learns_is_told_what_would_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let clearance = Clearance {
        asked: Vec::new().into(),
        grants: Arc::new(Grants::new(GrantSet::default())),
        teaches: true,
        account: Account::default(),
    };
    let mut test = Fixture::with(folder, Arc::new(Grants::new(GrantSet::default())), clearance);
    assert_eq!(code(test.open("data/x").await), ErrorCode::Access);
    let root = test.root();
    assert_eq!(
        code(test.view().create_directory_at(same(&root), "d".into()).await),
        ErrorCode::Access
    );
    assert_eq!(code(test.view().read_directory(root).await), ErrorCode::Access);
    let told = test.told.lock().unwrap();
    assert_eq!(
        *told,
        [
            "file-read /data/x NotAsked",
            "file-write /d NotAsked",
            "file-read / NotAsked"
        ]
    );
}

#[tokio::test]
async fn a_number_says_nothing_of_the_machine_and_is_the_same_within_an_instance() {
    let mut test = Fixture::new();
    let (file, again) = (test.open("f").await.unwrap(), test.open("f").await.unwrap());
    let own = test.view().metadata_hash(file).await.unwrap();
    let root = test.root();
    let by_path = test
        .view()
        .metadata_hash_at(root, PathFlags::empty(), "f".into())
        .await
        .unwrap();
    assert_eq!((own.lower, own.upper), (by_path.lower, by_path.upper));
    let plain = HostDescriptor::metadata_hash(&mut test.view().inner(), again)
        .await
        .unwrap();
    assert_ne!(own.lower, plain.lower);
}

#[tokio::test]
async fn what_somebody_else_moved_is_not_decided_on_by_its_old_path() {
    let mut test = Fixture::new();
    let place = |test: &Fixture, name: &str| test.folder.path().join("data").join(name);
    fs::create_dir(place(&test, "a")).unwrap();
    fs::write(place(&test, "a/inside"), "").unwrap();
    let directory = test.open_directory("a").await.unwrap();
    let file = test.open("a/inside").await.unwrap();
    let mut stream = {
        let stream = test.view().read_via_stream(same(&file), 0).unwrap();
        test.table.delete(stream).unwrap()
    };
    // Another instance moves it to where it may be for now.
    fs::rename(place(&test, "a"), place(&test, "b")).unwrap();
    let mut set = Fixture::set(&test.folder, "/data/**");
    both("/data/b/**").into_iter().for_each(|grant| set.revoke(grant));
    test.grants.replace(set);
    let below = |name: &str| {
        (
            PathFlags::empty(),
            name.to_owned(),
            OpenFlags::empty(),
            DescriptorFlags::READ,
        )
    };
    let (nothing, name, none, read) = below("inside");
    let opened = test.view().open_at(same(&directory), nothing, name, none, read).await;
    assert_eq!(code(opened), ErrorCode::Access);
    assert_eq!(code(test.view().read(same(&file), 1, 0).await), ErrorCode::Access);
    assert_eq!(code(test.view().stat(same(&file)).await), ErrorCode::Access);
    assert!(is_denied(stream.read(1)));
    let told = test.told.lock().unwrap().clone();
    assert!(
        told.contains(&"file-read /data/a/inside LeadsElsewhere".into()),
        "{told:?}"
    );
    // What is where it was goes on.
    let other = test.open("f").await.unwrap();
    assert!(test.view().read(other, 1, 0).await.is_ok());
}

#[tokio::test]
async fn a_grant_in_another_directory_gives_nothing_in_the_one_that_is_open() {
    let mut test = Fixture::new();
    let (root, file) = (test.root(), test.open("f").await.unwrap());
    let elsewhere = |guest: &str, test: &Fixture| {
        let mut set = Fixture::set(&test.folder, "/data/**");
        if guest == "/data" {
            set.mounts.clear();
        }
        set.mounts.push(Mount::new(guest, test.folder.path().join("elsewhere")));
        set
    };
    // A directory inside it is somewhere else: a path there is not looked up here.
    let set = elsewhere("/data/out", &test);
    test.grants.replace(set);
    let made = test.view().create_directory_at(same(&root), "out".into()).await;
    assert_eq!(code(made), ErrorCode::Access);
    assert!(test.view().read(same(&file), 1, 0).await.is_ok());
    assert!(test.files.are_outdated());
    // All of it is.
    let set = elsewhere("/data", &test);
    test.grants.replace(set);
    assert_eq!(code(test.view().read(same(&file), 1, 0).await), ErrorCode::Access);
    let made = test.view().create_directory_at(same(&root), "d".into()).await;
    assert_eq!(code(made), ErrorCode::Access);
    test.give_back();
    assert!(test.view().read(same(&file), 1, 0).await.is_ok());
    assert!(!test.files.are_outdated());
}
