/* SPDX-License-Identifier: MIT */
/* An instruction without effect: nop. */
#ifndef UNIT_NOP_H
#define UNIT_NOP_H

#include <stdint.h>

static const uint8_t nop[] = {0x1f, 0x20, 0x03, 0xd5};

#endif
