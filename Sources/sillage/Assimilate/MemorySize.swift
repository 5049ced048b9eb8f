import ArgumentParser

/// A number of bytes as people write it: 800MiB, 8GiB, 8G, 1.5 GB.
struct MemorySize: ExpressibleByArgument, Equatable {
    /// What it is in bytes.
    var bytes: Int

    init?(argument: String) {
        guard let match = argument.wholeMatch(of: /([0-9]+(?:\.[0-9]+)?) *(?:([kKmMgGtT])(i?))?[bB]?/),
            let number = Double(match.1), number > 0
        else { return nil }
        let power = ["", "k", "m", "g", "t"].firstIndex(of: match.2?.lowercased() ?? "")!
        // A bare letter is binary, as in control groups and batch systems.
        let decimal = match.3?.isEmpty != false && argument.lowercased().hasSuffix("b") && power > 0
        var bytes = number
        for _ in 0..<power { bytes *= decimal ? 1_000 : 1_024 }
        guard bytes >= 1, bytes < 0x1p62 else { return nil }
        self.bytes = Int(bytes)
    }
}
