/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes: md5 and sha2 (by OpenSSL), encode and decode, convert_from and convert_to, get_byte, and
 * uuids. The hash context is foreign memory: it lives only while nothing is allocated from the
 * arena. */
#include <openssl/evp.h>

#include <strings.h>

#include "engine/base/io.h"
#include "engine/sql/functions/encoding.h"
#include "engine/sql/functions/kernel.h"
#include "engine/sql/functions/tables.h"

static const char hex_digits[] = "0123456789abcdef";

/* Hashes argument 0 of each row: raw bytes, or their hex text. */
static void digest(struct call *call, struct column *ret, const EVP_MD *kind, bool as_text) {
    size_t size = (size_t)EVP_MD_get_size(kind), shown = as_text ? size * 2 : size;
    char *room = arena_alloc(call->arena, (size_t)call->rows_count * shown + 1);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert(context);
    EACH_ROW(call, row) {
        const struct slice *input = argument_slice(call, 0, row);
        unsigned char hash[EVP_MAX_MD_SIZE];
        bool good = EVP_DigestInit_ex(context, kind, NULL) &&
                    EVP_DigestUpdate(context, input->data, input->len) &&
                    EVP_DigestFinal_ex(context, hash, NULL);
        assert(good);
        for (size_t i = 0; as_text && i < size; i++) {
            room[2 * i] = hex_digits[hash[i] >> 4];
            room[2 * i + 1] = hex_digits[hash[i] & 15];
        }
        if (!as_text) {
            memcpy(room, hash, size);
        }
        result_slice(ret, row, slice_make(room, shown));
        room += shown;
    }
    EVP_MD_CTX_free(context);
}

static void md5_of(struct call *call, struct column *ret) {
    digest(call, ret, EVP_md5(), true);
}

static void sha224_of(struct call *call, struct column *ret) {
    digest(call, ret, EVP_sha224(), false);
}

static void sha256_of(struct call *call, struct column *ret) {
    digest(call, ret, EVP_sha256(), false);
}

static void sha384_of(struct call *call, struct column *ret) {
    digest(call, ret, EVP_sha384(), false);
}

static void sha512_of(struct call *call, struct column *ret) {
    digest(call, ret, EVP_sha512(), false);
}

/* Random (version 4) uuids, 16 bytes of the kernel's for each, fetched for 64 rows at a time. */
static void uuid_random(struct call *call, struct column *ret) {
    enum { TOGETHER = 64 };
    struct uuid uuids[TOGETHER];
    size_t used = TOGETHER;
    EACH_ROW(call, row) {
        if (used == TOGETHER) {
            io_random(uuids, sizeof(uuids));
            used = 0;
        }
        struct uuid *uuid = &uuids[used++];
        uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0F) | 0x40);
        uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3F) | 0x80);
        RESULT(ret, struct uuid, row) = *uuid;
    }
}

static const struct encoding *encoding_named(struct call *call, uint32_t row) {
    struct slice name = *argument_slice(call, 1, row);
    const struct encoding *encoding = encoding_find(name);
    if (!encoding) {
        call_fail(call, row, "22023", "unrecognized encoding: \"%.*s\"", (int)name.len, name.data);
    }
    return encoding;
}

static void bytes_encode(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct encoding *encoding = encoding_named(call, row);
        struct slice bytes = *argument_slice(call, 0, row);
        if (encoding && bytes.len >= RESULT_BYTES_MAX / 4) {
            call_fail(call, row, "54000", "result of encoding conversion is too large");
        } else if (encoding) {
            struct buffer out;
            buffer_init(&out, call->arena, bytes.len * 2 + 16);
            encoding->encode(bytes, &out);
            result_slice(ret, row, buffer_slice(&out));
        }
    }
}

static void text_decode(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        const struct encoding *encoding = encoding_named(call, row);
        struct slice text = *argument_slice(call, 0, row);
        if (!encoding) {
            continue;
        }
        struct buffer out;
        struct value_error error;
        buffer_init(&out, call->arena, text.len + 1);
        if (encoding->decode(text, &out, &error)) {
            result_slice(ret, row, buffer_slice(&out));
        } else {
            call_fail_slice(call, row, error.code, error.message);
        }
    }
}

/* The character sets that convert_from and convert_to know. */
enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_LATIN1 };

/* Names are compared as Postgres does: letters and digits only, no case. */
static enum charset charset_named(struct slice name) {
    char plain[16];
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.data[i];
        byte = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) {
            if (len == sizeof(plain)) {
                return CHARSET_UNKNOWN;
            }
            plain[len++] = byte;
        }
    }
    struct slice key = slice_make(plain, len);
    if (slice_is(key, "utf8") || slice_is(key, "unicode")) {
        return CHARSET_UTF8;
    }
    bool latin1 = slice_is(key, "latin1") || slice_is(key, "iso88591");
    return latin1 ? CHARSET_LATIN1 : CHARSET_UNKNOWN;
}

/* "0xe2 0x82", at most as many bytes as the first one announces. */
static const char *bytes_shown(struct slice bytes, struct arena *arena) {
    unsigned char first = (unsigned char)bytes.data[0];
    size_t width = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 1;
    struct buffer out;
    buffer_init(&out, arena, 32);
    for (size_t i = 0; i < width && i < bytes.len; i++) {
        buffer_printf(&out, "%s0x%02x", i ? " " : "", (unsigned char)bytes.data[i]);
    }
    buffer_append_byte(&out, 0);
    return out.data;
}

