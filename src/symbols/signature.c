#include "symbols/signature.h"

#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/dwarf_read.h"
#include "symbols/location.h"
#include "util/vec.h"

/* More parameters than the C standards ask compilers for (127). */
enum { PARAMETERS_MAX = 256 };

/* One parameter: in the abstract function (or the only one), and in the one with code. */
struct formal {
    Dwarf_Die declared;
    Dwarf_Die actual; /* addr NULL: the function with code does not have it */
};

struct formals {
    VEC(struct formal) list;
    bool variadic;
};

/* What kind of compiler made the unit. */
struct origin {
    unsigned language;
    bool is_c;      /* plain C, where functions need not be prototyped */
    bool is_family; /* C, C++ or Objective C: what the platform's ABI is written for */
    bool is_gcc;
    bool is_assembly;
};

static struct origin origin_of(Dwarf_Die *die)
{
    struct origin origin = {.language = die_language(die)};
    switch (origin.language) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case 0x2c: /* DW_LANG_C17 */
        origin.is_c = origin.is_family = true;
        break;
    case DW_LANG_ObjC:
        origin.is_family = true;
        break;
    case DW_LANG_Mips_Assembler:
        origin.is_assembly = true;
        break;
    default:
        origin.is_family = die_is_cxx(die);
        break;
    }
    Dwarf_Die unit;
    Dwarf_Attribute attr;
    const char *producer = NULL;
    if (dwarf_diecu(die, &unit, NULL, NULL))
        producer = dwarf_formstring(dwarf_attr(&unit, DW_AT_producer, &attr));
    origin.is_gcc = producer && strncmp(producer, "GNU ", 4) == 0;
    if (producer && strncmp(producer, "GNU AS", 6) == 0)
        origin.is_assembly = true;
    return origin;
}

/* ---- parameters ---- */

static int collect(Dwarf_Die *parent, struct formals *formals, unsigned depth)
{
    Dwarf_Die child;
    if (dwarf_child(parent, &child) != 0)
        return 0;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_unspecified_parameters)
            formals->variadic = true;
        /* The parameters of a C++ parameter pack stand below it. */
        if (tag == DW_TAG_GNU_formal_parameter_pack && depth == 0) {
            int r = collect(&child, formals, 1);
            if (r < 0)
                return r;
        }
        if (tag != DW_TAG_formal_parameter || formals->list.count == PARAMETERS_MAX)
            continue;
        struct formal *formal = vec_push(&formals->list);
        if (!formal)
            return -ENOMEM;
        formal->declared = child;
        formal->actual = child;
    } while (die_next(&child));
    return 0;
}

static bool abstract_origin(Dwarf_Die *die, Dwarf_Die *origin)
{
    Dwarf_Attribute attr;
    return dwarf_attr(die, DW_AT_abstract_origin, &attr) && dwarf_formref_die(&attr, origin);
}

/* `this` is declared by the compiler and passed for sure; __in_chrg of an abstract constructor is
   not passed to the real ones. */
static bool is_passed(Dwarf_Die *declared)
{
    const char *name = dwarf_diename(declared);
    return !die_flag(declared, DW_AT_artificial) || !name || strcmp(name, "__in_chrg") != 0;
}

/* What constructors and destructors of classes with virtual bases are passed when they are run for
   a part of an object (Itanium C++ ABI, 2.6.2 "VTT Order"). Nobody has written it down in a
   program, and without it they look like those for whole objects, whose name they have. */
static bool is_vtt(Dwarf_Die *declared)
{
    const char *name = dwarf_diename(declared);
    return name && die_flag(declared, DW_AT_artificial) &&
           (strcmp(name, "__vtt_parm") == 0 || strcmp(name, "vtt") == 0);
}

/*
 * The function with code names its parameters by reference to the abstract one (DWARF 5, 3.3.8.2),
 * possibly in another order (GCC puts removed ones last) and possibly not all of them (clang leaves
 * out those it has lost track of). The abstract one has them as the source does.
 */
