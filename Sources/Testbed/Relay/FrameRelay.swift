#if os(Linux)
  import Foundation
  import Glibc
  import Synchronization

  /// Carries frames between the two ends of links, each frame a delay later than it came.
  ///
  /// For each direction one thread reads and another writes, so that a frame is dated when it comes, whatever else is
  /// due. Frames leave in the order in which they came.
  public struct FrameRelay {
    private let delay: UInt64
    private let directions: [Direction]

    /// Takes hold of the links' ends.
    ///
    /// - Parameters:
    ///   - nanoseconds: the delay.
    ///   - ends: names of TAP interfaces of this network namespace: both ends of the first link, then of the next.
    public init(nanoseconds: UInt64, ends: [String]) throws(TestbedError) {
      delay = nanoseconds
      let devices = try ends.map { (name) throws(TestbedError) in try TapDevice(name) }
      directions = devices.indices.map { index in
        Direction(
          from: devices[index].descriptor, to: devices[index ^ 1].descriptor,
          line: DelayLine(delay: nanoseconds, capacityBytes: Self.capacityBytes))
      }
    }

    // Ten milliseconds at 40 Gbps, or a second at 400 Mbps.
    private static let capacityBytes = 50_000_000

    /// Carries frames until the process is ended.
    public func run() -> Never {
      // Threads sleep to the nanosecond, not to 50 microseconds. Where this is refused, delays are that much longer.
      try? "1".write(toFile: "/proc/self/timerslack_ns", atomically: false, encoding: .utf8)
      for direction in directions {
        Thread.detachNewThread { direction.read() }
        Thread.detachNewThread { direction.write() }
      }
      while true { pause() }
    }
  }

  /// One direction of a link.
  private final class Direction: Sendable {
    private let source: Int32
    private let target: Int32
    private let line: Mutex<DelayLine>
    private let waiting = DispatchSemaphore(value: 0)

    init(from source: Int32, to target: Int32, line: DelayLine) {
      self.source = source
      self.target = target
      self.line = Mutex(line)
    }

    func read() {
      var buffer = [UInt8](repeating: 0, count: 70_000)
      while true {
        let count = Glibc.read(source, &buffer, buffer.count)
        // An end that is down or being moved cannot be read for a moment.
        guard count > 0 else {
          usleep(1000)
          continue
        }
        let now = Self.now
        let frame = Array(buffer[..<count])
        if line.withLock({ $0.add(frame, at: now) }) { waiting.signal() }
      }
    }

    func write() {
      while true {
        waiting.wait()
        guard let frame = line.withLock({ $0.removeFirst() }) else { continue }
        Self.sleep(until: frame.due)
        // An end that is down loses frames.
        _ = Glibc.write(target, frame.bytes, frame.bytes.count)
      }
    }

    private static var now: UInt64 {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func sleep(until due: UInt64) {
      var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
      while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil) == EINTR {}
    }
  }
#endif
