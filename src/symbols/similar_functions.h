/* SPDX-License-Identifier: MIT */
/* Finds the functions that a misspelt name was probably meant to be. */
#ifndef SYMBOLS_SIMILAR_FUNCTIONS_H
#define SYMBOLS_SIMILAR_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/suggest.h"

struct image;

struct similar_function {
    const struct image *image;
    const char *name;       /* these live as long as the catalog */
    const char *parameters; /* if other functions have the name; else NULL */
    unsigned distance;
};

struct similar_search {
    struct suggest_query query;
    bool each_overload;
    unsigned limit; /* of the distance */
    size_t n;
    struct similar_function found[SUGGESTIONS_MAX]; /* the smallest distance first */
    size_t n_around; /* functions that have the word in their names */
};

/*
 * Prepares a search for a word, in which '*' stands for any text, and which must live as long as
 * the search. Similar is a name that differs in a third of the word's characters at most, in upper
 * and lower case only, or in the scopes in front of it ("geo::print" for "print"). `each_overload`:
 * the functions of one name are several, not one.
 */
void similar_search_begin(struct similar_search *search, const char *word, bool each_overload);
/* Adds the functions of the image, if they are known (image_probes()). Takes 10 ms for 100,000. */
void similar_search_image(struct similar_search *search, struct image *image);

#endif
