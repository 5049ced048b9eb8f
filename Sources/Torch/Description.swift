import Foundation

extension Tensor: CustomStringConvertible {
    /// The values when there are at most 1000, else their type, shape and range.
    public var description: String {
        let place = device == .cpu ? "" : ", \(device)"
        if isSparse { return "sparse \(summary)\(place)" }
        if count > 1000 {
            if dtype.isComplex || dtype == .bool { return summary + place }
            let values = detach().to(.float64)
            return "\(summary)\(place) from \(values.min().item()) to \(values.max().item())"
        }
        return render() + " \(summary)\(place)"
    }

    private func render() -> String {
        if count == 0 { return "[]" }
        var elements: [String]
        switch dtype {
        case .bool: elements = bools().map { $0 ? "true" : "false" }
        case .complex64, .complex128:
            let parts = detach().viewAsReal().doubles()
            elements = stride(from: 0, to: parts.count, by: 2).map {
                "\(shortened(parts[$0]))+\(shortened(parts[$0 + 1]))i"
            }
        case let type where type.isFloatingPoint: elements = doubles().map(shortened)
        default: elements = ints().map(String.init)
        }
        for length in shape.reversed() where length > 0 {
            elements = stride(from: 0, to: elements.count, by: length).map {
                "[" + elements[$0..<$0 + length].joined(separator: ", ") + "]"
            }
        }
        return elements.joined(separator: ", ")
    }
}

/// Six significant digits.
private func shortened(_ value: Double) -> String { String(format: "%.6g", value) }
