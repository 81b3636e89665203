// Scaled dot-product attention on described GPUs: torch's choice of a kernel, and the kernels by the CPU's.
#pragma once

#include <torch/library.h>

namespace uniference {

/// Adds the operations that only CUDA has, and CUDA's choice between them.
void register_attention(torch::Library& library);

}  // namespace uniference
