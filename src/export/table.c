/* SPDX-License-Identifier: Apache-2.0 */
/* The functions by own time, for a terminal. */
#include "export/sinks.h"

#include <errno.h>
#include <string.h>

#include "analyze/tree.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "export/facts.h"
#include "export/tree_sink.h"

#define ROWS_DEFAULT 30
#define NUMBERS_COLUMNS 28 /* what row_numbers() prints, with its blanks */
#define NAME_COLUMNS_MIN 12
#define HOT 10.0 /* per cent of own time from which a row is coloured */

struct table {
	struct hog_tree_sink base;
	struct hog_buf name, place; /* of the row being written */
};

struct widths {
	unsigned name, place; /* 0: as wide as it gets */
};

/* Columns that a terminal gives a character. */
static unsigned char_columns(uint32_t c)
{
	if (c >= 0x300 && c < 0x370)
		return 0; /* combining marks */
	return (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) ||
			       (c >= 0xac00 && c < 0xd7a4) ||
			       (c >= 0xf900 && c < 0xfb00) ||
			       (c >= 0xfe30 && c < 0xfe70) ||
			       (c >= 0xff00 && c < 0xff61) ||
			       (c >= 0x1f300 && c < 0x1fb00) ||
			       (c >= 0x20000 && c < 0x40000)
		       ? 2
		       : 1;
}

/* Appends text as a terminal may see it: what does not print becomes \xNN. */
static void add_printable(struct hog_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = hog_utf8_at(text + i, len - i, &c);

		if (n && !hog_utf8_is_control(c) && !hog_utf8_is_deceptive(c)) {
			hog_buf_add(buf, text + i, n);
			i += n;
			continue;
		}
		for (size_t k = 0; k < (n ? n : 1); k++)
			hog_buf_printf(buf, "\\x%02x",
				       (unsigned char)text[i + k]);
		i += n ? n : 1;
	}
}

/* Appends text made by one of the fact makers, printable. */
static void print_facts(FILE *out, struct hog_buf *raw, struct hog_buf *clean)
{
	hog_buf_clear(clean);
	add_printable(clean, hog_buf_str(raw), raw->len);
	fputs(hog_buf_str(clean), out);
	hog_buf_clear(raw);
}

static unsigned columns_of(struct hog_buf *buf)
{
	const char *text = hog_buf_str(buf);
	unsigned n = 0;

	for (size_t i = 0; i < buf->len;) {
		uint32_t c = 0;
		size_t step = hog_utf8_at(text + i, buf->len - i, &c);

		n += char_columns(c);
		i += step ? step : 1;
	}
	return n;
}

/* Prints what fits in width columns (0: all), cut at its end, or at its start:
 * of a path the end tells more. */
static void print_cut(FILE *out, struct hog_buf *buf, unsigned width,
		      bool keep_end)
{
	const char *text = hog_buf_str(buf);
	unsigned all = columns_of(buf);
	unsigned skip = all + 1 > width ? all + 1 - width : 0;
	unsigned at = 0;

	if (width == 0 || all <= width) {
		fputs(text, out);
		return;
	}
	if (keep_end)
		fputs("\u2026", out);
	for (size_t i = 0; i < buf->len;) {
		uint32_t c = 0;
		size_t n = hog_utf8_at(text + i, buf->len - i, &c);
		unsigned cols = char_columns(c);

		if (keep_end ? at >= skip : at + cols < width)
			fwrite(text + i, 1, n, out);
		at += cols;
		i += n ? n : 1;
	}
	if (!keep_end)
		fputs("\u2026", out);
}

/* Fills name and place of a row. */
static void row_texts(struct hog_sink *sink, const struct hog_tree_row *row)
{
	struct table *t = sink->state;
	const struct hog_model *m = sink->run->model;
	const struct hog_function *f = hog_model_get_function(m, row->function);
	bool full = sink->view.full_paths || f->short_file == 0;
	size_t len;
	const char *text =
		hog_model_text(m, f->qualname ? f->qualname : f->name, &len);

	hog_buf_clear(&t->name);
	add_printable(&t->name, text, len);
	hog_buf_clear(&t->place);
	text = hog_model_text(m, full ? f->file : f->short_file, &len);
	add_printable(&t->place, text, len);
	if (len && f->firstline > 0)
		hog_buf_printf(&t->place, ":%d", f->firstline);
}

/* How wide the two text columns may be so that no line is too long. */
static struct widths fit(struct hog_sink *sink, const struct hog_tree_row *rows,
			 uint32_t n)
{
	struct table *t = sink->state;
	struct widths w = { .name = NAME_COLUMNS_MIN, .place = 4 };
	unsigned columns = sink->view.columns, room;

	for (uint32_t i = 0; i < n; i++) {
		row_texts(sink, &rows[i]);

		unsigned name = columns_of(&t->name);
		unsigned place = columns_of(&t->place);

		w.name = name > w.name ? name : w.name;
		w.place = place > w.place ? place : w.place;
	}
	if (columns == 0)
		return w;
	room = columns > NUMBERS_COLUMNS + 2 ? columns - NUMBERS_COLUMNS - 2
					     : 0;
	if (room < 2 * NAME_COLUMNS_MIN)
		room = 2 * NAME_COLUMNS_MIN;
	if (w.name + w.place <= room)
		return w;
	/* Half each, and what one does not need is the other's. */
	if (w.name <= room / 2)
		w.place = room - w.name;
	else if (w.place <= room / 2)
		w.name = room - w.place;
	else
		w = (struct widths){ room - room / 2, room / 2 };
	return w;
}

