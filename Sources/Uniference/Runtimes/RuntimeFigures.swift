import Devices
import Quantities
import Tensors

/// What a runtime's document says of all devices, or of some; each figure with its source.
public struct RuntimeFigures: Hashable, Sendable {
  /// Host time to dispatch one operation to an accelerator.
  public var hostPerOperation: Figure<Duration>?
  /// Host time before the operations of each step of generation.
  public var hostPerStep: Figure<Duration>?
  /// Host time before the first step, where that is not as before the others: setting up a request and its buffers.
  public var hostPerRequest: Figure<Duration>?
  /// Host time before a serving engine's iteration for each sequence that takes part in it.
  public var hostPerSequence: Figure<Duration>?
  /// What a request takes on its way between the user and the engine's scheduler: HTTP, tokenization, queues of processes, and
  /// the first token's way back.
  public var requestLatency: Figure<Duration>?
  /// Time between two requests that come to a serving engine's scheduler at the earliest: one process tokenizes them all.
  public var requestInterval: Figure<Duration>?
  /// Time that a product of 8 or 4 bits takes for making its inputs so narrow, in place of what measured tables have of it;
  /// nothing where kernels before it do that.
  public var quantizationTime: [KernelEfficiencies.WeightWidth: Figure<Duration>] = [:]
  /// The share of the tables' arithmetic rate that long stretches of products reach: tables were measured in short ones, before
  /// the device's power limit lowers its clock.
  public var sustainedArithmetic: Figure<Ratio>?
  /// How fast products are beside those in the measured tables, where the engine has kernels of its own.
  public var productRate: Figure<Ratio>?
  /// Of what a single product reaches of the arithmetic rate, by the grouped products of experts.
  public var groupedArithmetic: Figure<Ratio>?
  /// Of what a single product reaches of the bandwidth, by the grouped products of experts.
  public var groupedBandwidth: Figure<Ratio>?
  /// What a grouped product takes for sorting and gathering its rows, by the width of its arithmetic.
  public var groupedTime: [KernelEfficiencies.WeightWidth: Figure<Duration>] = [:]
  /// Host time to dispatch a layer with experts in an iteration that holds prompts, which no graph replays: the iteration takes
  /// at least as long as all of them.
  public var hostPerExpertLayer: Figure<Duration>?
  /// Time from an operation's dispatch until an idle accelerator begins its kernel.
  public var launchLatency: Figure<Duration>?
  /// Time that the device itself loses at each kernel: to begin it, to fill and to drain.
  public var launchGap: Figure<Duration>?
  /// Operations that are parts of their neighbours' kernels: no launch, no bytes of their own.
  public var fused: Figure<[OperationKind]>?
  /// Whether projections of the same rows are one kernel.
  public var mergesProjections: Figure<Bool>?
  /// How many operations of the framework some operations consist of, for the host; one unless given.
  public var hostOperations: [OperationKind: Figure<Int>] = [:]
  /// Time of the device before its communication with others takes effect: copies into shared buffers, barriers.
  public var communicationGap: Figure<Duration>?
  /// How parts of tensor-parallel layers are added up.
  public var allReduce: Figure<Runtime.AllReduce>?
  /// Whether tensor-parallel devices divide the embedding and the output projection, too; otherwise each has them whole.
  public var dividesVocabulary: Figure<Bool>?
  /// Whether times of kernels that were measured on the device apply, where there are any: its kernels are the libraries'
  /// that were measured.
  public var measuredTables: Figure<Bool>?
  /// Of the memory bandwidth, by matrix products, by the width of their weights.
  public var matrixVector: [KernelEfficiencies.WeightWidth: Figure<Ratio>] = [:]
  /// Of the peak arithmetic rate, by matrix products, by element type.
  public var matrixMatrix: [ElementType: Figure<Ratio>] = [:]
  /// Of the peak arithmetic rate, by attention of prompts.
  public var promptAttention: Figure<Ratio>?
  /// Of the memory bandwidth, by attention of decoding.
  public var decodingAttention: Figure<Ratio>?
  /// Whether attention of decoding reads keys and values once for all query heads that share them.
  public var sharesGroupedKeys: Figure<Bool>?
  /// Of the memory bandwidth, by all other kernels.
  public var otherKernels: Figure<Ratio>?

  /// Nothing.
  public init() {}

  /// These, but for what `other` gives.
  func overridden(by other: RuntimeFigures) -> RuntimeFigures {
    var result = self
    result.hostPerOperation = other.hostPerOperation ?? hostPerOperation
    result.hostPerStep = other.hostPerStep ?? hostPerStep
    result.hostPerRequest = other.hostPerRequest ?? hostPerRequest
    result.hostPerSequence = other.hostPerSequence ?? hostPerSequence
    result.requestLatency = other.requestLatency ?? requestLatency
    result.requestInterval = other.requestInterval ?? requestInterval
    result.quantizationTime.merge(other.quantizationTime) { $1 }
    result.sustainedArithmetic = other.sustainedArithmetic ?? sustainedArithmetic
    result.productRate = other.productRate ?? productRate
    result.groupedArithmetic = other.groupedArithmetic ?? groupedArithmetic
    result.groupedBandwidth = other.groupedBandwidth ?? groupedBandwidth
    result.groupedTime.merge(other.groupedTime) { $1 }
    result.hostPerExpertLayer = other.hostPerExpertLayer ?? hostPerExpertLayer
    result.launchLatency = other.launchLatency ?? launchLatency
    result.launchGap = other.launchGap ?? launchGap
    result.fused = other.fused ?? fused
    result.mergesProjections = other.mergesProjections ?? mergesProjections
    result.hostOperations.merge(other.hostOperations) { $1 }
    result.communicationGap = other.communicationGap ?? communicationGap
    result.allReduce = other.allReduce ?? allReduce
    result.dividesVocabulary = other.dividesVocabulary ?? dividesVocabulary
    result.measuredTables = other.measuredTables ?? measuredTables
    result.matrixVector.merge(other.matrixVector) { $1 }
    result.matrixMatrix.merge(other.matrixMatrix) { $1 }
    result.promptAttention = other.promptAttention ?? promptAttention
    result.decodingAttention = other.decodingAttention ?? decodingAttention
    result.sharesGroupedKeys = other.sharesGroupedKeys ?? sharesGroupedKeys
    result.otherKernels = other.otherKernels ?? otherKernels
    return result
  }

  /// What of it kernels reach.
  var efficiencies: KernelEfficiencies {
    var efficiencies = KernelEfficiencies()
    efficiencies.matrixVector = matrixVector.mapValues(\.value.value)
    efficiencies.matrixMatrix = matrixMatrix.mapValues(\.value.value)
    efficiencies.promptAttention = promptAttention?.value.value
    efficiencies.decodingAttention = decodingAttention?.value.value
    efficiencies.other = otherKernels?.value.value
    efficiencies.quantizationPicoseconds = quantizationTime.mapValues { Double($0.value.picoseconds) }
    efficiencies.sustainedArithmetic = sustainedArithmetic?.value.value
    efficiencies.productRate = productRate?.value.value
    efficiencies.groupedArithmetic = groupedArithmetic?.value.value
    efficiencies.groupedBandwidth = groupedBandwidth?.value.value
    efficiencies.groupedPicoseconds = groupedTime.mapValues { Double($0.value.picoseconds) }
    efficiencies.sharesGroupedKeys = sharesGroupedKeys?.value ?? true
    return efficiencies
  }
}
