// The door to libtorch: a handful of C functions through which Swift reaches every ATen operator.
//
// Rules of the door:
// - A handle owns one reference; `*_release` gives it back. Null is the undefined tensor.
// - A function that can fail returns 0 when it succeeded and 1 otherwise; `ct_last_error()` then tells why,
//   on the same thread, until the next failure. No C++ exception leaves.
// - `long` is 64 bits wide here and imports into Swift as `Int`.
#ifndef SILLAGE_CTORCH_H
#define SILLAGE_CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_opaque *ct_tensor;
typedef struct ct_operator_opaque *ct_operator;
typedef struct ct_generator_opaque *ct_generator;

/// What the last failed call on this thread said.
const char *ct_last_error(void);

// MARK: Values and operators

/// The kinds of value that travel through the door.
enum {
    CT_NONE = 0,
    CT_TENSOR = 1,          // pointer: ct_tensor
    CT_INT = 2,             // integer
    CT_DOUBLE = 3,          // real
    CT_BOOL = 4,            // integer
    CT_COMPLEX = 5,         // real, imaginary
    CT_INTS = 6,            // pointer: const long *, integer: count
    CT_DOUBLES = 7,         // pointer: const double *, integer: count
    CT_TENSORS = 8,         // pointer: const ct_tensor *, integer: count
    CT_OPTIONAL_TENSORS = 9,  // same, null entries are None
    CT_STRING = 10,         // pointer: const char *
    CT_DEVICE = 11,         // integer: index (or -1), real: type
    CT_GENERATOR = 12,      // pointer: ct_generator
    CT_DEFAULT = 13,        // the schema's default value
};

typedef struct {
    long kind;
    long integer;
    double real;
    double imaginary;
    const void *pointer;
} ct_value;

/// Finds `aten::name.overload` in the dispatcher; the handle lives for ever.
int ct_operator_find(const char *name, const char *overload, ct_operator *found);

/// Calls an operator. Arguments left out at the end take the schema's defaults.
///
/// Results are written to `results` (at most `capacity`), their number to `produced`. Tensors among them are owned by
/// the caller. A list of tensors is returned as CT_TENSORS whose `pointer` must go to `ct_free_list` after its
/// tensors were taken.
int ct_call(ct_operator op, const ct_value *arguments, long count, ct_value *results, long capacity, long *produced);
void ct_free_list(const void *list);

// MARK: Tensors

void ct_tensor_retain(ct_tensor tensor);
void ct_tensor_release(ct_tensor tensor);
long ct_tensor_rank(ct_tensor tensor);
long ct_tensor_count(ct_tensor tensor);
void ct_tensor_sizes(ct_tensor tensor, long *sizes);
int ct_tensor_strides(ct_tensor tensor, long *strides);
int ct_tensor_dtype(ct_tensor tensor);
int ct_tensor_device_type(ct_tensor tensor);
int ct_tensor_device_index(ct_tensor tensor);
bool ct_tensor_is_contiguous(ct_tensor tensor);
bool ct_tensor_is_sparse(ct_tensor tensor);
/// Whether the elements are the conjugates or the negatives of what the memory holds.
bool ct_tensor_is_marked(ct_tensor tensor);
/// The first byte of a dense tensor's elements, null when it has none.
int ct_tensor_data(ct_tensor tensor, void **data);
/// The bytes held by the tensor's storage (shared with its views).
long ct_tensor_storage_bytes(ct_tensor tensor);

// MARK: Automatic differentiation

bool ct_grad_enabled(void);
void ct_set_grad_enabled(bool enabled);
bool ct_tensor_requires_grad(ct_tensor tensor);
int ct_tensor_set_requires_grad(ct_tensor tensor, bool required);
bool ct_tensor_is_leaf(ct_tensor tensor);
/// The accumulated gradient of a leaf, null when there is none.
ct_tensor ct_tensor_gradient(ct_tensor tensor);
int ct_tensor_set_gradient(ct_tensor tensor, ct_tensor gradient);

/// Gradients of `outputs` weighted by `cotangents` (null entries: ones, for scalars) with respect to `inputs`.
/// `results` receives `input_count` owned handles, null where an input does not reach the outputs (an error unless
/// `allow_unused`).
int ct_grad(const ct_tensor *outputs, const ct_tensor *cotangents, long output_count, const ct_tensor *inputs,
            long input_count, bool retain_graph, bool create_graph, bool allow_unused, ct_tensor *results);
int ct_backward(const ct_tensor *outputs, const ct_tensor *cotangents, long output_count, bool retain_graph,
                bool create_graph);

/// Leaves that require gradients and are reached from `outputs` (each once). The list goes to `ct_free_list`; its
/// tensors are owned by the caller. Fails when the graph reaches nodes made before `since`, other than leaves.
int ct_graph_leaves(const ct_tensor *outputs, long count, uint64_t since, const ct_tensor **leaves, long *leaf_count);
/// The sequence number that the next node of this thread's graph will take.
uint64_t ct_graph_sequence(void);

/// Computes gradients with respect to a custom node's inputs: takes `output_count` cotangents (null where none
/// reached) and writes `input_count` owned handles (null: no gradient).
typedef void (*ct_backward_function)(void *context, const ct_tensor *cotangents, long output_count,
                                     ct_tensor *gradients, long input_count);
typedef void (*ct_context_release)(void *context);

/// Ties `outputs` (values without history) to `inputs` by a node whose backward is `function`; writes new handles
/// that share their memory. `context` is released with the node.
int ct_custom_node(const ct_tensor *inputs, long input_count, const ct_tensor *outputs, long output_count,
                   ct_backward_function function, void *context, ct_context_release release, ct_tensor *results);

// MARK: Random numbers

int ct_generator_create(uint64_t seed, ct_generator *generator);
void ct_generator_release(ct_generator generator);
/// The state as a tensor of bytes.
int ct_generator_state(ct_generator generator, ct_tensor *state);
int ct_generator_set_state(ct_generator generator, ct_tensor state);

/// Independent standard normal numbers, a pure function of (seed, member, step, place): Philox 4x32-10 and Box-Muller.
void ct_philox_normal(uint64_t seed, uint32_t member, uint32_t step, float *values, long count);
/// Independent numbers uniform in [0, 1) with 24 random bits, likewise.
void ct_philox_uniform(uint64_t seed, uint32_t member, uint32_t step, float *values, long count);

// MARK: The library

/// Sets where tensors on the CPU live; before the first of them.
void ct_keep_freed_memory(void);
/// Gives what was freed and kept back to the system.
void ct_release_freed_memory(void);
void ct_set_threads(int count);
int ct_threads(void);
/// The fused kernels use AVX-512 (2), AVX2 (1) or neither (0), at most what the processor has. Returns what is used.
int ct_limit_vectors(int level);
int ct_set_deterministic(bool deterministic);
/// Whether warnings raised on this thread are dropped rather than printed.
void ct_set_quiet(bool quiet);
const char *ct_version(void);
/// Loads the CUDA half of libtorch when the installation has it. Returns the number of devices, 0 when there is none.
int ct_cuda_device_count(void);
int ct_cuda_synchronize(int device);

/// Between the two calls, on one thread, bytes of tensors on the CPU are counted: the most at once, and what is left of
/// those that were taken in between. Meters nest.
void ct_memory_meter_begin(void);
void ct_memory_meter_end(long *peak, long *kept);

#ifdef __cplusplus
}
#endif
#endif
