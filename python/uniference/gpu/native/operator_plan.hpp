// What an operation's schema says about its arguments and results, looked up once for each operation.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace uniference {

enum class Kind : uint8_t { other, tensor, tensors, optional_tensors, device, generator, storage, pin_memory };

struct Result {
  Kind kind = Kind::other;
  /// The argument that is returned, for operations in place and with `out=`; -1 for new results.
  int argument = -1;
};

struct OperatorPlan {
  std::vector<Kind> arguments;
  std::vector<Result> results;
  /// Arguments that are written to.
  std::vector<bool> is_written;
  /// Arguments of which nothing is left of what they held.
  std::vector<bool> is_overwritten;
  /// Whether tensors may be on several devices.
  bool is_mixed = false;
  /// Whether results are only views of arguments.
  bool is_view = false;
  /// Whether it is made of other operations for every device.
  bool is_composite = false;
  /// Whether the result depends on values, not only on shapes.
  bool asks_for_values = false;

  static const OperatorPlan& of(const c10::OperatorHandle& operation);
};

}  // namespace uniference
