/* SPDX-License-Identifier: Apache-2.0 */
/* The tables and the statements of the ledger. Whoever changes a row's place in the protocol locks the rows first, in
 * the order of their names, so that two processes never wait for each other in a circle; the condition is then tested
 * on the row as it stands under the lock (READ COMMITTED re-reads it). Texts compare as bytes. Immutable. */
#include "connectors/postgres/ledger_sql.h"

#include <assert.h>
#include <string.h>

/* Only one process makes the tables: the lock ends with the transaction. fillfactor leaves room for the update of a
 * row beside it (HOT), since no indexed column changes at a commit. */
#define TABLES_CREATE                                                                              \
    "select pg_advisory_xact_lock(4993018217471836);"                                             \
    "create table if not exists @leat_meta ("                                                      \
    " version int primary key, created timestamptz not null default now());"                       \
    "create table if not exists @leat_ledger ("                                                    \
    " pipeline text collate \"C\" not null,"                                                       \
    " source text collate \"C\" not null,"                                                         \
    " sink text collate \"C\" not null,"                                                           \
    " part text collate \"C\" not null,"                                                           \
    " entry text collate \"C\" not null,"                                                          \
    " ident text collate \"C\" not null,"                                                          \
    " detail text collate \"C\" not null,"                                                         \
    " first text collate \"C\" not null,"                                                          \
    " weight bigint not null,"                                                                     \
    " next text collate \"C\" not null,"                                                           \
    " mark text collate \"C\" not null default '',"                                                \
    " state text collate \"C\" not null default 'open'"                                            \
    "  check (state in ('open', 'stopped', 'ended')),"                                             \
    " reason text not null default '',"                                                            \
    " epoch bigint not null default 0,"                                                            \
    " owner text collate \"C\" not null default '',"                                               \
    " records_in bigint not null default 0,"                                                       \
    " delivered bigint not null default 0,"                                                        \
    " filtered bigint not null default 0,"                                                         \
    " dead_letter bigint not null default 0,"                                                      \
    " dead_window text not null default '',"                                                       \
    " data bytea,"                                                                                 \
    " updated timestamptz not null default now(),"                                                 \
    " primary key (pipeline, source, sink, part)) with (fillfactor = 50);"                         \
    "create index if not exists leat_ledger_free on @leat_ledger"                                  \
    " (pipeline, source, sink, owner, part) where state = 'open';"                                 \
    "create index if not exists leat_ledger_entry on @leat_ledger"                                 \
    " (pipeline, source, sink, entry);"                                                            \
    "create table if not exists @leat_pipeline ("                                                  \
    " pipeline text collate \"C\" not null,"                                                       \
    " source text collate \"C\" not null,"                                                         \
    " sink text collate \"C\" not null,"                                                           \
    " marker text collate \"C\" not null,"                                                         \
    " owner text collate \"C\" not null,"                                                          \
    " created timestamptz not null default now(),"                                                 \
    " primary key (pipeline, source, sink, marker));"                                              \
    "create table if not exists @leat_process ("                                                   \
    " owner text collate \"C\" primary key,"                                                       \
    " alive timestamptz not null) with (fillfactor = 50);"                                         \
    "create table if not exists @leat_dead_letter ("                                               \
    " id bigint generated always as identity primary key,"                                         \
    " pipeline text collate \"C\" not null,"                                                       \
    " source text collate \"C\" not null,"                                                         \
    " sink text collate \"C\" not null,"                                                           \
    " part text collate \"C\" not null,"                                                           \
    " \"position\" text collate \"C\" not null,"                                                   \
    " \"row\" int not null,"                                                                       \
    " stage text not null,"                                                                        \
    " code text not null,"                                                                         \
    " message text not null,"                                                                      \
    " key bytea,"                                                                                  \
    " headers bytea,"                                                                              \
    " payload bytea,"                                                                              \
    " payload_bytes bigint not null,"                                                              \
    " sha256 bytea not null,"                                                                      \
    " \"time\" timestamptz not null);"                                                             \
    "create index if not exists leat_dead_letter_part on @leat_dead_letter"                        \
    " (pipeline, source, sink, part);"                                                             \
    "create table if not exists @leat_audit ("                                                     \
    " id bigint generated always as identity primary key,"                                         \
    " pipeline text not null,"                                                                     \
    " source text not null,"                                                                       \
    " sink text not null,"                                                                         \
    " part text,"                                                                                  \
    " action text not null,"                                                                       \
    " reason text not null,"                                                                       \
    " owner text not null,"                                                                        \
    " epoch bigint,"                                                                               \
    " next_before text,"                                                                           \
    " next_after text,"                                                                            \
    " at timestamptz not null default now());"                                                     \
    "insert into @leat_meta (version) select 1"                                                    \
    " where not exists (select from @leat_meta)"

