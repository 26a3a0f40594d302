/* SPDX-License-Identifier: MIT */
#include "symbols/argument_places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/abi/abi_code.h"
#include "symbols/passing.h"
#include "util/cleanup.h"

/* The function's code; read when it is first needed. */
struct code_reader {
    const struct image *image;
    const struct function *function;
    bool is_read;
    struct abi_code code;
};

static const struct abi_code *code_of(struct code_reader *reader)
{
    enum { CODE_MAX = 1 << 16 };
    if (reader->is_read)
        return &reader->code;
    reader->is_read = true;
    reader->code = abi_code_read(NULL, 0);
    uint64_t size = reader->function->size;
    cleanup(cleanup_free) uint8_t *bytes = size && size <= CODE_MAX ? malloc(size) : NULL;
    if (bytes && image_read_code(reader->image, reader->function->entry, bytes, size))
        reader->code = abi_code_read(bytes, size);
    return &reader->code;
}

static uint32_t registers_of(const struct abi_location *at)
{
    uint32_t set = abi_code_register(&at->place) | abi_code_register(&at->second);
    struct value_place place = at->place;
    for (unsigned i = 1; i < at->n; i++) {
        place.index++;
        set |= abi_code_register(&place);
    }
    return set;
}

/* Whether a value of the type can lie there. Debug information may be wrong. */
static bool fits(const struct abi_location *at, const struct c_type *type)
{
    const struct abi_value *value = &type->abi;
    if (value->shape == ABI_VOID || value->shape == ABI_UNCLASSIFIED)
        return false;
    if (at->where == ABI_ADDRESS || at->place.kind == PLACE_STACK_ARG)
        return true;
    if (value->shape == ABI_INDIRECT)
        return false;
    if (at->where == ABI_PIECES)
        return value->size > 8 && value->size <= 16;
    for (size_t i = 0; i < value->n_parts; i++)
        if (value->parts[i].kind == ABI_EXTENDED)
            return false;
    bool is_scalar = value->shape == ABI_SCALAR && value->n_parts == 1,
         is_integer = is_scalar && value->parts[0].kind == ABI_INTEGER,
         is_float = is_scalar && !is_integer;
    if (at->place.kind == PLACE_INTEGER_ARG)
        return value->size <= 8 && !is_float;
    return !is_integer && (value->size <= 8 || is_scalar);
}

/* The place that debug information gives, as far as it is possible. */
static struct abi_location claim_of(const struct parameter *parameter)
{
    struct abi_location claim = parameter->claim.at;
    /* An argument passed by invisible reference never lies among the arguments itself: LLVM gives
       the place of the reference. */
    if (parameter->type->abi.shape == ABI_INDIRECT && claim.where == ABI_WHOLE &&
        claim.place.kind == PLACE_STACK_ARG)
        claim.where = ABI_ADDRESS;
    bool may_be_indirect = parameter->type->abi.uncertain & ABI_MAY_BE_INDIRECT;
    if (!fits(&claim, parameter->type) ||
        (may_be_indirect && claim.where != ABI_ADDRESS && parameter->passing != PASSING_DIRECT))
        claim = (struct abi_location){0};
    return claim;
}

/* Whether the two contradict each other. Pieces that only one of them knows are not compared. */
static bool differ(const struct abi_location *claim, const struct abi_location *abi)
{
    if (claim->where == ABI_NOWHERE || abi->where == ABI_NOWHERE)
        return false;
    if ((claim->where == ABI_ADDRESS) != (abi->where == ABI_ADDRESS))
        return true;
    bool first = claim->place.kind && abi->place.kind,
         second = claim->second.kind && abi->second.kind;
    return (first && !place_is_same(&claim->place, &abi->place)) ||
           (second && !place_is_same(&claim->second, &abi->second));
}

/* Whether the ABI gives all of the claimed place, too. Debug information has no single place for a
   value in several registers, unless its compiler follows another convention. */
static bool agree(const struct abi_location *claim, const struct abi_location *abi)
{
    return abi->where != ABI_NOWHERE && abi->where != ABI_ELEMENTS && !differ(claim, abi) &&
           (claim->place.kind == PLACE_NONE || abi->place.kind != PLACE_NONE) &&
           (claim->second.kind == PLACE_NONE || abi->second.kind != PLACE_NONE);
}

static bool is_complete(const struct abi_location *at)
{
    return at->where == ABI_PIECES ? at->place.kind != PLACE_NONE && at->second.kind != PLACE_NONE
                                   : at->where != ABI_NOWHERE;
}

