//! Components that share directories, and directories that are in each other.

use super::*;

fn component(
    folder: &Arc<tempfile::TempDir>,
    common: &Arc<CommonFiles>,
    grants: &[Grant],
    mounts: &[(&str, &str)],
) -> Shared {
    let mut set = GrantSet::default();
    for grant in grants {
        set.grant(grant.clone(), Source::Policy);
    }
    for (guest, host) in mounts {
        set.mounts.push(Mount::new(*guest, folder.path().join(host)));
    }
    instance(grants, Grants::among(set, common.clone()))
}

/// An instance that asks for these, whatever it is granted.
fn instance(asked: &[Grant], granted: Grants) -> Shared {
    let clearance = Clearance {
        asked: asked.to_vec().into(),
        grants: Arc::new(granted),
        teaches: false,
        account: Account::default(),
    };
    let release = Package::new(EMPTY)
        .name("a".parse().unwrap())
        .validate()
        .unwrap()
        .release;
    let gate = Arc::new(Gate::new(clearance, Arc::new(release), Events::default()));
    Shared {
        files: Files::new(gate, Meter::alone(Limits::default()), &Own::default()).unwrap(),
        table: ResourceTable::new(),
    }
}

struct Shared {
    files: Files,
    table: ResourceTable,
}

impl Shared {
    fn view(&mut self) -> super::super::FilesView<'_> {
        self.files.view(&mut self.table)
    }

    fn root(&mut self, guest: &str) -> Resource<Descriptor> {
        let all = self.view().get_directories().unwrap();
        all.into_iter().find(|(_, path)| path == guest).unwrap().0
    }

    async fn read(&mut self, guest: &str, path: &str) -> FsResult<Vec<u8>> {
        let root = self.root(guest);
        let mut view = self.view();
        let (nothing, read) = (PathFlags::empty(), DescriptorFlags::READ);
        let file = view
            .open_at(root, nothing, path.into(), OpenFlags::empty(), read)
            .await?;
        Ok(view.read(file, 100, 0).await?.0)
    }
}

#[tokio::test]
async fn what_another_component_moved_is_not_decided_on_by_its_old_path() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir_all(folder.path().join("data/open")).unwrap();
    fs::write(folder.path().join("data/open/f"), "before").unwrap();
    let common = Arc::default();
    let mounts = [("/data", "data")];
    let mut reader = component(
        &folder,
        &common,
        &[grant(Capability::FileRead, "/data/open/**")],
        &mounts,
    );
    let mut mover = component(&folder, &common, &both("/data/**"), &mounts);
    let root = reader.root("/data");
    let mut view = reader.view();
    let (nothing, read) = (PathFlags::empty(), DescriptorFlags::READ);
    let file = view
        .open_at(root, nothing, "open/f".into(), OpenFlags::empty(), read)
        .await
        .unwrap();
    assert_eq!(view.read(same(&file), 100, 0).await.unwrap().0, b"before");
    let (from, to) = (mover.root("/data"), mover.root("/data"));
    mover
        .view()
        .rename_at(from, "open".into(), to, "closed".into())
        .await
        .unwrap();
    fs::write(folder.path().join("data/closed/f"), "after!").unwrap();
    assert_eq!(code(reader.view().read(file, 100, 0).await), ErrorCode::Access);
}

#[tokio::test]
async fn of_two_mounts_around_a_path_the_inner_one_has_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    for (host, text) in [("root/data", "outer"), ("other", "inner")] {
        fs::create_dir_all(folder.path().join(host)).unwrap();
        fs::write(folder.path().join(host).join("f"), text).unwrap();
    }
    for pattern in ["/**", "/*/f", "/data/f"] {
        let asked = [grant(Capability::FileRead, pattern)];
        let mounts = [("/", "root"), ("/data", "other")];
        let mut reader = component(&folder, &Arc::default(), &asked, &mounts);
        assert_eq!(reader.read("/data", "f").await.unwrap(), b"inner", "{pattern}");
        if pattern != "/data/f" {
            assert_eq!(reader.read("/", "data/f").await.unwrap(), b"inner", "{pattern}");
        }
    }
}

