#!/usr/bin/env bash
# Fails if commits that touch engines came after the revision that the reference run was measured at, and lists them.
#
#   scripts/reference-fresh.sh [RESULTS_FOLDER]
set -euo pipefail
case ${1:-} in -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

folder=${1:-results/reference}
revision=$(sed -n 's/^ *"git_revision": *"\([0-9a-f]*\)".*/\1/p' "$folder/environment.json" | head -n 1)
if ! git cat-file -e "$revision^{commit}" 2> /dev/null; then
  echo "$folder names the revision '$revision', which this clone does not have" >&2
  exit 1
fi
if grep -q '"git_dirty": true' "$folder/environment.json"; then
  echo "$folder was measured with uncommitted changes" >&2
  exit 1
fi
# What is said of engines does not change them.
behind=$(git log --oneline "$revision..HEAD" -- engines ':(exclude)*.md')
if [ -n "$behind" ]; then
  printf '%s commits that touch engines came after %s:\n%s\nscripts/reference.sh measures anew\n' \
    "$(wc -l <<< "$behind")" "$folder" "$behind" >&2
  exit 1
fi
echo "$folder is of ${revision:0:12}, and no commit has touched an engine since"
