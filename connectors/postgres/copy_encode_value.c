/* SPDX-License-Identifier: Apache-2.0 */
/* One writer for each way from a type of Leat to a type of the table, chosen when the table is bound. Assignments are
 * those Postgres makes by itself in an INSERT; a value that does not fit fails with the SQLSTATE the server would
 * give. Text is checked for NUL and encoding here, because a row the server refuses costs a whole COPY. Pure. */
#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "connectors/postgres/copy_encode.h"
#include "connectors/postgres/wire.h"
#include "engine/record/datetime.h"
#include "engine/record/json.h"
#include "engine/record/numeric.h"

static const int64_t DAY_US = INT64_C(86400000000);

static bool fail(struct copy_writer *writer, const char *code, const char *message) {
    writer->code = code;
    writer->message = slice_of(message);
    return false;
}

static bool out_of_range(struct copy_writer *writer, const struct column_plan *plan) {
    char type[64];
    type_print(plan->to, type, sizeof type);
    writer->code = "22003";
    writer->message = slice_of(arena_printf(writer->scratch, "value out of range for type %s", type));
    return false;
}

/* --- same type ----------------------------------------------------------------------------------------------- */

static bool write_bool(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    char *at = buffer_reserve(&writer->out, 5);
    wire_u32(at, 1);
    at[4] = (char)(*(const uint8_t *)value != 0);
    writer->out.len += 5;
    return true;
}

static bool write_2(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    uint16_t bits;
    memcpy(&bits, value, sizeof bits);
    char *at = buffer_reserve(&writer->out, 6);
    wire_u32(at, 2);
    wire_u16(at + 4, bits);
    writer->out.len += 6;
    return true;
}

static bool write_4(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    wire_field_u32(&writer->out, bits);
    return true;
}

static bool write_8(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    wire_field_u64(&writer->out, bits);
    return true;
}

static bool write_uuid(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    wire_field(&writer->out, slice_make(value, sizeof(struct uuid)));
    return true;
}

static bool write_interval(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    const struct interval *interval = value;
    char *at = buffer_reserve(&writer->out, 20);
    wire_u32(at, 16);
    wire_u64(at + 4, (uint64_t)interval->us);
    wire_u32(at + 12, (uint32_t)interval->days);
    wire_u32(at + 16, (uint32_t)interval->months);
    writer->out.len += 20;
    return true;
}

static bool write_bytes(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    wire_field(&writer->out, *(const struct slice *)value);
    return true;
}

static void jsonb_put(struct copy_writer *writer, struct slice text) {
    char *at = buffer_reserve(&writer->out, text.len + 5);
    wire_u32(at, (uint32_t)text.len + 1);
    at[4] = 1;
    memcpy(at + 5, text.data, text.len);
    writer->out.len += text.len + 5;
}

static bool write_jsonb(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    (void)plan;
    jsonb_put(writer, *(const struct slice *)value);
    return true;
}

/* json keeps any escape; jsonb refuses \u0000 and lone surrogates. */
static bool write_json_to_jsonb(const struct column_plan *plan, struct copy_writer *writer,
                                const void *value) {
    (void)plan;
    struct slice text = *(const struct slice *)value;
    if (memmem(text.data, text.len, "\\u", 2) && json_root(text).unacceptable) {
        return fail(writer, "22P05", "unsupported Unicode escape sequence");
    }
    jsonb_put(writer, text);
    return true;
}

/* --- text ---------------------------------------------------------------------------------------------------- */

/* True when the bytes are ASCII without NUL, the common case, eight at a time. */
static bool is_plain(struct slice text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, sizeof word);
        if (((word - ones) | word) & highs) {
            return false;
        }
    }
    for (; i < text.len; i++) {
        if (text.data[i] <= 0) {
            return false;
        }
    }
    return true;
}

static struct slice nul_remove(struct slice text, bool escape, struct arena *arena) {
    char *out = arena_alloc(arena, text.len * 6 + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i]) {
            out[len++] = text.data[i];
        } else if (escape) {
            memcpy(out + len, "\\u0000", 6);
            len += 6;
        }
    }
    return slice_make(out, len);
}

