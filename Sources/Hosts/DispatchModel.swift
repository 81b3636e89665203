/// What it costs a host to have an accelerator execute a program's operations.
public struct DispatchModel: Hashable, Sendable {
  /// Host time to dispatch one operation: the framework's work and the driver's.
  public var picosecondsPerOperation: Int64
  /// Host time between two steps of a program that reads values: the sampler's work, the scheduler's.
  public var picosecondsPerStep: Int64
  /// Host time before the first step: the scheduler's work, setting up the request.
  public var picosecondsPerRequest: Int64
  /// Host time before a step for each sequence that takes part in it.
  public var picosecondsPerSequence: Int64
  /// What a request to a serving engine takes until the scheduler has it, and its first token's way back.
  public var picosecondsOfRequest: Int64
  /// Time between two requests that come to the scheduler at the earliest, since one process tokenizes them all.
  public var picosecondsBetweenRequests: Int64
  /// Host time to dispatch a layer with experts where no graph replays it.
  public var picosecondsPerExpertLayer: Int64
  /// Time from the end of an operation's dispatch until an idle device begins its kernel.
  public var launchLatencyPicoseconds: Int64

  /// How many operations a call of the communication library is.
  public var operationsPerCall: Int64
  /// Time of the device before a call of a communication library that works on it takes effect.
  public var communicationGapPicoseconds: Int64

  /// A host that takes no time unless given.
  public init(
    picosecondsPerOperation: Int64 = 0, picosecondsPerStep: Int64 = 0, picosecondsPerRequest: Int64 = 0,
    picosecondsPerSequence: Int64 = 0, picosecondsOfRequest: Int64 = 0, picosecondsBetweenRequests: Int64 = 0,
    picosecondsPerExpertLayer: Int64 = 0, launchLatencyPicoseconds: Int64 = 0, operationsPerCall: Int64 = 1,
    communicationGapPicoseconds: Int64 = 0
  ) {
    self.operationsPerCall = operationsPerCall
    self.communicationGapPicoseconds = communicationGapPicoseconds
    self.picosecondsPerOperation = picosecondsPerOperation
    self.picosecondsPerStep = picosecondsPerStep
    self.picosecondsPerRequest = picosecondsPerRequest
    self.picosecondsPerSequence = picosecondsPerSequence
    self.picosecondsOfRequest = picosecondsOfRequest
    self.picosecondsBetweenRequests = picosecondsBetweenRequests
    self.picosecondsPerExpertLayer = picosecondsPerExpertLayer
    self.launchLatencyPicoseconds = launchLatencyPicoseconds
  }
}
