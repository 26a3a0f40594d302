/* SPDX-License-Identifier: MIT */
#include "analysis/export/sqlite_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analysis/export/export.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/table.h"
#include "util/text.h"
#include "util/vec.h"

/* A statement takes some kilobytes: of many functions, the latest have one. */
enum { STATEMENTS = 1024 };

struct sqlite_column {
    const char *name;
    const char *type;
    const char *field; /* its name */
    /* An argument and a result of one name are two things, extra fields are not. */
    enum { COLUMN_ARGUMENT, COLUMN_RESULT, COLUMN_EXTRA } of;
};

struct sqlite_table {
    const char *name, *function, *module;
    VEC(struct sqlite_column) columns; /* but for the first, the call's ID */
    size_t n_created;                  /* of these; the table is created with its first row */
    bool is_created;
};

struct sqlite_tables {
    sqlite3 *db;
    struct arena memory;
    VEC(struct sqlite_table) tables; /* by the function's ID; without a name: none yet */
    struct table names;              /* of tables, by a hash of the name in lower case */
    struct table columns;            /* uint16_t[], by layout and function */
    size_t columns_max;
    uint64_t n_left_out;
    struct {
        uint32_t function; /* 1 + ID */
        sqlite3_stmt *statement;
    } statements[STATEMENTS];
};

int sqlite_errno(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        /* sqlite3_system_errno() does not tell of all that fails when pages are written. */
        return errno ? -errno : -EIO;
    default:
        return -EIO;
    }
}

