#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make check: every test there is.  `check.sh STEP...` runs only these,
# `check.sh list` names them.  A step says passed, FAILED or skipped with the
# reason; what the runners said last is shown; the whole of it is in
# build-check/log/.  Environment:
#   FUZZ_SECONDS  for each fuzzer (5)
#   JOBS          at the same time (number of processors, at most 4)
set -u
cd "$(dirname "$0")/.." || exit 1
. tools/lib.sh

TOP=$PWD
OUT=$TOP/build-check
LOG=$OUT/log
FUZZ_SECONDS=${FUZZ_SECONDS:-5}
JOBS=${JOBS:-$(nproc)}
[ "$JOBS" -gt 4 ] && JOBS=4
PYTEST_PYTHON=${PYTEST_PYTHON:-/usr/bin/python3}
mkdir -p "$LOG"

# --- the steps: each is a function; 0 passed, 77 skipped, else failed ---------

STEPS="rooms format python unit-gcc unit-clang unit-asan prepare capability
timing golden page capability-asan fuzz man tidy cppcheck unit-aarch64"

title_rooms="who includes whom (tools/check_rooms.py)"
step_rooms() { python3 tools/check_rooms.py; }

title_format="layout of C files (clang-format 14)"
step_format()
{
	local format
	format=$(command -v clang-format-14 || command -v clang-format) || {
		echo "no clang-format"
		return 77
	}
	git ls-files '*.c' '*.h' | xargs "$format" --dry-run --Werror
}

title_python="Python files compile; pyflakes; the bench's own tests"
step_python()
{
	local files
	mapfile -t files < <(git ls-files '*.py' | grep -v '^tests/targets/')
	python3 - "${files[@]}" <<-'PY' || return 1
	import sys
	for name in sys.argv[1:]:
	    compile(open(name, encoding="utf-8").read(), name, "exec")
	print(len(sys.argv) - 1, "files compile")
	PY
	python3 -m unittest discover -q -s bench || return 1
	"$PYTEST_PYTHON" -c 'import pyflakes' 2>/dev/null || {
		echo "no pyflakes"
		return
	}
	"$PYTEST_PYTHON" -m pyflakes "${files[@]}" && echo "pyflakes is content"
}

# build NAME MESON-OPTION...: configures once, builds.
build()
{
	local dir=$OUT/$1
	shift
	if [ ! -e "$dir/build.ninja" ]; then
		meson setup "$dir" -Dwerror=true "$@" || return 1
	fi
	ninja -C "$dir" -j "$JOBS"
}

unit_tests()
{
	grep -q '"name"' "$OUT/$1/meson-info/intro-tests.json" || {
		echo "no unit test was built: is Criterion there?"
		return 1
	}
	meson test -C "$OUT/$1" --num-processes "$JOBS" --print-errorlogs \
		--suite unit --no-rebuild
}

title_unit_gcc="gcc, warnings are errors; unit tests"
step_unit_gcc() { CC=gcc build gcc && unit_tests gcc; }

title_unit_clang="clang, warnings are errors; unit tests"
step_unit_clang() { CC=clang build clang && unit_tests clang; }

title_unit_asan="ASan and UBSan; unit tests"
step_unit_asan()
{
	CC=gcc build asan -Db_sanitize=address,undefined \
		-Dc_args=-fno-sanitize-recover=all && unit_tests asan
}

title_prepare="CPythons for the tests: sid chroot, free-threaded build; packages"
step_prepare()
{
	cat "$LOG/preparing"
	return "$PREPARED"
}

prepare_in_background()
{
	(
		tools/prepare_sid.sh
		sid=$?
		nice tools/build_free_threaded.sh
		free=$?
		nice python3 tools/prepare_packages.py
		packages=$?
		[ $sid = 77 ] || [ $free = 77 ] || [ $packages = 77 ] && exit 77
		[ $sid = 0 ] && [ $free = 0 ] && [ $packages = 0 ]
	) >"$LOG/preparing" 2>&1 </dev/null &
	PREPARING=$!
}

finish_preparing()
{
	wait $PREPARING
	PREPARED=$?
}

