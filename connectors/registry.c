/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of connectors: a connector joins the program by its row, and nothing registers itself
 * at run time. The engine knows connectors only through this array (engine/flow/connector.h), which
 * is why tests can bring their own. Read-only; the order is the one in which options are printed. */
#include "engine/flow/connector.h"

extern const struct connector std_stdin_connector, std_stdout_connector, std_drop_connector, std_generate_connector;
extern const struct connector object_connector;
extern const struct connector postgres_connector;

const struct connector *const connectors[] = {
    &object_connector,   &postgres_connector,     &std_stdin_connector, &std_stdout_connector,
    &std_drop_connector, &std_generate_connector, NULL,
};
