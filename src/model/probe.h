/* SPDX-License-Identifier: MIT */
/*
 * A probe: all that is known of one traced function, made once from its module's symbols and debug
 * information, and constant afterwards. Plain data: the engine reads the places of values and the
 * sinks their forms, without an ELF or DWARF library.
 *
 * A probe and all that it points to belong to the catalog (symbols/catalog.h) that made it.
 */
#ifndef MODEL_PROBE_H
#define MODEL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "util/addr.h"

enum signature_source {
    SIGNATURE_NONE,  /* hex words */
    SIGNATURE_DWARF, /* debug information of the function, or of a declaration elsewhere */
};

/* PROBE_EXTRAS_MAX: the number of extra fields. PROBE_STACK_MAX: the end of the stack arguments
   that are captured, in bytes above the first. PROBE_POINTEE_MAX: bytes of the largest pointee.
   PROBE_CHARS_MAX: bytes of the longest VALUE_CHARS. */
enum {
    PROBE_FIELDS_MAX = 64,
    PROBE_EXTRAS_MAX = 7,
    PROBE_POINTEES_MAX = PROBE_FIELDS_MAX,
    PROBE_STACK_MAX = 1024,
    PROBE_POINTEE_MAX = 4096,
    PROBE_CHARS_MAX = 256,
};

struct probe {
    const char *provider; /* "mylib" */
    const char *function; /* as in events and --print: "my_traced_function" */
    const char *module;   /* the path of its file, as the target sees it */
    file_vaddr entry;     /* its first instruction */
    uint64_t size;        /* bytes of code; 0: the symbol has no size */

    /* Event names without the provider, valid for LTTng and unique in the provider. Probes with
       equal fields may share one. */
    const char *entry_event;
    const char *exit_event;

    size_t n_args;
    const struct field *args;
    size_t n_rets; /* 0 for void, and for a result of unknown type */
    const struct field *rets;
    bool result_unknown; /* the function has a result that is not shown */
    /* The number of extra fields, which are the last fields. */
    size_t n_arg_extras, n_ret_extras;
    size_t n_arg_pointees; /* the pointees of args */
    const struct pointee *arg_pointees;
    size_t n_ret_pointees; /* the pointees of rets */
    const struct pointee *ret_pointees;

    /* Parameters (and "result") without a field, or with only a part of their fields, because the
       place or the type is not known: "a, b"; NULL: none. */
    const char *not_shown;

    enum signature_source source;
    const char *signature; /* C, one line: "int my_traced_function(int arg1, ...)" */
    /* Where it is defined, as debug information tells. NULL and 0: not known. */
    const char *source_file;
    unsigned source_line;

    /*
     * Of an indirect function (STT_GNU_IFUNC): the resolver, which chooses the code when a process
     * has loaded the module. `entry` is the resolver's then; its result is the address of the
     * function. Else NULL.
     */
    const struct probe *resolver;
    const struct probe *resolves; /* of a resolver: its function; else NULL */

    uint16_t stack_args; /* bytes of the stack arguments to capture; 0: none */
    bool float_args;     /* some args are in floating point registers */
    bool float_rets;
    bool returns_not; /* noreturn: no exit is expected */
    bool wants_cpu;   /* EXTRA_CPU is among the extra fields */
};

#endif
