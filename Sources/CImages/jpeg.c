#include "internal.h"

#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// What errors of a codec lead to. Codecs and errors live in the function that calls the one with setjmp: longjmp leaves them
// as they are.
typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char *message;
    cimages_outcome outcome;
} errors;

static void tell(j_common_ptr codec) {
    char text[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, text);
    snprintf(((errors *)codec->err)->message, 256, "%s", text);
}

static void leave(j_common_ptr codec) {
    errors *state = (errors *)codec->err;
    tell(codec);
    int code = codec->err->msg_code;
    state->outcome = code == JERR_OUT_OF_MEMORY ? cimages_memory
        : code == JERR_CONVERSION_NOTIMPL || code == JERR_BAD_PRECISION || code == JERR_IMAGE_TOO_BIG
        ? cimages_unfit
        : cimages_damaged;
    longjmp(state->back, 1);
}

static void refuse(j_common_ptr codec, const char *text) {
    errors *state = (errors *)codec->err;
    snprintf(state->message, 256, "%s", text);
    state->outcome = cimages_unfit;
    longjmp(state->back, 1);
}

// Of the warnings (a level below zero) those that say that samples are missing or damaged; the first is kept.
static void listen_for_damage(j_common_ptr codec, int level) {
    errors *state = (errors *)codec->err;
    if (level >= 0 || state->outcome != cimages_done) return;
    switch (codec->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_JPEG_EOF:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        state->outcome = cimages_damaged;
        tell(codec);
    }
}

static void quiet(j_common_ptr codec) { (void)codec; }

static struct jpeg_error_mgr *listen(errors *state, char *message) {
    jpeg_std_error(&state->manager);
    state->manager.error_exit = leave;
    state->manager.emit_message = listen_for_damage;
    state->manager.output_message = quiet;
    state->message = message;
    state->outcome = cimages_done;
    message[0] = 0;
    return &state->manager;
}

static int32_t orientation(struct jpeg_decompress_struct *codec) {
    for (jpeg_saved_marker_ptr marker = codec->marker_list; marker; marker = marker->next) {
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 && !memcmp(marker->data, "Exif\0", 6)) {
            return cimages_orientation(marker->data + 6, marker->data_length - 6);
        }
    }
    return 1;
}

