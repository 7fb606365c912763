/* SPDX-License-Identifier: Apache-2.0 */
#include "target/maps.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static int parse(const char *text, struct hog_maps *ret)
{
	return hog_maps_parse(strdup(text), strlen(text), ret);
}

static const char two[] =
	"00400000-0041f000 r-xp 00001000 fe:01 1234    /usr/bin/python3\n"
	"7f0000000000-7f0000021000 rw-s 00000000 00:00 0 \n";

Test(maps, reads_every_column)
{
	struct hog_maps maps;

	cr_assert_eq(parse(two, &maps), 0);
	cr_assert_eq(maps.n, 2);
	cr_assert_eq(maps.v[0].start, 0x400000);
	cr_assert_eq(maps.v[0].end, 0x41f000);
	cr_assert_eq(maps.v[0].offset, 0x1000);
	cr_assert_eq(maps.v[0].inode, 1234);
	cr_assert_eq(maps.v[0].dev_major, 0xfe);
	cr_assert_eq(maps.v[0].dev_minor, 1);
	cr_assert_eq(maps.v[0].prot, HOG_MAP_READ | HOG_MAP_EXEC);
	cr_assert_str_eq(maps.v[0].path, "/usr/bin/python3");
	cr_assert_eq(maps.v[1].prot,
		     HOG_MAP_READ | HOG_MAP_WRITE | HOG_MAP_SHARED);
	cr_assert_str_eq(maps.v[1].path, "");
	hog_maps_fini(&maps);
}

Test(maps, keeps_odd_names)
{
	struct hog_maps maps;

	cr_assert_eq(parse("1000-2000 r--p 0 0:0 7 /a b\\012c (deleted)\n"
			   "2000-3000 r--p 0 0:0 8 /x (deleted) y\n"
			   "3000-4000 r--p 0 0:0 9",
			   &maps),
		     0);
	cr_assert_eq(maps.n, 3);
	cr_assert_str_eq(maps.v[0].path, "/a b\nc");
	cr_assert(maps.v[0].deleted);
	cr_assert_str_eq(maps.v[1].path, "/x (deleted) y");
	cr_assert_not(maps.v[1].deleted);
	cr_assert_str_eq(maps.v[2].path, "");
	hog_maps_fini(&maps);
}

Test(maps, finds_the_mapping_of_an_address)
{
	struct hog_maps maps;

	cr_assert_eq(parse(two, &maps), 0);
	cr_assert_null(hog_maps_find(&maps, 0x3fffff));
	cr_assert_eq(hog_maps_find(&maps, 0x400000), &maps.v[0]);
	cr_assert_eq(hog_maps_find(&maps, 0x41efff), &maps.v[0]);
	cr_assert_null(hog_maps_find(&maps, 0x41f000));
	cr_assert_eq(hog_maps_find(&maps, 0x7f0000000010), &maps.v[1]);
	hog_maps_fini(&maps);
}

Test(maps, refuses_what_is_no_list_of_mappings)
{
	static const char *const bad[] = {
		"hello\n",
		"1000-2000\n",
		"1000 2000 r--p 0 0:0 7\n",
		"2000-1000 r--p 0 0:0 7\n",
		"-1-2000 r--p 0 0:0 7\n",
		"1000-2000 r-- 0 0:0 7\n",
		"1000-2000 r--p 0 0:0 \n",
		"\n",
		" 1000-2000 r--p 0 0:0 7\n",
		"1000-2000 r--p",
	};
	struct hog_maps maps;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(parse(bad[i], &maps), -EBADMSG, "%s", bad[i]);
	cr_assert_eq(hog_maps_parse(memcpy(calloc(1, 8), "a\0b", 3), 3, &maps),
		     -EBADMSG);
}

Test(maps, leaves_out_what_goes_backwards)
{
	struct hog_maps maps;

	cr_assert_eq(parse("1000-3000 r--p 0 0:0 7\n"
			   "2000-4000 r--p 0 0:0 7\n"
			   "3000-4000 r--p 0 0:0 7\n",
			   &maps),
		     0);
	cr_assert_eq(maps.n, 2);
	cr_assert_eq(maps.v[1].start, 0x3000);
	hog_maps_fini(&maps);
}
