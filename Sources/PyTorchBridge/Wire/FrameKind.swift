/// What a rank or the launcher sends. `Documentation/bridge-protocol.md` has the kinds and their bodies.
enum FrameKind: UInt8 {
  case hello = 1
  case name = 2
  case operations = 3
  case published = 4
  case stack = 5
  case forget = 6
  case interruption = 7
  case streams = 8
  case memory = 9
  case group = 10
  case collective = 11
  case send = 12
  case receive = 13
  case wait = 14
  case test = 15
  case now = 16
  case store = 17
  case goodbye = 18
  case phase = 19
  case sleep = 20
  case declaration = 21
  case progress = 22
  case waitAny = 23
  case expect = 24
  case event = 25
  /// From the launcher: a rank's process runs.
  case started = 30
  /// From the launcher: a rank's process has ended.
  case exited = 31
  /// From the launcher: what ranks print can no longer be written.
  case outputLost = 32
}
