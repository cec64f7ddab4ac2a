/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the fields of a date their meaning, in order, with Postgres's rules for DateStyle MDY:
 * which number is the year depends on its length and on what is known already. `known` collects
 * what has been said; a second word on the same matter is refused. */
#include "engine/record/datetime_decode.h"
#include "engine/record/datetime_field.h"
#include "engine/record/scalar.h"
#include "engine/record/timezone_data.h"

#include <stdlib.h>

static bool label_is(const struct decoder *decoder, enum word_kind kind) {
    return decoder->label && decoder->label->kind == kind;
}

static enum datetime_fault date_field(struct decoder *decoder, int i, unsigned *found) {
    char *text = decoder->fields->texts[i];
    if (label_is(decoder, WORD_JULIAN)) {
        const char *zone;
        int day;
        if (!integer_read(text, &zone, &day) || day < 0) {
            return DATETIME_OUT_OF_RANGE;
        }
        decoder_julian_set(decoder, day);
        *found = KNOWN_DATE | KNOWN_TIME | KNOWN_ZONE;
        decoder->label = NULL;
        return *zone == '+' || *zone == '-' ? offset_read(zone, &decoder->offset)
                                            : DATETIME_BAD_FORMAT;
    }
    bool date_there = (decoder->known & (KNOWN_MONTH | KNOWN_DAY)) == (KNOWN_MONTH | KNOWN_DAY);
    if (decoder->time_only) {
        bool may_be_date = i == 0 && decoder->fields->count >= 2 &&
                           (decoder->fields->kinds[decoder->fields->count - 1] == FIELD_DATE ||
                            decoder->fields->kinds[1] == FIELD_TIME);
        date_there = !may_be_date;
    }
    if (!decoder->label && !date_there) {
        return decoder_date_text(decoder, text, found);
    }
    if (!ascii_is_digit(*text) && !decoder->label) {
        decoder->zone = timezone_find(slice_of(text));
        decoder->zone_text = text;
        *found = KNOWN_ZONE;
        return decoder->zone ? DATETIME_FINE : DATETIME_ZONE_UNKNOWN;
    }
    /* a run-together time with an offset: hhmmss-zz */
    char *offset = strchr(text, '-');
    bool label_fits = !decoder->label || label_is(decoder, WORD_ISO_TIME);
    decoder->label = NULL;
    if (!label_fits || (decoder->known & KNOWN_TIME) == KNOWN_TIME || !offset) {
        return DATETIME_BAD_FORMAT;
    }
    enum datetime_fault fault = offset_read(offset, &decoder->offset);
    *offset = '\0';
    if (fault == DATETIME_FINE) {
        unsigned known = decoder->known | (decoder->time_only ? KNOWN_DATE : 0);
        fault = decoder_run_together(decoder, text, known, found);
        *found |= KNOWN_ZONE;
    }
    return fault;
}

static enum datetime_fault time_field(struct decoder *decoder, const char *text, unsigned *found) {
    if (decoder->label && !label_is(decoder, WORD_ISO_TIME)) {
        return DATETIME_BAD_FORMAT;
    }
    decoder->label = NULL;
    *found = KNOWN_TIME;
    enum datetime_fault fault = time_text_read(text, &decoder->parts);
    return fault == DATETIME_FINE && time_overflows(&decoder->parts) ? DATETIME_OUT_OF_RANGE
                                                                     : fault;
}

static enum datetime_fault labelled_number(struct decoder *decoder, char *text, unsigned *found) {
    const struct word *label = decoder->label;
    const char *end;
    int value;
    decoder->label = NULL;
    if (!integer_read(text, &end, &value)) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (*end && *end != '.') {
        return DATETIME_BAD_FORMAT;
    }
    decoder->special = SPECIAL_NONE;
    if (label->kind == WORD_UNIT) {
        return decoder_unit_number(decoder, (char)label->value, text, found);
    }
    if (label->kind == WORD_ISO_TIME) {
        enum datetime_fault fault =
            decoder_run_together(decoder, text, decoder->known | KNOWN_DATE, found);
        return fault == DATETIME_FINE && *found != KNOWN_TIME ? DATETIME_BAD_FORMAT : fault;
    }
    double fraction = 0;
    if (label->kind != WORD_JULIAN || (*end && fraction_read(end, &fraction) != DATETIME_FINE)) {
        return DATETIME_BAD_FORMAT;
    }
    decoder_julian_set(decoder, value);
    *found = KNOWN_DATE;
    if (*end) {
        struct datetime_parts parts;
        timestamp_split((int64_t)(fraction * (double)US_PER_DAY), &parts);
        decoder->parts.hour = parts.hour;
        decoder->parts.minute = parts.minute;
        decoder->parts.second = parts.second;
        decoder->parts.us = parts.us;
        *found |= KNOWN_TIME;
    }
    return DATETIME_FINE;
}

