/* SPDX-License-Identifier: Apache-2.0 */
#include "export/sinks.h"

#include <stddef.h>

#include "profile/stream.h"

/* Every sink there is.  To add one: a file beside this one, a line here, a line
 * in meson.build, a page in docs/man, a golden file in tests/golden. */
const struct hog_sink_ops *const hog_sinks[] = {
	&hog_sink_timeline,
	&hog_sink_html,
	&hog_sink_folded,
	&hog_sink_table,
	&hog_sink_hog,
	&hog_sink_text,
	&hog_sink_jsonl,
	&hog_sink_chrome,
	&hog_sink_perfetto,
	&hog_sink_summary,
	NULL,
};
