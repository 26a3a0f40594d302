/* SPDX-License-Identifier: MIT */
/*
 * Regions: what of a file's code a jump may replace.
 *
 * A jump of five bytes replaces whole instructions, which run elsewhere then. That is only correct
 * if nothing leads to the middle of them. These are the rules that can be checked on the file
 * alone. What a process adds to them (other sites, program counters, stacks, code that was
 * modified) is up to who plants the jump.
 *
 * These functions may be called from any thread.
 */
#ifndef SYMBOLS_CODE_REGION_H
#define SYMBOLS_CODE_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "util/addr.h"
#include "util/error.h"

struct image;

enum {
    CODE_JUMP_LENGTH = 5, /* jmp rel32 */
    /* endbr64 does not count. Four bytes of short instructions, and the longest instruction. */
    CODE_REGION_MAX = CODE_JUMP_LENGTH - 1 + 15,
};

enum code_point {
    CODE_ENTRY,  /* a function's first byte */
    CODE_RETURN, /* a return address */
};

struct code_region {
    /* The region starts that many bytes after the address: an endbr64 stays where it is. */
    uint8_t skip;
    uint8_t length;  /* bytes replaced, at least CODE_JUMP_LENGTH */
    uint8_t n_insns; /* without padding after a return or jump */
    /* No instruction of the function but the first is replaced: no address inside can be one that
       execution continues at. */
    bool is_single;
    /* The last instruction is a call: the return address that it sets is the region's end. */
    bool ends_in_call;
    uint8_t code[CODE_REGION_MAX]; /* the region's bytes in the file */
};

/*
 * Finds the region for a jump at `at`, which the caller knows to be an instruction. With `single`
 * it must consist of one instruction: the caller knows that the program may have program counters
 * in places that it cannot see. The first call for an image reads the whole file, unless
 * code_region_prepare() has done so: a few milliseconds for each MiB of code. The first one in a
 * function decodes it. Each call opens the file, which takes some ten microseconds.
 *
 * On failure *reason (static) says why no jump may be planted: "a branch or pointer leads into it".
 * -EPERM: because of the code there; -ENOTSUP: nowhere in this file, or on this architecture;
 * -ENOEXEC, -EFBIG: the file is damaged, or too large. -ENOMEM, or the errno of reading the file:
 * another try may succeed.
 */
MUST_CHECK int code_region_at(struct image *image, file_vaddr at, enum code_point point,
                              bool single, struct code_region *region, const char **reason);

/* Reads what code_region_at() has to know of the whole file, once. Errors are reported there. */
void code_region_prepare(struct image *image);
/* Whether the file was read. Does not wait for another thread that reads it. */
bool code_region_is_prepared(struct image *image);

#endif
