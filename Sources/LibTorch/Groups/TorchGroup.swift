import CLibTorch
import Communication
import Foundation

/// A process group of c10d as this process sees it: the C header's functions in Swift.
///
/// Sendable without checks because the pointer never changes and c10d's groups may be used from any thread.
final class TorchGroup: @unchecked Sendable {
  let library: TorchLibrary
  private let pointer: OpaquePointer
  private var functions: UniferenceGroupFunctions { library.functions.groups }

  /// The group that this process knows under a name.
  convenience init(named name: String, library: TorchLibrary) throws(TorchError) {
    try self.init(library: library) { library.functions.groups.resolve(name, $0) }
  }

  /// A new group of these ranks of the world, in ascending order; all of them make it at the same time.
  convenience init(ofWorldRanks ranks: [Int], library: TorchLibrary) throws(TorchError) {
    let members = ranks.map(Int64.init)
    try self.init(library: library) { library.functions.groups.make(members, Int64(members.count), $0) }
  }

  private init(library: TorchLibrary, _ make: (UnsafeMutablePointer<OpaquePointer?>) -> UniferenceFailure?)
    throws(TorchError)
  {
    var result: OpaquePointer?
    try library.check(make(&result))
    guard let result else { throw TorchError("PyTorch Distributed gave no group") }
    self.library = library
    pointer = result
  }

  deinit { functions.release(pointer) }

  var rank: Int { Int(functions.rank(pointer)) }
  var size: Int { Int(functions.size(pointer)) }

  // MARK: Communication

  func send(_ tensor: TorchTensor, to destination: Int, tag: Int32) throws(TorchError) -> TorchWork {
    try started { functions.send(pointer, tensor.pointer, Int32(destination), tag, $0) }
  }

  func receive(into tensor: TorchTensor, from source: Int, tag: Int32) throws(TorchError) -> TorchWork {
    try started { functions.receive(pointer, tensor.pointer, Int32(source), tag, $0) }
  }

  func allReduce(_ tensor: TorchTensor, _ reduction: ReductionOperator) throws(TorchError) -> TorchWork {
    try started { functions.allReduce(pointer, tensor.pointer, reduction.torchCode, $0) }
  }

  func reduce(_ tensor: TorchTensor, _ reduction: ReductionOperator, root: Int) throws(TorchError) -> TorchWork {
    try started { functions.reduce(pointer, tensor.pointer, reduction.torchCode, Int32(root), $0) }
  }

  func reduceScatter(_ input: TorchTensor, into output: TorchTensor, _ reduction: ReductionOperator)
    throws(TorchError) -> TorchWork
  {
    try started { functions.reduceScatter(pointer, input.pointer, output.pointer, reduction.torchCode, $0) }
  }

  func broadcast(_ tensor: TorchTensor, root: Int) throws(TorchError) -> TorchWork {
    try started { functions.broadcast(pointer, tensor.pointer, Int32(root), $0) }
  }

  func allGather(_ input: TorchTensor, into output: TorchTensor) throws(TorchError) -> TorchWork {
    try started { functions.allGather(pointer, input.pointer, output.pointer, $0) }
  }

  func gather(_ input: TorchTensor, into output: TorchTensor?, root: Int) throws(TorchError) -> TorchWork {
    try started { functions.gather(pointer, input.pointer, output?.pointer, Int32(root), $0) }
  }

  func scatter(_ input: TorchTensor?, into output: TorchTensor, root: Int) throws(TorchError) -> TorchWork {
    try started { functions.scatter(pointer, input?.pointer, output.pointer, Int32(root), $0) }
  }

  func allToAll(_ input: TorchTensor, _ inputCounts: [Int], into output: TorchTensor, _ outputCounts: [Int])
    throws(TorchError) -> TorchWork
  {
    let (sent, received) = (inputCounts.map(Int64.init), outputCounts.map(Int64.init))
    return try started { functions.allToAll(pointer, input.pointer, sent, output.pointer, received, $0) }
  }

  func barrier() throws(TorchError) -> TorchWork { try started { functions.barrier(pointer, $0) } }

  private func started(_ start: (UnsafeMutablePointer<OpaquePointer?>) -> UniferenceFailure?) throws(TorchError)
    -> TorchWork
  {
    var work: OpaquePointer?
    try library.check(start(&work))
    guard let work else { throw TorchError("PyTorch Distributed started nothing") }
    return TorchWork(work, library: library)
  }

  // MARK: The group's store

  /// Puts a text where all members see it.
  func publish(_ text: String, under key: String) throws(TorchError) {
    try library.check(functions.publish(pointer, key, text))
  }

  /// The texts under some keys; `nil` unless all are there.
  func lookUp(_ keys: [String]) throws(TorchError) -> [String]? {
    var texts = [UnsafeMutablePointer<CChar>?](repeating: nil, count: keys.count)
    let copies = keys.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let pointers = copies.map { UnsafePointer($0) }
    try library.check(functions.lookUp(pointer, pointers, Int64(keys.count), &texts))
    defer { for text in texts { library.functions.tensors.freeMessage(text) } }
    let found = texts.compactMap { $0.map { String(cString: $0) } }
    return found.count == keys.count ? found : nil
  }

  /// Whether the group has a store. Most have.
  var hasStore: Bool { functions.hasStore(pointer) }
}

/// A communication of c10d under way.
///
/// Sendable without checks because the pointer never changes and one thread at a time asks, that of the rank's loop.
final class TorchWork: @unchecked Sendable {
  private let pointer: OpaquePointer
  private let library: TorchLibrary

  init(_ pointer: OpaquePointer, library: TorchLibrary) {
    self.pointer = pointer
    self.library = library
  }

  deinit { library.functions.groups.releaseWork(pointer) }

  /// Whether it has ended, by itself or by an error, which ``wait()`` then throws.
  func isCompleted() throws(TorchError) -> Bool {
    var isCompleted = false
    try library.check(library.functions.groups.isCompleted(pointer, &isCompleted))
    return isCompleted
  }

  /// Blocks the thread until it has ended.
  func wait() throws(TorchError) { try library.check(library.functions.groups.wait(pointer)) }

  /// Blocks the thread until it has ended or some time is over.
  ///
  /// - Returns: whether it has ended.
  func wait(atMost duration: Duration) throws(TorchError) -> Bool {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    var hasEnded = false
    try library.check(library.functions.groups.waitBriefly(pointer, milliseconds, &hasEnded))
    return hasEnded
  }

  /// Whether it has ended, which it is waited for where that `mayBlock`.
  func advance(mayBlock: Bool) throws(TorchError) -> Bool {
    if !mayBlock, try !isCompleted() { return false }
    try wait()
    return true
  }
}
