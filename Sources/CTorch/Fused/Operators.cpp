// Fused operators of the transformer for the CPU, `sillage::…` in libtorch's dispatcher. Each reads and writes its
// tensors once where plain operators pass over them five to ten times.
//
// float32 and bfloat16; gradients once (Swift takes the plain formulas where they are differentiated twice). A sum over
// rows is made of fixed pieces, added in order: results do not depend on the number of threads.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/view_as_real.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "Dispatch.h"
#include "Parallel.h"

namespace fused {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

template <typename T>
T *data(const Tensor &tensor) {
    return tensor.defined() ? (T *)tensor.data_ptr() : nullptr;
}

/// Calls `body` with a null pointer of the tensor's element type.
template <typename Body>
void typed(const Tensor &tensor, const Body &body) {
    if (tensor.scalar_type() == at::kFloat) return body((float *)nullptr);
    body((uint16_t *)nullptr);
}

void check(const Tensor &tensor, const Tensor &like, const char *name) {
    TORCH_CHECK(
        tensor.device().is_cpu() && (tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kBFloat16) &&
            tensor.scalar_type() == like.scalar_type(),
        name, " must be float32 or bfloat16 on the CPU, as what it goes with");
}

/// What modulates `x` (batch, …, width) is one row for each of its first indices, or for all of them: the plain formula
/// broadcasts more, and what is not of this form must not reach the kernels.
void checkModulation(const Tensor &m, const Tensor &like, const Tensor &x, const char *name) {
    check(m, x, name);
    bool fits = x.numel() > 0 && m.dim() == x.dim() && m.size(-1) == x.size(-1) && m.sizes() == like.sizes();
    bool ones = false;
    for (long i = 0; fits && i + 1 < x.dim(); ++i) {
        ones = ones || m.size(i) != x.size(i);
        fits = !ones || m.size(i) == 1;
    }
    TORCH_CHECK(fits, name, " of shape ", m.sizes(), " does not modulate tokens of shape ", x.sizes());
}

void once(const char *name) {
    TORCH_CHECK(!at::GradMode::is_enabled(), name, " is differentiated once only; use the plain formulas for more");
}

Tensor floats(at::IntArrayRef sizes) { return at::empty(sizes, at::kFloat); }

// MARK: Residual, norm, modulation

/// (y, n): y = x + gate · a, n = (1 + scale) norm(y) + shift; without `a`, y is x.
std::pair<Tensor, Tensor> normForward(
    AutogradContext *context, const Tensor &x0, const Tensor &a0, const Tensor &gate0, const Tensor &scale0,
    const Tensor &shift0, double eps) {
    auto x = x0.contiguous(), scale = scale0.contiguous(), shift = shift0.contiguous();
    auto a = a0.defined() ? a0.contiguous() : a0, gate = gate0.defined() ? gate0.contiguous() : gate0;
    long width = x.size(-1), rows = x.numel() / std::max(width, 1l), batches = scale.numel() / std::max(width, 1l);
    auto y = a.defined() ? at::empty_like(x) : x, n = at::empty_like(x);
    auto mean = floats({rows}), rate = floats({rows});
    typed(x, [&]<typename T>(T *) {
        NormForward<T> c{
            data<T>(x), data<T>(a), data<T>(gate), data<T>(scale), data<T>(shift), data<T>(y), data<T>(n),
            data<float>(mean), data<float>(rate), width, rows / batches, (float)eps};
        auto kernel = kernels<T>().normForward;
        parallelRows(rows, width, [&](long begin, long end) { kernel(c, begin, end); });
    });
    context->save_for_backward({y, a, gate, scale, mean, rate});
    return {y, n};
}

/// The gradients of x, a, gate, scale and shift.
variable_list normBackward(AutogradContext *context, Tensor gy, Tensor gn) {
    once("modulated_norm");
    auto saved = context->get_saved_variables();
    Tensor y = saved[0], a = saved[1], gate = saved[2], scale = saved[3], mean = saved[4], rate = saved[5];
    gn = gn.defined() ? gn.contiguous() : at::zeros_like(y);
    if (gy.defined()) gy = gy.contiguous();
    long width = y.size(-1), rows = mean.numel(), batches = scale.numel() / width, perBatch = rows / batches;
    long pieces = (perBatch + rowsPerPiece - 1) / rowsPerPiece;
    auto gx = at::empty_like(y), ga = a.defined() ? at::empty_like(y) : Tensor();
    auto sums = at::zeros({batches, pieces, 3, width}, at::kFloat);
    typed(y, [&]<typename T>(T *) {
        NormBackward<T> c{
            data<T>(y), data<T>(a), data<T>(gate), data<T>(scale), data<T>(gn), data<T>(gy), data<T>(gx), data<T>(ga),
            data<float>(mean), data<float>(rate), width, perBatch};
        auto kernel = kernels<T>().normBackward;
        parallel(batches * pieces, rows * width, [&](long i) {
            long batch = i / pieces, first = i % pieces * rowsPerPiece;
            kernel(
                c, batch * perBatch + first, batch * perBatch + std::min(perBatch, first + rowsPerPiece),
                data<float>(sums) + i * 3 * width);
        });
    });
    auto total = sums.sum(1).to(y.scalar_type());
    auto part = [&](long i) { return total.select(1, i).reshape(scale.sizes()); };
    return {gx, ga, a.defined() ? part(2) : Tensor(), part(0), part(1)};
}

struct ModulatedNorm : Function<ModulatedNorm> {
    static Tensor forward(
        AutogradContext *context, const Tensor &x, const Tensor &scale, const Tensor &shift, double eps) {
        return normForward(context, x, Tensor(), Tensor(), scale, shift, eps).second;
    }

