/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

/*
 * What a frame on the data stack looks like, by minor version.  Opcode numbers
 * are those of the releases' opcode module; the instrumented forms stand in a
 * frame while sys.monitoring watches it.
 */
static const struct ds_rules rules[] = {
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
	const size_t n = sizeof(rules) / sizeof(rules[0]);

	for (size_t i = 0; i < n; i++)
		if (rules[i].minor == minor)
			return &rules[i];
	return &rules[n - 1];
}
