#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing: "build" (default) for make and make demo, "check" for
# make check as well.  Debian and Ubuntu, as root or by sudo; elsewhere it says
# what is needed.  Quick when nothing is missing.
set -u

BUILD="gcc meson ninja-build pkg-config libc6-dev libelf-dev libzstd-dev
libjson-c-dev python3"
CHECK="make git clang clang-format clang-tidy clang-tools libclang-rt-14-dev
cppcheck mandoc
libcriterion-dev python3-pytest python3-pytest-xdist pyflakes3 chromium
gdb strace binutils util-linux debootstrap"
CROSS="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libc6:arm64
libelf-dev:arm64 libzstd-dev:arm64 libjson-c-dev:arm64
libgit2-1.5:arm64 libffi8:arm64"

want=$BUILD
[ "${1:-build}" = check ] && want="$BUILD $CHECK"
foreign=
if [ "${1:-build}" = check ] && [ "$(uname -m)" = x86_64 ]; then
	want="$want $CROSS"
	foreign=arm64
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	for program in cc meson ninja pkg-config python3; do
		command -v $program >/dev/null || missing="${missing:-} $program"
	done
	[ -z "${missing:-}" ] || echo "needed, and not found:$missing"
	echo "not a Debian: please see to it that there are: $BUILD"
	echo "(headers of libelf, libzstd and json-c; for make check: $CHECK)"
	[ -z "${missing:-}" ]
	exit
fi

# Names with or without :ARCH, as dpkg has them.
have=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n${db:Status-Abbrev}|${Package}:${Architecture}\n' |
	sed -n 's/^.i *|//p')
lacks()
{
	for package in $want; do
		echo "$have" | grep -qx "$package" || printf '%s ' "$package"
	done
}

missing=$(lacks)
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root="sudo"
	# Without a terminal sudo cannot ask; say what to do instead.
	if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
		echo "please install, as root: apt-get install $missing" >&2
		exit 1
	fi
fi
echo "installing: $missing"
export DEBIAN_FRONTEND=noninteractive
if [ -n "$foreign" ] && ! dpkg --print-foreign-architectures | grep -qx $foreign; then
	$as_root dpkg --add-architecture $foreign
fi
wait="-o DPkg::Lock::Timeout=300"
$as_root apt-get -q $wait update >/dev/null ||
	echo "apt-get update failed: trying with the lists that are there" >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y $wait install \
	--no-install-recommends --no-remove $missing </dev/null
