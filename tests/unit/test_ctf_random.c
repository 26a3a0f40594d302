/* SPDX-License-Identifier: MIT */
/*
 * Our own CTF traces: random records, read by a decoder that is independent of the writer. Each
 * record is found once, in order of time, with its values; packets are whole and in sequence.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "unit/ctf_traces.h"

enum { ROUNDS = 60, RECORDS = 3000, EVENTS = 12, FIELDS = 10, TEXT = 6000, PAGE = 4096 };

static const struct {
    enum value_kind kind;
    uint16_t size;
    unsigned stored; /* bytes; 0: text */
} kinds[] = {
    {VALUE_INTEGER, 1, 1}, {VALUE_INTEGER, 2, 2}, {VALUE_INTEGER, 4, 4}, {VALUE_INTEGER, 8, 8},
    {VALUE_BOOL, 1, 1},    {VALUE_POINTER, 8, 8}, {VALUE_COUNT, 0, 8},   {VALUE_WORD, 3, 8},
    {VALUE_FLOAT, 8, 8},   {VALUE_FLOAT, 4, 4},   {VALUE_STRING, 8, 0},  {VALUE_CHARS, 4, 0},
    {VALUE_HEX128, 16, 0},
};

static unsigned seed;
static char text[TEXT + 1];
static struct field fields[EVENTS][FIELDS];
static unsigned field_kinds[EVENTS][FIELDS], n_fields[EVENTS];

/* What was recorded, by number. The first field of each event is the number. */
struct expected {
    unsigned event;
    uint64_t time;
    uint64_t values[FIELDS];
    bool seen;
};
static struct expected expected[RECORDS];

static unsigned below(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

static void make_events(void)
{
    static const char *const names[FIELDS] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    for (unsigned e = 0; e < EVENTS; e++) {
        n_fields[e] = 1 + below(FIELDS);
        for (unsigned f = 0; f < n_fields[e]; f++) {
            unsigned k = f ? below(sizeof(kinds) / sizeof(kinds[0])) : 3;
            field_kinds[e][f] = k;
            fields[e][f] =
                (struct field){.name = names[f], .kind = kinds[k].kind, .size = kinds[k].size};
        }
        ck_assert_uint_eq(add_event("m:f", fields[e], n_fields[e]), e);
    }
}

/* Mostly short. */
static uint64_t random_text(void)
{
    return TEXT - (below(50) ? below(40) : below(TEXT));
}

static void record(unsigned number, uint64_t *clock)
{
    struct expected *made = &expected[number];
    *made = (struct expected){.event = below(EVENTS)};
    for (unsigned f = 0; f < n_fields[made->event]; f++) {
        unsigned k = field_kinds[made->event][f];
        double real = below(1000) / 8.0;
        if (kinds[k].stored == 0)
            made->values[f] = random_text();
        else if (kinds[k].kind == VALUE_FLOAT)
            memcpy(&made->values[f], &real, sizeof(real));
        else
            made->values[f] = (uint64_t)below(1 << 30) << 32 | below(1 << 30);
    }
    made->values[0] = number;
    *clock += below(3);
    made->time = *clock - (below(20) ? 0 : below(100)); /* some are late */
    struct hit hit = {.cpu = 0,
                      .pid = 1234,
                      .thread_name = "name",
                      .time_ns = made->time,
                      .n_values = n_fields[made->event],
                      .values = made->values,
                      .text = text};
    if (ctf_channel_write(channel, made->event, &hit) != 1)
        ck_abort_msg("record %u is lost", number);
}

/* A place in a packet. */
struct reader {
    const unsigned char *at, *end;
};

static const unsigned char *take(struct reader *reader, size_t n)
{
    if ((size_t)(reader->end - reader->at) < n)
        ck_abort_msg("seed %u: a record extends over the end of its packet", seed);
    reader->at += n;
    return reader->at - n;
}

static uint64_t take_number(struct reader *reader, unsigned bytes)
{
    uint64_t number = 0;
    memcpy(&number, take(reader, bytes), bytes);
    return number;
}

static void expect_field(struct reader *reader, unsigned k, uint64_t value)
{
    if (kinds[k].stored == 0) {
        size_t n = TEXT - value + 1;
        if (memcmp(take(reader, n), text + value, n) != 0)
            ck_abort_msg("seed %u: a text differs", seed);
        return;
    }
    if (kinds[k].kind == VALUE_FLOAT && kinds[k].stored == 4) {
        double wide;
        memcpy(&wide, &value, sizeof(wide));
        float narrow = (float)wide;
        value = 0;
        memcpy(&value, &narrow, sizeof(narrow));
    }
    uint64_t mask = kinds[k].stored == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * kinds[k].stored) - 1;
    if (take_number(reader, kinds[k].stored) != (value & mask))
        ck_abort_msg("seed %u: a value differs", seed);
}

