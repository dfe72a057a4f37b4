#!/usr/bin/env bash
# Runs the official Lua 5.4 test suite on an engine, each file alone, as its authors do in portable mode.
#
#   scripts/official-tests.sh DIR [--engine E] [--set KNOB=V]...
#
# DIR is the folder `testes` of the repository lua/lua at tag v5.4.8, fetched by you: it is not part of this project.
# The last line is `N passed, N failed`; the names of the failed files and why they failed stand before it.
# heavy.lua is never run: it allocates until memory ends. HARNESS=PATH names a harness that is built already.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

seconds_per_file=300
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] && [ -d "$1" ] || usage
tests=$1
shift
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --engine | --set) [ $# -ge 2 ] || usage; options+=("$1" "$2"); shift 2 ;;
    *) usage ;;
  esac
done

harness=${HARNESS:-}
if [ -z "$harness" ]; then
  (cd "$root" && cargo build --quiet --release --package harness-cli --bin harness)
  harness=${CARGO_TARGET_DIR:-$root/target}/release/harness
fi
harness=$(cd "$(dirname "$harness")" && pwd)/$(basename "$harness")

# The files write beside themselves, so they run in a copy.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$tests/." "$scratch"
chmod -R u+w "$scratch"
cd "$scratch"

# `lua -e` would set these globals before the file; here they stand at the start of its first line of Lua, so that
# every line keeps its number.
prelude='_port, _soft, _nomsg = true, true, true; '
for file in *.lua; do
  case $(head -c 1 "$file") in
    '#') sed -i "2s/^/$prelude/" "$file" ;;
    *) sed -i "1s/^/$prelude/" "$file" ;;
  esac
done

# A binary chunk is a sequence of bytes, and the tests compare bytes.
export LC_ALL=C
passed=0
failed=0
for file in *.lua; do
  [ "$file" != heavy.lua ] || continue
  if timeout "$seconds_per_file" "$harness" run "${options[@]}" "$file" > "$scratch/.output" 2>&1; then
    passed=$((passed + 1))
  else
    status=$?
    failed=$((failed + 1))
    reason=$(grep -a -m 1 -E "^(lua|harness|error):|not supported yet|engine bug" "$scratch/.output" || tail -n 1 "$scratch/.output")
    printf '%s (exit status %d): %s\n' "$file" "$status" "$reason"
  fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
