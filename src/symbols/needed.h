/*
 * What libraries a program is started with is known to its dynamic linker only. That cannot be
 * asked about the program itself without loading it, and with it what its file says is to be run
 * (DT_AUDIT). It is asked about a stand-in that needs the same libraries, and holds nothing else.
 */
#ifndef SYMBOLS_NEEDED_H
#define SYMBOLS_NEEDED_H

#include "util/error.h"

/*
 * Writes the stand-in of the program at `path` into a file in memory. The descriptor, which is
 * closed on exec, is the caller's; -ENOEXEC: the program's dynamic section cannot be read; else a
 * negative errno.
 */
MUST_CHECK int needed_stand_in(const char *path);

#endif
