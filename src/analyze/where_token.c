/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/where_token.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_word(char c)
{
	return begins_word(c) || is_digit(c) || c == '.';
}

static void bad(struct hog_where_lexer *lex, const char *why)
{
	lex->token = HOG_TOK_BAD;
	lex->why = why;
}

static void scan_string(struct hog_where_lexer *lex)
{
	const char *s = lex->text + lex->at;
	size_t n = 1;

	while (s[n] && s[n] != s[0])
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	if (!s[n]) {
		bad(lex, "the quote is never closed");
		return;
	}
	lex->token = HOG_TOK_STRING;
	lex->begin = lex->at + 1;
	lex->len = n - 1;
	lex->at += n + 1;
}

static int digit_of(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Nanoseconds of a unit, 0: it is none. */
static uint64_t unit_of(const char *s, size_t len)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", 1000000 },
		{ "s", 1000000000 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == len &&
		    !memcmp(units[i].name, s, len))
			return units[i].ns;
	return 0;
}

/* value and a decimal fraction, of so many nanoseconds each. */
static bool take_unit(struct hog_where_lexer *lex, uint64_t value,
		      const char *fraction, size_t digits, uint64_t ns)
{
	uint64_t part = ns, total;

	if (__builtin_mul_overflow(value, ns, &total))
		return false;
	for (size_t i = 0; i < digits && part >= 10; i++) {
		part /= 10;
		if (__builtin_add_overflow(total,
					   part * (uint64_t)(fraction[i] - '0'),
					   &total))
			return false;
	}
	if (total > INT64_MAX)
		return false;
	lex->number = (int64_t)total;
	lex->unit = true;
	return true;
}

/* What stands behind the whole part: a fraction, a unit. */
static void scan_rest(struct hog_where_lexer *lex, const char *s, size_t n,
		      uint64_t value)
{
	size_t digits = 0, from;
	uint64_t ns;

	if (s[n] == '.' && is_digit(s[n + 1]))
		while (is_digit(s[n + 1 + digits]))
			digits++;
	from = digits ? n + 1 + digits : n;
	for (n = from; in_word(s[n]);)
		n++;
	ns = unit_of(s + from, n - from);
	lex->token = HOG_TOK_NUMBER;
	lex->number = (int64_t)value;
	lex->unit = false;
	lex->len = n;
	lex->at += n;
	if (n > from && !ns)
		bad(lex, "not a number; units of time are ns, us, ms and s");
	else if (digits && !ns)
		bad(lex, "only a time may have a fraction: 1.5ms");
	else if (ns && !take_unit(lex, value, s + from - digits, digits, ns))
		bad(lex, "the number is too large");
}

static void scan_number(struct hog_where_lexer *lex)
{
	const char *s = lex->text + lex->at;
	bool minus = s[0] == '-';
	size_t n = minus;
	uint64_t value = 0, base = 10;

	if (s[n] == '0' && (s[n + 1] == 'x' || s[n + 1] == 'X') &&
	    digit_of(s[n + 2]) < 16) {
		base = 16;
		n += 2;
	} else if (s[n] == '0' && is_digit(s[n + 1])) {
		base = 8;
	}
	for (; digit_of(s[n]) < (base == 16 ? 16 : 10); n++) {
		if ((uint64_t)digit_of(s[n]) >= base) {
			bad(lex, "not an octal number");
			return;
		}
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_of(s[n]),
					   &value)) {
			bad(lex, "the number is too large");
			return;
		}
	}
	if (minus && value > INT64_MAX) {
		bad(lex, "the number is too large");
		return;
	}
	scan_rest(lex, s, n, value);
	if (minus)
		lex->number = -lex->number;
}

static void scan_sign(struct hog_where_lexer *lex)
{
	static const struct {
		const char *text;
		enum hog_where_token token;
	} signs[] = {
		{ "&&", HOG_TOK_AND },  { "||", HOG_TOK_OR },
		{ "==", HOG_TOK_EQ },   { "!=", HOG_TOK_NE },
		{ "<=", HOG_TOK_LE },   { ">=", HOG_TOK_GE },
		{ "<", HOG_TOK_LT },    { ">", HOG_TOK_GT },
		{ "~", HOG_TOK_LIKE },  { "&", HOG_TOK_BITS },
		{ "!", HOG_TOK_NOT },   { "(", HOG_TOK_OPEN },
		{ ")", HOG_TOK_CLOSE }, { "|", HOG_TOK_BAR },
	};
	const char *s = lex->text + lex->at;

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i].text);

		if (strncmp(s, signs[i].text, n) != 0)
			continue;
		lex->token = signs[i].token;
		lex->len = n;
		lex->at += n;
		return;
	}
	lex->len = 1;
	bad(lex, *s == '=' ? "to compare, write =="
			   : "this character has no meaning here");
}

void hog_where_scan(struct hog_where_lexer *lex)
{
	const char *s;

	while (lex->text[lex->at] && strchr(" \t\r\n", lex->text[lex->at]))
		lex->at++;
	s = lex->text + lex->at;
	lex->begin = lex->at;
	lex->len = 0;
	if (!*s) {
		lex->token = HOG_TOK_END;
	} else if (*s == '"' || *s == '\'') {
		scan_string(lex);
	} else if (is_digit(*s) || (*s == '-' && is_digit(s[1]))) {
		scan_number(lex);
	} else if (begins_word(*s)) {
		lex->token = HOG_TOK_WORD;
		while (in_word(s[lex->len]))
			lex->len++;
		lex->at += lex->len;
	} else {
		scan_sign(lex);
	}
}
