// Threads, determinism and devices.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <string>

#include "Door.h"

namespace {

/// CUDA kernels register themselves when their library is loaded, so that one binary serves both kinds of wheel.
bool load_cuda() {
    static const bool loaded = [] {
        Dl_info info;
        std::string folder;
        if (dladdr((void *)&at::get_num_threads, &info) && info.dli_fname) {
            folder = info.dli_fname;
            folder = folder.substr(0, folder.rfind('/') + 1);
        }
        return dlopen((folder + "libtorch_cuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr;
    }();
    return loaded;
}

struct Silence : c10::WarningHandler {
    void process(const c10::Warning &) override {}
};

}  // namespace

extern "C" {

void ct_set_threads(int count) { at::set_num_threads(count); }
int ct_threads(void) { return at::get_num_threads(); }

int ct_set_deterministic(bool deterministic) {
    return door::guarded([&] {
        at::globalContext().setDeterministicAlgorithms(deterministic, false);
        at::globalContext().setDeterministicCuDNN(deterministic);
        at::globalContext().setBenchmarkCuDNN(false);
    });
}

void ct_set_quiet(bool quiet) {
    static Silence silence;
    c10::WarningUtils::set_warning_handler(quiet ? &silence : nullptr);
}

const char *ct_version(void) { return TORCH_VERSION; }

int ct_cuda_device_count(void) {
    int count = 0;
    if (load_cuda()) door::guarded([&] { count = at::detail::getCUDAHooks().deviceCount(); });
    return count;
}

int ct_cuda_synchronize(int device) {
    return door::guarded([&] {
        TORCH_CHECK(load_cuda(), "this libtorch has no CUDA");
        at::detail::getCUDAHooks().deviceSynchronize((c10::DeviceIndex)device);
    });
}

}  // extern "C"
