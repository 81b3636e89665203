import Devices
import Hosts
import Quantities
import SimulationKernel

/// One rank's device in a simulation: what computing costs there, and what has been used.
///
/// Sendable without checks because it is used only on the engine's thread.
public final class SimulatedDevice: @unchecked Sendable {
  /// What it is called in errors.
  public var name: String { memoryAccount.deviceName }
  /// Its figures.
  public let specification: DeviceSpecification
  /// Its speed over time.
  public let speed: SpeedProfile
  private let model: ComputeModel
  /// The host thread that an accelerator works behind; `nil` where the processor itself runs the program.
  private let host: HostThread?
  /// Its streams, where the program uses several; `nil` where the process's clock is the one stream's.
  public private(set) var streams: DeviceStreams?
  private var quota: QuotaAccount?
  private let process: LogicalProcess
  private let engine: Engine
  /// The world that it is a part of.
  public let world: SimulatedWorld
  private(set) var memoryAccount: MemoryAccount
  private var busyPicoseconds: Int64 = 0
  /// Until when streams have kept it busy.
  private var busyEnd = VirtualTime.zero
  /// What of it only memory and launching took.
  private var memoryBoundPicoseconds: Int64 = 0
  /// Operations computed so far, and what they cost in sum.
  public private(set) var operationCount = 0
  /// What the operations computed so far cost in sum.
  public private(set) var totalCost = OperationCost(flops: 0, bytesRead: 0, bytesWritten: 0)

  /// - Parameters:
  ///   - name: the device in out-of-memory errors.
  ///   - dispatch: what it costs the host to put operations on an accelerator; `nil` for a processor that runs the program
  ///     itself.
  ///   - quota: the part of its processor that it may use, if not all of it.
  public init(
    name: String, specification: DeviceSpecification, model: ComputeModel, dispatch: DispatchModel? = nil,
    speed: SpeedProfile, quota: ProcessorQuota? = nil, process: LogicalProcess, world: SimulatedWorld
  ) {
    self.specification = specification
    self.model = model
    self.speed = speed
    self.quota = quota.map(QuotaAccount.init)
    self.process = process
    self.world = world
    engine = world.engine
    host = dispatch.map { world.makeHostThread($0, of: process) }
    memoryAccount = MemoryAccount(deviceName: name, capacity: specification.usableMemory.bytes)
  }

  /// Charges an operation to the device's clock: the cost model's time, stretched by the device's speed at that moment.
  /// An accelerator begins it once its host has dispatched it.
  ///
  /// - Parameters:
  ///   - shape: the kernel that it is.
  ///   - dispatch: how it is put on the device.
  /// - Throws: `CancellationError` when the run is being interrupted, so that a program that only computes ends too;
  ///   `TimeExceeded` where the operation would end after virtual time does.
  public func compute(
    _ cost: OperationCost, elementType: ElementType, shape: KernelShape = .other,
    dispatch: OperationDispatch = .own, operation: String
  ) throws {
    count(cost)
    let work = model.picoseconds(
      of: cost, elementType: elementType, shape: shape, launches: dispatch.launchesKernel)
    let start = host?.dispatch(operations: dispatch.hostOperations) ?? process.now
    let elapsed = try charge(picoseconds: work, from: start, operation: operation)
    noteBound(of: cost, elementType: elementType, work: work, elapsed: elapsed)
  }

