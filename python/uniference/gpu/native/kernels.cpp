#include "kernels.hpp"

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <mutex>
#include <unordered_map>

#include "device_memory.hpp"
#include "device_state.hpp"
#include "generators.hpp"
#include "loan.hpp"
#include "operator_plan.hpp"
#include "signature.hpp"

namespace uniference {

namespace {

using c10::IValue;
using torch::jit::Stack;

template <typename Function>
void for_each_tensor(const IValue& value, Kind kind, Function function) {
  if (value.isNone()) return;
  switch (kind) {
    case Kind::tensor:
      if (value.isTensor() && value.toTensor().defined()) function(value.toTensor());
      break;
    case Kind::tensors:
      for (const at::Tensor& each : value.toTensorList()) {
        if (each.defined()) function(each);
      }
      break;
    case Kind::optional_tensors:
      for (const std::optional<at::Tensor>& each : value.toOptionalTensorList()) {
        if (each.has_value() && each->defined()) function(*each);
      }
      break;
    default:
      break;
  }
}

template <typename Function>
IValue mapped(const IValue& value, Kind kind, Function function) {
  if (value.isNone()) return value;
  switch (kind) {
    case Kind::tensor:
      return value.isTensor() ? IValue(function(value.toTensor())) : value;
    case Kind::tensors: {
      c10::List<at::Tensor> result;
      for (const at::Tensor& each : value.toTensorList()) result.push_back(function(each));
      return result;
    }
    case Kind::optional_tensors: {
      c10::List<std::optional<at::Tensor>> result;
      for (const std::optional<at::Tensor>& each : value.toOptionalTensorList()) {
        result.push_back(each.has_value() ? std::optional<at::Tensor>(function(*each)) : std::nullopt);
      }
      return result;
    }
    default:
      return value;
  }
}

std::string method_name(const c10::OperatorHandle& operation) {
  const std::string& name = operation.operator_name().name;
  return name.substr(name.rfind(':') + 1);
}

/// The device on which the operation takes place, which all its tensors have to be on.
c10::Device device_of(const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::ArrayRef<IValue> arguments) {
  std::optional<c10::Device> device;
  std::optional<c10::Device> stranger;
  std::string place;
  for (size_t each = 0; each < arguments.size(); ++each) {
    for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
      c10::Device found = tensor.device();
      if (!found.is_cuda()) {
        if (tensor.dim() > 0 && !stranger) stranger = found, place = operation.schema().arguments()[each].name();
      } else if (!device) {
        device = found;
      } else if (*device != found && !stranger) {
        stranger = found, place = operation.schema().arguments()[each].name();
      }
    });
  }
  if (device && stranger && !plan.is_mixed) {
    TORCH_CHECK(
        false, "Expected all tensors to be on the same device, but found at least two devices, ", *device, " and ",
        *stranger, "! (when checking argument for argument ", place, " in method wrapper_CUDA_", method_name(operation), ")");
  }
  if (device) return *device;
  for (size_t each = 0; each < arguments.size(); ++each) {
    if (plan.arguments[each] != Kind::device || arguments[each].isNone()) continue;
    c10::Device named = arguments[each].toDevice();
    if (named.has_index() && named.is_cuda()) {
      check_device_index(named.index());
      return named;
    }
  }
  return c10::Device(c10::kCUDA, current_device());
}

/// Makes arguments those of another device's kernel. Numbers are drawn where it computes, by the owner's generator.
void lend_arguments(Loan& loan, const OperatorPlan& plan, bool is_meta, c10::Device owner, IValue* arguments) {
  for (size_t each = 0; each < plan.arguments.size(); ++each) {
    IValue& argument = arguments[each];
    switch (plan.arguments[each]) {
      case Kind::tensor:
      case Kind::tensors:
      case Kind::optional_tensors:
        argument = mapped(argument, plan.arguments[each], [&](const at::Tensor& tensor) { return loan.lend(tensor); });
        break;
      case Kind::device:
        if (!argument.isNone()) argument = c10::Device(is_meta ? c10::kMeta : c10::kCPU);
        break;
      case Kind::pin_memory:
        argument = IValue();
        break;
      case Kind::generator:
        if (is_meta)
          argument = IValue();
        else if (!argument.isNone())
          argument = host_generator(argument.toGenerator());
        else if (owner.is_cuda())
          argument = host_generator(default_generator(owner.index()));
        break;
      default:
        break;
    }
  }
}

