#include "symbols/debug_file.h"

#include <elfutils/libdwelf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/root.h"
#include "util/cleanup.h"
#include "util/text.h"

struct build_id {
    const unsigned char *bytes;
    size_t length;
};

static bool has_build_id(int fd, const struct build_id *wanted)
{
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return false;
    /* Read, not mapped: the file may be cut short meanwhile. */
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    const void *found = NULL;
    ssize_t length = elf ? dwelf_elf_gnu_build_id(elf, &found) : 0;
    bool has = length > 0 && (size_t)length == wanted->length &&
               memcmp(found, wanted->bytes, wanted->length) == 0;
    elf_end(elf);
    return has;
}

/* Takes *name: it is the caller's when the file is the right one, else gone. */
static int try_file(int root, char *name, const struct build_id *wanted, char **found)
{
    cleanup(cleanup_free) char *owned = name;
    cleanup(cleanup_fd) int fd = owned ? root_open_file(root, owned) : -1;
    if (fd < 0 || !has_build_id(fd, wanted))
        return -1;
    *found = take_ptr(owned);
    return take_fd(&fd);
}

static char *name_by_build_id(const struct build_id *id)
{
    char hex[2 * 64 + 1];
    if (id->length < 2 || id->length > 64)
        return NULL;
    for (size_t i = 0; i < id->length; i++) {
        static const char digits[] = "0123456789abcdef";
        hex[2 * i] = digits[id->bytes[i] >> 4];
        hex[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    hex[2 * id->length] = '\0';
    return text_format("/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
}

int debug_file_find(int root, Dwfl_Module *module, const char *path, const char *link, char **name)
{
    struct build_id id = {0};
    GElf_Addr vaddr;
    int length = dwfl_module_build_id(module, &id.bytes, &vaddr);
    if (length <= 0)
        return -1;
    id.length = (size_t)length;
    int fd = try_file(root, name_by_build_id(&id), &id, name);
    const char *slash = strrchr(path, '/');
    if (fd >= 0 || !link || !*link || !slash)
        return fd;

    static const char *const formats[] = {"%.*s/%s", "%.*s/.debug/%s", "/usr/lib/debug%.*s/%s"};
    for (size_t i = 0; fd < 0 && i < sizeof(formats) / sizeof(*formats); i++)
        fd = try_file(root, text_format(formats[i], (int)(slash - path), path, link), &id, name);
    return fd;
}
