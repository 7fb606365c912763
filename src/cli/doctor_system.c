/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine, its settings and our rights allow. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/doctor.h"
#include "target/newborn.h"
#include "target/procfs.h"

#define STATUS_BYTES 8192
#define MOUNTINFO_BYTES 65536
#define CAP_SYS_PTRACE_BIT 19
#define CAP_SYS_ADMIN_BIT 21
#define CAP_PERFMON_BIT 38
#define CAP_BPF_BIT 39
#define NAPS 21
#define NAP_NS 100000

void hog_findings_add(struct hog_findings *f, const char *name,
		      enum hog_health health, const char *remedy,
		      const char *fmt, ...)
{
	struct hog_finding *one;
	va_list ap;

	if (f->n == HOG_FINDINGS_MAX)
		return;
	one = &f->v[f->n++];
	one->name = name;
	one->health = health;
	one->remedy = remedy;
	va_start(ap, fmt);
	vsnprintf(one->what, sizeof(one->what), fmt, ap);
	va_end(ap);
}

bool hog_findings_failed(const struct hog_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].health == HOG_HEALTH_FAIL)
			return true;
	return false;
}

void hog_doctor_caps(unsigned long long mask, char *buf, size_t cap)
{
	static const struct {
		int bit;
		const char *name;
	} caps[] = {
		{ CAP_SYS_PTRACE_BIT, "SYS_PTRACE" },
		{ CAP_SYS_ADMIN_BIT, "SYS_ADMIN" },
		{ CAP_PERFMON_BIT, "PERFMON" },
		{ CAP_BPF_BIT, "BPF" },
	};
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		if (mask >> caps[i].bit & 1 && n < cap)
			n += (size_t)snprintf(buf + n, cap - n, "%s%s",
					      n ? " " : "", caps[i].name);
}

/* mountinfo: ID PARENT DEV ROOT POINT OPTIONS ... - TYPE SOURCE SUPER */
void hog_doctor_hidepid(const char *mountinfo, char *buf, size_t cap)
{
	const char *line = mountinfo;

	buf[0] = '\0';
	while (line && *line) {
		size_t len = strcspn(line, "\n");
		const char *at = memmem(line, len, " - proc ", 8);
		const char *point = memmem(line, len, " /proc ", 7);
		const char *key = NULL;

		if (at && point && point < at)
			key = memmem(at, len - (size_t)(at - line),
				     "hidepid=", 8);
		if (key)
			snprintf(buf, cap, "%.*s",
				 (int)strcspn(key + 8, ",\n "), key + 8);
		line += len;
		line += *line == '\n';
	}
}

static void check_kernel(struct hog_findings *f)
{
	struct utsname u;

	if (uname(&u) == 0)
		hog_findings_add(f, "kernel", HOG_HEALTH_OK, NULL, "%s %s, %s",
				 u.sysname, u.release, u.machine);
}

/* A child of ours holds still; the kernel has no reason to refuse us but one
 * that is meant for everybody. */
static int read_own_child(void)
{
	static const char token[] = "hognose";
	char got[sizeof(token)] = "";
	struct iovec local = { got, sizeof(got) };
	struct iovec remote = { (void *)(uintptr_t)token, sizeof(token) };
	pid_t pid = fork();
	int r = 0;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		for (;;)
			pause();
	}
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0)
		r = -errno;
	else if (memcmp(got, token, sizeof(token)) != 0)
		r = -EIO;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static void check_memory(struct hog_findings *f)
{
	int r = read_own_child();

	if (r == 0)
		hog_findings_add(f, "memory", HOG_HEALTH_OK, NULL,
				 "process_vm_readv reads a child of hognose");
	else if (r == -ENOSYS)
		hog_findings_add(f, "memory", HOG_HEALTH_FAIL,
				 "use a kernel with CONFIG_CROSS_MEMORY_ATTACH",
				 "this kernel has no process_vm_readv");
	else
		hog_findings_add(f, "memory", HOG_HEALTH_FAIL,
				 "allow process_vm_readv: docker run --cap-add "
				 "SYS_PTRACE, or another seccomp profile",
				 "process_vm_readv of an own child: %s",
				 strerror(-r));
}

static unsigned long long own_caps(const char *status)
{
	const char *text = hog_status_field(status, "CapEff");

	return text ? strtoull(text, NULL, 16) : 0;
}

