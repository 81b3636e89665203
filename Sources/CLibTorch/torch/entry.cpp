#include <torch/headeronly/version.h>

#include "CLibTorch.h"
#include "tensors.hpp"

/// The version of the libtorch that is loaded, which torch/csrc/utils exports for Python as torch._C's.
extern "C" __attribute__((visibility("default"))) const struct UniferenceTorch *uniference_torch(void) {
  static const UniferenceTorch torch = {
      UNIFERENCE_TORCH_INTERFACE,
      TORCH_VERSION,
      [] { return TORCH_VERSION; },
      tensorFunctions(),
  };
  return &torch;
}
