/*
 * text_clean PID: whether all code that the process has mapped from files is, byte for byte, what
 * the files hold. Exit status 0, or 1 with one line for each mapping that is not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t read_at(int fd, char *buffer, size_t size, unsigned long at)
{
    size_t done = 0;
    for (ssize_t n = 1; done < size && n > 0; done += n > 0 ? (size_t)n : 0)
        n = pread(fd, buffer + done, size - done, (off_t)(at + done));
    return done;
}

int main(int argc, char **argv)
{
    char path[4096], line[4096 + 128];
    if (argc != 2)
        return 2;
    snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "re");
    snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
    int memory = open(path, O_RDONLY | O_CLOEXEC), bad = 0, compared = 0;
    if (!maps || memory < 0) {
        perror(path);
        return 2;
    }
    while (fgets(line, sizeof(line), maps)) {
        unsigned long start, end, offset;
        char flags[8];
        int at = 0;
        if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &start, &end, flags, &offset, &at) < 4 ||
            flags[2] != 'x' || line[at] != '/')
            continue;
        line[strcspn(line, "\n")] = '\0';
        size_t n = end - start;
        char *mapped = malloc(n), *filed = malloc(n);
        snprintf(path, sizeof(path), "/proc/%s/map_files/%lx-%lx", argv[1], start, end);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            file = open(line + at, O_RDONLY | O_CLOEXEC);
        if (file < 0 || !mapped || !filed) {
            perror(line + at);
            return 2;
        }
        /* The last page may be the file's end. */
        size_t length = read_at(file, filed, n, offset);
        if (length == 0 || read_at(memory, mapped, length, start) != length ||
            memcmp(mapped, filed, length) != 0) {
            size_t i = 0;
            while (i < length && mapped[i] == filed[i])
                i++;
            printf("%s: the byte at 0x%lx, file offset 0x%lx, is %02x, not %02x\n", line + at,
                   start + i, offset + i, (unsigned char)mapped[i], (unsigned char)filed[i]);
            bad = 1;
        }
        compared++;
        free(mapped);
        free(filed);
        close(file);
    }
    return compared == 0 ? 2 : bad;
}
