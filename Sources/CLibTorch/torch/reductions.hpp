#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/distributed/c10d/Types.hpp>

#include "CLibTorch.h"

/// How a reduction of the C header is asked of a backend, none of which knows all element types and all reductions.
class Combination {
 public:
  /// Throws for a reduction that the element type does not have.
  Combination(UniferenceReduction reduction, at::ScalarType type);

  c10d::ReduceOp operation() const;

  /// What to hand to the backend: the tensor itself, seen or converted as another type where that is needed.
  at::Tensor outgoing(const at::Tensor &tensor) const;

  /// Puts the combination into `target`.
  void finish(at::Tensor target, const at::Tensor &combined, int64_t members) const;

 private:
  UniferenceReduction reduction;
  at::ScalarType type;
};
