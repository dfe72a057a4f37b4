#!/usr/bin/env bash
# The instrument against itself, through the whole pipeline: every contender and workload is measured three times in
# the same randomised blocks, under its own name, once more as an identical twin, and once more slowed by 5 %.
# Prints how many of the raw 95 % intervals between twins exclude 1 (at most 16 of 200 may), and in how many of the
# pairs whose A/A standard deviation is under 2 % the slowdown was found (at least 80 % must be).
#
#   scripts/aa-campaign.sh [--out DIR] [more options of `harness compare`]
#
# The default takes about a quarter of an hour; nothing else may run on the machine meanwhile. A smaller one:
#   scripts/aa-campaign.sh --workloads fib,sieve --invocations 4
# The folder (default results/aa-SECONDS) can be handed to later runs: harness compare --floor DIR.
# HARNESS=PATH names a harness that is built already.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
harness=${HARNESS:-}
if [ -z "$harness" ]; then
  (cd "$root" && cargo build --quiet --release --package harness-cli --bin harness)
  harness=${CARGO_TARGET_DIR:-$root/target}/release/harness
fi
harness=$(cd "$(dirname "$harness")" && pwd)/$(basename "$harness")

out=
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) [ $# -ge 2 ] || { echo "--out needs a folder" >&2; exit 2; }; out=$2; shift 2 ;;
    *) options+=("$1"); shift ;;
  esac
done
out=${out:-$root/results/aa-$(date +%s)}

# default OPTION VALUE: adds it unless it was given.
default() {
  local option
  for option in "${options[@]}"; do [ "$option" != "$1" ] || return 0; done
  options+=("$1" "$2")
}
default --engines all
default --yardsticks lua5.4,luajit,luajit-joff
default --workloads all
default --preset standard
default --size test
default --invocations 6
default --iterations 6
default --retries 0
"$harness" compare --aa --slowed 5 "${options[@]}" --out "$out" >/dev/null
"$harness" validate "$out"

# One line a pair of aa.json, as the tool writes it: name, numbers.
awk '
  /"pairs": \[/ { part = "pairs" }
  /"slowed": \[/ { part = "slowed" }
  /"interval": \[/ { getline; low = $1 + 0; getline; high = $1 + 0 }
  /"log_deviation":/ {
    deviation = $2 + 0
    if (part == "pairs") {
      pairs++
      if (low > 1 || high < 1) excluded++
    }
  }
  /"is_found":/ { is_found = /true/ }
  /"detectable_percent":/ && part == "slowed" {
    if (deviation < 0.02) { quiet++; if (is_found) found++ } else { noisy++; if (is_found) found_noisy++ }
  }
  END {
    printf "A/A: %d of %d raw 95 %% intervals exclude 1 (allowed: %d)\n", excluded, pairs, int(pairs * 16 / 200)
    printf "slowed by 5 %%: found in %d of %d pairs with an A/A standard deviation under 2 %%", found, quiet
    printf " (%.1f %%, wanted: 80 %%), in %d of %d others\n", quiet ? 100 * found / quiet : 100, found_noisy, noisy
    exit !(excluded <= int(pairs * 16 / 200) && found >= 0.8 * quiet)
  }' "$out/aa.json"
