import ClientSession
import LinnaeusBase
import OperationHistory
import Workload

/// What clients do in a run that tells a story, in place of what they would choose.
///
/// Such a run is over once everything was done that is in it, and the faults were mended.
public struct Script: Sendable {
  /// What the run is called.
  public var name: String
  /// What happens in it, for whoever reads its history.
  public var story: String
  /// What the clients do; each does its own in this order.
  public var steps: [ScriptedStep] = []

  /// A story in which nothing happens yet.
  public init(name: String, story: String) {
    self.name = name
    self.story = story
  }

  /// What the first line of its history says beside who took part: the story, and that the reads
  /// after a `sync` are what is looked at, whichever server answered.
  var header: [(name: String, value: Value)] {
    [
      ("comment", .string(story)),
      ("parameters", .map([.init(.string("reads"), .string("synced"))])),
    ]
  }
}

/// Something that a client does at a time that is given.
public struct ScriptedStep: Sendable {
  /// In nanoseconds of virtual time.
  public var time: Int64
  /// The client's number, from 0.
  public var client: Int
  /// What it does.
  public var action: ClientAction

  /// Takes all three.
  public init(time: Int64, client: Int, action: ClientAction) {
    self.time = time
    self.client = client
    self.action = action
  }
}

/// What a client may be told to do.
public enum ClientAction: Sendable {
  /// To ask for something, once it has a session and what it asked for before was answered.
  case request(SessionRequest)
  /// To begin a recipe.
  case recipe(Activity)
  /// To go to another server.
  case move(to: ServerID)
  /// To stand still, as in a long garbage collection: it sees nothing and does nothing.
  case pause(milliseconds: Int)
}
