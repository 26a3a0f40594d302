/* SPDX-License-Identifier: MIT */
#include "symbols/signature.h"

#include <dwarf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf/dwarf_params.h"
#include "symbols/dwarf/dwarf_read.h"

/*
 * What the location of a class tells about how it is passed, whether or not it is valid at the
 * first instruction. LLVM may leave out the indirection, but does not add one.
 */
static enum passing passing_of(const struct dwarf_param *param, const struct abi_location *at,
                               bool is_gcc)
{
    Dwarf_Die actual = param->actual;
    enum location_form form = actual.addr ? location_form(&actual) : LOCATION_OTHER;
    if (at->where == ABI_ADDRESS || form == LOCATION_BEHIND_ADDRESS)
        return PASSING_INDIRECT;
    bool is_direct = at->where != ABI_NOWHERE || form == LOCATION_IN_FRAME;
    return is_gcc && is_direct ? PASSING_DIRECT : PASSING_UNKNOWN;
}

/* `function`: NULL if its code is not that of the parameter. */
static int read_parameter(struct signature_reader *reader, const struct function_context *context,
                          struct dwarf_param *param, Dwarf_Die *function, uint64_t entry,
                          struct parameter *parameter)
{
    const char *name = dwarf_diename(&param->declared);
    if (name) {
        parameter->name = arena_strdup(reader->types.arena, name);
        if (!parameter->name)
            return -ENOMEM;
    }
    parameter->is_hidden = dwarf_param_is_vtt(&param->declared);
    if (function && param->actual.addr)
        location_at_entry(&param->actual, function, entry, &parameter->claim);
    if (function)
        parameter->passing = passing_of(param, &parameter->claim.at, context->is_gcc);
    Dwarf_Die type;
    if (param->may_be_missing || !die_type(&param->declared, &type)) {
        static const struct c_type unknown = {.abi = {.shape = ABI_UNCLASSIFIED}};
        parameter->type = &unknown;
        return 0;
    }
    return c_types_resolve(&reader->types, context, &type, &parameter->type);
}

/* A float parameter of an unprototyped function (`f(x) float x;`) is passed as a double: C17,
   6.5.2.2, paragraph 6. */
static void promote_float(struct parameter *parameter)
{
    static const struct abi_part part = {0, 8, ABI_FLOAT};
    static const struct c_scalar scalar = {.kind = VALUE_FLOAT, .size = 8};
    static const struct c_type promoted = {
        .abi = {.shape = ABI_SCALAR, .size = 8, .align = 8, .n_parts = 1, .parts = &part},
        .n_scalars = 1,
        .scalars = &scalar,
    };
    const struct c_type *type = parameter->type;
    if (type->abi.shape == ABI_SCALAR && type->n_scalars == 1 &&
        type->scalars[0].kind == VALUE_FLOAT && type->scalars[0].size == 4)
        parameter->type = &promoted;
}

static const char *write_text(struct arena *arena, const char *name, Dwarf_Die *result,
                              const struct dwarf_params *params, const struct signature *signature,
                              bool prototyped)
{
    bool is_cxx = signature->context.is_cxx;
    char text[2048], out[2560];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s(", name);
    for (size_t i = 0; i < params->list.count && used < sizeof(text); i++) {
        char parameter[600];
        Dwarf_Die type = params->list.items[i].declared;
        const char *own = signature->parameters[i].name;
        if (dwarf_param_is_vtt(&type))
            continue;
        bool has_type = die_type(&type, &type);
        c_type_declare(has_type ? &type : NULL, is_cxx, own ? own : "", parameter,
                       sizeof(parameter));
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "", parameter);
    }
    const char *end = params->variadic     ? (params->list.count ? ", ...)" : "...)")
                      : params->list.count ? ")"
                      : prototyped         ? "void)"
                                           : ")";
    if (used < sizeof(text) - strlen(end))
        strcpy(text + used, end);
    c_type_declare(result, is_cxx, text, out, sizeof(out));
    return arena_strdup(arena, out);
}

static int read_params(struct signature_reader *reader, Dwarf_Die *function, uint64_t entry,
                       const struct dwarf_params *params, bool promote, struct signature *signature)
{
    signature->parameters =
        arena_array(reader->types.arena, params->list.count, sizeof(*signature->parameters));
    if (!signature->parameters)
        return -ENOMEM;
    for (size_t i = 0; i < params->list.count; i++) {
        struct parameter *parameter = &signature->parameters[i];
        int r = read_parameter(reader, &signature->context, &params->list.items[i], function, entry,
                               parameter);
        if (r < 0)
            return r;
        if (promote)
            promote_float(parameter);
    }
    signature->n = params->list.count;
    return 0;
}

