/* SPDX-License-Identifier: Apache-2.0 */
/* A few system calls that are always the same, with a bit of everything that a
 * sink must show: errors, calls without an end, odd bytes, two processes. */
#ifndef HOG_TESTS_FIXED_CALLS_H
#define HOG_TESTS_FIXED_CALLS_H

#include <errno.h>
#include <string.h>

#include "fixed_run.h"
#include "profile/detail.h"

#define FIXED_CALLS_START 5000000000ULL

struct fixed_arg {
	const char *name, *type;
	enum hog_value_kind kind;
	int64_t number;
	const char *string, *text;
};

struct fixed_call {
	const char *name;
	uint64_t at_us, took_ns;
	int64_t result;
	const char *ret;
	uint32_t flags;
	unsigned stack;  /* 0: none, 1: main, 2: deep */
	unsigned thread; /* 0: first, 1: worker, 2: of the child */
	struct fixed_arg args[6];
};

#define INT(name, type, n, text)                                               \
	{                                                                      \
		name, type, HOG_VALUE_INT, n, NULL, text                       \
	}
#define STR(name, type, s, text)                                               \
	{                                                                      \
		name, type, HOG_VALUE_STRING, 0, s, text                       \
	}
#define LOST(name, type, text)                                                 \
	{                                                                      \
		name, type, HOG_VALUE_NONE, 0, NULL, text                      \
	}

static const struct fixed_call fixed_call_list[] = {
	{ "openat",
	  10,
	  12500,
	  3,
	  "3</etc/hosts>",
	  0,
	  2,
	  0,
	  { INT("dirfd", "int", -100, "AT_FDCWD"),
	    STR("filename", "const char *", "/etc/hosts", "\"/etc/hosts\""),
	    INT("flags", "int", 02000000, "O_RDONLY|O_CLOEXEC") } },
	{ "openat",
	  30,
	  5000,
	  -ENOENT,
	  "-1",
	  0,
	  1,
	  0,
	  { INT("dirfd", "int", -100, "AT_FDCWD"),
	    STR("filename", "const char *", "/no\n\x1b[31m\xff;x",
		"\"/no\\n\\33[31m\\377;x\""),
	    INT("flags", "int", 0101, "O_WRONLY|O_CREAT"),
	    INT("mode", "umode_t", 0644, "0644") } },
	{ "read",
	  50,
	  1000000,
	  220,
	  "220",
	  0,
	  2,
	  1,
	  { INT("fd", "unsigned int", 3, "3</etc/hosts>"),
	    STR("buf", "char *", "127.0.0.1 localhost\n",
		"\"127.0.0.1 localhost\\n\"..."),
	    INT("count", "size_t", 4096, "4096") } },
	{ "futex",
	  2000,
	  7000000,
	  -512,
	  "?",
	  HOG_EVF_RESTARTED,
	  1,
	  1,
	  { LOST("uaddr", "u32 *", "0x7f0000001000"),
	    INT("op", "int", 128, "FUTEX_WAIT_PRIVATE") } },
	{ "connect",
	  9500,
	  250000,
	  -111,
	  "-1",
	  0,
	  1,
	  0,
	  { INT("fd", "int", 5, "5<TCP 127.0.0.1:4000>"),
	    INT("uservaddr", "struct sockaddr *", 0x7ffc0000,
		"{sa_family=AF_INET, sin_port=htons(80), "
		"sin_addr=inet_addr(\"127.0.0.1\")}"),
	    INT("addrlen", "int", 16, "16") } },
	{ "epoll_wait",
	  10000,
	  30000000,
	  0,
	  "0",
	  HOG_EVF_IN_PROGRESS,
	  1,
	  0,
	  { INT("epfd", "int", 4, "4<anon_inode:[eventpoll]>"),
	    LOST("events", "struct epoll_event *", "0x7ffc1000"),
	    INT("maxevents", "int", 16, "16"),
	    INT("timeout", "int", -1, "-1") } },
	{ "syscall_0x1f3", 41000, 100, -38, "-1", 0, 0, 2, { { 0 } } },
	{ "write",
	  41010,
	  2000,
	  12,
	  "12",
	  0,
	  1,
	  2,
	  { INT("fd", "unsigned int", 1, "1<pipe:[77]>"),
	    STR("buf", "const char *", "</script>&\"\xc3\xa9",
		"\"</script>&\\\"\\303\\251\""),
	    INT("count", "size_t", 12, "12") } },
	{ "clock_nanosleep",
	  42000,
	  8000000,
	  0,
	  "",
	  HOG_EVF_UNFINISHED,
	  2,
	  1,
	  { INT("which_clock", "clockid_t", 1, "CLOCK_MONOTONIC"),
	    INT("flags", "int", 0, "0"),
	    INT("rqtp", "const struct timespec *", 0x7ffc2000,
		"{tv_sec=10, tv_nsec=0}") } },
};

#undef INT
#undef STR
#undef LOST

#define FIXED_CALLS (sizeof(fixed_call_list) / sizeof(fixed_call_list[0]))

static inline struct hog_detail_field fixed_field(struct hog_model *m,
						  const char *name,
						  const char *type,
						  const char *text)
{
	return (struct hog_detail_field){
		.name = hog_model_cstr(m, name),
		.type = hog_model_cstr(m, type),
		.string = "",
		.text = text,
		.text_len = strlen(text),
	};
}