#define KEY "l.pipeline = $1 and l.source = $2 and l.sink = $3"

/* What struct ledger_row is read from; ledger_rows.c counts on the order. Infinity stands for an unknown owner. */
#define AGE "(extract(epoch from clock_timestamp() - p.alive) * 1000000)::bigint"
#define ROW_COLUMNS                                                                                \
    "l.part, l.entry, l.ident, l.detail, l.first, l.weight, l.next, l.mark, l.owner, " AGE ","     \
    " l.epoch, l.state, l.reason, l.records_in, l.delivered, l.filtered, l.dead_letter,"           \
    " l.dead_window"

/* Entries that stand are left alone, whole. When another process wrote the marker first, its parts were the first
 * start's: what is new here was discovered later and begins at its beginning ($4 says whether I wrote it). */
#define PLAN_PUT                                                                                   \
    "insert into @leat_ledger (pipeline, source, sink, part, entry, ident, detail, first, next,"   \
    "  weight, epoch, state)"                                                                      \
    " select $1, $2, $3, e.part, e.entry, e.ident, e.detail, f.first, f.first, e.weight,"          \
    "  $11::bigint, case when f.first = 'end' then 'ended' else 'open' end"                        \
    " from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[])"      \
    "  as e(part, entry, ident, detail, first, weight),"                                           \
    " lateral (select case when $4::bool then e.first else 'start' end) as f(first)"               \
    " where not exists (select from @leat_ledger l where " KEY " and l.entry = e.entry)"           \
    " on conflict do nothing"

/* Free: unowned, owned by nobody who lives, or mine (last, so that they never crowd out the others). One short index
 * scan for each owner, whatever the number of parts. $4 owner, $5 lease in us, $6 dead owners, $7 rows. */
#define QUERY_FREE                                                                                 \
    "with recursive owners(owner) as ("                                                            \
    "  (select l.owner from @leat_ledger l where " KEY " and l.state = 'open'"                     \
    "   order by l.owner limit 1)"                                                                 \
    "  union all"                                                                                  \
    "  select (select l.owner from @leat_ledger l where " KEY " and l.state = 'open'"              \
    "    and l.owner > o.owner order by l.owner limit 1)"                                          \
    "  from owners o where o.owner is not null),"                                                  \
    " free as ("                                                                                   \
    "  select o.owner, p.alive from owners o left join @leat_process p on p.owner = o.owner"       \
    "  where o.owner is not null and (o.owner = '' or o.owner = $4 or o.owner = any($6::text[])"   \
    "   or p.alive is null or p.alive < clock_timestamp() - $5::bigint * interval '1 microsecond'))," \
    " chosen as materialized ("                                                                    \
    "  select x.part from free f, lateral (select l.part from @leat_ledger l where " KEY           \
    "    and l.state = 'open' and l.owner = f.owner order by l.part limit $7::bigint) x"           \
    "  order by f.owner = $4, x.part limit $7::bigint)"                                            \
    " select " ROW_COLUMNS " from chosen s"                                                        \
    " join @leat_ledger l on " KEY " and l.part = s.part"                                          \
    " left join @leat_process p on p.owner = l.owner order by l.part"

