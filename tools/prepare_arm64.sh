#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Criterion for aarch64, unpacked into the cache folder.  Its packages are not
# installed beside the native ones: where one of the two was rebuilt, apt would
# remove the native Criterion for it.
# Prints the folder; exit 77, with the reason, where it cannot be had.
set -u
. "$(dirname "$0")/lib.sh"

root=$(hog_cache)/arm64-root
libs=$root/usr/lib/aarch64-linux-gnu

if [ ! -e "$libs/pkgconfig/criterion.pc" ]; then
	command -v apt-get >/dev/null || hog_skip "no apt-get"
	work=$(mktemp -d "${TMPDIR:-/tmp}/hognose-arm.XXXXXX") || exit 1
	trap 'rm -rf "$work"' EXIT
	cd "$work" || exit 1
	apt-get -q download libcriterion3:arm64 libcriterion-dev:arm64 \
		libnanomsg5:arm64 >log 2>&1 ||
		hog_skip "Criterion for arm64: $(tail -n 1 log)"
	mkdir -p "$root" || hog_skip "cannot write $root"
	for package in *.deb; do
		dpkg-deb -x "$package" "$root" || exit 1
	done
	sed -i "s,^libdir=.*,libdir=$libs," "$libs/pkgconfig/criterion.pc"
	sed -i -e /^Requires.private/d -e "s,^includedir=.*,includedir=$root/usr/include," "$libs/pkgconfig/criterion.pc"
fi
echo "$root"
