// Recurrent cells, which CUDA has as kernels of their own and the CPU as several operations.
#pragma once

#include <torch/library.h>

namespace uniference {

void register_recurrent(torch::Library& library);

}  // namespace uniference
