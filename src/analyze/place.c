/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/place.h"

#include <ctype.h>
#include <string.h>

#include "profile/model.h"

bool hog_place_is_library(const char *file)
{
	static const char *const folders[] = { "/lib/python", "/lib64/python" };

	if (strncmp(file, "<frozen ", 8) == 0)
		return true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		const char *at = strstr(file, folders[i]);

		if (!at)
			continue;
		at += strlen(folders[i]);
		if (!isdigit((unsigned char)*at))
			continue;
		at += strspn(at, "0123456789.dmtu"); /* 2.7, 3.7m, 3.13t */
		return *at == '/' && strncmp(at, "/site-packages/", 15) != 0 &&
		       strncmp(at, "/dist-packages/", 15) != 0;
	}
	return false;
}

struct hog_place hog_place_of_frame(const struct hog_model *m, uint32_t frame)
{
	const struct hog_frame *fr = hog_model_get_frame(m, frame);
	const struct hog_function *f = hog_model_get_function(m, fr->function);

	return (struct hog_place){
		.frame = frame,
		.innermost = frame,
		.name = hog_model_text(m, f->qualname ? f->qualname : f->name,
				       NULL),
		.file = hog_model_text(m, f->file, NULL),
		.short_file = hog_model_text(
			m, f->short_file ? f->short_file : f->file, NULL),
		.line = fr->line,
	};
}

struct hog_place hog_place_of(const struct hog_model *m, uint32_t stack)
{
	uint32_t innermost = 0, chosen = 0;
	struct hog_place place;

	while (stack) {
		struct hog_stack_node node = hog_model_get_stack(m, stack);
		const struct hog_function *f = hog_model_get_function(
			m, hog_model_get_frame(m, node.frame)->function);

		stack = node.parent;
		if (f->kind != HOG_FRAME_PYTHON)
			continue;
		if (!innermost)
			innermost = node.frame;
		if (hog_place_is_library(hog_model_text(m, f->file, NULL)))
			continue;
		chosen = node.frame;
		break;
	}
	place = hog_place_of_frame(m, chosen ? chosen : innermost);
	place.innermost = innermost;
	return place;
}
