// Calls of ATen operators through the dispatcher's boxed interface.
#include <ATen/core/Generator.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>

#include "Door.h"

namespace {

thread_local std::string last_error;

c10::IValue unpack(const ct_value &value, const c10::Argument &argument) {
    switch (value.kind) {
        case CT_NONE: return c10::IValue();
        case CT_TENSOR: return c10::IValue(door::borrow((ct_tensor)value.pointer));
        case CT_INT: return c10::IValue((int64_t)value.integer);
        case CT_DOUBLE: return c10::IValue(value.real);
        case CT_BOOL: return c10::IValue(value.integer != 0);
        case CT_COMPLEX: return c10::IValue(c10::complex<double>(value.real, value.imaginary));
        case CT_INTS: return c10::IValue(at::IntArrayRef((const int64_t *)value.pointer, value.integer));
        case CT_DOUBLES: return c10::IValue(at::ArrayRef<double>((const double *)value.pointer, value.integer));
        case CT_TENSORS: {
            c10::List<at::Tensor> list;
            list.reserve(value.integer);
            auto handles = (const ct_tensor *)value.pointer;
            for (long i = 0; i < value.integer; ++i) list.push_back(door::borrow(handles[i]));
            return c10::IValue(std::move(list));
        }
        case CT_OPTIONAL_TENSORS: {
            c10::List<std::optional<at::Tensor>> list;
            list.reserve(value.integer);
            auto handles = (const ct_tensor *)value.pointer;
            for (long i = 0; i < value.integer; ++i) {
                list.push_back(handles[i] ? std::optional<at::Tensor>(door::borrow(handles[i])) : std::nullopt);
            }
            return c10::IValue(std::move(list));
        }
        case CT_STRING: return c10::IValue(std::string((const char *)value.pointer));
        case CT_DEVICE:
            return c10::IValue(c10::Device((c10::DeviceType)(int)value.real, (c10::DeviceIndex)value.integer));
        case CT_GENERATOR:
            return c10::IValue(at::Generator(
                c10::intrusive_ptr<c10::GeneratorImpl>::reclaim_copy((c10::GeneratorImpl *)value.pointer)));
        case CT_DEFAULT:
            TORCH_CHECK(argument.default_value().has_value(), "argument ", argument.name(), " has no default");
            return *argument.default_value();
        default: TORCH_CHECK(false, "value of unknown kind ", value.kind);
    }
}

ct_value pack(c10::IValue &&value) {
    ct_value result = {CT_NONE, 0, 0, 0, nullptr};
    if (value.isTensor()) {
        result.kind = CT_TENSOR;
        result.pointer = door::give(std::move(value).toTensor());
    } else if (value.isInt()) {
        result.kind = CT_INT;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.kind = CT_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.kind = CT_BOOL;
        result.integer = value.toBool();
    } else if (value.isComplexDouble()) {
        auto number = value.toComplexDouble();
        result.kind = CT_COMPLEX;
        result.real = number.real();
        result.imaginary = number.imag();
    } else if (value.isTensorList()) {
        auto tensors = std::move(value).toTensorVector();
        auto handles = new ct_tensor[tensors.size() + 1];
        for (size_t i = 0; i < tensors.size(); ++i) handles[i] = door::give(std::move(tensors[i]));
        result.kind = CT_TENSORS;
        result.integer = (long)tensors.size();
        result.pointer = handles;
    } else {
        TORCH_CHECK(value.isNone(), "result of a kind the door does not know: ", value.tagKind());
    }
    return result;
}

}  // namespace

namespace door {
void fail(const char *message) { last_error = message; }
}  // namespace door

extern "C" {

const char *ct_last_error(void) { return last_error.c_str(); }

int ct_operator_find(const char *name, const char *overload, ct_operator *found) {
    return door::guarded([&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        *found = (ct_operator) new c10::OperatorHandle(handle);
    });
}

int ct_call(ct_operator op, const ct_value *arguments, long count, ct_value *results, long capacity, long *produced) {
    return door::guarded([&] {
        auto &handle = *(c10::OperatorHandle *)op;
        auto &schema = handle.schema().arguments();
        TORCH_CHECK((size_t)count <= schema.size(), "too many arguments: ", count, " for ", handle.schema());
        c10::Stack stack;
        stack.reserve(schema.size());
        for (long i = 0; i < count; ++i) stack.push_back(unpack(arguments[i], schema[i]));
        for (size_t i = count; i < schema.size(); ++i) {
            auto &value = schema[i].default_value();
            TORCH_CHECK(value.has_value(), "argument ", schema[i].name(), " is missing for ", handle.schema());
            stack.push_back(*value);
        }
        handle.callBoxed(stack);
        TORCH_CHECK((long)stack.size() <= capacity, stack.size(), " results, room for ", capacity);
        *produced = (long)stack.size();
        for (size_t i = 0; i < stack.size(); ++i) results[i] = pack(std::move(stack[i]));
    });
}

void ct_free_list(const void *list) { delete[] (const ct_tensor *)list; }

}  // extern "C"