#define CLAIM                                                                                      \
    "with wanted as (select * from unnest($4::text[], $5::bigint[]) as w(part, epoch)),"           \
    " locked as (select l.part, l.owner as previous, w.epoch from @leat_ledger l"                  \
    "  join wanted w on w.part = l.part where " KEY " and l.epoch = w.epoch and l.state = 'open'"  \
    "  order by l.part for update of l),"                                                          \
    " alive as (insert into @leat_process (owner, alive) values ($6, clock_timestamp())"           \
    "  on conflict (owner) do nothing),"                                                           \
    " claimed as (update @leat_ledger l set epoch = greatest(l.epoch + 1, $7::bigint), owner = $6,"\
    "   updated = now() from locked k where " KEY " and l.part = k.part and l.epoch = k.epoch"     \
    "   and l.state = 'open' returning l.part, k.previous)"                                        \
    " select c.previous, coalesce((select p.alive >= clock_timestamp()"                            \
    "   - $8::bigint * interval '1 microsecond' from @leat_process p"                              \
    "   where p.owner = c.previous), false) from claimed c"

/* What a commit changes in a row; m: the values, arrays or parameters. */
#define MOVED(stop, mark, dead_window, records_in, delivered, filtered, dead_letter)               \
    " update @leat_ledger l set next = " stop ", mark = coalesce(" mark ", l.mark),"               \
    "  state = case when " stop " = 'end' then 'ended' else l.state end,"                          \
    "  records_in = l.records_in + " records_in ", delivered = l.delivered + " delivered ","       \
    "  filtered = l.filtered + " filtered ", dead_letter = l.dead_letter + " dead_letter ","       \
    "  dead_window = " dead_window ", updated = now()"

#define MOVE                                                                                       \
    "with move as (select * from unnest($5::text[], $6::bigint[], $7::text[], $8::text[],"         \
    "   $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])"      \
    "   as m(part, epoch, start, stop, mark, dead_window, records_in, delivered, filtered,"        \
    "    dead_letter)),"                                                                           \
    " locked as materialized (select l.part from move m join @leat_ledger l on l.part = m.part"    \
    "  and " KEY " order by l.part for update of l)"                                               \
    MOVED("m.stop", "m.mark", "m.dead_window", "m.records_in", "m.delivered", "m.filtered",        \
          "m.dead_letter")                                                                         \
    " from locked k join move m on m.part = k.part"                                                \
    " where " KEY " and l.part = k.part and l.epoch = m.epoch and l.owner = $4"                    \
    "  and l.next = m.start and l.state = 'open'"

#define MOVE_ONE                                                                                   \
    MOVED("$8", "$9", "$10", "$11::bigint", "$12::bigint", "$13::bigint", "$14::bigint")           \
    " where " KEY " and l.part = $5 and l.epoch = $6::bigint and l.owner = $4"                     \
    "  and l.next = $7 and l.state = 'open'"

#define STANDING                                                                                   \
    "select l.part, l.epoch, l.owner, l.next, l.state from @leat_ledger l"                         \
    " where " KEY " and l.part = any($4::text[]) order by l.part"

/* Backends of this database and role whose owner's nonce is given: looked up and ended in one statement, so that a
 * pid cannot have been given to somebody else in between. */
#define BACKENDS                                                                                   \
    "select count(pg_terminate_backend(a.pid)) from pg_stat_activity a"                            \
    " where a.datname = current_database() and a.usename = current_user"                           \
    " and a.pid <> pg_backend_pid() and a.application_name like 'leat/%/%'"

/* Those that hold a transaction open although their process, known to this ledger, no longer shows itself: a frozen
 * owner in mid-COPY holds unique keys and row locks that the living would wait for. $1 my nonce, $2 lease in us. */
