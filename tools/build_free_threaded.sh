#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds a free-threaded CPython for the tests and keeps it in the cache folder:
# no Debian package has one.  Takes some minutes once; a second run is instant.
# Exit 77, with the reason, where it cannot be made.
set -u
. "$(dirname "$0")/lib.sh"

VERSION=3.13.15
SOURCE=python3.13=3.13.15-1 # newer source packages were not to be had

cache=$(hog_cache)
prefix=$cache/python3.13t
python=$prefix/bin/python3.13t

if "$python" -c 'import sys; sys.exit(sys._is_gil_enabled())' 2>/dev/null; then
	echo "$python is there"
	exit 0
fi
command -v apt-get >/dev/null || hog_skip "no apt-get to fetch the source with"
command -v gcc >/dev/null || hog_skip "no gcc"

work=$(mktemp -d "${TMPDIR:-/tmp}/hognose-ft.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache" || hog_skip "cannot write $cache"

log=$work/log
cd "$work" || exit 1
hog_sid_apt "$work/apt" >"$log" 2>&1 || hog_skip "$(tail -n 1 "$log")"
apt-get -q -c "$work/apt/apt.conf" source --download-only --tar-only \
	"$SOURCE" >>"$log" 2>&1 || hog_skip "source: $(tail -n 1 "$log")"
tar xf python3.13_*.orig.tar.* && cd Python-$VERSION* ||
	hog_skip "unexpected source archive: $(ls "$work")"
{
	./configure --prefix="$prefix" --disable-gil --disable-test-modules \
		--without-ensurepip && make -j2 && make install
} >>"$log" 2>&1 || {
	tail -n 15 "$log"
	hog_skip "the build failed"
}
"$python" -c 'import sys; print(sys.executable, sys.version)'
