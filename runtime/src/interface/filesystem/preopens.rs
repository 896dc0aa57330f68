//! `wasi:filesystem/preopens`: the directories that a guest begins with.

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens;

use super::FilesView;
use super::files::Place;
use super::trail::Trail;

impl preopens::Host for FilesView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let roots = self.files.roots.clone();
        let each = roots.each.iter().map(|root| {
            let trail = Trail::of_root(root.guest.clone(), roots.clone());
            let opened = self.hand_out(Descriptor::Dir(root.dir.clone()), Place::new(trail, root.local))?;
            Ok((opened, root.guest.clone()))
        });
        each.collect()
    }
}
