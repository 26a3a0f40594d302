/* SPDX-License-Identifier: MIT */
/* Hits with any values, texts and names as lines of --print: each is one line of visible
   characters. */
#include "fuzz/fuzz.h"

#include "tp/print.h"
#include "util/text.h"

enum { FIELDS_MAX = 6 };

struct made {
    struct field fields[FIELDS_MAX];
    struct enum_type enumeration;
    struct enum_label labels[2];
    uint64_t values[FIELDS_MAX];
    size_t n;
};

static void make_fields(struct made *made, struct fuzz_input *input, size_t text_size, char *name,
                        char *label)
{
    static const uint8_t sizes[] = {1, 2, 4, 8};
    made->labels[0] = (struct enum_label){label, 1};
    made->labels[1] = (struct enum_label){name, 4};
    made->enumeration = (struct enum_type){.name = name, .n_labels = 2, .labels = made->labels};
    made->n = fuzz_byte(input) % (FIELDS_MAX + 1);
    for (size_t i = 0; i < made->n; i++) {
        struct field *field = &made->fields[i];
        field->name = i % 2 ? name : "value";
        field->kind = (enum value_kind)(fuzz_byte(input) % (VALUE_SYMBOL + 1));
        if (field->kind == VALUE_HEX128) /* its text comes from the tracer */
            field->kind = VALUE_WORD;
        field->is_signed = fuzz_byte(input) % 2;
        field->size = sizes[fuzz_byte(input) % 4];
        if (field->kind == VALUE_ENUM)
            field->enumeration = &made->enumeration;
        made->values[i] = fuzz_word(input);
        if (value_is_text(field->kind))
            made->values[i] %= text_size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct made entry = {0}, exit = {0};
    char *name = fuzz_line(&input), *label = fuzz_line(&input), *text = fuzz_line(&input);
    make_fields(&entry, &input, strlen(text) + 1, name, label);
    make_fields(&exit, &input, strlen(text) + 1, name, label);
    const struct probe probe = {.provider = "provider",
                                .function = name,
                                .entry_event = "entry",
                                .exit_event = "exit",
                                .n_args = entry.n,
                                .args = entry.fields,
                                .n_rets = exit.n,
                                .rets = exit.fields};
    char *lines = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&lines, &length);
    struct print *print = stream ? print_new(stream, false) : NULL;
    if (!print)
        abort();
    struct hit hit = {.probe = &probe, .pid = 1, .tid = 1, .thread_name = "thread", .text = text};
    for (unsigned i = 0; i < 4; i++) {
        const struct made *made = i < 2 ? &entry : &exit;
        hit.kind = i < 2 ? HIT_ENTRY : HIT_EXIT;
        hit.depth = i == 0 || i == 3 ? 0 : 1;
        hit.n_values = (unsigned)made->n;
        hit.values = made->values;
        print_hit(print, &hit);
    }
    print_free(print);
    fclose(stream);
    size_t n_lines = 0;
    for (size_t at = 0; at < length;) {
        size_t n = text_visible_length(lines + at, length - at);
        FUZZ_CHECK(n > 0 || lines[at] == '\n');
        n_lines += n == 0;
        at += n ? n : 1;
    }
    FUZZ_CHECK(n_lines <= 4 && n_lines > 0);
    free(lines);
    free(name);
    free(label);
    free(text);
    return 0;
}
