/* SPDX-License-Identifier: MIT */
#include "analysis/export/html/page.h"

/* HTML_PAGE: the path of the two files, without "before" and "after". */
#define INCLUDE_FILE(part)                                                                         \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global html_page_" part "\n"                                                         \
            ".hidden html_page_" part "\n"                                                         \
            ".global html_page_" part "_end\n"                                                     \
            ".hidden html_page_" part "_end\n"                                                     \
            "html_page_" part ":\n"                                                                \
            ".incbin \"" HTML_PAGE part "\"\n"                                                     \
            "html_page_" part "_end:\n"                                                            \
            ".byte 0\n"                                                                            \
            ".popsection\n")

INCLUDE_FILE("before");
INCLUDE_FILE("after");