static void from_utf8(struct call *call, struct column *ret, uint32_t row, struct slice bytes) {
    size_t bad;
    if (utf8_is_valid(bytes, &bad)) {
        result_slice(ret, row, bytes);
        return;
    }
    struct slice rest = slice_make(bytes.data + bad, bytes.len - bad);
    call_fail(call, row, "22021", "invalid byte sequence for encoding \"UTF8\": %s",
              bytes_shown(rest, call->arena));
}

static void from_latin1(struct call *call, struct column *ret, uint32_t row, struct slice bytes) {
    if (memchr(bytes.data, 0, bytes.len)) {
        call_fail(call, row, "22021", "invalid byte sequence for encoding \"LATIN1\": 0x00");
        return;
    }
    char *room = arena_alloc(call->arena, bytes.len * 2 + 1);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        if (byte >= 0x80) {
            room[len++] = (char)(0xC0 | byte >> 6);
        }
        room[len++] = (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3F));
    }
    result_slice(ret, row, slice_make(room, len));
}

static void to_latin1(struct call *call, struct column *ret, uint32_t row, struct slice text) {
    char *room = arena_alloc(call->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte > 0xC3) {
            struct slice rest = slice_make(text.data + i, text.len - i);
            call_fail(call, row, "22P05",
                      "character with byte sequence %s in encoding \"UTF8\" has no equivalent in "
                      "encoding \"LATIN1\"",
                      bytes_shown(rest, call->arena));
            return;
        }
        if (byte >= 0xC0) {
            i++;
            byte = (unsigned char)(byte << 6 | ((unsigned char)text.data[i] & 0x3F));
        }
        room[len++] = (char)byte;
    }
    result_slice(ret, row, slice_make(room, len));
}

static bool charset_is_foreign(struct slice name) {
    static const char *const families[] = {"sql_ascii", "win", "latin", "iso", "euc", "koi8",
                                           "sjis", "big5", "gb", "johab", "uhc", "mule"};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        size_t len = strlen(families[i]);
        if (name.len >= len && strncasecmp(name.data, families[i], len) == 0) {
            return true;
        }
    }
    return false;
}

/* A server knows more encodings than these; the constant name of one is refused at bind. */
static enum status prepare_charset(const struct column *const *constants, struct arena *arena,
                                   const struct timezone *zone, void **ret, struct error *error) {
    const struct column *name = constants[1];
    (void)arena;
    (void)zone;
    (void)ret;
    if (!name || column_is_null(name, 0) ||
        charset_named(COLUMN_VALUE(name, struct slice, 0)) != CHARSET_UNKNOWN ||
        !charset_is_foreign(COLUMN_VALUE(name, struct slice, 0))) {
        return STATUS_OK;
    }
    struct slice shown = COLUMN_VALUE(name, struct slice, 0);
    return error_set(error, ERROR_PERMANENT, "0A000",
                     "encoding \"%.*s\" is not supported; there are UTF8 and LATIN1",
                     (int)shown.len, shown.data);
}

static void convert(struct call *call, struct column *ret, bool from) {
    EACH_ROW(call, row) {
        struct slice value = *argument_slice(call, 0, row), name = *argument_slice(call, 1, row);
        enum charset charset = charset_named(name);
        if (charset == CHARSET_UNKNOWN) {
            call_fail(call, row, "22023", "invalid %s encoding name \"%.*s\"",
                      from ? "source" : "destination", (int)name.len, name.data);
        } else if (value.len == 0) {
            result_slice(ret, row, SLICE_LITERAL(""));
        } else if (from) {
            (charset == CHARSET_UTF8 ? from_utf8 : from_latin1)(call, ret, row, value);
        } else if (charset == CHARSET_UTF8) {
            result_slice(ret, row, value);
        } else {
            to_latin1(call, ret, row, value);
        }
    }
}

static void bytes_convert_from(struct call *call, struct column *ret) {
    convert(call, ret, true);
}

static void text_convert_to(struct call *call, struct column *ret) {
    convert(call, ret, false);
}

static void bytes_get_byte(struct call *call, struct column *ret) {
    EACH_ROW(call, row) {
        struct slice bytes = *argument_slice(call, 0, row);
        int32_t index = ARGUMENT(call, 1, int32_t, row);
        if (index < 0 || (size_t)index >= bytes.len) {
            call_fail(call, row, "2202E", "index %d out of valid range, 0..%d", index,
                      (int)bytes.len - 1);
            continue;
        }
        RESULT(ret, int32_t, row) = (unsigned char)bytes.data[index];
    }
}

const struct function functions_hash[] = {
    ENTRY1("md5", TEXT, TEXT, md5_of),
    ENTRY1("md5", BYTEA, TEXT, md5_of),
    ENTRY1("sha224", BYTEA, BYTEA, sha224_of),
    ENTRY1("sha256", BYTEA, BYTEA, sha256_of),
    ENTRY1("sha384", BYTEA, BYTEA, sha384_of),
    ENTRY1("sha512", BYTEA, BYTEA, sha512_of),
    ENTRY2("encode", BYTEA, TEXT, TEXT, bytes_encode),
    ENTRY2("decode", TEXT, TEXT, BYTEA, text_decode),
    ENTRY2("convert_from", BYTEA, TEXT, TEXT, bytes_convert_from, .prepare = prepare_charset),
    ENTRY2("convert_to", TEXT, TEXT, BYTEA, text_convert_to, .prepare = prepare_charset),
    ENTRY2("get_byte", BYTEA, INT4, INT4, bytes_get_byte),
    ENTRY0("gen_random_uuid", UUID, uuid_random, VOLATILE),
    {0},
};
