/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <criterion/criterion.h>

#include "cli/doctor.h"

static char buf[64];

static const char *hidepid(const char *mountinfo)
{
	hog_doctor_hidepid(mountinfo, buf, sizeof(buf));
	return buf;
}

Test(doctor_system, finds_the_hidepid_of_proc)
{
	cr_assert_str_eq(hidepid("21 1 0:19 / / rw - ext4 /dev/x rw\n"
				 "22 1 0:20 / /proc rw,nosuid shared:5 - proc "
				 "proc rw,gid=4,hidepid=invisible\n"),
			 "invisible");
	cr_assert_str_eq(hidepid("22 1 0:20 / /proc rw - proc proc "
				 "rw,hidepid=2,gid=4\n"),
			 "2");
}

Test(doctor_system, takes_no_other_mount_for_proc)
{
	cr_assert_str_eq(hidepid("22 1 0:20 / /jail/proc rw - proc proc "
				 "rw,hidepid=2\n"),
			 "");
	cr_assert_str_eq(hidepid("22 1 0:20 / /proc rw - tmpfs x "
				 "rw,hidepid=2\n"),
			 "");
	cr_assert_str_eq(hidepid(""), "");
	cr_assert_str_eq(hidepid("22 1 0:20 / /proc rw - proc proc rw"), "");
}

Test(doctor_system, believes_the_mount_that_lies_on_top)
{
	cr_assert_str_eq(hidepid("1 0 0:1 / /proc rw - proc proc hidepid=2\n"
				 "2 0 0:1 / /proc rw - proc proc hidepid=0\n"),
			 "0");
}

Test(doctor_system, names_only_the_capabilities_that_matter)
{
	hog_doctor_caps(1ULL << 19 | 1ULL << 38 | 1, buf, sizeof(buf));
	cr_assert_str_eq(buf, "SYS_PTRACE PERFMON");
	hog_doctor_caps(0, buf, sizeof(buf));
	cr_assert_str_eq(buf, "");
}

Test(doctor_system, fails_when_one_finding_fails)
{
	static struct hog_findings f;

	for (int i = 0; i < HOG_FINDINGS_MAX; i++)
		hog_findings_add(&f, "a", HOG_HEALTH_NOTE, NULL, "x");
	cr_assert_not(hog_findings_failed(&f));
	f.n = 1;
	hog_findings_add(&f, "b", HOG_HEALTH_FAIL, "do", "%d", 3);
	cr_assert(hog_findings_failed(&f));
	cr_assert_str_eq(f.v[1].what, "3");
}

Test(doctor_system, keeps_to_its_room)
{
	static struct hog_findings f;

	for (int i = 0; i < HOG_FINDINGS_MAX + 5; i++)
		hog_findings_add(&f, "a", HOG_HEALTH_OK, NULL, "x");
	cr_assert_eq(f.n, HOG_FINDINGS_MAX);
}
