/* SPDX-License-Identifier: MIT */
#include "symbols/code/file_code.h"

#include <errno.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/code/arch.h"
#include "symbols/code/file_bytes.h"
#include "symbols/elf/elf_copy.h"
#include "symbols/elf/elf_file.h"
#include "symbols/elf/symbol_table.h"
#include "util/cleanup.h"
#include "util/sorted.h"

enum { SCAN_CHUNK = 1 << 18, NAMESAKES_MAX = 256, LINKAGE_MAX = 16 << 20 };

/* ---- frames */

static int read_frames(struct file_code *code, const struct elf_copy *copy)
{
    struct code_section frames = code_section_copied(copy, ".eh_frame");
    struct code_section tables = code_section_copied(copy, ".gcc_except_table");
    int r = frames_read(&code->frames, &frames, &tables, !code->is_absolute);
    if (r < 0 || !frames.size)
        return r;
    uint8_t *own = malloc(frames.size);
    if (!own)
        return -ENOMEM;
    memcpy(own, frames.bytes, frames.size);
    code->eh_frame = (struct code_section){own, frames.size, frames.address};
    for (size_t i = 0; i < code->frames.list.count && r == 0; i++) {
        const struct code_frame *frame = &code->frames.list.items[i];
        r = function_ranges_add(&code->ranges, frame->start, frame->end,
                                frame->is_signal ? RANGE_SIGNAL : 0);
    }
    return r;
}

/* ---- ranges */

/* Names of parts: GCC's "f.cold", "f.cold.3", "f.part.0.cold", Clang's "f.cold.1", "f.__part.1". */
static const char *part_suffix(const char *name)
{
    const char *found = strstr(name, ".cold");
    if (found && found > name && (!found[5] || found[5] == '.'))
        return found;
    found = strstr(name, ".__part.");
    return found > name ? found : NULL;
}

static bool is_thunk(const char *name)
{
    return strncmp(name, "__x86_indirect_thunk", strlen("__x86_indirect_thunk")) == 0 ||
           strncmp(name, "__llvm_retpoline", strlen("__llvm_retpoline")) == 0;
}

static int add_symbol_ranges(struct file_code *code, const struct symbol *symbols, size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        uint64_t start = symbols[i].value.value, end;
        if (symbols[i].is_stub || __builtin_add_overflow(start, symbols[i].size, &end))
            continue;
        unsigned part = part_suffix(symbols[i].name) ? RANGE_PART : 0;
        unsigned thunk = is_thunk(symbols[i].name) ? RANGE_THUNK : 0;
        r = function_ranges_add(&code->ranges, start, end, RANGE_SYMBOL | part | thunk);
    }
    return r;
}

