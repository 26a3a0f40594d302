#include "ptrace/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ptrace/facts.h"
#include "ptrace/spans.h"

/* Room for "(bad address)" and for 128 bits in hex, whatever the limit for strings. */
enum { TEXT_LEAST = 40 };

size_t capture_facts_text(const struct capture *capture)
{
    return PROBE_FIELDS_MAX * capture->text_room;
}

int capture_init(struct capture *capture, size_t string_limit)
{
    if (string_limit == 0)
        string_limit = CAPTURE_STRING_DEFAULT;
    if (string_limit > CAPTURE_STRING_MAX)
        string_limit = CAPTURE_STRING_MAX;
    capture->string_limit = string_limit;
    capture->text_room = (string_limit > TEXT_LEAST ? string_limit : TEXT_LEAST) + 1;
    capture->text = malloc(capture_facts_text(capture) + FACTS_TEXT_ROOM);
    capture->pointed = malloc((size_t)PROBE_FIELDS_MAX * PROBE_STACK_MAX);
    capture->has_stack = false;
    return capture->text && capture->pointed ? 0 : -ENOMEM;
}

void capture_free(struct capture *capture)
{
    free(capture->text);
    free(capture->pointed);
    capture->text = NULL;
    capture->pointed = NULL;
}

/* ---- where values come from ---- */

/* What lies behind one address: the bytes from `low` to `high` (exclusive) of it are wanted. */
struct pointee {
    const struct value_place *place; /* of the address */
    size_t low, high;
    size_t got; /* the bytes from low to got are there */
};

/* The stopped thread as it is now. */
struct source {
    struct capture *capture;
    pid_t tid;
    int memory;
    const arch_regs *regs;
    const struct arch_float_regs *floats;
    struct pointee pointees[PROBE_FIELDS_MAX];
    size_t n_pointees;
};

static bool same_address(const struct value_place *a, const struct value_place *b)
{
    return a->kind == b->kind && a->index == b->index && a->shift == b->shift &&
           a->offset == b->offset;
}

/* Copies as much as there is of the n bytes at `from`, `available` bytes from its start. */
static size_t copy(uint8_t *to, const uint8_t *from, size_t start, size_t available, size_t n)
{
    if (!from || start >= available)
        return 0;
    if (n > available - start)
        n = available - start;
    memcpy(to, from + start, n);
    return n;
}

static size_t load_register(const struct source *source, const struct value_place *place,
                            uint8_t *to, size_t n)
{
    uint64_t word = place->kind == PLACE_INTEGER_ARG ? arch_integer_arg(source->regs, place->index)
                                                     : arch_integer_ret(source->regs, place->index);
    return copy(to, (const uint8_t *)&word, place->shift, sizeof(word), n);
}

/* The bytes at the place itself, even if they are an address. */
static size_t load_direct(const struct source *source, const struct value_place *place, uint8_t *to,
                          size_t n)
{
    const struct arch_float_regs *floats = source->floats;
    switch (place->kind) {
    case PLACE_INTEGER_ARG:
    case PLACE_INTEGER_RET:
        return load_register(source, place, to, n);
    case PLACE_FLOAT_ARG:
        return floats ? copy(to, arch_float_arg(floats, place->index), place->shift, 16, n) : 0;
    case PLACE_FLOAT_RET:
        return floats ? copy(to, arch_float_ret(floats, place->index), place->shift, 16, n) : 0;
    case PLACE_X87_RET:
        return floats ? copy(to, arch_x87_ret(floats, place->index), 0, 10, n) : 0;
    case PLACE_STACK_ARG:
        return place->offset < 0 ? 0
                                 : copy(to, source->capture->stack, (size_t)place->offset,
                                        source->capture->stack_got, n);
    case PLACE_NONE:
    case PLACE_FACT:
        break;
    }
    return 0;
}

static size_t load(const struct source *source, const struct value_place *place, uint8_t *to,
                   size_t n)
{
    if (!place->indirect)
        return load_direct(source, place, to, n);
    for (size_t i = 0; i < source->n_pointees; i++) {
        const struct pointee *pointee = &source->pointees[i];
        if (same_address(pointee->place, place) && place->beyond >= 0 &&
            (size_t)place->beyond >= pointee->low)
            return copy(to, source->capture->pointed + i * PROBE_STACK_MAX, (size_t)place->beyond,
                        pointee->got, n);
    }
    return 0;
}

static uint64_t load_word(const struct source *source, const struct value_place *place)
{
    uint64_t word = 0;
    load(source, place, (uint8_t *)&word, sizeof(word));
    return word;
}

/* ---- memory ---- */

