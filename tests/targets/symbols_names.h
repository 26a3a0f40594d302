/* SPDX-License-Identifier: MIT */
#ifndef SYMBOLS_NAMES_TARGET_H
#define SYMBOLS_NAMES_TARGET_H

int second(int a, const char *text);
void cold_place(int a) __attribute__((cold));

#endif