static bool is_on_stack(const struct abi_location *at)
{
    return at->place.kind == PLACE_STACK_ARG;
}

/* Whether the compiler tracked the parameter through the code, so that a single location means that
   it never moves. GCC does not track parameters without a name. */
static bool is_tracked(const struct signature *signature, const struct parameter *parameter)
{
    return signature->context.is_llvm || (signature->context.tracks_variables && parameter->name);
}

/*
 * Whether the claim holds at the first instruction. A claim for the whole function does if its
 * registers are modified by nothing but calls: a value lost at a call cannot come back. If the
 * compiler did not track the parameter, the value may never have been there: the location may be
 * that of a copy that was optimised away.
 */
static bool is_sure(const struct signature *signature, const struct parameter *parameter,
                    const struct abi_location *claim, struct code_reader *reader)
{
    uint32_t registers = registers_of(claim);
    return !parameter->claim.is_whole_function || !registers ||
           (is_tracked(signature, parameter) &&
            !(registers & (code_of(reader)->written | code_of(reader)->results)));
}

/* Whether the claim is reliable and names the same integer register as the ABI. */
static bool is_corroborated(const struct signature *signature, const struct parameter *parameter,
                            const struct abi_location *claim, const struct abi_location *abi)
{
    return claim->place.kind == PLACE_INTEGER_ARG && agree(claim, abi) &&
           (!parameter->claim.is_whole_function || is_tracked(signature, parameter));
}

/*
 * Whether the code looks like that of a function that gets a value in `passed` by the ABI: it reads
 * the registers before it writes them.
 */
static bool reads_register_first(uint32_t passed, struct code_reader *reader)
{
    return (passed & ~code_of(reader)->read_first) == 0 && !code_of(reader)->saves_volatile;
}

/* What a parameter's location says about the function's convention. */
enum verdict {
    VERDICT_FINE,
    VERDICT_DOUBT,        /* possibly another convention than the ABI */
    VERDICT_CONTRADICTION /* certainly another convention than the ABI */
};

static enum verdict check_parameter(const struct signature *signature,
                                    const struct parameter *parameter,
                                    const struct abi_location *claim,
                                    const struct abi_location *abi, struct code_reader *reader)
{
    const struct location_claim *raw = &parameter->claim;
    const struct abi_value *value = &parameter->type->abi;
    /* Unoptimised code of GCC keeps an x87 argument where it is on the stack. If it is in the
       function's own frame, and the options are not recorded, the argument is not an x87 value
       (-mlong-double-128). */
    if (signature->context.is_gcc && !signature->context.options_known &&
        value->shape == ABI_SCALAR && value->parts[0].kind == ABI_EXTENDED && raw->is_in_own_frame)
        return VERDICT_CONTRADICTION;
    if (abi->where == ABI_NOWHERE)
        return VERDICT_FINE;
    /* Functions seldom move large values from the stack, either. The Windows convention passes
       their addresses. */
    if (signature->context.is_gcc && !signature->context.is_unoptimised &&
        raw->at.where == ABI_NOWHERE && is_on_stack(abi) && abi->where == ABI_WHOLE &&
        value->size >= 16)
        return VERDICT_DOUBT;
    if (raw->is_elsewhere && !signature->context.is_llvm) {
        if (raw->is_behind && abi->where != ABI_ADDRESS)
            return VERDICT_CONTRADICTION;
        return reads_register_first(registers_of(abi), reader) ? VERDICT_FINE : VERDICT_DOUBT;
    }
    if (claim->where == ABI_NOWHERE)
        return VERDICT_FINE;
    if (differ(claim, abi)) {
        /* It lies in the caller's frame, where the ABI has no place for values passed in registers,
           or in a register that the function does not modify. */
        if (is_sure(signature, parameter, claim, reader))
            return VERDICT_CONTRADICTION;
        /* The function keeps it in another place than it was passed in. */
        return reads_register_first(registers_of(abi), reader) ? VERDICT_FINE : VERDICT_DOUBT;
    }
    /* The function may happen to keep it where the ABI would pass it. */
    uint32_t registers = registers_of(claim);
    if (!raw->is_whole_function || is_tracked(signature, parameter) || !registers ||
        reads_register_first(registers & code_of(reader)->written_first, reader))
        return VERDICT_FINE;
    return VERDICT_DOUBT;
}

