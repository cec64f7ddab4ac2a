/* SPDX-License-Identifier: Apache-2.0 */
/* Zones by name, their offsets through the centuries, gaps and overlaps, and hostile files. */
#include "engine/record/timezone_data.h"
#include "engine/record/value_check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t moment(const char *utc_text) {
    struct arena *arena = arena_new(NULL, POOL_COLUMNS);
    struct value_error error;
    int64_t us;
    assert_true(value_parse(TYPE(TIMESTAMP), slice_of(utc_text), NULL, arena, &us, &error));
    arena_free(arena);
    return us;
}

static void assert_offset(const char *zone, const char *utc_text, int32_t offset,
                          const char *name) {
    const char *abbreviation;
    assert_int_equal(timezone_offset(check_zone(zone), moment(utc_text), &abbreviation), offset);
    if (name) {
        assert_string_equal(abbreviation, name);
    }
}

static void offsets_follow_the_database_and_its_rules(void **state) {
    (void)state;
    assert_offset("UTC", "2013-01-01", 0, "UTC");
    assert_offset("Europe/Berlin", "2013-01-01", 3600, "CET");
    assert_offset("Europe/Berlin", "2013-07-01", 7200, "CEST");
    assert_offset("Europe/Berlin", "2013-03-31 00:59:59", 3600, "CET");
    assert_offset("Europe/Berlin", "2013-03-31 01:00:00", 7200, "CEST");
    assert_offset("Europe/Berlin", "1850-01-01", 3208, "LMT");
    assert_offset("Europe/Berlin", "2413-07-01", 7200, "CEST");
    assert_offset("Europe/Berlin", "99999-01-01", 3600, "CET");
    assert_offset("Australia/Sydney", "2100-01-01", 39600, "AEDT");
    assert_offset("Asia/Kathmandu", "2013-01-01", 20700, NULL);
}

static void names_ignore_case_and_know_offsets(void **state) {
    (void)state;
    assert_string_equal(timezone_name(check_zone("europe/BERLIN")), "Europe/Berlin");
    assert_ptr_equal(check_zone("europe/BERLIN"), check_zone("Europe/Berlin"));
    assert_ptr_equal(check_zone("utc"), timezone_utc());
    assert_offset("EST", "2013-07-01", -18000, NULL);
    assert_offset("+02", "2013-07-01", -7200, NULL);
    assert_offset("-03:30", "2013-07-01", 12600, NULL);
    assert_offset("<+05>-5", "2013-07-01", 18000, "+05");
    assert_offset("FOO3BAR", "2013-07-01 12:00", -7200, "BAR");
    assert_offset("AEST-10AEDT,M10.1.0,M4.1.0/3", "2013-01-01", 39600, "AEDT");
    assert_offset("EST5EDT4,J60,J300", "2012-03-01 06:59:59", -18000, "EST");
    assert_offset("EST5EDT4,J60,J300", "2012-03-01 07:00:00", -14400, "EDT");
}

static void what_is_no_zone_is_not_found(void **state) {
    (void)state;
    static const char *const names[] = {
        "",
        "Mars/Moon",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "Europe/",
        "Europe//Berlin",
        "zone.tab",
        "foo",
        "+999",
        ".",
        "Europe/./Berlin",
        "EST5EDT,",
        "EST5EDT,M3.2.0",
        "tzdata.zi",
        "a_name_that_is_longer_than_any_zone_of_the_database_could_ever_be_1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (timezone_find(slice_of(names[i]))) {
            fail_msg("%s was found", names[i]);
        }
    }
    assert_null(timezone_find(slice_make("UTC\0x", 5)));
}

static void local_times_in_gaps_and_overlaps_resolve_as_in_postgres(void **state) {
    (void)state;
    const struct timezone *zone = check_zone("America/New_York");
    assert_int_equal(timezone_to_utc(zone, moment("2013-03-10 02:30")), moment("2013-03-10 07:30"));
    assert_int_equal(timezone_to_utc(zone, moment("2013-03-10 01:59")), moment("2013-03-10 06:59"));
    assert_int_equal(timezone_to_utc(zone, moment("2013-03-10 03:00")), moment("2013-03-10 07:00"));
    assert_int_equal(timezone_to_utc(zone, moment("2013-11-03 01:30")), moment("2013-11-03 06:30"));
    assert_int_equal(timezone_to_utc(zone, INT64_MAX), INT64_MAX);
    assert_int_equal(timestamptz_to_local(INT64_MIN, zone), INT64_MIN);
    assert_int_equal(timestamptz_to_local(moment("2013-07-01"), zone), moment("2013-06-30 20:00"));
}

static struct timezone *zone_new(void) {
    struct timezone *zone = calloc(1, sizeof *zone);
    assert_non_null(zone);
    return zone;
}

static void zone_drop(struct timezone *zone) {
    free(zone->times);
    free(zone->indexes);
    free(zone);
}

static size_t file_read(const char *name, char *bytes, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, size, file);
    fclose(file);
    return len;
}

/* Cut anywhere, or with any byte of the headers and counts changed, a file is refused or read,
 * never overrun. */
static void damaged_files_do_no_harm(void **state) {
    (void)state;
    static char bytes[8192];
    size_t len = file_read("Europe/Berlin", bytes, sizeof bytes);
    for (size_t cut = 0; cut < len; cut++) {
        struct timezone *zone = zone_new();
        char *exact = malloc(cut + 1);
        memcpy(exact, bytes, cut);
        assert_false(timezone_tzif_read(zone, slice_make(exact, cut)));
        free(exact);
        zone_drop(zone);
    }
    unsigned refused = 0;
    for (size_t at = 0; at < len; at += 3) {
        char kept = bytes[at];
        bytes[at] ^= (char)0xff;
        struct timezone *zone = zone_new();
        refused += !timezone_tzif_read(zone, slice_make(bytes, len));
        zone_drop(zone);
        bytes[at] = kept;
    }
    assert_true(refused > 10);
}

static void *zones_find(void *unused) {
    static const char *const names[] = {"Asia/Tokyo", "Africa/Cairo", "America/Lima",
                                        "Pacific/Fiji"};
    (void)unused;
    for (int i = 0; i < 400; i++) {
        if (!timezone_find(slice_of(names[i % 4]))) {
            return NULL;
        }
    }
    return (void *)timezone_find(slice_of("Asia/Tokyo"));
}

static void threads_share_one_zone_of_a_name(void **state) {
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, zones_find, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *zone;
        pthread_join(threads[i], &zone);
        assert_ptr_equal(zone, check_zone("Asia/Tokyo"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_follow_the_database_and_its_rules),
        cmocka_unit_test(names_ignore_case_and_know_offsets),
        cmocka_unit_test(what_is_no_zone_is_not_found),
        cmocka_unit_test(local_times_in_gaps_and_overlaps_resolve_as_in_postgres),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(threads_share_one_zone_of_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
