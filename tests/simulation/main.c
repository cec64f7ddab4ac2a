/* SPDX-License-Identifier: Apache-2.0 */
/* simulation [--seed N | --first N --seeds N | --variants] [--variant NAME] [--verbose]
 * A seed is one world: its sinks, servers, parts, policies, the rates of its faults, and then every decision. Each runs
 * in a child of its own, so that what killed processes left behind goes with it and an assert is a failure with a seed.
 * --variants: each known-bad protocol has to be caught within so many seeds, and a seed has to repeat itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "tests/simulation/process.h"
#include "tests/simulation/server.h"
#include "tests/simulation/session.h"
#include "tests/simulation/store.h"

enum {
    CHECK_STEPS = 500,
    STEPS_MAX = 3000000,
    VARIANT_SEEDS = 300,
    REPEATED_SEEDS = 10,
    MEMORY_SMALL = 5 << 20,
    FAULTY_PROCESSES_MAX = 60
};

const char *const variant_names[VARIANT_COUNT] = {
    [VARIANT_NONE] = "none",
    [VARIANT_POSITION_FIRST] = "position-first",
    [VARIANT_ROWS_FIRST] = "rows-first",
    [VARIANT_BLIND_MOVE] = "blind-move",
    [VARIANT_NO_EPOCH] = "no-epoch",
    [VARIANT_NO_NONCE] = "no-nonce",
    [VARIANT_NO_BUMP] = "no-bump",
    [VARIANT_ACK_BEFORE_COMMIT] = "ack-before-commit",
    [VARIANT_RESOLVE_GUESSES] = "resolve-guesses",
    [VARIANT_HIGHEST_SEEN] = "highest-seen",
    [VARIANT_FILTERED_UNCOUNTED] = "filtered-uncounted",
    [VARIANT_PUBLISH_FIRST] = "publish-first",
    [VARIANT_JANITOR_BY_AGE] = "janitor-by-age",
    [VARIANT_PUT_OVERWRITES] = "put-overwrites",
};

/* What all children did, in shared memory. */
struct sums {
    uint64_t steps, calls, cuts, unknown_commits, refusals, commits, kills, freezes, stops, failovers, restarts, ends,
        starts, hash;
    int64_t virtual_us;
};
static struct sums *sums;

/* --- faults ------------------------------------------------------------------------------------------------------- */

struct chaos {
    struct actor actor;
    int64_t next_us, until_us, every_us, limit_us;
    uint32_t owners, weights[6];
};
static struct chaos chaos;

static void freeze(struct process *process) {
    int64_t until = sim_now_us() + draw_us(process_shape.lease_us * 4);
    process->group.frozen_until_us = until > chaos.until_us ? chaos.until_us : until;
    trace("process %u is frozen until %.6f", process->group.number, (double)process->group.frozen_until_us / 1e6);
    sums->freezes++;
}

static struct server *any_server(void) {
    return &servers[draw_below(process_shape.servers)];
}

static void fault(uint32_t kind) {
    struct process *process = process_any();
    struct server *server = any_server();
    if (kind == 0 && process) {
        trace("process %u is killed", process->group.number);
        process_kill(process);
        sums->kills++;
    } else if (kind == 1 && process) {
        freeze(process);
    } else if (kind == 2 && process) {
        trace("process %u is stopped", process->group.number);
        process_stop(process, sim_now_us() + draw_us(20000000));
        sums->stops++;
    } else if (kind == 3) {
        server_failover(server, 1 + draw_below(6));
        sums->failovers++;
    } else if (kind == 4) {
        server_restart(server);
        sums->restarts++;
    } else if (kind == 5 && server->backends_count) {
        backend_kill(server->backends[draw_below(server->backends_count)]);
        sums->ends++;
    }
}

static uint32_t fault_draw(void) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 6; i++) {
        sum += chaos.weights[i];
    }
    uint32_t at = draw_below(sum), kind = 0;
    while (kind < 5 && at >= chaos.weights[kind]) {
        at -= chaos.weights[kind++];
    }
    return kind;
}

static bool is_complete(void) {
    return servers_are_complete() && stores_are_complete();
}

static int64_t chaos_due(struct actor *actor) {
    (void)actor;
    return is_complete() ? INT64_MAX : chaos.next_us;
}

