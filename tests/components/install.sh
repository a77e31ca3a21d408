#!/usr/bin/env bash
# Installs the programs that the tests drive, where that is possible: as root, with apt-get.
# What is missing afterwards makes its tests skip with a line, or fail under CI=true.
set -euo pipefail

programs=(
    mksquashfs:squashfs-tools
    mke2fs:e2fsprogs
    redis-server:redis-server
    /usr/lib/postgresql/15/bin/postgres:postgresql-15
    nginx:nginx
    strace:strace
    faketime:faketime
    shellcheck:shellcheck
    wrk:wrk
    skopeo:skopeo
    buildah:buildah
    curl:curl
    jq:jq
    slapd:slapd
    ldapmodify:ldap-utils
    gcc:gcc
    openssl:openssl
    git:git
    ssh:openssh-client
    /usr/sbin/sshd:openssh-server
    node:nodejs
    npm:npm
    xmlsec1:xmlsec1
    radosgw:radosgw
    ceph-mon:ceph-mon
    ceph-osd:ceph-osd
    ceph:ceph-common
    swift-proxy-server:swift-proxy
    swift-account-server:swift-account
    swift-container-server:swift-container
    swift-object-server:swift-object
    memcached:memcached
    mmdebstrap:mmdebstrap
    /usr/sbin/debootstrap:debootstrap
    /bin/busybox:busybox-static
    chromium:chromium
    munged:munge
    slurmctld:slurmctld
    slurmd:slurmd
    sbatch:slurm-client
    unshare:util-linux
    ip:iproute2
    systemd-analyze:systemd
    podman:podman
    /usr/lib/podman/netavark:netavark
    /usr/lib/podman/aardvark-dns:aardvark-dns
    iptables:iptables
    runc:runc
    go:golang-go
)

PATH=$PATH:/usr/sbin:/sbin
missing=()
for entry in "${programs[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
done
# The library of the LDAP plugin has no wheel: it is compiled against these.
[ -e /usr/include/ldap.h ] || missing+=(libldap2-dev)
[ -e /usr/include/sasl/sasl.h ] || missing+=(libsasl2-dev)
[ -n "$(find -L /lib/*/security /lib/security -name pam_pwdfile.so 2>/dev/null)" ] || missing+=(libpam-pwdfile)
[ "${#missing[@]}" -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed, and only root can install it with apt-get: ${missing[*]}" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
    echo "apt-get could not install: ${missing[*]}" >&2
fi
