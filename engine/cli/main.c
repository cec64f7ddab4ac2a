/* SPDX-License-Identifier: Apache-2.0 */
/* The program. */
#include <stdio.h>

int main(void) {
    puts("leat " LEAT_VERSION);
    return 0;
}
