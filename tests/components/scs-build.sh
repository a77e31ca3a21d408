#!/usr/bin/env bash
# scs-build.sh [DIR] -- makes scs-build, the build client of Sylabs, whose package is SingularityCE's own.
#
#   DIR      where it is to be; by default scs-build in $SREGISTRY_TEST_CACHE, which is
#            ~/.cache/sregistry-tests unless set.
#
# Needs Go, of any version from 1.19 on: where it is older than the client wants, a newer Go comes by
# the same module proxy. The last line printed is the path of the program. On failure: one line on
# standard error, exit 1.
set -euo pipefail
export LC_ALL=C.UTF-8
exec </dev/null

version=v0.9.21
toolchain=go1.25.7

fail() {
    echo "scs-build.sh: $*" >&2
    exit 1
}

[ -n "${1:-}${SREGISTRY_TEST_CACHE:-}${HOME:-}" ] || fail "needs a directory, as HOME is not set"
place=${1:-${SREGISTRY_TEST_CACHE:-${HOME:-}/.cache/sregistry-tests}/scs-build}
program=$place/scs-build-$version
mkdir -p "$place" || fail "cannot make $place"
exec 9>"$place.lock"
flock --wait 600 9 || fail "another run has held $place.lock for 10 minutes"

if [ ! -x "$program" ]; then
    command -v go >/dev/null || fail "needs Go: apt-get install golang-go"
    log=$place/log
    : >"$log"
    # What is fetched and compiled on the way goes with it.
    export GOPATH=$place/work GOCACHE=$place/work/cache GOFLAGS=-modcacherw GOBIN=$place/bin GO111MODULE=on
    go=go
    # From 1.21 on Go fetches the newer one itself.
    if go version | grep -qE ' go1\.(19|20)(\.| )'; then
        module=golang.org/toolchain@v0.0.1-$toolchain.linux-$(go env GOARCH)
        go mod download "$module" >>"$log" 2>&1 || fail "cannot fetch $toolchain (see $log)"
        root=$GOPATH/pkg/mod/$module
        # A module has no programs, so they are not marked as such.
        chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
        export GOROOT=$root GOTOOLCHAIN=local
        go=$root/bin/go
    fi
    "$go" install "github.com/sylabs/scs-build-client/cmd/scs-build@$version" >>"$log" 2>&1 ||
        fail "cannot be made: $(tail -n 1 "$log")"
    mv "$place/bin/scs-build" "$program"
    rm -rf "$place/work" "$place/bin" "$log"
fi
echo "$program"
