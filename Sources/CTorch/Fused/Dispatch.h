// The fused kernels' arguments, and the choice of instructions at run time.
#pragma once

#include <cstdint>

namespace fused {

/// Greatest features of a head, and greatest sequence that short attention takes.
constexpr long maxHead = 256;
constexpr long maxShort = 32;

template <typename T>
struct NormForward {
    const T *x, *a, *gate, *scale, *shift;
    T *y, *n;
    float *mean, *rate;
    long width, rowsPerBatch;
    float eps;
};

template <typename T>
struct NormBackward {
    const T *y, *a, *gate, *scale, *gn, *gy;
    T *gx, *ga;
    const float *mean, *rate;
    long width, rowsPerBatch;
};

/// How tokens fall into heads: reach 0 the window, 1 the frame, 2 the history of a place.
struct Heads {
    long tokens, times, space, heads, head, reach;
    float eps, factor;
};

template <typename T>
struct HeadsForward {
    Heads shape;
    const T *qkv;
    const float *queryWeight, *keyWeight, *rotation;
    T *q, *k, *v;
};

template <typename T>
struct HeadsBackward {
    Heads shape;
    const T *qkv, *gq, *gk, *gv;
    const float *queryWeight, *keyWeight, *rotation;
    T *gqkv;
};

template <typename T>
struct ShortForward {
    const T *q, *k, *v;
    T *o;
    long length, head;
};

template <typename T>
struct ShortBackward {
    const T *q, *k, *v, *go;
    T *gq, *gk, *gv;
    long length, head;
};

/// One instruction set's kernels.
template <typename T>
struct Kernels {
    void (*normForward)(const NormForward<T> &, long, long);
    void (*normBackward)(const NormBackward<T> &, long, long, float *);
    void (*headsForward)(const HeadsForward<T> &, long, long);
    void (*headsBackward)(const HeadsBackward<T> &, long, long, float *);
    void (*shortForward)(const ShortForward<T> &, long, long);
    void (*shortBackward)(const ShortBackward<T> &, long, long);
};

/// Those of the widest vectors that this processor has.
template <typename T>
const Kernels<T> &kernels();

}  // namespace fused
