// Reference counts and metadata of tensors.
#include "Door.h"

using door::impl;

extern "C" {

void ct_tensor_retain(ct_tensor tensor) {
    if (tensor) door::give(door::borrow(tensor));
}

void ct_tensor_release(ct_tensor tensor) {
    if (tensor) c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl(tensor));
}

long ct_tensor_rank(ct_tensor tensor) { return impl(tensor)->dim(); }
long ct_tensor_count(ct_tensor tensor) { return impl(tensor)->numel(); }

void ct_tensor_sizes(ct_tensor tensor, long *sizes) {
    auto shape = impl(tensor)->sizes();
    for (size_t i = 0; i < shape.size(); ++i) sizes[i] = shape[i];
}

int ct_tensor_strides(ct_tensor tensor, long *strides) {
    return door::guarded([&] {
        auto steps = impl(tensor)->strides();
        for (size_t i = 0; i < steps.size(); ++i) strides[i] = steps[i];
    });
}

int ct_tensor_dtype(ct_tensor tensor) { return (int)c10::typeMetaToScalarType(impl(tensor)->dtype()); }
int ct_tensor_device_type(ct_tensor tensor) { return (int)impl(tensor)->device().type(); }
int ct_tensor_device_index(ct_tensor tensor) { return impl(tensor)->device().index(); }

bool ct_tensor_is_contiguous(ct_tensor tensor) {
    return impl(tensor)->layout() == c10::kStrided && impl(tensor)->is_contiguous();
}

bool ct_tensor_is_sparse(ct_tensor tensor) { return impl(tensor)->layout() != c10::kStrided; }

bool ct_tensor_is_marked(ct_tensor tensor) { return impl(tensor)->is_conj() || impl(tensor)->is_neg(); }

int ct_tensor_data(ct_tensor tensor, void **data) {
    return door::guarded([&] { *data = impl(tensor)->mutable_data(); });
}

long ct_tensor_storage_bytes(ct_tensor tensor) {
    return impl(tensor)->has_storage() ? (long)impl(tensor)->storage().nbytes() : 0;
}

}  // extern "C"
