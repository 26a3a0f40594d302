/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/layouts.h"

#include <errno.h>
#include <string.h>

#include "analysis/babeltrace/class_fields.h"
#include "analysis/field_roles.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

struct layouts {
    struct table by_class; /* bt_event_class -> struct class_layout */
    struct arena arena;
    VEC(const bt_event_class *) classes; /* references, so that no other one gets the address */
    uint32_t n_functions;                /* layouts of functions */
};

/* What the event classes of a trace tell of extra fields, while its layouts are made. */
struct trace_extras {
    struct table of_exits; /* hash of "module:function" -> 1 + mask of its exits' extra fields */
    bool has_exits;
    unsigned any_exit;    /* of all exits */
    unsigned all_entries; /* that all entries may have */
    size_t n_entries;
    uint64_t jump_ids; /* from this ID on, events are those of jumps; 0: none are */
};

struct layouts *layouts_new(void)
{
    return calloc(1, sizeof(struct layouts));
}

void layouts_free(struct layouts *layouts)
{
    if (!layouts)
        return;
    for (size_t i = 0; i < layouts->classes.count; i++)
        bt_event_class_put_ref(layouts->classes.items[i]);
    vec_free(&layouts->classes);
    table_free(&layouts->by_class);
    arena_free(&layouts->arena);
    free(layouts);
}

const struct class_layout *layouts_find(const struct layouts *layouts,
                                        const bt_event_class *event_class)
{
    return table_get(&layouts->by_class, (uint64_t)(uintptr_t)event_class);
}

bool layouts_have_functions(const struct layouts *layouts)
{
    return layouts->n_functions > 0;
}

/* ---- values of events ---- */

static const struct class_layout *class_layout_of(const struct trace_event *event)
{
    return (const struct class_layout *)event->layout;
}

static uint64_t class_value(const struct trace_event *event, size_t i, const char **text)
{
    const bt_field *payload = bt_event_borrow_payload_field_const(event->source);
    const struct member *member = &class_layout_of(event)->members[i];
    *text = member->reader == READ_TEXT ? member_text(payload, member) : NULL;
    return member_value(payload, member);
}

static int class_cpu(const struct trace_event *event)
{
    const struct member *cpu = &class_layout_of(event)->cpu;
    if (cpu->index < 0)
        return -1;
    const bt_packet *packet = bt_event_borrow_packet_const(event->source);
    const bt_field *context = packet ? bt_packet_borrow_context_field_const(packet) : NULL;
    return context ? (int)member_value(context, cpu) : -1;
}

/* ---- kinds ---- */

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

static enum class_kind kind_by_name(const char *name, enum hit_kind *hit)
{
    const char *colon = strchr(name, ':');
    *hit = ends_with(name, "_exit") ? HIT_EXIT : HIT_ENTRY;
    if (!colon || colon == name)
        return CLASS_OTHER;
    if (strncmp(name, "lttng_ust_", 10) != 0) {
        size_t end = ends_with(name, "_entry") ? strlen("_entry") : strlen("_exit");
        bool is_hit = ends_with(name, "_entry") || ends_with(name, "_exit");
        return is_hit && strlen(colon + 1) > end ? CLASS_FUNCTION : CLASS_OTHER;
    }
    if (strcmp(name, "lttng_ust_cyg_profile:func_entry") == 0 ||
        strcmp(name, "lttng_ust_cyg_profile:func_exit") == 0 ||
        strcmp(name, "lttng_ust_cyg_profile_fast:func_entry") == 0 ||
        strcmp(name, "lttng_ust_cyg_profile_fast:func_exit") == 0)
        return CLASS_ADDRESS;
    if (strcmp(name, "lttng_ust_statedump:bin_info") == 0 ||
        strcmp(name, "lttng_ust_lib:load") == 0)
        return CLASS_MAPPED;
    if (strcmp(name, "lttng_ust_lib:unload") == 0)
        return CLASS_UNMAPPED;
    if (strcmp(name, "lttng_ust_statedump:start") == 0)
        return CLASS_LIST_BEGINS;
    return strcmp(name, "lttng_ust_statedump:end") == 0 ? CLASS_LIST_ENDS : CLASS_OTHER;
}

