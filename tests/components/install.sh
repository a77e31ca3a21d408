#!/usr/bin/env bash
# Installs the programs that the tests drive, where that is possible: as root, with apt-get.
# What is missing afterwards makes its tests skip with a line, or fail under CI=true.
set -euo pipefail

programs=(
    mksquashfs:squashfs-tools
    mke2fs:e2fsprogs
    redis-server:redis-server
    nginx:nginx
    strace:strace
    wrk:wrk
    mmdebstrap:mmdebstrap
    unshare:util-linux
)

PATH=$PATH:/usr/sbin:/sbin
missing=()
for entry in "${programs[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed, and only root can install it with apt-get: ${missing[*]}" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
    echo "apt-get could not install: ${missing[*]}" >&2
fi
