import Foundation

/// What a process is doing, as the system tells.
struct ProcessActivity: Equatable {
  /// How long its threads have used a processor in all, and how often they have come onto one. Neither changes while all
  /// of them wait.
  private(set) var usage: [UInt64] = []
  /// Whether a thread uses a processor now, wants one, or waits for a disk.
  private(set) var isRunning = false

  /// Whether nothing of the process has run between an earlier look at it and this one.
  func isIdle(since earlier: ProcessActivity) -> Bool { !isRunning && self == earlier }

  #if canImport(Darwin)
    /// - Returns: `nil` when the process is gone.
    init?(of pid: Int32) {
      var info = proc_taskinfo()
      let size = Int32(MemoryLayout<proc_taskinfo>.size)
      guard proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &info, size) == size else { return nil }
      usage = [info.pti_total_user + info.pti_total_system, UInt64(UInt32(bitPattern: info.pti_csw))]
      isRunning = info.pti_numrunning > 0
    }

    /// The process's main thread; the system tells of all threads together.
    init?(ofMainThread pid: Int32) { self.init(of: pid) }
  #else
    /// - Returns: `nil` when the process is gone, or the system does not tell.
    init?(of pid: Int32) {
      guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") else { return nil }
      for thread in threads {
        guard let state = Self.state(ofThread: "/proc/\(pid)/task/\(thread)") else { continue }
        usage.append(contentsOf: state.usage)
        isRunning = isRunning || state.isRunning
      }
      guard !usage.isEmpty else { return nil }
    }

    /// The process's main thread alone.
    init?(ofMainThread pid: Int32) {
      guard let state = Self.state(ofThread: "/proc/\(pid)/task/\(pid)") else { return nil }
      (usage, isRunning) = state
    }

    private static func state(ofThread folder: String) -> (usage: [UInt64], isRunning: Bool)? {
      guard let status = try? String(contentsOfFile: folder + "/stat", encoding: .utf8),
        let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 12
      else { return nil }
      let times = (try? String(contentsOfFile: folder + "/schedstat", encoding: .utf8))?.split(separator: " ")
      // Without statistics of the scheduler there are ticks of user and system time.
      let usage = times.map { $0.compactMap { UInt64($0.trimmingCharacters(in: .newlines)) } }
      return (usage ?? [UInt64(fields[11]) ?? 0, UInt64(fields[12]) ?? 0], fields[0] == "R" || fields[0] == "D")
    }
  #endif

  /// The process and all that it has started, and these have, as one. On systems that do not tell who has started whom,
  /// the process alone.
  static func includingChildren(of pid: Int32) -> ProcessActivity? {
    guard var activity = ProcessActivity(of: pid) else { return nil }
    for child in children(of: pid) {
      guard let more = includingChildren(of: child) else { continue }
      activity.usage += more.usage
      activity.isRunning = activity.isRunning || more.isRunning
    }
    return activity
  }

  private static func children(of pid: Int32) -> [Int32] {
    #if canImport(Darwin)
      return []
    #else
      let folder = "/proc/\(pid)/task"
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return threads.flatMap { thread in
        let list = try? String(contentsOfFile: "\(folder)/\(thread)/children", encoding: .utf8)
        return (list ?? "").split(separator: " ").compactMap { Int32($0) }
      }
    #endif
  }

  /// How long the process's main thread has used a processor, in nanoseconds; `nil` where the system does not tell.
  static func mainThreadNanoseconds(of pid: Int32) -> Int64? {
    #if canImport(Darwin)
      return nil
    #else
      let statistics = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/schedstat", encoding: .utf8)
      return statistics?.split(separator: " ").first.flatMap { Int64($0) }
    #endif
  }
}