static void check_rights(struct hog_findings *f, const char *status)
{
	unsigned long long caps = own_caps(status);
	char names[64];

	hog_doctor_caps(caps, names, sizeof(names));
	if (caps >> CAP_SYS_PTRACE_BIT & 1)
		hog_findings_add(f, "rights", HOG_HEALTH_OK, NULL,
				 "uid %d with %s: any process", (int)geteuid(),
				 names);
	else
		hog_findings_add(f, "rights", HOG_HEALTH_NOTE,
				 "for others: sudo, or the capability "
				 "CAP_SYS_PTRACE",
				 "uid %d without SYS_PTRACE: only processes of "
				 "this user",
				 (int)geteuid());
}

static bool read_number(const char *path, int *ret)
{
	char text[32];

	if (hog_proc_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	*ret = atoi(text);
	return true;
}

static void check_yama(struct hog_findings *f, const char *status)
{
	bool cap = own_caps(status) >> CAP_SYS_PTRACE_BIT & 1;
	int scope;

	if (!read_number("/proc/sys/kernel/yama/ptrace_scope", &scope)) {
		hog_findings_add(f, "yama", HOG_HEALTH_OK, NULL,
				 "not in this kernel: no limit by it");
		return;
	}
	if (scope >= 3)
		hog_findings_add(f, "yama", HOG_HEALTH_FAIL,
				 "set kernel.yama.ptrace_scope lower at boot",
				 "ptrace_scope is %d: nobody may look", scope);
	else if (scope == 0 || cap)
		hog_findings_add(f, "yama", HOG_HEALTH_OK, NULL,
				 "ptrace_scope is %d: no limit for hognose",
				 scope);
	else if (scope == 1)
		hog_findings_add(f, "yama", HOG_HEALTH_NOTE,
				 "launch with 'hognose record -- PROGRAM', use "
				 "sudo, or sysctl kernel.yama.ptrace_scope=0",
				 "ptrace_scope is 1: only programs launched by "
				 "hognose");
	else
		hog_findings_add(f, "yama", HOG_HEALTH_FAIL,
				 "use sudo, or sysctl "
				 "kernel.yama.ptrace_scope=1",
				 "ptrace_scope is 2: only with CAP_SYS_PTRACE");
}

static void check_seccomp(struct hog_findings *f, const char *status)
{
	int64_t mode = 0;

	hog_status_number(status, "Seccomp", &mode);
	if (mode == 0)
		hog_findings_add(f, "seccomp", HOG_HEALTH_OK, NULL,
				 "no filter on hognose");
	else
		hog_findings_add(f, "seccomp", HOG_HEALTH_NOTE,
				 "if something here fails, allow it in the "
				 "container's seccomp profile",
				 "a filter is on hognose, as in a container");
}

/* The identity map of the first user namespace covers every id. */
static bool in_first_user_namespace(void)
{
	char map[256];
	unsigned long long in = 0, out = 0, count = 0;

	if (hog_proc_read(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return true;
	return sscanf(map, "%llu %llu %llu", &in, &out, &count) == 3 &&
	       count == 0xffffffffULL;
}

static void check_container(struct hog_findings *f, const char *status)
{
	unsigned levels = 1;
	bool nested, marked;

	hog_status_nspid(status, &levels);
	nested = levels > 1;
	marked = access("/.dockerenv", F_OK) == 0 ||
		 access("/run/.containerenv", F_OK) == 0;
	if (!nested && !marked && in_first_user_namespace())
		hog_findings_add(f, "container", HOG_HEALTH_OK, NULL,
				 "none seen");
	else
		hog_findings_add(f, "container", HOG_HEALTH_NOTE,
				 "for processes outside run hognose on the "
				 "host, or with --pid=host",
				 "inside one%s%s: only its processes are seen",
				 nested ? ", own process ids" : "",
				 in_first_user_namespace() ? ""
							   : ", own users");
}

static void check_proc(struct hog_findings *f, const char *status)
{
	char *text = malloc(MOUNTINFO_BYTES), hide[16] = "";

	if (text && hog_proc_read(AT_FDCWD, "/proc/self/mountinfo", text,
				  MOUNTINFO_BYTES) > 0)
		hog_doctor_hidepid(text, hide, sizeof(hide));
	free(text);
	if (!hide[0] || !strcmp(hide, "0") || !strcmp(hide, "off") ||
	    own_caps(status) >> CAP_SYS_PTRACE_BIT & 1)
		hog_findings_add(f, "proc", HOG_HEALTH_OK, NULL,
				 "all processes are listed");
	else
		hog_findings_add(f, "proc", HOG_HEALTH_NOTE,
				 "use sudo, or mount /proc with hidepid=0",
				 "mounted with hidepid=%s: processes of other "
				 "users do not show",
				 hide);
}

static void check_children(struct hog_findings *f, const char *status)
{
	unsigned long long caps = own_caps(status);
	int paranoid;
	bool perf = read_number("/proc/sys/kernel/perf_event_paranoid",
				&paranoid) &&
		    (paranoid <= 2 || caps >> CAP_PERFMON_BIT & 1 ||
		     caps >> CAP_SYS_ADMIN_BIT & 1);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	if (perf)
		hog_findings_add(f, "children", HOG_HEALTH_OK, NULL,
				 "told by perf events (perf_event_paranoid %d)",
				 paranoid);
	else if (access(path, R_OK) == 0)
		hog_findings_add(f, "children", HOG_HEALTH_NOTE,
				 "sysctl kernel.perf_event_paranoid=2, or "
				 "CAP_PERFMON",
				 "found by looking in /proc: one that lives "
				 "only for moments may be missed");
	else
		hog_findings_add(f, "children", HOG_HEALTH_NOTE,
				 "sysctl kernel.perf_event_paranoid=2, or "
				 "CAP_PERFMON",
				 "cannot be followed: neither perf events nor "
				 "/proc/PID/task/TID/children");
}

static void check_newcomers(struct hog_findings *f)
{
	struct hog_newborn *nb;

	if (hog_newborn_new(&nb, NULL) < 0)
		return;
	if (hog_newborn_way(nb)[0] == 'c')
		hog_findings_add(f, "newcomers", HOG_HEALTH_OK, NULL,
				 "the kernel tells of all new processes");
	else
		hog_findings_add(
			f, "newcomers", HOG_HEALTH_NOTE,
			"run as root, and outside of containers",
			"--all, --name and --cgroup find new processes "
			"by listing /proc: a tenth of a second later");
	hog_newborn_free(nb);
}

static uint64_t typical_oversleep_ns(void)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	uint64_t took[NAPS] = { 0 };

	for (int i = 0; i < NAPS; i++) {
		uint64_t before = hog_now_ns(), this;
		int at = i;

		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
		this = hog_now_ns() - before;
		for (; at > 0 && took[at - 1] > this; at--)
			took[at] = took[at - 1];
		took[at] = this;
	}
	return took[NAPS / 2] > NAP_NS ? took[NAPS / 2] - NAP_NS : 0;
}

static void check_timer(struct hog_findings *f)
{
	struct timespec res = { 0 };
	uint64_t over = typical_oversleep_ns();

	clock_getres(CLOCK_MONOTONIC, &res);
	if (res.tv_sec > 0 || res.tv_nsec > 1000000)
		hog_findings_add(f, "timer", HOG_HEALTH_NOTE,
				 "use a kernel with CONFIG_HIGH_RES_TIMERS",
				 "ticks of %ld ms: higher rates come late",
				 res.tv_nsec / 1000000);
	else
		hog_findings_add(f, "timer", HOG_HEALTH_OK, NULL,
				 "resolution %ld ns, wakes %llu us late",
				 res.tv_nsec, (unsigned long long)over / 1000);
}

void hog_doctor_system(struct hog_findings *f)
{
	struct hog_err err = { 0 };
	char status[STATUS_BYTES];

	if (hog_proc_check(&err) < 0 ||
	    hog_proc_read(AT_FDCWD, "/proc/self/status", status,
			  sizeof(status)) < 0) {
		hog_findings_add(f, "proc", HOG_HEALTH_FAIL, err.hint, "%s",
				 err.text[0] ? err.text
					     : "/proc is unreadable");
		return;
	}
	check_kernel(f);
	check_memory(f);
	check_rights(f, status);
	check_yama(f, status);
	check_seccomp(f, status);
	check_container(f, status);
	check_proc(f, status);
	check_children(f, status);
	check_newcomers(f);
	check_timer(f);
	hog_doctor_stops_here(f);
	hog_doctor_calls(f);
}
