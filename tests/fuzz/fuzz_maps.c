/* SPDX-License-Identifier: MIT */
/* Any text as /proc/PID/maps: the parsed mappings ascend and do not overlap. */
#include "fuzz/fuzz.h"

#include "util/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct maps maps = {0};
    if (maps_parse(&maps, (const char *)data, size) == 0) {
        for (size_t i = 0; i < maps.list.count; i++) {
            const struct map *map = &maps.list.items[i];
            FUZZ_CHECK(map->start.value < map->end.value);
            FUZZ_CHECK(i == 0 || maps.list.items[i - 1].end.value <= map->start.value);
            FUZZ_CHECK(strlen(map->path) <= size);
            FUZZ_CHECK(maps_find(&maps, map->start) == map);
            FUZZ_CHECK(maps_find(&maps, target_addr_of(map->end.value - 1)) == map);
        }
    }
    maps_free(&maps);
    return 0;
}
