import Testing

@testable import Consistency