/// Runs the kernel for a dispatch key, unseen by autograd and by what looks at operations of the host.
void run_kernel(const c10::OperatorHandle& operation, c10::DispatchKey key, Stack* stack) {
  at::AutoDispatchBelowADInplaceOrView below;
  c10::impl::ExcludeDispatchKeyGuard uninterrupted(c10::DispatchKey::Fake);
  operation.redispatchBoxed(c10::DispatchKeySet(key), stack);
}

/// Calls the kernel of another device and puts the results where its arguments were.
void call(
    const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::DispatchKey key, c10::Device owner, Stack* stack) {
  bool is_meta = key == c10::DispatchKey::Meta;
  TORCH_CHECK_NOT_IMPLEMENTED(
      operation.hasComputedKernelForDispatchKey(key), operation.operator_name(), is_meta
          ? " does not say what shapes its results have, so that it cannot run on tensors without values (--fake)"
          : " is an operation of CUDA alone, which a described GPU does not have");
  Loan loan(is_meta ? c10::kMeta : c10::kCPU, owner);
  size_t count = plan.arguments.size(), start = stack->size() - count;
  std::vector<IValue> returned(count);
  for (const Result& result : plan.results) {
    if (result.argument >= 0) returned[size_t(result.argument)] = (*stack)[start + size_t(result.argument)];
  }
  lend_arguments(loan, plan, is_meta, owner, stack->data() + start);
  run_kernel(operation, key, stack);
  loan.settle();
  start = stack->size() - plan.results.size();
  for (size_t each = 0; each < plan.results.size(); ++each) {
    const Result& result = plan.results[each];
    IValue& value = (*stack)[start + each];
    value = result.argument >= 0
        ? std::move(returned[size_t(result.argument)])
        : mapped(value, result.kind, [&](const at::Tensor& tensor) { return loan.take_back(tensor); });
  }
}

bool covers_storage(const at::Tensor& tensor) {
  return tensor.has_storage() && tensor.nbytes() == tensor.storage().nbytes();
}

/// Marks what an operation has overwritten as having values again.
void remember_values(const OperatorPlan& plan, c10::ArrayRef<IValue> arguments) {
  for (size_t each = 0; each < arguments.size(); ++each) {
    if (!plan.is_overwritten[each]) continue;
    for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
      if (!covers_storage(tensor)) return;
      if (Holding* holding = holding_of(*tensor.storage().unsafeGetStorageImpl())) holding->has_values = true;
    });
  }
}

/// What the arguments of an operation have and lack.
struct Survey {
  bool all_have_values = true;
  int64_t integers = 0;
  int64_t others = 0;

  Survey(const OperatorPlan& plan, c10::ArrayRef<IValue> arguments) {
    for (size_t each = 0; each < arguments.size(); ++each) {
      for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
        add(tensor, plan.is_overwritten[each] && covers_storage(tensor));
      });
    }
  }

  void add(const at::Tensor& tensor, bool is_overwritten = false) {
    if (!is_overwritten && !has_values(tensor)) all_have_values = false;
    (c10::isIntegralType(tensor.scalar_type(), true) ? integers : others) += tensor.numel();
  }

  bool is_small() const {
    return integers <= value_policy().largest_integers && others <= value_policy().largest_others;
  }
};

