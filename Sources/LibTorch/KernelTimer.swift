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
/// not seen. Reading it is a system call with the run time of a small kernel, so it is read once for each kernel of a
/// series: between two of them, the clock, which needs no call, says how much processor time has passed. Where more time
/// has passed than a few lines of a program need, the thread may have been interrupted, and its time is read anew.
///
/// Sendable without checks because a device's operations are called by one task at a time.
final class KernelTimer: @unchecked Sendable {
  private let library: TorchLibrary
  private let deviceName: String
  /// When the kernel before ended.
  private var last: Reading?

  private struct Reading {
    let thread: pthread_t
    let processor: Int64
    let clock: Int64
  }

  /// Nanoseconds between two kernels of a series; the scheduler takes a thread off its core for no less than 100 times
  /// as long.
  private static let longestPause: Int64 = 20_000

  init(library: TorchLibrary, deviceName: String) {
    self.library = library
    self.deviceName = deviceName
  }

  /// Does what `body` does, and says how long it took.
  func time<Result>(_ body: () throws -> Result) throws -> (Result, Duration) {
    guard deviceName == "cpu" else { return try timeOnAccelerator(body) }
    let start = startOfKernel()
    let result = try body()
    let end = Reading(
      thread: pthread_self(), processor: read(CLOCK_THREAD_CPUTIME_ID), clock: read(CLOCK_MONOTONIC))
    last = end
    return (result, .nanoseconds(max(0, end.processor - start)))
  }

  private func startOfKernel() -> Int64 {
    guard let last, last.thread == pthread_self() else { return read(CLOCK_THREAD_CPUTIME_ID) }
    let pause = read(CLOCK_MONOTONIC) - last.clock
    return pause < Self.longestPause ? last.processor + pause : read(CLOCK_THREAD_CPUTIME_ID)
  }

  private func timeOnAccelerator<Result>(_ body: () throws -> Result) throws -> (Result, Duration) {
    try library.check(library.functions.tensors.synchronize(deviceName))
    let start = read(CLOCK_MONOTONIC)
    let result = try body()
    try library.check(library.functions.tensors.synchronize(deviceName))
    return (result, .nanoseconds(read(CLOCK_MONOTONIC) - start))
  }

  private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