static enum datetime_fault number_field(struct decoder *decoder, int i, unsigned *found) {
    char *text = decoder->fields->texts[i];
    const char *point = strchr(text, '.');
    size_t len = strlen(text), whole = point ? (size_t)(point - text) : len;
    if (decoder->label) {
        return labelled_number(decoder, text, found);
    }
    unsigned known = decoder->known;
    if (decoder->time_only) {
        bool ends_with_date = i == 0 && decoder->fields->count >= 2 &&
                              decoder->fields->kinds[decoder->fields->count - 1] == FIELD_DATE;
        if (point && ends_with_date) {
            return decoder_date_text(decoder, text, found);
        }
        known |= KNOWN_DATE;
        if (point ? whole <= 2 : len <= 4) {
            return point ? DATETIME_BAD_FORMAT : decoder_number(decoder, text, known, found);
        }
        return decoder_run_together(decoder, text, known, found);
    }
    if (point && !(known & KNOWN_DATE)) {
        return decoder_date_text(decoder, text, found);
    }
    bool incomplete = !(known & KNOWN_DATE) || !(known & KNOWN_TIME);
    if ((point && whole > 2) || (len >= 6 && incomplete)) {
        return decoder_run_together(decoder, text, known, found);
    }
    return decoder_number(decoder, text, known, found);
}

static enum datetime_fault zone_word(struct decoder *decoder, char *text, unsigned *found) {
    const struct timezone_abbreviation *abbreviation = timezone_abbreviation_find(slice_of(text));
    *found = KNOWN_ZONE;
    if (abbreviation && !abbreviation->zone) {
        decoder->offset = abbreviation->offset;
        return DATETIME_FINE;
    }
    if (abbreviation) {
        decoder->abbreviation = slice_of(text);
        decoder->abbreviation_zone = timezone_find(slice_of(abbreviation->zone));
        return decoder->abbreviation_zone ? DATETIME_FINE : DATETIME_BAD_FORMAT;
    }
    decoder->zone = timezone_find(slice_of(text));
    return decoder->zone ? DATETIME_FINE : DATETIME_BAD_FORMAT;
}

static enum datetime_fault month_word(struct decoder *decoder, int month, unsigned *found) {
    *found = KNOWN_MONTH;
    bool was_day = (decoder->known & KNOWN_MONTH) && !decoder->month_is_text &&
                   !(decoder->known & KNOWN_DAY) && decoder->parts.month >= 1 &&
                   decoder->parts.month <= 31;
    if (was_day) {
        decoder->parts.day = decoder->parts.month;
        *found = KNOWN_DAY;
    }
    decoder->month_is_text = true;
    decoder->parts.month = month;
    return DATETIME_FINE;
}

/* `t` announces a time: in a timestamp it must follow a date. Other labels may lead nowhere, as
 * in Postgres 15. */
static enum datetime_fault label_word(struct decoder *decoder, int i, const struct word *word) {
    decoder->label = word;
    if (word->kind != WORD_ISO_TIME) {
        return DATETIME_FINE;
    }
    const enum field_kind *next = decoder->fields->kinds + i + 1;
    bool follows = i + 1 < decoder->fields->count &&
                   (*next == FIELD_NUMBER || *next == FIELD_TIME || *next == FIELD_DATE);
    bool dated = decoder->time_only || (decoder->known & KNOWN_DATE) == KNOWN_DATE;
    return follows && dated ? DATETIME_FINE : DATETIME_BAD_FORMAT;
}

static enum datetime_fault special_word(struct decoder *decoder, enum word_kind kind,
                                        unsigned *found) {
    if (decoder->time_only && kind != WORD_ALLBALLS) {
        return kind == WORD_CLOCK ? DATETIME_CLOCK : DATETIME_BAD_FORMAT;
    }
    *found = KNOWN_SPECIAL;
    switch (kind) {
    case WORD_ALLBALLS:
        *found = KNOWN_TIME | KNOWN_ZONE;
        return DATETIME_FINE;
    case WORD_EPOCH:
        decoder->special = SPECIAL_EPOCH;
        return DATETIME_FINE;
    case WORD_INFINITY:
        decoder->special = SPECIAL_INFINITY;
        return DATETIME_FINE;
    case WORD_MINUS_INFINITY:
        decoder->special = SPECIAL_MINUS_INFINITY;
        return DATETIME_FINE;
    default:
        return DATETIME_CLOCK;
    }
}

