/* SPDX-License-Identifier: MIT */
/* report: a table of the calls in a trace, by function or by something else. */
#ifndef CLI_COMMANDS_REPORT_H
#define CLI_COMMANDS_REPORT_H

/* argv[0] is "report". Returns the exit status. */
int report_run(int argc, char **argv);

#endif
