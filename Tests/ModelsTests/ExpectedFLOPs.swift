@testable import Models

/// FLOPs by closed formulas, written without looking at the model's code.
struct ExpectedFLOPs {
  var configuration: LlamaConfiguration
  var workload: LlamaWorkload

  /// Multiply-adds of one token in all layers' projections.
  var layerWeights: Double {
    let c = configuration
    let attention = c.hiddenSize * c.headSize * (2 * c.headCount + 2 * c.keyValueHeadCount)
    return Double(c.layerCount) * Double(attention + 3 * c.hiddenSize * c.intermediateSize)
  }

  var linear: Double {
    let tokens = Double(workload.batchSize * (workload.promptLength + workload.generatedTokenCount - 1))
    let choices = Double(workload.batchSize * workload.generatedTokenCount)
    return 2 * tokens * layerWeights + 2 * choices * Double(configuration.vocabularySize * configuration.hiddenSize)
  }

  /// Each position attends to itself and all before it.
  var attention: Double {
    let positions = workload.promptLength + workload.generatedTokenCount - 1
    let pairs = Double(workload.batchSize * positions * (positions + 1) / 2)
    return 4 * Double(configuration.layerCount * configuration.headCount * configuration.headSize) * pairs
  }
}
