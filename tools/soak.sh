#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make soak: the truth tests with twenty times the stacks, again and again, for
# SOAK_SECONDS (600) or until one fails.  BUILD names the build (build).
set -u
cd "$(dirname "$0")/.." || exit 1
SOAK_SECONDS=${SOAK_SECONDS:-600}
BUILD=$(realpath "${BUILD:-build}")
PYTEST_PYTHON=${PYTEST_PYTHON:-/usr/bin/python3}
export HOGNOSE=$BUILD/hognose TRUTH_COPIES=100000 TRUTH_SECONDS=20
round=0
while :; do
	left=$((SOAK_SECONDS - SECONDS))
	[ "$left" -gt 0 ] || break
	round=$((round + 1))
	timeout --signal=INT "$left" "$PYTEST_PYTHON" -m pytest -q \
		-p no:cacheprovider -m timing tests/capability \
		-k "truth or dies" "$@"
	status=$?
	[ $status = 0 ] || [ $status = 124 ] || exit $status
done
echo "soaked for $SECONDS s: $round round(s), the last one cut short"