/* The detail of a call; its id. */
static inline uint32_t fixed_detail(struct hog_model *m,
				    const struct fixed_call *c)
{
	struct hog_buf buf = { 0 };
	struct hog_detail_field f;
	uint32_t n = 0, id;

	while (n < 6 && c->args[n].name)
		n++;
	hog_detail_begin(&buf, hog_model_cstr(m, c->name), n + 1);
	for (uint32_t i = 0; i < n; i++) {
		const struct fixed_arg *a = &c->args[i];

		f = fixed_field(m, a->name, a->type, a->text);
		f.kind = a->kind;
		f.number = a->number;
		f.string = a->string;
		f.string_len = a->string ? strlen(a->string) : 0;
		hog_detail_add(&buf, &f);
	}
	f = fixed_field(m, "return", "long", c->ret);
	f.kind = HOG_VALUE_INT;
	f.number = c->result;
	hog_detail_add(&buf, &f);
	id = hog_detail_put(m, &buf);
	hog_buf_fini(&buf);
	return id;
}

/* Processes, threads, stacks of the calls. */
struct fixed_who {
	uint32_t threads[3], stacks[3], processes[2];
};

static inline struct fixed_who fixed_who(struct hog_model *m)
{
	struct fixed_who w = { 0 };
	uint32_t mod = fixed_frame(m, "<module>", "/srv/app.py", 20);
	uint32_t serve = fixed_frame(m, "Server.serve", "/srv/app.py", 12);
	uint32_t load = fixed_frame(m, "load", "/srv/lib/conf.py", 5);
	uint32_t read = fixed_frame(m, "Conf.read", "/srv/lib/conf.py", 9);
	struct hog_process_info child = {
		.pid = 50,
		.parent = 41,
		.name = hog_model_cstr(m, "app.py"),
		.python = hog_model_cstr(m, "3.12.1"),
		.start_ns = FIXED_CALLS_START + 40000000,
	};

	w.processes[0] = fixed_process(m, 41, "app.py");
	w.processes[1] = hog_model_process(m, &child);
	w.threads[0] = fixed_thread(m, w.processes[0], 41, "MainThread");
	w.threads[1] = fixed_thread(m, w.processes[0], 42, "worker;\t1");
	w.threads[2] = fixed_thread(m, w.processes[1], 50, "MainThread");
	w.stacks[1] = fixed_stack(m, (uint32_t[]){ mod, serve, 0 });
	w.stacks[2] = fixed_stack(m, (uint32_t[]){ mod, serve, load, read, 0 });
	return w;
}

static inline struct hog_event fixed_event(struct hog_model *m,
					   const struct fixed_who *who,
					   const struct fixed_call *c)
{
	return (struct hog_event){
		.kind = HOG_EV_SYSCALL,
		.time_ns = FIXED_CALLS_START + c->at_us * 1000,
		.duration_ns = c->took_ns,
		.thread = who->threads[c->thread],
		.stack = who->stacks[c->stack],
		.flags = c->flags,
		.value = { c->result, fixed_detail(m, c) },
	};
}

static inline struct hog_run fixed_calls_run(struct hog_model *m)
{
	return (struct hog_run){
		.model = m,
		.follow = true,
		.start_ns = FIXED_CALLS_START,
		.start_real_ns = 1700000000123456789ULL,
		.version = "0.0.0",
		.machine = "x86_64",
		.command = "hognose syscalls -p 41",
		.stats = { .wall_seconds = 0.05, .processes = 2, .threads = 3 },
	};
}

/* All calls, and a fork, an exec and an exit between them. */
static inline void fixed_calls(struct hog_model *m,
			       void (*add)(void *to, struct hog_event ev),
			       void *to)
{
	struct fixed_who who = fixed_who(m);
	struct hog_event ev = {
		.kind = HOG_EV_FORK,
		.time_ns = FIXED_CALLS_START + 40000000,
		.thread = who.threads[0],
		.stack = who.stacks[1],
		.value = { who.processes[1] },
	};

	for (size_t i = 0; i < FIXED_CALLS; i++) {
		if (i == 6)
			add(to, ev);
		add(to, fixed_event(m, &who, &fixed_call_list[i]));
	}
	ev.kind = HOG_EV_EXIT;
	ev.time_ns += 8000000;
	ev.thread = who.threads[2];
	ev.stack = 0;
	ev.value[0] = 3 << 8;
	add(to, ev);
}

/* What the sink makes of the calls, owned by the caller. */
static inline char *fixed_calls_output(const struct hog_sink_ops *ops,
				       struct hog_view view, size_t *ret_len)
{
	struct hog_model *m = hog_model_new();
	struct hog_run run = fixed_calls_run(m);
	struct hog_sink sink;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int r = hog_sink_init(&sink, ops, &view, out);

	if (r == 0)
		r = hog_sink_begin(&sink, &run, NULL);
	if (r == 0) {
		fixed_calls(m, fixed_to_sink, &sink);
		r = hog_sink_end(&sink, NULL);
	}
	hog_sink_fini(&sink);
	fclose(out);
	hog_model_free(m);
	if (r < 0) {
		free(text);
		return NULL;
	}
	return text;
}

#endif