// Reads the header; all but grey becomes RGB.
static void begin(
    struct jpeg_decompress_struct *codec, const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info) {
    jpeg_mem_src(codec, bytes, count);
    jpeg_save_markers(codec, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(codec, TRUE);
    if ((uint64_t)codec->image_width * codec->image_height > limit) {
        char text[128];
        snprintf(text, sizeof text, "it has %u x %u points, more than %llu in all", codec->image_width,
                 codec->image_height, (unsigned long long)limit);
        refuse((j_common_ptr)codec, text);
    }
    if (codec->num_components == 4) {
        refuse((j_common_ptr)codec, "its colours are four inks (CMYK): convert it to RGB first");
    }
    codec->out_color_space = codec->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(codec);
    info->width = (int32_t)codec->output_width;
    info->height = (int32_t)codec->output_height;
    info->channels = codec->out_color_space == JCS_GRAYSCALE ? 1 : 3;
    info->bits = 8;
    info->orientation = orientation(codec);
}

typedef struct {
    struct jpeg_decompress_struct codec;
    errors state;
} reader;

static void look(reader *self, const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info) {
    if (setjmp(self->state.back)) return;
    jpeg_create_decompress(&self->codec);
    begin(&self->codec, bytes, count, limit, info);
}

cimages_outcome cimages_jpeg_info(
    const uint8_t *bytes, size_t count, uint64_t limit, cimages_info *info, char message[256]) {
    reader self = {0};
    self.codec.err = listen(&self.state, message);
    look(&self, bytes, count, limit, info);
    jpeg_destroy_decompress(&self.codec);
    return self.state.outcome;
}

static void read_samples(
    reader *self, const uint8_t *bytes, size_t count, const cimages_info *info, void *samples, size_t room) {
    struct jpeg_decompress_struct *codec = &self->codec;
    if (setjmp(self->state.back)) return;
    jpeg_create_decompress(codec);
    cimages_info found;
    begin(codec, bytes, count, UINT64_MAX, &found);
    size_t stride = (size_t)info->width * (size_t)info->channels;
    if (found.width != info->width || found.height != info->height || found.channels != info->channels
        || room < stride * (size_t)info->height) {
        refuse((j_common_ptr)codec, "it is not the picture that its header promised");
    }
    jpeg_start_decompress(codec);
    while (codec->output_scanline < codec->output_height) {
        JSAMPROW row = (JSAMPROW)samples + stride * codec->output_scanline;
        jpeg_read_scanlines(codec, &row, 1);
    }
    jpeg_finish_decompress(codec);
}

cimages_outcome cimages_jpeg_read(
    const uint8_t *bytes, size_t count, const cimages_info *info, void *samples, size_t room, char message[256]) {
    reader self = {0};
    self.codec.err = listen(&self.state, message);
    read_samples(&self, bytes, count, info, samples, room);
    jpeg_destroy_decompress(&self.codec);
    return self.state.outcome;
}

// A file that is written into a sink: libjpeg's own for memory frees what it has handed out when memory ends.
typedef struct {
    struct jpeg_destination_mgr manager;
    cimages_sink sink;
} destination;

enum { piece = 1 << 15 };

static void offer(j_compress_ptr codec) {
    destination *to = (destination *)codec->dest;
    if (!cimages_grow(&to->sink, piece)) {
        codec->err->msg_code = JERR_OUT_OF_MEMORY;
        codec->err->msg_parm.i[0] = 0;
        codec->err->error_exit((j_common_ptr)codec);
    }
    to->manager.next_output_byte = to->sink.bytes + to->sink.count;
    to->manager.free_in_buffer = piece;
}

static boolean full(j_compress_ptr codec) {
    ((destination *)codec->dest)->sink.count += piece;
    offer(codec);
    return TRUE;
}

static void done(j_compress_ptr codec) {
    destination *to = (destination *)codec->dest;
    to->sink.count += piece - to->manager.free_in_buffer;
}

typedef struct {
    struct jpeg_compress_struct codec;
    errors state;
    destination to;
} writer;

static void write_all(writer *self, const cimages_info *info, const void *samples, int32_t quality) {
    struct jpeg_compress_struct *codec = &self->codec;
    if (setjmp(self->state.back)) return;
    jpeg_create_compress(codec);
    codec->dest = &self->to.manager;
    codec->image_width = (JDIMENSION)info->width;
    codec->image_height = (JDIMENSION)info->height;
    codec->input_components = info->channels;
    codec->in_color_space = info->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, quality, TRUE);
    // Colour as sharp as brightness where quality is asked for.
    if (info->channels == 3 && quality >= 90) {
        codec->comp_info[0].h_samp_factor = 1;
        codec->comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(codec, TRUE);
    size_t stride = (size_t)info->width * (size_t)info->channels;
    while (codec->next_scanline < codec->image_height) {
        JSAMPROW row = (JSAMPROW)((const uint8_t *)samples + stride * codec->next_scanline);
        jpeg_write_scanlines(codec, &row, 1);
    }
    jpeg_finish_compress(codec);
}

cimages_outcome cimages_jpeg_write(
    const cimages_info *info, const void *samples, int32_t quality, uint8_t **bytes, size_t *count, char message[256]) {
    writer self = {
        .to.manager = {.init_destination = offer, .empty_output_buffer = full, .term_destination = done}};
    self.codec.err = listen(&self.state, message);
    write_all(&self, info, samples, quality);
    jpeg_destroy_compress(&self.codec);
    if (self.state.outcome == cimages_done) {
        *bytes = self.to.sink.bytes;
        *count = self.to.sink.count;
    } else {
        free(self.to.sink.bytes);
    }
    return self.state.outcome;
}
