/* SPDX-License-Identifier: Apache-2.0 */
/* What can be seen of one process, and which Pythons there are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/doctor.h"
#include "cli/record.h"
#include "python/python.h"
#include "python/threads.h"
#include "target/target.h"

static void check_user(struct hog_findings *f, pid_t pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) < 0)
		return;
	hog_findings_add(f, "user", HOG_HEALTH_OK, NULL,
			 "runs as uid %d%s, hognose as %d", (int)st.st_uid,
			 st.st_uid == geteuid() ? ", the same" : "",
			 (int)geteuid());
}

static bool same_namespace(pid_t pid, const char *kind)
{
	char path[48];
	struct stat own, its;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	if (stat(path, &its) < 0)
		return true; /* not to be known: nothing to say */
	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	return stat(path, &own) < 0 || own.st_ino == its.st_ino;
}

static void check_namespaces(struct hog_findings *f, pid_t pid)
{
	bool ids = !same_namespace(pid, "pid");
	bool files = !same_namespace(pid, "mnt");
	bool users = !same_namespace(pid, "user");

	if (ids || files || users)
		hog_findings_add(f, "namespaces", HOG_HEALTH_OK, NULL,
				 "in a container:%s%s%s of its own",
				 ids ? " process ids" : "",
				 files ? " files" : "", users ? " users" : "");
	else
		hog_findings_add(f, "namespaces", HOG_HEALTH_OK, NULL,
				 "shares those of hognose");
}

static const char *how_found(const struct hog_python *py)
{
	if (py->debug_offsets)
		return "by the table of offsets that it carries";
	if (py->runtime_addr)
		return "by its symbol _PyRuntime";
	return "by its symbols";
}

static void check_layout(struct hog_findings *f, const struct hog_python *py)
{
	if (py->guessed_layout)
		hog_findings_add(f, "layout", HOG_HEALTH_NOTE,
				 "compare a dump with what the program does, "
				 "and look for a later hognose",
				 "guessed from %s: this version is unknown",
				 py->lay.name);
	else
		hog_findings_add(f, "layout", HOG_HEALTH_OK, NULL,
				 "known (%s), found %s", py->lay.name,
				 how_found(py));
}

static void check_threads(struct hog_findings *f, struct hog_target *target,
			  const struct hog_python *py)
{
	struct hog_pyinterp interps[HOG_PYINTERPS_MAX];
	_cleanup_free_ pid_t *tids = NULL;
	int n = hog_target_threads(target, &tids);
	int k = hog_pyinterps_list(py, interps, HOG_PYINTERPS_MAX);

	if (n < 0 || k < 0)
		hog_findings_add(f, "threads", HOG_HEALTH_FAIL,
				 "try again: it may be just ending",
				 "cannot be listed: %s",
				 strerror(n < 0 ? -n : -k));
	else
		hog_findings_add(f, "threads", HOG_HEALTH_OK, NULL,
				 "%d thread%s, %d interpreter%s", n,
				 n == 1 ? "" : "s", k, k == 1 ? "" : "s");
}

static void check_python(struct hog_findings *f, struct hog_target *target)
{
	struct hog_python py;
	struct hog_err err = { 0 };

	if (hog_python_find(target, &py, &err) < 0) {
		hog_findings_add(f, "python", HOG_HEALTH_FAIL,
				 err.hint ? err.hint : "name another process",
				 "%s", err.text);
		return;
	}
	hog_findings_add(f, "python", HOG_HEALTH_OK, NULL, "CPython %s%s",
			 py.version_text,
			 py.lay.free_threaded ? ", free-threaded" : "");
	check_layout(f, &py);
	check_threads(f, target, &py);
}

void hog_doctor_process(struct hog_findings *f, pid_t pid)
{
	struct hog_target *target = NULL;
	struct hog_err err = { 0 };
	char name[HOG_RECORD_NAME_MAX];

	if (hog_target_open_pid(pid, &target, &err) < 0) {
		hog_findings_add(f, "process", HOG_HEALTH_FAIL,
				 err.hint ? err.hint : "name another process",
				 "%s", err.text);
		return;
	}
	hog_record_process_name(pid, name, sizeof(name));
	hog_findings_add(f, "process", HOG_HEALTH_OK, NULL, "%d, %s, %.200s",
			 (int)pid, name, target->exe);
	check_user(f, pid);
	check_namespaces(f, pid);
	check_python(f, target);
	hog_doctor_stops_of(f, pid);
	hog_target_close(target);
}
