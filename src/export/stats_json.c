/* SPDX-License-Identifier: Apache-2.0 */
#include "export/stats_json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>

#include "profile/run.h"

/* The fields in the order in which docs list them. */
#define STATS_FIELDS(F, U)                                                     \
	F("asked_hz", asked_hz)                                                \
	U("slots", slots)                                                      \
	U("samples", samples)                                                  \
	U("stacks", stacks)                                                    \
	U("late", loss.late)                                                   \
	U("missed", loss.missed)                                               \
	U("retries", loss.retries)                                             \
	U("stops", loss.stops)                                                 \
	U("torn", loss.torn)                                                   \
	U("unreadable", loss.unreadable)                                       \
	U("truncated", loss.truncated)                                         \
	U("repaired", loss.repaired)                                           \
	U("unseen", loss.unseen)                                               \
	U("tasks_skipped", loss.tasks_skipped)                                 \
	U("unstopped", loss.unstopped)                                         \
	F("estimated_wrong", estimated_wrong)                                  \
	F("cpu_seconds", cpu_seconds)                                          \
	U("max_rss_bytes", max_rss_bytes)                                      \
	F("wall_seconds", wall_seconds)                                        \
	U("processes", processes)                                              \
	U("threads", threads)                                                  \
	U("lowered", lowered)                                                  \
	F("lowest_hz", lowest_hz)                                              \
	F("mean_hz", mean_hz)                                                  \
	F("stopped_seconds", stopped_seconds)

static bool add(struct json_object *to, const char *name,
		struct json_object *value)
{
	if (value && json_object_object_add(to, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* JSON knows no infinity and no NaN, and 17 digits help nobody. */
static struct json_object *number(double value)
{
	char text[40];

	if (!(value > -1e15 && value < 1e15))
		value = 0;
	snprintf(text, sizeof(text), "%.9g", value);
	return json_object_new_double_s(value, text);
}

struct json_object *hog_stats_json(const struct hog_stats *stats)
{
	struct json_object *o = json_object_new_object();
	bool ok = o != NULL;

#define F(name, field) ok = ok && add(o, name, number(stats->field));
#define U(name, field)                                                         \
	ok = ok && add(o, name, json_object_new_uint64(stats->field));
	STATS_FIELDS(F, U)
#undef F
#undef U
	if (ok)
		return o;
	json_object_put(o);
	return NULL;
}

int hog_stats_json_write(FILE *out, const struct hog_stats *stats)
{
	struct json_object *o = hog_stats_json(stats);
	const char *text = o ? json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PRETTY |
						  JSON_C_TO_STRING_SPACED)
			     : NULL;
	int r = text ? 0 : -ENOMEM;

	errno = 0;
	if (text && fprintf(out, "%s\n", text) < 0)
		r = errno ? -errno : -EIO;
	json_object_put(o);
	return r;
}

struct line {
	char *buf;
	size_t cap;
	int len; /* as if there were room */
};

__attribute__((format(printf, 2, 3))) static void say(struct line *l,
						      const char *fmt, ...)
{
	size_t at = (size_t)l->len < l->cap ? (size_t)l->len : l->cap;
	va_list ap;

	va_start(ap, fmt);
	l->len += vsnprintf(l->cap ? l->buf + at : NULL, l->cap - at, fmt, ap);
	va_end(ap);
}

int hog_stats_line(char *buf, size_t cap, const struct hog_stats *s)
{
	struct line l = { .buf = buf, .cap = cap };
	const struct {
		const char *name;
		uint64_t n;
	} more[] = {
		{ "retries", s->loss.retries },
		{ "unreadable", s->loss.unreadable },
		{ "truncated", s->loss.truncated },
		{ "repaired", s->loss.repaired },
		{ "unstopped", s->loss.unstopped },
	};

	say(&l,
	    "%llu sample%s in %.1f s at %g Hz, %llu late, %llu missed, "
	    "%llu torn",
	    (unsigned long long)s->samples, s->samples == 1 ? "" : "s",
	    s->wall_seconds, s->asked_hz, (unsigned long long)s->loss.late,
	    (unsigned long long)s->loss.missed,
	    (unsigned long long)s->loss.torn);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (more[i].n)
			say(&l, ", %llu %s", (unsigned long long)more[i].n,
			    more[i].name);
	if (s->loss.unseen)
		say(&l, ", %llu process%s ended unseen",
		    (unsigned long long)s->loss.unseen,
		    s->loss.unseen == 1 ? "" : "es");
	if (s->lowered)
		say(&l, ", rate lowered to %.3g Hz (%.3g on average)",
		    s->lowest_hz, s->mean_hz);
	if (s->loss.stops)
		say(&l, ", %llu stop%s of %.0f us (%.2g %% of the time)",
		    (unsigned long long)s->loss.stops,
		    s->loss.stops == 1 ? "" : "s",
		    s->stopped_seconds * 1e6 / (double)s->loss.stops,
		    s->wall_seconds > 0
			    ? s->stopped_seconds / s->wall_seconds * 100
			    : 0);
	if (s->estimated_wrong > 0)
		say(&l, ", about %.2g %% of stacks wrong",
		    s->estimated_wrong * 100);
	say(&l, "; itself %.2f s of CPU, %.1f MB", s->cpu_seconds,
	    (double)s->max_rss_bytes / 1e6);
	return l.len;
}
