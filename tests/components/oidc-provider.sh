#!/usr/bin/env bash
# Installs the OpenID provider oidc-provider of npm in the directory that is named, and prints the
# path of its module. What is there already is used again.
set -euo pipefail

place=$1
version=9.13.3
module=$place/node_modules/oidc-provider

mkdir -p "$place"
exec 9>"$place.lock"
flock 9
if ! grep -qs "\"version\": \"$version\"" "$module/package.json"; then
    npm install --prefix "$place" --no-audit --no-fund --loglevel=error "oidc-provider@$version" >&2
fi
echo "$module/lib/index.js"
