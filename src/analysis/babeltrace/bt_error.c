/* SPDX-License-Identifier: MIT */
#include "analysis/babeltrace/bt_error.h"

#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void bt_error_forget(void)
{
    const bt_error *error = bt_current_thread_take_error();
    if (error)
        bt_error_release(error);
}

bool bt_error_is_set(void)
{
    const bt_error *error = bt_current_thread_take_error();
    if (error)
        bt_current_thread_move_error(error);
    return error;
}

static const char *cause_text(const bt_error *error, uint64_t i)
{
    return bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, i));
}

/* Copies the first absolute path in quotes. */
static bool find_path(const bt_error *error, char *path, size_t size)
{
    uint64_t n = bt_error_get_cause_count(error);
    for (uint64_t i = 0; i < n; i++) {
        const char *text = cause_text(error, i), *start = strpbrk(text, "'`");
        const char *end = start && start[1] == '/' ? strpbrk(start + 1, "'`") : NULL;
        if (!end)
            continue;
        snprintf(path, size, "%.*s", (int)(end - start - 1), start + 1);
        return true;
    }
    return false;
}

/* In plain words what libbabeltrace2 says of frequent damages. */
static const struct {
    const char *start, *words;
} KNOWN_CAUSES[] = {
    {"Youngest upstream message iterator", "its times go backwards"},
    {"Clock snapshot, once converted", "a time is out of range"},
    {"Cannot convert clock cycles", "a time is out of range"},
    {"No event class with ID", "it has an event of which the metadata do not tell"},
    {"No stream class with ID", "it has a stream of which the metadata do not tell"},
    {"Invalid CTF magic number", "a packet does not begin as one"},
    {"Invalid packet or content size", "the size of a packet is wrong"},
    {"Failed to index", ""},
    {"User function", ""},
    {"Cannot handle state", ""},
    {"BFCR failed", ""},
};

/* The first cause, without the values for who debugs libbabeltrace2 that follow a colon at its
   end. */
static void first_cause(const bt_error *error, char *cause, size_t size)
{
    const char *text = cause_text(error, 0), *values = strstr(text, ": ");
    size_t length = values && strchr(values, '=') ? (size_t)(values - text) : strcspn(text, "\n");
    while (length > 0 && text[length - 1] == '.')
        length--;
    for (size_t i = 0; i < sizeof(KNOWN_CAUSES) / sizeof(KNOWN_CAUSES[0]); i++)
        if (strncmp(text, KNOWN_CAUSES[i].start, strlen(KNOWN_CAUSES[i].start)) == 0) {
            text = KNOWN_CAUSES[i].words;
            length = strlen(text);
            break;
        }
    snprintf(cause, size, "%s%.*s", length ? ": " : "", (int)length, text);
}

int bt_error_set(struct error *err, const char *path)
{
    enum { PATH_SIZE = 400, CAUSE_SIZE = 200 };
    char file[PATH_SIZE], cause[CAUSE_SIZE] = "";
    const bt_error *error = bt_current_thread_take_error();
    if (!error || bt_error_get_cause_count(error) == 0) {
        error_set(err, -EIO, "cannot read %s", path);
    } else if (strncmp(path, "net", 3) == 0 && strstr(path, "://")) {
        first_cause(error, cause, sizeof(cause));
        error_set(err, -EIO, "cannot read %s%s", path, cause);
    } else {
        bool has_file = find_path(error, file, sizeof(file));
        if (has_file && access(file, R_OK) < 0) {
            error_set(err, -errno, "cannot read %s: %s", file, strerror(errno));
            bt_error_release(error);
            return err->code;
        }
        /* Nothing of the trace was read. */
        bool is_metadata = strncmp(cause_text(error, 0), "Cannot create trace", 19) == 0;
        if (!is_metadata)
            first_cause(error, cause, sizeof(cause));
        error_set(err, -EIO, "cannot read %s%s: it is cut or damaged%s", has_file ? file : path,
                  is_metadata ? "/metadata" : "", cause);
    }
    if (error)
        bt_error_release(error);
    return -EIO;
}