/// Marks what an operation writes to as having no values any more.
void forget_values(const OperatorPlan& plan, c10::ArrayRef<IValue> arguments) {
  for (size_t each = 0; each < arguments.size(); ++each) {
    if (!plan.is_written[each]) continue;
    for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
      if (!tensor.has_storage()) return;
      c10::StorageImpl& storage = *tensor.storage().unsafeGetStorageImpl();
      // Who reads the memory itself, as NumPy does, finds zeros.
      if (tensor.device().is_cpu() && tensor.is_contiguous() && holding_of(storage) == nullptr && tensor.nbytes() > 0) {
        std::memset(tensor.mutable_data_ptr(), 0, tensor.nbytes());
      }
      drop_values(storage);
    });
  }
}

/// Tells of a stand-in; throws where the script wants to hear of it.
void note_stand_in(const c10::OperatorHandle& operation) {
  auto listener = value_policy().on_stand_in;
  std::string name = method_name(operation);
  if (listener != nullptr && listener(name.c_str()) != 0) {
    TORCH_CHECK(
        false, name == "_local_scalar_dense" ? "item(), tolist(), or a tensor as a condition or an index," : name,
        " needs a tensor's values, and with --fake=strict large tensors have none");
  }
}

at::Tensor valueless(c10::IntArrayRef sizes, c10::ScalarType type, c10::Device device) {
  int64_t elements = 1;
  for (int64_t size : sizes) elements *= size;
  c10::Storage storage = make_valueless(elements * int64_t(c10::elementSize(type)), device);
  auto keys = c10::DispatchKeySet(device.is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::CPU);
  auto result = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), keys, c10::scalarTypeToTypeMeta(type));
  result.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
  return result;
}

/// Results of an operation that asks for values which are not there: zero, false, or as many elements as there can be.
bool stand_in(const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::Device device, Stack* stack) {
  std::string name = method_name(operation);
  size_t count = plan.arguments.size();
  std::vector<IValue> arguments(stack->end() - int64_t(count), stack->end());
  const at::Tensor& self = arguments[0].toTensor();
  std::vector<IValue> results;
  if (name == "_local_scalar_dense") {
    c10::ScalarType type = self.scalar_type();
    if (type == c10::kBool)
      results.emplace_back(c10::Scalar(false));
    else if (c10::isIntegralType(type, false))
      results.emplace_back(c10::Scalar(int64_t(0)));
    else if (c10::isComplexType(type))
      results.emplace_back(c10::Scalar(c10::complex<double>(0, 0)));
    else
      results.emplace_back(c10::Scalar(0.0));
  } else if (name == "is_nonzero") {
    results.emplace_back(false);
  } else if (name == "equal") {
    results.emplace_back(true);
  } else if (name == "nonzero") {
    results.emplace_back(valueless({self.numel(), self.dim()}, c10::kLong, device));
  } else if (name == "masked_select") {
    results.emplace_back(valueless({std::max(self.numel(), arguments[1].toTensor().numel())}, self.scalar_type(), device));
  } else {
    return false;
  }
  note_stand_in(operation);
  stack->erase(stack->end() - int64_t(count), stack->end());
  for (IValue& result : results) stack->push_back(std::move(result));
  return true;
}

/// Whether an index is a mask, whose values say how many elements there are.
bool has_mask(const OperatorPlan& plan, c10::ArrayRef<IValue> arguments) {
  bool result = false;
  for (size_t each = 0; each < arguments.size(); ++each) {
    if (plan.arguments[each] != Kind::optional_tensors || plan.is_written[0]) continue;
    for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
      result |= tensor.scalar_type() == c10::kBool || tensor.scalar_type() == c10::kByte;
    });
  }
  return result;
}

