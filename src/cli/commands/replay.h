/* SPDX-License-Identifier: MIT */
/* replay: the lines of --print, from a trace. */
#ifndef CLI_COMMANDS_REPLAY_H
#define CLI_COMMANDS_REPLAY_H

/* argv[0] is "replay". Returns the exit status. */
int replay_run(int argc, char **argv);

#endif
