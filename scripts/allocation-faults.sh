#!/usr/bin/env bash
# Lets each of the first 1,000 allocations of 20 programs fail in turn, on every engine: each run must end in
# "not enough memory" or go on, never in a crash. Takes some minutes; `cargo test` runs every seventeenth.
#
#   scripts/allocation-faults.sh [FILTER]     such as bytecode-vm:: or programs/life
set -euo pipefail
cd "$(dirname "$0")/.."
SLOW_TESTS=1 cargo test --package conformance --test faults -- "$@"
