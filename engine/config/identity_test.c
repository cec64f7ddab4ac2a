/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload may change and what it may not. */
#include "engine/config/fixture.h"

#define FILE_TEXT(url, rest)                                                                       \
    "pipeline: p\nsource: {sea: {url: " url ", topics: [a, b], batch: 3}}\n" rest

static void the_identity_is_its_marked_options_in_the_order_of_rows(void **state) {
    struct fixture *fixture = *state;
    struct pipeline *pipeline = fixture_pipeline(
        fixture, FILE_TEXT("u", "sinks: [{sea: {url: v, password: hush}}, {name: x, drop: }]\n"
                                "ledger: {sea: {url: l}}\n"));
    struct buffer out;
    buffer_init(&out, fixture->arena, 16);
    pipeline_identity(pipeline, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, "pipeline=p\nsource.name=sea\nsource.kind=sea\n"
                                  "source.sea.url=u\nsource.sea.topics=a,b\n"
                                  "ledger.kind=sea\nledger.sea.url=l\nledger.sea.topics=\n"
                                  "sinks.sea.kind=sea\nsinks.sea.sea.url=v\nsinks.sea.sea.topics=\n"
                                  "sinks.x.kind=drop\n");
}

/* "" when compatible, else the message. */
static const char *compared(struct fixture *fixture, const char *running, const char *next) {
    struct error error = {0};
    struct pipeline *was = fixture_pipeline(fixture, running);
    fixture->pipeline = NULL;
    struct pipeline *is = fixture_pipeline(fixture, next);
    enum status status = pipeline_identity_compare(was, is, &error);
    assert_int_equal(status == STATUS_OK, error.message[0] == '\0');
    pipeline_free(was);
    pipeline_free(is);
    fixture->pipeline = NULL;
    return arena_text(fixture->arena, slice_of(error.message));
}

static void what_is_no_identity_may_change(void **state) {
    assert_string_equal(
        compared(*state, FILE_TEXT("u", "sinks: [drop: ]\n"),
                 "pipeline: p\nsource: {sea: {url: u, topics: [a, b], batch: 9}, format: text}\n"
                 "transforms: [sql: select 1]\nlimits: {workers: 1}\nsinks: [drop: ]\n"),
        "");
}

static void the_source_may_not_become_another(void **state) {
    assert_string_equal(
        compared(*state, FILE_TEXT("u", "sinks: [drop: ]\n"), FILE_TEXT("w", "sinks: [drop: ]\n")),
        "`source.sea.url=u` cannot become `source.sea.url=w` while positions are kept: "
        "change it back, or give the pipeline, source or sink another name to begin anew");
    assert_non_null(strstr(compared(*state, FILE_TEXT("u", "sinks: [drop: ]\n"),
                                    "pipeline: p\nsource: {well: }\nsinks: [drop: ]\n"),
                           "`source.name=sea` cannot become `source.name=well`"));
    assert_non_null(strstr(compared(*state, FILE_TEXT("u", "sinks: [drop: ]\n"),
                                    "pipeline: p\nsource: {name: sea, well: }\nsinks: [drop: ]\n"),
                           "`source.kind=sea` cannot become `source.kind=well`"));
    assert_non_null(strstr(compared(*state, FILE_TEXT("u", "sinks: [drop: ]\n"),
                                    FILE_TEXT("u", "sinks: [drop: ]\nledger: {sea: {url: l}}\n")),
                           "`` cannot become `ledger.kind=sea`"));
}

static void sinks_come_and_go_but_do_not_move(void **state) {
    const char *one = FILE_TEXT("u", "sinks: [{name: a, sea: {url: x}}]\n");
    assert_string_equal(
        compared(*state, one,
                 FILE_TEXT("u", "sinks: [{drop: }, {name: a, sea: {url: x, batch: 2}}]\n")),
        "");
    assert_string_equal(
        compared(*state, one, FILE_TEXT("u", "sinks: [{name: b, sea: {url: y}}]\n")), "");
    assert_non_null(strstr(
        compared(*state, one, FILE_TEXT("u", "sinks: [{drop: }, {name: a, sea: {url: y}}]\n")),
        "`sinks.a.sea.url=x` cannot become `sinks.a.sea.url=y`"));
    assert_non_null(
        strstr(compared(*state, one, FILE_TEXT("u", "sinks: [{name: a, drop: }]\n")),
               "`sinks.a.kind=sea` cannot become `sinks.a.kind=drop`"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_identity_is_its_marked_options_in_the_order_of_rows),
        FIXTURE_TEST(what_is_no_identity_may_change),
        FIXTURE_TEST(the_source_may_not_become_another),
        FIXTURE_TEST(sinks_come_and_go_but_do_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
