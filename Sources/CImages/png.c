#include "cimages.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Bytes that one text or colour profile may unpack to.
static const size_t largest_chunk = 8 << 20;

typedef struct {
    const uint8_t *bytes;
    size_t count, place;
} source;

typedef struct {
    uint8_t *bytes;
    size_t count, room;
} sink;

static void fail(png_structp png, png_const_charp text) {
    snprintf((char *)png_get_error_ptr(png), 256, "%s", text);
    png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void take(png_structp png, png_bytep out, size_t size) {
    source *from = png_get_io_ptr(png);
    if (size > from->count - from->place) png_error(png, "the file ends before the image does");
    memcpy(out, from->bytes + from->place, size);
    from->place += size;
}

static void put(png_structp png, png_bytep in, size_t size) {
    sink *to = png_get_io_ptr(png);
    if (size > to->room - to->count) {
        size_t room = to->room ? to->room : 1 << 16;
        while (room - to->count < size) room *= 2;
        uint8_t *grown = realloc(to->bytes, room);
        if (!grown) png_error(png, "there is no memory for the file");
        to->bytes = grown;
        to->room = room;
    }
    memcpy(to->bytes + to->count, in, size);
    to->count += size;
}

static void flush(png_structp png) { (void)png; }

// Reads the header; palettes, few bits and transparent colours become plain samples.
static void begin(png_structp png, png_infop header, source *from, cimages_info *info) {
    png_set_read_fn(png, from, take);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, largest_chunk);
    png_read_info(png, header);
    png_set_expand(png);
    if (png_get_bit_depth(png, header) == 16) {
        const uint16_t one = 1;
        if (*(const uint8_t *)&one) png_set_swap(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, header);
    info->width = (int32_t)png_get_image_width(png, header);
    info->height = (int32_t)png_get_image_height(png, header);
    info->channels = png_get_channels(png, header);
    info->bits = png_get_bit_depth(png, header);
    info->orientation = 1;
}

int cimages_png_info(const uint8_t *bytes, size_t count, cimages_info *info, char message[256]) {
    source from = {bytes, count, 0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, warn);
    png_infop header = png ? png_create_info_struct(png) : NULL;
    if (!header) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(message, 256, "there is no memory to read it");
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &header, NULL);
        return 1;
    }
    begin(png, header, &from, info);
    png_destroy_read_struct(&png, &header, NULL);
    return 0;
}

int cimages_png_read(const uint8_t *bytes, size_t count, void *samples, char message[256]) {
    source from = {bytes, count, 0};
    cimages_info info;
    png_bytep *volatile rows = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, warn);
    png_infop header = png ? png_create_info_struct(png) : NULL;
    if (!header) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(message, 256, "there is no memory to read it");
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        free((void *)rows);
        png_destroy_read_struct(&png, &header, NULL);
        return 1;
    }
    begin(png, header, &from, &info);
    rows = malloc(sizeof(png_bytep) * (size_t)info.height);
    if (!rows) png_error(png, "there is no memory to read it");
    size_t stride = (size_t)info.width * (size_t)info.channels * (size_t)(info.bits / 8);
    for (int32_t y = 0; y < info.height; y++) rows[y] = (png_bytep)samples + stride * (size_t)y;
    png_read_image(png, (png_bytepp)rows);
    png_read_end(png, NULL);
    free((void *)rows);
    png_destroy_read_struct(&png, &header, NULL);
    return 0;
}

int cimages_png_text(
    const uint8_t *bytes, size_t count, void *context, void (*found)(void *, const char *, const char *),
    char message[256]) {
    source from = {bytes, count, 0};
    cimages_info info;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, warn);
    png_infop header = png ? png_create_info_struct(png) : NULL;
    if (!header) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(message, 256, "there is no memory to read it");
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &header, NULL);
        return 1;
    }
    begin(png, header, &from, &info);
    png_textp text = NULL;
    int texts = 0;
    png_get_text(png, header, &text, &texts);
    for (int i = 0; i < texts; i++) found(context, text[i].key, text[i].text ? text[i].text : "");
    png_destroy_read_struct(&png, &header, NULL);
    return 0;
}

int cimages_png_write(
    const cimages_info *info, const void *samples, const char *const *keys, const char *const *texts, int32_t text_count,
    uint8_t **bytes, size_t *count, char message[256]) {
    static const int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGB_ALPHA};
    sink to = {NULL, 0, 0};
    png_text *volatile words = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, fail, warn);
    png_infop header = png ? png_create_info_struct(png) : NULL;
    if (!header) {
        png_destroy_write_struct(&png, NULL);
        snprintf(message, 256, "there is no memory to write it");
        return 1;
    }
    if (setjmp(png_jmpbuf(png))) {
        free((void *)words);
        free(to.bytes);
        png_destroy_write_struct(&png, &header);
        return 1;
    }
    png_set_write_fn(png, &to, put, flush);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(
        png, header, (png_uint_32)info->width, (png_uint_32)info->height, info->bits, colours[info->channels],
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (text_count > 0) {
        words = calloc((size_t)text_count, sizeof(png_text));
        if (!words) png_error(png, "there is no memory to write it");
        for (int32_t i = 0; i < text_count; i++) {
            words[i].compression = PNG_ITXT_COMPRESSION_NONE;
            words[i].key = (char *)keys[i];
            words[i].text = (char *)texts[i];
            words[i].lang = "";
            words[i].lang_key = "";
        }
        png_set_text(png, header, (png_text *)words, text_count);
    }
    png_write_info(png, header);
    const uint16_t one = 1;
    if (info->bits == 16 && *(const uint8_t *)&one) png_set_swap(png);
    size_t stride = (size_t)info->width * (size_t)info->channels * (size_t)(info->bits / 8);
    for (int32_t y = 0; y < info->height; y++) {
        png_write_row(png, (png_const_bytep)samples + stride * (size_t)y);
    }
    png_write_end(png, header);
    free((void *)words);
    png_destroy_write_struct(&png, &header);
    *bytes = to.bytes;
    *count = to.count;
    return 0;
}
