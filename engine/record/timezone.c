/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones by name, loaded on first use from the system's database and kept for the life of the
 * process. The cache is a list that only grows: readers walk it without a lock, writers take one. A
 * zone takes some 20 KiB, and there are at most CACHE_MAX, so that names in data cannot fill the
 * memory; beyond that a new name is not found.
 *
 * Nothing here allocates from an arena, so the lock is never held across a jump. */
#include "engine/record/calendar.h"
#include "engine/record/timezone_data.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define DATABASE "/usr/share/zoneinfo"
#define SECONDS_PER_REPEAT INT64_C(12622780800) /* 400 years */

enum { CACHE_MAX = 1024, FILE_BYTES_MAX = 64 << 10, PATH_BYTES_MAX = 256 };

static _Atomic(struct timezone *) cache;
static uint32_t cache_count;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static const struct timezone utc = {
    .name = "UTC", .types_count = 1, .chars = "UTC", .chars_len = 4};

const struct timezone *timezone_utc(void) {
    return &utc;
}

const char *timezone_name(const struct timezone *zone) {
    return zone->name;
}

/* --- making zones ----------------------------------------------------------------------------- */

bool timezone_add(struct timezone *zone, int64_t time, uint8_t index) {
    if (zone->count == zone->capacity) {
        uint32_t capacity = zone->capacity ? zone->capacity * 2 : 256;
        int64_t *times = realloc(zone->times, capacity * sizeof *times);
        zone->times = times ? times : zone->times;
        uint8_t *indexes = times ? realloc(zone->indexes, capacity) : NULL;
        zone->indexes = indexes ? indexes : zone->indexes;
        if (!indexes) {
            return false;
        }
        zone->capacity = capacity;
    }
    zone->times[zone->count] = time;
    zone->indexes[zone->count++] = index;
    return true;
}

int timezone_type_make(struct timezone *zone, int32_t offset, bool dst, struct slice abbreviation) {
    for (uint32_t i = 0; i < zone->types_count; i++) {
        const struct timezone_type *type = &zone->types[i];
        if (type->offset == offset && type->dst == dst &&
            slice_is(abbreviation, zone->chars + type->abbreviation)) {
            return (int)i;
        }
    }
    if (zone->types_count == TIMEZONE_TYPES_MAX ||
        zone->chars_len + abbreviation.len + 1 > TIMEZONE_CHARS_MAX) {
        return -1;
    }
    zone->types[zone->types_count] = (struct timezone_type){
        .offset = offset, .dst = dst, .abbreviation = (uint16_t)zone->chars_len};
    if (abbreviation.len) {
        memcpy(zone->chars + zone->chars_len, abbreviation.data, abbreviation.len);
    }
    zone->chars_len += (uint32_t)abbreviation.len + 1;
    return (int)zone->types_count++;
}

static void zone_free(struct timezone *zone) {
    free(zone->times);
    free(zone->indexes);
    free(zone);
}

/* Appends the entry of the directory that equals the component without regard to case. */
static bool component_append(char *path, struct slice component) {
    DIR *directory = opendir(path);
    bool found = false;
    while (directory && !found) {
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            break;
        }
        found = entry->d_name[0] != '.' && strlen(entry->d_name) == component.len &&
                strncasecmp(entry->d_name, component.data, component.len) == 0;
        if (found) {
            size_t len = strlen(path);
            found = (size_t)snprintf(path + len, PATH_BYTES_MAX - len, "/%s", entry->d_name) <
                    PATH_BYTES_MAX - len;
        }
    }
    if (directory) {
        closedir(directory);
    }
    return found;
}

static bool path_find(struct slice name, char path[PATH_BYTES_MAX]) {
    memcpy(path, DATABASE, sizeof DATABASE);
    while (name.len) {
        const char *slash = memchr(name.data, '/', name.len);
        struct slice component =
            slice_make(name.data, slash ? (size_t)(slash - name.data) : name.len);
        if (!component.len || !component_append(path, component)) {
            return false;
        }
        size_t used = component.len + (slash != NULL);
        name = slice_make(name.data + used, name.len - used);
    }
    return path[sizeof DATABASE - 1] == '/';
}

static bool file_read(struct timezone *zone, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_BYTES_MAX) {
        return false;
    }
    FILE *file = fopen(path, "rbe");
    char *bytes = malloc(FILE_BYTES_MAX);
    bool good = false;
    if (file && bytes) {
        size_t len = fread(bytes, 1, FILE_BYTES_MAX, file);
        good = timezone_tzif_read(zone, slice_make(bytes, len));
    }
    free(bytes);
    if (file) {
        fclose(file);
    }
    return good;
}

static struct timezone *zone_load(struct slice name) {
    struct timezone *zone = calloc(1, sizeof *zone);
    char path[PATH_BYTES_MAX];
    if (!zone) {
        return NULL;
    }
    if (path_find(name, path)) {
        memcpy(zone->name, path + sizeof DATABASE, name.len); /* the database's own spelling */
        if (file_read(zone, path)) {
            return zone;
        }
    } else {
        memcpy(zone->name, name.data, name.len);
        if (timezone_posix_extend(zone, name)) {
            return zone;
        }
    }
    zone_free(zone);
    return NULL;
}

/* --- finding ---------------------------------------------------------------------------------- */

static const struct timezone *cache_find(struct slice name) {
    for (const struct timezone *zone = atomic_load_explicit(&cache, memory_order_acquire); zone;
         zone = zone->next) {
        if (strlen(zone->name) == name.len && strncasecmp(zone->name, name.data, name.len) == 0) {
            return zone;
        }
    }
    return NULL;
}

