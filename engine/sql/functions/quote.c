/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that print values into text: concat, concat_ws, format, quote_*; and num_nulls,
 * num_nonnulls. They see nulls themselves, and print by the types' output functions (bool as t and
 * f). */
#include "engine/sql/functions/format.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

/* Postgres's keywords that cannot stand as a name without quotes. Sorted by bytes. */
static const char *const keywords[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
    "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
    "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
    "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout",
    "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "lateral",
    "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "national",
    "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric",
    "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing",
    "position", "precision", "primary", "real", "references", "returning", "right", "row",
    "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
    "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim",
    "true", "union", "unique", "user", "using", "values", "varchar", "variadic", "verbose",
    "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists",
    "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
    NULL};

static bool is_keyword(struct slice word) {
    size_t low = 0, high = sizeof(keywords) / sizeof(keywords[0]) - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_compare(word, slice_of(keywords[middle]));
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

static bool is_plain_name(struct slice name) {
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || byte == '_';
        if (!letter && !(i > 0 && byte >= '0' && byte <= '9')) {
            return false;
        }
    }
    return name.len > 0 && !is_keyword(name);
}

void quote_identifier(struct slice name, struct buffer *out) {
    if (is_plain_name(name)) {
        buffer_append_slice(out, name);
        return;
    }
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        buffer_append(out, "\"\"", name.data[i] == '"' ? 2 : 0);
        if (name.data[i] != '"') {
            buffer_append_byte(out, name.data[i]);
        }
    }
    buffer_append_byte(out, '"');
}

void quote_literal(struct slice text, struct buffer *out) {
    bool escapes = text.len > 0 && memchr(text.data, '\\', text.len) != NULL;
    buffer_append(out, "E'", 2);
    if (!escapes) {
        out->len -= 2;
        buffer_append_byte(out, '\'');
    }
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '\'' || byte == '\\') {
            buffer_append_byte(out, byte);
        }
        buffer_append_byte(out, byte);
    }
    buffer_append_byte(out, '\'');
}

static void text_quote_ident(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice name = *argument_slice(call, 0, row);
        struct buffer out;
        buffer_init(&out, call->arena, name.len + 2);
        quote_identifier(name, &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}

/* Appends an argument as the cast to text prints it: bool in words. */
static void append_cast(struct call *call, uint32_t argument, uint32_t row, struct buffer *out) {
    struct type type = argument_type(call, argument);
    const void *value = argument_value(call, argument, row);
    if (type.id == TYPE_BOOL && !type.array) {
        buffer_append_slice(out, slice_of(*(const uint8_t *)value ? "true" : "false"));
    } else {
        value_print(type, value, call->zone, out);
    }
}

/* quote_literal and quote_nullable of any type. */
static void value_quote_literal(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct buffer text, out;
        if (argument_is_null(call, 0, row)) {
            result_slice(ret, row, SLICE_LITERAL("NULL"));
            continue;
        }
        buffer_init(&text, call->arena, 64);
        append_cast(call, 0, row, &text);
        buffer_init(&out, call->arena, text.len + 8);
        quote_literal(buffer_slice(&text), &out);
        result_slice(ret, row, buffer_slice(&out));
    }
}

static void append_output(struct call *call, uint32_t argument, uint32_t row, struct buffer *out) {
    value_print(argument_type(call, argument), argument_value(call, argument, row), call->zone,
                out);
}

/* Joins the arguments from `first` on that are not null. */
static void join(struct call *call, struct column *ret, uint32_t row, uint32_t first,
                 struct slice separator) {
    struct buffer out;
    bool some = false;
    buffer_init(&out, call->arena, 64);
    for (uint32_t i = first; i < call->arguments_count; i++) {
        if (argument_is_null(call, i, row)) {
            continue;
        }
        if (some) {
            buffer_append_slice(&out, separator);
        }
        append_output(call, i, row, &out);
        some = true;
        if (out.len >= RESULT_BYTES_MAX) {
            call_fail_too_long(call, row);
            return;
        }
    }
    result_slice(ret, row, buffer_slice(&out));
}

static void values_concat(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        join(call, ret, row, 0, SLICE_LITERAL(""));
    }
}

static void values_concat_ws(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (argument_is_null(call, 0, row)) {
            call_null(call, ret, row);
        } else {
            join(call, ret, row, 1, *argument_slice(call, 0, row));
        }
    }
}

static void values_format(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        if (argument_is_null(call, 0, row)) {
            call_null(call, ret, row);
            continue;
        }
        struct buffer out;
        buffer_init(&out, call->arena, argument_slice(call, 0, row)->len + 64);
        if (format_values(call, row, &out)) {
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void count_nulls(struct call *call, struct column *ret, bool nulls) {
    EACH_ROW(call, row) {
        int32_t count = 0;
        for (uint32_t i = 0; i < call->arguments_count; i++) {
            count += argument_is_null(call, i, row) == nulls;
        }
        RESULT(ret, int32_t, row) = count;
    }
}

static void values_num_nulls(struct call *call, struct column *ret) {
    count_nulls(call, ret, true);
}

static void values_num_nonnulls(struct call *call, struct column *ret) {
    count_nulls(call, ret, false);
}

#define ALL FUNCTION_ANY | FUNCTION_NULLS | FUNCTION_VARIADIC

const struct function functions_quote[] = {
    ENTRY1("concat", UNKNOWN, TEXT, values_concat, STABLE, .flags = ALL),
    ENTRY2("concat_ws", TEXT, UNKNOWN, TEXT, values_concat_ws, STABLE, .flags = ALL),
    ENTRY1("format", TEXT, TEXT, values_format, STABLE, .flags = FUNCTION_NULLS),
    ENTRY2("format", TEXT, UNKNOWN, TEXT, values_format, STABLE, .flags = ALL),
    ENTRY1("quote_ident", TEXT, TEXT, text_quote_ident),
    ENTRY1("quote_literal", TEXT, TEXT, value_quote_literal),
    ENTRY1("quote_literal", UNKNOWN, TEXT, value_quote_literal, STABLE, .flags = FUNCTION_ANY),
    ENTRY1("quote_nullable", UNKNOWN, TEXT, value_quote_literal, STABLE,
           .flags = FUNCTION_ANY | FUNCTION_NULLS),
    ENTRY1("num_nulls", UNKNOWN, INT4, values_num_nulls, .flags = ALL),
    ENTRY1("num_nonnulls", UNKNOWN, INT4, values_num_nonnulls, .flags = ALL),
    {0},
};
