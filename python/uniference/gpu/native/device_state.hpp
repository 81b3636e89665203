// Which described GPU and which of its streams each thread uses.
#pragma once

#include <c10/core/Stream.h>

namespace uniference {

/// The thread's current device, as an index. `-1` where none is described.
c10::DeviceIndex current_device();
/// Throws as CUDA does where there is no device of that index.
void check_device_index(c10::DeviceIndex index);
/// Makes a device the thread's current one, which has to be there.
void set_current_device(c10::DeviceIndex index);

/// The thread's current stream of a device, as torch's stream id; 0 is the default stream.
c10::StreamId current_stream(c10::DeviceIndex index);
void set_current_stream(c10::DeviceIndex index, c10::StreamId stream);
/// A new stream's id.
c10::StreamId new_stream();

/// What happens on streams, for the one who keeps their time lines. Any of them can be null.
struct StreamListener {
  /// The host waits until a stream has done what it has been given; for the whole device where `stream` is -1.
  void (*synchronize)(int device, int64_t stream) = nullptr;
  /// An event takes note of how far a stream has come.
  void (*record)(int64_t event, int device, int64_t stream) = nullptr;
  /// A stream waits for an event.
  void (*block)(int64_t event, int device, int64_t stream) = nullptr;
  /// The host waits for an event.
  void (*synchronize_event)(int64_t event) = nullptr;
  /// Whether an event or (event 0) a stream has been reached by now.
  int (*query)(int64_t event, int device, int64_t stream) = nullptr;
  /// Milliseconds between two events.
  double (*elapsed)(int64_t first, int64_t second) = nullptr;
};
StreamListener& stream_listener();
int64_t new_event();

}  // namespace uniference
