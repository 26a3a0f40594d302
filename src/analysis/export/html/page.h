/* SPDX-License-Identifier: MIT */
/* The page without its data: page.html, page.css and the scripts beside it, joined when it is built
   (page.mk) and part of the program. Its data stand between the two parts. */
#ifndef ANALYSIS_EXPORT_HTML_PAGE_H
#define ANALYSIS_EXPORT_HTML_PAGE_H

extern const char html_page_before[], html_page_before_end[];
extern const char html_page_after[], html_page_after_end[];

#endif
