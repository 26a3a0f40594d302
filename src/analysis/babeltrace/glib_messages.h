/* SPDX-License-Identifier: MIT */
/* What GLib, on which libbabeltrace2 is built, says of errors in itself and of memory it does not
   get. */
#ifndef ANALYSIS_BABELTRACE_GLIB_MESSAGES_H
#define ANALYSIS_BABELTRACE_GLIB_MESSAGES_H

/* From now on GLib prints nothing. Where it would go on with a wrong argument, which may write
   somewhere into the memory, or would end the process, abort() is called. */
void glib_messages_take(void);

#endif
