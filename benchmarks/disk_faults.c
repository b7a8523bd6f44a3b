/* Faults of a disk, put between a program and libc: LD_PRELOAD of the campaign benchmarks.disk_faults.

   The file that IONECHO_DISK_FAULT names holds "CALL ERROR TEXT": calls of that kind on a file whose path contains TEXT
   fail with that error number. ERROR 0 lets half of a write through, -1 blocks as long as the file is there, and below
   that -N delays the call by N ms. No such file: no fault. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int read_fault(char *call, int *error, char *text) {
    const char *path = getenv("IONECHO_DISK_FAULT");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file) return 0;
    int n = fscanf(file, "%31s %d %255s", call, error, text);
    fclose(file);
    return n == 3;
}

/* Return -1 with errno set if the call is to fail, 1 if only half of it is to be done, 0 if it goes through. */
static int fault(const char *call, const char *path) {
    char wanted[32], text[256];
    int error;
    if (!read_fault(wanted, &error, text) || strcmp(call, wanted) || !strstr(path, text)) return 0;
    if (error > 0) { errno = error; return -1; }
    if (error == 0) return 1;
    if (error < -1) { usleep(-error * 1000); return 0; }
    while (read_fault(wanted, &error, text) && error == -1) usleep(10000);
    return 0;
}

static int fault_on(const char *call, int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return fault(call, path);
}

#define WRITER(name, type)                                                                  \
    ssize_t name(int fd, const void *data, size_t count, type offset) {                     \
        int what = fault_on("write", fd);                                                   \
        if (what < 0) return -1;                                                            \
        return NEXT(name)(fd, data, what > 0 && count > 1 ? count / 2 : count, offset);     \
    }
WRITER(pwrite, off_t)
WRITER(pwrite64, off64_t)

int fsync(int fd) { return fault_on("sync", fd) < 0 ? -1 : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fault_on("sync", fd) < 0 ? -1 : NEXT(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fault_on("size", fd) < 0 ? -1 : NEXT(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fault_on("size", fd) < 0 ? -1 : NEXT(ftruncate64)(fd, size); }
int posix_fallocate(int fd, off_t at, off_t n) { return fault_on("reserve", fd) < 0 ? errno : NEXT(posix_fallocate)(fd, at, n); }
int posix_fallocate64(int fd, off64_t at, off64_t n) { return fault_on("reserve", fd) < 0 ? errno : NEXT(posix_fallocate64)(fd, at, n); }
int rename(const char *old, const char *new) { return fault("rename", old) < 0 ? -1 : NEXT(rename)(old, new); }
int link(const char *old, const char *new) { return fault("link", old) < 0 ? -1 : NEXT(link)(old, new); }

#define OPENER(name)                                                                        \
    int name(const char *path, int flags, ...) {                                            \
        mode_t mode = 0;                                                                    \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                \
            va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); \
        }                                                                                   \
        if ((flags & O_CREAT) && fault("create", path) < 0) return -1;                      \
        return NEXT(name)(path, flags, mode);                                               \
    }
OPENER(open)
OPENER(open64)