int sqlite_run(sqlite3 *db, const char *sql)
{
    errno = 0;
    return sqlite_errno(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* Runs and frees it. */
static int run_built(sqlite3 *db, sqlite3_str *sql)
{
    char *text = sqlite3_str_finish(sql);
    int rc = text ? sqlite_run(db, text) : -ENOMEM;
    sqlite3_free(text);
    return rc;
}

/* ---- names ---- */

/* What SQLite takes as one name: ASCII letters have no case there. */
static uint64_t folded_hash(const char *name)
{
    uint64_t hash = TEXT_HASH_START;
    for (; *name; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name + ('a' - 'A')) : *name;
        hash = text_hash_bytes(hash, &c, 1);
    }
    return hash;
}

/* Names are UTF-8, and nothing in them must change how a terminal shows them. */
static char *visible_name(struct arena *memory, const char *name)
{
    size_t length = strlen(name), size = 4 * length + 1;
    char *visible = arena_alloc(memory, size);
    if (visible)
        text_escape(visible, size, name, length);
    return visible;
}

/* "name", "name_2" and so on: the first that nobody has. */
static const char *unique_table_name(struct sqlite_tables *tables, const char *name)
{
    const char *base = visible_name(&tables->memory, name), *unique = base;
    /* SQLite keeps these names for itself. */
    if (base && (strncasecmp(base, "sqlite_", 7) == 0 || !*base))
        unique = base = arena_format(&tables->memory, "_%s", base);
    for (unsigned n = 2; unique && table_get(&tables->names, folded_hash(unique)); n++)
        unique = arena_format(&tables->memory, "%s_%u", base, n);
    if (unique && table_put(&tables->names, folded_hash(unique), tables) < 0)
        return NULL;
    return unique;
}

static bool has_column(const struct sqlite_table *table, const char *name)
{
    bool found = strcasecmp(name, "call_id") == 0;
    for (size_t i = 0; !found && i < table->columns.count; i++)
        found = strcasecmp(name, table->columns.items[i].name) == 0;
    return found;
}

static const char *unique_column_name(struct sqlite_tables *tables,
                                      const struct sqlite_table *table, const char *name)
{
    const char *base = visible_name(&tables->memory, *name ? name : "_"), *unique = base;
    for (unsigned n = 2; unique && has_column(table, unique); n++)
        unique = arena_format(&tables->memory, "%s_%u", base, n);
    return unique;
}

/* ---- tables and columns ---- */

struct sqlite_tables *sqlite_tables_new(sqlite3 *db)
{
    static const char *const taken[] = {"calls", "functions", "gaps", "about"};
    struct sqlite_tables *tables = calloc(1, sizeof(*tables));
    if (!tables)
        return NULL;
    tables->db = db;
    tables->columns_max = (size_t)sqlite3_limit(db, SQLITE_LIMIT_COLUMN, -1);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (table_put(&tables->names, folded_hash(taken[i]), tables) < 0) {
            sqlite_tables_free(tables);
            return NULL;
        }
    return tables;
}

void sqlite_tables_free(struct sqlite_tables *tables)
{
    if (!tables)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(tables->statements[i].statement);
    for (size_t i = 0; i < tables->tables.count; i++)
        vec_free(&tables->tables.items[i].columns);
    vec_free(&tables->tables);
    table_free(&tables->names);
    table_free(&tables->columns);
    arena_free(&tables->memory);
    free(tables);
}

uint64_t sqlite_tables_left_out(const struct sqlite_tables *tables)
{
    return tables->n_left_out;
}

static const char *column_type(const struct field *field)
{
    switch (field->kind) {
    case VALUE_INTEGER:
    case VALUE_BOOL:
    case VALUE_COUNT:
        return "INTEGER";
    case VALUE_FLOAT:
        return "REAL";
    default:
        return "TEXT";
    }
}

/* Valid until the next call. NULL: out of memory. */
static struct sqlite_table *sqlite_table_of(struct sqlite_tables *tables,
                                            const struct traced_function *function)
{
    while (tables->tables.count <= function->id)
        if (!vec_push(&tables->tables))
            return NULL;
    struct sqlite_table *table = &tables->tables.items[function->id];
    if (!table->name) {
        cleanup(cleanup_free) char *name = export_function_name(function);
        table->function = visible_name(&tables->memory, function->name);
        table->module = visible_name(&tables->memory, function->module);
        if (name && table->function && table->module)
            table->name = unique_table_name(tables, name);
    }
    return table->name ? table : NULL;
}

int sqlite_tables_names(struct sqlite_tables *tables, const struct traced_function *function,
                        const char **name, const char **module)
{
    const struct sqlite_table *table = sqlite_table_of(tables, function);
    if (!table)
        return -ENOMEM;
    *name = table->function;
    *module = table->module;
    return 0;
}

/* The number of the field's column; 0: there is no room; -ENOMEM. Events of one function may have
   different fields, and fields of one name different types. */
static int column_of(struct sqlite_tables *tables, struct sqlite_table *table,
                     const struct event_layout *layout, size_t i)
{
    const struct field *field = &layout->fields[i];
    const char *type = column_type(field);
    int of = i >= layout->n_fields - layout->n_extras ? COLUMN_EXTRA
             : layout->kind == HIT_ENTRY              ? COLUMN_ARGUMENT
                                                      : COLUMN_RESULT;
    for (size_t n = 0; n < table->columns.count; n++) {
        const struct sqlite_column *column = &table->columns.items[n];
        if ((int)column->of == of && column->type == type &&
            strcmp(column->field, field->name) == 0)
            return (int)n + 2;
    }
    if (table->columns.count + 1 >= tables->columns_max) {
        tables->n_left_out++;
        return 0;
    }
    const char *name = unique_column_name(tables, table, field->name);
    const char *kept = arena_strdup(&tables->memory, field->name);
    struct sqlite_column *column = name && kept ? vec_push(&table->columns) : NULL;
    if (!column)
        return -ENOMEM;
    *column = (struct sqlite_column){.name = name, .type = type, .field = kept};
    column->of = of;
    return (int)table->columns.count + 1;
}

int sqlite_tables_columns(struct sqlite_tables *tables, const struct traced_function *function,
                          const struct event_layout *layout, const uint16_t **columns)
{
    uint64_t key = (uint64_t)layout->id << 32 | function->id;
    *columns = table_get(&tables->columns, key);
    if (*columns)
        return 0;
    struct sqlite_table *table = sqlite_table_of(tables, function);
    uint16_t *numbers = arena_array(&tables->memory, layout->n_fields, sizeof(*numbers));
    if (!table || !numbers)
        return -ENOMEM;
    for (size_t i = 0; i < layout->n_fields; i++) {
        if (layout->fields[i].place.kind == PLACE_POINTEE_STATE)
            continue;
        int number = column_of(tables, table, layout, i);
        if (number < 0)
            return number;
        numbers[i] = (uint16_t)number;
    }
    *columns = numbers;
    return table_put(&tables->columns, key, numbers);
}

/* ---- in the database ---- */

static int create_table(sqlite3 *db, struct sqlite_table *table)
{
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendf(sql, "CREATE TABLE \"%w\"(call_id INTEGER PRIMARY KEY", table->name);
    for (size_t i = 0; i < table->columns.count; i++)
        sqlite3_str_appendf(sql, ", \"%w\" %s", table->columns.items[i].name,
                            table->columns.items[i].type);
    sqlite3_str_appendf(sql, "); INSERT INTO functions VALUES(%Q, %Q, %Q)", table->function,
                        table->module, table->name);
    table->is_created = true;
    table->n_created = table->columns.count;
    return run_built(db, sql);
}

static int add_columns(sqlite3 *db, struct sqlite_table *table)
{
    int rc = 0;
    for (; rc == 0 && table->n_created < table->columns.count; table->n_created++) {
        const struct sqlite_column *column = &table->columns.items[table->n_created];
        sqlite3_str *sql = sqlite3_str_new(db);
        sqlite3_str_appendf(sql, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s", table->name,
                            column->name, column->type);
        rc = run_built(db, sql);
    }
    return rc;
}

static int prepare_insert(sqlite3 *db, const struct sqlite_table *table, sqlite3_stmt **statement)
{
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES(?1", table->name);
    for (size_t i = 0; i < table->columns.count; i++)
        sqlite3_str_appendf(sql, ", ?%d", (int)i + 2);
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    int rc = text ? sqlite_errno(sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT,
                                                    statement, NULL))
                  : -ENOMEM;
    sqlite3_free(text);
    return rc;
}

int sqlite_tables_statement(struct sqlite_tables *tables, const struct traced_function *function,
                            sqlite3_stmt **statement)
{
    struct sqlite_table *table = sqlite_table_of(tables, function);
    __typeof__(tables->statements[0]) *slot = &tables->statements[function->id % STATEMENTS];
    int rc = table ? 0 : -ENOMEM;
    bool is_ready = slot->function == function->id + 1 && table && table->is_created &&
                    table->n_created == table->columns.count;
    if (!is_ready) {
        sqlite3_finalize(slot->statement);
        slot->statement = NULL;
        slot->function = function->id + 1;
        if (rc == 0)
            rc = table->is_created ? add_columns(tables->db, table)
                                   : create_table(tables->db, table);
        if (rc == 0)
            rc = prepare_insert(tables->db, table, &slot->statement);
    }
    *statement = slot->statement;
    if (rc == 0)
        sqlite3_clear_bindings(*statement);
    return rc;
}