/* Returns the record's time. */
static uint64_t read_record(struct reader *reader, uint64_t *late)
{
    uint64_t event = take_number(reader, 4), time = take_number(reader, 8);
    if (take_number(reader, 4) != 1234 ||
        memcmp(take(reader, 17), "name\0\0\0\0\0\0\0\0\0\0\0\0", 17))
        ck_abort_msg("seed %u: a context differs", seed);
    struct reader first = *reader;
    uint64_t number = take_number(&first, 8);
    if (number >= RECORDS || expected[number].seen || expected[number].event != event ||
        expected[number].time > time)
        ck_abort_msg("seed %u: record %llu", seed, (unsigned long long)number);
    expected[number].seen = true;
    *late += expected[number].time != time;
    for (unsigned f = 0; f < n_fields[event]; f++)
        expect_field(reader, field_kinds[event][f], expected[number].values[f]);
    return time;
}

/* Returns the number of records. */
static unsigned read_stream(const unsigned char *bytes, size_t size, uint64_t *late)
{
    unsigned n = 0;
    uint64_t sequence = 0, time = 0;
    for (size_t offset = 0, packet_size; offset < size; offset += packet_size) {
        struct reader reader = {bytes + offset, bytes + size};
        uint64_t magic = take_number(&reader, 4);
        take(&reader, 16);
        uint64_t stream_id = take_number(&reader, 4), content = take_number(&reader, 8) / 8;
        packet_size = take_number(&reader, 8) / 8;
        uint64_t discarded = take_number(&reader, 8), begins = take_number(&reader, 8),
                 ends = take_number(&reader, 8), number = take_number(&reader, 8),
                 cpu = take_number(&reader, 4);
        if (magic != 0xc1fc1fc1 || stream_id || discarded || cpu || number != sequence++ ||
            packet_size == 0 || packet_size % PAGE || packet_size > size - offset ||
            content > packet_size || begins < time || ends < begins)
            ck_abort_msg("seed %u: the packet at %zu", seed, offset);
        time = begins;
        reader.end = bytes + offset + content;
        for (; reader.at < reader.end; n++) {
            uint64_t next = read_record(&reader, late);
            if (next < time || next > ends)
                ck_abort_msg("seed %u: the order of time at %zu", seed, offset);
            time = next;
        }
        time = ends;
    }
    return n;
}

static void read_all(void)
{
    unsigned n = 0;
    uint64_t late = 0;
    for (int lane = 0; lane < 8; lane++) {
        char name[192], suffix[16] = "";
        if (lane)
            snprintf(suffix, sizeof(suffix), "_%d", lane);
        snprintf(name, sizeof(name), "%s/channel0_0%s", path, suffix);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        struct stat status;
        ck_assert_int_eq(fstat(fd, &status), 0);
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        ck_assert_ptr_ne(bytes, MAP_FAILED);
        n += read_stream(bytes, (size_t)status.st_size, &late);
        munmap(bytes, (size_t)status.st_size);
        close(fd);
    }
    ck_assert_uint_eq(n, RECORDS);
    ck_assert_uint_eq(late, 0);
}

START_TEST(random_records)
{
    static const enum ctf_context some[] = {CTF_CONTEXT_VPID, CTF_CONTEXT_PROCNAME};
    for (int i = 0; i < TEXT; i++)
        text[i] = (char)('a' + i % 26);
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = round;
        snprintf(path, sizeof(path), "%s/in-process-%u", directory, round);
        begin(some, 2);
        make_events();
        uint64_t clock = 1000;
        for (unsigned i = 0; i < RECORDS; i++) {
            record(i, &clock);
            if (below(100) == 0)
                EXPECT_OK(ctf_trace_flush(trace, &error));
        }
        end();
        seed = round;
        read_all();
    }
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, random_records);
}

CHECK_MAIN("ctf_random", 60, add_tests)
