/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the kernel will not let us read a process, and what to do about it.
 * Asked only after a real read has failed: nothing here decides anything.
 */
#include "target/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"
#include "target/procfs.h"

#define CAP_SYS_PTRACE_BIT 19

static bool have_cap_ptrace(void)
{
	char status[4096];
	const char *caps;

	if (hog_proc_read(AT_FDCWD, "/proc/self/status", status,
			  sizeof(status)) < 0)
		return false;
	caps = hog_status_field(status, "CapEff");
	return caps && (strtoull(caps, NULL, 16) >> CAP_SYS_PTRACE_BIT & 1);
}

static int yama_scope(void)
{
	char text[16];

	if (hog_proc_read(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text,
			  sizeof(text)) < 0)
		return 0;
	return atoi(text);
}

/* Reading ourselves needs no right: refused, a filter forbids the call. */
static bool call_is_filtered(void)
{
	char from = 1, to = 0;
	struct iovec local = { &to, 1 }, remote = { &from, 1 };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) < 0;
}

/* Whether every one of the target's real, effective and saved ids is ours. */
static bool same_user(const char *status)
{
	const char *text = hog_status_field(status, "Uid");
	uid_t own = getuid();

	for (int i = 0; text && i < 3; i++) {
		char *end;

		if ((uid_t)strtoul(text, &end, 10) != own)
			return false;
		text = end;
	}
	return text != NULL;
}

int hog_say_not_allowed(pid_t pid, const char *status, int code,
			struct hog_err *err)
{
	const char *why, *hint;
	int scope = yama_scope();

	if (call_is_filtered()) {
		why = "this container or sandbox forbids process_vm_readv";
		hint = "allow it: docker run --cap-add SYS_PTRACE, or a seccomp "
		       "profile with process_vm_readv";
	} else if (scope >= 3) {
		why = "kernel.yama.ptrace_scope is 3: nobody may";
		hint = "it can only be lowered by a reboot";
	} else if (have_cap_ptrace()) {
		why = "it belongs to an outer user namespace or is protected";
		hint = "run hognose in the user namespace of the process, or "
		       "outside of the container";
	} else if (geteuid() == 0) {
		why = "root lacks CAP_SYS_PTRACE here";
		hint = "give it: docker run --cap-add SYS_PTRACE, or a "
		       "securityContext with SYS_PTRACE";
	} else if (!same_user(status)) {
		why = "it runs as another user";
		hint = "run hognose as that user or as root (sudo)";
	} else if (scope > 0) {
		why = "kernel.yama.ptrace_scope lets only its parents look";
		hint = "run as root (sudo), or: sysctl "
		       "kernel.yama.ptrace_scope=0, or start the program with "
		       "hognose";
	} else {
		why = "it is protected (it changed its user or capabilities, "
		      "or is not dumpable)";
		hint = "run as root (sudo)";
	}
	return hog_err_say(err, code, hint,
			   "not allowed to read the memory of process %d: %s",
			   pid, why);
}