static bool text_clean(const struct column_plan *plan, struct copy_writer *writer, struct slice *text) {
    if (is_plain(*text)) {
        return true;
    }
    if (memchr(text->data, '\0', text->len)) {
        if (plan->nul == NUL_REJECT) {
            return fail(writer, "22021", "invalid byte sequence for encoding \"UTF8\": 0x00");
        }
        *text = nul_remove(*text, plan->nul == NUL_ESCAPE, writer->scratch);
    }
    size_t bad_at;
    if (utf8_is_valid(*text, &bad_at)) {
        return true;
    }
    writer->code = "22021";
    writer->message =
        slice_of(arena_printf(writer->scratch, "invalid byte sequence for encoding \"UTF8\": 0x%02x at byte %zu",
                              (unsigned char)text->data[bad_at], bad_at));
    return false;
}

/* Blanks beyond the length are cut by the server, as in SQL; anything else is an error. */
static bool length_fits(struct slice text, int32_t max) {
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        chars += (text.data[i] & 0xc0) != 0x80;
        if (chars > (size_t)max && text.data[i] != ' ') {
            return false;
        }
    }
    return true;
}

static bool text_put(const struct column_plan *plan, struct copy_writer *writer, struct slice text) {
    if (!text_clean(plan, writer, &text)) {
        return false;
    }
    if (plan->to.modifier >= 0 && text.len > (size_t)plan->to.modifier &&
        !length_fits(text, plan->to.modifier)) {
        writer->code = "22001";
        writer->message = slice_of(arena_printf(writer->scratch, "value too long for type %s(%d)",
                                                plan->to.blank_padded ? "character" : "character varying",
                                                plan->to.modifier));
        return false;
    }
    wire_field(&writer->out, text);
    return true;
}

static bool write_text(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    return text_put(plan, writer, *(const struct slice *)value);
}

/* Any type into a text column: as Postgres prints it. */
static bool write_printed(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    struct buffer text;
    buffer_init(&text, writer->scratch, 64);
    value_print(plan->from, value, plan->zone, &text);
    return text_put(plan, writer, buffer_slice(&text));
}

/* jsonb into json: its text becomes visible. */
static bool write_jsonb_to_json(const struct column_plan *plan, struct copy_writer *writer,
                                const void *value) {
    struct buffer text;
    buffer_init(&text, writer->scratch, 64);
    value_print(plan->from, value, plan->zone, &text);
    wire_field(&writer->out, buffer_slice(&text));
    return true;
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

static int64_t int_read(enum type_id id, const void *value) {
    return id == TYPE_INT2   ? *(const int16_t *)value
           : id == TYPE_INT4 ? *(const int32_t *)value
                             : *(const int64_t *)value;
}

static bool int_put(const struct column_plan *plan, struct copy_writer *writer, int64_t number) {
    int64_t max = plan->to.id == TYPE_INT2 ? INT16_MAX : plan->to.id == TYPE_INT4 ? INT32_MAX : INT64_MAX;
    if (number > max || number < -max - 1) {
        return out_of_range(writer, plan);
    }
    const int16_t number_2 = (int16_t)number;
    const int32_t number_4 = (int32_t)number;
    return plan->to.id == TYPE_INT2   ? write_2(plan, writer, &number_2)
           : plan->to.id == TYPE_INT4 ? write_4(plan, writer, &number_4)
                                      : write_8(plan, writer, &number);
}

static bool write_int(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    return int_put(plan, writer, int_read(plan->from.id, value));
}

static double float_read(const struct column_plan *plan, const void *value) {
    switch (plan->from.id) {
    case TYPE_FLOAT4:
        return (double)*(const float *)value;
    case TYPE_FLOAT8:
        return *(const double *)value;
    case TYPE_NUMERIC:
        return numeric_to_float8(*(const struct slice *)value);
    default:
        return (double)int_read(plan->from.id, value);
    }
}

static bool write_float8(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    double number = float_read(plan, value);
    return write_8(plan, writer, &number);
}

static bool write_float4(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    double number = float_read(plan, value);
    float narrow = (float)number;
    if ((isinf(narrow) && !isinf(number)) || (narrow == 0 && number != 0)) {
        return out_of_range(writer, plan);
    }
    return write_4(plan, writer, &narrow);
}

/* float to integer rounds half to even, as the server's casts do. */
static bool write_float_to_int(const struct column_plan *plan, struct copy_writer *writer,
                               const void *value) {
    double number = rint(float_read(plan, value));
    if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0)) {
        return out_of_range(writer, plan);
    }
    return int_put(plan, writer, (int64_t)number);
}

