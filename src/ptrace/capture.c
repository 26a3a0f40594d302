#include "ptrace/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ptrace/memory.h"

int capture_init(struct capture *capture, size_t string_limit)
{
    if (string_limit == 0)
        string_limit = CAPTURE_STRING_DEFAULT;
    if (string_limit > CAPTURE_STRING_MAX)
        string_limit = CAPTURE_STRING_MAX;
    capture->string_limit = string_limit;
    capture->text = malloc(PROBE_FIELDS_MAX * (string_limit + 1));
    return capture->text ? 0 : -ENOMEM;
}

void capture_free(struct capture *capture)
{
    free(capture->text);
    capture->text = NULL;
}

/* Whose memory. */
struct source {
    pid_t tid;
    int memory;
};

static size_t read_target(const struct source *source, uint64_t at, void *buffer, size_t n)
{
    struct iovec local = {buffer, n}, remote = {(void *)(uintptr_t)at, n};
    return memory_read_pieces(source->tid, source->memory, &local, &remote, 1);
}

static uint64_t put_text(struct capture *capture, const char *text)
{
    size_t offset = capture->text_used, n = strlen(text);
    if (n > capture->string_limit)
        n = capture->string_limit;
    memcpy(capture->text + offset, text, n);
    capture->text[offset + n] = '\0';
    capture->text_used += n + 1;
    return offset;
}

/* A string is read in two steps at most, split where its first page ends: what lies behind may not
   be mapped, and process_vm_readv(2) gives whole pieces or nothing. */
static uint64_t put_string(struct capture *capture, const struct source *source, uint64_t at)
{
    size_t offset = capture->text_used, limit = capture->string_limit, got = 0;
    char *to = capture->text + offset;
    if (at == 0)
        return put_text(capture, "(null)");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    while (got < limit) {
        size_t n = page - ((at + got) & (page - 1));
        if (n > limit - got)
            n = limit - got;
        size_t piece = read_target(source, at + got, to + got, n);
        if (piece == 0 && got == 0)
            return put_text(capture, "(bad address)");
        got += piece;
        if (piece < n || memchr(to + got - piece, '\0', piece))
            break;
    }
    size_t length = strnlen(to, got);
    to[length] = '\0';
    capture->text_used += length + 1;
    return offset;
}

static double double_of(const uint8_t *bytes, unsigned size)
{
    float narrow;
    double wide;
    if (size == 4) {
        memcpy(&narrow, bytes, 4);
        return (double)narrow;
    }
    if (size > 8)
        return arch_x87_to_double(bytes);
    memcpy(&wide, bytes, 8);
    return wide;
}

static uint64_t extend(uint64_t word, unsigned size, bool is_signed)
{
    unsigned unused = size >= 8 ? 0 : 64 - size * 8;
    if (is_signed)
        return (uint64_t)((int64_t)(word << unused) >> unused);
    return word << unused >> unused;
}

/* The value as its bytes in memory order would show it. */
static uint64_t word_of(const uint8_t *bytes, const struct field *field)
{
    if (field->kind == VALUE_FLOAT) {
        double value = double_of(bytes, field->size);
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        return bits;
    }
    uint64_t word = 0;
    memcpy(&word, bytes, field->size && field->size < 8 ? field->size : 8);
    if (field->kind == VALUE_BOOL)
        return (word & 0xff) != 0;
    return extend(word, field->size ? field->size : 8, field->is_signed);
}

/* The stack arguments, in one read that covers all of them. */
static size_t read_stack(struct capture *capture, const struct source *source,
                         const arch_regs *regs, const struct field *fields, size_t n)
{
    size_t end = 0;
    for (size_t i = 0; i < n; i++) {
        const struct value_place *place = &fields[i].place;
        size_t size = fields[i].size > 8 ? 16 : 8;
        if (place->kind == PLACE_STACK_ARG && place->offset >= 0 &&
            (size_t)place->offset + size > end && (size_t)place->offset + size <= CAPTURE_STACK_MAX)
            end = (size_t)place->offset + size;
    }
    return end ? read_target(source, arch_stack_args(regs).value, capture->stack, end) : 0;
}

void capture_fields(struct capture *capture, pid_t tid, int memory, const arch_regs *regs,
                    const struct arch_float_regs *floats, const struct field *fields, size_t n)
{
    static const uint8_t nothing[16];
    const struct source source = {tid, memory};
    capture->text_used = 0;
    if (n > PROBE_FIELDS_MAX)
        n = PROBE_FIELDS_MAX;
    size_t stack = read_stack(capture, &source, regs, fields, n);
    for (size_t i = 0; i < n; i++) {
        const struct field *field = &fields[i];
        const struct value_place *place = &field->place;
        uint8_t integer[16] = {0};
        uint64_t word;
        const uint8_t *bytes = NULL;
        switch (place->kind) {
        case PLACE_INTEGER_ARG:
        case PLACE_INTEGER_RET:
            word = place->kind == PLACE_INTEGER_ARG ? arch_integer_arg(regs, place->index)
                                                    : arch_integer_ret(regs, place->index);
            memcpy(integer, &word, sizeof(word));
            bytes = integer + (place->shift & 7);
            break;
        case PLACE_FLOAT_ARG:
        case PLACE_FLOAT_RET:
            if (floats)
                bytes = place->kind == PLACE_FLOAT_ARG ? arch_float_arg(floats, place->index)
                                                       : arch_float_ret(floats, place->index);
            if (bytes)
                bytes += place->shift & 7;
            break;
        case PLACE_X87_RET:
            bytes = floats ? arch_x87_ret(floats) : NULL;
            break;
        case PLACE_STACK_ARG:
            if (place->offset >= 0 && (size_t)place->offset + (field->size > 8 ? 16 : 8) <= stack)
                bytes = capture->stack + place->offset;
            break;
        case PLACE_NONE:
            break;
        }
        word = word_of(bytes ? bytes : nothing, field);
        capture->values[i] =
            field->kind == VALUE_STRING ? put_string(capture, &source, word) : word;
    }
}
