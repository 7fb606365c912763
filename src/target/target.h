/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thing to look at: a live process or a core file.  What a reader of its
 * contents needs from it: memory, mappings, the files behind the mappings, and
 * its threads as the kernel sees them.  Nothing here changes the target.
 */
#ifndef HOG_TARGET_TARGET_H
#define HOG_TARGET_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "target/mem.h"

struct hog_err;
struct hog_target;

enum {
	HOG_MAP_READ = 1,
	HOG_MAP_WRITE = 2,
	HOG_MAP_EXEC = 4,
	HOG_MAP_SHARED = 8
};

/* One line of /proc/PID/maps, or one NT_FILE entry and PT_LOAD of a core. */
struct hog_map {
	uint64_t start, end; /* [start, end) */
	uint64_t offset;     /* in the file, bytes */
	uint64_t inode;      /* 0: anonymous, or not known (core) */
	uint32_t dev_major, dev_minor;
	unsigned prot; /* HOG_MAP_* */
	bool deleted;  /* its name is gone from the disk (not part of path) */
	const char *path; /* owned by the list; "" anonymous; "[heap]" ... */
};

struct hog_maps {
	struct hog_map *v; /* owned, sorted by start */
	size_t n;
	char *text; /* owned: what the paths point into */
};

/* Takes zeroed or used. */
void hog_maps_fini(struct hog_maps *maps);
/* The mapping that holds addr, or NULL. */
const struct hog_map *hog_maps_find(const struct hog_maps *maps, uint64_t addr);

enum hog_osstate {
	HOG_OS_UNKNOWN, /* a core file, or it cannot be read */
	HOG_OS_RUNNING,
	HOG_OS_SLEEPING,
	HOG_OS_STOPPED, /* T or t */
	HOG_OS_DISK,    /* D */
	HOG_OS_GONE,    /* Z, X, or no such thread */
};

/* "running", "sleeping" ...: the words of `dump --json`. */
const char *hog_osstate_name(enum hog_osstate state);

#define HOG_NO_SYSCALL (-1)

/* A thread as the kernel sees it at one moment. */
struct hog_osthread {
	enum hog_osstate state;
	int64_t syscall; /* number it sleeps in; HOG_NO_SYSCALL: none known */
	uint64_t args[6];
	uint64_t sp, pc; /* 0: not known (running) */
};

struct hog_target_ops;

struct hog_target {
	const struct hog_target_ops *ops; /* private to target/ */
	pid_t pid; /* as seen from our own PID namespace; of a core: its pid */
	bool live; /* false: a core file */
	unsigned machine;     /* ELF e_machine of the program: EM_X86_64 ... */
	struct hog_mem *mem;  /* owned */
	struct hog_maps maps; /* owned; see hog_target_refresh_maps */
	char *comm;           /* owned; the kernel's 15-byte name */
	char **cmdline;       /* owned, NULL-terminated; may be empty */
	char *exe;            /* owned; path of the program, "" unknown */
};

/* Opens a live process.  Errors: -ESRCH no such process or it is a zombie
 * (text says which), -EPERM with a hint (Yama, uid, capability, container),
 * -EINVAL pid is not a process.  Works across PID and mount namespaces. */
int hog_target_open_pid(pid_t pid, struct hog_target **ret,
			struct hog_err *err);
/* Opens a live process that runs a copy of parent's memory (see
 * hog_target_image): its mappings are not read, so maps is empty until
 * hog_target_refresh_maps, and nothing proves yet that it may be read.  A tenth
 * of the cost.  -ESTALE: it is no such copy (any more). */
int hog_target_open_fork(pid_t pid, const struct hog_target *parent,
			 uint64_t image, struct hog_target **ret);
/* Opens an ELF core (kernel's or gcore's).  exe_path: the program it came from,
 * NULL: the name noted in the core.  -EBADMSG: not a core, or damaged. */
int hog_target_open_core(const char *core_path, const char *exe_path,
			 struct hog_target **ret, struct hog_err *err);
/* NULL is fine.  The target is left as it was. */
void hog_target_close(struct hog_target *target);

