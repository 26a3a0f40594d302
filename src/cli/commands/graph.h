/* SPDX-License-Identifier: MIT */
/* graph: the call tree of a trace, with equal paths merged. */
#ifndef CLI_COMMANDS_GRAPH_H
#define CLI_COMMANDS_GRAPH_H

/* argv[0] is "graph". Returns the exit status. */
int graph_run(int argc, char **argv);

#endif
