/* SPDX-License-Identifier: Apache-2.0 */
/* Each name keeps the set of types that still fit; a value strikes out those it does not parse as, by
 * the engine's own parsers, and the narrowest that is left wins. Records are read by the engine's own
 * decoder, so that a column that is offered here is one that a pipeline can read. At most 5,000
 * records and 1,600 columns; two arenas without a budget, freed at the end; one thread. */
#include "engine/cli/infer.h"

#include <ctype.h>
#include <stdlib.h>

#include "engine/base/buffer.h"
#include "engine/record/datetime.h"
#include "engine/record/json.h"

enum { COLUMNS_MAX = 1600, RECORDS_MAX = 5000 };

/* Narrowest first. */
static const struct type candidates[] = {
    {.id = TYPE_BOOL, .modifier = -1},    {.id = TYPE_INT8, .modifier = -1}, {.id = TYPE_NUMERIC, .modifier = -1},
    {.id = TYPE_DATE, .modifier = -1},    {.id = TYPE_TIMESTAMP, .modifier = -1},
    {.id = TYPE_TIMESTAMPTZ, .modifier = -1}, {.id = TYPE_UUID, .modifier = -1},
};
enum { CANDIDATES = sizeof candidates / sizeof *candidates };

struct guess {
    struct slice name;
    uint32_t ruled_out; /* bit by candidate */
    bool seen, text, json;
};

struct guesses {
    struct guess *items;
    uint32_t count;
    bool careful;
    struct arena *arena;
    struct arena *scratch; /* of one value */
};

static struct guess *guess_of(struct guesses *guesses, struct slice name) {
    for (uint32_t i = 0; i < guesses->count; i++) {
        if (slice_equal(guesses->items[i].name, name)) {
            return &guesses->items[i];
        }
    }
    if (guesses->count == COLUMNS_MAX) {
        return NULL;
    }
    guesses->items[guesses->count] = (struct guess){.name = arena_copy(guesses->arena, name)};
    return &guesses->items[guesses->count++];
}

/* Words that Postgres would take for a boolean or a date but that nobody means so. */
static bool plausible(struct type type, struct slice text) {
    switch (type.id) {
    case TYPE_BOOL:
        return slice_is(text, "true") || slice_is(text, "false");
    case TYPE_DATE:
        return text.len == 10 && isdigit((unsigned char)text.data[0]) && text.data[4] == '-';
    case TYPE_TIMESTAMP:
        return text.len >= 16 && isdigit((unsigned char)text.data[0]) && text.data[4] == '-' &&
               !memchr(text.data + 11, '+', text.len - 11) && !memchr(text.data + 11, '-', text.len - 11) &&
               text.data[text.len - 1] != 'Z';
    case TYPE_TIMESTAMPTZ:
        return text.len >= 16 && isdigit((unsigned char)text.data[0]) && text.data[4] == '-';
    case TYPE_UUID:
        return text.len == 36;
    default:
        return text.len > 0 && !isspace((unsigned char)text.data[0]) && !isalpha((unsigned char)text.data[0]);
    }
}

static void text_seen(struct guesses *guesses, struct guess *guess, struct slice text, bool quoted) {
    guess->seen = true;
    guess->text |= quoted;
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        struct value_error error = {0};
        char value[16] __attribute__((aligned(16)));
        enum type_id id = candidates[i].id;
        bool number = id == TYPE_INT8 || id == TYPE_NUMERIC || id == TYPE_BOOL;
        bool fits = !(guess->ruled_out >> i & 1) && !(quoted && number) && plausible(candidates[i], text) &&
                    value_parse(candidates[i], text, timezone_utc(), guesses->scratch, value, &error);
        arena_reset(guesses->scratch);
        guess->ruled_out |= fits ? 0 : 1U << i;
    }
}

static void json_seen(struct guesses *guesses, struct guess *guess, const struct json_value *value) {
    struct slice text = value->text;
    const char *code = NULL;
    switch (value->kind) {
    case JSON_NONE:
    case JSON_NULL:
        return;
    case JSON_OBJECT:
    case JSON_ARRAY:
        guess->seen = guess->json = true;
        return;
    case JSON_STRING:
        if (json_unescape(*value, guesses->arena, &text, &code)) {
            text_seen(guesses, guess, text, true);
        }
        return;
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NUMBER:
        text_seen(guesses, guess, text, false);
        return;
    }
}

static void record_look(struct guesses *guesses, struct slice document) {
    struct json_value root, key, value;
    struct json_error error;
    if (!json_scan(document, NULL, 128, NULL, &root, &error) || root.kind != JSON_OBJECT) {
        return;
    }
    size_t at = 0;
    while (json_next(root.text, &at, &key, &value)) {
        struct slice name;
        const char *code;
        struct guess *guess = json_unescape(key, guesses->arena, &name, &code) ? guess_of(guesses, name) : NULL;
        if (guess) {
            json_seen(guesses, guess, &value);
        }
    }
}

static struct type type_choose(const struct guess *guess, bool careful) {
    if (guess->json) {
        return TYPE(JSONB);
    }
    if (!guess->seen) {
        return TYPE(TEXT);
    }
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        if (guess->ruled_out >> i & 1) {
            continue;
        }
        enum type_id id = candidates[i].id;
        if (careful && id == TYPE_INT8) {
            return TYPE(NUMERIC);
        }
        if (careful && (id == TYPE_DATE || id == TYPE_UUID)) {
            return TYPE(TEXT);
        }
        return candidates[i];
    }
    return TYPE(TEXT);
}