static int merge_abstract(struct formals *formals, Dwarf_Die *abstract)
{
    struct formals declared = {0};
    int r = collect(abstract, &declared, 0);
    bool all_known = declared.list.count > 0;
    for (size_t i = 0; i < formals->list.count && all_known; i++) {
        Dwarf_Die origin;
        bool known = false;
        if (abstract_origin(&formals->list.items[i].actual, &origin))
            for (size_t k = 0; k < declared.list.count; k++)
                known |= declared.list.items[k].declared.addr == origin.addr;
        all_known = known;
    }
    if (r < 0 || !all_known) {
        vec_free(&declared.list);
        return r;
    }

    size_t kept = 0;
    for (size_t k = 0; k < declared.list.count; k++) {
        struct formal formal = declared.list.items[k];
        formal.actual.addr = NULL;
        for (size_t i = 0; i < formals->list.count; i++) {
            Dwarf_Die origin;
            if (abstract_origin(&formals->list.items[i].actual, &origin) &&
                origin.addr == formal.declared.addr)
                formal.actual = formals->list.items[i].actual;
        }
        if (!is_passed(&formal.declared) || (!formal.actual.addr && is_vtt(&formal.declared)))
            continue;
        declared.list.items[kept++] = formal;
    }
    declared.list.count = kept;
    declared.variadic |= formals->variadic;
    vec_free(&formals->list);
    *formals = declared;
    return 0;
}

static int collect_formals(Dwarf_Die *function, struct formals *formals)
{
    int r = collect(function, formals, 0);
    Dwarf_Die abstract;
    if (r == 0 && abstract_origin(function, &abstract))
        r = merge_abstract(formals, &abstract);
    return r;
}

/* ---- how far to believe ---- */

static bool is_type(int tag)
{
    switch (tag) {
    case DW_TAG_base_type:
    case DW_TAG_pointer_type:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_array_type:
    case DW_TAG_subroutine_type:
    case DW_TAG_imported_unit: /* dwz has moved the types elsewhere */
        return true;
    default:
        return false;
    }
}

/*
 * A unit compiled with -g1 (-gline-tables-only) has functions without parameters or results, which
 * look just like `void f()`. GCC tells its options; else a unit that describes no type at all is
 * taken for one.
 */
static bool is_bare_unit(struct signature_reader *reader, Dwarf_Die *function,
                         const struct origin *origin)
{
    Dwarf_Die unit, child;
    Dwarf_Attribute attr;
    if (!dwarf_diecu(function, &unit, NULL, NULL))
        return true;
    if (reader->unit == unit.addr)
        return reader->unit_is_bare;
    reader->unit = unit.addr;
    reader->unit_is_bare = true;
    const char *producer = dwarf_formstring(dwarf_attr(&unit, DW_AT_producer, &attr));
    if (origin->is_gcc && producer && strstr(producer, " -m")) {
        /* The options are recorded. */
        const char *level = strstr(producer, " -g1");
        reader->unit_is_bare = level && (level[4] == '\0' || level[4] == ' ');
    } else if (dwarf_child(&unit, &child) == 0) {
        do
            reader->unit_is_bare = !is_type(dwarf_tag(&child));
        while (reader->unit_is_bare && die_next(&child));
    }
    return reader->unit_is_bare;
}

/* clang: parameters of an unoptimised function are all spilled to the frame, for good. */
static bool is_unoptimised(const struct formals *formals)
{
    for (size_t i = 0; i < formals->list.count; i++) {
        Dwarf_Die *die = &formals->list.items[i].actual;
        if (!die->addr || !location_is_in_frame(die))
            return false;
    }
    return true;
}

static void judge(struct signature *signature, Dwarf_Die *function, const struct origin *origin,
                  const struct function_name *name, bool is_local, const struct formals *formals)
{
    uint64_t convention = DW_CC_normal;
    die_unsigned(function, DW_AT_calling_convention, &convention);
    bool standard = origin->is_family && convention == DW_CC_normal;
    /* clang drops unused parameters and results of functions that nothing else can call, and keeps
       the symbol's name; of compilers not known here the same is assumed. */
    bool may_be_changed = is_local && !origin->is_gcc && !is_unoptimised(formals);
    signature->trusted = standard && !name->is_clone && !may_be_changed;
    signature->result_trusted = standard && !name->lost_result && !may_be_changed;
}

/* ---- reading ---- */

