#!/bin/bash
# unstable-programs.sh [DIR] -- fetches oras, crane, docker-compose and kustomize from Debian unstable.
#
# Debian 12 has none of them, but each is one file that needs no newer library: their packages are
# unpacked, never installed. They are kept outside the checkout and fetched once.
#
#   DIR      where they are to be; by default unstable-programs in $SREGISTRY_TEST_CACHE, which is
#            ~/.cache/sregistry-tests unless set.
#
# Needs apt with a Debian mirror; not root. The machine's own lists of packages are not touched.
# The last line printed is the directory that holds the programs. On failure: one line on standard
# error, exit 1.
set -euo pipefail
export LC_ALL=C.UTF-8
exec </dev/null

packages=(oras crane docker-compose kustomize)
# Raise the number when the making changes; what another recipe made is made anew.
recipe="sregistry-core unstable-programs 1 ${packages[*]}"

main() {
    [ $# -le 1 ] || fail "takes one directory at most"
    [ -n "${1:-}${SREGISTRY_TEST_CACHE:-}${HOME:-}" ] || fail "needs a directory, as HOME is not set"
    local place=${1:-${SREGISTRY_TEST_CACHE:-${HOME:-}/.cache/sregistry-tests}/unstable-programs}
    command -v apt-get >/dev/null || fail "needs apt-get, so it runs on Debian only"
    mkdir -p "$(dirname "$place")" || fail "cannot make the directory that is to hold $place"
    place=$(realpath "$place")

    exec 9>"$place.lock"
    flock --wait 600 9 || fail "another run has held $place.lock for 10 minutes"
    if ! finished "$place"; then
        [ ! -e "$place" ] || made_here "$place" || fail "$place exists and was not made by this script"
        fetch "$place.new" "$place.log"
        rm -rf "$place"
        mv "$place.new" "$place"
        rm -f "$place.log"
    fi
    echo "$place/usr/bin"
}

fail() {
    echo "unstable-programs.sh: $*" >&2
    exit 1
}

# The recipe is written last, so what has it is whole.
finished() { [ "$(cat "$1/recipe" 2>/dev/null)" = "$recipe" ]; }
made_here() { grep -qs '^sregistry-core unstable-programs ' "$1/recipe"; }

fetch() {
    local new=$1 log=$2 mirror keyring
    rm -rf "$new" || fail "cannot remove $new, left over from an earlier run"
    mkdir -p "$new/apt/lists/partial" "$new/apt/cache/archives/partial" "$new/debs"
    : >"$log"

    mirror=$(debian_mirror 2>>"$log") && [ -n "$mirror" ] || fail "apt knows no Debian mirror (see $log)"
    keyring=$(dpkg -L debian-archive-keyring 2>>"$log" | grep --max-count=1 'archive-keyring\.gpg$') ||
        fail "debian-archive-keyring holds no keyring"
    echo "deb [signed-by=$keyring] $mirror sid main" >"$new/apt/sources.list"

    { own_apt "$new" update && (cd "$new/debs" && own_apt "$new" download "${packages[@]}"); } \
        >>"$log" 2>&1 || fail "apt-get cannot fetch ${packages[*]} (see $log)"
    local package
    for package in "$new"/debs/*.deb; do
        dpkg -x "$package" "$new" >>"$log" 2>&1 || fail "cannot unpack $package (see $log)"
    done
    for package in "${packages[@]}"; do
        "$new/usr/bin/$package" version >>"$log" 2>&1 || fail "$package does not run here (see $log)"
    done
    rm -rf "$new/apt" "$new/debs"
    echo "$recipe" >"$new/recipe"
}

# The machine's own settings, such as its proxy, with lists and sources of its own. A mirror may be
# frozen at a date, so its validity is not asked; root need not become the user _apt.
own_apt() {
    local new=$1
    shift
    apt-get -o Dir::Etc::SourceList="$new/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$new/apt/lists" -o Dir::Cache="$new/apt/cache" \
        -o Dir::State::status=/dev/null -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 "$@"
}

# The mirror this machine itself uses; the label leaves out the security archive, which has no sid.
debian_mirror() {
    local found
    found=$(main_archives)
    if [ -z "$found" ] && [ "$(id -u)" = 0 ]; then
        apt-get -o DPkg::Lock::Timeout=300 update >&2
        found=$(main_archives)
    fi
    head -n 1 <<<"$found"
}
main_archives() {
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sort -u
}

main "$@"