/* ---- layouts ---- */

static void find_contexts(struct class_layout *layout, const bt_event_class *event_class)
{
    const bt_stream_class *stream_class = bt_event_class_borrow_stream_class_const(event_class);
    const bt_field_class *common =
        bt_stream_class_borrow_event_common_context_field_class_const(stream_class);
    const bt_field_class *packet =
        bt_stream_class_borrow_packet_context_field_class_const(stream_class);
    layout->pid = class_member(common, "vpid");
    layout->tid = class_member(common, "vtid");
    layout->thread_name = class_member(common, "procname");
    if (layout->thread_name.reader != READ_TEXT)
        layout->thread_name.index = -1;
    layout->cpu = class_member(packet, "cpu_id");
}

static void find_module_fields(struct class_layout *layout, const bt_field_class *payload)
{
    layout->address = class_member(payload, "addr");
    layout->base = class_member(payload, "baddr");
    layout->size = class_member(payload, "memsz");
    layout->path = class_member(payload, "path");
    layout->is_pic = class_member(payload, "is_pic");
}

static uint64_t hash_of_function(const char *event_name)
{
    const char *end = strrchr(event_name, '_');
    return text_hash_bytes(TEXT_HASH_START, event_name, (size_t)(end - event_name));
}

/* The extra fields of an entry. */
static unsigned entry_extras(const struct trace_extras *extras, const char *name)
{
    uintptr_t own = (uintptr_t)table_get(&extras->of_exits, hash_of_function(name));
    if (own)
        return (unsigned)(own - 1) & ~FIELD_ROLES_EXIT_ONLY;
    if (extras->has_exits)
        return extras->any_exit & ~FIELD_ROLES_EXIT_ONLY;
    /* One entry alone tells nothing. */
    return extras->n_entries > 1 ? extras->all_entries & ~FIELD_ROLES_EXIT_ONLY : 0;
}

static int make_fields(struct layouts *layouts, struct class_layout *layout,
                       const bt_field_class *payload, const char *name,
                       const struct trace_extras *extras)
{
    struct field *fields;
    struct event_layout *common = &layout->layout;
    int rc = class_fields(&layouts->arena, payload, &fields, &layout->members, &common->n_fields);
    if (rc < 0)
        return rc;
    size_t n = common->n_fields;
    unsigned mask =
        common->kind == HIT_EXIT ? field_roles_extras(fields, n, true) : entry_extras(extras, name);
    common->n_extras = field_roles_set_extras(fields, n, mask, common->extras);
    field_roles_set_pointees(fields, n - common->n_extras);
    common->fields = fields;
    return 0;
}

static int announce_layout(struct layouts *layouts, struct class_layout *layout, const char *name,
                           struct event_consumer *consumer)
{
    layout->layout.id = layouts->n_functions++;
    layout->layout.value = class_value;
    layout->layout.cpu = class_cpu;
    if (layout->kind == CLASS_ADDRESS)
        return consumer->layout(consumer->data, &layout->layout, NULL, NULL);
    const char *colon = strchr(name, ':'), *end = strrchr(name, '_');
    char *module = arena_strndup(&layouts->arena, name, (size_t)(colon - name));
    char *function = arena_strndup(&layouts->arena, colon + 1, (size_t)(end - colon - 1));
    if (!module || !function)
        return -ENOMEM;
    return consumer->layout(consumer->data, &layout->layout, module, function);
}

/* An event of our own traces has two classes, which are equal but for their IDs. */
static bool is_of_jumps(const struct trace_extras *extras, const bt_event_class *event_class)
{
    return extras->jump_ids > 0 && bt_event_class_get_id(event_class) >= extras->jump_ids;
}

