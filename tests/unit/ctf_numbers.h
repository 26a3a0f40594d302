/* SPDX-License-Identifier: MIT */
/* Traces of numbers: each CPU's stream has 0, 1, 2 and so on, so that a missing record shows. */
#ifndef CTF_NUMBERS_H
#define CTF_NUMBERS_H

#include "unit/ctf_traces.h"

enum { CPUS = 2 };

static const struct field number_field = {.name = "n", .kind = VALUE_INTEGER, .size = 8};
static const struct field text_field = {.name = "s", .kind = VALUE_STRING, .size = 8};
static uint32_t number_event, text_event;

static inline void begin_numbers(void)
{
    begin(NULL, 0);
    number_event = add_event("m:n", &number_field, 1);
    text_event = add_event("m:s", &text_field, 1);
}

static inline int write_number(int cpu, uint64_t time, uint64_t number)
{
    struct hit hit = {.cpu = cpu, .time_ns = time, .n_values = 1, .values = &number};
    return ctf_channel_write(channel, number_event, &hit);
}

/* What babeltrace2 reads. */
struct seen {
    uint64_t numbers[CPUS]; /* of each CPU: so many, which are 0, 1, 2 and so on */
    uint64_t texts;
    uint64_t discarded;
    char *text; /* of the discarded ones, all warnings; the caller frees it */
};

static inline struct seen look(void)
{
    struct seen seen = {0};
    /* What it prints on stderr comes after what it prints on stdout. */
    char *text = output_of("{ e=$(babeltrace2 --no-delta '%s' 2>&1 >&3); } 3>&1; s=$?; "
                           "printf '%%s\\n' \"$e\"; exit $s",
                           path);
    char *rest = text;
    size_t size;
    FILE *warnings = open_memstream(&seen.text, &size);
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        unsigned cpu;
        unsigned long long n;
        char *event = strstr(line, " m:n: ");
        if (event && sscanf(event, " m:n: { cpu_id = %u }, { n = %llu }", &cpu, &n) == 2) {
            /* An assertion writes to a file, also when it holds. */
            if (cpu >= CPUS || n != seen.numbers[cpu])
                ck_abort_msg("%.1000s", line);
            seen.numbers[cpu]++;
        } else if (strstr(line, " m:s: ")) {
            seen.texts++;
        } else if (strncmp(line, "WARNING: Tracer discarded ", 26) == 0) {
            seen.discarded += strtoull(line + 26, NULL, 10);
            fprintf(warnings, "%.35s\n", line);
        } else {
            ck_abort_msg("%.1000s", line);
        }
    }
    fclose(warnings);
    free(text);
    return seen;
}

#endif
