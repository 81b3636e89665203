import Communication
import SimulationKernel

extension RankConversation {
  /// Does what the script asks of the store, when all that came before in virtual time has happened.
  func perform(_ request: StoreRequest, _ interval: Interval) async throws {
    let hasWorked = try await charging(interval) { try await charge(interval, before: "store") }
    if request.isQuestion {
      try await question(about: .others, hasWorked: hasWorked)
    } else {
      polling.end()
      try await process.synchronize(at: SourceLocation())
    }
    let store = session.store
    let key = request.keys.first ?? ""
    switch request.operation {
    case .set:
      store.set(request.value, for: key, in: request.namespace, by: process)
      answer(.nothing)
    case .add: answer(.number(store.add(request.delta, to: key, in: request.namespace, by: process)))
    case .compareSet: answer(.bytes(compareAndSet(request, key)))
    case .append:
      store.set(
        (store.value(of: key, in: request.namespace) ?? []) + request.value, for: key, in: request.namespace,
        by: process)
      answer(.nothing)
    case .check: answer(.truth(store.hasAll(request.keys, in: request.namespace)))
    case .delete: answer(.truth(store.remove(key, in: request.namespace)))
    case .count: answer(.number(Int64(store.keys(in: request.namespace).count)))
    case .listKeys: answer(.texts(store.keys(in: request.namespace)))
    case .get, .wait: try await awaitKeys(request, key)
    }
  }

  private func compareAndSet(_ request: StoreRequest, _ key: String) -> [UInt8] {
    let present = session.store.value(of: key, in: request.namespace)
    guard present == request.expected || (present == nil && request.expected.isEmpty) else {
      return present ?? request.expected
    }
    session.store.set(request.value, for: key, in: request.namespace, by: process)
    return request.value
  }

  private func awaitKeys(_ request: StoreRequest, _ key: String) async throws {
    let store = session.store
    if !store.hasAll(request.keys, in: request.namespace) {
      note(
        CallDescription(
          operation: "store.\(request.operation)", operand: request.keys.joined(separator: ", "),
          site: nil))
      let wait = store.wait(for: request.keys, in: request.namespace, of: process)
      let deadline = request.timeoutNanoseconds.map { process.now.advanced(by: .nanoseconds($0)) }
      if try await process.suspend(on: wait, at: SourceLocation(), deadline: deadline) == .timedOut {
        let milliseconds = (request.timeoutNanoseconds ?? 0) / 1_000_000
        return fail(
          .timedOut, "wait timeout after \(milliseconds)ms, keys: \(request.keys.joined(separator: ", "))")
      }
    }
    if request.operation == .get {
      answer(.bytes(store.value(of: key, in: request.namespace) ?? []))
    } else {
      answer(.nothing)
    }
  }
}

extension StoreRequest {
  /// Whether it changes nothing, or nothing that it would not change when it is tried again.
  fileprivate var isQuestion: Bool {
    switch operation {
    case .check, .count, .listKeys, .compareSet, .delete: true
    case .add: delta == 0
    case .set, .append, .get, .wait: false
    }
  }
}
