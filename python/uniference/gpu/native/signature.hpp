// What a call of an operation is as far as shapes go: calls of one signature cost the same and give results alike.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string>

#include "operator_plan.hpp"

namespace uniference {

/// Shapes, types and places of all tensors of a call, which of them share memory, and all other arguments. Nothing for
/// arguments that cannot be compared.
std::optional<std::string> signature_of(
    const OperatorPlan& plan, c10::ArrayRef<c10::IValue> arguments, c10::Device device);

/// A number for each signature, from 1 on; the same in this process whenever it comes.
int64_t number_of(const std::string& signature);

/// The signatures of the calls that the calling thread has made since it last asked.
struct CallCount {
  int64_t calls = 0;
  int64_t latest = 0;
};
CallCount& calls_of_thread();

}  // namespace uniference