static void want(struct source *source, const struct value_place *place, size_t size)
{
    if (place->kind == PLACE_NONE || !place->indirect || place->beyond < 0 ||
        (size_t)place->beyond + size > PROBE_STACK_MAX)
        return;
    size_t low = (size_t)place->beyond, high = low + size, i = 0;
    while (i < source->n_pointees && !same_address(source->pointees[i].place, place))
        i++;
    struct pointee *pointee = &source->pointees[i];
    if (i == PROBE_FIELDS_MAX)
        return;
    if (i == source->n_pointees) {
        *pointee = (struct pointee){.place = place, .low = low, .high = high};
        source->n_pointees++;
    }
    pointee->low = low < pointee->low ? low : pointee->low;
    pointee->high = high > pointee->high ? high : pointee->high;
}

/* What lies behind addresses, in one read. */
static void read_pointees(struct source *source, const struct field *fields, size_t n)
{
    struct span spans[PROBE_FIELDS_MAX];
    for (size_t i = 0; i < n; i++) {
        want(source, &fields[i].place, field_bytes(&fields[i]));
        want(source, &fields[i].second, sizeof(uint64_t));
    }
    _Static_assert((int)SPANS_MAX >= (int)PROBE_FIELDS_MAX, "one read is enough");
    for (size_t i = 0; i < source->n_pointees; i++) {
        struct pointee *pointee = &source->pointees[i];
        uint64_t address = 0;
        load_direct(source, pointee->place, (uint8_t *)&address, sizeof(address));
        spans[i] = (struct span){
            .at = address + pointee->low,
            .to = source->capture->pointed + i * PROBE_STACK_MAX + pointee->low,
            .n = pointee->high - pointee->low,
        };
    }
    if (source->n_pointees)
        source->capture->reads +=
            spans_read(source->tid, source->memory, spans, source->n_pointees);
    for (size_t i = 0; i < source->n_pointees; i++)
        source->pointees[i].got = source->pointees[i].low + spans[i].got;
}

static void read_stack(const struct source *source, size_t size)
{
    struct capture *capture = source->capture;
    if (size > PROBE_STACK_MAX)
        size = PROBE_STACK_MAX;
    struct span span = {.at = arch_stack_args(source->regs).value, .to = capture->stack, .n = size};
    if (!capture->has_stack && size)
        capture->reads += spans_read(source->tid, source->memory, &span, 1);
    if (!capture->has_stack)
        capture->stack_got = span.got;
    capture->has_stack = false;
}

/* ---- text ---- */

/* Cut by the limit; more than there is room for there is not. */
static void put_text(struct capture *capture, size_t i, const char *text, size_t n)
{
    char *to = capture->text + i * capture->text_room;
    n = strnlen(text, n < capture->text_room ? n : capture->text_room - 1);
    memcpy(to, text, n);
    to[n] = '\0';
}

static void put_chars(struct capture *capture, size_t i, const uint8_t *bytes, size_t n)
{
    put_text(capture, i, (const char *)bytes,
             n < capture->string_limit ? n : capture->string_limit);
}

static void put_hex128(struct capture *capture, size_t i, const uint8_t bytes[16])
{
    char text[TEXT_LEAST];
    uint64_t low, high;
    memcpy(&low, bytes, 8);
    memcpy(&high, bytes + 8, 8);
    if (high)
        snprintf(text, sizeof(text), "0x%llx%016llx", (unsigned long long)high,
                 (unsigned long long)low);
    else
        snprintf(text, sizeof(text), "0x%llx", (unsigned long long)low);
    put_text(capture, i, text, sizeof(text));
}

/* A string that is being read. */
struct string {
    size_t field;
    uint64_t at;
    size_t most; /* bytes: the limit, or its length if that is less */
    size_t got;
};

/* Adds what a read has brought; whether there may be more. */
static bool string_grow(struct capture *capture, struct string *string, const struct span *span)
{
    static const char bad[] = "(bad address)";
    char *text = capture->text + string->field * capture->text_room;
    if (string->got == 0 && span->got == 0) {
        put_text(capture, string->field, bad, sizeof(bad));
        return false;
    }
    bool ends = memchr(text + string->got, '\0', span->got) != NULL;
    string->got += span->got;
    text[string->got] = '\0';
    return !ends && span->got == span->n && string->got < string->most;
}

/* All strings at once, each split where a page ends: what lies behind may not be mapped, and
   process_vm_readv(2) need not give what is in front. */
