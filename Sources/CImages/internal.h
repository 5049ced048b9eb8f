// What both formats share.
#ifndef CIMAGES_INTERNAL_H
#define CIMAGES_INTERNAL_H

#include "cimages.h"

// Bytes that a file is written into; grows.
typedef struct {
    uint8_t *bytes;
    size_t count, room;
} cimages_sink;

// Room for `size` more bytes; 0 where there is no memory.
int cimages_grow(cimages_sink *sink, size_t size);

// The orientation that a block of EXIF says, from its byte order mark on; 1 where it says none.
int32_t cimages_orientation(const uint8_t *exif, size_t count);

#endif
