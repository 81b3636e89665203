import CLibTorch

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Times kernels: by the processor time of the calling thread on the CPU, so that other processes do not count, and by
/// the clock once the device has finished on an accelerator.
///
/// Processor time is meant for one thread per operation (``TorchLibrary/setThreadCount(_:)``); what others do for it is
/// not seen.
struct KernelTimer {
  let library: TorchLibrary
  let deviceName: String

  /// Nanoseconds since any instant.
  func now() throws(TorchError) -> Int64 {
    guard deviceName != "cpu" else { return time(CLOCK_THREAD_CPUTIME_ID) }
    try library.check(library.functions.tensors.synchronize(deviceName))
    return time(CLOCK_MONOTONIC)
  }

  private func time(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
