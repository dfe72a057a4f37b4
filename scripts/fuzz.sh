#!/usr/bin/env bash
# Runs random programs on every engine at every setting and compares what they print, with PUC Lua if there is one.
#
#   scripts/fuzz.sh [PROGRAMS [FIRST_SEED]]
#
# PROGRAMS is 1000 and FIRST_SEED 0 if they are not given. JITLAB_LUA=PATH names a PUC Lua 5.4.9; without it, engines are
# compared with each other. Programs that show a difference go to the folder FUZZ_KEEP, if it is set. The last line says
# how many differ, and with which seeds; the exit status is 1 if there are any.
set -euo pipefail

case ${1:-} in -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
FUZZ_PROGRAMS=${1:-1000} FUZZ_FROM=${2:-0} cargo test --quiet --package conformance --test fuzz
