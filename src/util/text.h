/* SPDX-License-Identifier: MIT */
/* Text from a target: bounded, and safe to write to a terminal. */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copies `length` bytes of `text` to out (of `size` bytes, NUL included). Bytes that are not part
 * of a visible character (text_visible_length()) become \xNN. Text that does not fit is cut after a
 * whole character or escape. Returns the length written, without the NUL.
 */
size_t text_escape(char *out, size_t size, const char *text, size_t length);

/* The number of bytes (1 to 4) of the valid UTF-8 character at `text`; 0 if there is none. */
size_t text_utf8_length(const char *text, size_t length);

/*
 * Like text_utf8_length(), but 0 for a character that is not visible or that changes how a terminal
 * shows others: controls (general category Cc of the Unicode Standard, 4.5), format characters (Cf:
 * zero-width ones, directions, tags), line and paragraph separators (Zl, Zp), default ignorable
 * characters (Default_Ignorable_Code_Point, 5.21: fillers, variation selectors) and noncharacters
 * (23.7). A space is visible.
 */
size_t text_visible_length(const char *text, size_t length);

/*
 * Writes n characters of `unit` bytes (2: UTF-16, 4: UTF-32, in host byte order, possibly
 * unaligned) as UTF-8 to out (of `size` bytes, NUL included), up to the first that is 0. Invalid
 * characters become U+FFFD. Text that does not fit is cut after a whole character. Returns the
 * length written, without the NUL.
 */
size_t text_from_wide(char *out, size_t size, const void *characters, size_t n, unsigned unit);

/*
 * A hash of n bytes (FNV-1a; draft-eastlake-fnv, section 2), continued from the hash of the
 * preceding bytes, or from TEXT_HASH_START.
 */
#define TEXT_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t text_hash_bytes(uint64_t hash, const char *bytes, size_t n);
/* The same for a string. */
uint64_t text_hash(uint64_t hash, const char *text);
/* The hash of an event's full name, "provider:name". */
uint64_t text_hash_event(const char *provider, const char *name);

/* Formats like asprintf(3). The caller frees the result. NULL: out of memory. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
