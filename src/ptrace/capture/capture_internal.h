/* SPDX-License-Identifier: MIT */
/* The parts of capture among themselves; others use capture.h. */
#ifndef PTRACE_CAPTURE_CAPTURE_INTERNAL_H
#define PTRACE_CAPTURE_CAPTURE_INTERNAL_H

#include "ptrace/capture/capture.h"

/* ---- capture_load.c */

/* Whether what is needed to load from the place has been read, or never will be. */
bool capture_has(const struct capture *capture, const struct value_place *place);
/* Copies what is there of the n bytes at the place; returns how many that were. */
size_t capture_load(const struct capture *capture, const struct value_place *place, uint8_t *to,
                    size_t n);
/* false: the word is not there, *word is 0. */
bool capture_load_word(const struct capture *capture, const struct value_place *place,
                       uint64_t *word);
/* What became of the pointee that the place is in; POINTEE_READ when it is in none. */
enum pointee_state capture_pointee_state(const struct capture *capture,
                                         const struct value_place *place);

/* ---- capture_string.c */

/* Begins with the string of field number `i`, which has a string's kind and whose places have been
   read; sets its text at once where there is nothing to read. */
void captured_string_begin(struct capture *capture, struct captured_string *string, size_t i);
/* The span of the next read of it: up to the end of its page, since what lies behind may not be
   mapped, and process_vm_readv(2) need not give what is in front. */
struct span captured_string_span(const struct capture *capture,
                                 const struct captured_string *string);
/* Takes what that read has brought. */
void captured_string_take(struct capture *capture, struct captured_string *string,
                          const struct span *span);
/* Sets the text of field number `i`: n bytes at most, or fewer where there is a NUL or the room
   ends. */
void capture_put_text(struct capture *capture, size_t i, const char *text, size_t n);
/* The same from n bytes of characters of `unit` bytes, cut by the limit for strings. */
void capture_put_characters(struct capture *capture, size_t i, const void *characters, size_t n,
                            unsigned unit);

/* ---- capture_value.c */

/* Sets the value of field number `i`, which is no string; all it needs has been read. */
void capture_set_value(struct capture *capture, size_t i);

#endif
