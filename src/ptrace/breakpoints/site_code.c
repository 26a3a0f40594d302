/* SPDX-License-Identifier: MIT */
#include "ptrace/breakpoints/site_code.h"

#include <string.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/os/memory.h"
#include "util/addr.h"

target_addr site_form_at(const struct site *site, enum site_form form)
{
    return form == SITE_FORM_JUMP ? target_addr_plus(site->at, site->jump.skip) : site->at;
}

const uint8_t *site_form_bytes(const struct site *site, enum site_form form, size_t *length)
{
    *length = form == SITE_FORM_JUMP ? site->jump.length : arch_trap_length;
    return form == SITE_FORM_JUMP ? site->jump.bytes : arch_trap;
}

const uint8_t *site_form_original(const struct site *site, enum site_form form)
{
    return form == SITE_FORM_JUMP ? site->jump.original : site->trap.original;
}

/* 1, 0, or the negative errno of memory_read(). */
static int has_form(int memory, const struct site *site, enum site_form form)
{
    uint8_t there[SITE_CODE_MAX];
    size_t length;
    const uint8_t *bytes = site_form_bytes(site, form, &length);
    int r = memory_read(memory, site_form_at(site, form), there, length);
    return r < 0 ? r : memcmp(there, bytes, length) == 0;
}

int site_form_in(int memory, const struct site *site)
{
    int r = has_form(memory, site, SITE_FORM_TRAP);
    if (r != 0)
        return r < 0 ? r : SITE_FORM_TRAP;
    return site->jump.length && has_form(memory, site, SITE_FORM_JUMP) == 1 ? SITE_FORM_JUMP
                                                                            : SITE_FORM_ORIGINAL;
}

void site_hide(const struct site *site, target_addr at, uint8_t *buffer, size_t n)
{
    size_t length;
    enum site_form form = site->jump.planted ? SITE_FORM_JUMP : SITE_FORM_TRAP;
    const uint8_t *planted = site_form_bytes(site, form, &length);
    const uint8_t *original = site_form_original(site, form);
    if (!site->planted)
        return;
    for (size_t i = 0; i < length; i++) {
        uint64_t offset = site_form_at(site, form).value + i - at.value;
        /* The program may have overwritten it. */
        if (offset < n && buffer[offset] == planted[i])
            buffer[offset] = original[i];
    }
}
