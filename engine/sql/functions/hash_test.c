/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes, hashes and uuids (hash.c, encoding.c). What each case gives was printed by PostgreSQL 15;
 * see function_test.h for how cases are written and run. */
#include "engine/sql/functions/function_test.h"

static const struct function_case hashes_are_right_cases[] = {
    {"md5", {"text:"}, "d41d8cd98f00b204e9800998ecf8427e"},
    {"md5", {"text:abc"}, "900150983cd24fb0d6963f7d28e17f72"},
    {"md5", {"text:é"}, "66ddcd97cfdeabb2f6fb8a999b4bc76f"},
    {"md5", {"bytea:\\x00"}, "93b885adfe0da089cdf634904fd59f71"},
    {"sha224", {"bytea:"}, "\\xd14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"},
    {"sha224", {"bytea:\\x616263"}, "\\x23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {"sha256", {"bytea:"}, "\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"sha256", {"bytea:\\x616263"},
     "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"sha384", {"bytea:"},
     "\\x38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51a"
     "d2f14898b95b"},
    {"sha384", {"bytea:\\x616263"},
     "\\xcb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358ba"
     "eca134c825a7"},
    {"sha512", {"bytea:"},
     "\\xcf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff83"
     "18d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"sha512", {"bytea:\\x616263"},
     "\\xddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba"
     "3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void hashes_are_right(void **state) {
    (void)state;
    CASES_RUN(hashes_are_right_cases);
}

static const struct function_case bytes_have_text_forms_cases[] = {
    {"encode", {"bytea:", "text:hex"}, ""},
    {"encode", {"bytea:\\x00", "text:hex"}, "00"},
    {"encode", {"bytea:\\x6162", "text:hex"}, "6162"},
    {"encode", {"bytea:\\x615c62ff", "text:hex"}, "615c62ff"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:hex"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "babababababababababababab"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:hex"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "bababababababababababababab"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:hex"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "babababababababababababababab"},
    {"decode", {"text:", "text:hex"}, "\\x"},
    {"decode", {"text:6162", "text:hex"}, "\\x6162"},
    {"decode", {"text:61 62", "text:hex"}, "\\x6162"},
    {"decode", {"text:6 162", "text:hex"}, "!22023 invalid hexadecimal digit: \" \""},
    {"decode", {"text:616", "text:hex"}, "!22023 invalid hexadecimal data: odd number of digits"},
    {"decode", {"text:zz", "text:hex"}, "!22023 invalid hexadecimal digit: \"z\""},
    {"decode", {"text:é1", "text:hex"}, "!22023 invalid hexadecimal digit: \"é\""},
    {"decode", {"text:YQ==", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWI=", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWJj", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ=a", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ==YWJj", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:=", "text:hex"}, "!22023 invalid hexadecimal digit: \"=\""},
    {"decode", {"text:YQ=", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:Y\nQ = =", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:a\\b", "text:hex"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:a\\\\b", "text:hex"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\101", "text:hex"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\400", "text:hex"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\1", "text:hex"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:Y=", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWJj=", "text:hex"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:-", "text:hex"}, "!22023 invalid hexadecimal digit: \"-\""},
    {"encode", {"bytea:", "text:base64"}, ""},
    {"encode", {"bytea:\\x00", "text:base64"}, "AA=="},
    {"encode", {"bytea:\\x6162", "text:base64"}, "YWI="},
    {"encode", {"bytea:\\x615c62ff", "text:base64"}, "YVxi/w=="},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:base64"},
     "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:base64"},
     "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6ur\n"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:base64"},
     "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6ur\nqw=="},
    {"decode", {"text:", "text:base64"}, "\\x"},
    {"decode", {"text:6162", "text:base64"}, "\\xeb5eb6"},
    {"decode", {"text:61 62", "text:base64"}, "\\xeb5eb6"},
    {"decode", {"text:6 162", "text:base64"}, "\\xeb5eb6"},
    {"decode", {"text:616", "text:base64"}, "!22023 invalid base64 end sequence"},
    {"decode", {"text:zz", "text:base64"}, "!22023 invalid base64 end sequence"},
    {"decode", {"text:é1", "text:base64"},
     "!22023 invalid symbol \"é\" found while decoding base64 sequence"},
    {"decode", {"text:YQ==", "text:base64"}, "\\x61"},
    {"decode", {"text:YWI=", "text:base64"}, "\\x6162"},
    {"decode", {"text:YWJj", "text:base64"}, "\\x616263"},
    {"decode", {"text:YQ=a", "text:base64"}, "\\x61"},
    {"decode", {"text:YQ==YWJj", "text:base64"}, "\\x6161"},
    {"decode", {"text:=", "text:base64"}, "!22023 unexpected \"=\" while decoding base64 sequence"},
    {"decode", {"text:YQ=", "text:base64"}, "!22023 invalid base64 end sequence"},
    {"decode", {"text:YQ", "text:base64"}, "!22023 invalid base64 end sequence"},
    {"decode", {"text:Y\nQ = =", "text:base64"}, "\\x61"},
    {"decode", {"text:a\\b", "text:base64"},
     "!22023 invalid symbol \"\\\" found while decoding base64 sequence"},
    {"decode", {"text:a\\\\b", "text:base64"},
     "!22023 invalid symbol \"\\\" found while decoding base64 sequence"},
    {"decode", {"text:\\101", "text:base64"},
     "!22023 invalid symbol \"\\\" found while decoding base64 sequence"},
    {"decode", {"text:\\400", "text:base64"},
     "!22023 invalid symbol \"\\\" found while decoding base64 sequence"},
    {"decode", {"text:\\1", "text:base64"},
     "!22023 invalid symbol \"\\\" found while decoding base64 sequence"},
    {"decode", {"text:Y=", "text:base64"},
     "!22023 unexpected \"=\" while decoding base64 sequence"},
    {"decode", {"text:YWJj=", "text:base64"},
     "!22023 unexpected \"=\" while decoding base64 sequence"},
    {"decode", {"text:-", "text:base64"},
     "!22023 invalid symbol \"-\" found while decoding base64 sequence"},
    {"encode", {"bytea:", "text:escape"}, ""},
    {"encode", {"bytea:\\x00", "text:escape"}, "\\000"},
    {"encode", {"bytea:\\x6162", "text:escape"}, "ab"},
    {"encode", {"bytea:\\x615c62ff", "text:escape"}, "a\\\\b\\377"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:escape"},
     "\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\"
     "253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\25"
     "3\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253"
     "\\253\\253\\253\\253"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:escape"},
     "\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\"
     "253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\25"
     "3\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253"
     "\\253\\253\\253\\253\\253"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:escape"},
     "\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\"
     "253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\25"
     "3\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253\\253"
     "\\253\\253\\253\\253\\253\\253"},
    {"decode", {"text:", "text:escape"}, "\\x"},
    {"decode", {"text:6162", "text:escape"}, "\\x36313632"},
    {"decode", {"text:61 62", "text:escape"}, "\\x3631203632"},
    {"decode", {"text:6 162", "text:escape"}, "\\x3620313632"},
    {"decode", {"text:616", "text:escape"}, "\\x363136"},
    {"decode", {"text:zz", "text:escape"}, "\\x7a7a"},
    {"decode", {"text:é1", "text:escape"}, "\\xc3a931"},
    {"decode", {"text:YQ==", "text:escape"}, "\\x59513d3d"},
    {"decode", {"text:YWI=", "text:escape"}, "\\x5957493d"},
    {"decode", {"text:YWJj", "text:escape"}, "\\x59574a6a"},
    {"decode", {"text:YQ=a", "text:escape"}, "\\x59513d61"},
    {"decode", {"text:YQ==YWJj", "text:escape"}, "\\x59513d3d59574a6a"},
    {"decode", {"text:=", "text:escape"}, "\\x3d"},
    {"decode", {"text:YQ=", "text:escape"}, "\\x59513d"},
    {"decode", {"text:YQ", "text:escape"}, "\\x5951"},
    {"decode", {"text:Y\nQ = =", "text:escape"}, "\\x590a51203d203d"},
    {"decode", {"text:a\\b", "text:escape"}, "!22P02 invalid input syntax for type bytea"},
    {"decode", {"text:a\\\\b", "text:escape"}, "\\x615c62"},
    {"decode", {"text:\\101", "text:escape"}, "\\x41"},
    {"decode", {"text:\\400", "text:escape"}, "!22P02 invalid input syntax for type bytea"},
    {"decode", {"text:\\1", "text:escape"}, "!22P02 invalid input syntax for type bytea"},
    {"decode", {"text:Y=", "text:escape"}, "\\x593d"},
    {"decode", {"text:YWJj=", "text:escape"}, "\\x59574a6a3d"},
    {"decode", {"text:-", "text:escape"}, "\\x2d"},
    {"encode", {"bytea:", "text:HEX"}, ""},
    {"encode", {"bytea:\\x00", "text:HEX"}, "00"},
    {"encode", {"bytea:\\x6162", "text:HEX"}, "6162"},
    {"encode", {"bytea:\\x615c62ff", "text:HEX"}, "615c62ff"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:HEX"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "babababababababababababab"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:HEX"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "bababababababababababababab"},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:HEX"},
     "abababababababababababababababababababababababababababababababababababababababababababa"
     "babababababababababababababab"},
    {"decode", {"text:", "text:HEX"}, "\\x"},
    {"decode", {"text:6162", "text:HEX"}, "\\x6162"},
    {"decode", {"text:61 62", "text:HEX"}, "\\x6162"},
    {"decode", {"text:6 162", "text:HEX"}, "!22023 invalid hexadecimal digit: \" \""},
    {"decode", {"text:616", "text:HEX"}, "!22023 invalid hexadecimal data: odd number of digits"},
    {"decode", {"text:zz", "text:HEX"}, "!22023 invalid hexadecimal digit: \"z\""},
    {"decode", {"text:é1", "text:HEX"}, "!22023 invalid hexadecimal digit: \"é\""},
    {"decode", {"text:YQ==", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWI=", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWJj", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ=a", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ==YWJj", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:=", "text:HEX"}, "!22023 invalid hexadecimal digit: \"=\""},
    {"decode", {"text:YQ=", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YQ", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:Y\nQ = =", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:a\\b", "text:HEX"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:a\\\\b", "text:HEX"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\101", "text:HEX"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\400", "text:HEX"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:\\1", "text:HEX"}, "!22023 invalid hexadecimal digit: \"\\\""},
    {"decode", {"text:Y=", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:YWJj=", "text:HEX"}, "!22023 invalid hexadecimal digit: \"Y\""},
    {"decode", {"text:-", "text:HEX"}, "!22023 invalid hexadecimal digit: \"-\""},
    {"encode", {"bytea:", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"encode", {"bytea:\\x00", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"encode", {"bytea:\\x6162", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"encode", {"bytea:\\x615c62ff", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:rot13"},
     "!22023 unrecognized encoding: \"rot13\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:rot13"},
     "!22023 unrecognized encoding: \"rot13\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:rot13"},
     "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:6162", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:61 62", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:6 162", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:616", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:zz", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:é1", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YQ==", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YWI=", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YWJj", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YQ=a", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YQ==YWJj", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:=", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YQ=", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YQ", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:Y\nQ = =", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:a\\b", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:a\\\\b", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:\\101", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:\\400", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:\\1", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:Y=", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:YWJj=", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"decode", {"text:-", "text:rot13"}, "!22023 unrecognized encoding: \"rot13\""},
    {"encode", {"bytea:", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"encode", {"bytea:\\x00", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"encode", {"bytea:\\x6162", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"encode", {"bytea:\\x615c62ff", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababab",
      "text:"},
     "!22023 unrecognized encoding: \"\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "babababababababababababababababababab",
      "text:"},
     "!22023 unrecognized encoding: \"\""},
    {"encode",
     {"bytea:\\xababababababababababababababababababababababababababababababababababababababa"
      "bababababababababababababababababababab",
      "text:"},
     "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:6162", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:61 62", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:6 162", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:616", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:zz", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:é1", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YQ==", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YWI=", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YWJj", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YQ=a", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YQ==YWJj", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:=", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YQ=", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YQ", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:Y\nQ = =", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:a\\b", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:a\\\\b", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:\\101", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:\\400", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:\\1", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:Y=", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:YWJj=", "text:"}, "!22023 unrecognized encoding: \"\""},
    {"decode", {"text:-", "text:"}, "!22023 unrecognized encoding: \"\""},
};

static void bytes_have_text_forms(void **state) {
    (void)state;
    CASES_RUN(bytes_have_text_forms_cases);
}

static const struct function_case character_sets_are_converted_cases[] = {
    {"convert_from", {"bytea:\\x", "text:UTF8"}, ""},
    {"convert_from", {"bytea:\\xc3a9", "text:UTF8"}, "é"},
    {"convert_from", {"bytea:\\xff", "text:UTF8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    {"convert_from", {"bytea:\\xe282", "text:UTF8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x82"},
    {"convert_from", {"bytea:\\x610062", "text:UTF8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0x00"},
    {"convert_from", {"bytea:\\xeda080", "text:UTF8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80"},
    {"convert_from", {"bytea:\\xc080", "text:UTF8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xc0 0x80"},
    {"convert_to", {"text:", "text:UTF8"}, "\\x"},
    {"convert_to", {"text:é", "text:UTF8"}, "\\xc3a9"},
    {"convert_to", {"text:€", "text:UTF8"}, "\\xe282ac"},
    {"convert_to", {"text:abc", "text:UTF8"}, "\\x616263"},
    {"convert_from", {"bytea:\\x", "text:utf-8"}, ""},
    {"convert_from", {"bytea:\\xc3a9", "text:utf-8"}, "é"},
    {"convert_from", {"bytea:\\xff", "text:utf-8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    {"convert_from", {"bytea:\\xe282", "text:utf-8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x82"},
    {"convert_from", {"bytea:\\x610062", "text:utf-8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0x00"},
    {"convert_from", {"bytea:\\xeda080", "text:utf-8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80"},
    {"convert_from", {"bytea:\\xc080", "text:utf-8"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xc0 0x80"},
    {"convert_to", {"text:", "text:utf-8"}, "\\x"},
    {"convert_to", {"text:é", "text:utf-8"}, "\\xc3a9"},
    {"convert_to", {"text:€", "text:utf-8"}, "\\xe282ac"},
    {"convert_to", {"text:abc", "text:utf-8"}, "\\x616263"},
    {"convert_from", {"bytea:\\x", "text:latin1"}, ""},
    {"convert_from", {"bytea:\\xc3a9", "text:latin1"}, "Ã©"},
    {"convert_from", {"bytea:\\xff", "text:latin1"}, "ÿ"},
    {"convert_from", {"bytea:\\xe282", "text:latin1"}, "â"},
    {"convert_from", {"bytea:\\xeda080", "text:latin1"}, "í "},
    {"convert_from", {"bytea:\\xc080", "text:latin1"}, "À"},
    {"convert_to", {"text:", "text:latin1"}, "\\x"},
    {"convert_to", {"text:é", "text:latin1"}, "\\xe9"},
    {"convert_to", {"text:€", "text:latin1"},
     "!22P05 character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no equivale"
     "nt in encoding \"LATIN1\""},
    {"convert_to", {"text:abc", "text:latin1"}, "\\x616263"},
    {"convert_from", {"bytea:\\x", "text:ISO-8859-1"}, ""},
    {"convert_from", {"bytea:\\xc3a9", "text:ISO-8859-1"}, "Ã©"},
    {"convert_from", {"bytea:\\xff", "text:ISO-8859-1"}, "ÿ"},
    {"convert_from", {"bytea:\\xe282", "text:ISO-8859-1"}, "â"},
    {"convert_from", {"bytea:\\xeda080", "text:ISO-8859-1"}, "í "},
    {"convert_from", {"bytea:\\xc080", "text:ISO-8859-1"}, "À"},
    {"convert_to", {"text:", "text:ISO-8859-1"}, "\\x"},
    {"convert_to", {"text:é", "text:ISO-8859-1"}, "\\xe9"},
    {"convert_to", {"text:€", "text:ISO-8859-1"},
     "!22P05 character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no equivale"
     "nt in encoding \"LATIN1\""},
    {"convert_to", {"text:abc", "text:ISO-8859-1"}, "\\x616263"},
    {"convert_from", {"bytea:\\x", "text:nope"}, "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\xc3a9", "text:nope"},
     "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\xff", "text:nope"}, "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\xe282", "text:nope"},
     "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\x610062", "text:nope"},
     "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\xeda080", "text:nope"},
     "!22023 invalid source encoding name \"nope\""},
    {"convert_from", {"bytea:\\xc080", "text:nope"},
     "!22023 invalid source encoding name \"nope\""},
    {"convert_to", {"text:", "text:nope"}, "!22023 invalid destination encoding name \"nope\""},
    {"convert_to", {"text:é", "text:nope"}, "!22023 invalid destination encoding name \"nope\""},
    {"convert_to", {"text:€", "text:nope"}, "!22023 invalid destination encoding name \"nope\""},
    {"convert_to", {"text:abc", "text:nope"}, "!22023 invalid destination encoding name \"nope\""},
    {"convert_from", {"bytea:\\x", "text:unicode"}, ""},
    {"convert_from", {"bytea:\\xc3a9", "text:unicode"}, "é"},
    {"convert_from", {"bytea:\\xff", "text:unicode"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
    {"convert_from", {"bytea:\\xe282", "text:unicode"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xe2 0x82"},
    {"convert_from", {"bytea:\\x610062", "text:unicode"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0x00"},
    {"convert_from", {"bytea:\\xeda080", "text:unicode"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80"},
    {"convert_from", {"bytea:\\xc080", "text:unicode"},
     "!22021 invalid byte sequence for encoding \"UTF8\": 0xc0 0x80"},
    {"convert_to", {"text:", "text:unicode"}, "\\x"},
    {"convert_to", {"text:é", "text:unicode"}, "\\xc3a9"},
    {"convert_to", {"text:€", "text:unicode"}, "\\xe282ac"},
    {"convert_to", {"text:abc", "text:unicode"}, "\\x616263"},
    {"get_byte", {"bytea:\\x0102", "int4:1"}, "2"},
    {"get_byte", {"bytea:\\x0102", "int4:2"}, "!2202E index 2 out of valid range, 0..1"},
    {"get_byte", {"bytea:\\x0102", "int4:-1"}, "!2202E index -1 out of valid range, 0..1"},
    {"get_byte", {"bytea:", "int4:0"}, "!2202E index 0 out of valid range, 0..-1"},
};

static void character_sets_are_converted(void **state) {
    (void)state;
    CASES_RUN(character_sets_are_converted_cases);
}

static void uuids_are_random_and_of_version_4(void **state) {
    (void)state;
    enum { ROWS = 200 };
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    const struct function *function = function_of("gen_random_uuid", NULL, 0);
    uint32_t rows[ROWS];
    for (uint32_t i = 0; i < ROWS; i++) {
        rows[i] = i;
    }
    struct batch batch = {.arena = arena, .rows = ROWS};
    struct call call = {.batch = &batch, .arena = arena, .rows = rows, .rows_count = ROWS};
    struct column ret;
    column_init(&ret, TYPE(UUID), ROWS, arena);
    function->run(&call, &ret);
    const struct uuid *uuids = ret.values;
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_int_equal(uuids[i].bytes[6] >> 4, 4);
        assert_int_equal(uuids[i].bytes[8] >> 6, 2);
        for (uint32_t j = 0; j < i; j++) {
            assert_memory_not_equal(&uuids[i], &uuids[j], sizeof(struct uuid));
        }
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_right),
        cmocka_unit_test(bytes_have_text_forms),
        cmocka_unit_test(character_sets_are_converted),
        cmocka_unit_test(uuids_are_random_and_of_version_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
