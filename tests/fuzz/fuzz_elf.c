/* SPDX-License-Identifier: MIT */
/* Any bytes as an ELF file with debug information, and all its probes: each name is valid and
   unique, and each value lies inside the capture. And all its code. The last byte is the depth of
   --deref. */
#include "fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "model/probe.h"
#include "symbols/catalog.h"
#include "symbols/code/region.h"
#include "symbols/event_names.h"
#include "symbols/function_filter.h"
#include "symbols/image.h"
#include "symbols/types/value_options.h"
#include "util/ctf_name.h"
#include "util/log.h"

static void check_place(const struct value_place *place, size_t size,
                        const struct pointee *pointees, size_t n)
{
    if (place->kind != PLACE_POINTEE && place->kind != PLACE_POINTEE_STATE)
        return;
    FUZZ_CHECK(place->index < n);
    const struct pointee *pointee = &pointees[place->index];
    if (place->kind == PLACE_POINTEE)
        FUZZ_CHECK(place->offset >= pointee->low &&
                   (int64_t)place->offset + (int64_t)size <= (int64_t)pointee->low + pointee->size);
}

static void check_fields(const struct field *fields, size_t n, const struct pointee *pointees,
                         size_t n_pointees)
{
    FUZZ_CHECK(n <= PROBE_FIELDS_MAX && n_pointees <= PROBE_POINTEES_MAX);
    for (size_t i = 0; i < n_pointees; i++) {
        FUZZ_CHECK(pointees[i].size <= PROBE_POINTEE_MAX);
        check_place(&pointees[i].address, 8, pointees, i);
    }
    for (size_t i = 0; i < n; i++) {
        FUZZ_CHECK(*fields[i].name && !ctf_name_is_keyword(fields[i].name));
        for (size_t k = 0; k < i; k++)
            FUZZ_CHECK(!ctf_names_clash(fields[k].name, fields[i].name));
        check_place(&fields[i].place, field_bytes(&fields[i]), pointees, n_pointees);
        check_place(&fields[i].second, 8, pointees, n_pointees);
        if (fields[i].guard)
            FUZZ_CHECK(fields[fields[i].guard - 1].place.kind == PLACE_POINTEE_STATE);
    }
}

static void check_probes(struct catalog *catalog, struct image *image,
                         struct function_filter *select)
{
    const struct probe **probes = NULL;
    size_t n = 0;
    struct error err = {0};
    if (image_probes(image, select, true, IMAGE_WHOLE | IMAGE_UNNAMED, &probes, &n, &err) < 0)
        return;
    for (size_t i = 0; i < n; i++) {
        const struct probe *probe = probes[i];
        FUZZ_CHECK(strlen(probe->provider) + 1 + strlen(probe->entry_event) <= NAMES_EVENT_MAX);
        FUZZ_CHECK(!strpbrk(probe->entry_event, "\"\\,\n"));
        FUZZ_CHECK(probe->signature && probe_source_text(catalog, probe));
        check_fields(probe->args, probe->n_args, probe->arg_pointees, probe->n_arg_pointees);
        check_fields(probe->rets, probe->n_rets, probe->ret_pointees, probe->n_ret_pointees);
    }
    free(probes);
}

/* What of its code a jump may replace. */
static void check_code_region(struct image *image, file_vaddr at, enum code_point point)
{
    struct code_region region;
    const char *reason = NULL;
    int r = code_region_at(image, at, point, false, &region, &reason);
    FUZZ_CHECK(r == 0 || reason);
    FUZZ_CHECK(r != 0 || (region.length >= CODE_JUMP_LENGTH && region.length <= CODE_REGION_MAX));
}

static void check_code_regions(struct image *image, uint64_t size)
{
    file_vaddr at;
    check_code_region(image, image_start(image), CODE_ENTRY);
    for (uint64_t offset = 0; offset < size; offset += 61)
        if (image_vaddr_of_offset(image, offset, &at))
            check_code_region(image, at, offset % 2 ? CODE_RETURN : CODE_ENTRY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct catalog *catalog;
    struct function_filter *select;
    struct image *image;
    struct error err = {0};
    char path[64], name[128];
    int fd = memfd_create("elf", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || catalog_new(&catalog) < 0 ||
        function_filter_new(&select) < 0)
        abort();
    log_set_level(LOG_ERROR);
    if (catalog_set_debug_path(catalog, "") < 0)
        abort();
    catalog_set_value_options(catalog,
                              (struct value_options){.deref = size ? data[size - 1] % 4u : 0,
                                                     .all_strings = true,
                                                     .symbols = true});
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (catalog_open(catalog, path, &image, &err) == 0) {
        check_probes(catalog, image, select);
        image_name_code(image, image_start(image), false, name, sizeof(name));
        check_code_regions(image, size);
    }
    function_filter_free(select);
    catalog_free(catalog);
    close(fd);
    return 0;
}
