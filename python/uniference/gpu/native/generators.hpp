// Random numbers on described GPUs: each has a generator of its own, as torch gives CUDA devices.
#pragma once

#include <ATen/core/Generator.h>

namespace uniference {

/// The generator that operations on a device use where the script gives none. `-1` is the current device.
const at::Generator& default_generator(c10::DeviceIndex index);
void set_default_generator(c10::DeviceIndex index, at::Generator generator);
at::Generator new_generator(c10::DeviceIndex index);
/// The CPU's generator for the numbers of one operation that uses a GPU's, which moves on; others as they are.
at::Generator host_generator(const at::Generator& generator);

}  // namespace uniference