#[tokio::test]
async fn what_tools_take_is_not_written_by_the_rule_of_a_project() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir_all(folder.path().join("data/.hidden")).unwrap();
    let mut set = GrantSet::default();
    for grant in both("/data/**") {
        set.grant_sparing_tools(grant, Source::Project);
    }
    set.mounts.push(Mount::new("/data", folder.path().join("data")));
    let mut test = instance(&both("/data/**"), Grants::new(set));
    let (nothing, create, write) = (PathFlags::empty(), OpenFlags::CREATE, DescriptorFlags::WRITE);
    let root = test.root("/data");
    let mut view = test.view();
    for (name, expected) in [
        ("notes.txt", true),
        ("test_x.py", false),
        ("evil.test.js", false),
        ("HEAD", false),
        (".hidden/x", false),
    ] {
        let made = view.open_at(same(&root), nothing, name.into(), create, write).await;
        assert_eq!(made.is_ok(), expected, "{name}");
    }
    for name in ["x.py", "HEAD"] {
        let (from, to) = (same(&root), same(&root));
        let moved = view.rename_at(from, "notes.txt".into(), to, name.into()).await;
        assert_eq!(code(moved), ErrorCode::Access, "{name}");
        let (from, to) = (same(&root), same(&root));
        let linked = view.link_at(from, nothing, "notes.txt".into(), to, name.into()).await;
        assert_eq!(code(linked), ErrorCode::Access, "{name}");
        let made = view.create_directory_at(same(&root), name.into()).await;
        assert_eq!(code(made), ErrorCode::Access, "{name}");
    }
    // What is hidden is not shown either.
    assert_eq!(
        code(view.stat_at(same(&root), nothing, ".hidden".into()).await),
        ErrorCode::Access
    );
    let listing = view.read_directory(same(&root)).await.unwrap();
    let mut names = Vec::new();
    while let Some(entry) = view.read_directory_entry(same(&listing)).await.unwrap() {
        names.push(entry.name);
    }
    assert_eq!(names, ["notes.txt"]);
    // A directory moves with what is in it, from one place that is for components to another.
    view.create_directory_at(same(&root), "one".into()).await.unwrap();
    let (from, to) = (same(&root), same(&root));
    view.rename_at(from, "one".into(), to, "two".into()).await.unwrap();
}

