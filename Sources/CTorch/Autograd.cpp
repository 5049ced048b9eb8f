// Gradients, the grad mode, and nodes whose backward is written in Swift.
#include <ATen/core/grad_mode.h>
#include <ATen/SequenceNumber.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

#include <unordered_set>

#include "Door.h"

using torch::autograd::Node;
using torch::autograd::variable_list;

namespace {

class SwiftNode : public Node {
public:
    ct_backward_function function;
    void *context;
    ct_context_release release;
    long input_count;

    ~SwiftNode() override { release(context); }

    std::string name() const override { return "SwiftNode"; }

    variable_list apply(variable_list &&cotangents) override {
        std::vector<ct_tensor> incoming;
        for (auto &cotangent : cotangents) {
            incoming.push_back((ct_tensor)(cotangent.defined() ? cotangent.unsafeGetTensorImpl() : nullptr));
        }
        std::vector<ct_tensor> outgoing(input_count, nullptr);
        function(context, incoming.data(), (long)incoming.size(), outgoing.data(), input_count);
        variable_list gradients;
        for (auto handle : outgoing) {
            gradients.push_back(door::borrow(handle));
            ct_tensor_release(handle);
        }
        return gradients;
    }
};

// libtorch holds nodes by std::shared_ptr up to 2.11 and by an intrusive pointer later.
template <typename Pointer>
struct Made {
    static auto node() { return c10::make_intrusive<SwiftNode>(); }
};
template <typename Element>
struct Made<std::shared_ptr<Element>> {
    static auto node() { return std::make_shared<SwiftNode>(); }
};

}  // namespace

extern "C" {

bool ct_grad_enabled(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_enabled(bool enabled) { at::GradMode::set_enabled(enabled); }

bool ct_tensor_requires_grad(ct_tensor tensor) { return door::impl(tensor)->requires_grad(); }
int ct_tensor_set_requires_grad(ct_tensor tensor, bool required) {
    return door::guarded([&] {
        auto variable = door::borrow(tensor);
        TORCH_CHECK(variable.is_leaf() || required, "requiresGrad of a computed tensor cannot be unset; use detach()");
        variable.set_requires_grad(required);
    });
}

bool ct_tensor_is_leaf(ct_tensor tensor) { return door::borrow(tensor).is_leaf(); }
ct_tensor ct_tensor_gradient(ct_tensor tensor) { return door::give(door::borrow(tensor).grad()); }
int ct_tensor_set_gradient(ct_tensor tensor, ct_tensor gradient) {
    return door::guarded([&] { door::borrow(tensor).mutable_grad() = door::borrow(gradient); });
}

int ct_grad(const ct_tensor *outputs, const ct_tensor *cotangents, long output_count, const ct_tensor *inputs,
            long input_count, bool retain_graph, bool create_graph, bool allow_unused, ct_tensor *results) {
    return door::guarded([&] {
        auto gradients = torch::autograd::grad(
            door::borrow(outputs, output_count), door::borrow(inputs, input_count),
            door::borrow(cotangents, output_count), retain_graph, create_graph, allow_unused);
        for (long i = 0; i < input_count; ++i) results[i] = door::give(std::move(gradients[i]));
    });
}

int ct_backward(const ct_tensor *outputs, const ct_tensor *cotangents, long output_count, bool retain_graph,
                bool create_graph) {
    return door::guarded([&] {
        torch::autograd::backward(door::borrow(outputs, output_count), door::borrow(cotangents, output_count),
                                  retain_graph, create_graph);
    });
}

uint64_t ct_graph_sequence(void) { return at::sequence_number::peek(); }

int ct_graph_leaves(const ct_tensor *outputs, long count, uint64_t since, const ct_tensor **leaves, long *leaf_count) {
    return door::guarded([&] {
        std::vector<Node *> pending;
        std::unordered_set<Node *> seen;
        std::vector<at::Tensor> found;
        auto visit = [&](Node *node) {
            if (node && seen.insert(node).second) pending.push_back(node);
        };
        for (auto &output : door::borrow(outputs, count)) {
            visit(torch::autograd::impl::gradient_edge(output).function.get());
        }
        while (!pending.empty()) {
            Node *node = pending.back();
            pending.pop_back();
            if (auto accumulate = dynamic_cast<torch::autograd::AccumulateGrad *>(node)) {
                found.push_back(accumulate->variable);
                continue;
            }
            TORCH_CHECK(node->sequence_nr() >= since, "the function uses a tensor computed outside it (by ",
                        node->name(), ") that requires gradients; pass it as an argument");
            for (auto &edge : node->next_edges()) visit(edge.function.get());
        }
        auto handles = new ct_tensor[found.size() + 1];
        for (size_t i = 0; i < found.size(); ++i) handles[i] = door::give(found[i]);
        *leaves = handles;
        *leaf_count = (long)found.size();
    });
}

int ct_custom_node(const ct_tensor *inputs, long input_count, const ct_tensor *outputs, long output_count,
                   ct_backward_function function, void *context, ct_context_release release, ct_tensor *results) {
    return door::guarded([&] {
        auto node = Made<decltype(torch::autograd::Edge::function)>::node();
        node->function = function;
        node->context = context;
        node->release = release;
        node->input_count = input_count;
        node->set_next_edges(torch::autograd::collect_next_edges(door::borrow(inputs, input_count)));
        for (long i = 0; i < output_count; ++i) {
            auto value = door::borrow(outputs[i]).detach();
            torch::autograd::create_gradient_edge(value, node);
            results[i] = door::give(std::move(value));
        }
    });
}

}  // extern "C"
