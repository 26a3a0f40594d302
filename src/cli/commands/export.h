/* SPDX-License-Identifier: MIT */
/* export: the calls in a trace, for other programs. */
#ifndef CLI_COMMANDS_EXPORT_H
#define CLI_COMMANDS_EXPORT_H

/* argv[0] is "export". Returns the exit status. */
int export_run(int argc, char **argv);

#endif