    static variable_list backward(AutogradContext *context, variable_list cotangents) {
        auto g = normBackward(context, Tensor(), cotangents[0]);
        return {g[0], g[3], g[4], Tensor()};
    }
};

struct GatedModulatedNorm : Function<GatedModulatedNorm> {
    static variable_list forward(
        AutogradContext *context, const Tensor &x, const Tensor &a, const Tensor &gate, const Tensor &scale,
        const Tensor &shift, double eps) {
        auto [y, n] = normForward(context, x, a, gate, scale, shift, eps);
        return {y, n};
    }

    static variable_list backward(AutogradContext *context, variable_list cotangents) {
        auto g = normBackward(context, cotangents[0], cotangents[1]);
        return {g[0], g[1], g[2], g[3], g[4], Tensor()};
    }
};

Tensor modulatedNorm(const Tensor &x, const Tensor &scale, const Tensor &shift, double eps) {
    check(x, x, "x");
    checkModulation(scale, scale, x, "scale");
    checkModulation(shift, scale, x, "shift");
    return ModulatedNorm::apply(x, scale, shift, eps);
}

std::tuple<Tensor, Tensor> gatedModulatedNorm(
    const Tensor &x, const Tensor &a, const Tensor &gate, const Tensor &scale, const Tensor &shift, double eps) {
    check(x, x, "x");
    check(a, x, "a");
    TORCH_CHECK(a.sizes() == x.sizes(), "a of shape ", a.sizes(), " is not added to x of shape ", x.sizes());
    checkModulation(gate, scale, x, "gate");
    checkModulation(scale, scale, x, "scale");
    checkModulation(shift, scale, x, "shift");
    auto results = GatedModulatedNorm::apply(x, a, gate, scale, shift, eps);
    return {results[0], results[1]};
}

// MARK: Queries, keys and values

struct RotatedHeads : Function<RotatedHeads> {
    static variable_list forward(
        AutogradContext *context, const Tensor &qkv0, const Tensor &queryWeight0, const Tensor &keyWeight0,
        const Tensor &rotation0, int64_t heads, int64_t times, int64_t reach, double eps, double factor) {
        auto qkv = qkv0.contiguous(), queryWeight = queryWeight0.contiguous(), keyWeight = keyWeight0.contiguous();
        auto rotation = at::view_as_real(rotation0.contiguous());
        long batch = qkv.size(0), tokens = qkv.size(1), head = qkv.size(2) / 3 / heads, space = tokens / times;
        Heads shape{tokens, times, space, heads, head, reach, (float)eps, (float)factor};
        std::vector<int64_t> sizes;
        switch (reach) {
            case 0: sizes = {batch, heads, tokens, head}; break;
            case 1: sizes = {batch * times, heads, space, head}; break;
            default: sizes = {batch * space, heads, times, head};
        }
        auto q = at::empty(sizes, qkv.options()), k = at::empty_like(q), v = at::empty_like(q);
        typed(qkv, [&]<typename T>(T *) {
            HeadsForward<T> c{
                shape, data<T>(qkv), data<float>(queryWeight), data<float>(keyWeight), data<float>(rotation),
                data<T>(q), data<T>(k), data<T>(v)};
            auto kernel = kernels<T>().headsForward;
            parallelRows(batch * tokens, 3 * heads * head, [&](long begin, long end) { kernel(c, begin, end); });
        });
        context->save_for_backward({qkv, queryWeight, keyWeight, rotation});
        context->saved_data["shape"] = std::vector<int64_t>{tokens, times, space, heads, head, reach};
        context->saved_data["eps"] = eps;
        context->saved_data["factor"] = factor;
        return {q, k, v};
    }

