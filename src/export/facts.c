/* SPDX-License-Identifier: Apache-2.0 */
#include "export/facts.h"

#include <string.h>

#include "base/buf.h"
#include "profile/model.h"
#include "profile/run.h"
#include "profile/sink.h"

static void add_string(struct hog_buf *buf, const struct hog_run *run,
		       uint32_t string)
{
	size_t len;
	const char *text = hog_model_text(run->model, string, &len);

	hog_buf_add(buf, text, len);
}

void hog_facts_title(struct hog_buf *buf, const struct hog_run *run,
		     const struct hog_view *view)
{
	uint32_t n = hog_model_count(run->model).processes;
	const struct hog_process_info *p = hog_model_get_process(run->model, 1);

	if (view->title) {
		hog_buf_add_str(buf, view->title);
		return;
	}
	if (n < 2) {
		hog_buf_add_str(buf, "no process");
		return;
	}
	add_string(buf, run, p->name);
	hog_buf_printf(buf, " (pid %d)", p->pid);
	if (n > 2)
		hog_buf_printf(buf, " and %u more process%s", n - 2,
			       n > 3 ? "es" : "");
}

/* Was this version said for an earlier process? */
static bool is_said(const struct hog_model *m, uint32_t process)
{
	uint32_t python = hog_model_get_process(m, process)->python;

	for (uint32_t i = 1; i < process; i++)
		if (hog_model_get_process(m, i)->python == python)
			return true;
	return python == 0;
}

void hog_facts_python(struct hog_buf *buf, const struct hog_run *run)
{
	uint32_t n = hog_model_count(run->model).processes;
	uint32_t said = 0;

	/* A pool has many processes and one version: four are plenty. */
	for (uint32_t i = 1; i < n && said < 4; i++) {
		if (is_said(run->model, i))
			continue;
		if (said++)
			hog_buf_add_str(buf, ", ");
		add_string(buf, run,
			   hog_model_get_process(run->model, i)->python);
	}
	if (!said)
		hog_buf_add_str(buf, "?");
}

void hog_facts_losses(struct hog_buf *buf, const struct hog_run *run)
{
	const struct hog_loss *loss = &run->stats.loss;
	const struct {
		const char *name;
		uint64_t n;
	} all[] = {
#define X(name, meaning) { #name, loss->name },
		HOG_LOSS_FIELDS(X)
#undef X
	};
	int said = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].n == 0)
			continue;
		hog_buf_printf(buf, "%s%llu %s", said++ ? ", " : "",
			       (unsigned long long)all[i].n, all[i].name);
	}
	if (!said)
		hog_buf_add_str(buf, "nothing lost");
	if (run->stats.estimated_wrong > 0)
		hog_buf_printf(buf, "; about %.2g %% of stacks are wrong",
			       run->stats.estimated_wrong * 100);
}

const char *hog_facts_why_empty(const struct hog_run *run)
{
	switch (run->mode) {
	case HOG_MODE_GIL:
		return "no sample: no thread held the GIL";
	case HOG_MODE_CPU:
		return "no sample: no thread used CPU time";
	default:
		return run->stats.samples
			       ? "no sample: all threads were idle"
			       : "no sample: the run ended before the first";
	}
}
