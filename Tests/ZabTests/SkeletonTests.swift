import Testing

@testable import Zab
