#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/headeronly/version.h>

#include <string>

#include "CLibTorch.h"
#include "groups.hpp"
#include "tensors.hpp"

namespace {

/// Major, minor and patch number of the libtorch that is loaded, from the three highest bytes of its ABI version.
const char *runtimeVersion() {
  static const std::string version = [] {
    const uint64_t packed = aoti_torch_abi_version();
    return std::to_string(packed >> 56) + "." + std::to_string(packed >> 48 & 0xff) + "." +
        std::to_string(packed >> 40 & 0xff);
  }();
  return version.c_str();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const struct UniferenceTorch *uniference_torch(void) {
  static const UniferenceTorch torch = {
      UNIFERENCE_TORCH_INTERFACE, TORCH_VERSION, runtimeVersion, tensorFunctions(), groupFunctions()};
  return &torch;
}