/* Also the supervisor: there are always so many processes. */
static void chaos_run(struct actor *actor) {
    (void)actor;
    if (processes_alive() < chaos.owners) {
        if (processes_started() == ALL_PROCESSES_MAX) {
            violation("too many processes: the work does not end");
        }
        process_start();
    } else if (sim_now_us() < chaos.until_us) {
        fault(fault_draw());
    }
    if (processes_started() > FAULTY_PROCESSES_MAX && chaos.until_us > sim_now_us()) {
        chaos.until_us = sim_now_us();
    }
    if (sim_now_us() >= chaos.until_us) {
        session_faults.cut_ppm = session_faults.commit_ppm = session_faults.refuse_ppm = feed.error_ppm = 0;
        store_faults.fail_ppm = store_faults.unknown_ppm = 0;
    }
    chaos.next_us = sim_now_us() + 1 + draw_us(chaos.every_us);
}

/* --- a world ------------------------------------------------------------------------------------------------------ */

static uint32_t rate(uint32_t most_ppm) {
    return draw_below(4) ? draw_below(most_ppm >> draw_below(5)) : 0;
}

static void world_make(void) {
    static const uint32_t pauses[] = {0, 500000, 900000, 970000};
    feed = (struct feed){.parts = 1 + draw_below(6),
                         .records = 20 + draw_below(200),
                         .block_records = 1 + draw_below(8),
                         .readers = 1 + draw_below(3),
                         .error_ppm = rate(30000),
                         .pause_ppm = pauses[draw_below(4)]};
    process_shape = (struct process_shape){.sinks = 1 + draw_below(2),
                                           .lease_us = 500000 << draw_below(5),
                                           .memory_bytes = draw_below(4) ? 0 : MEMORY_SMALL << draw_below(4),
                                           .commit_rows = draw_below(2) ? 1 + draw_below(20) : 0,
                                           .every_us = draw_below(4) == 0};
    process_shape.files = draw_below(3) ? 0 : draw_below(1 << process_shape.sinks);
    process_shape.servers = 1 + draw_below(process_shape.sinks);
    session_faults = (struct session_faults){
        .cut_ppm = rate(60000),
        .commit_ppm = rate(300000),
        .refuse_ppm = rate(30000),
        .latency_us = 100 << draw_below(14),
    };
    store_faults = (struct store_faults){
        .fail_ppm = rate(20000), .unknown_ppm = rate(200000), .latency_us = 100 << draw_below(12)};
    chaos = (struct chaos){.actor = {.due = chaos_due, .run = chaos_run},
                           .until_us = sim_now_us() + 5000000 + draw_us(120000000),
                           .every_us = 300000 << draw_below(7),
                           .owners = 1 + draw_below(4)};
    for (uint32_t i = 0; i < 6; i++) {
        chaos.weights[i] = draw_below(3) ? draw_below(8) : 0;
    }
    chaos.limit_us = chaos.until_us + 900000000;
    servers_reset(process_shape.servers);
    stores_reset(process_shape.files);
    for (uint32_t i = 0; i < process_shape.sinks; i++) {
        char name[] = {'s', (char)('0' + i), '\0'};
        if (!(process_shape.files >> i & 1)) {
            server_sink(&servers[process_shape.servers > 1 ? i : 0], name);
        }
    }
    actor_add(&chaos.actor);
}

static void sums_add(void) {
    sums->steps += scheduler_steps();
    sums->hash = scheduler_hash();
    sums->calls += session_counts.calls;
    sums->cuts += session_counts.cuts;
    sums->unknown_commits += session_counts.unknown_commits;
    sums->refusals += session_counts.refusals;
    sums->commits += servers_commits();
    sums->starts += processes_started();
    sums->virtual_us += sim_now_us();
}

/* Until all is committed and every process has ended by itself. */
static void seed_run(uint64_t seed) {
    scheduler_start(seed);
    world_make();
    trace("%u sinks on %u servers, %u parts of %u records, %u owners", process_shape.sinks, process_shape.servers,
          feed.parts, feed.records, chaos.owners);
    while (!is_complete() || processes_alive()) {
        if (!scheduler_step()) {
            violation("nobody can go on");
        }
        if (scheduler_steps() % CHECK_STEPS == 0) {
            servers_check();
            stores_check();
            processes_check();
        }
        if (sim_now_us() > chaos.limit_us || scheduler_steps() > STEPS_MAX) {
            processes_trace();
            violation("the run does not end: %u processes live", processes_alive());
        }
    }
    servers_check();
    stores_check();
    sums_add();
}

/* --- children ----------------------------------------------------------------------------------------------------- */

