/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

/*
 * What a frame on the data stack looks like, by minor version.  Opcode numbers
 * are those of the releases' opcode module; the instrumented forms stand in a
 * frame while sys.monitoring watches it.
 */
static const struct ds_rules table[] = {
	{
		.minor = 11, /* RETURN_VALUE, RETURN_GENERATOR, YIELD_VALUE */
		.popped_ops = { 83, 75, 86 },
		.raise_ops = { 130, 119 }, /* RAISE_VARARGS, RERAISE */
		.return_generator = 75,
		.marks_running = true,
		.entry_flag = true,
		.gen_executing = 0,
	},
	{
		.minor = 12, /* + RETURN_CONST and the instrumented three */
		.popped_ops = { 83, 121, 75, 150, 242, 247 },
		.raise_ops = { 130, 119 },
		.return_generator = 75,
		.marks_running = true,
		.shims = true,
		.gen_executing = 0,
	},
	{
		.minor = 13,
		.popped_ops = { 36, 103, 35, 118, 239, 240 },
		.raise_ops = { 101, 102 },
		.return_generator = 35,
		.marks_running = true,
		.shims = true,
		.has_return_offset = true,
		.gen_executing = 0,
	},
	{
		.minor = 14,
		.popped_ops = { 35, 246 },
		.return_generator = 34,
		.clears_code = true,
		.shims = true,
		.has_return_offset = true,
		.gen_executing = 0,
	},
	{
		.minor = 15,
		.popped_ops = { 33, 245 },
		.return_generator = 32,
		.clears_code = true,
		.shims = true,
		.has_return_offset = true,
		.gen_executing = 4,
	},
};

/* A later minor is read as the newest known one. */
const struct ds_rules *ds_rules_for(unsigned minor)
{
	const size_t n = sizeof(table) / sizeof(table[0]);

	for (size_t i = 0; i < n; i++)
		if (table[i].minor == minor)
			return &table[i];
	return &table[n - 1];
}

bool ds_returned(const struct ds_reader *r, const struct ds_frame *f)
{
	const struct ds_rules *rules = r->rules;
	const unsigned char *code = f->code->code;

	if (!code || f->at < 0)
		return false;
	for (unsigned i = 0; i < sizeof(rules->popped_ops); i++)
		if (rules->popped_ops[i] && code[f->at] == rules->popped_ops[i])
			return true;
	return false;
}

bool ds_popped(const struct ds_reader *r, const struct ds_frame *f)
{
	const struct ds_rules *rules = r->rules;
	const unsigned char *code = f->code->code;

	if (f->cleared)
		return true;
	if (ds_is_running(r, f) || !code || f->at < 0)
		return false;
	if (ds_returned(r, f))
		return true;
	/* From 3.13 on a generator's first frame is left one unit behind. */
	return (f->code->flags & HOG_CO_ANY_GENERATOR) && f->owner == 0 &&
	       f->at >= 2 && code[f->at - 2] == rules->return_generator;
}

bool ds_set_up(const struct ds_frame *f)
{
	return f->code && f->at < (int64_t)f->code->firsttraceable;
}

bool ds_calls_init(const struct ds_frame *f)
{
	return f->code && f->code->firsttraceable >= f->code->code_len;
}

bool ds_raised(const struct ds_reader *r, const struct ds_frame *f)
{
	const struct ds_rules *rules = r->rules;
	const unsigned char *code = f->code->code;

	if (!rules->raise_ops[0] || ds_is_running(r, f) || !code || f->at < 0)
		return false;
	if (code[f->at] == rules->raise_ops[0] ||
	    (rules->raise_ops[1] && code[f->at] == rules->raise_ops[1]))
		return true;
	/* Who is in a call has where to go on. */
	return rules->marks_running && rules->has_return_offset &&
	       f->return_offset == 0 && f->owner == 0 && f->at > 0 &&
	       !ds_set_up(f) && !ds_popped(r, f);
}
