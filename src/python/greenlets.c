/* SPDX-License-Identifier: Apache-2.0 */
#include "python/greenlets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "native/elf.h"
#include "python/dict.h"
#include "python/greenlets_priv.h"
#include "python/object.h"
#include "python/python.h"
#include "python/str.h"
#include "python/threads.h"

#define TABLE_HEAD 16 /* what an object's pointer to it leaves out */
#define IMPL_MAX 256
#define SAVED_MAX ((uint64_t)64 << 20)

const char *hog_greenlet_state_name(enum hog_greenlet_state state)
{
	static const char *const names[] = { "new", "running", "parked",
					     "dead" };

	return names[state];
}

/* ---- the extension ---- */

static bool is_extension(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	return strncmp(base, "_greenlet.", 10) == 0 ||
	       strcmp(base, "greenlet.so") == 0 ||
	       strncmp(base, "greenlet.cpython-", 17) == 0;
}

static struct hog_elf *open_elf(const struct hog_python *py,
				const struct hog_map *map, uint64_t *ret_bias)
{
	struct hog_elf *elf = NULL;
	int fd = hog_target_open_map(py->target, map);

	if (fd >= 0)
		hog_elf_open(fd, &elf, NULL);
	if (!elf)
		hog_elf_open_memory(py->mem, map->start, &elf, NULL);
	if (elf)
		*ret_bias = hog_elf_bias(elf, map->start, map->offset);
	return elf;
}

static bool find_tables(const struct hog_python *py, const struct hog_map *map,
			struct hog_greenlets *g)
{
	static const char *const names[] = { "_ZTVN8greenlet12UserGreenletE",
					     "_ZTVN8greenlet12MainGreenletE" };
	struct hog_elfsym syms[2] = { 0 };
	uint64_t bias = 0;
	struct hog_elf *elf = open_elf(py, map, &bias);

	if (!elf)
		return false;
	hog_elf_symbols(elf, names, 2, syms);
	hog_elf_close(elf);
	if (!syms[0].value || !syms[1].value)
		return false;
	g->user_table = syms[0].value + bias + TABLE_HEAD;
	g->main_table = syms[1].value + bias + TABLE_HEAD;
	return true;
}

int hog_greenlets_open(const struct hog_python *py, struct hog_greenlets *ret,
		       struct hog_err *err)
{
	struct hog_target *target = py->target;
	const struct hog_map *found = NULL;
	struct hog_greenlets g = { .py = py };

	if (target->live)
		hog_target_refresh_maps(target, NULL);
	for (size_t i = 0; i < target->maps.n && !found; i++)
		if (is_extension(target->maps.v[i].path))
			found = &target->maps.v[i];
	if (!found)
		return hog_err_say(err, -ENOENT, NULL,
				   "greenlet is not loaded");
	if (!hog_greenlets_served(py))
		return hog_err_say(err, -ENOTSUP, NULL,
				   "greenlet on Python %s is not known",
				   py->version_text);
	if (!find_tables(py, found, &g))
		return hog_err_say(err, -ENOTSUP,
				   "greenlet 2.0 and later can be read",
				   "this greenlet is older than 2.0");
	*ret = g;
	return 0;
}

void hog_greenlets_fini(struct hog_greenlets *g)
{
	hog_greenlets_look_free(g->look);
	free(g->v);
	*g = (struct hog_greenlets){ 0 };
}

/* ---- one greenlet ---- */

static uint64_t current_of(const struct hog_greenlets *g, uint64_t main)
{
	uint64_t impl, thread, current;

	if (!main ||
	    hog_mem_read_u64(g->py->mem, main + hog_greenlet_impl_at(g->py),
			     &impl) < 0 ||
	    hog_mem_read_u64(g->py->mem, impl + g->lay->thread, &thread) < 0 ||
	    !thread || hog_mem_read_u64(g->py->mem, thread + 8, &current) < 0)
		return 0;
	return current;
}

uint64_t hog_greenlet_current_addr(const struct hog_greenlets *g,
				   const struct hog_greenlet *main)
{
	uint64_t thread;

	if (!main->is_main ||
	    hog_mem_read_u64(g->py->mem, main->impl + g->lay->thread, &thread) <
		    0 ||
	    !thread)
		return 0;
	return thread + 8;
}

static enum hog_greenlet_state state_of(const struct hog_greenlet *v)
{
	if (v->start == 0)
		return v->stop ? HOG_GREENLET_DEAD : HOG_GREENLET_NEW;
	return v->current == v->addr ? HOG_GREENLET_RUNNING
				     : HOG_GREENLET_PARKED;
}

static void take(const struct hog_greenlets *g, const unsigned char *bytes,
		 struct hog_greenlet *v)
{
	const struct hog_greenlet_layout *lay = g->lay;

	v->start = hog_load64(bytes + lay->stack_start);
	v->stop = hog_load64(bytes + lay->stack_start + 8);
	v->copy = hog_load64(bytes + lay->stack_start + 16);
	v->saved = hog_load64(bytes + lay->stack_start + 24);
	if (v->saved > SAVED_MAX || !v->copy)
		v->saved = 0;
	v->frame =
		hog_load64(bytes + (lay->frame ? lay->frame : lay->top_frame));
	if (lay->chunk) {
		v->chunk = hog_load64(bytes + lay->chunk);
		v->top = hog_load64(bytes + lay->chunk + 8);
	}
	if (v->is_main) {
		v->main = v->addr;
		return;
	}
	v->main = hog_load64(bytes + lay->main);
	v->run = hog_load64(bytes + lay->main + 8);
	v->parent = hog_load64(bytes + lay->main + 16);
}