static int read_parameter(struct signature_reader *reader, struct formal *formal,
                          Dwarf_Die *function, uint64_t entry, struct parameter *parameter)
{
    const char *name = dwarf_diename(&formal->declared);
    if (name) {
        parameter->name = arena_strdup(reader->types.arena, name);
        if (!parameter->name)
            return -ENOMEM;
    }
    parameter->is_hidden = is_vtt(&formal->declared);
    if (formal->actual.addr)
        location_at_entry(&formal->actual, function, entry, &parameter->place);
    Dwarf_Die type;
    if (!die_type(&formal->declared, &type)) {
        static const struct c_type unknown = {.abi = {.shape = ABI_UNCLASSIFIED}};
        parameter->type = &unknown;
        return 0;
    }
    return c_types_resolve(&reader->types, &type, &parameter->type);
}

/* A float that an unprototyped function (`f(x) float x;`) declares is passed as a double: C17,
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
                              const struct formals *formals, bool prototyped)
{
    char text[2048], out[2560];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s(", name);
    for (size_t i = 0; i < formals->list.count && used < sizeof(text); i++) {
        char parameter[600];
        Dwarf_Die type = formals->list.items[i].declared;
        const char *own = dwarf_diename(&type);
        if (is_vtt(&type))
            continue;
        bool has_type = die_type(&type, &type);
        c_type_declare(has_type ? &type : NULL, own ? own : "", parameter, sizeof(parameter));
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "", parameter);
    }
    const char *end = formals->variadic     ? (formals->list.count ? ", ...)" : "...)")
                      : formals->list.count ? ")"
                      : prototyped          ? "void)"
                                            : ")";
    if (used < sizeof(text) - strlen(end))
        strcpy(text + used, end);
    c_type_declare(result, text, out, sizeof(out));
    return arena_strdup(arena, out);
}

static int read_formals(struct signature_reader *reader, Dwarf_Die *function, uint64_t entry,
                        const struct formals *formals, bool promote, struct signature *signature)
{
    signature->parameters =
        arena_array(reader->types.arena, formals->list.count, sizeof(*signature->parameters));
    if (!signature->parameters)
        return -ENOMEM;
    for (size_t i = 0; i < formals->list.count; i++) {
        struct parameter *parameter = &signature->parameters[i];
        int r = read_parameter(reader, &formals->list.items[i], function, entry, parameter);
        if (r < 0)
            return r;
        if (promote)
            promote_float(parameter);
    }
    signature->n = formals->list.count;
    return 0;
}

int signature_read(struct signature_reader *reader, Dwarf_Die *function, uint64_t entry,
                   const struct function_name *name, bool is_local, struct signature *signature)
{
    memset(signature, 0, sizeof(*signature));
    struct origin origin = origin_of(function);
    if (origin.is_assembly)
        return 0;

    struct formals formals = {0};
    int r = collect_formals(function, &formals);
    Dwarf_Die result, unit;
    bool has_result = r == 0 && die_type(function, &result);
    bool prototyped = die_flag(function, DW_AT_prototyped);
    if (r == 0 && formals.list.count == 0 && !has_result && !prototyped) {
        /* With LTO, the types are in the unit of the abstract function. */
        Dwarf_Die declared;
        if (!abstract_origin(function, &declared))
            declared = *function;
        if (is_bare_unit(reader, &declared, &origin)) {
            vec_free(&formals.list);
            return 0;
        }
    }

    if (r == 0)
        r = read_formals(reader, function, entry, &formals, origin.is_c && !prototyped, signature);
    if (r == 0)
        r = c_types_resolve(&reader->types, has_result ? &result : NULL, &signature->result);
    if (r == 0) {
        judge(signature, function, &origin, name, is_local, &formals);
        signature->returns_not = die_flag(function, DW_AT_noreturn);
        signature->text = write_text(reader->types.arena, name->name, has_result ? &result : NULL,
                                     &formals, prototyped);
        const char *file = dwarf_diecu(function, &unit, NULL, NULL) ? dwarf_diename(&unit) : NULL;
        signature->file = file ? arena_strdup(reader->types.arena, file) : NULL;
        r = signature->text ? 1 : -ENOMEM;
    }
    vec_free(&formals.list);
    return r;
}

void signature_reader_free(struct signature_reader *reader)
{
    c_types_free(&reader->types);
}
