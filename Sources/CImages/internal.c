#include "internal.h"

#include <libexif/exif-data.h>
#include <stdlib.h>
#include <string.h>

int cimages_grow(cimages_sink *sink, size_t size) {
    if (size <= sink->room - sink->count) return 1;
    size_t room = sink->room ? sink->room : 1 << 16;
    while (room - sink->count < size) room *= 2;
    uint8_t *grown = realloc(sink->bytes, room);
    if (!grown) return 0;
    sink->bytes = grown;
    sink->room = room;
    return 1;
}

int32_t cimages_orientation(const uint8_t *exif, size_t count) {
    static const char head[6] = "Exif\0";
    if (count > 1 << 20) return 1;
    // The library looks for JPEG's head, which PNG's block lacks.
    unsigned char *block = malloc(count + sizeof head);
    if (!block) return 1;
    memcpy(block, head, sizeof head);
    memcpy(block + sizeof head, exif, count);
    int32_t result = 1;
    ExifData *data = exif_data_new_from_data(block, (unsigned int)(count + sizeof head));
    if (data) {
        ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
        if (entry && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2) {
            int value = exif_get_short(entry->data, exif_data_get_byte_order(data));
            if (value >= 1 && value <= 8) result = value;
        }
        exif_data_unref(data);
    }
    free(block);
    return result;
}
