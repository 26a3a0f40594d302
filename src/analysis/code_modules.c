/* SPDX-License-Identifier: MIT */
#include "analysis/code_modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

enum { CODE_MODULES_MAX = 4096 };

struct code_module {
    uint64_t base, size;
    const char *path;
    bool is_pic;
};

struct module_list {
    VEC(struct code_module) items;
    /* What was mapped when the process began to tell anew what is: another program has taken its
       place, or the session was stopped and started. Empty: that is decided. */
    VEC(struct code_module) former;
    struct table functions; /* address -> struct traced_function */
};

/* A path is kept once, however many processes have it mapped. */
struct module_path {
    struct module_path *next;
    const char *text;
};

struct code_modules {
    struct table processes; /* (host, pid) -> struct module_list */
    struct table paths;     /* hash -> struct module_path */
    struct arena arena;     /* of the paths */
};

struct code_modules *code_modules_new(void)
{
    return calloc(1, sizeof(struct code_modules));
}

void code_modules_free(struct code_modules *modules)
{
    if (!modules)
        return;
    size_t position = 0;
    for (struct module_list *list; (list = table_next(&modules->processes, &position));) {
        vec_free(&list->items);
        vec_free(&list->former);
        table_free(&list->functions);
        free(list);
    }
    table_free(&modules->processes);
    table_free(&modules->paths);
    arena_free(&modules->arena);
    free(modules);
}

static uint64_t process_key(const struct event_origin *origin)
{
    return (uint64_t)origin->host << 32 | (uint32_t)origin->pid;
}

static const char *keep_path(struct code_modules *modules, const char *text)
{
    uint64_t key = text_hash(TEXT_HASH_START, text);
    struct module_path *first = table_get(&modules->paths, key);
    for (struct module_path *path = first; path; path = path->next)
        if (strcmp(path->text, text) == 0)
            return path->text;
    struct module_path *path = arena_alloc(&modules->arena, sizeof(*path));
    if (!path)
        return NULL;
    path->next = first;
    path->text = arena_strdup(&modules->arena, text);
    return path->text && table_put(&modules->paths, key, path) == 0 ? path->text : NULL;
}

/* What is mapped over the range is there no more. */
static void unmap_range(struct module_list *list, uint64_t base, uint64_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->items.count; i++) {
        const struct code_module *module = &list->items.items[i];
        bool is_over = size ? module->base < base + size && base < module->base + module->size
                            : module->base == base;
        if (!is_over)
            list->items.items[kept++] = *module;
    }
    list->items.count = kept;
}

/* NULL: out of memory. */
static struct module_list *list_of(struct code_modules *modules, const struct event_origin *origin)
{
    struct module_list *list = table_get(&modules->processes, process_key(origin));
    if (list)
        return list;
    list = calloc(1, sizeof(*list));
    if (!list || table_put(&modules->processes, process_key(origin), list) < 0) {
        free(list);
        return NULL;
    }
    return list;
}

static void begin_list(struct module_list *list)
{
    if (list->items.count == 0)
        return;
    vec_free(&list->former);
    list->former.items = list->items.items;
    list->former.count = list->items.count;
    list->former.capacity = list->items.capacity;
    list->items = (__typeof__(list->items)){0};
}

/* Whether a module that is mapped shows that another program runs now: libraries that both have are
   at other addresses then. */
static bool is_replaced_by(struct module_list *list, const struct module_event *event)
{
    for (size_t i = 0; event->is_pic && i < list->former.count; i++) {
        const struct code_module *module = &list->former.items[i];
        if (strcmp(module->path, event->path) != 0)
            continue;
        list->former.count = 0;
        return module->base != event->base;
    }
    return false;
}

int code_modules_change(struct code_modules *modules, const struct module_event *event,
                        const struct event_origin *origin, bool *is_new_program)
{
    struct module_list *list = list_of(modules, origin);
    *is_new_program = false;
    if (!list)
        return -ENOMEM;
    table_free(&list->functions);
    list->functions = (struct table){0};
    switch (event->kind) {
    case MODULE_LIST_BEGINS:
        begin_list(list);
        return 0;
    case MODULE_LIST_ENDS:
        *is_new_program = list->former.count > 0;
        list->former.count = 0;
        return 0;
    case MODULE_UNMAPPED:
        unmap_range(list, event->base, 0);
        return 0;
    case MODULE_MAPPED:
        break;
    }
    *is_new_program = is_replaced_by(list, event);
    unmap_range(list, event->base, event->size);
    if (list->items.count == CODE_MODULES_MAX)
        return 0;
    const char *path = keep_path(modules, event->path);
    struct code_module *module = path ? vec_push(&list->items) : NULL;
    if (!module)
        return -ENOMEM;
    *module = (struct code_module){event->base, event->size, path, event->is_pic};
    return 0;
}

void code_modules_find(const struct code_modules *modules, const struct event_origin *origin,
                       struct code_address *place)
{
    const struct module_list *list = table_get(&modules->processes, process_key(origin));
    for (size_t i = 0; list && i < list->items.count; i++) {
        const struct code_module *module = &list->items.items[i];
        if (place->address - module->base >= module->size)
            continue;
        place->path = module->path;
        place->base = module->base;
        place->is_pic = module->is_pic;
        return;
    }
}

struct traced_function *code_modules_known(const struct code_modules *modules,
                                           const struct event_origin *origin, uint64_t address)
{
    const struct module_list *list = table_get(&modules->processes, process_key(origin));
    return list ? table_get(&list->functions, address) : NULL;
}

int code_modules_remember(struct code_modules *modules, const struct event_origin *origin,
                          uint64_t address, struct traced_function *function)
{
    struct module_list *list = list_of(modules, origin);
    return list ? table_put(&list->functions, address, function) : -ENOMEM;
}