static int add_linkage_ranges(struct file_code *code, const struct elf_copy *copy)
{
    size_t names;
    Elf_Scn *section = NULL;
    int r = 0;
    if (elf_getshdrstrndx(copy->elf, &names) != 0)
        return 0;
    while (r == 0 && (section = elf_nextscn(copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        const char *name = header ? elf_strptr(copy->elf, names, header->sh_name) : NULL;
        uint64_t end;
        if (name && strncmp(name, ".plt", 4) == 0 && header->sh_flags & SHF_EXECINSTR &&
            !__builtin_add_overflow(header->sh_addr, header->sh_size, &end))
            r = function_ranges_add(&code->ranges, header->sh_addr, end, RANGE_LINKAGE);
    }
    return r;
}

static int compare_names(const void *x, const void *y)
{
    const struct symbol *a = *(const struct symbol *const *)x;
    const struct symbol *b = *(const struct symbol *const *)y;
    return strcmp(a->name, b->name);
}

static void join_symbols(struct file_code *code, const struct symbol *a, const struct symbol *b)
{
    int64_t one = function_ranges_find(&code->ranges, a->value.value);
    int64_t other = function_ranges_find(&code->ranges, b->value.value);
    if (one != RANGE_NONE && other != RANGE_NONE)
        function_ranges_join(&code->ranges, (uint32_t)one, (uint32_t)other);
}

static void presume_indirect(struct file_code *code, const struct symbol *part)
{
    int64_t range = function_ranges_find(&code->ranges, part->value.value);
    if (range != RANGE_NONE)
        code->ranges.list.items[function_ranges_group(&code->ranges, (uint32_t)range)].state =
            GROUP_INDIRECT;
}

/* Joins the part with the functions of its name: static functions of several units share it. */
static void join_part(struct file_code *code, const struct symbol *part,
                      const struct symbol *const *sorted, size_t n)
{
    size_t length = (size_t)(part_suffix(part->name) - part->name), low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(sorted[middle]->name, part->name, length);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (unsigned i = 0; low < n && strncmp(sorted[low]->name, part->name, length) == 0 &&
                         !sorted[low]->name[length];
         low++, i++) {
        if (i == NAMESAKES_MAX) {
            presume_indirect(code, part);
            break;
        }
        join_symbols(code, part, sorted[low]);
    }
}

static int join_parts(struct file_code *code, const struct symbol *symbols, size_t n)
{
    cleanup(cleanup_free) const struct symbol **sorted = calloc(n + 1, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &symbols[i];
    if (n)
        qsort(sorted, n, sizeof(*sorted), compare_names);
    for (size_t i = 0; i < n; i++)
        if (part_suffix(symbols[i].name))
            join_part(code, &symbols[i], sorted, n);
    return 0;
}

/* Where functions start, and the landing pads. */
static void mark_starts(struct file_code *code, const struct symbol *symbols, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_mark(&code->text, symbols[i].value.value);
    for (size_t i = 0; i < code->frames.list.count; i++)
        text_mark(&code->text, code->frames.list.items[i].start);
    for (size_t i = 0; i < code->frames.pads.count; i++)
        text_mark(&code->text, code->frames.pads.items[i].at);
}

/* ---- instructions */

static int scan_part(struct file_code *code, int fd, const struct text_part *part)
{
    cleanup(cleanup_free) uint8_t *bytes = calloc(1, SCAN_CHUNK + CODE_INSN_MAX);
    int r = bytes ? 0 : -ENOMEM;
    for (uint64_t at = part->start; at < part->end && r == 0; at += SCAN_CHUNK) {
        uint64_t left = part->end - at;
        size_t n = left < SCAN_CHUNK ? left : SCAN_CHUNK;
        size_t readable = left < SCAN_CHUNK + CODE_INSN_MAX ? left : SCAN_CHUNK + CODE_INSN_MAX;
        memset(bytes + readable, 0, SCAN_CHUNK + CODE_INSN_MAX - readable);
        r = text_read(&code->text, fd, at, bytes, readable);
        if (r == 0)
            r = code_scan(code, part, at, bytes, n);
    }
    return r;
}

/* ---- functions that do not return */

static int compare_no_returns(const void *x, const void *y)
{
    const struct no_return *a = x, *b = y;
    return a->at < b->at ? -1 : a->at > b->at;
}

static void sort_no_returns(struct file_code *code)
{
    if (code->no_returns.count)
        qsort(code->no_returns.items, code->no_returns.count, sizeof(struct no_return),
              compare_no_returns);
}

/* Adds the stubs of a linkage table that lead to such functions. */
static int read_stubs(struct file_code *code, int fd, const struct function_range *table,
                      struct function_ranges *stubs)
{
    size_t size = (size_t)(table->end - table->start);
    uint64_t word;
    if (size > LINKAGE_MAX)
        return 0;
    cleanup(cleanup_free) uint8_t *bytes = malloc(size);
    int r = bytes ? text_read(&code->text, fd, table->start, bytes, size) : -ENOMEM;
    for (size_t i = 0; i < size && r == 0; i++)
        if (code_is_linkage_stub(bytes + i, size - i, table->start + i, &word) &&
            file_code_is_no_return(code, word))
            r = function_ranges_add(stubs, table->start + i, table->start + i + 1, 0);
    return r == -EFAULT ? 0 : r;
}

static int find_no_returns(struct file_code *code, int fd, const struct symbol *symbols, size_t n)
{
    struct function_ranges stubs = {0};
    int r = 0;
    sort_no_returns(code); /* the words */
    for (size_t i = 0; i < code->ranges.list.count && r == 0; i++)
        if (code->ranges.list.items[i].flags & RANGE_LINKAGE)
            r = read_stubs(code, fd, &code->ranges.list.items[i], &stubs);
    for (size_t i = 0; i < stubs.list.count && r == 0; i++)
        r = file_code_add_no_return(code, "abort", stubs.list.items[i].start);
    for (size_t i = 0; i < n && r == 0; i++)
        if (!symbols[i].is_stub)
            r = file_code_add_no_return(code, symbols[i].name, symbols[i].value.value);
    function_ranges_free(&stubs);
    sort_no_returns(code);
    return r;
}

/* ---- all */

static int failed_reading(int r, const char *what, const char **reason)
{
    *reason = what;
    return r;
}

static int read_file_code(struct file_code *code, int fd, const struct elf_copy *copy,
                          const struct symbol *symbols, size_t n, const char **reason)
{
    int r = text_init(&code->text, code->file);
    if (r < 0)
        return failed_reading(r, "the file's code is too large, or its segments overlap", reason);
    r = read_frames(code, copy);
    if (r < 0)
        return failed_reading(r, "the file's unwind tables cannot be decoded", reason);
    r = add_symbol_ranges(code, symbols, n);
    if (r == 0)
        r = add_linkage_ranges(code, copy);
    function_ranges_sort(&code->ranges);
    if (r == 0)
        r = join_parts(code, symbols, n);
    mark_starts(code, symbols, n);
    for (size_t i = 0; i < code->text.parts.count && r == 0; i++)
        r = scan_part(code, fd, &code->text.parts.items[i]);
    if (r < 0)
        return failed_reading(r, "the file's code cannot be read", reason);
    r = file_code_read_pointers(code, fd, copy);
    if (r == 0)
        r = find_no_returns(code, fd, symbols, n);
    return r < 0 ? failed_reading(r, "the file's relocations and data cannot be read", reason) : 0;
}

/* Goroutines are suspended at any instruction, with its address on a stack that nothing leads to
   (asyncPreempt, in Go's runtime/preempt.go). And some functions may leave less room below the
   stack pointer than a stub needs (stackNosplit, in internal/abi/stack.go). */
static bool is_of_go(const struct elf_copy *copy)
{
    size_t names;
    Elf_Scn *section = NULL;
    bool found = false;
    if (elf_getshdrstrndx(copy->elf, &names) != 0)
        return false;
    while (!found && (section = elf_nextscn(copy->elf, section))) {
        const Elf64_Shdr *header = elf64_getshdr(section);
        const char *name = header ? elf_strptr(copy->elf, names, header->sh_name) : NULL;
        found = name &&
                (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".data.rel.ro.gopclntab") == 0 ||
                 strcmp(name, ".note.go.buildid") == 0);
    }
    return found;
}

int file_code_read(struct file_code *code, const struct elf_file *file, int fd,
                   const struct symbol *symbols, size_t n, const char **reason)
{
    struct elf_copy copy;
    *code = (struct file_code){.file = file, .is_absolute = file->type == ET_EXEC};
    if (file->has_text_relocations)
        return failed_reading(-ENOTSUP, "the dynamic linker modifies the file's code", reason);
    int r = elf_copy_code(&copy, fd);
    if (r < 0)
        return failed_reading(r, "the file's sections cannot be read", reason);
    size_t n_sections;
    if (elf_getshdrnum(copy.elf, &n_sections) != 0 || n_sections == 0)
        r = failed_reading(-ENOTSUP, "the file has no section headers", reason);
    else if (is_of_go(&copy))
        r = failed_reading(-ENOTSUP, "goroutines may be suspended anywhere in the file's code",
                           reason);
    if (r == 0)
        r = read_file_code(code, fd, &copy, symbols, n, reason);
    elf_copy_free(&copy);
    if (r < 0)
        file_code_free(code);
    return r;
}

void file_code_free(struct file_code *code)
{
    text_free(&code->text);
    function_ranges_free(&code->ranges);
    frames_free(&code->frames);
    free((void *)code->eh_frame.bytes);
    vec_free(&code->no_returns);
    vec_free(&code->sequences);
    vec_free(&code->signatures);
    *code = (struct file_code){0};
}

bool file_code_in_sequence(const struct file_code *code, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < code->sequences.count; i++)
        if (start < code->sequences.items[i].end && end > code->sequences.items[i].start)
            return true;
    return false;
}