static enum datetime_fault word_field(struct decoder *decoder, int i, unsigned *found) {
    char *text = decoder->fields->texts[i];
    const struct word *word =
        timezone_abbreviation_find(slice_of(text)) ? NULL : datetime_word_find(text);
    if (!word) {
        return zone_word(decoder, text, found);
    }
    if (decoder->time_only && (word->kind == WORD_MONTH || word->kind == WORD_WEEKDAY)) {
        return DATETIME_BAD_FORMAT;
    }
    switch (word->kind) {
    case WORD_IGNORE:
        *found = 0;
        return DATETIME_FINE;
    case WORD_MONTH:
        return month_word(decoder, word->value, found);
    case WORD_WEEKDAY:
        *found = KNOWN_WEEKDAY;
        return DATETIME_FINE;
    case WORD_AMPM:
        decoder->half_day = word->value ? HALF_PM : HALF_AM;
        *found = KNOWN_AMPM;
        return DATETIME_FINE;
    case WORD_ADBC:
        decoder->before_christ = word->value;
        *found = KNOWN_ADBC;
        return DATETIME_FINE;
    case WORD_DST:
        decoder->offset += word->value;
        *found = KNOWN_DST;
        return DATETIME_FINE;
    case WORD_ISO_TIME:
    case WORD_JULIAN:
    case WORD_UNIT:
        *found = 0;
        return label_word(decoder, i, word);
    default:
        return special_word(decoder, word->kind, found);
    }
}

static enum datetime_fault field_decode(struct decoder *decoder, int i) {
    unsigned found = 0;
    enum datetime_fault fault = DATETIME_BAD_FORMAT;
    switch (decoder->fields->kinds[i]) {
    case FIELD_DATE:
        fault = date_field(decoder, i, &found);
        break;
    case FIELD_TIME:
        fault = time_field(decoder, decoder->fields->texts[i], &found);
        break;
    case FIELD_ZONE:
        found = KNOWN_ZONE;
        fault = offset_read(decoder->fields->texts[i], &decoder->offset);
        break;
    case FIELD_NUMBER:
        fault = number_field(decoder, i, &found);
        break;
    case FIELD_STRING:
    case FIELD_SPECIAL:
        fault = word_field(decoder, i, &found);
        break;
    }
    if (fault == DATETIME_FINE && (found & decoder->known)) {
        fault = DATETIME_BAD_FORMAT;
    }
    decoder->known |= found;
    return fault;
}

static enum datetime_fault zone_settle(struct decoder *decoder, const struct timezone *session) {
    bool dst_word = decoder->known & KNOWN_DST;
    bool named = decoder->zone || decoder->abbreviation_zone || !(decoder->known & KNOWN_ZONE);
    if (!named) {
        return DATETIME_FINE;
    }
    if (dst_word || (decoder->time_only && (decoder->zone || decoder->abbreviation_zone) &&
                     (decoder->known & KNOWN_DATE) != KNOWN_DATE)) {
        return DATETIME_BAD_FORMAT;
    }
    int64_t local;
    if (decoder->time_only || !timestamp_join_checked(&decoder->parts, &local)) {
        return DATETIME_FINE; /* the caller says that it is out of range */
    }
    if (decoder->abbreviation_zone) {
        decoder->offset =
            timezone_offset_abbreviation(decoder->abbreviation_zone, decoder->abbreviation, local);
    } else {
        const struct timezone *zone = decoder->zone ? decoder->zone : session;
        decoder->offset = timezone_offset_local(zone, local);
    }
    return DATETIME_FINE;
}

static enum datetime_fault half_day_apply(struct decoder *decoder) {
    struct datetime_parts *parts = &decoder->parts;
    if (decoder->half_day != HALF_NONE && parts->hour > 12) {
        return DATETIME_OUT_OF_RANGE;
    }
    if (decoder->half_day == HALF_AM && parts->hour == 12) {
        parts->hour = 0;
    } else if (decoder->half_day == HALF_PM && parts->hour != 12) {
        parts->hour += 12;
    }
    return DATETIME_FINE;
}

static enum datetime_fault decoder_finish(struct decoder *decoder, const struct timezone *session) {
    enum datetime_fault fault = decoder_date_check(decoder);
    if (fault == DATETIME_FINE) {
        fault = half_day_apply(decoder);
    }
    if (fault != DATETIME_FINE || decoder->special != SPECIAL_NONE) {
        return fault;
    }
    if (decoder->time_only && time_overflows(&decoder->parts)) {
        return DATETIME_OUT_OF_RANGE;
    }
    unsigned needed = decoder->time_only ? KNOWN_TIME : KNOWN_DATE;
    if ((decoder->known & needed) != needed) {
        return DATETIME_BAD_FORMAT;
    }
    return zone_settle(decoder, session);
}

enum datetime_fault datetime_decode(struct datetime_fields *fields, const struct timezone *session,
                                    bool time_only, struct datetime_decoded *ret) {
    struct decoder decoder = {.fields = fields, .time_only = time_only};
    enum datetime_fault fault = fields->count ? DATETIME_FINE : DATETIME_BAD_FORMAT;
    for (int i = 0; i < fields->count && fault == DATETIME_FINE; i++) {
        fault = field_decode(&decoder, i);
    }
    if (fault == DATETIME_FINE) {
        fault = decoder_finish(&decoder, session ? session : timezone_utc());
    }
    *ret = (struct datetime_decoded){.parts = decoder.parts,
                                     .special = decoder.special,
                                     .offset = decoder.offset,
                                     .zone_text = decoder.zone_text};
    return fault;
}