  /// Charges an operation to one of the device's streams. Moves no other clock but the host's.
  ///
  /// - Throws: as ``compute(_:elementType:shape:dispatch:operation:)``.
  public func compute(
    _ cost: OperationCost, elementType: ElementType, shape: KernelShape, stream: StreamClocks.Stream,
    operation: String
  ) throws {
    guard let streams else {
      return try compute(cost, elementType: elementType, shape: shape, operation: operation)
    }
    count(cost)
    let work = model.picoseconds(of: cost, elementType: elementType, shape: shape)
    let start = streams.dispatch(on: stream)
    let elapsed = try execute(picoseconds: work, from: start, operation: operation)
    let end = start.advanced(byPicoseconds: elapsed)
    streams.end(on: stream, at: end)
    // What streams execute side by side keeps the device busy once.
    busyPicoseconds += max(0, end.picoseconds - max(start, busyEnd).picoseconds)
    busyEnd = max(busyEnd, end)
    noteBound(of: cost, elementType: elementType, work: work, elapsed: elapsed)
  }

  /// Copies between the memories of host and device on one of its streams.
  public func copy(_ copy: HostCopy, stream: StreamClocks.Stream) {
    streams?.copy(copy, taking: copy.picoseconds(on: specification), on: stream)
  }

  /// Gives the program streams of its own, where the device works behind a host.
  public func openStreams() {
    if let host { streams = DeviceStreams(host: host, process: process) }
  }

  private func count(_ cost: OperationCost) {
    operationCount += 1
    totalCost = totalCost + cost
  }

  private func noteBound(of cost: OperationCost, elementType: ElementType, work: Int64, elapsed: Int64) {
    guard specification.memoryBoundPower != nil, work > 0 else { return }
    let arithmetic = model.arithmeticPicoseconds(of: cost, elementType: elementType)
    memoryBoundPicoseconds += Picoseconds.nearest(Double(elapsed) * (1 - min(1, Double(arithmetic) / Double(work))))
  }

  /// Counts an operation that takes no time of its own, as a part of its neighbour's kernel.
  public func computeFused(_ cost: OperationCost) {
    operationCount += 1
    totalCost = totalCost + cost
  }

  /// Has the host read a value that has been computed: it waits for the device, and begins the program's next step.
  public func readValue() { host?.readValue() }

  /// Has the host begin a step of its program that depends on nothing it did before, as an iteration that a scheduler has
  /// decided on just now.
  ///
  /// - Parameter sequences: how many take part in it.
  public func beginStep(sequences: Int) { host?.beginStep(sequences: sequences) }

  /// What dispatch and serving cost its host; `nil` where the processor itself runs the program.
  public var dispatch: DispatchModel? { host?.model }

  /// Has the host wait for the device.
  public func synchronize() { host?.synchronize() }

  /// Charges an operation whose time was measured: that time at the device's normal speed, and its cost to the sums.
  public func compute(measured cost: OperationCost, for duration: Duration, operation: String) throws {
    operationCount += 1
    totalCost = totalCost + cost
    try charge(picoseconds: duration.picoseconds, from: process.now, operation: operation, isMeasured: true)
  }

  /// Charges a known time of work, at the device's normal speed.
  ///
  /// - Parameter isMeasured: whether the time was measured, so that the log should keep it as it was.
  public func compute(for duration: Duration, operation: String, isMeasured: Bool = false) throws {
    try charge(picoseconds: duration.picoseconds, from: process.now, operation: operation, isMeasured: isMeasured)
  }

  /// - Parameter start: when it begins, at the rank's clock or later.
  /// - Returns: the time that it took.
  @discardableResult
  private func charge(
    picoseconds work: Int64, from start: VirtualTime, operation: String, isMeasured: Bool = false
  ) throws -> Int64 {
    let elapsed = try execute(picoseconds: work, from: start, operation: operation, isMeasured: isMeasured)
    busyPicoseconds += elapsed
    process.compute(picoseconds: start.picoseconds - process.now.picoseconds + elapsed)
    return elapsed
  }

