#!/usr/bin/env bash
# Makes the reference run anew and puts its table into README.md between the markers.
# Takes a few minutes; nothing else should run on the machine meanwhile.
# usage: scripts/reference.sh [more options of `harness compare`]
set -euo pipefail
cd "$(dirname "$0")/.."

command="cargo harness compare --engines all"
# The old run stays until the new one is whole.
fresh=results/reference-$(date +%s)
cargo harness compare --engines all --out "$fresh" "$@"
rm -rf results/reference
mv "$fresh" results/reference

# The value of a key that stands once in environment.json.
from_environment() { sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\",]*\).*/\1/p" results/reference/environment.json | head -n 1; }

{
  awk '/<!-- reference:/ { print; exit } { print }' README.md
  echo "Made by \`$command${*:+ $*}\` on $(from_environment cpu_model), $(from_environment cores) cores."
  echo
  cat results/reference/summary.md
  awk '/<!-- \/reference -->/ { found = 1 } found { print }' README.md
} > README.md.new
mv README.md.new README.md
