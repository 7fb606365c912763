/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/version.h"

#include <stdio.h>

#include <json-c/json.h>
#include <zstd.h>

#include "cli/command.h"
#include "export/sinks.h"
#include "python/layout.h"

const char hog_version[] = HOG_VERSION;
const char hog_machine[] =
#if defined(__x86_64__)
	"x86_64";
#elif defined(__aarch64__)
	"aarch64";
#else
#error "hognose knows x86_64 and aarch64"
#endif

static void add_text(struct json_object *list, const char *text)
{
	json_object_array_add(list, json_object_new_string(text));
}

static struct json_object *commands(void)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; hog_commands[i]; i++)
		add_text(list, hog_commands[i]->name);
	return list;
}

static struct json_object *pythons(void)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; hog_pylayouts[i]; i++)
		add_text(list, hog_pylayouts[i]->name);
	return list;
}

static struct json_object *formats(void)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; hog_sinks[i]; i++)
		add_text(list, hog_sinks[i]->name);
	return list;
}

static struct json_object *libraries(void)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "json-c",
			       json_object_new_string(json_c_version()));
	json_object_object_add(o, "zstd",
			       json_object_new_string(ZSTD_versionString()));
	return o;
}

static void print_json(void)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "version",
			       json_object_new_string(hog_version));
	json_object_object_add(o, "machine",
			       json_object_new_string(hog_machine));
	json_object_object_add(o, "features", commands());
	json_object_object_add(o, "pythons", pythons());
	json_object_object_add(o, "formats", formats());
	json_object_object_add(o, "libraries", libraries());
	puts(json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	json_object_put(o);
}

int hog_print_version(bool json)
{
	if (json)
		print_json();
	else
		printf("hognose %s\n", hog_version);
	return HOG_EXIT_OK;
}
