/* SPDX-License-Identifier: Apache-2.0 */
/* A command line of any words: NUL-separated bytes, to record's parser. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/record.h"
#include "cli/say.h"

#define WORDS_MAX 64

extern const struct hog_command hog_cmd_record;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *argv[WORDS_MAX + 1] = { NULL };
	char plain[64];
	int argc = 0;
	struct hog_args *args = NULL;
	struct hog_record_options opt;
	struct hog_err err = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && argc < WORDS_MAX;
	     at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	if (hog_args_parse(&hog_cmd_record, argc, argv, 0, &args, &err) == 0 &&
	    hog_record_parse(args, &opt, &err) == 0)
		hog_record_options_fini(&opt);
	else if (!err.text[0])
		abort(); /* a refusal without words */
	hog_plain(text, plain, sizeof(plain));
	hog_record_program_name((const char *const *)argv, plain,
				sizeof(plain));
	hog_args_free(args);
	free(text);
	return 0;
}