/* The records as JSON: the decoder's own view of the format. */
static void records_look(struct guesses *guesses, const struct format *format, const struct format_head *head,
                         struct slice records) {
    struct schema none = {0}, input = input_schema(&none, guesses->arena);
    bool *needed = arena_zalloc(guesses->arena, input.count);
    needed[VIRTUAL_VALUE] = true;
    struct field_plan plan = {.input = &input, .needed = needed, .zone = timezone_utc(), .header = head->header,
                              .header_count = head->header_count};
    struct raw raw = {.data = records.data, .len = records.len};
    struct decode_origin origin = {0};
    struct batch batch = {.arena = guesses->arena};
    decoder_run(decoder_new(format, &plan, guesses->arena), &raw, &origin, &batch);
    for (uint32_t i = 0; i < batch.selected && i < RECORDS_MAX; i++) {
        const struct column *values = &batch.columns[VIRTUAL_VALUE];
        record_look(guesses, COLUMN_VALUE(values, struct slice, batch_row(&batch, i)));
    }
}

/* CSV values are strings in JSON: quotes say nothing there. */
static void csv_look(struct guesses *guesses, const struct format *format, const struct format_head *head,
                     struct slice records) {
    struct field *fields = arena_zalloc(guesses->arena, (head->header_count + 1) * sizeof *fields);
    for (uint32_t i = 0; i < head->header_count; i++) {
        fields[i] = (struct field){.name = arena_text(guesses->arena, head->header[i]), .type = TYPE(TEXT)};
        guess_of(guesses, head->header[i]);
    }
    struct schema declared = {.fields = fields, .count = head->header_count};
    struct schema input = input_schema(&declared, guesses->arena);
    bool *needed = arena_zalloc(guesses->arena, input.count);
    memset(needed, true, declared.count);
    struct field_plan plan = {
        .input = &input,
        .declared_count = declared.count,
        .needed = needed,
        .zone = timezone_utc(),
        .header = head->header,
        .header_count = head->header_count,
    };
    struct raw raw = {.data = records.data, .len = records.len};
    struct decode_origin origin = {0};
    struct batch batch = {.arena = guesses->arena};
    decoder_run(decoder_new(format, &plan, guesses->arena), &raw, &origin, &batch);
    for (uint32_t i = 0; i < batch.selected && i < RECORDS_MAX; i++) {
        uint32_t row = batch_row(&batch, i);
        for (uint32_t j = 0; j < guesses->count && j < declared.count; j++) {
            if (!column_is_null(&batch.columns[j], row)) {
                text_seen(guesses, &guesses->items[j], COLUMN_VALUE(&batch.columns[j], struct slice, row), false);
            }
        }
    }
}

struct schema infer_columns(const struct format *format, const struct format_head *head, struct slice records,
                            bool careful, struct arena *arena) {
    struct guesses guesses = {
        .careful = careful,
        .arena = arena_new(NULL, POOL_COLUMNS),
        .scratch = arena_new(NULL, POOL_COLUMNS),
    };
    guesses.items = arena_alloc(guesses.arena, COLUMNS_MAX * sizeof *guesses.items);
    if (format->kind == FORMAT_CSV && head->header) {
        csv_look(&guesses, format, head, records);
    } else if (format->kind == FORMAT_JSON) {
        records_look(&guesses, format, head, records);
    }
    struct field *fields = arena_zalloc(arena, (guesses.count + 1) * sizeof *fields);
    uint32_t count = 0;
    for (uint32_t i = 0; i < guesses.count; i++) {
        const struct guess *guess = &guesses.items[i];
        if (guess->name.len && !memchr(guess->name.data, 0, guess->name.len)) {
            fields[count++] =
                (struct field){.name = arena_text(arena, guess->name), .type = type_choose(guess, careful)};
        }
    }
    arena_free(guesses.scratch);
    arena_free(guesses.arena);
    return (struct schema){.fields = fields, .count = count};
}

static bool name_is_plain(const char *name) {
    if (!islower((unsigned char)name[0]) && name[0] != '_') {
        return false;
    }
    for (const char *at = name; *at; at++) {
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '_') {
            return false;
        }
    }
    /* words that CREATE TABLE and SELECT do not take bare */
    static const char *const reserved[] = {"all", "and", "any", "array", "as", "asc", "both", "case", "cast", "check",
                                           "column", "create", "default", "desc", "distinct", "do", "else", "end",
                                           "except", "false", "fetch", "for", "from", "grant", "group", "having", "in",
                                           "into", "leading", "limit", "not", "null", "offset", "on", "only", "or",
                                           "order", "primary", "references", "select", "some", "table", "then", "to",
                                           "trailing", "true", "union", "unique", "user", "using", "when", "where",
                                           "window", "with", NULL};
    for (uint32_t i = 0; reserved[i]; i++) {
        if (strcmp(reserved[i], name) == 0) {
            return false;
        }
    }
    return true;
}

void schema_text(const struct schema *schema, struct buffer *out) {
    for (uint32_t i = 0; i < schema->count; i++) {
        char type[64];
        type_print(schema->fields[i].type, type, sizeof type);
        const char *name = schema->fields[i].name;
        if (name_is_plain(name)) {
            buffer_printf(out, "%s", name);
        } else {
            buffer_append_byte(out, '"');
            for (; *name; name++) {
                buffer_printf(out, "%s%c", *name == '"' ? "\"" : "", *name);
            }
            buffer_append_byte(out, '"');
        }
        buffer_printf(out, " %s%s\n", type, i + 1 < schema->count ? "," : "");
    }
}

void schema_json(const struct schema *schema, struct buffer *out) {
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < schema->count; i++) {
        char type[64];
        type_print(schema->fields[i].type, type, sizeof type);
        buffer_printf(out, "%s{\"name\":", i ? "," : "");
        json_quote(slice_of(schema->fields[i].name), out);
        buffer_printf(out, ",\"type\":\"%s\"}", type);
    }
    buffer_printf(out, "]\n");
}
