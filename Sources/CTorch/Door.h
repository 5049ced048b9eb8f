// Conversions between C handles and ATen objects, and the one place where exceptions stop.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <string>

#include "CTorch.h"

namespace door {

void fail(const char *message);

/// Runs `body`; an exception becomes status 1 and a message.
template <typename Body>
int guarded(Body &&body) {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        fail(error.what_without_backtrace());
    } catch (const std::exception &error) {
        fail(error.what());
    } catch (...) {
        fail("an unknown C++ exception");
    }
    return 1;
}

inline c10::TensorImpl *impl(ct_tensor handle) { return reinterpret_cast<c10::TensorImpl *>(handle); }

/// A tensor that shares the handle's object; null gives the undefined tensor.
inline at::Tensor borrow(ct_tensor handle) {
    if (!handle) return at::Tensor();
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(impl(handle)));
}

/// Hands the reference over to C; the undefined tensor becomes null.
inline ct_tensor give(at::Tensor tensor) {
    if (!tensor.defined()) return nullptr;
    return reinterpret_cast<ct_tensor>(tensor.unsafeReleaseTensorImpl());
}

inline std::vector<at::Tensor> borrow(const ct_tensor *handles, long count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (long i = 0; i < count; ++i) tensors.push_back(borrow(handles[i]));
    return tensors;
}

}  // namespace door
