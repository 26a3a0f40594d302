/* SPDX-License-Identifier: MIT */
/* Private to the files of capture. Others use capture.h. */
#ifndef PTRACE_CAPTURE_CAPTURE_INTERNAL_H
#define PTRACE_CAPTURE_CAPTURE_INTERNAL_H

#include "ptrace/capture/capture.h"

/* ---- capture_load.c */

/* Whether the bytes that the place needs have been read, or are known to be unreadable. */
bool capture_has(const struct capture *capture, const struct value_place *place);
/* Copies the n bytes at the place, or as many as were read. Returns how many were copied. */
size_t capture_load(const struct capture *capture, const struct value_place *place, uint8_t *to,
                    size_t n);
/* false: the word could not be read, and *word is 0. */
bool capture_load_word(const struct capture *capture, const struct value_place *place,
                       uint64_t *word);
/* The state of the place's pointee; POINTEE_READ for other places. */
enum pointee_state capture_pointee_state(const struct capture *capture,
                                         const struct value_place *place);

/* ---- capture_string.c */

/* Begins the string of field number `i`, whose kind is VALUE_STRING and whose places have been
   read. Sets its text if there is nothing to read. */
void captured_string_begin(struct capture *capture, struct captured_string *string, size_t i);
/* The span of the next read. It ends at the end of the page, since the next page may not be mapped,
   and process_vm_readv(2) may then return nothing. */
struct span captured_string_span(const struct capture *capture,
                                 const struct captured_string *string);
/* Takes the result of that read. */
void captured_string_take(struct capture *capture, struct captured_string *string,
                          const struct span *span);
/* Sets the text of field number `i`, up to n bytes, the first NUL or the end of the buffer. */
void capture_put_text(struct capture *capture, size_t i, const char *text, size_t n);
/* The same for n bytes of characters of `unit` bytes, cut at the string limit. */
void capture_put_characters(struct capture *capture, size_t i, const void *characters, size_t n,
                            unsigned unit);

/* ---- capture_value.c */

/* Sets the value of field number `i`, which is not a string. All it needs has been read. */
void capture_set_value(struct capture *capture, size_t i);

#endif