int hog_greenlet_read(const struct hog_greenlets *g, uint64_t addr,
		      struct hog_greenlet *ret)
{
	struct hog_mem *mem = g->py->mem;
	struct hog_greenlet v = { .addr = addr };
	unsigned char bytes[IMPL_MAX];
	uint64_t table;
	int r;

	if (!g->lay)
		return -ENOENT;
	r = hog_mem_read_u64(mem, addr + hog_greenlet_impl_at(g->py), &v.impl);
	if (r == 0)
		r = hog_mem_read(mem, v.impl, bytes, g->lay->main + 24u);
	if (r < 0)
		return r == -EFAULT ? -ENOENT : r;
	table = hog_load64(bytes);
	if ((table != g->user_table && table != g->main_table) ||
	    hog_load64(bytes + g->lay->self) != addr)
		return -ENOENT;
	v.is_main = table == g->main_table;
	take(g, bytes, &v);
	hog_mem_read_u64(mem, addr + hog_greenlet_dict_at(g->py), &v.dict);
	v.current = current_of(g, v.main);
	v.state = state_of(&v);
	*ret = v;
	return 0;
}

int hog_greenlet_thread(const struct hog_greenlets *g,
			const struct hog_greenlet *greenlet,
			const struct hog_pytstate *states, size_t n)
{
	const struct hog_map *map =
		hog_maps_find(&g->py->target->maps, greenlet->stop - 1);
	uint64_t nearest = UINT64_MAX;
	int found = -1;

	if (greenlet->is_main || greenlet->stop == 0)
		return -1;
	/* glibc keeps a thread's descriptor above its stack. */
	for (size_t i = 0; map && i < n; i++) {
		uint64_t ident = states[i].thread_id;

		if (ident < greenlet->stop || ident >= map->end ||
		    ident - greenlet->stop >= nearest)
			continue;
		nearest = ident - greenlet->stop;
		found = (int)i;
	}
	for (size_t i = 0; found < 0 && i < n; i++)
		if (n == 1 || (states[i].main && map &&
			       strcmp(map->path, "[stack]") == 0))
			found = (int)i;
	return found;
}

/* ---- names ---- */

static bool named(const struct hog_greenlets *g, uint64_t dict, char *buf,
		  size_t cap)
{
	struct hog_pytype type;
	uint64_t value;

	return dict && hog_pydict_get(g->py, dict, "name", &value) == 0 &&
	       hog_pytype_of(g->py, value, &type) == 0 &&
	       (type.flags & (HOG_TPFLAG_STR | HOG_TPFLAG_BYTES)) &&
	       hog_pystr_read(g->py, value, buf, cap) > 0;
}

bool hog_greenlet_is_hub(const struct hog_greenlets *g, uint64_t addr)
{
	struct hog_pytype type;
	char name[64];
	ssize_t n;

	if (hog_pytype_of(g->py, addr, &type) < 0)
		return false;
	n = hog_mem_read_cstr(g->py->mem, type.name, name, sizeof(name));
	return n >= 3 && strcmp(name + n - 3, "Hub") == 0;
}

size_t hog_greenlet_name(const struct hog_greenlets *g,
			 const struct hog_greenlet *greenlet,
			 const struct hog_pycode *root, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (named(g, greenlet->dict, buf, cap))
		return strlen(buf);
	if (greenlet->is_main)
		snprintf(buf, cap, "main");
	else if (hog_greenlet_is_hub(g, greenlet->addr))
		snprintf(buf, cap, "Hub");
	else if (root)
		snprintf(buf, cap, "%s", root->qualname);
	return strlen(buf);
}

/* ---- frames ---- */

static bool same_place(const struct hog_greenlet *a,
		       const struct hog_greenlet *b)
{
	return a->state == b->state && a->frame == b->frame &&
	       a->start == b->start && a->top == b->top && a->copy == b->copy;
}

int hog_greenlet_walk(const struct hog_greenlets *g, struct hog_pycodes *codes,
		      const struct hog_greenlet *greenlet,
		      struct hog_pyframe *frames, size_t max,
		      bool *ret_truncated)
{
	const struct hog_pyparked from = {
		.frame = greenlet->frame,
		.chunk = greenlet->chunk,
		.top = greenlet->top,
		.moved = greenlet->start,
		.moved_len = greenlet->saved,
		.moved_to = greenlet->copy,
	};
	struct hog_greenlet after;
	int n, r;

	if (greenlet->state != HOG_GREENLET_PARKED)
		return -EINVAL;
	n = hog_pystack_walk_parked(g->py, codes, &from, frames, max,
				    ret_truncated);
	r = hog_greenlet_read(g, greenlet->addr, &after);
	if (r < 0)
		return r;
	return same_place(greenlet, &after) ? n : -EAGAIN;
}
