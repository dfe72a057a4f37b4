#!/usr/bin/env bash
# Asks the API of `harness serve` what its own OpenAPI document allows, and what it does not, by schemathesis.
#
#   scripts/check-api.sh [CASES [SEED]]
#
# CASES for each path is 1000 and SEED 1 if they are not given. Needs schemathesis (pip install schemathesis).
# JITLAB_HARNESS=PATH names a program that is built already. Every check that schemathesis has is made, of every path but
# the stream of events, which has no end. The exit status is that of schemathesis: 1 if anything was found.
set -euo pipefail

case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cases=${1:-1000} seed=${2:-1}
cd "$(dirname "$0")/.."
if ! command -v schemathesis > /dev/null; then
  echo "schemathesis is not there: pip install schemathesis" >&2
  exit 2
fi
harness=${JITLAB_HARNESS:-}
if [ -z "$harness" ]; then
  cargo build --release --package harness-cli
  harness=${CARGO_TARGET_DIR:-target}/release/harness
fi
work=$(mktemp -d)
"$harness" serve --port 0 --time-limit 0.5 --open results/reference > "$work/address" &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
until [ -s "$work/address" ]; do
  kill -0 "$server"
  sleep 0.1
done
address=$(sed -n 's/^listening at //p' "$work/address")
schemathesis --config-file scripts/check-api.toml run "${address}api/openapi.json" \
  --checks all --max-examples "$cases" --seed "$seed" --no-color --exclude-path /api/events
# Whatever it was asked, it is well.
kill -0 "$server"
curl --silent --fail "${address}api/health"
