/* SPDX-License-Identifier: MIT */
/* Text that came from a target: bounded, and harmless on a terminal. */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copies `length` bytes of `text` into out (of `size` bytes, NUL included). Bytes that are no
 * character which can be seen (text_visible_length()) become \xNN. What does not fit is cut at a
 * whole character or escape. Returns the length written, without the NUL.
 */
size_t text_escape(char *out, size_t size, const char *text, size_t length);

/* The number of bytes (1 to 4) of the valid UTF-8 character at text, or 0 when there is none. */
size_t text_utf8_length(const char *text, size_t length);

/*
 * The same, and 0 also for a character that a reader cannot see, or that changes how a terminal
 * shows others: controls (general category Cc of the Unicode Standard, 4.5), format characters (Cf:
 * zero-width ones, directions, tags), line and paragraph separators (Zl, Zp), what is ignored where
 * it is shown (Default_Ignorable_Code_Point, 5.21: fillers, variation selectors) and noncharacters
 * (23.7). A space is seen.
 */
size_t text_visible_length(const char *text, size_t length);

/*
 * Writes n characters of `unit` bytes (2: UTF-16, 4: UTF-32, in this machine's byte order, not
 * necessarily aligned) as UTF-8 to out (of `size` bytes, NUL included), up to the first that is 0.
 * What is no character becomes U+FFFD; what does not fit is cut at a whole character. Returns the
 * length written, without the NUL.
 */
size_t text_from_wide(char *out, size_t size, const void *characters, size_t n, unsigned unit);

/*
 * A hash of n bytes (FNV-1a; draft-eastlake-fnv, section 2), going on from that of what stands
 * before them, or from TEXT_HASH_START: the parts of a text one after the other give the hash of
 * the whole.
 */
#define TEXT_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t text_hash_bytes(uint64_t hash, const char *bytes, size_t n);
/* The same of a whole string. */
uint64_t text_hash(uint64_t hash, const char *text);
/* Of an event's full name, "provider:name". */
uint64_t text_hash_event(const char *provider, const char *name);

/* strdup-like formatting; NULL when memory is out. The caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
