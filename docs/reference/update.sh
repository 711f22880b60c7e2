#!/bin/sh
# Rewrites the pages beside this script with what the program prints: docs/reference/update.sh build/src/trawl
set -eu
trawl=${1:?usage: update.sh TRAWL}
cd "$(dirname "$0")" || exit
case $trawl in /*) ;; *) trawl=$OLDPWD/$trawl ;; esac
rm -f ./*.md
"$trawl" --help-markdown > README.md
"$trawl" --help | sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z]*\)\{0,1\}\)  .*/\1/p' | while read -r command; do
  # Split on purpose: some commands have two words.
  # shellcheck disable=SC2086
  "$trawl" $command --help-markdown > "$(echo "$command" | tr ' ' '-').md"
done
