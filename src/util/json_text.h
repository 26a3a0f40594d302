/* SPDX-License-Identifier: MIT */
/* Strings in JSON (RFC 8259). */
#ifndef UTIL_JSON_TEXT_H
#define UTIL_JSON_TEXT_H

#include <stdio.h>

/*
 * Writes the text as a JSON string, with its quotes. The result is ASCII but for visible characters
 * (util/text.h), so that it is safe on a terminal, too: other characters are \uNNNN. A byte that is
 * not UTF-8 becomes the four characters \xNN, since JSON has no such strings.
 */
void json_text_write(FILE *stream, const char *text);

#endif
