#!/usr/bin/env bash
# Measures what each technique of each engine brings (`harness ablate` over the core workloads, size test, 10 processes) and
# puts the table into the README of the engine, between the markers, or behind its last line if it has none yet.
# Takes up to half an hour an engine; nothing else should run on the machine meanwhile.
#
#   scripts/ablate.sh [ENGINE..] [-- more options of `harness ablate`]
#
# Without names it measures every engine that has a knob to turn off. The results folders stay, as results/ablate-ENGINE.
# HARNESS=PATH names a harness that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."

harness=${HARNESS:-}
if [ -z "$harness" ]; then
  cargo build --quiet --release --package harness-cli --bin harness
  harness=${CARGO_TARGET_DIR:-target}/release/harness
fi

engines=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do engines+=("$1"); shift; done
[ $# -eq 0 ] || shift
if [ ${#engines[@]} -eq 0 ]; then
  mapfile -t engines < <("$harness" list engines --format json | sed -n 's/^ *"engine": "\(.*\)",$/\1/p')
fi

# The README of the engine with that id.
readme_of() {
  local source
  source=$(grep -lF "id: \"$1\"" -r engines/*/src | head -n 1)
  [ -n "$source" ] || { echo "no engine here has the id '$1'" >&2; exit 2; }
  echo "${source%%/src/*}/README.md"
}

begin='<!-- ablation: written by scripts/ablate.sh, do not edit -->'
end='<!-- /ablation -->'
for engine in "${engines[@]}"; do
  readme=$(readme_of "$engine")
  out=results/ablate-$engine
  rm -rf "$out.new"
  "$harness" ablate --engine "$engine" --size test --invocations 10 --out "$out.new" "$@"
  # What was there is replaced only by a whole run.
  rm -rf "$out"
  mv "$out.new" "$out"
  grep -qF "$begin" "$readme" || printf '\n## What each technique brings\n\n%s\n%s\n' "$begin" "$end" >> "$readme"
  {
    awk -v mark="$begin" '{ print } index($0, mark) { exit }' "$readme"
    cat "$out/effects.md"
    awk -v mark="$end" 'index($0, mark) { found = 1 } found { print }' "$readme"
  } > "$readme.new"
  mv "$readme.new" "$readme"
done
