#include "ptrace/unwind.h"

#include <elf.h>
#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

#include "ptrace/core.h"
#include "ptrace/memory.h"
#include "ptrace/space.h"
#include "ptrace/unwind_rules.h"
#include "util/vec.h"

/* libunwind exports it without declaring it. */
#define dwarf_search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int dwarf_search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *info,
                              unw_proc_info_t *procedure, int need_unwind_info, void *arg);

enum {
    READS_MAX = 20000, /* of words for one chain */
    PAGE_BYTES = 4096,
    PAGES = 8,      /* a power of two */
    RULES_LOG = 12, /* libunwind keeps so many unwind rules, log 2 */
    HEADERS_MAX = 64,
    ENTRIES_MAX = 1 << 24,
    MAPS_AGAIN_NS = 10 * 1000 * 1000,
};

/* The search table of one mapping of code (.eh_frame_hdr). */
struct search_table {
    target_addr start, end; /* of the code */
    uint64_t base;          /* what its entries are relative to */
    uint64_t entries;       /* the address of the first */
    uint64_t n;             /* 0: there is no table, or none that can be read */
};

struct page {
    uint64_t at;   /* address / PAGE_BYTES */
    uint64_t turn; /* the chain for which it was read */
    uint8_t bytes[PAGE_BYTES];
};

struct unwinder {
    struct unwinder *next; /* of those that are not in use */
    unw_addr_space_t libunwind;
    VEC(struct search_table) tables;
    struct page pages[PAGES];
    uint64_t turn;
    uint8_t rules[2][UNWIND_RULES_MAX]; /* room for those that are looked at */
};

/* One chain that is being made. */
struct walk {
    struct unwinder *unwinder;
    struct tracee *tracee;
    const arch_regs *regs;
    uint64_t ip, sp, now_ns;
    unsigned reads;
    bool no_table;
};

/* ---- memory and registers, as libunwind asks for them ---- */

static const struct map *find_map(struct walk *walk, target_addr at)
{
    struct space *space = walk->tracee->process->space;
    const struct map *map = maps_find(&space->maps, at);
    if (!map && walk->now_ns - space->maps_read_ns >= MAPS_AGAIN_NS) {
        space_read_maps(space, walk->tracee->tid, walk->now_ns);
        map = maps_find(&space->maps, at);
    }
    return map;
}

/* They stand in code only, and only in that of files. Tables may lie in code, too. */
static bool may_hold_breakpoints(struct walk *walk, uint64_t at)
{
    const struct map *map = find_map(walk, target_addr_of(at));
    return !map || (map->execute && map->inode != 0);
}

static int read_word(unw_addr_space_t libunwind, unw_word_t at, unw_word_t *value, int write,
                     void *data)
{
    struct walk *walk = data;
    struct unwinder *unwinder = walk->unwinder;
    struct space *space = walk->tracee->process->space;
    (void)libunwind;
    if (write || ++walk->reads > READS_MAX)
        return -UNW_EINVAL;
    /* Where no rule told libunwind how to go on, it takes what lies at 0 for one. */
    if (at < PAGE_BYTES)
        return -UNW_EINVAL;
    uint64_t offset = at % PAGE_BYTES;
    struct page *page = &unwinder->pages[at / PAGE_BYTES % PAGES];
    bool is_known = page->at == at / PAGE_BYTES && page->turn == unwinder->turn;
    if (offset > PAGE_BYTES - sizeof(*value) || (!is_known && may_hold_breakpoints(walk, at)))
        return space_read(space, target_addr_of(at), value, sizeof(*value)) < 0 ? -UNW_EINVAL : 0;
    if (!is_known) {
        page->at = at / PAGE_BYTES;
        page->turn = 0;
        if (memory_read(space_memory(space), target_addr_of(at - offset), page->bytes, PAGE_BYTES) <
            0)
            return -UNW_EINVAL;
        page->turn = unwinder->turn;
    }
    memcpy(value, page->bytes + offset, sizeof(*value));
    return 0;
}

