// How operations on described GPUs, and on tensors without values, are carried out.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

namespace uniference {

/// Whether large tensors have no values (`--fake`), and who is told of what a script asks of them.
struct ValuePolicy {
  bool is_fake = false;
  /// Tensors with more elements have no values: integers and Booleans, and all others.
  int64_t largest_integers = 1 << 20;
  int64_t largest_others = 1 << 16;
  /// Whether a tensor of so many elements has values.
  bool holds(int64_t elements, c10::ScalarType type) const {
    return !is_fake || elements <= (c10::isIntegralType(type, true) ? largest_integers : largest_others);
  }

  /// Told of an operation that needs values where there are none. Gives 0 for a stand-in and 1 for an error.
  int (*on_stand_in)(const char* operation) = nullptr;
};
ValuePolicy& value_policy();

/// The kernel of every operation on a described GPU: the CPU's, in the same memory.
void run_on_device(const c10::OperatorHandle& operation, c10::DispatchKeySet keys, torch::jit::Stack* stack);

/// What stands before the CPU's kernels under `--fake`.
void run_on_host(const c10::OperatorHandle& operation, c10::DispatchKeySet keys, torch::jit::Stack* stack);

}  // namespace uniference
