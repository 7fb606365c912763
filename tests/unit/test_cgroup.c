/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>

#include "target/cgroup.h"

#define ID "121fc095ce1ac24b44e16e1ec8325d81"
#define LONG_ID                                                                \
	"9d0c1f5e6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f"

static const char mounts[] =
	"24 30 0:22 / /proc rw - proc proc rw\n"
	"31 29 0:26 / /sys/fs/cgroup ro shared:4 - tmpfs tmpfs ro\n"
	"32 31 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw\n"
	"33 31 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup "
	"rw,xattr,name=systemd\n"
	"34 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
	"rw,cpu,cpuacct\n"
	"35 31 0:30 /outer/one /sys/fs/cgroup/memory rw - cgroup cgroup "
	"rw,memory\n";

static const char mixed[] = "9:name=systemd:/user.slice/a.service\n"
			    "4:memory:/outer/one/box\n"
			    "2:cpu,cpuacct:/shop/web\n"
			    "0::/system.slice/docker-" LONG_ID ".scope/init\n";

static struct hog_cgroup cg;

static bool fits(const char *arg, const char *text)
{
	bool in;

	cr_assert_eq(hog_cgroup_parse(arg, mounts, &cg), 0);
	in = hog_cgroup_matches(&cg, text);
	hog_cgroup_fini(&cg);
	return in;
}

Test(cgroup, an_absolute_path_holds_what_is_in_it_and_below)
{
	cr_assert(fits("/user.slice/a.service", mixed));
	cr_assert(fits("/user.slice", mixed));
	cr_assert(fits("/user.slice/", mixed));
	cr_assert(fits("/", mixed));
	cr_assert_not(fits("/user.slice/a", mixed));
	cr_assert_not(fits("/slice", mixed));
	cr_assert_not(fits("/a.service", mixed));
}

Test(cgroup, a_path_below_a_mount_means_that_hierarchy_only)
{
	cr_assert(fits("/sys/fs/cgroup/cpu,cpuacct/shop", mixed));
	cr_assert_not(fits("/sys/fs/cgroup/systemd/shop", mixed));
	cr_assert_not(fits("/sys/fs/cgroup/unified/shop", mixed));
	cr_assert(fits("/sys/fs/cgroup/systemd/user.slice", mixed));
	cr_assert(fits("/sys/fs/cgroup/unified/system.slice", mixed));
	cr_assert_not(fits("/sys/fs/cgroup/memory/system.slice", mixed));
}

Test(cgroup, a_mount_of_a_part_counts_from_where_it_begins)
{
	cr_assert(fits("/sys/fs/cgroup/memory/box", mixed));
	cr_assert(fits("/sys/fs/cgroup/memory", mixed));
	cr_assert_not(fits("/sys/fs/cgroup/memory/one", mixed));
}

Test(cgroup, a_part_is_made_of_whole_components)
{
	cr_assert(fits("a.service", mixed));
	cr_assert(fits("one/box", mixed));
	cr_assert(fits("web", mixed));
	cr_assert_not(fits("service", mixed));
	cr_assert_not(fits("ne/box", mixed));
	cr_assert_not(fits("box/one", mixed));
}

Test(cgroup, a_container_is_named_by_its_id_or_its_beginning)
{
	cr_assert(fits(LONG_ID, mixed));
	cr_assert(fits("9d0c1f5e6a7b", mixed));
	cr_assert_not(fits("0c1f5e6a7b8c", mixed));
	cr_assert(fits(ID, "4:memory:/process_api/" ID "\n"));
	cr_assert(fits(ID, "0::/kubepods/pod1/cri-containerd-" ID ".scope"));
	cr_assert(fits(ID, "0::/machine.slice/libpod-" ID ".scope/container"));
	cr_assert_not(fits(ID, "0::/f" ID "\n"));
}

Test(cgroup, too_few_digits_are_a_name)
{
	cr_assert_eq(hog_cgroup_parse("9d0c1f5e6a7", mounts, &cg), 0);
	cr_assert_eq(cg.kind, HOG_CGROUP_PART);
	hog_cgroup_fini(&cg);
	cr_assert_eq(hog_cgroup_parse("9d0c1f5e6a7b", mounts, &cg), 0);
	cr_assert_eq(cg.kind, HOG_CGROUP_ID);
	hog_cgroup_fini(&cg);
}

Test(cgroup, an_empty_name_is_refused)
{
	cr_assert_eq(hog_cgroup_parse("", mounts, &cg), -EINVAL);
}

Test(cgroup, a_text_that_is_none_holds_nobody)
{
	cr_assert_not(fits("/a", ""));
	cr_assert_not(fits("/a", "\n\n"));
	cr_assert_not(fits("/a", "1:memory"));
	cr_assert_not(fits("a", "::"));
	cr_assert(fits("/a", "::/a"));
}

Test(cgroup, a_path_below_a_mount_must_be_there)
{
	struct hog_cgroup none;

	/* Where nothing is mounted it is a path from the root, and may be. */
	int r = hog_cgroup_open("/sys/fs/cgroup/no-such-group", &none, NULL);

	cr_assert(r == 0 || r == -ENOENT, "%d", r);
	if (r == 0)
		hog_cgroup_fini(&none);
}
