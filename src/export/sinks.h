/* SPDX-License-Identifier: Apache-2.0 */
/* Every output format there is. */
#ifndef HOG_EXPORT_SINKS_H
#define HOG_EXPORT_SINKS_H

#include "profile/sink.h"

extern const struct hog_sink_ops hog_sink_html;
extern const struct hog_sink_ops hog_sink_folded;
extern const struct hog_sink_ops hog_sink_table;
extern const struct hog_sink_ops hog_sink_text;
extern const struct hog_sink_ops hog_sink_jsonl;
extern const struct hog_sink_ops hog_sink_chrome;
extern const struct hog_sink_ops hog_sink_perfetto;
extern const struct hog_sink_ops hog_sink_summary;
extern const struct hog_sink_ops hog_sink_timeline;

extern const struct hog_sink_ops *const hog_sinks[]; /* NULL ends it */

#endif
