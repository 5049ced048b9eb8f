import Foundation

/// Removes from a field of `y` × `x` points its least-squares plane a + b j + c i, in place.
///
/// On a full rectangular grid the three terms are orthogonal once centred, so that each is a projection of its own.
public func removePlane(_ field: inout [Double], y: Int, x: Int) {
    precondition(field.count == y * x, "\(field.count) values given for a plane over \(y) × \(x) points")
    let mean = field.reduce(0, +) / Double(field.count)
    let centreY = Double(y - 1) / 2
    let centreX = Double(x - 1) / 2
    var slopeY = 0.0
    var slopeX = 0.0
    for j in 0..<y {
        for i in 0..<x {
            slopeY += field[j * x + i] * (Double(j) - centreY)
            slopeX += field[j * x + i] * (Double(i) - centreX)
        }
    }
    func sumOfSquares(_ n: Int) -> Double { Double(n) * (Double(n) * Double(n) - 1) / 12 }
    slopeY /= max(Double(x) * sumOfSquares(y), .leastNonzeroMagnitude)
    slopeX /= max(Double(y) * sumOfSquares(x), .leastNonzeroMagnitude)
    for j in 0..<y {
        for i in 0..<x {
            field[j * x + i] -= mean + slopeY * (Double(j) - centreY) + slopeX * (Double(i) - centreX)
        }
    }
}
