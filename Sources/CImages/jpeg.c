#include "cimages.h"

#include <stdio.h>
#include <jpeglib.h>
#include <libexif/exif-data.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char *message;
    // Whether a warning says that samples are missing or damaged.
    int damaged;
} errors;

static void leave(j_common_ptr codec) {
    errors *state = (errors *)codec->err;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(state->message, 256, "%s", text);
    longjmp(state->back, 1);
}

// Warnings (a level below zero) are of damaged data: the first one is kept.
static void tell(j_common_ptr codec, int level) {
    errors *state = (errors *)codec->err;
    if (level >= 0 || state->damaged) return;
    state->damaged = 1;
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(state->message, 256, "%s", text);
}

static void quiet(j_common_ptr codec) { (void)codec; }

static struct jpeg_error_mgr *listen(errors *state, char *message) {
    jpeg_std_error(&state->manager);
    state->manager.error_exit = leave;
    state->manager.emit_message = tell;
    state->manager.output_message = quiet;
    state->message = message;
    state->damaged = 0;
    message[0] = 0;
    return &state->manager;
}

static int32_t orientation(struct jpeg_decompress_struct *codec) {
    int32_t result = 1;
    for (jpeg_saved_marker_ptr marker = codec->marker_list; marker; marker = marker->next) {
        if (marker->marker != JPEG_APP0 + 1 || marker->data_length < 6 || memcmp(marker->data, "Exif\0", 6)) continue;
        ExifData *data = exif_data_new_from_data(marker->data, marker->data_length);
        if (!data) continue;
        ExifEntry *entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
        if (entry && entry->format == EXIF_FORMAT_SHORT && entry->size >= 2) {
            int value = exif_get_short(entry->data, exif_data_get_byte_order(data));
            if (value >= 1 && value <= 8) result = value;
        }
        exif_data_unref(data);
    }
    return result;
}

// Reads the header; all but grey becomes RGB.
static void begin(struct jpeg_decompress_struct *codec, const uint8_t *bytes, size_t count, cimages_info *info) {
    jpeg_mem_src(codec, bytes, count);
    jpeg_save_markers(codec, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(codec, TRUE);
    codec->out_color_space = codec->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(codec);
    info->width = (int32_t)codec->output_width;
    info->height = (int32_t)codec->output_height;
    info->channels = codec->out_color_space == JCS_GRAYSCALE ? 1 : 3;
    info->bits = 8;
    info->orientation = orientation(codec);
}

int cimages_jpeg_info(const uint8_t *bytes, size_t count, cimages_info *info, char message[256]) {
    struct jpeg_decompress_struct codec;
    errors state;
    codec.err = listen(&state, message);
    jpeg_create_decompress(&codec);
    if (setjmp(state.back)) {
        jpeg_destroy_decompress(&codec);
        return 1;
    }
    begin(&codec, bytes, count, info);
    jpeg_destroy_decompress(&codec);
    return 0;
}

int cimages_jpeg_read(const uint8_t *bytes, size_t count, void *samples, char message[256]) {
    struct jpeg_decompress_struct codec;
    errors state;
    cimages_info info;
    codec.err = listen(&state, message);
    jpeg_create_decompress(&codec);
    if (setjmp(state.back)) {
        jpeg_destroy_decompress(&codec);
        return 1;
    }
    begin(&codec, bytes, count, &info);
    jpeg_start_decompress(&codec);
    size_t stride = (size_t)info.width * (size_t)info.channels;
    while (codec.output_scanline < codec.output_height) {
        JSAMPROW row = (JSAMPROW)samples + stride * codec.output_scanline;
        jpeg_read_scanlines(&codec, &row, 1);
    }
    jpeg_finish_decompress(&codec);
    int damaged = state.damaged;
    jpeg_destroy_decompress(&codec);
    return damaged;
}

int cimages_jpeg_write(
    const cimages_info *info, const void *samples, int32_t quality, uint8_t **bytes, size_t *count, char message[256]) {
    struct jpeg_compress_struct codec;
    errors state;
    unsigned char *volatile file = NULL;
    unsigned long size = 0;
    codec.err = listen(&state, message);
    jpeg_create_compress(&codec);
    if (setjmp(state.back)) {
        jpeg_destroy_compress(&codec);
        free((void *)file);
        return 1;
    }
    jpeg_mem_dest(&codec, (unsigned char **)&file, &size);
    codec.image_width = (JDIMENSION)info->width;
    codec.image_height = (JDIMENSION)info->height;
    codec.input_components = info->channels;
    codec.in_color_space = info->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    // Colour as sharp as brightness where quality is asked for.
    if (info->channels == 3 && quality >= 90) {
        codec.comp_info[0].h_samp_factor = 1;
        codec.comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(&codec, TRUE);
    size_t stride = (size_t)info->width * (size_t)info->channels;
    while (codec.next_scanline < codec.image_height) {
        JSAMPROW row = (JSAMPROW)((const uint8_t *)samples + stride * codec.next_scanline);
        jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    *bytes = file;
    *count = size;
    return 0;
}
