import SimulationKernel

/// A link's capacity over time: a step function, which holds from each step until the next one.
public struct CapacitySteps: Hashable, Sendable {
  /// A capacity that holds from a time on.
  public struct Step: Hashable, Sendable {
    /// When it begins.
    public let time: VirtualTime
    /// Bytes per second from then on; zero is an outage.
    public let bytesPerSecond: Double

    /// A capacity from `time` on.
    public init(at time: VirtualTime, bytesPerSecond: Double) {
      self.time = time
      self.bytesPerSecond = bytesPerSecond
    }
  }

  /// In the order of time. Each has another capacity than the one before it.
  public let steps: [Step]

  /// - Parameters:
  ///   - initial: the capacity before the first step, in bytes per second.
  ///   - steps: in the order of time; those that change nothing are left out.
  public init(from initial: Double, _ steps: [Step]) {
    precondition(zip(steps, steps.dropFirst()).allSatisfy { $0.time < $1.time }, "steps come in the order of time")
    var present = initial
    self.steps = steps.filter { step in
      defer { present = step.bytesPerSecond }
      return step.bytesPerSecond != present
    }
  }
}

extension FlowNetwork {
  /// Gives a link the capacity of each step when its time comes.
  public func follow(_ changes: CapacitySteps, of link: LinkID) { take(changes.steps[...], of: link) }

  /// One event of a long list waits in the queue at a time.
  private func take(_ steps: ArraySlice<CapacitySteps.Step>, of link: LinkID) {
    guard let next = steps.first else { return }
    engine.call(at: next.time) { [unowned self] in
      setCapacity(bytesPerSecond: next.bytesPerSecond, of: link)
      take(steps.dropFirst(), of: link)
    }
  }
}
