/* SPDX-License-Identifier: Apache-2.0 */
/* The choice among candidates. Operators with one bare literal first try the other side's type for
 * it, as binary_oper_exact does; everything else follows func_match_argtypes and
 * func_select_candidate step by step. */
#include "engine/sql/function_find.h"

#include "engine/sql/cast.h"

enum { CANDIDATES_MAX = 64, NAME_MAX_BYTES = 64 };

struct candidates {
    const struct function *functions[CANDIDATES_MAX];
    uint32_t count;
};

struct type function_argument(const struct function *function, uint32_t i) {
    if (i >= function->arguments_count) {
        i = function->arguments_count - 1u;
    }
    return (struct type){
        .id = function->arguments[i], .array = function->array_arguments >> i & 1, .modifier = -1};
}

static bool takes_any(const struct function *function, struct type declared) {
    return declared.id == TYPE_UNKNOWN && (function->flags & FUNCTION_ANY);
}

struct type function_result(const struct function *function, const struct type *types,
                            uint32_t count) {
    struct type result = {.id = function->result, .array = function->result_array, .modifier = -1};
    for (uint32_t i = 0; i < count && result.id == TYPE_UNKNOWN; i++) {
        if (takes_any(function, function_argument(function, i)) && types[i].id != TYPE_UNKNOWN) {
            result.id = types[i].id;
        }
    }
    result.id = result.id == TYPE_UNKNOWN ? TYPE_TEXT : result.id;
    return result;
}

char type_category(struct type type) {
    static const char categories[TYPE_ID_COUNT] = {
        [TYPE_UNKNOWN] = 'X',  [TYPE_BOOL] = 'B',      [TYPE_INT2] = 'N',
        [TYPE_INT4] = 'N',     [TYPE_INT8] = 'N',      [TYPE_FLOAT4] = 'N',
        [TYPE_FLOAT8] = 'N',   [TYPE_NUMERIC] = 'N',   [TYPE_TEXT] = 'S',
        [TYPE_BYTEA] = 'U',    [TYPE_UUID] = 'U',      [TYPE_DATE] = 'D',
        [TYPE_TIME] = 'D',     [TYPE_TIMESTAMP] = 'D', [TYPE_TIMESTAMPTZ] = 'D',
        [TYPE_INTERVAL] = 'T', [TYPE_JSON] = 'U',      [TYPE_JSONB] = 'U',
    };
    return type.array ? 'A' : categories[type.id];
}

bool type_is_preferred(struct type type) {
    return !type.array && (type.id == TYPE_BOOL || type.id == TYPE_FLOAT8 || type.id == TYPE_TEXT ||
                           type.id == TYPE_TIMESTAMPTZ || type.id == TYPE_INTERVAL);
}

static bool same(struct type a, struct type b) {
    return a.id == b.id && a.array == b.array;
}

static bool count_fits(const struct function *function, uint32_t count) {
    uint32_t least = function->arguments_min ? function->arguments_min : function->arguments_count;
    if (function->flags & FUNCTION_VARIADIC) {
        least = function->arguments_min ? function->arguments_min : function->arguments_count - 1u;
        return count >= least;
    }
    return count >= least && count <= function->arguments_count;
}

static bool is_exact(const struct function *function, const struct type *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct type declared = function_argument(function, i);
        if (!same(declared, types[i]) || types[i].id == TYPE_UNKNOWN) {
            return false;
        }
    }
    return true;
}

static bool is_coercible(const struct function *function, const struct type *types,
                         uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct type declared = function_argument(function, i);
        enum cast_kind kind;
        const struct cast *cast;
        if (takes_any(function, declared)) {
            if (declared.array && !types[i].array && types[i].id != TYPE_UNKNOWN) {
                return false;
            }
        } else if (types[i].id != TYPE_UNKNOWN &&
                   cast_find(types[i], declared, &kind, &cast) != CAST_IMPLICIT) {
            return false;
        }
    }
    return true;
}

