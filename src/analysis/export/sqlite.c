/* SPDX-License-Identifier: MIT */
/*
 * A database of SQLite: the table `calls`, and one for each function with the values of its calls.
 * It is written in one transaction without a journal, since nobody finds it before it is complete.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/event_value.h"
#include "analysis/export/formats.h"
#include "analysis/export/sqlite_tables.h"
#include "util/cleanup.h"
#include "util/text.h"

struct sqlite_export {
    sqlite3 *db;
    struct sqlite_tables *tables;
    sqlite3_stmt *insert_call, *insert_gap;
};

/* A value for a column, and how values of entries are kept: with the `length` bytes of its text
   behind it. */
struct column_value {
    enum { COLUMN_NULL, COLUMN_INTEGER, COLUMN_REAL, COLUMN_TEXT } kind;
    uint16_t column;
    uint32_t length;
    union {
        int64_t integer;
        double real;
    };
};

static const char SCHEMA[] =
    "PRAGMA journal_mode = OFF;"
    "PRAGMA synchronous = OFF;"
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA cache_size = -32768;" /* KiB */
    "BEGIN;"
    "CREATE TABLE calls(id INTEGER PRIMARY KEY, function TEXT, module TEXT, pid INTEGER,"
    " tid INTEGER, start_ns INTEGER, duration_ns INTEGER, self_ns INTEGER, depth INTEGER,"
    " parent INTEGER, end_ns INTEGER, cpu_ns INTEGER, thread TEXT, ended TEXT);"
    "CREATE TABLE functions(function TEXT, module TEXT, table_name TEXT);"
    "CREATE TABLE gaps(begin_ns INTEGER, end_ns INTEGER, events INTEGER, packets INTEGER,"
    " is_pause INTEGER);"
    "CREATE TABLE about(exporter TEXT, trace TEXT, times TEXT);";

static const char INDEXES[] = "CREATE INDEX calls_of ON calls(function, duration_ns);"
                              "CREATE INDEX calls_at ON calls(start_ns);"
                              "CREATE INDEX calls_by ON calls(parent) WHERE parent IS NOT NULL;"
                              "COMMIT;";

/* ---- the database ---- */

/* The errno, which is that of the output unless memory is out. */
static int failed_output(struct export *export, int rc)
{
    export->output_failed |= rc < 0 && rc != -ENOMEM;
    return rc;
}

