/* Separate files of debug information, where a process with a root of its own has them. */
#ifndef SYMBOLS_DEBUG_FILE_H
#define SYMBOLS_DEBUG_FILE_H

#include <elfutils/libdwfl.h>

/*
 * Looks below the directory `root` (see struct root) for the debug file of `module`, which the
 * process knows as `path`: by build ID, then by the name `link` that .gnu_debuglink gives (NULL:
 * none), in the places that gdb's manual lists ("Debugging Information in Separate Files"). What
 * names lead to counts only when it has the module's build ID: such a directory belongs to the
 * traced program, and files of other versions are everyday.
 *
 * Returns a descriptor, which is the caller's, and the name in *name (free()); -1 when there is
 * none.
 */
int debug_file_find(int root, Dwfl_Module *module, const char *path, const char *link, char **name);

#endif
