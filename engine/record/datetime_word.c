/* SPDX-License-Identifier: Apache-2.0 */
/* The words that dates may contain, English, in lower case: Postgres's own table (datetktbl) without
 * the zones, which timezone_find knows. Sorted for binary search. Immutable, any thread. */
#include "engine/record/datetime_decode.h"

#include <stdlib.h>

static const struct word words[] = {
    {"-infinity", WORD_MINUS_INFINITY, 0},
    {"ad", WORD_ADBC, 0},
    {"allballs", WORD_ALLBALLS, 0},
    {"am", WORD_AMPM, 0},
    {"apr", WORD_MONTH, 4},
    {"april", WORD_MONTH, 4},
    {"at", WORD_IGNORE, 0},
    {"aug", WORD_MONTH, 8},
    {"august", WORD_MONTH, 8},
    {"bc", WORD_ADBC, 1},
    {"d", WORD_UNIT, 'd'},
    {"dec", WORD_MONTH, 12},
    {"december", WORD_MONTH, 12},
    {"dow", WORD_UNIT, 0},
    {"doy", WORD_UNIT, 0},
    {"dst", WORD_DST, 3600},
    {"epoch", WORD_EPOCH, 0},
    {"feb", WORD_MONTH, 2},
    {"february", WORD_MONTH, 2},
    {"fri", WORD_WEEKDAY, 5},
    {"friday", WORD_WEEKDAY, 5},
    {"h", WORD_UNIT, 'h'},
    {"infinity", WORD_INFINITY, 0},
    {"isodow", WORD_UNIT, 0},
    {"isoyear", WORD_UNIT, 0},
    {"j", WORD_JULIAN, 0},
    {"jan", WORD_MONTH, 1},
    {"january", WORD_MONTH, 1},
    {"jd", WORD_JULIAN, 0},
    {"jul", WORD_MONTH, 7},
    {"julian", WORD_JULIAN, 0},
    {"july", WORD_MONTH, 7},
    {"jun", WORD_MONTH, 6},
    {"june", WORD_MONTH, 6},
    {"m", WORD_UNIT, 'm'},
    {"mar", WORD_MONTH, 3},
    {"march", WORD_MONTH, 3},
    {"may", WORD_MONTH, 5},
    {"mm", WORD_UNIT, 'M'},
    {"mon", WORD_WEEKDAY, 1},
    {"monday", WORD_WEEKDAY, 1},
    {"nov", WORD_MONTH, 11},
    {"november", WORD_MONTH, 11},
    {"now", WORD_CLOCK, 0},
    {"oct", WORD_MONTH, 10},
    {"october", WORD_MONTH, 10},
    {"on", WORD_IGNORE, 0},
    {"pm", WORD_AMPM, 12},
    {"s", WORD_UNIT, 's'},
    {"sat", WORD_WEEKDAY, 6},
    {"saturday", WORD_WEEKDAY, 6},
    {"sep", WORD_MONTH, 9},
    {"sept", WORD_MONTH, 9},
    {"september", WORD_MONTH, 9},
    {"sun", WORD_WEEKDAY, 0},
    {"sunday", WORD_WEEKDAY, 0},
    {"t", WORD_ISO_TIME, 0},
    {"thu", WORD_WEEKDAY, 4},
    {"thur", WORD_WEEKDAY, 4},
    {"thurs", WORD_WEEKDAY, 4},
    {"thursday", WORD_WEEKDAY, 4},
    {"today", WORD_CLOCK, 0},
    {"tomorrow", WORD_CLOCK, 0},
    {"tue", WORD_WEEKDAY, 2},
    {"tues", WORD_WEEKDAY, 2},
    {"tuesday", WORD_WEEKDAY, 2},
    {"wed", WORD_WEEKDAY, 3},
    {"wednesday", WORD_WEEKDAY, 3},
    {"weds", WORD_WEEKDAY, 3},
    {"y", WORD_UNIT, 'y'},
    {"yesterday", WORD_CLOCK, 0},
};

static int word_compare(const void *key, const void *row) {
    return strcmp(key, ((const struct word *)row)->text);
}

const struct word *datetime_word_find(const char *text) {
    return bsearch(text, words, sizeof words / sizeof words[0], sizeof words[0], word_compare);
}
