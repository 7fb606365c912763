/* SPDX-License-Identifier: Apache-2.0 */
/* Which line of a stack is blamed. */
#include "analyze/place.h"

#include "fake_calls.h"

Test(place, tells_the_standard_library_by_its_folder)
{
	static const char *const library[] = {
		"/usr/lib/python3.11/socket.py",
		"/opt/lib/python3.13t/asyncio/events.py",
		"/opt/lib/python2.7/socket.py",
		"/usr/lib64/python3.9/os.py",
		"<frozen importlib._bootstrap>",
	};
	static const char *const own[] = {
		"/usr/lib/python3/dist-packages/requests/api.py",
		"/v/lib/python3.11/site-packages/x.py",
		"/usr/local/lib/python3.9/dist-packages/x.py",
		"/srv/app.py",
		"/home/python3/app.py",
		"/srv/lib/python_tools/x.py",
		"<string>",
		"",
	};

	for (size_t i = 0; i < sizeof(library) / sizeof(*library); i++)
		cr_expect(hog_place_is_library(library[i]), "%s", library[i]);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		cr_expect(!hog_place_is_library(own[i]), "%s", own[i]);
}

Test(place, is_the_innermost_line_that_is_no_library)
{
	struct fake_calls f;
	struct hog_place p;

	fake_init(&f, NULL, NULL);
	p = hog_place_of(f.model,
			 fake_stack(&f, "/srv/a.py:<module>:1;/srv/a.py:f:2;"
					"/usr/lib/python3.11/socket.py:g:3;"
					"[gc]"));
	cr_expect_eq(p.line, 2);
	cr_expect_str_eq(p.name, "f");
	cr_expect_eq(hog_place_of_frame(f.model, p.innermost).line, 3);
	p = hog_place_of(f.model,
			 fake_stack(&f, "/usr/lib/python3.11/runpy.py:a:1;"
					"/usr/lib/python3.11/socket.py:g:3"));
	cr_expect_eq(p.line, 3, "else the innermost one of all");
	p = hog_place_of(f.model, 0);
	cr_expect_eq(p.frame, 0);
	cr_expect_str_eq(p.name, "");
	fake_fini(&f);
}
