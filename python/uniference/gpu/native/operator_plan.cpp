#include "operator_plan.hpp"

#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace uniference {

namespace {

Kind kind_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  if (auto optional = type->cast<c10::OptionalType>()) type = optional->getElementType();
  switch (type->kind()) {
    case c10::TypeKind::TensorType:
      return Kind::tensor;
    case c10::TypeKind::ListType: {
      c10::TypePtr element = type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == c10::TypeKind::TensorType) return Kind::tensors;
      if (auto optional = element->cast<c10::OptionalType>()) {
        if (optional->getElementType()->kind() == c10::TypeKind::TensorType) return Kind::optional_tensors;
      }
      return Kind::other;
    }
    case c10::TypeKind::DeviceObjType:
      return Kind::device;
    case c10::TypeKind::GeneratorType:
      return Kind::generator;
    case c10::TypeKind::StorageType:
      return Kind::storage;
    case c10::TypeKind::BoolType:
      return argument.name() == "pin_memory" ? Kind::pin_memory : Kind::other;
    default:
      return Kind::other;
  }
}

/// Operations that CUDA lets have tensors of the host beside its own.
const std::unordered_set<std::string_view> mixed{
    "aten::copy_", "aten::_copy_from", "aten::index.Tensor", "aten::index.Tensor_out", "aten::index_put_",
    "aten::index_put", "aten::_index_put_impl_", "aten::_unsafe_index.Tensor", "aten::set_.source_Tensor",
    "aten::_fused_adam_", "aten::_fused_adamw_", "aten::_fused_sgd_", "aten::_foreach_copy_",
};

/// Operations that torch writes in terms of others and that are one kernel, or one choice of a library, on each device.
const std::unordered_set<std::string_view> plain{
    "aten::copy_", "aten::convolution", "aten::convolution_backward", "aten::convolution_overrideable",
    "aten::convolution_backward_overrideable",
};

/// Operations that leave nothing of what their first argument held.
const std::unordered_set<std::string_view> overwriting{
    "aten::fill_", "aten::zero_", "aten::copy_", "aten::normal_", "aten::uniform_", "aten::random_",
    "aten::exponential_", "aten::bernoulli_", "aten::log_normal_", "aten::cauchy_", "aten::geometric_",
};

/// Operations whose results depend on the values of their arguments.
const std::unordered_set<std::string_view> asking{
    "aten::_local_scalar_dense", "aten::equal", "aten::nonzero", "aten::masked_select", "aten::is_nonzero",
    "aten::unique_dim", "aten::_unique", "aten::_unique2", "aten::unique_consecutive", "aten::unique_dim_consecutive",
    "aten::repeat_interleave", "aten::bincount",
};

OperatorPlan make(const c10::OperatorHandle& operation) {
  const c10::FunctionSchema& schema = operation.schema();
  OperatorPlan plan;
  const c10::OperatorName& name = operation.operator_name();
  bool overwrites = overwriting.count(name.name) > 0;
  for (const c10::Argument& argument : schema.arguments()) {
    plan.arguments.push_back(kind_of(argument));
    bool is_written = argument.alias_info() != nullptr && argument.alias_info()->isWrite();
    plan.is_written.push_back(is_written);
    plan.is_overwritten.push_back(is_written && (overwrites || argument.is_out()));
  }
  // Gradients without values are taken to be finite: what says whether one is not stays as it was.
  if (name.name == "aten::_amp_foreach_non_finite_check_and_unscale_") plan.is_written[1] = false;
  for (const c10::Argument& returned : schema.returns()) {
    Result result{kind_of(returned), -1};
    if (returned.alias_info() != nullptr && returned.alias_info()->isWrite()) {
      for (size_t each = 0; each < schema.arguments().size(); ++each) {
        const c10::AliasInfo* alias = schema.arguments()[each].alias_info();
        if (alias != nullptr && *alias == *returned.alias_info()) result.argument = int(each);
      }
    }
    plan.results.push_back(result);
  }
  plan.is_view = !schema.returns().empty();
  for (const c10::Argument& returned : schema.returns()) {
    if (returned.alias_info() == nullptr || returned.alias_info()->isWrite()) plan.is_view = false;
  }
  std::string full = name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
  plan.is_mixed = mixed.count(full) > 0 || mixed.count(name.name) > 0;
  plan.is_composite = !operation.hasKernelForDispatchKey(c10::DispatchKey::CPU) && plain.count(full) == 0;
  plan.asks_for_values = asking.count(full) > 0 || asking.count(name.name) > 0;
  return plan;
}

}  // namespace

const OperatorPlan& OperatorPlan::of(const c10::OperatorHandle& operation) {
  static std::mutex mutex;
  static auto plans = new std::unordered_map<const c10::FunctionSchema*, OperatorPlan>();
  std::lock_guard lock(mutex);
  const c10::FunctionSchema* schema = &operation.schema();
  auto found = plans->find(schema);
  if (found == plans->end()) found = plans->emplace(schema, make(operation)).first;
  return found->second;
}

}  // namespace uniference