static int read_register(unw_addr_space_t libunwind, unw_regnum_t number, unw_word_t *value,
                         int write, void *data)
{
    const struct walk *walk = data;
    (void)libunwind;
    if (write)
        return -UNW_EREADONLYREG;
    if (number == UNW_REG_IP)
        *value = walk->ip;
    else if (number == UNW_REG_SP)
        *value = walk->sp;
    else if (number < 0 || !arch_dwarf_register(walk->regs, (unsigned)number, value))
        return -UNW_EBADREG;
    return 0;
}

static int read_float_register(unw_addr_space_t libunwind, unw_regnum_t number, unw_fpreg_t *value,
                               int write, void *data)
{
    (void)libunwind, (void)number, (void)value, (void)write, (void)data;
    return -UNW_EBADREG;
}

/* ---- tables ---- */

/* The mapping of the file's beginning: the nearest one in front of this one. */
static const struct map *find_headers(const struct maps *maps, const struct map *map)
{
    bool is_vdso = strcmp(map->path, "[vdso]") == 0;
    for (const struct map *at = map; at >= maps->list.items; at--) {
        bool same = is_vdso ? at == map
                            : map->inode && at->inode == map->inode && at->major == map->major &&
                                  at->minor == map->minor;
        if (same && at->offset == 0)
            return at;
    }
    return NULL;
}

/* The address of .eh_frame_hdr, 0 when there is none: gABI, "Program Header". */
static uint64_t find_search_table(const struct space *space, target_addr headers)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment, found = {0};
    uint64_t bias = 0;
    bool has_first = false;
    if (space_read(space, headers, &header, sizeof(header)) < 0 ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(segment) || header.e_phnum > HEADERS_MAX)
        return 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        int64_t offset = (int64_t)(header.e_phoff + i * sizeof(segment));
        if (space_read(space, target_addr_plus(headers, offset), &segment, sizeof(segment)) < 0)
            return 0;
        if (segment.p_type == PT_LOAD && segment.p_offset == 0 && !has_first) {
            has_first = true;
            bias = headers.value - segment.p_vaddr;
        }
        if (segment.p_type == PT_GNU_EH_FRAME)
            found = segment;
    }
    return has_first && found.p_type == PT_GNU_EH_FRAME ? bias + found.p_vaddr : 0;
}

/* Linux Standard Base Core Specification, 10.6.2 "The .eh_frame_hdr section", in the one form that
   linkers write and libunwind searches. */
static void read_search_table(const struct space *space, uint64_t at, struct search_table *table)
{
    struct {
        uint8_t version, frame_encoding, count_encoding, table_encoding;
        int32_t frame;
        uint32_t count;
    } header;
    enum { PCREL_SDATA4 = 0x1b, UDATA4 = 0x03, DATAREL_SDATA4 = 0x3b };
    if (at == 0 || space_read(space, target_addr_of(at), &header, sizeof(header)) < 0 ||
        header.version != 1 || header.frame_encoding != PCREL_SDATA4 ||
        header.count_encoding != UDATA4 || header.table_encoding != DATAREL_SDATA4 ||
        header.count > ENTRIES_MAX)
        return;
    table->base = at;
    table->entries = at + sizeof(header);
    table->n = header.count;
}

static struct search_table *find_known(struct unwinder *unwinder, target_addr at)
{
    for (size_t i = 0; i < unwinder->tables.count; i++)
        if (target_addr_within(at, unwinder->tables.items[i].start, unwinder->tables.items[i].end))
            return &unwinder->tables.items[i];
    return NULL;
}

/* The table for the code at `at`, or NULL. */
static const struct search_table *find_table(struct walk *walk, target_addr at)
{
    struct space *space = walk->tracee->process->space;
    struct search_table *table = find_known(walk->unwinder, at);
    if (table)
        return table;
    const struct map *map = find_map(walk, at);
    const struct map *headers = map && map->execute ? find_headers(&space->maps, map) : NULL;
    table = headers ? vec_push(&walk->unwinder->tables) : NULL;
    if (!table)
        return NULL;
    table->start = map->start;
    table->end = map->end;
    read_search_table(space, find_search_table(space, headers->start), table);
    return table;
}