static bool numeric_put(const struct column_plan *plan, struct copy_writer *writer, struct slice text) {
    if (!numeric_encode(text, plan->to.modifier, &writer->out)) {
        return fail(writer, "22003", "numeric field overflow");
    }
    return true;
}

static bool write_numeric(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    return numeric_put(plan, writer, *(const struct slice *)value);
}

static bool write_int_to_numeric(const struct column_plan *plan, struct copy_writer *writer,
                                 const void *value) {
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRId64, int_read(plan->from.id, value));
    return numeric_put(plan, writer, slice_make(text, (size_t)len));
}

static bool write_float_to_numeric(const struct column_plan *plan, struct copy_writer *writer,
                                   const void *value) {
    char printed[32];
    struct slice text;
    int digits = plan->from.id == TYPE_FLOAT4 ? FLT_DIG : DBL_DIG;
    const char *code = NULL;
    int len = snprintf(printed, sizeof printed, "%.*g", digits, float_read(plan, value));
    if (!numeric_parse(slice_make(printed, (size_t)len), writer->scratch, &text, &code)) {
        return out_of_range(writer, plan);
    }
    return numeric_put(plan, writer, text);
}

static bool write_numeric_to_int(const struct column_plan *plan, struct copy_writer *writer,
                                 const void *value) {
    int64_t number;
    if (numeric_to_int8(*(const struct slice *)value, &number)) {
        return out_of_range(writer, plan);
    }
    return int_put(plan, writer, number);
}

/* --- dates --------------------------------------------------------------------------------------------------- */

static bool local_read(const struct column_plan *plan, const void *value, int64_t *ret) {
    if (plan->from.id != TYPE_DATE) {
        *ret = *(const int64_t *)value;
        return true;
    }
    int32_t days = *(const int32_t *)value;
    bool infinite = days == INT32_MIN || days == INT32_MAX;
    *ret = days == INT32_MIN ? INT64_MIN : INT64_MAX;
    return infinite || !__builtin_mul_overflow((int64_t)days, DAY_US, ret);
}

static bool is_infinite(int64_t us) {
    return us == INT64_MIN || us == INT64_MAX;
}

static bool write_instant(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    int64_t us;
    if (!local_read(plan, value, &us)) {
        return fail(writer, "22008", "date out of range for timestamp");
    }
    bool to_utc = plan->to.id == TYPE_TIMESTAMPTZ && plan->from.id != TYPE_TIMESTAMPTZ;
    bool to_local = plan->from.id == TYPE_TIMESTAMPTZ && plan->to.id != TYPE_TIMESTAMPTZ;
    if (!is_infinite(us)) {
        us = to_utc ? timezone_to_utc(plan->zone, us) : us;
        us = to_local ? timestamptz_to_local(us, plan->zone) : us;
    }
    if (plan->to.id != TYPE_DATE) {
        return write_8(plan, writer, &us);
    }
    int64_t days = us / DAY_US - (us % DAY_US < 0);
    int32_t date = us == INT64_MIN ? INT32_MIN : us == INT64_MAX ? INT32_MAX : (int32_t)days;
    return write_4(plan, writer, &date);
}

/* --- arrays -------------------------------------------------------------------------------------------------- */

enum { ARRAY_HEAD_BYTES = 20 };

