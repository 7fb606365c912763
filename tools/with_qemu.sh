#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command where the kernel starts aarch64 programs through qemu-user:
# Criterion executes its program again for each test, and qemu does not follow
# an exec by itself.  The registration lives in a user namespace of its own
# (Linux 6.7 and later), so the machine is left as it was.
# Exit 77, with the reason, where that cannot be had.
set -u
. "$(dirname "$0")/lib.sh"

qemu=$(command -v qemu-aarch64) || hog_skip "no qemu-aarch64"
[ "$(uname -m)" = aarch64 ] && exec "$@"
export HOGNOSE_QEMU_USER=1 # for tests that need a kernel of their own machine
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] && exec "$@"

MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
REGISTER='
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc &&
printf "%s" "$1" >/proc/sys/fs/binfmt_misc/register || exit 77
shift
exec "$@"'
rule=":qemu-aarch64:M::$MAGIC:$MASK:$qemu:"

unshare -Urm sh -c "$REGISTER" sh "$rule" true 2>/dev/null ||
	hog_skip "this kernel has no binfmt_misc in a user namespace"
exec unshare -Urm sh -c "$REGISTER" sh "$rule" "$@"
