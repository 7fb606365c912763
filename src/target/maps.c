/* SPDX-License-Identifier: Apache-2.0 */
#include "target/maps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void hog_maps_fini(struct hog_maps *maps)
{
	free(maps->v);
	free(maps->text);
	*maps = (struct hog_maps){ 0 };
}

const struct hog_map *hog_maps_find(const struct hog_maps *maps, uint64_t addr)
{
	size_t lo = 0, hi = maps->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < maps->v[mid].start)
			hi = mid;
		else if (addr >= maps->v[mid].end)
			lo = mid + 1;
		else
			return &maps->v[mid];
	}
	return NULL;
}

/* A position in one line; a missing number makes it NULL, for good. */
struct line {
	char *pos;
};

static uint64_t take_number(struct line *line, int base, char stop)
{
	char *end;
	uint64_t value;

	/* strtoull would take blanks and signs: no such thing stands here. */
	if (!line->pos || !strchr("0123456789abcdef", *line->pos) ||
	    !*line->pos) {
		line->pos = NULL;
		return 0;
	}
	value = strtoull(line->pos, &end, base);
	line->pos = *end == stop ? end + 1 : NULL;
	return value;
}

static unsigned take_prot(struct line *line)
{
	const char *p = line->pos;
	unsigned prot = 0;

	if (!p || strnlen(p, 5) < 5 || p[4] != ' ') {
		line->pos = NULL;
		return 0;
	}
	if (p[0] == 'r')
		prot |= HOG_MAP_READ;
	if (p[1] == 'w')
		prot |= HOG_MAP_WRITE;
	if (p[2] == 'x')
		prot |= HOG_MAP_EXEC;
	if (p[3] == 's')
		prot |= HOG_MAP_SHARED;
	line->pos += 5;
	return prot;
}

/* The kernel writes a line break in a name as \012 and nothing else so. */
static void unescape(char *path)
{
	char *to = path;

	for (char *from = path; *from; to++) {
		if (strncmp(from, "\\012", 4) == 0) {
			*to = '\n';
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool cut_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t len = strlen(path), mark_len = sizeof(mark) - 1;

	if (len <= mark_len || strcmp(path + len - mark_len, mark) != 0)
		return false;
	path[len - mark_len] = '\0';
	return true;
}

static int parse_line(char *text, struct hog_map *ret)
{
	struct line line = { text };
	struct hog_map map = { 0 };
	char *path;

	map.start = take_number(&line, 16, '-');
	map.end = take_number(&line, 16, ' ');
	map.prot = take_prot(&line);
	map.offset = take_number(&line, 16, ' ');
	map.dev_major = (uint32_t)take_number(&line, 16, ':');
	map.dev_minor = (uint32_t)take_number(&line, 16, ' ');
	if (!line.pos)
		return -EBADMSG;
	/* The inode ends the line when there is no name (old kernels). */
	map.inode = strtoull(line.pos, &path, 10);
	if (path == line.pos || map.start >= map.end)
		return -EBADMSG;
	path += strspn(path, " ");
	unescape(path);
	map.deleted = cut_deleted(path);
	map.path = path;
	*ret = map;
	return 0;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

int hog_maps_parse(char *text, size_t len, struct hog_maps *ret)
{
	_cleanup_free_ char *own = text;
	_cleanup_free_ struct hog_map *v = NULL;
	size_t n = 0;
	uint64_t last = 0;

	text[len] = '\0';
	if (memchr(text, '\0', len))
		return -EBADMSG;
	v = calloc(count_lines(text, len), sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (char *line = text; *line;) {
		char *end = strchrnul(line, '\n');
		char *next = *end ? end + 1 : end;
		int r;

		*end = '\0';
		r = parse_line(line, &v[n]);
		if (r < 0)
			return r;
		/* The kernel never goes backwards; who finds by halving
		 * relies on it. */
		if (v[n].start >= last) {
			last = v[n].end;
			n++;
		}
		line = next;
	}
	*ret = (struct hog_maps){ .v = hog_move(v),
				  .n = n,
				  .text = hog_move(own) };
	return 0;
}
