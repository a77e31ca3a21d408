#!/bin/bash
# debian-base.sh [FILE] -- makes what stands for the image debian:bookworm-slim: a tar of a small Debian.
#
# Tests that build our images reach no public registry of images, but the Debian mirror and the index
# of Python packages that this machine uses; so its certificates and pip's settings are in the tree.
# It is kept outside the checkout and made once.
#
#   FILE     the tar; by default debian-base.tar in $SREGISTRY_TEST_CACHE, which is
#            ~/.cache/sregistry-tests unless set.
#
# Needs root, apt with a Debian mirror, and mmdebstrap. The last line printed is the file. On failure:
# one line on standard error, exit 1.
set -euo pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
exec </dev/null

# Raise the number when the making changes; what another recipe made is made anew.
recipe="sregistry-core debian-base 1"

main() {
    [ $# -le 1 ] || fail "takes one file at most"
    [ "$(id -u)" = 0 ] || fail "must run as root"
    local place=${1:-${SREGISTRY_TEST_CACHE:-$HOME/.cache/sregistry-tests}/debian-base.tar}
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is not installed: apt-get install mmdebstrap"
    mkdir -p "$(dirname "$place")"
    place=$(realpath "$place")

    exec 9>"$place.lock"
    flock --wait 600 9 || fail "another run has held $place.lock for 10 minutes"
    if [ ! -e "$place" ] || [ "$(cat "$place.recipe" 2>/dev/null)" != "$recipe" ]; then
        make_base "$place.new.tar" "$place.log"
        mv "$place.new.tar" "$place"
        echo "$recipe" >"$place.recipe"
        rm -f "$place.log"
    fi
    echo "$place"
}

fail() {
    echo "debian-base.sh: $*" >&2
    exit 1
}

make_base() {
    local new=$1 log=$2 mirror keyring settings
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sort -u | head -n 1)
    [ -n "$mirror" ] || fail "apt knows no Debian mirror"
    keyring=$(dpkg -L debian-archive-keyring | grep --max-count=1 'archive-keyring\.gpg$') ||
        fail "debian-archive-keyring is not installed"
    settings="[global]\ncert = /etc/ssl/machine.crt\n"
    [ -z "${PIP_INDEX_URL:-}" ] || settings+="index-url = $PIP_INDEX_URL\n"

    # A mirror may be frozen at a date, so its validity is not asked.
    setpriv --pdeathsig TERM unshare --mount --propagation private \
        timeout --kill-after=10 500 \
        mmdebstrap --mode=root --variant=minbase --include=ca-certificates \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        --dpkgopt=force-unsafe-io \
        --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/machine.crt"' \
        --customize-hook="printf '$settings' >\"\$1/etc/pip.conf\"" \
        bookworm "$new" "deb [signed-by=$keyring] $mirror bookworm main" >"$log" 2>&1 ||
        fail "mmdebstrap failed (see $log)"
}

main "$@"
