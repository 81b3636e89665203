import Communication
import Devices

/// What a rank's script has done since the engine last heard of it.
struct Interval: Sendable {
  var computedNanoseconds: Int64 = 0
  /// Where the script called the primitive, an entry of the rank's string table; 0 for none.
  var site: UInt32 = 0
  /// What it gave its device, one after another, where the costs come from a model.
  var work: [DeviceWork] = []
  /// Whether there was such work that has been charged already.
  var hadWork = false

  /// Whether the script has given its device anything to do.
  var hasWork: Bool { hadWork || !work.isEmpty }
}

/// A frame that the rank's logical process acts on.
struct RankRequest: Sendable {
  var interval: Interval
  let content: Content
  /// Whether the rank waits for an answer.
  let isAnswered: Bool

  enum Content: Sendable {
    case group(GroupRequest)
    case declaration(DeclarationRequest)
    case collective(CollectiveRequest)
    case send(PointToPointRequest)
    case receive(PointToPointRequest)
    case wait(handle: UInt32, timeoutNanoseconds: Int64?)
    case test(handle: UInt32)
    case forget(handle: UInt32)
    case now
    /// When an event of a stream happens.
    case event(Int64)
    case store(StoreRequest)
    case sleep(nanoseconds: Int64)
    /// Several of the rank's threads wait, each for an operation of its own or for a time.
    case waitForAny(ThreadsRequest)
    /// Keys of the store become an operation that can be waited for.
    case expect(ExpectRequest)
    /// What has been computed, without any request.
    case progress
    case goodbye(exitCode: Int32, reason: String)
    /// The script enters a phase, an entry of the rank's string table.
    case phase(UInt32)
  }
}

/// A process group that the rank is going to use.
struct GroupRequest: Sendable {
  let number: UInt32
  let name: UInt32
  /// Tells one `init_process_group` from another, an entry of the rank's string table.
  let initialization: UInt32
  let library: Library
  let worldRanks: [Int]

  enum Library: UInt8, Sendable {
    case gloo = 0
    case nccl = 1
    /// NCCL, and torch's own all-reduce within a machine (`ENABLE_INTRA_NODE_COMM`).
    case ncclWithIntraNode = 2

    /// Whether its calls take place on the accelerator.
    var worksOnDevice: Bool { self != .gloo }
  }
}

/// A call that all ranks have to make alike, in entries of the rank's string table.
struct DeclarationRequest: Sendable {
  let operation: UInt32
  /// What the other ranks call the same call.
  let key: UInt32
  let arguments: UInt32
}

/// A collective as a member calls it.
struct CollectiveRequest: Sendable {
  let operation: CollectiveOperation
  let reduction: ReductionOperator
  let dataType: DataType
  let group: UInt32
  let handle: UInt32
  let root: Int
  /// Torch's name of the operation, an entry of the rank's string table.
  let name: UInt32
  let elementCount: Int
  let resultCount: Int
  let shape: [Int]
  let sendCounts: [Int]
  let receiveCounts: [Int]
  var block: BlockPlace?
  let timeoutNanoseconds: Int64?
}

/// A message to or from another rank.
struct PointToPointRequest: Sendable {
  let dataType: DataType
  let group: UInt32
  let handle: UInt32
  /// The other rank in the group; `nil` for any.
  let peer: Int?
  let tag: Int
  let elementCount: Int
  var block: BlockPlace?
}

/// An access to the key-value store through which process groups find each other.
struct StoreRequest: Sendable {
  enum Operation: UInt8, Sendable {
    case set, get, add, compareSet, wait, check, delete, count, append, listKeys
  }

  let operation: Operation
  let namespace: String
  let keys: [String]
  let value: [UInt8]
  let expected: [UInt8]
  let delta: Int64
  let timeoutNanoseconds: Int64?
}

/// What several threads of a rank wait for at once.
struct ThreadsRequest: Sendable {
  /// By which another thread, which wants to speak meanwhile, names the wait.
  let number: UInt32
  /// The operation for which the script has called `wait` just now; 0 for none.
  let called: UInt32
  /// How long the first of them waits at most; 0: only what has ended by now counts.
  let timeoutNanoseconds: Int64?
  let handles: [UInt32]
}

/// Keys of the store that a thread is going to wait for.
struct ExpectRequest: Sendable {
  let handle: UInt32
  let namespace: String
  let keys: [String]
}

/// Where a rank has put values.
struct BlockPlace: Sendable {
  let id: UInt32
  let segment: UInt32
  let offset: UInt64
}
