/* SPDX-License-Identifier: MIT */
#include "tp/ctf/ctf_metadata_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tp/event_fields.h"
#include "util/cleanup.h"
#include "util/text.h"

enum { UUID_TEXT_SIZE = 37, LOG_LEVEL = 13 /* LTTng's default for events: DEBUG_LINE */ };

static void read_boot_id(char *text, size_t size)
{
    text[0] = '\0';
    cleanup(cleanup_file) FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file && fgets(text, (int)size, file))
        text[strcspn(text, "\n")] = '\0';
    if (strlen(text) != UUID_TEXT_SIZE - 1 || strspn(text, "0123456789abcdef-") != strlen(text))
        text[0] = '\0';
}

int ctf_description_init(struct ctf_description *description)
{
    if (getrandom(description->uuid, CTF_UUID_SIZE, 0) != CTF_UUID_SIZE)
        return -EIO;
    /* A random UUID (RFC 9562, section 5.4). */
    description->uuid[6] = (description->uuid[6] & 0x0f) | 0x40;
    description->uuid[8] = (description->uuid[8] & 0x3f) | 0x80;
    if (gethostname(description->hostname, sizeof(description->hostname)) < 0)
        return -errno;
    description->hostname[sizeof(description->hostname) - 1] = '\0';
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local) || strftime(description->created, sizeof(description->created),
                                               "%Y%m%dT%H%M%S%z", &local) == 0)
        return -EINVAL;
    read_boot_id(description->boot_id, sizeof(description->boot_id));
    return 0;
}

/* A string of appendix C.1.4: without characters that are not visible. */
static void put_string(FILE *out, const char *text)
{
    size_t length = strlen(text);
    putc('"', out);
    for (size_t i = 0; i < length;) {
        size_t n = text_visible_length(text + i, length - i);
        if (n == 0)
            putc('_', out);
        else if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else
            fwrite(text + i, 1, n, out);
        i += n ? n : 1;
    }
    putc('"', out);
}

