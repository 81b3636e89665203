import SimulationKernel

/// The store through which process groups find each other, in virtual time: `torch.distributed.Store` on the engine's side.
///
/// Sendable without checks because it is used only on the engine's thread.
final class KeyValueStore: @unchecked Sendable {
  private var namespaces: [String: [String: [UInt8]]] = [:]
  private var waits: [KeyWait] = []

  func value(of key: String, in namespace: String) -> [UInt8]? { namespaces[namespace]?[key] }

  func set(_ value: [UInt8], for key: String, in namespace: String, by process: LogicalProcess) {
    namespaces[namespace, default: [:]][key] = value
    wakeSatisfied(at: process.now)
  }

  /// Adds to a decimal number, 0 where there is none. What is no number counts as 0, as in PyTorch's stores.
  func add(_ delta: Int64, to key: String, in namespace: String, by process: LogicalProcess) -> Int64 {
    let former = value(of: key, in: namespace).flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
    let sum = former &+ delta
    set(Array("\(sum)".utf8), for: key, in: namespace, by: process)
    return sum
  }

  func remove(_ key: String, in namespace: String) -> Bool {
    namespaces[namespace]?.removeValue(forKey: key) != nil
  }

  func keys(in namespace: String) -> [String] { (namespaces[namespace] ?? [:]).keys.sorted() }

  func hasAll(_ keys: [String], in namespace: String) -> Bool {
    keys.allSatisfy { value(of: $0, in: namespace) != nil }
  }

  /// A wait until all keys are there, to suspend on.
  func wait(for keys: [String], in namespace: String, of process: LogicalProcess) -> KeyWait {
    let wait = KeyWait(keys: keys, namespace: namespace, process: process, store: self)
    waits.append(wait)
    return wait
  }

  private func wakeSatisfied(at time: VirtualTime) {
    let satisfied = waits.filter { hasAll($0.keys, in: $0.namespace) }
    guard !satisfied.isEmpty else { return }
    waits.removeAll { wait in satisfied.contains { $0 === wait } }
    for wait in satisfied { wait.wake(at: time) }
  }
}

/// A rank's wait until keys are in the store.
///
/// Sendable without checks because it is used only on the engine's thread.
final class KeyWait: WaitSubject, @unchecked Sendable {
  let keys: [String]
  let namespace: String
  private let process: LogicalProcess
  private let store: KeyValueStore
  private var token: WaiterToken?

  init(keys: [String], namespace: String, process: LogicalProcess, store: KeyValueStore) {
    self.keys = keys
    self.namespace = namespace
    self.process = process
    self.store = store
  }

  func setWaiter(_ token: WaiterToken, for member: Int) { self.token = token }

  func wake(at time: VirtualTime) {
    if let token { process.engine.wake(token, at: time) }
  }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    let missing = keys.filter { store.value(of: $0, in: namespace) == nil }
    return WaitDescription(
      operation: "wait for the store's key \(missing.map { "\"\($0)\"" }.joined(separator: ", "))", waitsOn: [])
  }
}
