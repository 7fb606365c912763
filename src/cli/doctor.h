/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of `hognose doctor`: what was looked at, how it is, what to do. */
#ifndef HOG_CLI_DOCTOR_H
#define HOG_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct hog_err;

#define HOG_FINDINGS_MAX 32

enum hog_health {
	HOG_HEALTH_OK,
	HOG_HEALTH_NOTE, /* it limits what works, or costs more */
	HOG_HEALTH_FAIL, /* recording does not work */
};

struct hog_finding {
	const char *name;
	enum hog_health health;
	char what[512];
	const char *remedy; /* static; NULL: none is needed */
};

struct hog_findings {
	struct hog_finding v[HOG_FINDINGS_MAX];
	size_t n;
};

void hog_findings_add(struct hog_findings *f, const char *name,
		      enum hog_health health, const char *remedy,
		      const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
bool hog_findings_failed(const struct hog_findings *f);

/* This machine and our rights on it. */
void hog_doctor_system(struct hog_findings *f);
/* Its part: what a stop of a thread takes here. */
void hog_doctor_stops_here(struct hog_findings *f);
/* Its part: by which ways system calls can be followed. */
void hog_doctor_calls(struct hog_findings *f);
/* One process. */
void hog_doctor_process(struct hog_findings *f, pid_t pid);
/* Its part: whether its threads could be stopped. */
void hog_doctor_stops_of(struct hog_findings *f, pid_t pid);

/* Parsers of /proc texts, for the tests. */
/* The value of hidepid= of the /proc mount in a mountinfo text; "" none. */
void hog_doctor_hidepid(const char *mountinfo, char *buf, size_t cap);
/* Names of the capabilities in a mask that matter to us, by blanks. */
void hog_doctor_caps(unsigned long long mask, char *buf, size_t cap);

#endif
