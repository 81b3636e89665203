// The timer that DDP asks for by the type of its parameters' device. What it would measure is the simulation's to tell.
#include <torch/csrc/distributed/c10d/reducer_timer.hpp>

namespace uniference {

namespace {

struct GPUTimer final : c10d::Timer {
  explicit GPUTimer(c10::Device) {}
  std::optional<int64_t> measureDifference(Event, Event) override { return std::nullopt; }
};

// The macro takes names of the registry's own namespace.
using c10d::RegistererTimerRegistry;
using c10d::TimerRegistry;
C10_REGISTER_TYPED_CLASS(TimerRegistry, c10::kCUDA, GPUTimer);

}  // namespace

}  // namespace uniference