    static variable_list backward(AutogradContext *context, variable_list cotangents) {
        once("rotated_heads");
        auto saved = context->get_saved_variables();
        Tensor qkv = saved[0], queryWeight = saved[1], keyWeight = saved[2], rotation = saved[3];
        auto n = context->saved_data["shape"].toIntVector();
        Heads shape{
            n[0], n[1], n[2], n[3], n[4], n[5], (float)context->saved_data["eps"].toDouble(),
            (float)context->saved_data["factor"].toDouble()};
        auto cotangent = [&](long i) {
            return cotangents[i].defined() ? cotangents[i].contiguous() : at::zeros({qkv.numel() / 3}, qkv.options());
        };
        Tensor gq = cotangent(0), gk = cotangent(1), gv = cotangent(2);
        auto gqkv = at::empty_like(qkv);
        long rows = qkv.size(0) * shape.tokens, pieces = (rows + rowsPerPiece - 1) / rowsPerPiece;
        auto sums = at::zeros({pieces, 2, shape.head}, at::kFloat);
        typed(qkv, [&]<typename T>(T *) {
            HeadsBackward<T> c{
                shape, data<T>(qkv), data<T>(gq), data<T>(gk), data<T>(gv), data<float>(queryWeight),
                data<float>(keyWeight), data<float>(rotation), data<T>(gqkv)};
            auto kernel = kernels<T>().headsBackward;
            parallel(pieces, qkv.numel(), [&](long i) {
                kernel(
                    c, i * rowsPerPiece, std::min(rows, (i + 1) * rowsPerPiece),
                    data<float>(sums) + i * 2 * shape.head);
            });
        });
        auto total = sums.sum(0);
        return {gqkv,     total.select(0, 0), total.select(0, 1), Tensor(), Tensor(), Tensor(),
                Tensor(), Tensor(),           Tensor()};
    }
};

std::tuple<Tensor, Tensor, Tensor> rotatedHeads(
    const Tensor &qkv, const Tensor &queryWeight, const Tensor &keyWeight, const Tensor &rotation, int64_t heads,
    int64_t times, int64_t reach, double eps, double factor) {
    check(qkv, qkv, "qkv");
    TORCH_CHECK(heads > 0 && times > 0 && qkv.numel() > 0, "rotated_heads: nothing of ", qkv.sizes());
    long head = qkv.size(-1) / 3 / heads;
    TORCH_CHECK(
        qkv.dim() == 3 && qkv.size(2) == 3 * heads * head && head % 2 == 0 && head <= maxHead &&
            qkv.size(1) % times == 0 && reach >= 0 && reach <= 2,
        "rotated_heads: ", qkv.sizes(), " is not (batch, tokens, 3 · ", heads, " heads) of ", times, " frames");
    TORCH_CHECK(
        queryWeight.scalar_type() == at::kFloat && queryWeight.numel() == head &&
            keyWeight.scalar_type() == at::kFloat && keyWeight.numel() == head,
        "rotated_heads: weights must be float32, one a feature of a head");
    TORCH_CHECK(
        rotation.scalar_type() == at::kComplexFloat && rotation.numel() == qkv.size(1) * head / 2,
        "rotated_heads: the rotation must be complex64, one number a token and pair");
    auto r = RotatedHeads::apply(qkv, queryWeight, keyWeight, rotation, heads, times, reach, eps, factor);
    return {r[0], r[1], r[2]};
}

// MARK: Attention over short sequences

struct ShortAttention : Function<ShortAttention> {
    static Tensor forward(AutogradContext *context, const Tensor &q0, const Tensor &k0, const Tensor &v0) {
        auto q = q0.contiguous(), k = k0.contiguous(), v = v0.contiguous(), o = at::empty_like(q);
        long head = q.size(-1), length = q.size(-2), rows = q.numel() / (length * head);
        typed(q, [&]<typename T>(T *) {
            ShortForward<T> c{data<T>(q), data<T>(k), data<T>(v), data<T>(o), length, head};
            auto kernel = kernels<T>().shortForward;
            parallelRows(rows, length * head, [&](long begin, long end) { kernel(c, begin, end); });
        });
        context->save_for_backward({q, k, v});
        return o;
    }

