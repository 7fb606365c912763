/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/callset.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "syscalls/calls.h"
#include "syscalls/names.h"

#define PART_MAX 512

static const struct class
{
	const char *name;
	unsigned bits; /* of enum HOG_CLASS_ */
	bool bare;     /* also without "%": strace's older way */
} classes[] = {
	{ "file", HOG_CLASS_FILE, true },
	{ "desc", HOG_CLASS_DESC, true },
	{ "network", HOG_CLASS_NETWORK, true },
	{ "process", HOG_CLASS_PROCESS, true },
	{ "memory", HOG_CLASS_MEMORY, true },
	{ "signal", HOG_CLASS_SIGNAL, true },
	{ "ipc", HOG_CLASS_IPC, true },
	{ "creds", HOG_CLASS_CREDS },
	{ "clock", HOG_CLASS_CLOCK },
	{ "stat", HOG_CLASS_STAT },
	{ "lstat", HOG_CLASS_LSTAT },
	{ "fstat", HOG_CLASS_FSTAT },
	{ "statfs", HOG_CLASS_STATFS },
	{ "fstatfs", HOG_CLASS_FSTATFS },
	{ "%statfs", HOG_CLASS_STATFS | HOG_CLASS_FSTATFS },
	{ "pure", HOG_CLASS_PURE },
	{ "%stat", HOG_CLASS_STAT | HOG_CLASS_LSTAT | HOG_CLASS_FSTAT },
	{ "net", HOG_CLASS_NETWORK },
};

#define N_CLASSES (sizeof(classes) / sizeof(*classes))

/* What one part says: of a call of this machine, is it meant? */
struct part {
	const char *text; /* without "!" and "?" */
	const char *name; /* a call */
	unsigned classes; /* a class */
	bool all;
	regex_t *regex;
};

static bool matches(const struct part *part, unsigned machine, int64_t number)
{
	const char *name = hog_syscall_name(machine, number);

	if (part->all)
		return true;
	if (!name)
		return false;
	if (part->name)
		return strcmp(name, part->name) == 0;
	if (part->regex)
		return regexec(part->regex, name, 0, NULL, 0) == 0;
	return hog_call_row(machine, number)->classes & part->classes;
}

static void put(uint64_t *bits, int64_t number, bool on)
{
	uint64_t bit = 1ull << (number % 64);

	if (on)
		bits[number / 64] |= bit;
	else
		bits[number / 64] &= ~bit;
}

/* How many calls it meant. */
static unsigned apply(const struct part *part, unsigned machine, bool on,
		      uint64_t *bits)
{
	unsigned count = 0;

	for (int64_t i = 0; machine && i < HOG_CALL_NUMBERS; i++) {
		if (!matches(part, machine, i))
			continue;
		put(bits, i, on);
		count++;
	}
	return count;
}

static int apply_both(const struct part *part, unsigned machine, bool on,
		      struct hog_callset *set)
{
	unsigned n = apply(part, machine, on, set->native);

	return (int)(n +
		     apply(part, hog_callset_compat(machine), on, set->compat));
}

