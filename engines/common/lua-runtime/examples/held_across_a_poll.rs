//! Breaks the one contract of a `Gc`: it is held across a collection, and its object is looked at. For
//! `scripts/memcheck.sh`, which must report it in a build with the feature `separate-cells`; without a memory checker
//! this may do anything.

#[path = "../tests/it/support.rs"]
mod support;

fn main() {
    let mut vm = support::state();
    let table = vm.table(0, 0).expect("memory");
    vm.collect(0);
    // Decides by freed memory, so that it is not optimised away.
    if table.length() == 7 {
        std::process::exit(7);
    }
}
