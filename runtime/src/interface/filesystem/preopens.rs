//! `wasi:filesystem/preopens`: the directories that a guest begins with.

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens;

use super::FilesView;
use super::files::Place;

impl preopens::Host for FilesView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let roots = self.files.roots.clone();
        let each = roots.into_iter().map(|root| {
            let place = Place::new(root.guest.clone(), root.local, None);
            Ok((self.hand_out(Descriptor::Dir(root.dir), place)?, root.guest))
        });
        each.collect()
    }
}
