import Foundation
import Synchronization
import Torch

/// Rotary position embedding over time, latitude and longitude: a token at (t, y, x) turns pair i of its queries and
/// keys by an angle linear in its place along one axis, so that attention sees differences of place alone.
///
/// On a regional axis frequencies fall geometrically. On a periodic one each is a whole number of turns around the
/// ring: a field and its circular shift give the same attention, exactly.
///
/// - Source: Su et al. 2021, arXiv 2104.09864; axes as in Heo et al. 2024, arXiv 2403.13298.
struct Rotation {
    /// How many rotation pairs of a head each axis gets: a quarter to time, the rest shared by y and x.
    static func pairs(of head: Int) -> (time: Int, y: Int, x: Int) {
        let all = head / 2
        let time = max(1, all / 4)
        let y = (all - time) / 2
        return (time, y, all - time - y)
    }

    /// Slowest regional frequency: windows hold tens of tokens, not thousands.
    static let base = 100.0

    /// Radians a token, geometric from 1 to nearly 1/`base`.
    static func regional(_ pairs: Int) -> [Double] {
        (0..<pairs).map { pow(base, -Double($0) / Double(pairs)) }
    }

    /// Radians a token: whole turns, geometric from 1 to half the ring's length.
    ///
    /// - Parameter ring: tokens around the ring; not whole where the patch does not divide the side
    static func periodic(_ pairs: Int, ring: Double) -> [Double] {
        let most = max(1, (ring / 2).rounded(.down))
        return (0..<pairs).map { i in
            let turns = pow(most, Double(i) / Double(max(1, pairs - 1))).rounded(.toNearestOrEven)
            return 2 * .pi * turns / ring
        }
    }
}

/// Tokens along each axis.
struct TokenShape: Hashable, Sendable {
    var time: Int
    var y: Int
    var x: Int

    var space: Int { y * x }
    var count: Int { time * y * x }
}

/// The tables of one network, computed once for each shape that passes through it.
final class RotationTables: Sendable {
    private struct Key: Hashable {
        var tokens: TokenShape
        var sides: GridAxes<Int>
        var device: Device
    }

    private let head: Int
    private let patch: GridAxes<Int>
    private let periodic: GridAxes<Bool>
    private let tables = Mutex<[Key: Tensor]>([:])

    init(head: Int, patch: GridAxes<Int>, periodic: GridAxes<Bool>) {
        self.head = head
        self.patch = patch
        self.periodic = periodic
    }

    /// e^{iθ} of every token and pair, complex64 of shape (tokens, 1, head / 2).
    ///
    /// - Parameters:
    ///   - tokens: tokens along each axis
    ///   - sides: grid points along each horizontal axis, before padding
    func table(_ tokens: TokenShape, sides: GridAxes<Int>, device: Device) -> Tensor {
        let key = Key(tokens: tokens, sides: sides, device: device)
        return tables.withLock { tables in
            if let table = tables[key] { return table }
            let table = makeTable(tokens, sides).to(device)
            tables[key] = table
            return table
        }
    }

    private func makeTable(_ tokens: TokenShape, _ sides: GridAxes<Int>) -> Tensor {
        let pairs = Rotation.pairs(of: head)
        func horizontal(_ pairs: Int, _ side: Int, _ patch: Int, _ periodic: Bool) -> [Double] {
            periodic ? Rotation.periodic(pairs, ring: Double(side) / Double(patch)) : Rotation.regional(pairs)
        }
        let time = Rotation.regional(pairs.time)
        let y = horizontal(pairs.y, sides.y, patch.y, periodic.y)
        let x = horizontal(pairs.x, sides.x, patch.x, periodic.x)
        var angles: [Double] = []
        angles.reserveCapacity(tokens.count * head / 2)
        for t in 0..<tokens.time {
            for j in 0..<tokens.y {
                for i in 0..<tokens.x {
                    angles += time.map { Double(t) * $0 }
                    angles += y.map { Double(j) * $0 }
                    angles += x.map { Double(i) * $0 }
                }
            }
        }
        let shape = [tokens.count, 1, head / 2]
        return Tensor(
            real: Tensor(angles.map { cos($0) }, shape: shape), imaginary: Tensor(angles.map { sin($0) }, shape: shape))
    }
}
