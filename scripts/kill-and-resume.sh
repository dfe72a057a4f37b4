#!/usr/bin/env bash
# Kills a comparison, with its whole process group, at random instants, goes on each time with --resume, and checks
# that what comes out is what a run gives that nobody killed: every row once, in the planned order, nothing that was
# recorded before a kill changed, the compilers traced, and the same summary from the same rows.
#
#   scripts/kill-and-resume.sh [KILLS [SEED]]
#
# 50 kills, the default, take a few minutes; SEED fixes the instants. HARNESS=PATH names a harness that is built
# already.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

kills=${1:-50}
RANDOM=${2:-1}
[[ $kills =~ ^[0-9]+$ ]] && [ $# -le 2 ] || usage
root=$(cd "$(dirname "$0")/.." && pwd)
harness=${HARNESS:-}
if [ -z "$harness" ]; then
  (cd "$root" && cargo build --quiet --release --package harness-cli --bin harness)
  harness=${CARGO_TARGET_DIR:-$root/target}/release/harness
fi
harness=$(cd "$(dirname "$harness")" && pwd)/$(basename "$harness")
cd "$root"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

compare=("$harness" compare --engines all --yardsticks lua5.4,native --workloads fib,sieve,string_building
  --invocations 4 --iterations 3 --retries 0 --seed 1 --events)

fail() { echo "FAILED: $*" >&2; exit 1; }

# The rows without what is measured: which there are, and in which order.
order() {
  cut -d, -f2-9 "$1/invocations.csv"
  cut -d, -f2-12,20,21 "$1/iterations.csv"
}

# All lines of a table but the last, which may be torn; nothing of a table that is not there.
complete() { if [ -e "$1" ]; then sed '$d' "$1"; fi; }

# Runs a command in a process group of its own and kills the group after so many milliseconds. Succeeds if the command
# was still running.
killed_after() {
  local milliseconds=$1 pid
  shift
  setsid "$@" >"$scratch/said" 2>&1 &
  pid=$!
  sleep "$(printf '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000)))"
  kill -KILL -- "-$pid" 2>"$scratch/kill" || true
  local status=0
  wait "$pid" 2>"$scratch/wait" || status=$?
  case $status in
    0) return 1 ;;
    137) return 0 ;;
    *) fail "the command ended by itself with status $status: $(cat "$scratch/said")" ;;
  esac
}

start_ns=$(date +%s%N)
"${compare[@]}" --out "$scratch/whole" >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
whole_ms=$((($(date +%s%N) - start_ns) / 1000000))
order "$scratch/whole" >"$scratch/wanted"
echo "a run of $(($(wc -l <"$scratch/whole/invocations.csv") - 1)) processes takes $whole_ms ms"

done_kills=0
runs=0
early=0
while [ "$done_kills" -lt "$kills" ]; do
  runs=$((runs + 1))
  out=$scratch/run-$runs
  is_running=yes
  while [ "$is_running" = yes ] && [ "$done_kills" -lt "$kills" ]; do
    if [ -e "$out" ]; then command=("$harness" compare --resume --out "$out"); else command=("${compare[@]}" --out "$out"); fi
    complete "$out/invocations.csv" >"$scratch/before"
    # RANDOM has 15 bits.
    if killed_after $(((RANDOM * 32768 + RANDOM) % whole_ms)) "${command[@]}"; then
      done_kills=$((done_kills + 1))
      [ -e "$out" ] || early=$((early + 1))
    else
      is_running=no
    fi
    if [ -e "$out" ]; then
      head -n "$(wc -l <"$scratch/before")" "$out/invocations.csv" | cmp -s - "$scratch/before" || fail "rows were changed"
      "$harness" validate "$out" >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
    fi
  done
  if [ -e "$out" ]; then
    "$harness" compare --resume --out "$out" >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
    "$harness" validate "$out" >"$scratch/said" || fail "$(cat "$scratch/said")"
    if grep -q '^note:' "$scratch/said"; then fail "$(cat "$scratch/said")"; fi
    order "$out" | cmp - "$scratch/wanted" || fail "other rows than those of a run that was not killed"
    cp "$out/summary.csv" "$scratch/summary"
    "$harness" report "$out" >"$scratch/said" || fail "$(cat "$scratch/said")"
    cmp "$out/summary.csv" "$scratch/summary" || fail "another summary from the same rows"
  fi
  rm -rf "$out"
done
echo "$done_kills kills in $runs runs ($early before the folder was there): every run complete, no row lost or doubled"
