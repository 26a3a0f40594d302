/* SPDX-License-Identifier: MIT */
#include "cli/jump_regions.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/target.h"
#include "cli/tracer.h"
#include "symbols/code/region.h"
#include "symbols/module.h"
#include "util/vec.h"

_Static_assert((int)JUMP_REGION_MAX >= (int)CODE_REGION_MAX, "a region fits");

/* The files to read. The reader takes milliseconds for each MiB of code, and the threads of the
   program whose hits stop them must not wait for it. */
struct jump_regions {
    pthread_t reader;
    bool has_reader;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ending;
    VEC(struct image *) wanted; /* the first one is being read */
};

static void *reader_main(void *data)
{
    struct jump_regions *regions = data;
    pthread_mutex_lock(&regions->lock);
    while (!regions->ending) {
        if (regions->wanted.count == 0) {
            pthread_cond_wait(&regions->changed, &regions->lock);
            continue;
        }
        struct image *image = regions->wanted.items[0];
        pthread_mutex_unlock(&regions->lock);
        code_region_prepare(image);
        pthread_mutex_lock(&regions->lock);
        regions->wanted.count--;
        memmove(regions->wanted.items, regions->wanted.items + 1,
                regions->wanted.count * sizeof(regions->wanted.items[0]));
    }
    pthread_mutex_unlock(&regions->lock);
    return NULL;
}

struct jump_regions *jump_regions_new(void)
{
    struct jump_regions *regions = calloc(1, sizeof(*regions));
    if (!regions)
        return NULL;
    pthread_mutex_init(&regions->lock, NULL);
    pthread_cond_init(&regions->changed, NULL);
    return regions;
}

void jump_regions_free(struct jump_regions *regions)
{
    if (!regions)
        return;
    pthread_mutex_lock(&regions->lock);
    regions->ending = true;
    pthread_cond_signal(&regions->changed);
    pthread_mutex_unlock(&regions->lock);
    if (regions->has_reader)
        pthread_join(regions->reader, NULL);
    vec_free(&regions->wanted);
    pthread_cond_destroy(&regions->changed);
    pthread_mutex_destroy(&regions->lock);
    free(regions);
}

/* With all signals blocked, but for SIGCHLD: a blocked one is not ignored, and the kernel would
   wake another thread at each stop. */
static void start_reader(struct jump_regions *regions)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    regions->has_reader = pthread_create(&regions->reader, NULL, reader_main, regions) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Has the file read on the reader's thread. false: there is none. */
static bool want(struct jump_regions *regions, struct image *image)
{
    if (!regions->has_reader)
        start_reader(regions);
    if (!regions->has_reader)
        return false;
    pthread_mutex_lock(&regions->lock);
    bool is_wanted = false;
    for (size_t i = 0; i < regions->wanted.count; i++)
        is_wanted = is_wanted || regions->wanted.items[i] == image;
    struct image **place = is_wanted ? NULL : vec_push(&regions->wanted);
    if (place)
        *place = image;
    pthread_cond_signal(&regions->changed);
    pthread_mutex_unlock(&regions->lock);
    return is_wanted || place;
}

static const struct module *module_with(const struct target *target, target_addr at)
{
    for (size_t i = 0; target && i < target->modules.count; i++)
        if (module_is_code(&target->modules.items[i]->module, at))
            return &target->modules.items[i]->module;
    return NULL;
}

int target_on_jump_region(void *data, struct process *process, target_addr at, bool is_return,
                          bool single, struct jump_region *region, const char **reason)
{
    struct code_region found;
    const struct tracer *tracer = data;
    const struct module *module = module_with(process_data(process), at);
    *reason = "it is in no file that is known";
    if (!module)
        return -ENOENT;
    *reason = "the file is being read";
    if (!code_region_is_prepared(module->image) && want(tracer->regions, module->image))
        return -EAGAIN;
    int r = code_region_at(module->image, module_vaddr(module, at),
                           is_return ? CODE_RETURN : CODE_ENTRY, single, &found, reason);
    if (r < 0)
        return r;
    region->skip = found.skip;
    region->length = found.length;
    region->is_single = found.is_single;
    region->ends_in_call = found.ends_in_call;
    memcpy(region->code, found.code, found.length);
    return 0;
}
