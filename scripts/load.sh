#!/usr/bin/env bash
# Puts `harness serve` under the load of 64 clients for a minute, a third of them hostile, and writes the figures into
# its README.
#
#   scripts/load.sh [SECONDS]
#
# SECONDS is 60 if it is not given; only then is anything written. The exit status is 1 if an answer was wrong or late, if
# the server grew or ended.
set -euo pipefail

case ${1:-} in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
seconds=${1:-60}
cd "$(dirname "$0")/.."
output=$(mktemp)
trap 'rm -f "$output"' EXIT
LOAD_SECONDS=$seconds cargo test --release --package harness-cli --test serve -- --ignored --nocapture load:: | tee "$output"
if [ "$seconds" = 60 ]; then
  sed -n '/^| clients /,/afterwards\.$/p' "$output" > "$output.table"
  readme=harness/serve/README.md
  sed -i -e '/<!-- load: written/,/<!-- \/load -->/ {
    /<!-- load: written/ r '"$output.table"'
    /<!-- load: written/! { /<!-- \/load -->/! d }
  }' "$readme"
  rm -f "$output.table"
fi
