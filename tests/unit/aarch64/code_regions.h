/* SPDX-License-Identifier: MIT */
/* test_code_regions.c: no jumps are planted on this architecture. */
