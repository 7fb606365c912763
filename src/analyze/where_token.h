/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a condition; private to its compiler. */
#ifndef HOG_ANALYZE_WHERE_TOKEN_H
#define HOG_ANALYZE_WHERE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hog_where_token {
	HOG_TOK_END,
	HOG_TOK_BAD, /* why says what it is */
	HOG_TOK_WORD,
	HOG_TOK_NUMBER, /* unit: nanoseconds, if it has one */
	HOG_TOK_STRING, /* between the quotes: begin, len, escapes inside */
	HOG_TOK_AND,
	HOG_TOK_OR,
	HOG_TOK_NOT,
	HOG_TOK_OPEN,
	HOG_TOK_CLOSE,
	HOG_TOK_EQ,
	HOG_TOK_NE,
	HOG_TOK_LT,
	HOG_TOK_LE,
	HOG_TOK_GT,
	HOG_TOK_GE,
	HOG_TOK_LIKE,
	HOG_TOK_BITS,
	HOG_TOK_BAR, /* between the constants behind & */
};

struct hog_where_lexer {
	const char *text;
	size_t at; /* behind the token */
	/* The token. */
	enum hog_where_token token;
	size_t begin, len; /* where it stands; of a string: what is quoted */
	int64_t number;
	bool unit;
	const char *why;
};

/* Goes on to the next token. */
void hog_where_scan(struct hog_where_lexer *lex);

#endif
