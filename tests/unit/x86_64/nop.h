/* SPDX-License-Identifier: MIT */
/* An instruction without effect: nop. */
#ifndef UNIT_NOP_H
#define UNIT_NOP_H

#include <stdint.h>

static const uint8_t nop[] = {0x90};

#endif