/* True: the run went well. quiet: what it says is dropped. */
static bool child_run(uint64_t seed, bool quiet) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (quiet && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) {
            _Exit(2);
        }
        seed_run(seed);
        fflush(stdout);
        _Exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        exit(2);
    }
    if (!quiet && WIFSIGNALED(status)) {
        printf("seed %llu: ended by signal %d\n", (unsigned long long)seed, WTERMSIG(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool seeds_run(uint64_t first, uint64_t count) {
    uint64_t failed = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        if (!child_run(seed, false)) {
            printf("again: simulation --seed %llu --verbose\n", (unsigned long long)seed);
            failed++;
        }
    }
    printf("%llu seeds, %llu steps, %.0f virtual seconds, %llu processes, %llu calls, %llu commits\n",
           (unsigned long long)count, (unsigned long long)sums->steps, (double)sums->virtual_us / 1e6,
           (unsigned long long)sums->starts, (unsigned long long)sums->calls, (unsigned long long)sums->commits);
    printf("faults: %llu kills, %llu freezes, %llu stops, %llu fail-overs, %llu restarts, %llu ended backends, "
           "%llu cuts (%llu of a COMMIT that arrived), %llu refusals\n",
           (unsigned long long)sums->kills, (unsigned long long)sums->freezes, (unsigned long long)sums->stops,
           (unsigned long long)sums->failovers, (unsigned long long)sums->restarts, (unsigned long long)sums->ends,
           (unsigned long long)sums->cuts, (unsigned long long)sums->unknown_commits,
           (unsigned long long)sums->refusals);
    printf("%llu passed, %llu failed\n", (unsigned long long)(count - failed), (unsigned long long)failed);
    return failed == 0;
}

/* The same seed twice is the same run. */
static bool seed_repeats(uint64_t seed) {
    struct sums before = *sums;
    bool ran = child_run(seed, true);
    uint64_t hash = sums->hash, steps = sums->steps - before.steps;
    ran = child_run(seed, true) && ran;
    bool same = hash == sums->hash && sums->steps == before.steps + 2 * steps;
    if (!same) {
        printf("seed %llu is not the same run twice\n", (unsigned long long)seed);
    }
    *sums = before;
    return ran && same;
}

static bool variants_run(uint64_t first) {
    uint32_t missed = 0;
    for (int i = 1; i < VARIANT_COUNT; i++) {
        uint64_t seed = first;
        variant = (enum variant)i;
        while (seed < first + VARIANT_SEEDS && child_run(seed, true)) {
            seed++;
        }
        bool caught = seed < first + VARIANT_SEEDS;
        printf("%-20s %s", variant_names[i], caught ? "caught by " : "NOT CAUGHT\n");
        missed += !caught;
        if (caught) {
            child_run(seed, false);
        }
    }
    variant = VARIANT_NONE;
    for (uint64_t seed = first; seed < first + REPEATED_SEEDS; seed++) {
        missed += !seed_repeats(seed);
    }
    printf("%u passed, %u failed\n", VARIANT_COUNT - 1 + REPEATED_SEEDS - missed, missed);
    return missed == 0;
}

static enum variant variant_find(const char *name) {
    for (int i = 0; i < VARIANT_COUNT; i++) {
        if (strcmp(variant_names[i], name) == 0) {
            return (enum variant)i;
        }
    }
    fprintf(stderr, "no variant %s\n", name);
    exit(2);
}

struct wish {
    uint64_t first, count;
    bool variants;
};

/* True: the option took its value. */
static bool option_take(const char *option, const char *value, struct wish *wish) {
    if (strcmp(option, "--seed") == 0) {
        *wish = (struct wish){.first = strtoull(value, NULL, 10), .count = 1};
    } else if (strcmp(option, "--seeds") == 0) {
        wish->count = strtoull(value, NULL, 10);
    } else if (strcmp(option, "--first") == 0) {
        wish->first = strtoull(value, NULL, 10);
    } else if (strcmp(option, "--variant") == 0) {
        variant = variant_find(value);
    } else if (strcmp(option, "--variants") == 0) {
        wish->variants = true;
        return false;
    } else if (strcmp(option, "--verbose") == 0) {
        scheduler_verbose = true;
        log_setup(LOG_DEBUG, false, NULL);
        return false;
    } else {
        fprintf(stderr, "simulation [--seed N | --first N --seeds N | --variants] [--variant NAME] [--verbose]\n");
        exit(2);
    }
    return true;
}

int main(int argc, char **argv) {
    struct wish wish = {.first = 1, .count = 200};
    log_setup(LOG_OFF, false, NULL);
    for (int i = 1; i < argc; i++) {
        i += option_take(argv[i], i + 1 < argc ? argv[i + 1] : "", &wish);
    }
    sums = mmap(NULL, sizeof *sums, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sums == MAP_FAILED) {
        return 2;
    }
    return (wish.variants ? variants_run(wish.first) : seeds_run(wish.first, wish.count)) ? 0 : 1;
}
