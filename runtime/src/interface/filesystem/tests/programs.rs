//! What the rule of a project grants spares programs that somebody else puts there later.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

use super::{Fixture, both, code, same};
use crate::capability::{GrantSet, Mount, Source};

fn sparing(test: &Fixture) -> GrantSet {
    let mut set = GrantSet::default();
    for grant in both("/data/**") {
        set.grant_sparing_tools(grant, Source::Project);
    }
    set.mounts.push(Mount::new("/data", test.folder.path().join("data")));
    set
}

#[tokio::test]
async fn a_program_is_not_written_replaced_or_linked() {
    let mut test = Fixture::new();
    let program = test.folder.path().join("data/run");
    for mode in [0o755, 0o610, 0o601] {
        test.grants.replace(sparing(&test));
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
        let flags = DescriptorFlags::WRITE;
        assert_eq!(code(test.open_for("run", flags).await), ErrorCode::Access);
        let root = test.root();
        for flags in [OpenFlags::TRUNCATE, OpenFlags::CREATE] {
            let (mut view, nothing) = (test.view(), PathFlags::empty());
            let opened = view.open_at(same(&root), nothing, "run".into(), flags, DescriptorFlags::WRITE);
            assert_eq!(code(opened.await), ErrorCode::Access);
        }
        for (from, to) in [("f", "run"), ("run", "other")] {
            let (mut view, nothing) = (test.view(), PathFlags::empty());
            let moved = view.rename_at(same(&root), from.into(), same(&root), to.into());
            assert_eq!(code(moved.await), ErrorCode::Access, "{from} {to}");
            let linked = view.link_at(same(&root), nothing, from.into(), same(&root), to.into());
            assert_eq!(code(linked.await), ErrorCode::Access, "{from} {to}");
        }
        let removed = test.view().unlink_file_at(same(&root), "run".into()).await;
        assert_eq!(code(removed), ErrorCode::Access);
        let told = test.told.lock().unwrap().join("\n");
        assert!(told.contains("file-write /data/run NotGranted"), "{told}");
        assert_eq!(fs::read_to_string(&program).unwrap(), "#!/bin/sh\n");
        // It is read, other files are written, and so is it by a grant that somebody has given.
        assert!(test.open_for("run", DescriptorFlags::READ).await.is_ok());
        assert!(test.open_for("f", DescriptorFlags::WRITE).await.is_ok());
        test.grants.replace(Fixture::set(&test.folder, "/data/**"));
        assert!(test.open_for("run", DescriptorFlags::WRITE).await.is_ok());
    }
}
