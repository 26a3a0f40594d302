/* SPDX-License-Identifier: MIT */
/*
 * The tables of a database with calls, one for each function: the ID of the call, its arguments,
 * its results. Names are made so that no two tables, and no two columns of a table, have one name:
 * SQLite does not tell upper from lower case. Functions return 0 or a negative errno.
 */
#ifndef ANALYSIS_EXPORT_SQLITE_TABLES_H
#define ANALYSIS_EXPORT_SQLITE_TABLES_H

#include <sqlite3.h>
#include <stdint.h>

#include "analysis/function_table.h"
#include "analysis/trace_event.h"
#include "util/error.h"

struct sqlite_tables;

/* The tables of an open database, which must outlive them. NULL: out of memory. */
struct sqlite_tables *sqlite_tables_new(sqlite3 *db);
void sqlite_tables_free(struct sqlite_tables *tables);

/* The names of a function and its module as they are in the database, valid until the end. */
MUST_CHECK int sqlite_tables_names(struct sqlite_tables *tables,
                                   const struct traced_function *function, const char **name,
                                   const char **module);
/* The columns of an event's fields in the table of its function, which gets them when they are new:
 *columns has the number of each field's, 0 for a field without one. Valid until the end. */
MUST_CHECK int sqlite_tables_columns(struct sqlite_tables *tables,
                                     const struct traced_function *function,
                                     const struct event_layout *layout, const uint16_t **columns);
/* The statement that adds a row to the function's table: its parameters are the numbers of the
   columns, and 1 is the call's ID. All are NULL. Valid until the next one. */
MUST_CHECK int sqlite_tables_statement(struct sqlite_tables *tables,
                                       const struct traced_function *function,
                                       sqlite3_stmt **statement);
/* How many fields have no column, since a table has no room for more. */
uint64_t sqlite_tables_left_out(const struct sqlite_tables *tables);

/* The negative errno for a result of the library, before which errno was 0: 0 for SQLITE_OK,
   SQLITE_ROW and SQLITE_DONE. */
int sqlite_errno(int result);
/* Runs an SQL statement that returns nothing. */
MUST_CHECK int sqlite_run(sqlite3 *db, const char *sql);

#endif