static void put_uuid(FILE *out, const uint8_t *uuid)
{
    for (int i = 0; i < CTF_UUID_SIZE; i++)
        fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

void ctf_text_trace(FILE *out, const struct ctf_description *description)
{
    fputs("/* CTF 1.8 */\n\n"
          "typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
          "typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
          "typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n\n"
          "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"",
          out);
    put_uuid(out, description->uuid);
    fputs("\";\n\tbyte_order = le;\n\tpacket.header := struct {\n"
          "\t\tuint32_t magic;\n\t\tuint8_t uuid[16];\n\t\tuint32_t stream_id;\n\t};\n};\n\n"
          "env {\n\tdomain = \"ust\";\n\ttracer_name = \"ptrace_tracer\";\n\ttracer_version = ",
          out);
    put_string(out, VERSION);
    fprintf(out, ";\n\tarchitecture_bit_width = 64;\n\t%s = %" PRIu32 ";\n", CTF_JUMP_IDS_NAME,
            CTF_JUMP_IDS);
    if (description->trace_name) {
        fputs("\ttrace_name = ", out);
        put_string(out, description->trace_name);
        fputs(";\n", out);
    }
    fputs("\ttrace_creation_datetime = ", out);
    put_string(out, description->created);
    fputs(";\n\thostname = ", out);
    put_string(out, description->hostname);
    fputs(";\n};\n\nclock {\n\tname = \"monotonic\";\n", out);
    if (description->boot_id[0])
        fprintf(out, "\tuuid = \"%s\";\n", description->boot_id);
    /* babeltrace2 takes the clock of LTTng's traces as absolute, whatever they say, and reads no
       traces together of which only some have an absolute clock (visitor-generate-ir.c,
       visit_clock_decl(); muxer.c, validate_clock_class()). */
    fprintf(out,
            "\tdescription = \"Monotonic Clock\";\n\tfreq = 1000000000;\n\toffset = %" PRId64
            ";\n\tabsolute = true;\n};\n\n",
            description->clock_offset);
    fputs("typealias integer {\n\tsize = 64; align = 8; signed = false;\n"
          "\tmap = clock.monotonic.value;\n} := uint64_clock_monotonic_t;\n\n"
          "struct packet_context {\n\tuint64_t content_size;\n\tuint64_t packet_size;\n"
          "\tuint64_t events_discarded;\n\tuint64_clock_monotonic_t timestamp_begin;\n"
          "\tuint64_clock_monotonic_t timestamp_end;\n\tuint64_t packet_seq_num;\n"
          "\tuint32_t cpu_id;\n};\n\n"
          "struct event_header {\n\tuint32_t id;\n\tuint64_clock_monotonic_t timestamp;\n"
          "} align(8);\n\n",
          out);
}

static void put_integer(FILE *out, unsigned size, bool is_signed, const char *encoding,
                        unsigned base)
{
    fprintf(out, "integer { size = %u; align = 8; signed = %d; encoding = %s; base = %u; }",
            size * 8, is_signed, encoding, base);
}

static void put_context(FILE *out, enum ctf_context context)
{
    fputs("\t\t", out);
    switch (context) {
    case CTF_CONTEXT_VPID:
    case CTF_CONTEXT_VTID:
        put_integer(out, sizeof(int32_t), true, "none", 10);
        fputs(context == CTF_CONTEXT_VPID ? " _vpid;\n" : " _vtid;\n", out);
        break;
    case CTF_CONTEXT_PROCNAME:
        put_integer(out, sizeof(char), true, "UTF8", 10);
        fputs(" _procname[17];\n", out);
        break;
    case CTF_CONTEXT_IP:
        put_integer(out, sizeof(uint64_t), false, "none", 10);
        fputs(" _ip;\n", out);
        break;
    }
}

void ctf_text_stream(FILE *out, uint32_t id, const enum ctf_context *contexts, size_t n)
{
    fprintf(out,
            "stream {\n\tid = %u;\n\tevent.header := struct event_header;\n"
            "\tpacket.context := struct packet_context;\n",
            id);
    if (n) {
        fputs("\tevent.context := struct {\n", out);
        for (size_t i = 0; i < n; i++)
            put_context(out, contexts[i]);
        fputs("\t};\n", out);
    }
    fputs("};\n\n", out);
}

static int put_labels(FILE *out, const struct enum_type *type, bool is_signed)
{
    size_t n = 0;
    cleanup(cleanup_free) const struct enum_label **labels = event_labels(type, &n);
    if (!labels)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        char label[EVENT_LABEL_SIZE];
        event_label_copy(label, labels[i]->name);
        if (is_signed)
            fprintf(out, "\t\t\t\"%s\" = %" PRId64 ",\n", label, (int64_t)labels[i]->value);
        else
            fprintf(out, "\t\t\t\"%s\" = %" PRIu64 ",\n", label, labels[i]->value);
    }
    return 0;
}

static int put_field(FILE *out, const struct field *field)
{
    struct event_form form = event_form_of(field);
    fputs("\t\t", out);
    switch (form.kind) {
    case EVENT_FORM_INTEGER:
        put_integer(out, form.size, form.is_signed, "none", form.base);
        break;
    case EVENT_FORM_ENUM:
        fputs("enum : ", out);
        put_integer(out, form.size, form.is_signed, "none", form.base);
        fputs(" {\n", out);
        if (put_labels(out, field->enumeration, form.is_signed) < 0)
            return -ENOMEM;
        fputs("\t\t}", out);
        break;
    case EVENT_FORM_FLOAT:
        fputs(form.size == sizeof(float)
                  ? "floating_point { exp_dig = 8; mant_dig = 24; align = 8; }"
                  : "floating_point { exp_dig = 11; mant_dig = 53; align = 8; }",
              out);
        break;
    case EVENT_FORM_STRING:
        fputs("string", out);
        break;
    case EVENT_FORM_NONE:
        return -EINVAL;
    }
    /* The '_' keeps names apart from reserved words; readers remove it. */
    fprintf(out, " _%s;\n", field->name);
    return 0;
}

int ctf_text_event(FILE *out, const struct ctf_event *event, uint32_t id, uint32_t stream_id)
{
    fputs("event {\n\tname = ", out);
    put_string(out, event->name);
    fprintf(out, ";\n\tid = %u;\n\tstream_id = %u;\n\tloglevel = %d;\n\tfields := struct {\n", id,
            stream_id, LOG_LEVEL);
    for (unsigned i = 0; i < event->n_fields; i++) {
        int rc = put_field(out, &event->fields[i]);
        if (rc < 0)
            return rc;
    }
    fputs("\t};\n};\n\n", out);
    return 0;
}
