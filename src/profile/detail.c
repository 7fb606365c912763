/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/detail.h"

#include "profile/model.h"

static void add_bytes(struct hog_buf *buf, const char *bytes, size_t len)
{
	if (len > HOG_DETAIL_TEXT_MAX)
		len = HOG_DETAIL_TEXT_MAX;
	hog_buf_add_varint(buf, len);
	hog_buf_add(buf, bytes, len);
}

void hog_detail_begin(struct hog_buf *buf, uint32_t name, uint32_t n_fields)
{
	hog_buf_clear(buf);
	hog_buf_add_varint(buf, name);
	hog_buf_add_varint(buf, n_fields);
}

void hog_detail_add(struct hog_buf *buf, const struct hog_detail_field *field)
{
	hog_buf_add_varint(buf, field->name);
	hog_buf_add_varint(buf, field->type);
	hog_buf_add_u8(buf, (uint8_t)field->kind);
	if (field->kind == HOG_VALUE_INT)
		hog_buf_add_svarint(buf, field->number);
	else if (field->kind == HOG_VALUE_STRING)
		add_bytes(buf, field->string, field->string_len);
	add_bytes(buf, field->text, field->text_len);
}

uint32_t hog_detail_put(struct hog_model *m, const struct hog_buf *buf)
{
	return buf->failed ? 0 : hog_model_detail(m, buf->data, buf->len);
}

struct hog_detail hog_detail_parse(const void *bytes, size_t len)
{
	struct hog_detail d = { 0 };
	uint64_t name, n;

	hog_cursor_init(&d.cur, bytes, len);
	name = hog_cursor_varint(&d.cur);
	n = hog_cursor_varint(&d.cur);
	if (d.cur.bad || name > UINT32_MAX || n > HOG_DETAIL_FIELDS_MAX) {
		d.cur.bad = true;
		return d;
	}
	d.name = (uint32_t)name;
	d.n_fields = (uint32_t)n;
	return d;
}

struct hog_detail hog_detail_get(const struct hog_model *m, uint32_t id)
{
	size_t len;
	const void *bytes = hog_model_get_detail(m, id, &len);

	return len ? hog_detail_parse(bytes, len) : (struct hog_detail){ 0 };
}

static bool next_bytes(struct hog_cursor *cur, const char **ret,
		       size_t *ret_len)
{
	uint64_t len = hog_cursor_varint(cur);

	if (len > HOG_DETAIL_TEXT_MAX)
		cur->bad = true;
	*ret = (const char *)hog_cursor_take(cur, len);
	*ret_len = cur->bad ? 0 : len;
	return !cur->bad;
}

bool hog_detail_next(struct hog_detail *d, struct hog_detail_field *ret)
{
	struct hog_detail_field f = { .string = "" };
	struct hog_cursor *cur = &d->cur;
	uint64_t name, type;
	unsigned kind;

	if (d->n_fields == 0 || cur->bad)
		return false;
	name = hog_cursor_varint(cur);
	type = hog_cursor_varint(cur);
	kind = hog_cursor_u8(cur);
	if (name > UINT32_MAX || type > UINT32_MAX || kind > HOG_VALUE_STRING)
		cur->bad = true;
	f.name = (uint32_t)name;
	f.type = (uint32_t)type;
	f.kind = (enum hog_value_kind)kind;
	if (f.kind == HOG_VALUE_INT)
		f.number = hog_cursor_svarint(cur);
	else if (f.kind == HOG_VALUE_STRING)
		next_bytes(cur, &f.string, &f.string_len);
	if (!next_bytes(cur, &f.text, &f.text_len))
		return false;
	d->n_fields--;
	*ret = f;
	return true;
}
