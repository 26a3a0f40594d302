/* SPDX-License-Identifier: MIT */
#include "cli/indirect.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/target.h"
#include "model/probe.h"
#include "ptrace/engine.h"
#include "symbols/module.h"
#include "symbols/relocations.h"
#include "util/addr.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/log.h"
#include "util/vec.h"

static struct target_module *module_of_code(const struct target *target, target_addr at)
{
    for (size_t i = 0; i < target->modules.count; i++)
        if (module_is_code(&target->modules.items[i]->module, at))
            return target->modules.items[i];
    return NULL;
}

struct target_module *indirect_add(struct target *target, const struct probe *probe, target_addr at)
{
    struct target_module *tm = module_of_code(target, at);
    bool is_shared = false;
    if (!tm || image_is_linkage(tm->module.image, module_vaddr(&tm->module, at)))
        return NULL;
    for (size_t i = 0; i < tm->candidates.count; i++) {
        struct candidate *other = &tm->candidates.items[i];
        if (other->is_resolver || !target_addr_equal(other->at, at))
            continue;
        if (other->probe == probe)
            return NULL;
        other->is_shared = is_shared = true;
    }
    struct candidate *candidate = vec_push(&tm->candidates);
    if (!candidate) {
        log_warning("out of memory: %s:%s is not traced", probe->provider, probe->function);
        return NULL;
    }
    *candidate = (struct candidate){.probe = probe, .at = at, .is_shared = is_shared};
    log_debug("process %d: %s:%s is at 0x%" PRIx64, process_pid(target->process), probe->provider,
              probe->function, at.value);
    return tm;
}

/* Adds the implementation that the word points to, unless it is a function of another module. */
static void take_word(struct target *target, const struct target_module *owner,
                      const struct module *module, const struct relocated *word)
{
    uint64_t value;
    if (process_read(target->process, module_target(module, word->at), &value, sizeof(value)) < 0)
        return;
    target_addr at = target_addr_of(value);
    if (module_is_code(&owner->module, at) &&
        module_vaddr(&owner->module, at).value != word->probe->entry.value)
        indirect_add(target, word->probe, at);
}

void indirect_look(struct target *target, struct target_module *tm)
{
    size_t n = 0;
    cleanup(cleanup_free) const struct probe **probes =
        calloc(tm->candidates.count + 1, sizeof(*probes));
    for (size_t i = 0; probes && i < tm->candidates.count; i++) {
        struct candidate *candidate = &tm->candidates.items[i];
        if (!candidate->is_resolver || !candidate->armed || candidate->is_looked_for)
            continue;
        candidate->is_looked_for = true;
        probes[n++] = candidate->probe;
    }
    for (size_t i = 0; n > 0 && i < target->modules.count; i++) {
        const struct module *module = &target->modules.items[i]->module;
        struct relocations words = {0};
        struct error err;
        if (image_find_relocations(module->image, tm->module.image, probes, n, &words, &err) < 0)
            log_debug("%s", err.text);
        for (size_t k = 0; k < words.list.count; k++)
            take_word(target, tm, module, &words.list.items[k]);
        vec_free(&words.list);
    }
}
