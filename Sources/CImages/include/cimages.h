// PNG and JPEG through libpng, libjpeg-turbo and libexif: their errors leave through longjmp, which Swift must not see.
#ifndef CIMAGES_H
#define CIMAGES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Rows of interleaved samples without padding; 16-bit samples in the machine's order.
typedef struct {
    int32_t width, height;
    int32_t channels; // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
    int32_t bits;     // 8 or 16, a sample
    int32_t orientation; // as EXIF has it, 1 to 8; 1 where nothing is said
} cimages_info;

// Every function returns one of these; of all but the first with a message of at most 255 characters.
typedef enum {
    cimages_done,
    cimages_damaged, // the file is not what its format says
    cimages_unfit,   // a picture that is not read, or not written
    cimages_memory   // none left
} cimages_outcome;

// What a picture holds, without its samples. `limit`: points of the largest one that is looked at.
cimages_outcome cimages_png_info(
    const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info, char message[256]);
cimages_outcome cimages_jpeg_info(
    const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info, char message[256]);

// Samples of a picture of `info` into `room` bytes, width * height * channels * bits/8 of them.
cimages_outcome cimages_png_read(
    const uint8_t *bytes, size_t count, const cimages_info *info, void *samples, size_t room, char message[256]);
cimages_outcome cimages_jpeg_read(
    const uint8_t *bytes, size_t count, const cimages_info *info, void *samples, size_t room, char message[256]);

// Text of a PNG, wherever it stands: calls `found` with each key and text, and whether these are UTF-8 or Latin-1.
cimages_outcome cimages_png_text(
    const uint8_t *bytes, size_t count, uint64_t limit, void *context,
    void (*found)(void *context, const char *key, const char *text, int32_t is_utf8), char message[256]);

// Files in memory; `*bytes` is the caller's to free.
cimages_outcome cimages_png_write(
    const cimages_info *info, const void *samples, const char *const *keys, const char *const *texts, int32_t text_count,
    uint8_t **bytes, size_t *count, char message[256]);
cimages_outcome cimages_jpeg_write(
    const cimages_info *info, const void *samples, int32_t quality, uint8_t **bytes, size_t *count, char message[256]);

#ifdef __cplusplus
}
#endif
#endif
