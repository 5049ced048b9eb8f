#include "internal.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Bytes that one text or colour profile may unpack to.
static const size_t largest_chunk = 8 << 20;

// A reader or a writer. It lives in the function that calls the one with setjmp: longjmp leaves it as it is.
typedef struct {
    png_structp png;
    png_infop header;
    char *message;
    cimages_outcome outcome;
    const uint8_t *bytes;
    size_t count, place;
    cimages_sink sink;
    void *rows;
} codec;

static void fail(png_structp png, png_const_charp text) {
    codec *self = png_get_error_ptr(png);
    snprintf(self->message, 256, "%s", text);
    if (self->outcome == cimages_done) self->outcome = cimages_damaged;
    png_longjmp(png, 1);
}

static void refuse(codec *self, cimages_outcome outcome, const char *text) {
    self->outcome = outcome;
    png_error(self->png, text);
}

static void warn(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void take(png_structp png, png_bytep out, size_t size) {
    codec *self = png_get_io_ptr(png);
    if (size > self->count - self->place) png_error(png, "the file ends before the picture does");
    memcpy(out, self->bytes + self->place, size);
    self->place += size;
}

static void put(png_structp png, png_bytep in, size_t size) {
    codec *self = png_get_io_ptr(png);
    if (!cimages_grow(&self->sink, size)) refuse(self, cimages_memory, "there is no memory for the file");
    memcpy(self->sink.bytes + self->sink.count, in, size);
    self->sink.count += size;
}

static void flush(png_structp png) { (void)png; }

static int is_little_endian(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one;
}

// A codec that has no structures yet, or none at all.
static cimages_outcome open_codec(codec *self, int reads, char *message) {
    self->message = message;
    message[0] = 0;
    self->png = reads ? png_create_read_struct(PNG_LIBPNG_VER_STRING, self, fail, warn)
                      : png_create_write_struct(PNG_LIBPNG_VER_STRING, self, fail, warn);
    self->header = self->png ? png_create_info_struct(self->png) : NULL;
    if (self->header) return cimages_done;
    snprintf(message, 256, "there is no memory for it");
    return self->outcome = cimages_memory;
}

static cimages_outcome close_codec(codec *self, int reads) {
    if (reads) {
        png_destroy_read_struct(&self->png, &self->header, NULL);
    } else {
        png_destroy_write_struct(&self->png, &self->header);
    }
    free(self->rows);
    return self->outcome;
}

// Reads what stands before the samples; palettes, few bits and transparent colours become plain samples.
static void begin(codec *self, uint64_t limit, cimages_info *info) {
    png_structp png = self->png;
    png_infop header = self->header;
    png_set_read_fn(png, self, take);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, largest_chunk);
    png_read_info(png, header);
    uint64_t width = png_get_image_width(png, header), height = png_get_image_height(png, header);
    // Before libpng makes room for a row.
    if (width * height > limit) {
        char text[128];
        snprintf(text, sizeof text, "it has %llu x %llu points, more than %llu in all", (unsigned long long)width,
                 (unsigned long long)height, (unsigned long long)limit);
        refuse(self, cimages_unfit, text);
    }
    png_set_expand(png);
    if (png_get_bit_depth(png, header) == 16 && is_little_endian()) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, header);
    info->width = (int32_t)width;
    info->height = (int32_t)height;
    info->channels = png_get_channels(png, header);
    info->bits = png_get_bit_depth(png, header);
    png_uint_32 size = 0;
    png_bytep exif = NULL;
    info->orientation =
        png_get_eXIf_1(png, header, &size, &exif) && exif ? cimages_orientation(exif, size) : 1;
}

static void look(codec *self, uint64_t limit, cimages_info *info) {
    if (!setjmp(png_jmpbuf(self->png))) begin(self, limit, info);
}

cimages_outcome cimages_png_info(
    const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info, char message[256]) {
    codec self = {.bytes = bytes, .count = count};
    if (open_codec(&self, 1, message) == cimages_done) look(&self, limit, info);
    return close_codec(&self, 1);
}