static int sqlite_prepare_insert(sqlite3 *db, const char *sql, sqlite3_stmt **statement)
{
    return sqlite_errno(
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

static int sqlite_about(struct export *export, sqlite3 *db)
{
    char *sql =
        sqlite3_mprintf("INSERT INTO about VALUES('ptrace_tracer ' || %Q, %Q, %Q)",
                        export->options.version, export->options.name, export->net ? "net" : "raw");
    int rc = sql ? sqlite_run(db, sql) : -ENOMEM;
    sqlite3_free(sql);
    return rc;
}

/* Indexes are sorted in files without a name: beside the database, so that there is one place that
   must have room. */
static int sort_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    sqlite3_temp_directory = sqlite3_mprintf("%.*s", (int)(slash - path) + 1, path);
    return sqlite3_temp_directory ? 0 : -ENOMEM;
}

static int sqlite_begin(struct export *export)
{
    const char *path = export->options.path;
    struct sqlite_export *state = export->state = calloc(1, sizeof(*state));
    if (!state)
        return -ENOMEM;
    /* ":memory:" and "file:" would be no files. */
    cleanup(cleanup_free) char *plain = text_format("%s%s", *path == '/' ? "" : "./", path);
    if (!plain || sort_beside(plain) < 0)
        return -ENOMEM;
    int result =
        sqlite3_open_v2(plain, &state->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    int rc = sqlite_errno(result);
    if (rc == 0)
        rc = sqlite_run(state->db, SCHEMA);
    if (rc == 0)
        rc = sqlite_about(export, state->db);
    if (rc == 0)
        rc = sqlite_prepare_insert(
            state->db, "INSERT INTO calls VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
            &state->insert_call);
    if (rc == 0)
        rc = sqlite_prepare_insert(state->db, "INSERT INTO gaps VALUES(?1,?2,?3,?4,?5)",
                                   &state->insert_gap);
    if (rc < 0)
        return failed_output(export, rc);
    state->tables = sqlite_tables_new(state->db);
    return state->tables ? 0 : -ENOMEM;
}

static void sqlite_release(struct export *export)
{
    struct sqlite_export *state = export->state;
    sqlite_tables_free(state->tables);
    sqlite3_finalize(state->insert_call);
    sqlite3_finalize(state->insert_gap);
    sqlite3_close(state->db);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = NULL;
    free(state);
}

static int sqlite_end(struct export *export)
{
    struct sqlite_export *state = export->state;
    uint64_t n_left_out = sqlite_tables_left_out(state->tables);
    if (n_left_out)
        snprintf(export->limits[0], sizeof(export->limits[0]),
                 "%llu fields of events are left out: a table has at most %d columns",
                 (unsigned long long)n_left_out, sqlite3_limit(state->db, SQLITE_LIMIT_COLUMN, -1));
    return failed_output(export, sqlite_run(state->db, INDEXES));
}

/* ---- values ---- */

/* The text of a value, UTF-8: what is no visible character is escaped as \xNN. *copy is to be
   freed. */
static const char *column_text(struct column_value *value, const char *text, char **copy)
{
    size_t length = strlen(text), clean = 0, n;
    while (clean < length && (n = text_visible_length(text + clean, length - clean)) > 0)
        clean += n;
    if (clean < length) {
        *copy = malloc(4 * length + 1);
        if (!*copy)
            return NULL;
        length = text_escape(*copy, 4 * length + 1, text, length);
        text = *copy;
    }
    value->kind = COLUMN_TEXT;
    value->length = (uint32_t)length;
    return text;
}

static const char *column_hex(struct column_value *value, uint64_t bits, char **copy)
{
    *copy = text_format("0x%llx", (unsigned long long)bits);
    return *copy ? column_text(value, *copy, &(char *){NULL}) : NULL;
}

/* Fills in the value of a field. *text: of COLUMN_TEXT; *copy is to be freed. */
static int column_value_of(const struct trace_event *event, size_t i, struct column_value *value,
                           const char **text, char **copy)
{
    const struct field *field = &event->layout->fields[i];
    enum pointee_state state = event_pointee_state(event, field);
    struct event_value found = event_value_of(event, (int)i);
    bool is_address = field->kind == VALUE_POINTER || field->kind == VALUE_WORD;
    *text = "";
    value->kind = COLUMN_NULL;
    if (state == POINTEE_BAD)
        *text = column_text(value, "(bad address)", copy);
    if (state != POINTEE_READ)
        return 0;
    switch (found.kind) {
    case EVENT_VALUE_ABSENT:
        break;
    case EVENT_VALUE_SIGNED:
        value->kind = COLUMN_INTEGER;
        value->integer = found.number;
        break;
    case EVENT_VALUE_UNSIGNED:
        /* Integers are signed there. A column of them takes these as texts, which follow all
           numbers in order. */
        if (is_address || found.bits > INT64_MAX)
            *text = column_hex(value, found.bits, copy);
        else {
            value->kind = COLUMN_INTEGER;
            value->integer = (int64_t)found.bits;
        }
        break;
    case EVENT_VALUE_REAL:
        if (isnan(found.real)) /* would be NULL */
            *text = column_text(value, signbit(found.real) ? "-nan" : "nan", copy);
        else {
            value->kind = COLUMN_REAL;
            value->real = found.real;
        }
        break;
    case EVENT_VALUE_TEXT:
        *text = column_text(value, found.text, copy);
        break;
    }
    return *text ? 0 : -ENOMEM;
}

/* `text` must be valid until the row is written. */
static int bind_value(sqlite3_stmt *statement, const struct column_value *value, const char *text)
{
    switch (value->kind) {
    case COLUMN_INTEGER:
        return sqlite3_bind_int64(statement, value->column, value->integer);
    case COLUMN_REAL:
        return sqlite3_bind_double(statement, value->column, value->real);
    case COLUMN_TEXT:
        return sqlite3_bind_text(statement, value->column, text, (int)value->length,
                                 SQLITE_TRANSIENT);
    default:
        return SQLITE_OK;
    }
}

/* Writes the values of an entry to `kept`, or binds those of an exit to the statement. */
static int take_event_values(struct sqlite_export *state, const struct traced_function *function,
                             const struct trace_event *event, FILE *kept, sqlite3_stmt *statement)
{
    const uint16_t *columns;
    int rc = sqlite_tables_columns(state->tables, function, event->layout, &columns);
    for (size_t i = 0; rc == 0 && i < event->layout->n_fields; i++) {
        if (columns[i] == 0)
            continue;
        struct column_value value = {.column = columns[i]};
        cleanup(cleanup_free) char *copy = NULL;
        const char *text;
        rc = column_value_of(event, i, &value, &text, &copy);
        if (rc == 0 && kept) {
            fwrite(&value, sizeof(value), 1, kept);
            fwrite(text, 1, value.length, kept);
        } else if (rc == 0)
            rc = sqlite_errno(bind_value(statement, &value, text));
    }
    return rc;
}

static int sqlite_keep(struct export *export, const struct trace_event *entry, FILE *kept)
{
    return take_event_values(export->state, entry->function, entry, kept, NULL);
}

/* ---- rows ---- */

static int finish_row(sqlite3_stmt *statement)
{
    errno = 0;
    int rc = sqlite_errno(sqlite3_step(statement));
    sqlite3_reset(statement);
    return rc;
}

static int put_row_values(struct sqlite_export *state, const struct exported_call *call,
                          const struct trace_event *exit)
{
    sqlite3_stmt *statement;
    const uint16_t *columns;
    int rc =
        exit ? sqlite_tables_columns(state->tables, call->function, exit->layout, &columns) : 0;
    if (rc == 0)
        rc = sqlite_tables_statement(state->tables, call->function, &statement);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(statement, 1, (int64_t)call->id);
    for (size_t at = 0; rc == 0 && at < call->kept_size;) {
        struct column_value value;
        memcpy(&value, call->arguments + at, sizeof(value));
        at += sizeof(value);
        rc = sqlite_errno(bind_value(statement, &value, call->arguments + at));
        at += value.length;
    }
    if (rc == 0 && exit)
        rc = take_event_values(state, call->function, exit, NULL, statement);
    return rc < 0 ? rc : finish_row(statement);
}

static void bind_known(sqlite3_stmt *statement, int column, bool is_known, int64_t number)
{
    if (is_known)
        sqlite3_bind_int64(statement, column, number);
    else
        sqlite3_bind_null(statement, column);
}

static int sqlite_call(struct export *export, const struct exported_call *call,
                       const struct trace_event *exit)
{
    struct sqlite_export *state = export->state;
    const struct export_thread *thread = call->thread;
    sqlite3_stmt *row = state->insert_call;
    char thread_name[4 * THREAD_NAME_SIZE];
    const char *name, *module;
    int rc = sqlite_tables_names(state->tables, call->function, &name, &module);
    if (rc < 0)
        return rc;
    text_escape(thread_name, sizeof(thread_name), thread->name, strlen(thread->name));
    sqlite3_bind_int64(row, 1, (int64_t)call->id);
    sqlite3_bind_text(row, 2, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, module, -1, SQLITE_STATIC);
    bind_known(row, 4, thread->pid != 0, thread->pid);
    bind_known(row, 5, thread->tid != 0, thread->tid);
    bind_known(row, 6, call->end != CALL_OPEN, (int64_t)call->entry_ns);
    bind_known(row, 7, call->has_duration, export_duration(export, &call->times));
    bind_known(row, 8, call->has_self, export_self(export, &call->times));
    sqlite3_bind_int64(row, 9, call->depth);
    bind_known(row, 10, call->parent_id != 0, (int64_t)call->parent_id);
    bind_known(row, 11, call->has_exit, (int64_t)call->exit_ns);
    bind_known(row, 12, call->times.has_cpu, export_cpu(export, &call->times));
    sqlite3_bind_text(row, 13, thread_name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(row, 14, export_end_word(call), -1, SQLITE_STATIC);
    rc = finish_row(row);
    if (rc == 0)
        rc = put_row_values(state, call, exit);
    return failed_output(export, rc);
}

static int sqlite_gap(struct export *export, const struct trace_gap *gap)
{
    struct sqlite_export *state = export->state;
    sqlite3_stmt *row = state->insert_gap;
    sqlite3_bind_int64(row, 1, (int64_t)gap->begin_ns);
    sqlite3_bind_int64(row, 2, (int64_t)gap->end_ns);
    bind_known(row, 3, gap->n_events != 0, (int64_t)gap->n_events);
    bind_known(row, 4, gap->n_packets != 0, (int64_t)gap->n_packets);
    sqlite3_bind_int64(row, 5, gap->is_pause);
    return failed_output(export, finish_row(row));
}

const struct export_format export_sqlite = {
    .name = "sqlite",
    .what = "a database for sqlite3",
    .needs_file = true,
    .keep = sqlite_keep,
    .begin = sqlite_begin,
    .call = sqlite_call,
    .gap = sqlite_gap,
    .end = sqlite_end,
    .release = sqlite_release,
};