static void read_strings(const struct source *source, struct string *strings, size_t n)
{
    struct capture *capture = source->capture;
    struct span spans[PROBE_FIELDS_MAX];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    while (n) {
        for (size_t i = 0; i < n; i++) {
            uint64_t at = strings[i].at + strings[i].got;
            size_t in_page = page - (at & (page - 1)), left = strings[i].most - strings[i].got;
            spans[i] = (struct span){
                .at = at,
                .to = capture->text + strings[i].field * capture->text_room + strings[i].got,
                .n = left < in_page ? left : in_page,
            };
        }
        capture->reads += spans_read(source->tid, source->memory, spans, n);
        size_t kept = 0;
        for (size_t i = 0; i < n; i++)
            if (string_grow(capture, &strings[i], &spans[i]))
                strings[kept++] = strings[i];
        n = kept;
    }
}

/* Notes a string that is to be read; whether there is anything to read. */
static bool string_begin(const struct source *source, const struct field *field, size_t i,
                         struct string *string)
{
    static const char null[] = "(null)";
    struct capture *capture = source->capture;
    *string = (struct string){
        .field = i, .at = load_word(source, &field->place), .most = capture->string_limit};
    if (field->second.kind != PLACE_NONE) {
        uint64_t length = load_word(source, &field->second);
        if (length < string->most)
            string->most = (size_t)length;
        if (length == 0) {
            put_text(capture, i, "", 0);
            return false;
        }
    }
    if (string->at == 0) {
        put_text(capture, i, null, sizeof(null));
        return false;
    }
    return true;
}

/* ---- values ---- */

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

static uint64_t extend(uint64_t word, unsigned bits, bool is_signed)
{
    unsigned unused = bits >= 64 ? 0 : 64 - bits;
    if (is_signed)
        return (uint64_t)((int64_t)(word << unused) >> unused);
    return word << unused >> unused;
}

static uint64_t count_of(const struct source *source, const struct field *field)
{
    uint64_t begin = load_word(source, &field->place), end = load_word(source, &field->second);
    return field->unit ? (end - begin) / field->unit : 0;
}

/* What a number's bytes say, in memory order. */
static uint64_t word_of(const uint8_t bytes[16], const struct field *field)
{
    if (field->kind == VALUE_FLOAT) {
        double value = double_of(bytes, field->size);
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        return bits;
    }
    unsigned __int128 wide;
    memcpy(&wide, bytes, sizeof(wide));
    uint64_t word = (uint64_t)(wide >> (field->bit & 7));
    unsigned bits = field->bits ? field->bits : field->size ? field->size * 8u : 64;
    word = extend(word, bits, field->is_signed);
    return field->kind == VALUE_BOOL ? word != 0 : word;
}

static size_t bytes_of(const struct field *field)
{
    size_t n = field_bytes(field);
    return n < PROBE_CHARS_MAX ? n : PROBE_CHARS_MAX;
}

static void capture_field(const struct source *source, const struct field *field, size_t i)
{
    uint8_t bytes[PROBE_CHARS_MAX];
    struct capture *capture = source->capture;
    size_t n = bytes_of(field);
    memset(bytes, 0, n < 16 ? 16 : n);
    if (field->rest.kind == PLACE_NONE) {
        load(source, &field->place, bytes, n);
    } else {
        size_t first = 8 - (field->place.shift & 7u);
        load(source, &field->place, bytes, first < n ? first : n);
        if (first < n)
            load(source, &field->rest, bytes + first, n - first);
    }
    switch (field->kind) {
    case VALUE_CHARS:
        put_chars(capture, i, bytes, n);
        break;
    case VALUE_HEX128:
        put_hex128(capture, i, bytes);
        break;
    case VALUE_COUNT:
        capture->values[i] = count_of(source, field);
        break;
    default:
        capture->values[i] = word_of(bytes, field);
        break;
    }
}

void capture_fields(struct capture *capture, pid_t tid, int memory, const arch_regs *regs,
                    const struct arch_float_regs *floats, const struct field *fields, size_t n,
                    size_t stack_args)
{
    struct source source;
    struct string strings[PROBE_FIELDS_MAX];
    size_t n_strings = 0;
    source.capture = capture;
    source.tid = tid;
    source.memory = memory;
    source.regs = regs;
    source.floats = floats;
    source.n_pointees = 0;
    if (n > PROBE_FIELDS_MAX)
        n = PROBE_FIELDS_MAX;
    read_stack(&source, stack_args);
    read_pointees(&source, fields, n);
    for (size_t i = 0; i < n; i++) {
        if (value_is_text(fields[i].kind))
            capture->values[i] = i * capture->text_room;
        if (fields[i].kind != VALUE_STRING)
            capture_field(&source, &fields[i], i);
        else if (string_begin(&source, &fields[i], i, &strings[n_strings]))
            n_strings++;
    }
    read_strings(&source, strings, n_strings);
}
