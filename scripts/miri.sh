#!/usr/bin/env bash
# Runs under Miri what Miri can run: the unit tests of the crates that make no machine code and call no C.
#
#   scripts/miri.sh [CRATE]...
#
# Miri finds undefined behaviour that no test sees: bad pointers, uninitialised memory, references that alias. It is a
# hundred times slower than a processor, and comes with a nightly toolchain only. Where it is not installed the script
# says so and ends well, since that is no error of the project.
set -euo pipefail
cd "$(dirname "$0")/.."

crates=("$@")
[ ${#crates[@]} -gt 0 ] || crates=(lua-syntax lua-bytecode lua-runtime lua-library)

toolchain=${MIRI_TOOLCHAIN:-nightly}
if ! cargo "+$toolchain" miri --version > /dev/null 2>&1; then
  echo "Miri is not installed for the toolchain '$toolchain': nothing was run (rustup +$toolchain component add miri)"
  exit 0
fi

# The collector keeps addresses in values, as integers; and what ends with the process is no leak.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-permissive-provenance -Zmiri-ignore-leaks}"
for crate in "${crates[@]}"; do
  echo "== $crate"
  cargo "+$toolchain" miri test --package "$crate" --lib --tests
done
