/* SPDX-License-Identifier: MIT */
/* types: makes a type object from C headers. */
#ifndef CLI_COMMANDS_TYPES_H
#define CLI_COMMANDS_TYPES_H

/* argv[0] is the word "types". Returns the exit status. */
int types_run(int argc, char **argv);

#endif