/* Reads the mappings again (live only; a core's never change). */
int hog_target_refresh_maps(struct hog_target *target, struct hog_err *err);

/* A number that each exec changes, of what the process runs now; 0: not known
 * (a core file, no rights, the first thread has ended).  One read of a file. */
uint64_t hog_target_image(struct hog_target *target);

/* Whether they run in the very same memory, as after vfork; false too when it
 * cannot be told. */
bool hog_target_shares_memory(pid_t pid, pid_t other);
/* CPU time of the first thread of a process, also of a zombie; 0: unknown. */
uint64_t hog_target_cpu_ns(pid_t pid);
/* CPU time of all children that a process has waited for, and of theirs, to two
 * clock ticks; 0: unknown. */
uint64_t hog_target_reaped_ns(pid_t pid);
/* When a process was born, in nanoseconds since boot (CLOCK_BOOTTIME), to a
 * clock tick; 0: unknown. */
uint64_t hog_target_born_ns(pid_t pid);

/* Opens the file behind a mapping for reading: through /proc/PID/root, the
 * inode checked, else /proc/PID/map_files, else /proc/PID/exe; deleted or
 * replaced files are thus found or refused, never confused.  An fd that the
 * caller owns, or -errno (-ESTALE: replaced on disk). */
int hog_target_open_map(struct hog_target *target, const struct hog_map *map);

/* What a user would call it: the base name of the script, or the module, that
 * its command line names, else that of the program.  Cut to cap - 1 bytes; its
 * length. */
size_t hog_target_script_name(const struct hog_target *target, char *buf,
			      size_t cap);
/* The same for a command line (NULL-terminated, may be NULL) and a program. */
size_t hog_cmdline_script(char *const *argv, const char *exe, char *buf,
			  size_t cap);

/* Native ids of all threads in our PID namespace, ascending.  *ret is owned by
 * the caller (free).  Returns how many, or -errno. */
int hog_target_threads(struct hog_target *target, pid_t **ret);
/* The same thread's id in the target's own innermost PID namespace (NSpid). */
pid_t hog_target_ns_tid(struct hog_target *target, pid_t tid);
/* The way back: our id of the thread that calls itself ns_tid; 0: there is none
 * now.  Cached: 1 us for a known thread, a look at all threads for a new one. */
pid_t hog_target_host_tid(struct hog_target *target, pid_t ns_tid);
/* State and system call of one thread; never fails: unknown is a state. */
void hog_target_thread_state(struct hog_target *target, pid_t tid,
			     struct hog_osthread *ret);
/* The kernel's name of a thread (comm); "" unknown.  cap >= 16. */
void hog_target_thread_comm(struct hog_target *target, pid_t tid, char *buf,
			    size_t cap);
/* Address of libc's thread structure (fs_base / tpidr) where it is known
 * without stopping: cores only.  0: unknown. */
uint64_t hog_target_thread_tp(struct hog_target *target, pid_t tid);

/* One thread of a live process, its /proc files opened when they are first
 * needed and kept so: for samplers.  Where descriptors run short (a thousand
 * threads, a soft limit of 1024) they are opened for each look instead. */
struct hog_oswatch {
	pid_t pid, tid;
	int syscall_fd, stat_fd, schedstat_fd; /* < 0: see thread_state.c */
};

/* 0, or -ESRCH when there is no such thread. */
int hog_oswatch_open(struct hog_oswatch *watch, pid_t pid, pid_t tid);
void hog_oswatch_close(struct hog_oswatch *watch);
/* One pread (1-4 us).  Falls back from `syscall` to `stat` without rights. */
void hog_oswatch_state(struct hog_oswatch *watch, struct hog_osthread *ret);
struct hog_oscpu {
	uint64_t ns; /* CPU time used so far (moves at scheduler ticks) */
	uint64_t waited_ns; /* for a CPU, before those turns */
	uint64_t turns;     /* how often it was given a CPU; 0: not known */
};

/* 0, or -ESRCH. */
int hog_oswatch_cpu(struct hog_oswatch *watch, struct hog_oscpu *ret);

#endif
