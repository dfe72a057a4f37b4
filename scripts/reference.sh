#!/usr/bin/env bash
# Makes the reference run anew, compresses it, and puts its figures and its table into README.md between the markers.
# Takes about an hour and a half; nothing else should run on the machine meanwhile. It measures into a temporary folder, so
# that a failure leaves the old run and the clone is clean while it measures: the page names the revision.
#
#   scripts/reference.sh [more options of `harness compare`]
#   scripts/reference.sh --from DIR      takes a run that was measured already
#
# HARNESS=PATH names a harness that is built already.
set -euo pipefail
case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

from=
if [ "${1:-}" = --from ]; then from=$(realpath "$2"); shift 2; fi

changed=$(git status --porcelain --untracked-files=no)
if [ -n "$changed" ]; then
  printf 'there are uncommitted changes, and a run must name what it measured; commit or stash them first:\n%s\n' "$changed" >&2
  exit 2
fi

harness=${HARNESS:-}
if [ -z "$harness" ]; then
  cargo build --quiet --release --package harness-cli --bin harness
  harness=${CARGO_TARGET_DIR:-target}/release/harness
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fresh=$work/reference
options=(--engines all --preset standard --size test)
if [ -n "$from" ]; then
  cp -r "$from" "$fresh"
else
  "$harness" compare "${options[@]}" --out "$fresh" "$@"
fi

# The same bytes whenever it is done: without names and times.
for table in iterations.csv invocations.csv jit_events.csv; do
  if [ -f "$fresh/$table" ]; then gzip -9 --no-name "$fresh/$table"; fi
done
"$harness" report "$fresh" > /dev/null
"$harness" validate "$fresh"
# `harness report` makes them again; git ignores them.
rm -f "$fresh"/*.png "$fresh"/report.html
most_kb=5120
size_kb=$(du --apparent-size --summarize --block-size=1024 "$fresh" | cut -f1)
if [ "$size_kb" -gt "$most_kb" ]; then
  kept=results/reference-too-large
  rm -rf "$kept" && mv "$fresh" "$kept"
  echo "the run has $size_kb kB, more than $most_kb; it is in $kept, and results/reference is as it was" >&2
  exit 1
fi
rm -rf results/reference
mv "$fresh" results/reference

# The value of a key that stands once in environment.json.
from_environment() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\).*/\1/p" results/reference/environment.json | head -n 1; }

revision=$(from_environment git_revision)
# A run that was measured already says itself how.
from_plan() { sed -n "s/^ *\"$1\": *\"\([^\",]*\)\".*/\1/p" results/reference/plan.json | head -n 1; }
options=(--engines all --preset "$(from_plan preset)" --size "$(from_plan size)")
{
  awk '/<!-- reference:/ { print; exit } { print }' README.md
  echo "Made by \`cargo harness compare ${options[*]}${*:+ $*}\` and \`scripts/reference.sh\` at revision ${revision:0:12} on $(from_environment cpu_model), $(from_environment cores) cores."
  echo
  echo '![Speed-up over PUC Lua 5.4 of every engine on each workload, as numbers](results/reference/heat_map.svg)'
  echo
  echo '![Steady speed of every engine against start-up, first iteration, compiling, memory and machine code](results/reference/costs.svg)'
  echo
  cat results/reference/summary.md
  awk '/<!-- \/reference -->/ { found = 1 } found { print }' README.md
} > README.md.new
mv README.md.new README.md