static void read_samples(codec *self, const cimages_info *info, void *samples, size_t room) {
    if (setjmp(png_jmpbuf(self->png))) return;
    cimages_info found;
    begin(self, UINT64_MAX, &found);
    size_t stride = (size_t)info->width * (size_t)info->channels * (size_t)(info->bits / 8);
    if (found.width != info->width || found.height != info->height || found.channels != info->channels
        || found.bits != info->bits || room < stride * (size_t)info->height) {
        refuse(self, cimages_damaged, "it is not the picture that its header promised");
    }
    png_bytep *rows = self->rows = malloc(sizeof(png_bytep) * (size_t)info->height);
    if (!rows) refuse(self, cimages_memory, "there is no memory to read it");
    for (int32_t y = 0; y < info->height; y++) rows[y] = (png_bytep)samples + stride * (size_t)y;
    png_read_image(self->png, rows);
    png_read_end(self->png, NULL);
}

cimages_outcome cimages_png_read(
    const uint8_t *bytes, size_t count, const cimages_info *info, void *samples, size_t room, char message[256]) {
    codec self = {.bytes = bytes, .count = count};
    if (open_codec(&self, 1, message) == cimages_done) read_samples(&self, info, samples, room);
    return close_codec(&self, 1);
}

typedef void (*text_found)(void *context, const char *key, const char *text, int32_t is_utf8);

static void read_text(codec *self, uint64_t limit, void *context, text_found found) {
    if (setjmp(png_jmpbuf(self->png))) return;
    cimages_info info;
    begin(self, limit, &info);
    // Text may stand behind the samples: they are unpacked row by row into one.
    int passes = png_get_interlace_type(self->png, self->header) == PNG_INTERLACE_NONE ? 1 : 7;
    png_bytep row = self->rows = malloc(png_get_rowbytes(self->png, self->header));
    if (!row) refuse(self, cimages_memory, "there is no memory to read it");
    for (int pass = 0; pass < passes; pass++) {
        for (int32_t y = 0; y < info.height; y++) png_read_row(self->png, row, NULL);
    }
    png_read_end(self->png, self->header);
    png_textp text = NULL;
    int texts = 0;
    png_get_text(self->png, self->header, &text, &texts);
    for (int i = 0; i < texts; i++) {
        found(context, text[i].key, text[i].text ? text[i].text : "", text[i].compression >= PNG_ITXT_COMPRESSION_NONE);
    }
}

cimages_outcome cimages_png_text(
    const uint8_t *bytes, size_t count, uint64_t limit, void *context,
    void (*found)(void *context, const char *key, const char *text, int32_t is_utf8), char message[256]) {
    codec self = {.bytes = bytes, .count = count};
    if (open_codec(&self, 1, message) == cimages_done) read_text(&self, limit, context, found);
    return close_codec(&self, 1);
}

static void write_all(
    codec *self, const cimages_info *info, const void *samples, const char *const *keys, const char *const *texts,
    int32_t text_count) {
    static const int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGB_ALPHA};
    png_structp png = self->png;
    if (setjmp(png_jmpbuf(png))) return;
    png_set_write_fn(png, self, put, flush);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(
        png, self->header, (png_uint_32)info->width, (png_uint_32)info->height, info->bits, colours[info->channels],
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (text_count > 0) {
        png_text *words = self->rows = calloc((size_t)text_count, sizeof(png_text));
        if (!words) refuse(self, cimages_memory, "there is no memory to write it");
        for (int32_t i = 0; i < text_count; i++) {
            words[i].compression = PNG_ITXT_COMPRESSION_NONE;
            words[i].key = (char *)keys[i];
            words[i].text = (char *)texts[i];
            words[i].lang = "";
            words[i].lang_key = "";
        }
        png_set_text(png, self->header, words, text_count);
    }
    png_write_info(png, self->header);
    if (info->bits == 16 && is_little_endian()) png_set_swap(png);
    size_t stride = (size_t)info->width * (size_t)info->channels * (size_t)(info->bits / 8);
    for (int32_t y = 0; y < info->height; y++) {
        png_write_row(png, (png_const_bytep)samples + stride * (size_t)y);
    }
    png_write_end(png, self->header);
}

cimages_outcome cimages_png_write(
    const cimages_info *info, const void *samples, const char *const *keys, const char *const *texts, int32_t text_count,
    uint8_t **bytes, size_t *count, char message[256]) {
    codec self = {0};
    if (open_codec(&self, 0, message) == cimages_done) write_all(&self, info, samples, keys, texts, text_count);
    cimages_outcome outcome = close_codec(&self, 0);
    if (outcome == cimages_done) {
        *bytes = self.sink.bytes;
        *count = self.sink.count;
    } else {
        free(self.sink.bytes);
    }
    return outcome;
}