/*
 * Whether a function without parameters reads an argument register: another convention may pass
 * there the address of a result that the ABI returns in registers. Conventions differ only for
 * results that are not scalars.
 */
static bool reads_more_arguments(const struct signature *signature, struct code_reader *reader)
{
    enum abi_shape shape = signature->result->abi.shape;
    if (!signature->context.is_gcc || signature->n || signature->variadic || shape == ABI_VOID ||
        shape == ABI_SCALAR || shape == ABI_UNCLASSIFIED)
        return false;
    static const struct value_place first = {.kind = PLACE_INTEGER_ARG};
    uint32_t passed = signature->result_at.where == ABI_ADDRESS ? abi_code_register(&first) : 0;
    return code_of(reader)->read_or_stored & ~passed;
}

/* Whether the function follows another convention than the ABI, or may do so. */
static bool is_contradicted(const struct signature *signature, const struct abi_location *claims,
                            const struct abi_location *abi, struct code_reader *reader)
{
    bool doubt = false, corroborated = false;
    for (size_t i = 0; i < signature->n; i++)
        corroborated |= is_corroborated(signature, &signature->parameters[i], &claims[i], &abi[i]);
    for (size_t i = 0; i < signature->n; i++) {
        enum verdict verdict =
            check_parameter(signature, &signature->parameters[i], &claims[i], &abi[i], reader);
        if (verdict == VERDICT_CONTRADICTION)
            return true;
        doubt |= verdict == VERDICT_DOUBT;
    }
    return abi_has_other_conventions() && !corroborated &&
           (doubt || reads_more_arguments(signature, reader) ||
            (signature->context.is_gcc && code_of(reader)->saves_volatile));
}

/*
 * Whether the stack slot may have been filled by the function itself: other conventions reserve
 * space in the caller's frame for values passed in registers. LLVM does not use it.
 */
static bool may_be_home_space(const struct signature *signature, const struct parameter *parameter,
                              const struct abi_location *claim, const struct abi_location *abi,
                              bool contradicted)
{
    return is_on_stack(claim) && parameter->claim.is_whole_function &&
           !signature->context.is_llvm &&
           (contradicted || (abi->where != ABI_NOWHERE && !is_on_stack(abi)));
}

/*
 * The number of parameters before the first one that may be missing from debug information.
 * Unoptimised code stores each parameter that it knows: if one does not use its registers, these
 * belong to another parameter. Whether one is missing on the stack is not seen.
 */
static size_t count_certain(const struct signature *signature, const struct abi_location *abi,
                            struct code_reader *reader)
{
    size_t i = 0;
    if (!signature->quirks.may_lack_parameters)
        return signature->n;
    while (i < signature->n && !is_on_stack(&abi[i]) &&
           (registers_of(&abi[i]) & ~code_of(reader)->read_or_stored) == 0)
        i++;
    return i;
}

int argument_places_settle(struct signature *signature, const struct image *image,
                           const struct function *function)
{
    struct code_reader reader = {.image = image, .function = function};
    size_t n = signature->n;
    cleanup(cleanup_free) struct abi_location *abi = calloc(n + 1, sizeof(*abi));
    cleanup(cleanup_free) struct abi_location *claims = calloc(n + 1, sizeof(*claims));
    if (!abi || !claims || passing_place(signature, &signature->result_at, abi) < 0)
        return -ENOMEM;
    for (size_t i = count_certain(signature, abi, &reader); i < n; i++)
        abi[i] = (struct abi_location){0};
    for (size_t i = 0; i < n; i++)
        claims[i] = claim_of(&signature->parameters[i]);
    struct codegen_quirks *quirks = &signature->quirks;

    bool contradicted =
        quirks->other_convention || (quirks->abi_parameters && !signature->is_declared &&
                                     is_contradicted(signature, claims, abi, &reader));
    if (contradicted)
        quirks->abi_parameters = quirks->abi_result = false;
    if (!quirks->abi_result)
        signature->result_at = (struct abi_location){0};

    for (size_t i = 0; i < n; i++) {
        struct parameter *parameter = &signature->parameters[i];
        struct abi_location claim = claims[i];
        bool believed =
            quirks->abi_parameters && agree(&claim, &abi[i])
                ? true
                : is_sure(signature, parameter, &claim, &reader) &&
                      !may_be_home_space(signature, parameter, &claim, &abi[i], contradicted);
        if (!believed)
            claim = (struct abi_location){0};
        parameter->at = is_complete(&claim) || !quirks->abi_parameters ? claim : abi[i];
    }
    return 0;
}