#define END_STALE                                                                                  \
    BACKENDS                                                                                       \
    " and split_part(a.application_name, '/', 2) <> $1 and a.xact_start is not null"               \
    " and exists (select from @leat_process p"                                                     \
    "  where right(p.owner, length(split_part(a.application_name, '/', 2)) + 1)"                   \
    "   = '-' || split_part(a.application_name, '/', 2)"                                           \
    "  and p.alive < clock_timestamp() - $2::bigint * interval '1 microsecond')"

/* The same for every kind of note: the row is changed and the change is written down in one statement. */
#define AUDIT(action)                                                                              \
    " insert into @leat_audit (pipeline, source, sink, part, action, reason, owner, epoch,"        \
    "  next_before, next_after)"                                                                   \
    " select $1, $2, $3, n.part, " action ", $5, $6, n.epoch, n.next_before, n.next_after"         \
    " from noted n returning 1"

#define NOTE(set, condition, action)                                                               \
    "with old as (select l.part, l.next from @leat_ledger l where " KEY                            \
    "  and l.part = $4 for update),"                                                               \
    " noted as (update @leat_ledger l set " set ", updated = now() from old o where " KEY          \
    "  and l.part = o.part" condition                                                              \
    "  returning l.part, l.epoch, o.next as next_before, l.next as next_after)" AUDIT(action)

#define FREED "epoch = greatest(l.epoch + 1, $7::bigint), owner = '', reason = ''"