pytest_in()
{
	[ -n "$(git ls-files "$1/test_*.py")" ] || {
		echo "no tests in $1"
		return 77
	}
	"$PYTEST_PYTHON" -c 'import pytest' 2>/dev/null || {
		echo "no pytest for $PYTEST_PYTHON (python3-pytest)"
		return 1
	}
	local parallel=()
	"$PYTEST_PYTHON" -c 'import xdist' 2>/dev/null && parallel=(-n "$JOBS")
	# As a user would: from outside, by what was built.
	local said status memory
	said=$(mktemp) memory=$(mktemp -d)
	run_pytest "$memory" --durations=15 "${parallel[@]}" "$@" >"$said" 2>&1
	status=$?
	if [ $status -eq 1 ] && [ ${#parallel[@]} -gt 0 ] && few_failed "$said"; then
		# What failed beside other tests is tried once more alone: two at a
		# time leave a moving target and its reader no CPU each.
		sed -E 's/^([0-9]+) failed, ([0-9]+ passed)/\2/' "$said"
		echo "failed beside other tests, so tried again alone:"
		grep -a '^FAILED' "$said"
		run_pytest "$memory" --last-failed --last-failed-no-failures none \
			"$@"
		status=$?
	else
		cat "$said"
	fi
	rm -rf "$said" "$memory"
	return $status
}

run_pytest()
{
	local memory=$1
	shift
	HOGNOSE_STRICT_SKIPS=${CI:+1} "$PYTEST_PYTHON" -m pytest -q \
		-p cacheprovider -o cache_dir="$memory" "$@"
}

# A handful: more is no accident.
few_failed()
{
	local n

	n=$(grep -ac '^FAILED' "$1")
	[ "$n" -gt 0 ] && [ "$n" -le 10 ] && ! grep -aq '^ERROR' "$1"
}

title_capability="capability tests on every CPython"
step_capability()
{
	CC=gcc build gcc >/dev/null || return 1
	HOGNOSE=$OUT/gcc/hognose BUILD=$OUT/gcc \
		pytest_in tests/capability -m "not timing"
}

# One after the other: these give target and reader a CPU each.
title_timing="capability tests that race with their targets"
step_timing()
{
	CC=gcc build gcc >/dev/null || return 1
	JOBS=0 HOGNOSE=$OUT/gcc/hognose BUILD=$OUT/gcc \
		pytest_in tests/capability -m timing
}

title_golden="golden files of the outputs"
step_golden()
{
	CC=gcc build gcc >/dev/null || return 1
	HOGNOSE=$OUT/gcc/hognose BUILD=$OUT/gcc pytest_in tests/golden
}

title_page="the flame graph page in headless Chromium"
step_page()
{
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || {
		echo "no chromium"
		return 77
	}
	CC=gcc build gcc >/dev/null || return 1
	HOGNOSE=$OUT/gcc/hognose BUILD=$OUT/gcc pytest_in tests/page
}

title_capability_asan="hognose under ASan and UBSan: one CPython of each kind"
step_capability_asan()
{
	CC=gcc build asan -Db_sanitize=address,undefined \
		-Dc_args=-fno-sanitize-recover=all >/dev/null || return 1
	HOGNOSE_FEW_PYTHONS=1 HOGNOSE=$OUT/asan/hognose \
		pytest_in tests/capability -m "not timing"
}

title_fuzz="each parser's fuzzer for $FUZZ_SECONDS s"
step_fuzz()
{
	command -v clang >/dev/null || {
		echo "no clang"
		return 77
	}
	CC=clang build fuzz -Dfuzzers=true -Db_lundef=false \
		-Db_sanitize=address,undefined \
		-Dc_args=-fno-sanitize-recover=all || return 1
	local file status=0 count=0
	for file in tests/fuzz/fuzz_*.c; do
		[ -e "$file" ] || { echo "no fuzzers yet"; return 77; }
		fuzz_one "$(basename "$file" .c)" || status=1
		count=$((count + 1))
	done
	echo "$count fuzzers"
	return $status
}

# New inputs go to a copy of the corpus: the committed seeds stay few.
fuzz_one()
{
	local name=$1 seeds=tests/fuzz/corpus/${1#fuzz_} work=$OUT/fuzz/corpus-$1
	local log=$LOG/$1
	mkdir -p "$work"
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2086
	if "$OUT/fuzz/tests/fuzz/$name" -max_total_time="$FUZZ_SECONDS" \
		-timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$OUT/fuzz/$name-" \
		"$work" $seeds >"$log" 2>&1 </dev/null; then
		echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$log") runs"
	else
		tail -n 40 "$log"
		echo "$name: FAILED"
		return 1
	fi
}

title_man="man pages against --help (tools/check_man.py)"
step_man()
{
	CC=gcc build gcc >/dev/null || return 1
	HOGNOSE=$OUT/gcc/hognose python3 tools/check_man.py
}

title_tidy="clang-tidy"
step_tidy()
{
	command -v clang-tidy >/dev/null || {
		echo "no clang-tidy"
		return 77
	}
	CC=clang build clang >/dev/null || return 1
	git ls-files 'src/*.c' | xargs python3 tools/tidy.py "$OUT/clang" \
		"$(hog_cache)/tidy" && echo "clang-tidy is content"
}

title_cppcheck="cppcheck"
step_cppcheck()
{
	command -v cppcheck >/dev/null || {
		echo "no cppcheck"
		return 77
	}
	mkdir -p "$OUT/cppcheck"
	git ls-files 'src/*.c' | cppcheck --file-list=- -Isrc -D_GNU_SOURCE \
		-D__x86_64__ -DHOG_VERSION='""' --std=c11 --quiet -j "$JOBS" \
		--cppcheck-build-dir="$OUT/cppcheck" --library=posix,gnu \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=tools/cppcheck.txt --error-exitcode=1 &&
		echo "cppcheck is content"
}

title_unit_aarch64="aarch64 cross build; unit tests under qemu-user"
step_unit_aarch64()
{
	command -v aarch64-linux-gnu-gcc >/dev/null || {
		echo "no aarch64-linux-gnu-gcc"
		return 77
	}
	[ -e /usr/lib/aarch64-linux-gnu/pkgconfig/libelf.pc ] || {
		echo "no libelf-dev:arm64"
		return 77
	}
	local extra libs
	if extra=$(tools/prepare_arm64.sh); then
		libs=$extra/usr/lib/aarch64-linux-gnu
		cat >"$OUT/aarch64-criterion.ini" <<-CROSS
		[properties]
		pkg_config_libdir = '$libs/pkgconfig:/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig'
		[built-in options]
		c_link_args = ['-Wl,-rpath-link,$libs']
		CROSS
		build aarch64 --cross-file tools/aarch64.ini \
			--cross-file "$OUT/aarch64-criterion.ini" || return 1
	else
		build aarch64 --cross-file tools/aarch64.ini || return 1
		echo "built, but not tested: $extra"
		return 77
	fi
	export LD_LIBRARY_PATH=$libs
	tools/with_qemu.sh true || {
		echo "built, but not tested"
		return 77
	}
	tools/with_qemu.sh meson test -C "$OUT/aarch64" --no-rebuild --suite unit \
		--num-processes "$JOBS" --print-errorlogs --timeout-multiplier 5
}

# --- running them -------------------------------------------------------------

# The lines in which runners sum up.
closing_lines()
{
	grep -aE -e '^(=+ )?[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s' \
		-e '^(Ok|Fail|Skipped|Timeout): +[0-9]+' \
		-e '^(skipped|without|built, but|no )' -e '^CPythons: ' \
		-e '(is content|files compile|fuzzers|is there|made|options agree)$' \
		-e '^(fuzz_[a-z0-9_]+): ' -e '^rooms: ' \
		-e '^truth: ' "$1" | sed 's/^/    /'
}

# Tests that the runners counted, as "passed failed skipped".  A step without a
# runner of its own counts as one test.
count_tests()
{
	awk -v status="$2" '
	/^(=+ )?[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s/ {
		seen = 1
		for (i = 2; i <= NF; i++) {
			n = $(i - 1) + 0
			if ($i ~ /^passed/) p += n
			if ($i ~ /^(failed|error)/) f += n
			if ($i ~ /^(skipped|xfailed)/) s += n
		}
	}
	/^(Ok|Fail|Timeout|Skipped): +[0-9]+/ {
		seen = 1
		if ($1 == "Ok:") p += $2
		else if ($1 == "Skipped:") s += $2
		else f += $2
	}
	END {
		if (status == 77) s += !seen
		else if (status != 0) f += (f == 0)
		else p += !seen
		print p + 0, f + 0, s + 0
	}' "$1"
}

run_step()
{
	local name=$1 log=$LOG/$1 begin=$SECONDS status=0 what
	local function=step_${name//-/_} title=title_${name//-/_}
	if ! declare -F "$function" >/dev/null; then
		echo "check: no step '$name': ${STEPS//$'\n'/ }" >&2
		exit 2
	fi
	printf -- '--- %s: %s\n' "$name" "${!title}"
	("$function") >"$log" 2>&1 </dev/null || status=$?
	case $status in
	0) what=passed ;;
	77) what=skipped ;;
	*) what=FAILED ;;
	esac
	[ "$what" = FAILED ] && tail -n 80 "$log"
	closing_lines "$log"
	printf '    %s in %d s\n' "$what" $((SECONDS - begin))
	local p f s
	read -r p f s < <(count_tests "$log" "$status")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	results+=("$(printf '%-8s %4d s  %s' "$what" $((SECONDS - begin)) "$name")")
	[ "$what" = FAILED ] && broken+=("$name")
}

main()
{
	if [ "${1:-}" = list ]; then
		printf '%s\n' $STEPS
		return
	fi
	local passed=0 failed=0 skipped=0 results=() broken=() step
	tools/deps.sh check || echo "check: some steps will be skipped" >&2
	prepare_in_background
	# shellcheck disable=SC2086
	[ $# -gt 0 ] || set -- $STEPS
	for step in "$@"; do
		case $step in
		prepare | capability* | timing) finish_preparing ;;
		esac
		run_step "$step"
	done
	finish_preparing
	printf '\n'
	printf '%s\n' "${results[@]}"
	[ ${#broken[@]} = 0 ] || printf 'failed: %s\n' "${broken[*]}"
	printf '%d passed, %d failed, %d skipped in %d s\n' $passed $failed \
		$skipped $SECONDS
	[ ${#broken[@]} = 0 ]
}

main "$@"