static bool write_array(const struct column_plan *plan, struct copy_writer *writer, const void *value) {
    const struct array *array = *(struct array *const *)value;
    size_t start = writer->out.len;
    char *at = buffer_reserve(&writer->out, 4 + ARRAY_HEAD_BYTES);
    uint32_t head = array->count ? ARRAY_HEAD_BYTES : ARRAY_HEAD_BYTES - 8;
    wire_u32(at + 4, array->count ? 1 : 0);
    wire_u32(at + 8, array->nulls ? 1 : 0);
    wire_u32(at + 12, plan->element_oid);
    wire_u32(at + 16, array->count);
    wire_u32(at + 20, 1);
    writer->out.len += 4 + head;
    for (uint32_t i = 0; i < array->count; i++) {
        const char *element = (const char *)array->values + (size_t)i * plan->element->width;
        if (array->nulls && (array->nulls[i >> 6] >> (i & 63) & 1)) {
            wire_null(&writer->out);
        } else if (!plan->element->write(plan->element, writer, element)) {
            return false;
        }
    }
    wire_u32(writer->out.data + start, (uint32_t)(writer->out.len - start - 4));
    return true;
}

/* --- choosing ------------------------------------------------------------------------------------------------ */

static bool is_int(enum type_id id) {
    return id == TYPE_INT2 || id == TYPE_INT4 || id == TYPE_INT8;
}

static bool is_float(enum type_id id) {
    return id == TYPE_FLOAT4 || id == TYPE_FLOAT8;
}

static bool is_day(enum type_id id) {
    return id == TYPE_DATE || id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ;
}

static column_write *const same[TYPE_ID_COUNT] = {
    [TYPE_BOOL] = write_bool,           [TYPE_INT2] = write_2,
    [TYPE_INT4] = write_4,              [TYPE_INT8] = write_8,
    [TYPE_FLOAT4] = write_4,            [TYPE_FLOAT8] = write_8,
    [TYPE_NUMERIC] = write_numeric,     [TYPE_TEXT] = write_text,
    [TYPE_BYTEA] = write_bytes,         [TYPE_UUID] = write_uuid,
    [TYPE_DATE] = write_4,              [TYPE_TIME] = write_8,
    [TYPE_TIMESTAMP] = write_8,         [TYPE_TIMESTAMPTZ] = write_8,
    [TYPE_INTERVAL] = write_interval,   [TYPE_JSON] = write_bytes,
    [TYPE_JSONB] = write_jsonb,
};

static column_write *number_write(enum type_id from, enum type_id to) {
    bool from_number = is_int(from) || is_float(from) || from == TYPE_NUMERIC;
    if (!from_number) {
        return NULL;
    }
    if (to == TYPE_FLOAT8) {
        return write_float8;
    }
    if (to == TYPE_FLOAT4) {
        return write_float4;
    }
    if (to == TYPE_NUMERIC) {
        return is_int(from) ? write_int_to_numeric : write_float_to_numeric;
    }
    if (!is_int(to)) {
        return NULL;
    }
    return is_int(from) ? write_int : is_float(from) ? write_float_to_int : write_numeric_to_int;
}

static column_write *scalar_write(enum type_id from, enum type_id to) {
    if (from == to) {
        return same[from];
    }
    if (to == TYPE_TEXT) {
        return write_printed;
    }
    if (is_day(from) && is_day(to)) {
        return write_instant;
    }
    if (from == TYPE_JSON && to == TYPE_JSONB) {
        return write_json_to_jsonb;
    }
    if (from == TYPE_JSONB && to == TYPE_JSON) {
        return write_jsonb_to_json;
    }
    return number_write(from, to);
}

bool column_plan_make(struct column_plan *plan, struct arena *arena) {
    plan->width = type_width(plan->from);
    if (!plan->from.array || !plan->to.array) {
        plan->write = plan->to.array                               ? NULL
                      : plan->from.array && plan->to.id == TYPE_TEXT ? write_printed
                      : plan->from.array                             ? NULL
                                                                     : scalar_write(plan->from.id, plan->to.id);
        return plan->write != NULL;
    }
    struct column_plan *element = arena_alloc(arena, sizeof *element);
    *element = *plan;
    element->from.array = element->to.array = false;
    plan->element = element;
    plan->write = write_array;
    return column_plan_make(element, arena);
}
