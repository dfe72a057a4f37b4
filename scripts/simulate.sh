#!/usr/bin/env bash
# Simulates measurements whose truth is known, whole (10,000 series, thousands of campaigns), writes what the statistics
# make of them to harness/simulation.md, and puts that between the markers of harness/METHODOLOGY.md.
# Takes about ten minutes on one core. The seeds are fixed: the same build gives the same numbers.
#
#   scripts/simulate.sh [more options of `cargo test`, as --release]
set -euo pipefail
[ $# -eq 0 ] || case $1 in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."

said=$(mktemp)
trap 'rm -f "$said"' EXIT
SLOW_TESTS=1 cargo test --package harness --lib "$@" simulation:: -- --nocapture --test-threads 1 >"$said" 2>&1 ||
  { cat "$said"; exit 1; }

# table FIRST_COLUMN: the rows of the one printed table that begins with it. Its first line stands behind a test's name.
table() {
  awk -v first="| $1 " '
    !inside && index($0, first) { inside = 1; print substr($0, index($0, first)); next }
    inside && !/^\|/ { exit }
    inside' "$said"
}

{
  echo "Found by \`scripts/simulate.sh\`, with fixed seeds."
  echo
  echo "How often 95 % intervals cover the truth:"
  echo
  table "means of processes"
  echo
  echo "How often a slowdown of 5 % is called slower, and an equal cell different, by 10 processes over 40 cells:"
  echo
  table "a process's ratio"
  echo
  echo "How often the gate of 5 % ends unchanged runs as a regression or as inconclusive, and names the one pair of 40 that is 10 % slower:"
  echo
  table "controls"
  echo
  echo "How often processes with one mode are split:"
  echo
  table "one mode of"
  echo
  echo "The distances, in pooled standard deviations, that 0.5 %, 0.3 %, 0.1 % and 0.1 % of such samples are past; the thresholds are above them:"
  echo
  table "processes | one apart: normal, t3"
  echo
  echo "How often two modes, with a standard deviation of 2 % each, are found:"
  echo
  table "80 / 20 at a ratio of"
  echo
  echo "How often series that are flat by construction, drawn from the later half of real processes, are called something else, with the upper end of the 95 % interval of that:"
  echo
  table "iterations, drawn from"
  echo
  echo "How often shifts are found, in normal noise:"
  echo
  table "iterations | scatter"
  echo
  echo "What classes series with the noise of real processes get:"
  echo
  table "series of 500 iterations, noise of real processes"
  echo
  echo "How often a process that runs until it is steady is called so, with the noise of real processes, and how often at a level that is not that of the iterations to come:"
  echo
  table "a process of at most 2000 iterations"
  echo
  echo "How often the planted class of 10,000 series is found:"
  echo
  table "shift, sd"
} >harness/simulation.md

{
  awk '/<!-- simulation -->/ { print; exit } { print }' harness/METHODOLOGY.md
  cat harness/simulation.md
  awk '/<!-- \/simulation -->/ { found = 1 } found { print }' harness/METHODOLOGY.md
} >harness/METHODOLOGY.md.new
mv harness/METHODOLOGY.md.new harness/METHODOLOGY.md
