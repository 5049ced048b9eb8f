/// How the samples of a variable index its coordinates, which vary along some of its dimensions or along the instances
/// of a ragged array (CF 1.8, section 9.3).
struct Sampling {
    private let file: any DataFile
    private let variable: FileVariable
    /// The instance of each sample along the sample dimension, for ragged arrays.
    private var instances: (dimension: String, ofSample: [Int])?

    /// Whether samples lie along one dimension, so that each is an observation and none is padding.
    var isPoint: Bool { variable.dimensions.count == 1 }

    /// - Throws: `FieldsError` of kind `axes` for a ragged array whose counts do not add up.
    init(of variable: FileVariable, in file: any DataFile) throws {
        self.file = file
        self.variable = variable
        guard let sampleDimension = variable.dimensions.first?.name, variable.dimensions.count == 1 else { return }
        let length = variable.dimensions[0].length
        for candidate in file.variables {
            if candidate.text("sample_dimension") == sampleDimension, let instance = candidate.dimensions.first?.name {
                let sizes = try file.values(candidate).map { $0.isFinite ? max($0, 0) : 0 }
                guard sizes.reduce(0, +) <= Double(length) else {
                    throw FieldsError(
                        .axes,
                        "\(file.path), variable \(candidate.path): its counts add up to more than the \(length) "
                            + "samples of \(variable.path)")
                }
                let ofSample = sizes.enumerated().flatMap { [Int](repeating: $0.offset, count: Int($0.element)) }
                instances = (instance, ofSample + [Int](repeating: 0, count: length - ofSample.count))
            }
            if let instance = candidate.text("instance_dimension"), candidate.dimensions.first?.name == sampleDimension
            {
                let count = file.variables.lazy.flatMap(\.dimensions).first { $0.name == instance }?.length ?? 0
                let ofSample = try file.values(candidate).map { Int(saturating: $0) }
                guard ofSample.allSatisfy({ (0..<count).contains($0) }) else {
                    throw FieldsError(
                        .axes,
                        "\(file.path), variable \(candidate.path): an index is outside 0..<\(count), the instances "
                            + "of '\(instance)'"
                    )
                }
                instances = (instance, ofSample)
            }
        }
    }

    /// From a sample's flat index to the flat index of a coordinate.
    ///
    /// - Throws: `FieldsError` of kind `axes` where the coordinate varies along a dimension that the samples do not.
    func map(_ coordinate: FileVariable) throws -> (Int) -> Int {
        var dimensions = coordinate.dimensions
        if coordinate.type == .character { dimensions = dimensions.dropLast() }
        if dimensions.allSatisfy({ $0.length == 1 }) { return { _ in 0 } }
        if dimensions == variable.dimensions { return { $0 } }
        if dimensions.count == 1, let instances, dimensions[0].name == instances.dimension {
            return { instances.ofSample[$0] }
        }
        var strides = [Int](repeating: 0, count: variable.dimensions.count)
        var stride = 1
        for dimension in dimensions.reversed() {
            guard let place = variable.dimensions.firstIndex(of: dimension) else {
                throw FieldsError(
                    .axes,
                    "\(file.path): \(coordinate.path) varies along "
                        + "'\(dimension.name ?? String(dimension.length))', which observations of \(variable.path) "
                        + "do not"
                )
            }
            strides[place] = stride
            stride *= dimension.length
        }
        let shape = variable.shape
        return { sample in
            var (rest, index) = (sample, 0)
            for place in shape.indices.reversed() {
                index += (rest % shape[place]) * strides[place]
                rest /= shape[place]
            }
            return index
        }
    }
}
