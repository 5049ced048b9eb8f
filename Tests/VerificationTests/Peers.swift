import Foundation

/// What Fixtures/scores_peers.py wrote.
struct Peers: Decodable {
    struct Vectors: Decodable {
        var members, truth, weights, pairs: [Double]
        var energy, weighted_energy, variogram, variogram1, variogram2, crps: Double
        var fair_energy, fair_weighted_energy, fair_variogram, fair_variogram1, fair_variogram2, fair_crps: Double?
    }
    struct Events: Decodable {
        var members, truth: [Double]
        var threshold: Double
        var bins: Int
        var brier, fair_brier: Double
        var frequencies, frequencies_by_value: [Double]
        var counts, counts_by_value, ranks: [Int]
    }
    struct Samples: Decodable {
        var x, y: [Double]
        var x_weights, y_weights: [Double]?
        var dimension: Int
        var w1, w2: Double
    }
    struct Coherence: Decodable {
        var y, x: Int
        var spacing_y, spacing_x: Double
        var regional: Bool
        var first, second, coherence, correlation: [Double]
    }
    struct Series: Decodable {
        var values: [Double]
        var length: Double
    }
    struct Bootstrap: Decodable {
        var first, second: [Double]
        var block: Int
        var circular_mean, circular_difference, circular_ratio: [Double]
        var moving_mean, moving_difference, moving_ratio: [Double]
    }
    var vectors: [Vectors]
    var events: [Events]
    var bars: [[Double]]
    var clouds, laws: [Samples]
    var coherence: [Coherence]
    var series: [Series]
    var bootstrap: Bootstrap

    static func load() throws -> Peers {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return try JSONDecoder().decode(
            Peers.self, from: Data(contentsOf: folder.appendingPathComponent("peers.json")))
    }
}

/// Both sides work in double precision on the same numbers: only the order of sums differs.
func agree(_ a: Double?, _ b: Double?, _ tolerance: Double = 1e-12) -> Bool {
    guard let a, let b else { return false }
    return abs(a - b) <= tolerance * max(1, abs(b))
}
