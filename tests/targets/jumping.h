/* SPDX-License-Identifier: MIT */
#ifndef JUMPING_H
#define JUMPING_H

/* Where jumping.c maps the word that a tracer sets; far from the program, its heap and its
   libraries. */
#define JUMPING_GO_ON 0x100000000000

#endif
