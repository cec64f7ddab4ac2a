/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a file by descriptor: what is looked at is what is read. A pipe (`<(...)`, `-`) has no
 * size and is read up to the limit; a directory or device is refused. */
#include "engine/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct config_file *file, const char *code, const char *reason) {
    file->code = code;
    file->reason = reason;
    return false;
}

static bool stat_is_fine(int fd, size_t bytes_max, struct config_file *file) {
    struct stat stat;
    if (fstat(fd, &stat) != 0) {
        return fail(file, "config-no-file", strerror(errno));
    }
    if (!S_ISREG(stat.st_mode) && !S_ISFIFO(stat.st_mode) && !S_ISSOCK(stat.st_mode) &&
        fd != STDIN_FILENO) {
        return fail(file, "config-no-file", "this is no file");
    }
    if (S_ISREG(stat.st_mode) && (uint64_t)stat.st_size > bytes_max) {
        return fail(file, "config-too-large", CONFIG_FILE_TOO_LARGE);
    }
    return true;
}

static bool content_read(int fd, size_t bytes_max, struct config_file *file) {
    while (file->len <= bytes_max) {
        ssize_t got = read(fd, file->data + file->len, bytes_max + 1 - file->len);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return fail(file, "config-no-file", strerror(errno));
        }
        file->len += got > 0 ? (size_t)got : 0;
    }
    return fail(file, "config-too-large", CONFIG_FILE_TOO_LARGE);
}

bool config_file_read(const char *path, size_t bytes_max, struct config_file *ret) {
    *ret = (struct config_file){0};
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return fail(ret, "config-no-file", strerror(errno));
    }
    bool done = stat_is_fine(fd, bytes_max, ret);
    if (done) {
        ret->data = malloc(bytes_max + 1);
        done = ret->data ? content_read(fd, bytes_max, ret)
                         : fail(ret, "config-no-file", strerror(ENOMEM));
    }
    if (!standard_input) {
        close(fd);
    }
    if (!done) {
        config_file_free(ret);
    }
    return done;
}

void config_file_free(struct config_file *file) {
    if (file->data) {
        explicit_bzero(file->data, file->len);
    }
    free(file->data);
    file->data = NULL;
    file->len = 0;
}
