/* SPDX-License-Identifier: MIT */
/*
 * A type object for typed_library.c: a declaration of each function that it refers to. With
 * -DLINES: with the section that says of which library and version these are, and how parameters
 * are called. With -DLINES=2: the section is of another version. With -DDEFINITION: with a
 * definition.
 */
#include "typed_library.h"

int typed_data(const char *text);
int typed_local(const char *text);

void *const keep[] = {
    (void *)typed_length,  (void *)typed_open,         (void *)typed_grow,
    (void *)typed_move,    (void *)typed_end,          (void *)typed_unnamed,
    (void *)typed_picked,  (void *)typed_other_soname, (void *)typed_other_version,
    (void *)typed_no_line, (void *)typed_data,         (void *)typed_local,
};

/* Of a function with two names, one is defined here and the other one declared. */
#ifdef DEFINITION
int typed_open(const char *name, enum typed_mode how, ...)
{
    return name && how;
}

void *const keep_alias[] = {(void *)typed_alias};
#endif

#ifdef LINES
#define TEXT(number)   #number
#define NUMBER(number) TEXT(number)
#define LINE(name, soname, version, parameters)                                                    \
    ".ascii \"" name "\\t" soname "\\t" version "\\t" parameters "\\n\"\n"

__asm__(".pushsection .ptrace_tracer.types, \"\"\n"
        ".ascii \"ptrace_tracer types " NUMBER(LINES) "\\n\"\n" LINE("typed_length",
                                                                     "libtyped.so.1", "TYPED_2",
                                                                     "text")
            LINE("typed_open", "libtyped.so.1", "TYPED_2", "path,mode")
                LINE("typed_grow", "", "", "value,factor,times") LINE("typed_move", "libtyped.so.1",
                                                                      "TYPED_2", "point,by,scale")
                    LINE("typed_end", "libtyped.so.1", "TYPED_2", "")
                        LINE("typed_unnamed", "libtyped.so.1", "TYPED_2", ",two words")
                            LINE("typed_picked", "libtyped.so.1", "TYPED_2", "text,more")
                                LINE("typed_other_soname", "libtyped.so.2", "TYPED_2", "text")
                                    LINE("typed_other_version", "libtyped.so.1", "TYPED_1", "text")
                                        LINE("typed_data", "", "", "text")
                                            LINE("typed_local", "", "", "text") ".popsection");
#endif
