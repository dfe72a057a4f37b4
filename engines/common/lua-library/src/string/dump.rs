//! `string.dump`. The format of a dump is the runtime's affair (see `chunk`), since only it reads one.

use lua_runtime::{Args, Signal, Vm};

/// `string.dump(function [, strip])`.
pub(super) fn dump(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    let Some(closure) = vm.check_function(args, 0)?.as_closure() else {
        return Err(vm.raise("unable to dump given function"));
    };
    let strip = !vm.argument(args, 1).is_falsy();
    let dumped = vm.dump(args.top(), closure, strip)?;
    vm.return_one(args, dumped)
}
