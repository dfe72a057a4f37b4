#!/usr/bin/env bash
# Runs conformance cases of the interpreters under valgrind's memcheck, with every heap object in an allocation of its
# own (the feature `separate-cells` of lua-runtime), and then Miri.
#
#   scripts/memcheck.sh [--subset N] [--setting SETTING]... [FILTER]
#
# FILTER is a part of the case's name, as `tables/`; without one it is all cases. --subset N takes every Nth of them.
# SETTING is a setting of the suite, as `default`; without one they are `default` and `gc-every=1`. MEMCHECK_ENGINES
# names the engines ("tree-walker bytecode-vm"); MEMCHECK_JOBS says how many run at once.
#
# Memcheck sees a read of a freed object, of a slot behind a stack or an array (its red zones are a thousand bytes), and
# a decision by memory that nobody has written. A case fails if memcheck has an error, or if its transcript is not the
# expected one. The last line but Miri's says how many there were; the exit status is 1 if one failed.
set -euo pipefail

case ${1:-} in -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

every=1 settings=() filter=
while [ $# -gt 0 ]; do
  case $1 in
    --subset) every=$2; shift 2 ;;
    --setting) settings+=("$2"); shift 2 ;;
    -*) echo "memcheck.sh: unknown option $1; see --help" >&2; exit 2 ;;
    *) filter=$1; shift ;;
  esac
done
[ ${#settings[@]} -gt 0 ] || settings=(default gc-every=1)
read -r -a engines <<< "${MEMCHECK_ENGINES:-tree-walker bytecode-vm}"
command -v valgrind > /dev/null || { echo "memcheck.sh: valgrind is not installed" >&2; exit 2; }

# The file that a build with the feature makes of a target.
build() {
  local name=$1; shift
  cargo "$@" --package lua-runtime --features lua-runtime/separate-cells --message-format json |
    sed -n "s/.*\"name\":\"$name\".*\"executable\":\"\([^\"]*\)\".*/\1/p" | tail -1
}
runner=$(build conformance test --package conformance --test conformance --no-run)
breach=$(build held_across_a_poll build --example held_across_a_poll)
[ -x "$runner" ] && [ -x "$breach" ] || { echo "memcheck.sh: no runner was built" >&2; exit 2; }

under_memcheck() {
  CONFORMANCE_SECONDS=3600 valgrind --quiet --error-exitcode=99 --redzone-size=1024 --freelist-vol=100000000 "$@"
}
export -f under_memcheck

# What must be seen is seen.
status=0
under_memcheck "$breach" > /dev/null 2>&1 || status=$?
[ $status -eq 99 ] || { echo "memcheck.sh: a freed object was read, and memcheck did not see it" >&2; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# One case: its name goes to the list of its outcome, and what was wrong to the output.
check() {
  local log
  if log=$(under_memcheck "$runner" --child "$1" "$2" "$3" 2>&1); then
    echo "$1::$2::$3" >> "$results/passed"
  else
    echo "$1::$2::$3" >> "$results/failed"
    printf 'FAILED %s\n%s\n' "$1::$2::$3" "$log"
  fi
}
export -f check
export runner results

find engines/conformance/cases -name '*.lua' | sed 's|.*/cases/||; s|\.lua$||' | sort | grep -F -- "$filter" |
  awk -v every="$every" 'NR % every == 0' > "$results/cases"
for engine in "${engines[@]}"; do
  for setting in "${settings[@]}"; do
    sed "s|^|$engine $setting |" "$results/cases"
  done
done | xargs -P "${MEMCHECK_JOBS:-2}" -L 1 bash -c 'check "$@"' check

count() { if [ -f "$results/$1" ]; then wc -l < "$results/$1"; else echo 0; fi; }
echo "memcheck: $(count passed) passed, $(count failed) failed"
if cargo miri --version > /dev/null 2>&1 || cargo "+${MIRI_TOOLCHAIN:-nightly}" miri --version > /dev/null 2>&1; then
  scripts/miri.sh
else
  echo "Miri: not run (not installed)"
fi
[ "$(count failed)" -eq 0 ] && [ "$(count passed)" -gt 0 ]