/// What one instance does while another does the same.
async fn often(mut instance: Shared, times: u32, run: impl AsyncFn(&mut Shared) -> FsResult<()>) -> Shared {
    for _ in 0..times {
        // Whatever is denied or not there is tried again.
        let _ = run(&mut instance).await;
    }
    instance
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_comes_to_two_places_of_which_one_is_not_read() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    for directory in ["data/open", "data/closed"] {
        fs::create_dir_all(folder.path().join(directory)).unwrap();
    }
    let common = Arc::default();
    let asked = [
        grant(Capability::FileRead, "/data/open/**"),
        grant(Capability::FileWrite, "/data/**"),
    ];
    let instance = || component(&folder, &common, &asked, &[("/data", "data")]);
    let nothing = PathFlags::empty();
    let moving = tokio::spawn(often(instance(), 3_000, async move |instance| {
        let (create, write) = (OpenFlags::CREATE, DescriptorFlags::WRITE);
        let (root, from, to) = (instance.root("/data"), instance.root("/data"), instance.root("/data"));
        let mut view = instance.view();
        let made = view.open_at(root, nothing, "open/f".into(), create, write).await?;
        HostDescriptor::drop(&mut view, made).unwrap();
        view.rename_at(from, "open/f".into(), to, "closed/f".into()).await
    }));
    let linking = tokio::spawn(often(instance(), 3_000, async move |instance| {
        let (root, from, to) = (instance.root("/data"), instance.root("/data"), instance.root("/data"));
        let mut view = instance.view();
        let _ = view.unlink_file_at(root, "open/g".into()).await;
        view.link_at(from, nothing, "open/f".into(), to, "open/g".into()).await
    }));
    let mut twice = 0;
    let links = |name: &str| {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(folder.path().join(name)).map(|found| (found.ino(), found.nlink()))
    };
    while !moving.is_finished() || !linking.is_finished() {
        if let (Ok(closed), Ok(open)) = (links("data/closed/f"), links("data/open/g")) {
            twice += u32::from(closed == open && open.1 == 2);
        }
        tokio::task::yield_now().await;
    }
    drop((moving.await.unwrap(), linking.await.unwrap()));
    assert_eq!(twice, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_instances_make_and_remove_at_once_is_counted_right() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir_all(folder.path().join("data")).unwrap();
    let common = Arc::default();
    let one = component(&folder, &common, &both("/data/**"), &[("/data", "data")]);
    let mut other = component(&folder, &common, &both("/data/**"), &[("/data", "data")]);
    other.files.meter = one.files.meter.clone();
    let nothing = PathFlags::empty();
    let run = async move |instance: &mut Shared| {
        let (create, write) = (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE);
        let mut roots = (0..6).map(|_| instance.root("/data")).collect::<Vec<_>>();
        let mut view = instance.view();
        for name in ["f", "g"] {
            let made = view
                .open_at(roots.pop().unwrap(), nothing, name.into(), create, write)
                .await;
            if let Ok(made) = made {
                let _ = view.write(same(&made), vec![0; 1_000], 0).await;
                HostDescriptor::drop(&mut view, made).unwrap();
            }
        }
        let (from, to) = (roots.pop().unwrap(), roots.pop().unwrap());
        let _ = view.rename_at(from, "f".into(), to, "g".into()).await;
        view.unlink_file_at(roots.pop().unwrap(), "g".into()).await
    };
    let (one, other) = (
        tokio::spawn(often(one, 2_000, run)),
        tokio::spawn(often(other, 2_000, run)),
    );
    let (mut one, _) = (one.await.unwrap(), other.await.unwrap());
    let root = one.root("/data");
    let _ = one.view().unlink_file_at(same(&root), "f".into()).await;
    let _ = one.view().unlink_file_at(root, "g".into()).await;
    assert_eq!(one.files.meter.stored(), 0);
    let made = fs::read_dir(folder.path().join("data")).unwrap().count();
    assert_eq!(made, 0);
}

#[tokio::test]
async fn what_two_components_have_open_comes_back_to_one() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::create_dir_all(folder.path().join("data")).unwrap();
    let events = Events::default();
    let budget = crate::usage::Budget::new(None, 10, None, events);
    let instance = |name: &str| {
        let mut made = component(&folder, &Arc::default(), &both("/data/**"), &[("/data", "data")]);
        let release = Package::new(EMPTY)
            .name(name.parse().unwrap())
            .validate()
            .unwrap()
            .release;
        made.files.meter = Meter::new(budget.account(&name.parse().unwrap()), Arc::new(release));
        made
    };
    let (mut one, mut other) = (instance("one"), instance("other"));
    let (nothing, create) = (PathFlags::empty(), OpenFlags::CREATE);
    let both = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let mut opened = Vec::new();
    for (is_first, name) in [(true, "shared"), (false, "shared"), (false, "own")] {
        let instance = if is_first { &mut one } else { &mut other };
        let root = instance.root("/data");
        opened.push(
            instance
                .view()
                .open_at(root, nothing, name.into(), create, both)
                .await
                .unwrap(),
        );
    }
    let [first, second, own] = opened.try_into().unwrap();
    one.view().set_size(same(&first), 100_000).await.unwrap();
    other.view().set_size(own, 100_000).await.unwrap();
    let all = |one: &Shared, other: &Shared| one.files.meter.stored() + other.files.meter.stored();
    let before = all(&one, &other);
    let root = one.root("/data");
    one.view().unlink_file_at(root, "shared".into()).await.unwrap();
    // Nothing is written by it, so that it is known what it takes.
    other.view().write(same(&second), vec![0; 10], 0).await.unwrap();
    HostDescriptor::drop(&mut one.view(), first).unwrap();
    assert_eq!(all(&one, &other), before - ENTRY);
    HostDescriptor::drop(&mut other.view(), second).unwrap();
    assert_eq!(all(&one, &other), before - ENTRY - 100_000);
}
