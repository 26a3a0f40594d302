/* SPDX-License-Identifier: MIT */
/* The tracer's own exit statuses; otherwise it exits with the program's. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

enum { EXIT_TRACER_FAILED = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

#endif