/// Whether the operation is to be computed although `--fake` is on: on small tensors that have values.
bool is_worth_computing(
    const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::Device device, Stack* stack) {
  c10::ArrayRef<IValue> arguments = torch::jit::last(*stack, plan.arguments.size());
  Survey before(plan, arguments);
  if (!before.all_have_values || !before.is_small()) return false;
  if (plan.asks_for_values) return true;
  bool has_new_results = false;
  for (const Result& result : plan.results) {
    if (result.kind != Kind::tensor && result.kind != Kind::tensors) continue;
    // What `out=` names and is empty gets its size from the operation.
    has_new_results |= result.argument < 0 ||
        (plan.is_overwritten[size_t(result.argument)] && arguments[size_t(result.argument)].isTensor() &&
         arguments[size_t(result.argument)].toTensor().numel() == 0);
  }
  if (!has_new_results || !operation.hasComputedKernelForDispatchKey(c10::DispatchKey::Meta)) return true;
  // Small tensors can make large ones: their shapes say so.
  Stack trial(arguments.begin(), arguments.end());
  Loan loan(c10::kMeta, device);
  lend_arguments(loan, plan, true, device, trial.data());
  try {
    run_kernel(operation, c10::DispatchKey::Meta, &trial);
  } catch (const std::exception&) {
    // The kernel itself says what is wrong.
    return true;
  }
  Survey after(plan, {});
  for (size_t each = 0; each < plan.results.size(); ++each) {
    for_each_tensor(trial[trial.size() - plan.results.size() + each], plan.results[each].kind, [&](const at::Tensor& tensor) {
      after.add(tensor);
    });
  }
  return after.is_small();
}

/// A new result of an operation as far as it can be known beforehand.
struct Shape {
  bool is_defined = false;
  c10::ScalarType type = c10::kFloat;
  std::vector<int64_t> sizes, strides;

  static Shape of(const at::Tensor& tensor) {
    if (!tensor.defined()) return {};
    return {true, tensor.scalar_type(), tensor.sizes().vec(), tensor.strides().vec()};
  }

  /// Gives a tensor that the operation writes to its new shape, as `out=` does.
  void impose(const at::Tensor& tensor) const {
    if (!is_defined || tensor.sizes() == c10::IntArrayRef(sizes)) return;
    c10::StorageImpl& storage = *tensor.storage().unsafeGetStorageImpl();
    int64_t elements = 1;
    for (int64_t size : sizes) elements *= size;
    size_t bytes = size_t(elements + tensor.storage_offset()) * tensor.element_size();
    if (bytes > storage.nbytes()) resize(storage, int64_t(bytes));
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
  }

  at::Tensor made(c10::Device device) const {
    if (!is_defined) return {};
    at::Tensor tensor = valueless(sizes, type, device);
    tensor.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
    return tensor;
  }
};

/// Whether new results lie in memory of their own, one after another, so that their shapes say all.
bool is_plain(const at::Tensor& tensor) {
  return !tensor.defined() || (tensor.has_storage() && tensor.is_non_overlapping_and_dense() && tensor.storage_offset() == 0);
}

/// Gives an operation's results their shapes: by torch's kernels for `meta`, which are slow, once for each signature.
void infer(const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::Device device, Stack* stack) {
  static std::mutex mutex;
  static auto known = new std::unordered_map<int64_t, std::vector<std::vector<Shape>>>();
  int64_t signature = calls_of_thread().latest;
  size_t count = plan.arguments.size(), start = stack->size() - count;
  if (signature != 0) {
    std::lock_guard lock(mutex);
    auto found = known->find(signature);
    if (found != known->end()) {
      std::vector<IValue> results;
      for (size_t each = 0; each < plan.results.size(); ++each) {
        const Result& result = plan.results[each];
        const std::vector<Shape>& shapes = found->second[each];
        if (result.argument >= 0) {
          results.push_back((*stack)[start + size_t(result.argument)]);
          if (result.kind == Kind::tensor && !shapes.empty()) shapes[0].impose(results.back().toTensor());
        } else if (result.kind == Kind::tensor) {
          results.emplace_back(shapes[0].made(device));
        } else {
          c10::List<at::Tensor> list;
          for (const Shape& shape : shapes) list.push_back(shape.made(device));
          results.emplace_back(std::move(list));
        }
      }
      stack->erase(stack->end() - int64_t(count), stack->end());
      for (IValue& result : results) stack->push_back(std::move(result));
      return;
    }
  }
  call(operation, plan, c10::DispatchKey::Meta, device, stack);
  if (signature == 0) return;
  std::vector<std::vector<Shape>> shapes;
  for (size_t each = 0; each < plan.results.size(); ++each) {
    const Result& result = plan.results[each];
    shapes.emplace_back();
    const IValue& value = (*stack)[stack->size() - plan.results.size() + each];
    if (result.argument >= 0) {
      if (result.kind == Kind::tensor) shapes.back().push_back(Shape::of(value.toTensor()));
      continue;
    }
    if (result.kind == Kind::other) return;
    bool all_plain = true;
    for_each_tensor(value, result.kind, [&](const at::Tensor& tensor) {
      all_plain &= is_plain(tensor);
      shapes.back().push_back(Shape::of(tensor));
    });
    if (!all_plain) return;
    if (result.kind == Kind::tensor && shapes.back().empty()) shapes.back().emplace_back();
  }
  std::lock_guard lock(mutex);
  known->emplace(signature, std::move(shapes));
}