static const struct timezone *cache_fill(struct slice name) {
    pthread_mutex_lock(&cache_lock);
    const struct timezone *found = cache_find(name);
    if (!found && cache_count < CACHE_MAX) {
        struct timezone *zone = zone_load(name);
        if (zone) {
            zone->next = atomic_load_explicit(&cache, memory_order_relaxed);
            atomic_store_explicit(&cache, zone, memory_order_release);
            cache_count++;
        }
        found = zone;
    }
    pthread_mutex_unlock(&cache_lock);
    return found;
}

/* A fixed offset of an abbreviation as a POSIX text, whose sign is the other way round. */
static const struct timezone *abbreviation_zone(const struct timezone_abbreviation *abbreviation) {
    char text[TIMEZONE_NAME_MAX];
    int seconds = abbreviation->offset < 0 ? -abbreviation->offset : abbreviation->offset;
    int len = snprintf(text, sizeof text, "<%s>%c%d:%02d:%02d", abbreviation->name,
                       abbreviation->offset < 0 ? '+' : '-', seconds / 3600, seconds / 60 % 60,
                       seconds % 60);
    struct slice name = slice_make(text, (size_t)len);
    const struct timezone *found = cache_find(name);
    return found ? found : cache_fill(name);
}

const struct timezone *timezone_find(struct slice name) {
    if (!name.len || name.len > TIMEZONE_NAME_MAX || memchr(name.data, '\0', name.len)) {
        return NULL;
    }
    if (name.len == 3 && strncasecmp(name.data, "UTC", 3) == 0) {
        return &utc;
    }
    const struct timezone_abbreviation *abbreviation = timezone_abbreviation_find(name);
    if (abbreviation && !abbreviation->zone) {
        return abbreviation_zone(abbreviation);
    }
    name = abbreviation ? slice_of(abbreviation->zone) : name;
    const struct timezone *found = cache_find(name);
    return found ? found : cache_fill(name);
}

/* --- looking up ------------------------------------------------------------------------------- */

const struct timezone_type *timezone_type_at(const struct timezone *zone, int64_t unix_seconds,
                                             int64_t *ret_from, int64_t *ret_to) {
    int64_t shift = 0;
    int64_t last = zone->count ? zone->times[zone->count - 1] : 0;
    if (zone->repeats && unix_seconds >= last) {
        shift = ((unix_seconds - last) / SECONDS_PER_REPEAT + 1) * SECONDS_PER_REPEAT;
        unix_seconds -= shift;
    }
    uint32_t low = 0, high = zone->count; /* times before low are <= the moment */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= unix_seconds) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (ret_from) {
        *ret_from = low ? zone->times[low - 1] + shift : INT64_MIN;
    }
    if (ret_to) {
        *ret_to = low < zone->count ? zone->times[low] + shift : INT64_MAX;
    }
    return &zone->types[low ? zone->indexes[low - 1] : 0];
}

static int64_t unix_seconds_of(int64_t us) {
    return floor_divide(us, US_PER_SECOND) + DATETIME_UNIX_EPOCH_US / US_PER_SECOND;
}

int32_t timezone_offset(const struct timezone *zone, int64_t timestamptz_us,
                        const char **ret_abbreviation) {
    const struct timezone_type *type =
        zone->count ? timezone_type_at(zone, unix_seconds_of(timestamptz_us), NULL, NULL)
                    : &zone->types[0];
    if (ret_abbreviation) {
        *ret_abbreviation = zone->chars + type->abbreviation;
    }
    return type->offset;
}

/* Looks at the first change of offset after the day before: in a gap the time before it counts,
 * in an overlap the time after it. */
int32_t timezone_offset_local(const struct timezone *zone, int64_t local_us) {
    int64_t local = unix_seconds_of(local_us), boundary;
    const struct timezone_type *before =
        timezone_type_at(zone, local - SECONDS_PER_DAY, NULL, &boundary);
    if (boundary == INT64_MAX) {
        return before->offset;
    }
    const struct timezone_type *after = timezone_type_at(zone, boundary, NULL, NULL);
    int64_t as_before = local - before->offset, as_after = local - after->offset;
    if (as_before < boundary && as_after < boundary) {
        return before->offset;
    }
    if (as_before > boundary && as_after >= boundary) {
        return after->offset;
    }
    return as_before > as_after ? before->offset : after->offset;
}

static bool has_abbreviation(const struct timezone *zone, const struct timezone_type *type,
                             struct slice name) {
    const char *abbreviation = zone->chars + type->abbreviation;
    return strlen(abbreviation) == name.len && strncasecmp(abbreviation, name.data, name.len) == 0;
}

int32_t timezone_offset_abbreviation(const struct timezone *zone, struct slice name,
                                     int64_t local_us) {
    int32_t likely = timezone_offset_local(zone, local_us);
    int64_t moment = unix_seconds_of(local_us) - likely;
    int64_t from, at = moment;
    for (;;) {
        const struct timezone_type *type = timezone_type_at(zone, at, &from, NULL);
        if (has_abbreviation(zone, type, name)) {
            return type->offset;
        }
        if (from == INT64_MIN) {
            break;
        }
        at = from - 1;
    }
    for (uint32_t i = 0; i < zone->count; i++) {
        const struct timezone_type *type = &zone->types[zone->indexes[i]];
        if (zone->times[i] > moment && has_abbreviation(zone, type, name)) {
            return type->offset;
        }
    }
    return likely;
}

int64_t timezone_to_utc(const struct timezone *zone, int64_t local_us) {
    if (timestamp_is_infinite(local_us)) {
        return local_us;
    }
    return local_us - timezone_offset_local(zone, local_us) * US_PER_SECOND;
}

int64_t timestamptz_to_local(int64_t us, const struct timezone *zone) {
    return timestamp_is_infinite(us) ? us : us + timezone_offset(zone, us, NULL) * US_PER_SECOND;
}