static int make_layout(struct layouts *layouts, const bt_event_class *event_class,
                       const struct trace_extras *extras, struct event_consumer *consumer)
{
    const char *name = bt_event_class_get_name(event_class);
    const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(event_class);
    struct class_layout *layout = arena_alloc(&layouts->arena, sizeof(*layout));
    const bt_event_class **slot = layout ? vec_push(&layouts->classes) : NULL;
    if (!slot)
        return -ENOMEM;
    *slot = event_class;
    bt_event_class_get_ref(event_class);
    layout->kind = name ? kind_by_name(name, &layout->layout.kind) : CLASS_OTHER;
    layout->layout.by_jump = is_of_jumps(extras, event_class);
    find_contexts(layout, event_class);
    find_module_fields(layout, payload);
    int rc = 0;
    if (layout->kind == CLASS_FUNCTION || layout->kind == CLASS_ADDRESS)
        rc = make_fields(layouts, layout, payload, name, extras);
    if (rc == 0)
        rc = table_put(&layouts->by_class, (uint64_t)(uintptr_t)event_class, layout);
    if (rc == 0 && (layout->kind == CLASS_FUNCTION || layout->kind == CLASS_ADDRESS))
        rc = announce_layout(layouts, layout, name, consumer);
    return rc;
}

/* ---- traces ---- */

static int note_extras(struct trace_extras *extras, const bt_event_class *event_class)
{
    const char *name = bt_event_class_get_name(event_class);
    enum hit_kind kind;
    struct arena arena = {0};
    struct field *fields;
    struct member *members;
    size_t n;
    if (!name || is_of_jumps(extras, event_class) || kind_by_name(name, &kind) != CLASS_FUNCTION)
        return 0;
    int rc = class_fields(&arena, bt_event_class_borrow_payload_field_class_const(event_class),
                          &fields, &members, &n);
    unsigned mask = rc == 0 ? field_roles_extras(fields, n, kind == HIT_EXIT) : 0;
    arena_free(&arena);
    if (rc < 0)
        return rc;
    if (kind == HIT_ENTRY) {
        extras->all_entries = extras->n_entries++ ? extras->all_entries & mask : mask;
        return 0;
    }
    extras->has_exits = true;
    extras->any_exit |= mask;
    return table_put(&extras->of_exits, hash_of_function(name), (void *)(uintptr_t)(mask + 1));
}

/* Calls a function for each event class of the trace. */
static int each_class(const bt_trace *trace,
                      int (*visit)(void *data, const bt_event_class *event_class), void *data)
{
    const bt_trace_class *trace_class = bt_trace_borrow_class_const(trace);
    uint64_t n = bt_trace_class_get_stream_class_count(trace_class);
    for (uint64_t i = 0; i < n; i++) {
        const bt_stream_class *stream_class =
            bt_trace_class_borrow_stream_class_by_index_const(trace_class, i);
        uint64_t n_events = bt_stream_class_get_event_class_count(stream_class);
        for (uint64_t k = 0; k < n_events; k++) {
            int rc =
                visit(data, bt_stream_class_borrow_event_class_by_index_const(stream_class, k));
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int note_class(void *data, const bt_event_class *event_class)
{
    return note_extras(data, event_class);
}

struct add_request {
    struct layouts *layouts;
    const struct trace_extras *extras;
    struct event_consumer *consumer;
};

static int add_new_class(void *data, const bt_event_class *event_class)
{
    const struct add_request *request = data;
    return layouts_find(request->layouts, event_class)
               ? 0
               : make_layout(request->layouts, event_class, request->extras, request->consumer);
}

/* As tp/ctf/ctf_packet.h has it. */
static uint64_t jump_ids_of(const bt_trace *trace)
{
    const bt_value *value =
        bt_trace_borrow_environment_entry_value_by_name_const(trace, "jump_event_ids");
    int64_t first =
        value && bt_value_is_signed_integer(value) ? bt_value_integer_signed_get(value) : 0;
    return first > 0 ? (uint64_t)first : 0;
}

int layouts_add_trace(struct layouts *layouts, const bt_trace *trace,
                      struct event_consumer *consumer)
{
    struct trace_extras extras = {.jump_ids = jump_ids_of(trace)};
    struct add_request request = {layouts, &extras, consumer};
    int rc = each_class(trace, note_class, &extras);
    if (rc == 0)
        rc = each_class(trace, add_new_class, &request);
    table_free(&extras.of_exits);
    return rc;
}
