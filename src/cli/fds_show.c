/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors for a person, and as JSON. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "analyze/place.h"
#include "base/clock.h"
#include "cli/fds.h"
#include "export/calls.h"
#include "export/json_text.h"
#include "profile/model.h"
#include "profile/sink.h"
#include "syscalls/constants.h"

#define KERNEL_CLOEXEC 02000000
#define KERNEL_LARGEFILE 0100000

/* "O_RDWR|O_NONBLOCK": without those that stand elsewhere or say nothing. */
static void add_flags(struct hog_buf *b, const struct hog_fds_row *row)
{
	hog_constant_add_flags(b, HOG_T_open,
			       row->info.flags &
				       ~(KERNEL_CLOEXEC | KERNEL_LARGEFILE));
}

static void add_peers(struct hog_buf *b, const struct hog_fds_row *row)
{
	for (unsigned i = 0; i < row->n_peers; i++)
		hog_buf_printf(b, "%s%d", i ? ", " : ", shared with ",
			       (int)row->peers[i]);
}

static void add_opened(struct hog_buf *b, const struct hog_fds_table *t,
		       const struct hog_fds_row *row)
{
	struct hog_place place;

	if (!t->record || !row->opened)
		return;
	place = hog_place_of(hog_fds_record_run(t->record)->model,
			     row->opened->stack);
	if (place.frame)
		hog_buf_printf(b, "\n      opened at %s:%d %s",
			       place.short_file, place.line, place.name);
	else
		hog_buf_add_str(b, "\n      opened by no line of Python");
}

void hog_fds_text(const struct hog_fds_table *t, FILE *out)
{
	fprintf(out, "Process %d: %s\n%zu open\n", (int)t->pid, t->cmdline,
		t->n);
	for (size_t i = 0; i < t->n; i++) {
		const struct hog_fds_row *row = &t->v[i];
		struct hog_buf b = { 0 };

		hog_buf_printf(&b, "%5d %-8s %-7s ", row->fd,
			       hog_fd_kind_name(row->kind),
			       row->info.cloexec ? "cloexec" : "-");
		hog_buf_add_str(&b, row->what);
		hog_buf_add_str(&b, "  ");
		if (row->has_info)
			add_flags(&b, row);
		if (row->kind == HOG_FD_FILE)
			hog_buf_printf(&b, " at %" PRId64, row->info.position);
		if (row->details)
			hog_buf_printf(&b, ", %s", row->details);
		add_peers(&b, row);
		add_opened(&b, t, row);
		fprintf(out, "%s\n", hog_buf_str(&b));
		hog_buf_fini(&b);
	}
}

static void put_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, ",\"%s\":", key);
	if (text)
		hog_json_line(out, text, strlen(text));
	else
		fputs("null", out);
}

static void put_opened(FILE *out, const struct hog_fds_table *t,
		       const struct hog_ledger_fd *fd)
{
	const struct hog_run *run = hog_fds_record_run(t->record);
	const struct hog_model *m = run->model;
	const struct hog_thread_info *by = hog_model_get_thread(m, fd->thread);
	uint64_t real = run->start_real_ns + (fd->time_ns - run->start_ns);
	const uint64_t second = HOG_NS_PER_SEC;

	fprintf(out, ",\"opened\":{\"time\":%" PRIu64 ".%06" PRIu64,
		real / second, real % second / 1000);
	fprintf(out, ",\"pid\":%d,\"tid\":%d",
		(int)hog_model_get_process(m, by->process)->pid, (int)by->tid);
	put_text(out, "call", hog_model_text(m, fd->call, NULL));
	fputs(",\"stack\":", out);
	hog_calls_json_stack(out, m, fd->stack, HOG_STACK_FULL);
	fputc('}', out);
}

static void put_row(FILE *out, const struct hog_fds_table *t,
		    const struct hog_fds_row *row)
{
	struct hog_buf flags = { 0 };

	fprintf(out, "{\"fd\":%d", row->fd);
	put_text(out, "kind", hog_fd_kind_name(row->kind));
	put_text(out, "what", row->what);
	fprintf(out, ",\"cloexec\":%s", row->info.cloexec ? "true" : "false");
	if (row->has_info) {
		add_flags(&flags, row);
		put_text(out, "flags", hog_buf_str(&flags));
		fprintf(out, ",\"position\":%" PRId64, row->info.position);
	} else {
		fputs(",\"flags\":null,\"position\":null", out);
	}
	hog_buf_fini(&flags);
	put_text(out, "details", row->details);
	fputs(",\"shared_with\":[", out);
	for (unsigned i = 0; i < row->n_peers; i++)
		fprintf(out, "%s%d", i ? "," : "", (int)row->peers[i]);
	fputc(']', out);
	if (t->record && row->opened)
		put_opened(out, t, row->opened);
	else
		fputs(",\"opened\":null", out);
	fputc('}', out);
}

void hog_fds_json(const struct hog_fds_table *t, FILE *out)
{
	fprintf(out, "{\"pid\":%d", (int)t->pid);
	put_text(out, "cmdline", t->cmdline);
	fputs(",\"fds\":[", out);
	for (size_t i = 0; i < t->n; i++) {
		fputs(i ? ",\n " : "\n ", out);
		put_row(out, t, &t->v[i]);
	}
	fputs("]}", out);
}
