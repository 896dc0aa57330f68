//! Components that share directories, and directories that are in each other.

use super::*;

fn component(folder: &Arc<tempfile::TempDir>, moves: &Arc<Moves>, grants: &[Grant], mounts: &[(&str, &str)]) -> Shared {
    let mut set = GrantSet::default();
    for grant in grants {
        set.grant(grant.clone(), Source::Policy);
    }
    for (guest, host) in mounts {
        set.mounts.push(Mount {
            guest: (*guest).into(),
            host: folder.path().join(host),
        });
    }
    let clearance = Clearance {
        asked: grants.to_vec().into(),
        grants: Arc::new(Grants::among(set, moves.clone())),
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
    let moves = Arc::default();
    let mounts = [("/data", "data")];
    let mut reader = component(
        &folder,
        &moves,
        &[grant(Capability::FileRead, "/data/open/**")],
        &mounts,
    );
    let mut mover = component(&folder, &moves, &both("/data/**"), &mounts);
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
    set.mounts.push(Mount {
        guest: "/data".into(),
        host: folder.path().join("data"),
    });
    let clearance = Clearance {
        asked: both("/data/**").to_vec().into(),
        grants: Arc::new(Grants::new(set)),
        teaches: false,
        account: Account::default(),
    };
    let release = Package::new(EMPTY)
        .name("a".parse().unwrap())
        .validate()
        .unwrap()
        .release;
    let gate = Arc::new(Gate::new(clearance, Arc::new(release), Events::default()));
    let mut test = Shared {
        files: Files::new(gate, Meter::alone(Limits::default()), &Own::default()).unwrap(),
        table: ResourceTable::new(),
    };
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