/* Sets the place of the definition. */
static void read_source(struct signature_reader *reader, Dwarf_Die *function,
                        struct signature *signature)
{
    uint64_t line;
    if (!die_unsigned(function, DW_AT_decl_line, &line) || line == 0 || line > UINT_MAX)
        return;
    signature->source_file = source_files_find(&reader->files, function, reader->types.arena);
    signature->source_line = signature->source_file ? (unsigned)line : 0;
}

int signature_read(struct signature_reader *reader, Dwarf_Die *function, uint64_t entry,
                   const struct function_name *name, bool is_local, struct signature *signature)
{
    memset(signature, 0, sizeof(*signature));
    signature->context = function_context_of(function);
    const struct function_context *context = &signature->context;
    if (context->is_assembly)
        return 0;

    struct dwarf_params params = {0};
    int r = dwarf_params_collect(function, &params);
    Dwarf_Die result, unit;
    bool has_result = r == 0 && die_type(function, &result);
    bool prototyped = die_flag(function, DW_AT_prototyped);
    if (r == 0 && params.list.count == 0 && !has_result && !prototyped &&
        codegen_quirks_is_bare_unit(&reader->units, context)) {
        dwarf_params_free(&params);
        return 0;
    }

    if (r == 0)
        r = read_params(reader, function, entry, &params, context->is_c && !prototyped, signature);
    if (r == 0)
        r = c_types_resolve(&reader->types, context, has_result ? &result : NULL,
                            &signature->result);
    if (r == 0) {
        codegen_quirks_find(&reader->units, &signature->quirks, function, context, name, is_local,
                            &params);
        signature->variadic = params.variadic;
        signature->returns_not = die_flag(function, DW_AT_noreturn);
        signature->text = write_text(reader->types.arena, name->name, has_result ? &result : NULL,
                                     &params, signature, prototyped);
        const char *file = dwarf_diecu(function, &unit, NULL, NULL) ? dwarf_diename(&unit) : NULL;
        signature->file = file ? arena_strdup(reader->types.arena, file) : NULL;
        read_source(reader, function, signature);
        r = signature->text ? 1 : -ENOMEM;
    }
    dwarf_params_free(&params);
    return r;
}

/* A line of another number of parameters is of another declaration. */
static int name_parameters(struct arena *arena, const struct type_line *line,
                           struct signature *signature)
{
    enum { NAME_MAX_LENGTH = 128 };
    char name[NAME_MAX_LENGTH];
    for (size_t i = 0; i < signature->n && type_line_parameters(line) == signature->n; i++) {
        if (!type_line_parameter(line, i, name, sizeof(name)))
            continue;
        signature->parameters[i].name = arena_strdup(arena, name);
        if (!signature->parameters[i].name)
            return -ENOMEM;
    }
    return 0;
}

static int read_declared(struct signature_reader *reader, Dwarf_Die *die,
                         const struct dwarf_params *params, const struct function_name *name,
                         const struct type_line *line, struct signature *signature)
{
    struct function_context *context = &signature->context;
    struct arena *arena = reader->types.arena;
    Dwarf_Die result;
    bool has_result = die_type(die, &result), prototyped = die_flag(die, DW_AT_prototyped);
    if (context->is_c && !prototyped && params->list.count == 0)
        return 0;
    int r = read_params(reader, NULL, 0, params, context->is_c && !prototyped, signature);
    if (r == 0 && line)
        r = name_parameters(arena, line, signature);
    if (r == 0)
        r = c_types_resolve(&reader->types, context, has_result ? &result : NULL,
                            &signature->result);
    if (r < 0)
        return r;
    codegen_quirks_declared(&signature->quirks, die, context, name);
    signature->is_declared = true;
    signature->variadic = params->variadic;
    signature->returns_not = die_flag(die, DW_AT_noreturn);
    signature->text =
        write_text(arena, name->name, has_result ? &result : NULL, params, signature, prototyped);
    return signature->text ? 1 : -ENOMEM;
}

int signature_read_declared(struct signature_reader *reader, Dwarf_Die *die,
                            const struct function_name *name, const struct type_line *line,
                            struct signature *signature)
{
    memset(signature, 0, sizeof(*signature));
    signature->context = function_context_of(die);
    if (signature->context.is_assembly)
        return 0;
    struct dwarf_params params = {0};
    int r = dwarf_params_collect(die, &params);
    if (r == 0)
        r = read_declared(reader, die, &params, name, line, signature);
    dwarf_params_free(&params);
    return r;
}

void signature_reader_reset(struct signature_reader *reader)
{
    c_types_free(&reader->types);
    source_files_free(&reader->files);
    reader->units = (struct codegen_units){0};
}

void signature_reader_free(struct signature_reader *reader)
{
    c_types_free(&reader->types);
    source_files_free(&reader->files);
}