    static variable_list backward(AutogradContext *context, variable_list cotangents) {
        once("short_attention");
        auto saved = context->get_saved_variables();
        Tensor q = saved[0], k = saved[1], v = saved[2], go = cotangents[0].contiguous();
        long head = q.size(-1), length = q.size(-2), rows = q.numel() / (length * head);
        auto gq = at::empty_like(q), gk = at::empty_like(q), gv = at::empty_like(q);
        typed(q, [&]<typename T>(T *) {
            ShortBackward<T> c{
                data<T>(q),  data<T>(k),  data<T>(v), data<T>(go), data<T>(gq),
                data<T>(gk), data<T>(gv), length,     head};
            auto kernel = kernels<T>().shortBackward;
            parallelRows(rows, length * head, [&](long begin, long end) { kernel(c, begin, end); });
        });
        return {gq, gk, gv};
    }
};

Tensor shortAttention(const Tensor &q, const Tensor &k, const Tensor &v) {
    check(q, q, "q");
    check(k, q, "k");
    check(v, q, "v");
    TORCH_CHECK(
        q.dim() >= 2 && q.numel() > 0 && q.sizes() == k.sizes() && q.sizes() == v.sizes() && q.size(-2) <= maxShort &&
            q.size(-1) <= maxHead,
        "short_attention: queries, keys and values of one shape, at most ", maxShort, " by ", maxHead);
    return ShortAttention::apply(q, k, v);
}

TORCH_LIBRARY(sillage, library) {
    library.def("modulated_norm(Tensor x, Tensor scale, Tensor shift, float eps) -> Tensor", &modulatedNorm);
    library.def(
        "gated_modulated_norm(Tensor x, Tensor a, Tensor gate, Tensor scale, Tensor shift, float eps) -> "
        "(Tensor, Tensor)",
        &gatedModulatedNorm);
    library.def(
        "rotated_heads(Tensor qkv, Tensor query_weight, Tensor key_weight, Tensor rotation, int heads, int times, "
        "int reach, float eps, float factor) -> (Tensor, Tensor, Tensor)",
        &rotatedHeads);
    library.def("short_attention(Tensor q, Tensor k, Tensor v) -> Tensor", &shortAttention);
}

}  // namespace
}  // namespace fused