/* Keeps the candidates with the highest score. */
static void keep_best(struct candidates *candidates, const struct type *types, uint32_t count,
                      uint32_t (*score)(const struct function *function, const struct type *types,
                                        uint32_t count)) {
    uint32_t best = 0, kept = 0;
    for (uint32_t i = 0; i < candidates->count; i++) {
        uint32_t points = score(candidates->functions[i], types, count);
        if (points > best) {
            best = points;
            kept = 0;
        }
        if (points == best) {
            candidates->functions[kept++] = candidates->functions[i];
        }
    }
    candidates->count = kept;
}

/* A bare literal beside a scalar is rather text than an array: `1 || 'x'`. Postgres gets there
 * because its array operators are polymorphic and never count as exact; ours are declared for each
 * type. */
static uint32_t score_literal(const struct function *function, const struct type *types,
                              uint32_t count) {
    for (uint32_t i = 0; i < count && count == 2; i++) {
        if (types[i].id == TYPE_UNKNOWN && function_argument(function, i).array &&
            !types[1 - i].array) {
            return 0;
        }
    }
    return 1;
}

static uint32_t score_exact(const struct function *function, const struct type *types,
                            uint32_t count) {
    uint32_t points = 0;
    for (uint32_t i = 0; i < count; i++) {
        points += types[i].id != TYPE_UNKNOWN && same(function_argument(function, i), types[i]);
    }
    return points;
}

static uint32_t score_preferred(const struct function *function, const struct type *types,
                                uint32_t count) {
    uint32_t points = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct type declared = function_argument(function, i);
        bool preferred =
            type_is_preferred(declared) && type_category(declared) == type_category(types[i]);
        points += types[i].id != TYPE_UNKNOWN && (same(declared, types[i]) || preferred);
    }
    return points;
}

/* The category that an unknown argument takes: text if any candidate has it, else the one all agree
 * on. 0: none. */
static char unknown_category(const struct candidates *candidates, uint32_t argument) {
    char category = 0;
    bool agreed = true;
    for (uint32_t i = 0; i < candidates->count; i++) {
        char found = type_category(function_argument(candidates->functions[i], argument));
        if (found == 'S') {
            return 'S';
        }
        agreed = agreed && (category == 0 || category == found);
        category = found;
    }
    return agreed ? category : 0;
}

static void keep_category(struct candidates *candidates, uint32_t argument, char category) {
    bool preferred = false;
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct type declared = function_argument(candidates->functions[i], argument);
        preferred |= type_category(declared) == category && type_is_preferred(declared);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct type declared = function_argument(candidates->functions[i], argument);
        if (type_category(declared) == category && (!preferred || type_is_preferred(declared))) {
            candidates->functions[kept++] = candidates->functions[i];
        }
    }
    candidates->count = kept ? kept : candidates->count;
}

/* Bare literals: by category; then, if all known arguments are of one type, that type for the bare
 * ones too. */
static void resolve_unknown(struct candidates *candidates, const struct type *types,
                            uint32_t count) {
    struct candidates before = *candidates;
    bool resolved = true;
    for (uint32_t i = 0; i < count; i++) {
        char category = types[i].id == TYPE_UNKNOWN ? unknown_category(&before, i) : 'X';
        resolved = resolved && category != 0;
        if (types[i].id == TYPE_UNKNOWN && category) {
            keep_category(candidates, i, category);
        }
    }
    if (resolved && candidates->count == 1) {
        return;
    }
    *candidates = resolved ? *candidates : before;
    const struct type *known = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (types[i].id == TYPE_UNKNOWN) {
            continue;
        }
        if (known && !same(*known, types[i])) {
            return;
        }
        known = &types[i];
    }
    struct type assumed[FUNCTION_ARGUMENTS_MAX];
    if (!known || count > FUNCTION_ARGUMENTS_MAX) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        assumed[i] = *known;
    }
    uint32_t kept = 0;
    struct candidates all = *candidates;
    for (uint32_t i = 0; i < all.count; i++) {
        if (is_coercible(all.functions[i], assumed, count)) {
            all.functions[kept++] = all.functions[i];
        }
    }
    if (kept == 1) {
        candidates->functions[0] = all.functions[0];
        candidates->count = 1;
    }
}

