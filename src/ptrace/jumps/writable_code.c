/* SPDX-License-Identifier: MIT */
#include "ptrace/jumps/writable_code.h"

#include <sys/mman.h>

#include "ptrace/arch/arch.h"
#include "ptrace/breakpoints/site.h"
#include "ptrace/breakpoints/site_code.h"
#include "ptrace/core/address_space.h"
#include "ptrace/core/engine_internal.h"
#include "ptrace/jumps/jump.h"
#include "ptrace/jumps/promotion.h"
#include "util/clock.h"
#include "util/log.h"

/* A program that calls mprotect() so often, and never for code, is not stopped for it any more: its
   allocator does. */
enum { CALLS_MAX = 2000, WITHIN_S = 1 };

struct written {
    uint64_t start, end;
};

static const char *why_written(const struct site *site, const void *data)
{
    const struct written *written = data;
    uint64_t start = site_form_at(site, SITE_FORM_JUMP).value;
    return start < written->end && start + site->jump.jump->region > written->start
               ? "the program may write to its code"
               : NULL;
}

/* Whether to go on watching. */
static bool count_call(struct address_space *space)
{
    struct protect_watch *watch = &space->protections;
    uint64_t now = clock_now_ns();
    if (watch->needed)
        return true;
    if (now - watch->since_ns > WITHIN_S * UINT64_C(1000000000)) {
        watch->since_ns = now;
        watch->calls = 0;
    }
    return ++watch->calls < CALLS_MAX;
}

void writable_code_asked(struct address_space *space, struct site *site, const arch_regs *regs)
{
    struct written written = {.start = arch_integer_arg(regs, 0)};
    uint64_t length = arch_integer_arg(regs, 1), protection = arch_integer_arg(regs, 2);
    written.end = written.start + length < written.start ? UINT64_MAX : written.start + length;
    if ((protection & PROT_WRITE) && space->jumps) {
        uint64_t lifted = space->engine->stats.jumps_lifted;
        promotion_lift_all(space, why_written, &written);
        space->protections.needed |= space->engine->stats.jumps_lifted != lifted;
    }
    if (!count_call(space)) {
        log_debug("mprotect() is called too often to be watched");
        site_unuse(space, site, SITE_PROTECT);
    }
}
