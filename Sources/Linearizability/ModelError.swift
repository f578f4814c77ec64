/// Why a history does not fit a model.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Several models fit the operations; `--model` must name one.
  case ambiguous([ModelName])
  /// No model fits: why.
  case unknownModel(String)
  /// An operation that the model does not know, or whose values it cannot take.
  case misfit(line: Int, message: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .ambiguous(let names):
      "the operations fit several models (\(names.map(\.rawValue).joined(separator: ", ")));"
        + " name one with --model"
    case .unknownModel(let why): why
    case .misfit(let line, let message): "\(line): \(message)"
    }
  }
}
