/* SPDX-License-Identifier: Apache-2.0 */
/* What every drawing says about a run: its name, how it was made, what it
 * could not see. */
#ifndef HOG_EXPORT_FACTS_H
#define HOG_EXPORT_FACTS_H

struct hog_buf;
struct hog_run;
struct hog_view;

/* Raw text: the caller escapes it for where it goes. */
void hog_facts_title(struct hog_buf *buf, const struct hog_run *run,
		     const struct hog_view *view);
/* "3.12.1", or all versions there are, joined by ", ". */
void hog_facts_python(struct hog_buf *buf, const struct hog_run *run);
/* "nothing lost", or "3 late, 1 torn ...": every loss that is not zero. */
void hog_facts_losses(struct hog_buf *buf, const struct hog_run *run);
/* Why there is no sample, in a mode that can do without. */
const char *hog_facts_why_empty(const struct hog_run *run);

#endif
