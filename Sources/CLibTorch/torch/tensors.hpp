#pragma once

#include <ATen/core/Tensor.h>

#include "CLibTorch.h"

/// What the opaque type of the C header is.
struct UniferenceTensor {
  at::Tensor value;
};

/// A reference that is given out, and counted.
UniferenceTensor *give(at::Tensor tensor);

at::ScalarType scalarType(UniferenceElementType type);

const struct UniferenceTensorFunctions &tensorFunctions();
