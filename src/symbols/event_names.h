/* SPDX-License-Identifier: MIT */
/*
 * The names of events and fields. A trace holds them as metadata that every reader parses, and
 * LTTng-UST refuses a whole provider for one name it does not like; so whatever a symbol or the
 * debug information says, what comes out of here is short, printable and unique enough.
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
 * The provider of the module with this path: what one would give to the linker's -l
 * ("/lib/libc.so.6" -> "c"), for what is no library its file name. Bytes but [A-Za-z0-9_.+-] become
 * '_'. NULL when memory is out.
 */
const char *event_names_provider(const char *path, struct arena *arena);
/* The same of the whole file name ("libc.so.6"), for a module whose provider is taken. */
const char *event_names_provider_of_file(const char *path, struct arena *arena);

/*
 * A function's name fit for an event: commas become ';' (with no space behind), quotes,
 * backslashes and each byte that nobody sees (text_visible_length()) '_'. `parameters`, when not
 * NULL, is put behind it to tell overloads apart. NULL when memory is out.
 */
const char *event_names_function(const char *name, const char *parameters, struct arena *arena);

/* An event's name: `function` and `suffix` ("_entry"), such that "provider:event" has at most
   NAMES_EVENT_MAX bytes: one too long is cut and gets a hash of all of it. What stands before the
   suffix is the same for "_entry" and "_exit". */
const char *event_names_event(const char *provider, const char *function, const char *suffix,
                              struct arena *arena);

/*
 * Gives the n fields their final names, in place: mapped to [A-Za-z0-9_], not starting with a
 * digit nor keywords of CTF ('_' in front of them), "argN" (from 1) for what has none, "_2", "_3"
 * behind what clashes with another field's (util/ctf_name.h). false when memory is out.
 */
bool event_names_fields(struct field *fields, size_t n, struct arena *arena);

/*
 * Who has which event name. Two functions may share one when all their fields are the same; else
 * the later gets another. Starts zeroed.
 */
struct event_names {
    struct table events;  /* hash of provider and entry event -> list of struct event_names_entry */
    struct table numbers; /* hash of provider and function -> the last number behind it */
    struct arena *arena;
};

/* Whose name it is. All of it lives as long as the struct event_names it is given to. */
struct event_names_origin {
    const char *name;       /* as the symbol has it, demangled */
    const char *parameters; /* of one of several overloads, else NULL */
    const char *file;       /* the source file, which tells statics of one name apart; or NULL */
};

/*
 * Sets probe->function, entry_event and exit_event; all else in the probe is final. Functions of
 * the same name and parameters share their events when their fields are the same (statics of
 * several files, the constructors and destructors that compilers make two or three of).
 */
MUST_CHECK int event_names_claim(struct event_names *names, struct probe *probe,
                                 const struct event_names_origin *origin);
void event_names_free(struct event_names *names);

/* Whether both functions can have one event class: their fields are the same in every respect. */
bool event_names_same_fields(const struct probe *a, const struct probe *b);

#endif
