/* SPDX-License-Identifier: Apache-2.0 */
/* A check in text: tables of descriptors as they come, verdicts at the end. */
#include "export/check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "export/check_priv.h"
#include "profile/model.h"
#include "profile/run.h"

#define LINES_SHOWN 50 /* of blocking lines, unless the view says */

static int put(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;
	size_t n = c->text.len;

	if (c->text.failed)
		return -ENOMEM;
	if (n && fwrite(c->text.data, 1, n, sink->out) != n)
		return errno ? -errno : -EIO;
	hog_buf_clear(&c->text);
	return 0;
}

static void add_clock(struct hog_buf *buf, uint64_t real_ns)
{
	time_t seconds = (time_t)(real_ns / HOG_NS_PER_SEC);
	struct tm tm = { 0 };
	char clock[16];

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	hog_buf_printf(buf, "%s.%06" PRIu64, clock,
		       (uint64_t)(real_ns % HOG_NS_PER_SEC / 1000));
}

static void add_row(struct hog_sink *sink, const struct hog_ledger_fd *fd)
{
	struct hog_check *c = sink->state;
	struct hog_buf *b = &c->text;
	size_t at;

	hog_buf_printf(b, "  %4d  %-9s%-8s ", fd->fd, fd->kind,
		       fd->cloexec ? "cloexec" : "-");
	at = b->len;
	hog_check_plain(b, fd->what ? fd->what : "?");
	while (b->len - at < 32)
		hog_buf_add_u8(b, ' ');
	hog_buf_add_str(b, "  ");
	if (fd->why == HOG_WHY_SEEN || fd->why == HOG_WHY_RECEIVED)
		hog_check_place(b, sink,
				hog_place_of(sink->run->model, fd->stack));
	if (fd->why == HOG_WHY_RECEIVED)
		hog_buf_add_u8(b, ' ');
	if (fd->why != HOG_WHY_SEEN)
		hog_buf_printf(b, "(%s)", hog_fd_why_text(fd->why));
	if (fd->copy_of >= 0)
		hog_buf_printf(b, " (copy of %d)", fd->copy_of);
	hog_buf_add_u8(b, '\n');
}

static int text_moment(struct hog_sink *sink,
		       const struct hog_ledger_moment *moment)
{
	struct hog_check *c = sink->state;
	const struct hog_process_info *p =
		hog_model_get_process(sink->run->model, moment->process);

	if (!(c->opt.show & 1u << moment->when))
		return 0;
	add_clock(&c->text, hog_check_real(sink, moment->time_ns));
	hog_buf_printf(&c->text, " %s of process %d",
		       hog_check_when(moment->when), (int)p->pid);
	if (p->parent && moment->when == HOG_FDS_FORK)
		hog_buf_printf(&c->text, " from %d", (int)p->parent);
	if (moment->stack) {
		hog_buf_add_str(&c->text, " at ");
		hog_check_place(&c->text, sink,
				hog_place_of(sink->run->model, moment->stack));
	}
	hog_buf_printf(&c->text, ": %zu open\n", moment->n);
	for (size_t i = 0; i < moment->n; i++)
		add_row(sink, &moment->fds[i]);
	return put(sink);
}

static int text_begin(struct hog_sink *sink, const struct hog_run *run,
		      struct hog_err *err)
{
	struct hog_check *c = sink->state;

	(void)err;
	c->moment = text_moment;
	return hog_check_begin(sink, run);
}

static void add_source(struct hog_sink *sink, struct hog_place place)
{
	struct hog_check *c = sink->state;
	size_t len;
	const char *line = hog_check_source(sink, place, &len);

	if (!line)
		return;
	hog_buf_add_str(&c->text, "    ");
	hog_buf_add(&c->text, line, len);
	hog_buf_add_u8(&c->text, '\n');
}

static void write_leaks(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;
	const struct hog_model *m = sink->run->model;
	size_t n;
	const struct hog_leak *v = hog_leaks_get(c->leaks, &n);

	if (!c->opt.fail)
		return;
	if (n == 0)
		hog_buf_add_str(&c->text, c->moments
						  ? "No descriptor was left "
						    "open.\n"
						  : "No descriptor was looked "
						    "at: no such moment "
						    "came.\n");
	else
		hog_buf_printf(&c->text, "%zu leak%s:\n", n, n == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		struct hog_place place = hog_place_of(m, v[i].stack);

		hog_check_place(&c->text, sink, place);
		hog_buf_add_str(&c->text, ": ");
		hog_check_leak(&c->text, sink, &v[i]);
		hog_buf_add_u8(&c->text, '\n');
		add_source(sink, place);
	}
	if (hog_leaks_dropped(c->leaks))
		hog_buf_printf(&c->text, "%" PRIu64 " more are not shown.\n",
			       hog_leaks_dropped(c->leaks));
}

static void write_growth(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;
	const struct hog_model *m = sink->run->model;
	const struct hog_growing *g;

	for (size_t i = 0; (g = hog_growth_get(c->growth, i)); i++) {
		struct hog_place place = hog_place_of_frame(m, g->frame);

		if (i == 0)
			hog_buf_add_str(&c->text,
					"Lines that open ever more:\n");
		hog_check_place(&c->text, sink, place);
		hog_buf_printf(&c->text, ": %u, then %u open in process %d\n",
			       g->counts[0], g->counts[g->n - 1],
			       (int)hog_model_get_process(m, g->process)->pid);
		add_source(sink, place);
	}
}

