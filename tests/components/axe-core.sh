#!/usr/bin/env bash
# Installs axe-core of npm in the directory that is named, and prints the path of its script. What is
# there already is used again.
set -euo pipefail

place=$1
version=4.14.1
module=$place/node_modules/axe-core

mkdir -p "$place"
exec 9>"$place.lock"
flock 9
if ! grep -qs "\"version\": \"$version\"" "$module/package.json"; then
    npm install --prefix "$place" --no-audit --no-fund --loglevel=error "axe-core@$version" >&2
fi
echo "$module/axe.min.js"