void run(const c10::OperatorHandle& operation, const OperatorPlan& plan, c10::Device device, Stack* stack) {
  CallCount& calls = calls_of_thread();
  calls.calls += 1;
  calls.latest = 0;
  // Views cost nothing and compute nothing, so that nobody asks what they are.
  if (plan.is_view) return call(operation, plan, c10::DispatchKey::CPU, device, stack);
  auto signature = signature_of(plan, torch::jit::last(*stack, plan.arguments.size()), device);
  if (signature) calls.latest = number_of(*signature);
  if (!value_policy().is_fake) return call(operation, plan, c10::DispatchKey::CPU, device, stack);
  // Kernels take the arguments off the stack.
  std::vector<IValue> arguments(stack->end() - int64_t(plan.arguments.size()), stack->end());
  if (is_worth_computing(operation, plan, device, stack)) {
    call(operation, plan, c10::DispatchKey::CPU, device, stack);
    remember_values(plan, arguments);
    return;
  }
  if (plan.asks_for_values && stand_in(operation, plan, device, stack)) return;
  if (has_mask(plan, arguments)) note_stand_in(operation);
  infer(operation, plan, device, stack);
  forget_values(plan, arguments);
}

}  // namespace

ValuePolicy& value_policy() {
  static ValuePolicy policy;
  return policy;
}

void run_on_device(const c10::OperatorHandle& operation, c10::DispatchKeySet, Stack* stack) {
  const OperatorPlan& plan = OperatorPlan::of(operation);
  c10::ArrayRef<IValue> arguments = torch::jit::last(*stack, plan.arguments.size());
  c10::Device device = device_of(operation, plan, arguments);
  // The host waits for values. Who takes operations down tells of copies, for which it may wait as well.
  if (plan.asks_for_values) {
    if (auto listener = stream_listener().synchronize) listener(device.index(), current_stream(device.index()));
  }
  run(operation, plan, device, stack);
}

void run_on_host(const c10::OperatorHandle& operation, c10::DispatchKeySet keys, Stack* stack) {
  const OperatorPlan& plan = OperatorPlan::of(operation);
  bool is_host = true;
  c10::ArrayRef<IValue> arguments = torch::jit::last(*stack, plan.arguments.size());
  for (size_t each = 0; each < arguments.size(); ++each) {
    for_each_tensor(arguments[each], plan.arguments[each], [&](const at::Tensor& tensor) {
      is_host &= tensor.device().is_cpu() && tensor.layout() == c10::kStrided && !tensor.is_quantized();
    });
    if (plan.arguments[each] == Kind::device && !arguments[each].isNone()) is_host &= arguments[each].toDevice().is_cpu();
    if (plan.arguments[each] == Kind::storage) is_host = false;
  }
  if (!is_host || plan.is_composite || plan.is_view) {
    operation.redispatchBoxed(keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, c10::DispatchKey::Fake), stack);
    return;
  }
  run(operation, plan, c10::Device(c10::kCPU), stack);
}

}  // namespace uniference
