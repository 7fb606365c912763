/* SPDX-License-Identifier: Apache-2.0 */
/* A run made of system calls that nobody made: a line of C for each. */
#ifndef HOG_TESTS_FAKE_CALLS_H
#define HOG_TESTS_FAKE_CALLS_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/buf.h"
#include "profile/detail.h"
#include "profile/model.h"
#include "profile/run.h"

#define FAKE_MS 1000000ULL

/* What the next event is made with; tests set it as they go. */
struct fake_calls {
	struct hog_model *model;
	struct hog_run run;
	uint64_t now_ns;
	uint64_t duration_ns; /* of calls */
	uint32_t thread, stack, flags;
	struct hog_buf detail;
	int (*event)(void *arg, const struct hog_event *ev);
	void *arg;
};

static inline void fake_init(struct fake_calls *f,
			     int (*event)(void *, const struct hog_event *),
			     void *arg)
{
	*f = (struct fake_calls){ .model = hog_model_new(),
				  .now_ns = 1000 * FAKE_MS,
				  .event = event,
				  .arg = arg };
	cr_assert_not_null(f->model);
	f->run = (struct hog_run){ .model = f->model,
				   .start_ns = f->now_ns,
				   .start_real_ns = 1700000000000 * FAKE_MS,
				   .version = "0",
				   .machine = "x86_64",
				   .command = "hognose syscalls" };
}

static inline void fake_fini(struct fake_calls *f)
{
	hog_model_free(f->model);
	hog_buf_fini(&f->detail);
}

/* Id of a process with that pid, seen first now. */
static inline uint32_t fake_process(struct fake_calls *f, pid_t pid)
{
	struct hog_process_info p = { .pid = pid, .start_ns = f->now_ns };

	return hog_model_process(f->model, &p);
}

static inline uint32_t fake_thread(struct fake_calls *f, uint32_t process,
				   pid_t tid, const char *name)
{
	struct hog_thread_info t = { .process = process,
				     .tid = tid,
				     .name = hog_model_cstr(f->model, name) };

	return hog_model_thread(f->model, &t);
}

/* "file:function:line;..." root first; [x] is a marker. */
static inline uint32_t fake_stack(struct fake_calls *f, const char *text)
{
	uint32_t stack = 0;
	char copy[1024], *save, *part;

	snprintf(copy, sizeof(copy), "%s", text);
	for (part = strtok_r(copy, ";", &save); part;
	     part = strtok_r(NULL, ";", &save)) {
		char *line = strrchr(part, ':'), *name;
		struct hog_function fn = { .kind = HOG_FRAME_PYTHON };
		struct hog_frame frame = { .column = -1, .end_column = -1 };

		if (*part == '[') {
			stack = hog_model_stack(f->model, stack,
						hog_model_marker(f->model,
								 part));
			continue;
		}
		frame.line = atoi(line + 1);
		*line = '\0';
		name = strrchr(part, ':');
		*name++ = '\0';
		fn.name = fn.qualname = hog_model_cstr(f->model, name);
		fn.file = fn.short_file = hog_model_cstr(f->model, part);
		frame.function = hog_model_function(f->model, &fn);
		stack = hog_model_stack(f->model, stack,
					hog_model_frame(f->model, &frame));
	}
	return stack;
}

static inline int fake_send(struct fake_calls *f, uint32_t kind, int64_t value,
			    int64_t detail)
{
	struct hog_event ev = { .time_ns = f->now_ns,
				.kind = kind,
				.thread = f->thread,
				.stack = f->stack,
				.flags = f->flags,
				.value = { value, detail } };

	if (kind == HOG_EV_SYSCALL)
		ev.duration_ns = f->duration_ns;
	f->now_ns += ev.duration_ns + 1000;
	return f->event(f->arg, &ev);
}

static inline struct hog_detail_field fake_field(struct fake_calls *f,
						 const char *name,
						 const char *text)
{
	struct hog_detail_field field = { .name = hog_model_cstr(f->model,
								 name),
					  .text = text,
					  .text_len = strlen(text) };
	char *end;

	field.number = strtoll(text, &end, 0);
	field.kind = end > text ? HOG_VALUE_INT : HOG_VALUE_NONE;
	return field;
}

/* A call: its arguments as texts, NULL ends them.  A text in quotes is a path,
 * one that begins with a number is that number ("0x80000<O_CLOEXEC>"), a list
 * in brackets is a pointer. */
static inline int fake_call(struct fake_calls *f, const char *name,
			    const char *result, ...)
{
	struct hog_detail_field fields[8];
	unsigned n = 0;
	const char *text;
	va_list args;

	va_start(args, result);
	while ((text = va_arg(args, const char *)) && n < 7) {
		fields[n] = fake_field(f, "arg", text);
		if (*text == '"') {
			fields[n].kind = HOG_VALUE_STRING;
			fields[n].name = hog_model_cstr(f->model, "filename");
			fields[n].string = text + 1;
			fields[n].string_len = strlen(text) - 2;
		} else if (*text == '[' || *text == '{') {
			fields[n].kind = HOG_VALUE_INT;
			fields[n].number = 0x7ffc0000;
		}
		n++;
	}
	va_end(args);
	fields[n++] = fake_field(f, "return", result);
	hog_detail_begin(&f->detail, hog_model_cstr(f->model, name), n);
	for (unsigned i = 0; i < n; i++)
		hog_detail_add(&f->detail, &fields[i]);
	return fake_send(f, HOG_EV_SYSCALL, strtoll(result, NULL, 0),
			 hog_detail_put(f->model, &f->detail));
}

/* "3 file /etc/hosts; 4 socket cloexec TCP 1.2.3.4:80": all that is open. */
static inline int fake_fds(struct fake_calls *f, int64_t when, const char *list)
{
	char copy[1024], *save, *part;
	struct hog_detail_field fields[32];
	unsigned n = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	for (part = strtok_r(copy, ";", &save); part;
	     part = strtok_r(NULL, ";", &save)) {
		char *kind, *text;

		fields[n] = (struct hog_detail_field){ .kind = HOG_VALUE_INT };
		fields[n].number = strtol(part, &kind, 10);
		kind += strspn(kind, " ");
		text = strchr(kind, ' ');
		*text++ = '\0';
		fields[n].type = hog_model_cstr(f->model, kind);
		if (!strncmp(text, "cloexec ", 8)) {
			fields[n].name = hog_model_cstr(f->model, "cloexec");
			text += 8;
		}
		fields[n].text = text;
		fields[n].text_len = strlen(text);
		n++;
	}
	hog_detail_begin(&f->detail, hog_model_cstr(f->model, "fds"), n);
	for (unsigned i = 0; i < n; i++)
		hog_detail_add(&f->detail, &fields[i]);
	return fake_send(f, HOG_EV_FDS, when,
			 hog_detail_put(f->model, &f->detail));
}

static inline int fake_fork(struct fake_calls *f, uint32_t child,
			    int64_t clone_flags)
{
	struct hog_detail_field flags = { .kind = HOG_VALUE_INT,
					  .number = clone_flags,
					  .text = "" };

	hog_detail_begin(&f->detail, hog_model_cstr(f->model, "fork"), 1);
	hog_detail_add(&f->detail, &flags);
	return fake_send(f, HOG_EV_FORK, child,
			 hog_detail_put(f->model, &f->detail));
}

#endif