static const struct class *find_class(const char *name)
{
	for (size_t i = 0; i < N_CLASSES; i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

static int say_unknown(unsigned machine, const char *text, struct hog_err *err)
{
	struct hog_suggest near;
	bool class = *text == '%';

	if (class)
		text++;
	hog_suggest_init(&near, text, strlen(text));
	for (size_t i = 0; i < N_CLASSES; i++)
		if (class && classes[i].name[0] != '%')
			hog_suggest_try(&near, classes[i].name);
	for (int64_t i = 0; !class && i < HOG_CALL_NUMBERS; i++) {
		const char *name = hog_syscall_name(machine, i);

		if (name)
			hog_suggest_try(&near, name);
	}

	const char *hint = class ? "classes are %file %desc %network %process "
				   "%memory %signal %ipc %creds %clock %stat "
				   "%lstat %fstat %statfs %fstatfs %pure"
				 : "write ?NAME for a call that this machine "
				   "may not have";
	const char *what = class ? "class %" : "system call ";

	if (near.best[0])
		return hog_err_say(err, -EINVAL, hint,
				   "no %s%s (did you mean %s%s?)", what, text,
				   class ? "%" : "", near.best);
	return hog_err_say(err, -EINVAL, hint, "no %s%s", what, text);
}

static int apply_regex(unsigned machine, char *text, bool on,
		       struct hog_callset *set, struct hog_err *err)
{
	size_t len = strlen(text);
	regex_t regex;
	struct part part = { .regex = &regex };

	if (len < 3 || text[len - 1] != '/')
		return hog_err_say(err, -EINVAL, NULL,
				   "%s is no /regular expression/", text);
	text[len - 1] = '\0';

	int r = regcomp(&regex, text + 1, REG_EXTENDED | REG_NOSUB);

	text[len - 1] = '/';
	if (r != 0) {
		char why[128];

		regerror(r, &regex, why, sizeof(why));
		return hog_err_say(err, -EINVAL, NULL, "%s: %s", text, why);
	}
	r = apply_both(&part, machine, on, set);
	regfree(&regex);
	if (r == 0)
		return hog_err_say(err, -EINVAL, NULL,
				   "%s matches no system call", text);
	return 0;
}

static bool is_number(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return *text && strlen(text) < 6;
}

/* A number means a call of the machine itself. */
static int apply_number(const char *text, bool on, struct hog_callset *set,
			struct hog_err *err)
{
	int64_t number = 0;

	for (const char *c = text; *c; c++)
		number = number * 10 + (*c - '0');
	if (number >= HOG_CALL_NUMBERS)
		return hog_err_say(err, -EINVAL, NULL,
				   "no system call has the number %s", text);
	put(set->native, number, on);
	return 0;
}

static int apply_text(unsigned machine, char *text, bool on,
		      struct hog_callset *set, struct hog_err *err)
{
	struct part part = { 0 };
	bool maybe = *text == '?';

	if (*text == '/')
		return apply_regex(machine, text, on, set, err);
	if (is_number(text))
		return apply_number(text, on, set, err);
	text += maybe;
	if (!strcmp(text, "none"))
		return apply_text(machine, (char[]){ "all" }, !on, set, err);

	const struct class *class = find_class(text + (*text == '%'));

	if (!strcmp(text, "all"))
		part.all = true;
	else if (class && (class->bare || *text == '%'))
		part.classes = class->bits;
	else if (*text != '%')
		part.name = text;

	/* Some machines have no call of a class (%lstat of aarch64). */
	if (apply_both(&part, machine, on, set) == 0 && !maybe && !part.classes)
		return say_unknown(machine, text, err);
	return 0;
}

void hog_callset_all(struct hog_callset *ret)
{
	memset(ret, 0xff, sizeof(*ret));
}

/* The end of a part: a comma inside of /.../ belongs to it. */
static size_t part_length(const char *text)
{
	size_t i = 0;
	bool regex = false;

	while (text[i] == '!' || text[i] == '?' || text[i] == ' ')
		i++;
	if (text[i] == '/') {
		regex = true;
		i++;
	}
	for (; text[i]; i++) {
		if (regex && text[i] == '/' &&
		    (text[i + 1] == ',' || text[i + 1] == '\0'))
			return i + 1;
		if (!regex && text[i] == ',')
			break;
	}
	return i;
}

/* One part into buf without blanks around it; its "!" are counted. */
static int take_part(const char *text, size_t len, char *buf, bool *ret_not,
		     struct hog_err *err)
{
	*ret_not = false;
	while (len && (*text == ' ' || *text == '!')) {
		*ret_not ^= *text == '!';
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (len == 0 || len >= PART_MAX)
		return hog_err_say(err, -EINVAL,
				   "write names, /regex/ or %class, with "
				   "commas between them",
				   len ? "a part is too long"
				       : "a part is empty");
	memcpy(buf, text, len);
	buf[len] = '\0';
	return 0;
}

int hog_callset_parse(unsigned machine, const char *text,
		      struct hog_callset *ret, struct hog_err *err)
{
	struct hog_callset set = { 0 };
	bool all_not;
	size_t len;

	if (!strncmp(text, "trace=", 6))
		text += 6;
	/* "!a,b" is everything but a and b, as strace has it. */
	all_not = *text == '!';
	if (all_not)
		hog_callset_all(&set);
	for (;; text += len + 1) {
		char part[PART_MAX];
		bool negated;

		len = part_length(text);

		int r = take_part(text, len, part, &negated, err);

		if (r == 0)
			r = apply_text(machine, part, !negated && !all_not,
				       &set, err);
		if (r < 0)
			return hog_err_wrap(err, r, "system calls");
		if (text[len] == '\0')
			break;
	}
	*ret = set;
	return 0;
}

bool hog_callset_has(const struct hog_callset *set, bool compat, int64_t number)
{
	const uint64_t *bits = compat ? set->compat : set->native;

	/* A number that is none of ours is meant by "all" alone. */
	if (number < 0 || number >= HOG_CALL_NUMBERS)
		return hog_callset_is_all(set);
	return bits[number / 64] >> (number % 64) & 1;
}

bool hog_callset_is_all(const struct hog_callset *set)
{
	for (size_t i = 0; i < HOG_CALL_NUMBERS / 64; i++)
		if (~set->native[i] || ~set->compat[i])
			return false;
	return true;
}

unsigned hog_callset_compat(unsigned machine)
{
	switch (machine) {
	case EM_X86_64:
		return EM_386;
	case EM_AARCH64:
		return EM_ARM;
	default:
		return 0;
	}
}
