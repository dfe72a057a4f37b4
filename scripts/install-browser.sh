#!/usr/bin/env bash
# Installs the browser that the dashboard's tests drive: Debian's chromium and chromium-driver.
#
#   scripts/install-browser.sh
#
# Without them `cargo test` counts those tests as ignored.
set -euo pipefail

case ${1:-} in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
as_root=$([ "$(id -u)" = 0 ] || echo sudo)
$as_root apt-get update
$as_root apt-get install --yes --no-install-recommends chromium chromium-driver fonts-dejavu-core
# What decides whether the tests are ignored is looked up again when this changes.
touch "$(dirname "$0")/../harness/cli/build.rs"
