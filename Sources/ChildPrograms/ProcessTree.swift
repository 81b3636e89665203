import Foundation

/// The processes that have come of this one, as far as the system can tell.
///
/// Where this process adopts orphans (Linux), those are all of them, whatever sessions and groups they have made.
/// Elsewhere a process whose parent has died is not found any more.
package enum ProcessTree {
  /// Descendants of a process that still run, those that are nearest to it first.
  package static func descendants(of ancestor: pid_t) -> [pid_t] {
    let children = childrenByParent()
    var found: [pid_t] = []
    var parents = [ancestor]
    while !parents.isEmpty {
      parents = parents.flatMap { children[$0] ?? [] }.filter { !found.contains($0) }
      found += parents
    }
    return found
  }

  /// Ends all descendants of this process: asks them to, and makes them once patience ends. Those that are children of
  /// this process are waited for, whoever may have started them.
  package static func endDescendants(patience: Duration) {
    var asked: Set<pid_t> = []
    let deadline = ContinuousClock.now + patience
    while true {
      reap()
      let left = descendants(of: getpid())
      if left.isEmpty || ContinuousClock.now >= deadline { break }
      for process in left where asked.insert(process).inserted { kill(process, SIGTERM) }
      usleep(5000)
    }
    // Some may start others while they are being ended.
    let last = ContinuousClock.now + .seconds(5)
    while ContinuousClock.now < last {
      let left = descendants(of: getpid())
      if left.isEmpty { break }
      for process in left { kill(process, SIGKILL) }
      usleep(5000)
      reap()
    }
  }

  private static func reap() {
    var status: Int32 = 0
    while waitpid(-1, &status, WNOHANG) > 0 {}
  }

  #if os(Linux)
    private static func childrenByParent() -> [pid_t: [pid_t]] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      var children: [pid_t: [pid_t]] = [:]
      for process in names.compactMap({ pid_t($0) }).sorted() {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .isoLatin1),
          // The name of a program stands in parentheses and may hold anything. After it come the state, the parent and,
          // as proc(5) counts, the number of threads in field 20.
          let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 17,
          let parent = pid_t(fields[1]), let threads = Int(fields[17])
        else { continue }
        // A process whose first thread has ended is shown as a zombie, but has its children until all threads have.
        if fields[0] == "Z", threads <= 1 { continue }
        children[parent, default: []].append(process)
      }
      return children
    }
  #else
    private static func childrenByParent() -> [pid_t: [pid_t]] {
      var processes = [pid_t](repeating: 0, count: Int(max(0, proc_listallpids(nil, 0))) + 64)
      let count = proc_listallpids(&processes, Int32(processes.count * MemoryLayout<pid_t>.size))
      var children: [pid_t: [pid_t]] = [:]
      for process in processes.prefix(Int(max(0, count))).sorted() {
        var about = proc_bsdinfo()
        let size = Int32(MemoryLayout<proc_bsdinfo>.size)
        guard proc_pidinfo(process, PROC_PIDTBSDINFO, 0, &about, size) == size, about.pbi_status != SZOMB else {
          continue
        }
        children[pid_t(about.pbi_ppid), default: []].append(process)
      }
      return children
    }
  #endif
}
