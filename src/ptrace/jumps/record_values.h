/* SPDX-License-Identifier: MIT */
/*
 * The values of a hit, straight from its record: a plan says where in the record each field is.
 * Only numbers of up to 8 bytes have such a place. Events with other fields are captured like those
 * of stopped threads (ptrace/capture/capture.h), which takes several times as long.
 */
#ifndef PTRACE_JUMPS_RECORD_VALUES_H
#define PTRACE_JUMPS_RECORD_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "model/hit.h"
#include "model/probe.h"
#include "model/ring.h"
#include "ptrace/arch/stub.h"

enum {
    RECORD_VALUES_MAX = 16,   /* fields of an event that has a plan */
    RECORD_VALUES_READ = 8,   /* so many bytes are read where a value is, however small it is */
    RECORD_PLANS_KEPT = 1024, /* of the returns of different functions */
};

/* Where a field's value is in a record, and how to make 64 bits of it. */
struct record_value {
    uint16_t at; /* offset in the record */
    uint8_t left, right;
    uint8_t is_signed : 1, is_bool : 1, is_float : 1 /* of 4 bytes */;
};

struct record_plan {
    const struct probe *probe; /* NULL: none was made */
    uint64_t generation;
    bool is_direct;  /* false: the values are not all in the record as numbers */
    bool has_floats; /* the result is in a floating point register */
    uint8_t n;       /* without extra fields */
    struct record_value values[RECORD_VALUES_MAX];
};

/* Plans for the events of returns. They depend on the function alone. */
struct record_plans {
    uint64_t generation; /* another one: the plans of before are not valid any more */
    struct record_plan returns[RECORD_PLANS_KEPT];
};

/* Makes the plan for the probe's events of that kind, from records of that layout. */
void record_plan_make(struct record_plan *plan, const struct probe *probe, enum hit_kind kind,
                      const struct stub_layout *layout, uint64_t generation);
/* The plan for the exits of the function, made if needed. */
const struct record_plan *record_plan_of_returns(struct record_plans *plans,
                                                 const struct probe *probe);
/* Sets plan->n values. The record is followed by RECORD_VALUES_READ readable bytes. */
void record_values_set(const struct record_plan *plan, const struct ring_record *record,
                       uint64_t *values);

#endif