static const char *const texts[SQL_COUNT] = {
    [SQL_VERSION_EXISTS] = "select to_regclass($1) is not null",
    [SQL_VERSION] = "select count(*), max(version) from @leat_meta",
    [SQL_TABLES_CREATE] = TABLES_CREATE,
    [SQL_PLAN_LOCK] =
        "select pg_advisory_xact_lock(hashtextextended($1 || '/' || $2 || '/' || $3, 4993018))",
    [SQL_PLAN_START] =
        "with new as (insert into @leat_pipeline (pipeline, source, sink, marker, owner)"
        " values ($1, $2, $3, '_start', $4) on conflict do nothing returning owner)"
        " select owner = $4 from (select owner from new union all select owner from @leat_pipeline"
        " where pipeline = $1 and source = $2 and sink = $3 and marker = '_start') o limit 1",
    [SQL_PLAN_PUT] = PLAN_PUT,
    [SQL_PLAN_KNOWN] =
        "select e.n from unnest($4::text[]) with ordinality as e(entry, n)"
        " where exists (select from @leat_ledger l where " KEY " and l.entry = e.entry)",
    [SQL_PLAN_IDENT] = "select l.ident from @leat_ledger l where " KEY " and l.entry = $4 limit 1",
    [SQL_TOTALS] =
        "select count(*), count(*) filter (where l.state = 'open'),"
        " count(*) filter (where l.state = 'stopped'), count(*) filter (where l.state = 'ended'),"
        " count(*) filter (where l.state = 'open' and l.owner <> $4 and p.alive >="
        "  clock_timestamp() - $5::bigint * interval '1 microsecond'),"
        " coalesce(sum(l.records_in), 0)::bigint, coalesce(sum(l.delivered), 0)::bigint,"
        " coalesce(sum(l.filtered), 0)::bigint, coalesce(sum(l.dead_letter), 0)::bigint,"
        " exists (select from @leat_pipeline s where s.pipeline = $1 and s.source = $2"
        "  and s.sink = $3 and s.marker = '_start')"
        " from @leat_ledger l left join @leat_process p on p.owner = l.owner where " KEY,
    [SQL_QUERY_FREE] = QUERY_FREE,
    [SQL_QUERY_ALL] = "select " ROW_COLUMNS " from @leat_ledger l"
                      " left join @leat_process p on p.owner = l.owner where " KEY
                      " order by l.part limit $4::bigint",
    [SQL_ROWS] = "select " ROW_COLUMNS ", w.n from unnest($4::text[]) with ordinality as w(part, n)"
                 " join @leat_ledger l on l.part = w.part and " KEY
                 " left join @leat_process p on p.owner = l.owner order by w.n",
    [SQL_CLAIM] = CLAIM,
    [SQL_RELEASE] =
        "with wanted as (select * from unnest($4::text[], $5::bigint[]) as w(part, epoch)),"
        " locked as (select l.part, w.epoch from @leat_ledger l join wanted w on w.part = l.part"
        "  where " KEY " order by l.part for update of l)"
        " update @leat_ledger l set owner = '', updated = now() from locked k where " KEY
        " and l.part = k.part and l.epoch = k.epoch and l.owner = $6 and l.state = 'open'",
    [SQL_RENEW] =
        "with me as (insert into @leat_process as p (owner, alive) values ($1, clock_timestamp())"
        " on conflict (owner) do update set alive = excluded.alive)"
        " select p.owner, " AGE " from @leat_process p where p.owner <> $1"
        " union all select $1, 0",
    [SQL_PROCESS_FORGET] =
        "delete from @leat_process where owner in (select owner from @leat_process"
        " where alive < now() - interval '30 days' for update skip locked)",
    [SQL_END_BACKENDS] = BACKENDS " and split_part(a.application_name, '/', 2) = any($1::text[])",
    [SQL_END_STALE] = END_STALE,
    [SQL_NOTE_STOP] = NOTE("state = 'stopped', reason = $5, owner = ''",
                           " and l.epoch = $7::bigint and l.owner = $6 and l.state = 'open'",
                           "'stop'"),
    [SQL_NOTE_RESUME] = NOTE("state = case when l.next = 'end' then 'ended' else 'open' end,"
                             " dead_window = '', " FREED,
                             "", "'resume'"),
    [SQL_NOTE_MOVE] = NOTE("next = $8, state = case when $8 = 'end' then 'ended' else 'open' end,"
                           " dead_window = '', " FREED,
                           "", "$9"),
    [SQL_NOTE_RESET] = NOTE("next = l.first, mark = '', state = 'open', dead_window = '',"
                            " records_in = 0, delivered = 0, filtered = 0, dead_letter = 0, " FREED,
                            "", "'reset'"),
    [SQL_NOTE_RESET_ALL] =
        "with gone as (delete from @leat_ledger l where " KEY " returning 1),"
        " markers as (delete from @leat_pipeline l where " KEY " returning 1),"
        " noted as (select $4::text as part, null::bigint as epoch, null::text as next_before,"
        "  (select count(*) from gone) || ' parts' as next_after)" AUDIT("'reset'"),
    [SQL_NOTE_SEEN] = "with noted as (select l.part, l.epoch, l.next as next_before,"
                      " l.next as next_after from @leat_ledger l where " KEY " and l.part = $4)"
                      AUDIT("'abort_seen'"),
    [SQL_MOVE] = MOVE,
    [SQL_MOVE_ONE] = MOVE_ONE,
    [SQL_STANDING] = STANDING,
    [SQL_STANDING_LOCKED] = STANDING " for update of l",
    [SQL_LETTERS_COPY] =
        "copy @leat_dead_letter (pipeline, source, sink, part, \"position\", \"row\", stage, code,"
        " message, key, headers, payload, payload_bytes, sha256, \"time\")"
        " from stdin with (format binary)",
};

const char *ledger_sql(enum ledger_sql which, const char *schema, struct arena *arena) {
    assert(which < SQL_COUNT && texts[which]);
    const char *text = texts[which];
    size_t places = 0;
    for (const char *c = text; *c; c++) {
        places += *c == '@';
    }
    size_t schema_len = strlen(schema);
    char *out = arena_alloc(arena, strlen(text) + places * schema_len + 1), *at = out;
    for (; *text; text++) {
        if (*text != '@') {
            *at++ = *text;
            continue;
        }
        memcpy(at, schema, schema_len);
        at += schema_len;
        *at++ = '.';
    }
    *at = '\0';
    return out;
}
