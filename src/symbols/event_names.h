/* SPDX-License-Identifier: MIT */
/*
 * The names of events and fields. They become part of a trace's metadata, which every reader
 * parses, and LTTng-UST refuses a whole provider because of one bad name. So names are made short,
 * printable and unique, whatever the symbol or the debug information contains.
 */
#ifndef SYMBOLS_EVENT_NAMES_H
#define SYMBOLS_EVENT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/probe.h"
#include "symbols/demangle.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/table.h"

/* LTTNG_UST_ABI_SYM_NAME_LEN is 256 with the NUL; it holds "provider:event". */
enum { NAMES_EVENT_MAX = 255, NAMES_PROVIDER_MAX = 100, NAMES_FIELD_MAX = 200 };

/*
 * The provider for the module at `path`: the name for the linker's -l option ("/lib/libc.so.6" ->
 * "c"), or the file name if it is not a library. Bytes other than [A-Za-z0-9_.+-] become '_'. NULL:
 * out of memory.
 */
const char *event_names_provider(const char *path, struct arena *arena);
/* The provider made from the whole file name ("libc.so.6"), for a module whose provider is
   taken. */
const char *event_names_provider_of_file(const char *path, struct arena *arena);

/*
 * The function name for an event: ',' becomes ';' (a space after it is removed); quotes,
 * backslashes and bytes that are not visible (text_visible_length()) become '_'. `parameters`, if
 * not NULL, is appended to distinguish overloads. NULL: out of memory.
 */
const char *event_names_function(const char *name, const char *parameters, struct arena *arena);

/* The event name: `function` and `suffix` ("_entry"). A name for which "provider:event" exceeds
   NAMES_EVENT_MAX bytes is cut and gets a hash of the function name. The part before the suffix is
   the same for "_entry" and "_exit". NULL: out of memory. */
const char *event_names_event(const char *provider, const char *function, const char *suffix,
                              struct arena *arena);

/*
 * Gives the n fields their final names, in place: mapped to [A-Za-z0-9_]; '_' is put before a
 * leading digit and before CTF keywords; fields without a name become "argN" (from 1); a name that
 * clashes with another field's (util/ctf_name.h) gets "_2", "_3" and so on. false: out of memory.
 */
bool event_names_fields(struct field *fields, size_t n, struct arena *arena);

/*
 * The event names in use. Two functions share a name only if all their fields are the same;
 * otherwise the later one gets another name. Starts zeroed.
 */
struct event_names {
    struct table events;  /* hash of provider and entry event -> list of struct event_names_entry */
    struct table numbers; /* hash of provider and function -> the last number appended */
    struct arena *arena;
};

/* The function that a name is for. The strings must live as long as struct event_names. */
struct event_names_origin {
    const char *name;       /* the demangled symbol */
    const char *parameters; /* of an overload, else NULL */
    /* Both before they were shortened, else NULL: functions that only differ in that are told
       apart. */
    const char *long_name, *long_parameters;
    const char *file; /* the source file, to distinguish static functions of one name; or NULL */
};

/*
 * Sets probe->function, entry_event and exit_event; the rest of the probe must be final. Functions
 * with the same name, parameters and fields share their events: static functions of several files,
 * and the two or three constructors and destructors that compilers make. -ENOMEM.
 */
MUST_CHECK int event_names_claim(struct event_names *names, struct probe *probe,
                                 const struct event_names_origin *origin);
void event_names_free(struct event_names *names);

/* Whether both functions can have one event class: their fields are the same in every respect. */
bool event_names_same_fields(const struct probe *a, const struct probe *b);

#endif
