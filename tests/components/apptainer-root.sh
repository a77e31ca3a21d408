#!/bin/bash
# apptainer-root.sh [DIR] -- makes a Debian unstable root that holds the real Apptainer client.
#
# Debian 12 has no Apptainer, and the package of unstable needs a newer C library, so the client
# gets a root of its own. It is kept outside the checkout and made once; a finished one is reused.
#
#   DIR      where the root is to be; by default apptainer-root in $SREGISTRY_TEST_CACHE, which is
#            ~/.cache/sregistry-tests unless set.
#
# Needs root, and apt with a Debian mirror. Installs mmdebstrap when it is missing.
# The last line printed is the directory. On failure: one line on standard error, exit 1.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
exec </dev/null

# No squashfuse: with it the client wants a FUSE device that every user may open; without it, it
# unpacks. No ca-certificates: tests name their own authority in SSL_CERT_FILE.
packages=apptainer,fakeroot,squashfs-tools,uidmap
# Raise the number when the making changes; roots with another recipe are made anew.
recipe="sregistry-core apptainer-root 1 $packages"

main() {
    [ $# -le 1 ] || fail "takes one directory at most"
    [ "$(id -u)" = 0 ] || fail "must run as root"
    [ -n "${1:-}${SREGISTRY_TEST_CACHE:-}${HOME:-}" ] || fail "needs a directory, as HOME is not set"
    local place=${1:-${SREGISTRY_TEST_CACHE:-${HOME:-}/.cache/sregistry-tests}/apptainer-root}
    command -v apt-get >/dev/null || fail "needs apt-get, so it runs on Debian only"
    mkdir -p "$(dirname "$place")" || fail "cannot make the directory that is to hold $place"
    place=$(realpath "$place")

    # Children inherit the lock: while anything of a killed run still works, nobody else starts.
    exec 9>"$place.lock"
    flock --wait 1200 9 || fail "another run has held $place.lock for 20 minutes"

    if ! finished "$place"; then
        [ ! -e "$place" ] || made_here "$place" || fail "$place exists and was not made by this script"
        make_root "$place.new" "$place.log"
        replace "$place"
    fi
    echo "$place"
}

fail() {
    echo "apptainer-root.sh: $*" >&2
    exit 1
}

# The recipe is written last, so a root that has it is whole.
finished() { [ "$(cat "$1/etc/sregistry-recipe" 2>/dev/null)" = "$recipe" ]; }
made_here() { grep -qs '^sregistry-core apptainer-root ' "$1/etc/sregistry-recipe"; }

replace() {
    rm -rf --one-file-system "$1.old"
    [ ! -e "$1" ] || mv "$1" "$1.old"
    mv "$1.new" "$1"
    rm -rf --one-file-system "$1.old" "$1.log"
}

make_root() {
    local new=$1 log=$2
    rm -rf --one-file-system "$new" || fail "cannot remove $new, left over from an earlier run"
    : >"$log"

    install_tools >>"$log" 2>&1 || fail "cannot install mmdebstrap with apt-get (see $log)"
    local mirror keyring
    mirror=$(debian_mirror 2>>"$log") && [ -n "$mirror" ] || fail "apt knows no Debian mirror (see $log)"
    keyring=$(dpkg -L debian-archive-keyring | grep --max-count=1 'archive-keyring\.gpg$') ||
        fail "debian-archive-keyring holds no keyring"

    # A mirror may be frozen at a date, so its validity is not asked. The mounts that mmdebstrap
    # makes live in a namespace of their own and are gone with it, whatever ends it; and it ends
    # when this script does.
    setpriv --pdeathsig TERM unshare --mount --propagation private \
        timeout --kill-after=10 1000 \
        mmdebstrap --mode=root --variant=minbase --include="$packages" \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        --dpkgopt=force-unsafe-io \
        sid "$new" "deb [signed-by=$keyring] $mirror sid main" >>"$log" 2>&1 ||
        fail "mmdebstrap failed (see $log)"

    furnish "$new" >>"$log" 2>&1 || fail "cannot furnish the new root (see $log)"
}

install_tools() {
    local missing=()
    command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    dpkg -L debian-archive-keyring >/dev/null || missing+=(debian-archive-keyring)
    [ ${#missing[@]} -gt 0 ] || return 0

    install_packages "${missing[@]}" || { refresh_lists && install_packages "${missing[@]}"; }
}
install_packages() { apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"; }
refresh_lists() { apt-get -o DPkg::Lock::Timeout=300 update; }

# The mirror this machine itself uses; the label leaves out the security archive, which has no sid.
debian_mirror() {
    local found
    found=$(main_archives)
    if [ -z "$found" ]; then
        refresh_lists >&2
        found=$(main_archives)
    fi
    head -n 1 <<<"$found"
}
main_archives() {
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sort -u
}

furnish() {
    local new=$1
    # The client does not start without these two. They name nothing but this machine, so it can
    # reach no server outside, such as the public key server it would ask on its own.
    printf '127.0.0.1 localhost\n::1 localhost\n' >"$new/etc/hosts" &&
        rm -f "$new/etc/resolv.conf" && touch "$new/etc/resolv.conf" &&
        chroot "$new" useradd --uid 1000 --create-home tester &&
        { grep -q '^tester:' "$new/etc/subuid" ||
            chroot "$new" usermod --add-subuids 100000-165535 --add-subgids 100000-165535 tester; } &&
        chroot "$new" apptainer --version &&
        echo "$recipe" >"$new/etc/sregistry-recipe"
}

main "$@"
