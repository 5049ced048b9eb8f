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

// Every function returns 0, or 1 with a message of at most 255 characters.

// What an image holds, without its samples.
int cimages_png_info(const uint8_t *bytes, size_t count, cimages_info *info, char message[256]);
int cimages_jpeg_info(const uint8_t *bytes, size_t count, cimages_info *info, char message[256]);

// Samples into width * height * channels * bits/8 bytes.
int cimages_png_read(const uint8_t *bytes, size_t count, void *samples, char message[256]);
int cimages_jpeg_read(const uint8_t *bytes, size_t count, void *samples, char message[256]);

// Text of a PNG: calls `found` with each key and text, UTF-8.
int cimages_png_text(
    const uint8_t *bytes, size_t count, void *context, void (*found)(void *, const char *, const char *),
    char message[256]);

// Files in memory; `*bytes` is the caller's to free.
int cimages_png_write(
    const cimages_info *info, const void *samples, const char *const *keys, const char *const *texts, int32_t text_count,
    uint8_t **bytes, size_t *count, char message[256]);
int cimages_jpeg_write(
    const cimages_info *info, const void *samples, int32_t quality, uint8_t **bytes, size_t *count, char message[256]);

#ifdef __cplusplus
}
#endif
#endif
