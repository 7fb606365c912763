#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a Debian sid chroot with the CPythons newer than this machine's (release
# and debug builds), for the tests, and keeps it in the cache folder.
# Exit 77, with the reason, where it cannot be made.
set -u
. "$(dirname "$0")/lib.sh"

WANTED="python3.13 python3.14 python3.15"

root=${HOGNOSE_SID:-$(hog_cache)/sid-root}

complete()
{
	for python in $WANTED; do
		[ -x "$root/usr/bin/$python" ] || return 1
		[ -x "$root/usr/bin/${python}d" ] || return 1
	done
}

if complete; then
	echo "$root is there"
	exit 0
fi
[ "$(id -u)" = 0 ] || hog_skip "making a chroot needs root"
command -v debootstrap >/dev/null || hog_skip "no debootstrap"
mirror=$(hog_mirror)
[ -n "$mirror" ] || hog_skip "no Debian mirror in apt's sources"

log=$(mktemp "${TMPDIR:-/tmp}/hognose-sid.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

# debootstrap does not look at the date of a Release file, apt does: a frozen
# mirror's is past it (below).
if [ ! -x "$root/usr/bin/apt-get" ]; then
	mkdir -p "$root" || hog_skip "cannot write $root"
	debootstrap --variant=minbase sid "$root" "$mirror" >"$log" 2>&1 ||
		hog_skip "debootstrap: $(tail -n 1 "$log")"
fi
echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/50hognose"
cp /etc/apt/apt.conf.d/*prox* "$root/etc/apt/apt.conf.d/" 2>/dev/null
[ -e /etc/resolv.conf ] && cp -L /etc/resolv.conf "$root/etc/resolv.conf"

# /proc is mounted in a namespace of its own: nothing stays behind.
inside()
{
	unshare -m sh -c 'mount -t proc proc "$1/proc" || exit 1
		root=$1; shift; exec chroot "$root" "$@"' sh "$root" "$@"
}
packages=
for python in $WANTED; do
	packages="$packages $python $python-dbg"
done
inside apt-get -q update >>"$log" 2>&1 ||
	hog_skip "apt-get update: $(tail -n 1 "$log")"
# shellcheck disable=SC2086
inside apt-get -q -y --no-install-recommends install $packages python3-numpy \
	</dev/null >>"$log" 2>&1 || hog_skip "apt-get: $(tail -n 1 "$log")"
inside apt-get clean >>"$log" 2>&1
complete || hog_skip "not all of $WANTED were to be had"
echo "$root made"
