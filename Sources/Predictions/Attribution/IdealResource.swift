import Devices
import Network
import Uniference

/// A resource of a cluster that may be made infinitely fast, to find what it costs a run.
struct IdealResource: Sendable {
  /// What kind of resource it is.
  enum Kind: String, Encodable, Sendable {
    case computing, link, latency, library
  }

  let kind: Kind
  /// What reports call it: `computing of jetson-0`, `link jetson-0->switch`.
  let name: String
  /// Makes it infinitely fast.
  let idealize: @Sendable (inout Cluster) -> Void

  /// A measured second takes a nanosecond.
  private static let endlessSpeed = (try? SpeedProfile(scale: 1e9)) ?? .normal

  /// A petabyte in a second: a message of a gigabyte takes a microsecond.
  private static let endlessBytesPerSecond = 1e15

  /// The computing of some devices.
  static func computing(of ranks: [Int], called name: String) -> IdealResource {
    IdealResource(kind: .computing, name: name) { cluster in
      for rank in ranks {
        cluster.devices[rank].compute = .instant
        // Measured times are no figures of the device: its speed shortens them.
        cluster.devices[rank].speed = endlessSpeed
        cluster.devices[rank].quota = nil
      }
    }
  }

  /// The bandwidth of some links, by the topology's names.
  static func bandwidth(of links: [(name: String, link: Link)], called name: String) -> IdealResource {
    IdealResource(kind: .link, name: name) { cluster in
      for (name, figures) in links {
        var link = cluster.network.links[name] ?? figures
        link.bytesPerSecond = endlessBytesPerSecond
        (link.burstBytes, link.packetBytes) = (0, 0)
        cluster.network.links[name] = link
      }
      let names = Set(links.map(\.name))
      cluster.network.changes.removeAll { names.contains($0.link) }
    }
  }

  /// The latency of some links, by the topology's names.
  static func latency(of links: [(name: String, link: Link)], called name: String) -> IdealResource {
    IdealResource(kind: .latency, name: name) { cluster in
      for (name, figures) in links {
        var link = cluster.network.links[name] ?? figures
        (link.latencyPicoseconds, link.jitterPicoseconds) = (0, 0)
        cluster.network.links[name] = link
      }
    }
  }

  /// What the communication library adds to the network: costs of hosts and bytes on the wire.
  static var library: IdealResource {
    IdealResource(kind: .library, name: "communication library") { cluster in
      let collectives = cluster.network.chosenCollectives
      cluster.network.transport = .ideal
      cluster.network.chosenCollectives = collectives
    }
  }
}