static double percent(int64_t part, int64_t all)
{
	return all ? 100.0 * (double)part / (double)all : 0;
}

/* Seconds, calls or bytes; of those there are no fractions. */
static void print_own(struct hog_sink *sink, int64_t weight)
{
	bool whole = hog_tree_sink_unit(sink)[1] != '\0';

	fprintf(sink->out, "  %8.*f   ", whole ? 0 : 2,
		(double)weight / HOG_SLOT * hog_tree_sink_slot(sink));
}

static void print_row(struct hog_sink *sink, const struct hog_tree_row *row,
		      int64_t all, struct widths w)
{
	struct table *t = sink->state;
	double own = percent(row->self, all);
	bool hot = sink->view.color && own >= HOT;

	row_texts(sink, row);
	fprintf(sink->out, "%s%6.1f  %7.1f", hot ? "\033[1;31m" : "", own,
		percent(row->total, all));
	print_own(sink, row->self);
	print_cut(sink->out, &t->name, w.name, false);
	fputs(hot ? "\033[0m" : "", sink->out);
	if (t->place.len) {
		unsigned used = columns_of(&t->name);

		fprintf(sink->out, "%*s",
			used < w.name ? (int)(w.name - used) + 2 : 2, "");
		print_cut(sink->out, &t->place, w.place, true);
	}
	fputc('\n', sink->out);
}

static void print_rows(struct hog_sink *sink, int64_t all)
{
	struct table *t = sink->state;
	uint32_t n;
	const struct hog_tree_row *rows = hog_tree_rows(t->base.tree, &n);
	uint32_t limit = sink->view.limit ? sink->view.limit : ROWS_DEFAULT;
	uint32_t shown = n < limit ? n : limit;
	struct widths w = fit(sink, rows, shown);
	const char *unit = hog_tree_sink_unit(sink);
	int64_t rest = 0;

	fprintf(sink->out, "%s%6s  %7s  %*s%s   %-*s  %s%s\n",
		sink->view.color ? "\033[1m" : "", "own %", "total %",
		(int)(8 - strlen(unit)), unit[1] ? "" : "own ", unit,
		(int)w.name, "function", "file:line",
		sink->view.color ? "\033[0m" : "");
	for (uint32_t i = 0; i < n; i++) {
		if (i < shown)
			print_row(sink, &rows[i], all, w);
		else
			rest += rows[i].self;
	}
	if (n > shown)
		fprintf(sink->out, "%6.1f  in %u more function%s\n",
			percent(rest, all), n - shown,
			n - shown > 1 ? "s" : "");
}

static void print_head(struct hog_sink *sink, struct hog_buf *raw,
		       struct hog_buf *clean)
{
	const struct hog_run *run = sink->run;
	const struct table *t = sink->state;
	const struct hog_stats *s = &run->stats;
	bool color = sink->view.color;

	hog_facts_title(raw, run, &sink->view);
	fputs(color ? "\033[1m" : "", sink->out);
	print_facts(sink->out, raw, clean);
	fputs(color ? "\033[0m" : "", sink->out);
	hog_buf_printf(raw, ", Python ");
	hog_facts_python(raw, run);
	print_facts(sink->out, raw, clean);
	if (t->base.weight) {
		fprintf(sink->out, "\nsystem calls, %.1f s: %llu call%s\n\n",
			s->wall_seconds, (unsigned long long)t->base.calls,
			t->base.calls == 1 ? "" : "s");
		return;
	}
	fprintf(sink->out, "\n%s time%s, %g Hz, %.1f s: %llu sample%s\n",
		hog_mode_name(run->mode), run->idle ? " with idle threads" : "",
		run->rate_hz, s->wall_seconds, (unsigned long long)s->samples,
		s->samples == 1 ? "" : "s");
	hog_facts_losses(raw, run);
	print_facts(sink->out, raw, clean);
	fputs("\n\n", sink->out);
}

static int table_end(struct hog_sink *sink, struct hog_err *err)
{
	struct table *t = sink->state;
	struct hog_buf raw = { 0 }, clean = { 0 };
	uint32_t n;
	int r = hog_tree_build(t->base.tree);

	(void)err;
	if (r < 0)
		return r;
	print_head(sink, &raw, &clean);

	int64_t all = hog_tree_nodes(t->base.tree, &n)[0].total;

	if (all)
		print_rows(sink, all);
	else
		fprintf(sink->out, "%s\n", hog_tree_sink_why_empty(sink));
	if (raw.failed || clean.failed || t->name.failed || t->place.failed)
		r = -ENOMEM;
	hog_buf_fini(&raw);
	hog_buf_fini(&clean);
	return r;
}

static void table_close(struct hog_sink *sink)
{
	struct table *t = sink->state;

	hog_buf_fini(&t->name);
	hog_buf_fini(&t->place);
	hog_tree_sink_close(sink);
}

const struct hog_sink_ops hog_sink_table = {
	.name = "table",
	.summary = "functions by own time, for a terminal",
	.suffix = ".txt",
	.accepts = HOG_TREE_SINK_ACCEPTS,
	.state_size = sizeof(struct table),
	.begin = hog_tree_sink_begin,
	.event = hog_tree_sink_event,
	.end = table_end,
	.close = table_close,
};