/* The address of the FDE for `ip`, by a search in the table; 0 when there is none. What is searched
   for is cut to an entry's size, and the table may be in any order: as libunwind has it, so that
   both find the same. */
static uint64_t find_rules(const struct space *space, const struct search_table *table, uint64_t ip)
{
    int32_t relative = (int32_t)(ip - table->base);
    int32_t entry[2]; /* relative to the base: first address, FDE */
    uint64_t low = 0, high = table->n, found = 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        target_addr at = target_addr_of(table->entries + middle * sizeof(entry));
        if (space_read(space, at, entry, sizeof(entry)) < 0)
            return 0;
        if (entry[0] <= relative) {
            found = table->base + (uint64_t)(int64_t)entry[1];
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return found;
}

/* Reads an FDE or CIE but for its first two words. Its bytes; 0: it is not one that can be read. */
static size_t read_rules(const struct space *space, uint64_t at, uint8_t *to, uint32_t *second)
{
    uint32_t head[2]; /* the length, from behind itself; CIE ID or pointer */
    if (at == 0 || space_read(space, target_addr_of(at), head, sizeof(head)) < 0 ||
        head[0] < sizeof(head[1]) || head[0] - sizeof(head[1]) > UNWIND_RULES_MAX)
        return 0;
    *second = head[1];
    size_t n = head[0] - sizeof(head[1]);
    return space_read(space, target_addr_of(at + sizeof(head)), to, n) < 0 ? 0 : n;
}

static bool are_rules_fit(const struct walk *walk, const struct search_table *table, uint64_t ip)
{
    struct unwinder *unwinder = walk->unwinder;
    const struct space *space = walk->tracee->process->space;
    uint32_t pointer, id;
    uint64_t at = find_rules(space, table, ip), common;
    size_t fde = read_rules(space, at, unwinder->rules[0], &pointer);
    if (!fde || !unwind_rules_find_common(at, pointer, &common))
        return false;
    size_t cie = read_rules(space, common, unwinder->rules[1], &id);
    return cie && id == 0 &&
           unwind_rules_are_fit(unwinder->rules[1], cie, unwinder->rules[0], fde,
                                arch_dwarf_return_column);
}

static int find_procedure(unw_addr_space_t libunwind, unw_word_t ip, unw_proc_info_t *procedure,
                          int need_unwind_info, void *data)
{
    struct walk *walk = data;
    const struct search_table *table = find_table(walk, target_addr_of(ip));
    int r = -UNW_ENOINFO;
    if (table && table->n && are_rules_fit(walk, table, ip)) {
        unw_dyn_info_t info = {
            .start_ip = table->start.value,
            .end_ip = table->end.value,
            .format = UNW_INFO_FORMAT_REMOTE_TABLE,
            .u.rti =
                {
                    .segbase = table->base,
                    .table_data = table->entries,
                    /* in words, and an entry is two times four bytes */
                    .table_len = table->n * 8 / sizeof(unw_word_t),
                },
        };
        r = dwarf_search_unwind_table(libunwind, ip, &info, procedure, need_unwind_info, data);
    }
    walk->no_table = r < 0;
    return r;
}

static void put_procedure(unw_addr_space_t libunwind, unw_proc_info_t *procedure, void *data)
{
    (void)libunwind, (void)procedure, (void)data;
}

static int no_dynamic_tables(unw_addr_space_t libunwind, unw_word_t *at, void *data)
{
    (void)libunwind, (void)at, (void)data;
    return -UNW_ENOINFO;
}

static int no_resume(unw_addr_space_t libunwind, unw_cursor_t *cursor, void *data)
{
    (void)libunwind, (void)cursor, (void)data;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t libunwind, unw_word_t at, char *out, size_t size,
                   unw_word_t *offset, void *data)
{
    (void)libunwind, (void)at, (void)out, (void)size, (void)offset, (void)data;
    return -UNW_ENOINFO;
}

/* ---- */

static struct unwinder *unwinder_new(void)
{
    static const unw_accessors_t accessors = {
        .find_proc_info = find_procedure,
        .put_unwind_info = put_procedure,
        .get_dyn_info_list_addr = no_dynamic_tables,
        .access_mem = read_word,
        .access_reg = read_register,
        .access_fpreg = read_float_register,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    unw_accessors_t ours = accessors;
    struct unwinder *unwinder = calloc(1, sizeof(*unwinder));
    if (!unwinder)
        return NULL;
    unwinder->libunwind = unw_create_addr_space(&ours, 0);
    if (!unwinder->libunwind) {
        free(unwinder);
        return NULL;
    }
    /* What the tables say of an address is looked up once. Without, it is slower, no more. The
       first size that libunwind is given it only makes room with, for 128 rules. When memory is
       out it must not try again: it would wait for a lock of its own for ever. */
    unw_set_caching_policy(unwinder->libunwind, UNW_CACHE_GLOBAL);
    for (int times = 0; times < 2; times++)
        if (unw_set_cache_size(unwinder->libunwind, 1 << RULES_LOG, 0) == -UNW_ENOMEM)
            unw_set_caching_policy(unwinder->libunwind, UNW_CACHE_NONE);
    return unwinder;
}

void unwinder_forget(struct unwinder *unwinder)
{
    if (!unwinder)
        return;
    unwinder->tables.count = 0;
    unw_flush_cache(unwinder->libunwind, 0, 0);
}

void unwinder_put(struct engine *engine, struct unwinder *unwinder)
{
    if (!unwinder)
        return;
    unwinder_forget(unwinder);
    unwinder->next = engine->unwinders;
    engine->unwinders = unwinder;
}

static struct unwinder *unwinder_take(struct engine *engine)
{
    struct unwinder *unwinder = engine->unwinders;
    if (!unwinder)
        return unwinder_new();
    engine->unwinders = unwinder->next;
    return unwinder;
}

void unwinders_free(struct engine *engine)
{
    struct unwinder *unwinder;
    while ((unwinder = engine->unwinders)) {
        engine->unwinders = unwinder->next;
        /* libunwind unmaps its rules only when it makes room for another number of them. */
        unw_set_cache_size(unwinder->libunwind, 1, 0);
        unw_destroy_addr_space(unwinder->libunwind);
        vec_free(&unwinder->tables);
        free(unwinder);
    }
}

static size_t walk_stack(struct walk *walk, struct unwound *chain, size_t max)
{
    unw_cursor_t cursor;
    size_t n = 1;
    if (unw_init_remote(&cursor, walk->unwinder->libunwind, walk) < 0)
        return n;
    while (n < max) {
        unw_word_t ip;
        walk->no_table = false;
        /* Without a table libunwind makes a guess. */
        if (unw_step(&cursor) <= 0 || walk->no_table || unw_get_reg(&cursor, UNW_REG_IP, &ip) < 0 ||
            ip == 0)
            break;
        /* It is asked of the frame that was just left. */
        bool interrupted = unw_is_signal_frame(&cursor) > 0;
        chain[n++] = (struct unwound){target_addr_of(ip), !interrupted};
    }
    return n;
}

size_t unwind_callers(struct tracee *tracee, const arch_regs *regs, target_addr ret, uint64_t sp,
                      uint64_t now_ns, struct unwound *chain, size_t max)
{
    struct space *space = tracee->process->space;
    chain[0] = (struct unwound){ret, true};
    if (!space->unwinder)
        space->unwinder = unwinder_take(space->engine);
    if (!space->unwinder)
        return 1;
    struct walk walk = {
        .unwinder = space->unwinder,
        .tracee = tracee,
        .regs = regs,
        /* In the call: what stands behind it may be another function. */
        .ip = ret.value - 1,
        .sp = sp,
        .now_ns = now_ns,
    };
    walk.unwinder->turn++;
    return walk_stack(&walk, chain, max);
}