static bool has_unknown(const struct type *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (types[i].id == TYPE_UNKNOWN) {
            return true;
        }
    }
    return false;
}

static const struct function *exact(struct slice name, const struct type *types, uint32_t count) {
    for (const struct function *const *table = function_tables; *table; table++) {
        for (const struct function *function = *table; function->name; function++) {
            if (slice_is(name, function->name) && count_fits(function, count) &&
                is_exact(function, types, count)) {
                return function;
            }
        }
    }
    return NULL;
}

static bool is_operator(struct slice name) {
    return name.len > 0 && strchr("+-*/<>=~!@#%^&|`?", name.data[0]) != NULL;
}

static const struct function *operator_with_literal(struct slice name, const struct type *types,
                                                    uint32_t count) {
    if (count != 2 || !is_operator(name) ||
        (types[0].id == TYPE_UNKNOWN) == (types[1].id == TYPE_UNKNOWN)) {
        return NULL;
    }
    struct type other = types[0].id == TYPE_UNKNOWN ? types[1] : types[0];
    return exact(name, (struct type[]){other, other}, 2);
}

static void add(struct candidates *candidates, const struct function *function) {
    if (candidates->count < CANDIDATES_MAX) {
        candidates->functions[candidates->count++] = function;
    }
}

static bool collect(struct slice name, const struct type *types, uint32_t count,
                    struct candidates *ret) {
    bool named = false;
    for (const struct function *const *table = function_tables; *table; table++) {
        for (const struct function *function = *table; function->name; function++) {
            if (slice_is(name, function->name)) {
                named = true;
                if (count_fits(function, count) && is_coercible(function, types, count)) {
                    add(ret, function);
                }
            }
        }
    }
    return named;
}

enum function_match function_find(struct slice name, const struct type *types, uint32_t count,
                                  const struct function **ret) {
    struct candidates candidates = {.count = 0};
    *ret = exact(name, types, count);
    *ret = *ret ? *ret : operator_with_literal(name, types, count);
    if (*ret) {
        return FUNCTION_FOUND;
    }
    if (!collect(name, types, count, &candidates)) {
        return FUNCTION_NO_NAME;
    }
    if (candidates.count == 0) {
        return FUNCTION_NO_CANDIDATE;
    }
    if (candidates.count > 1 && is_operator(name)) {
        keep_best(&candidates, types, count, score_literal);
    }
    if (candidates.count > 1) {
        keep_best(&candidates, types, count, score_exact);
    }
    if (candidates.count > 1) {
        keep_best(&candidates, types, count, score_preferred);
    }
    if (candidates.count > 1 && has_unknown(types, count)) {
        resolve_unknown(&candidates, types, count);
    }
    *ret = candidates.functions[0];
    return candidates.count == 1 ? FUNCTION_FOUND : FUNCTION_AMBIGUOUS;
}

uint32_t name_distance(struct slice a, struct slice b) {
    uint32_t row[NAME_MAX_BYTES + 1];
    if (a.len > NAME_MAX_BYTES || b.len > NAME_MAX_BYTES) {
        return UINT32_MAX;
    }
    for (uint32_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            uint32_t above = row[j],
                     change = diagonal + ((a.data[i - 1] | 32) != (b.data[j - 1] | 32));
            uint32_t step = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
            diagonal = above;
        }
    }
    return row[b.len];
}

const char *function_nearest(struct slice name) {
    const char *nearest = NULL;
    uint32_t least = name.len > 5 ? 3 : 2;
    for (const struct function *const *table = function_tables; *table; table++) {
        for (const struct function *function = *table; function->name; function++) {
            uint32_t distance = name_distance(name, slice_of(function->name));
            if (distance <= least && !is_operator(slice_of(function->name)) &&
                distance < name.len) {
                least = distance - (distance > 0);
                nearest = function->name;
            }
        }
    }
    return nearest;
}
