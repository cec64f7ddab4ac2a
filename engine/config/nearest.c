/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance over bytes: insert, delete, replace and swap of neighbours cost one each (optimal
 * string alignment); letter case and `-` for `_` cost nothing. */
#include "engine/config/nearest.h"

#include <ctype.h>

enum { LENGTH_MAX = 48 };

struct nearest nearest_of(struct slice wanted) {
    return (struct nearest){.wanted = wanted, .distance = (unsigned)(wanted.len / 3 + 1) + 1};
}

static int plain(char byte) {
    return byte == '-' ? '_' : tolower((unsigned char)byte);
}

static unsigned smaller(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static unsigned distance(struct slice a, struct slice b) {
    unsigned rows[3][LENGTH_MAX + 1];
    for (unsigned j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned differs = plain(a.data[i - 1]) != plain(b.data[j - 1]);
            now[j] = smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + differs);
            if (i > 1 && j > 1 && plain(a.data[i - 1]) == plain(b.data[j - 2]) &&
                plain(a.data[i - 2]) == plain(b.data[j - 1])) {
                now[j] = smaller(now[j], before[j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

void nearest_offer(struct nearest *nearest, const char *candidate) {
    struct slice offered = slice_of(candidate);
    if (nearest->wanted.len > LENGTH_MAX || offered.len > LENGTH_MAX || !nearest->wanted.len) {
        return;
    }
    unsigned steps = distance(nearest->wanted, offered);
    if (steps < nearest->distance) {
        nearest->distance = steps;
        nearest->found = candidate;
    }
}