static void add_cell(struct hog_buf *b, uint64_t ns, size_t width)
{
	struct hog_buf cell = { 0 };

	hog_check_time(&cell, ns);
	while (cell.len < width--)
		hog_buf_add_u8(b, ' ');
	hog_buf_add_str(b, hog_buf_str(&cell));
	hog_buf_fini(&cell);
}

/* "10 ms 12, 20 ms 3": how many from each power of two of the threshold on. */
static void add_histogram(struct hog_buf *b, const struct hog_histogram *h,
			  uint64_t threshold_ns)
{
	uint64_t from, low = threshold_ns ? threshold_ns : 1, n = 0;
	const char *between = "    ";

	for (unsigned i = 0; i <= h->len; i++) {
		uint32_t count = hog_histogram_bucket(h, i, &from);

		while (i < h->len && from >= 2 * low) {
			if (n) {
				hog_buf_add_str(b, between);
				hog_check_time(b, low);
				hog_buf_printf(b, "+ %" PRIu64, n);
				between = ", ";
			}
			n = 0;
			low *= 2;
		}
		n += count;
	}
	if (n) {
		hog_buf_add_str(b, between);
		hog_check_time(b, low);
		hog_buf_printf(b, "+ %" PRIu64, n);
	}
	hog_buf_add_u8(b, '\n');
}

static void write_line(struct hog_sink *sink, const struct hog_blocked_line *l)
{
	struct hog_check *c = sink->state;
	struct hog_buf *b = &c->text;
	const struct hog_model *m = sink->run->model;
	const struct hog_histogram *h = &l->times;
	struct hog_place place = hog_place_of_frame(m, l->frame);

	hog_buf_printf(b, "%7" PRIu64 " ", h->n);
	add_cell(b, h->total, 9);
	add_cell(b, hog_histogram_at(h, 0.5), 9);
	add_cell(b, hog_histogram_at(h, 0.9), 9);
	add_cell(b, hog_histogram_at(h, 0.99), 9);
	add_cell(b, h->max, 9);
	hog_buf_printf(b, "  %-15s ",
		       l->call ? hog_model_text(m, l->call, NULL) : "cpu");
	hog_check_place(b, sink, place);
	hog_buf_add_u8(b, '\n');
	add_histogram(b, h, c->opt.threshold_ns);
	if (l->longest.what || l->longest.task || (l->call && l->with_gil))
		hog_buf_add_str(b, "   ");
	if (l->longest.what)
		hog_buf_printf(b, " for %s", l->longest.what);
	if (l->longest.task) {
		hog_buf_add_str(b, " in task ");
		hog_check_plain(b, l->longest.task);
	}
	if (l->call && l->with_gil)
		hog_buf_printf(b, " with the GIL held %" PRIu64 " time%s",
			       l->with_gil, l->with_gil == 1 ? "" : "s");
	if (l->longest.what || l->longest.task || (l->call && l->with_gil))
		hog_buf_add_u8(b, '\n');
	add_source(sink, place);
}

static void write_blocking(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;
	size_t n, limit = sink->view.limit ? sink->view.limit : LINES_SHOWN;
	const struct hog_blocked_line *v;

	if (!c->opt.blocking)
		return;
	v = hog_blocking_lines(c->blocking, &n);
	hog_buf_printf(&c->text, "%s longer than ",
		       n ? "Blocked for" : "Nothing blocked for");
	hog_check_time(&c->text, c->opt.threshold_ns);
	hog_buf_add_str(&c->text, n ? ":\n  COUNT     TOTAL      P50      P90  "
				      "    P99      MAX  CALL            LINE\n"
				    : ".\n");
	for (size_t i = 0; i < n && i < limit; i++)
		write_line(sink, &v[i]);
	if (n > limit)
		hog_buf_printf(&c->text, "%zu more lines are not shown.\n",
			       n - limit);
}

static void write_verdict(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;
	uint64_t worst = hog_blocking_worst(c->blocking);

	if (!c->opt.fail_ns)
		return;
	if (worst < c->opt.fail_ns) {
		hog_buf_add_str(&c->text, "No blocking of ");
		hog_check_time(&c->text, c->opt.fail_ns);
		hog_buf_add_str(&c->text, " or more.\n");
		return;
	}
	hog_buf_add_str(&c->text, "Check failed: blocked for ");
	hog_check_time(&c->text, worst);
	hog_buf_add_str(&c->text, ", ");
	hog_check_time(&c->text, c->opt.fail_ns);
	hog_buf_add_str(&c->text, " is too long.\n");
}

static int text_end(struct hog_sink *sink, struct hog_err *err)
{
	int r = hog_check_finish(sink, err);

	if (r < 0)
		return r;
	write_blocking(sink);
	write_growth(sink);
	write_leaks(sink);
	write_verdict(sink);
	return put(sink);
}

const struct hog_sink_ops hog_sink_check_text = {
	.name = "text",
	.summary = "open descriptors, leaks and blocking calls as text",
	.accepts = HOG_CHECK_ACCEPTS,
	.state_size = sizeof(struct hog_check),
	.begin = text_begin,
	.event = hog_check_event,
	.flush = hog_check_flush,
	.end = text_end,
	.close = hog_check_close,
};