  /// - Returns: the time that work takes which begins at `start`.
  private func execute(
    picoseconds work: Int64, from start: VirtualTime, operation: String, isMeasured: Bool = false
  ) throws -> Int64 {
    if engine.isInterrupted { throw CancellationError() }
    guard start <= .limit else { throw TimeExceeded(process.name) }
    let elapsed = elapsedPicoseconds(forWork: work, startingAt: start, quota: &quota)
    guard elapsed <= Picoseconds.limit - start.picoseconds else {
      throw TimeExceeded("\(operation) on \(memoryAccount.deviceName)")
    }
    world.observer?.computed(
      Computation(
        rank: process.id, operation: operation, start: start, duration: elapsed, measured: isMeasured ? work : nil))
    return elapsed
  }

  /// When work would be done that begins now and takes so long at the device's normal speed. Charges nothing.
  public func end(ofWork duration: Duration) -> VirtualTime {
    var quota = quota
    let elapsed = elapsedPicoseconds(forWork: duration.picoseconds, startingAt: process.now, quota: &quota)
    return process.now.advanced(byPicoseconds: elapsed)
  }

  private func elapsedPicoseconds(
    forWork work: Int64, startingAt start: VirtualTime, quota: inout QuotaAccount?
  ) -> Int64 {
    quota?.elapsedPicoseconds(forWork: work, startingAt: start.picoseconds, speed: speed)
      ?? speed.elapsedPicoseconds(forWork: work, startingAt: start.picoseconds)
  }

  /// What has been computed so far.
  var use: DeviceUse {
    DeviceUse(
      busy: busyPicoseconds, memoryBound: memoryBoundPicoseconds, operations: operationCount, cost: totalCost)
  }

  /// Counts what a stretch of a program that is known from before computes.
  func add(_ use: DeviceUse) {
    busyPicoseconds += use.busy
    memoryBoundPicoseconds += use.memoryBound
    operationCount += use.operations
    totalCost = totalCost + use.cost
  }

  /// Whether equal work takes equally long at any time.
  var isConstant: Bool { quota == nil && speed.slowdowns.isEmpty }

  /// Takes memory of the device.
  public func allocate(_ byteCount: Int, label: StaticString) throws(OutOfMemory) {
    try memoryAccount.allocate(byteCount, label: label)
  }

  /// The same, for a program that runs elsewhere and has labels of its own.
  public func allocate(_ byteCount: Int, label: String) throws(OutOfMemory) {
    try memoryAccount.allocate(byteCount, label: label)
  }

  /// Gives memory back.
  public func release(_ byteCount: Int, label: StaticString) {
    memoryAccount.release(byteCount, label: label)
  }

  /// Time spent computing.
  public var busyTime: Duration { .picoseconds(busyPicoseconds) }

  /// The most memory that was in use at any time.
  public var peakMemory: DataSize { DataSize(bytes: memoryAccount.peak) }

  /// What that memory held, largest first.
  public var tensorsAtPeak: [LiveTensors] { memoryAccount.tensorsAtPeak }

  /// Energy used in a run of `total` time in which the device sent and received `bytes`.
  ///
  /// - Parameter polls: whether kernels of the communication library poll while the device waits.
  public func energy(total: Duration, polls: Bool, bytes: Int) -> Energy {
    let arithmetic = Duration.picoseconds(max(0, busyPicoseconds - memoryBoundPicoseconds))
    return EnergyAccount(specification).energy(
      busy: busyTime, arithmetic: arithmetic, total: total, polls: polls, bytes: bytes)
  }
}

/// What a device has computed.
struct DeviceUse: Hashable, Sendable {
  var busy: Int64
  var memoryBound: Int64
  var operations: Int
  var cost: OperationCost

  static func - (later: DeviceUse, earlier: DeviceUse) -> DeviceUse {
    DeviceUse(
      busy: later.busy - earlier.busy, memoryBound: later.memoryBound - earlier.memoryBound,
      operations: later.operations - earlier.operations,
      cost: OperationCost(
        flops: later.cost.flops - earlier.cost.flops, bytesRead: later.cost.bytesRead - earlier.cost.bytesRead,
        bytesWritten: later.cost.bytesWritten - earlier.cost.bytesWritten))
  }
}
