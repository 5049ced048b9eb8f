import Fields
import Foundation
import Models
import Networks
import Torch

/// What `static:` in a training's configuration says: fields that do not change, which networks see beside states.
public struct StaticConfiguration: Codable, Sendable, Hashable {
    /// A NetCDF or HDF5 file whose fields have no time, or one, on a grid that holds the archive's; nil for ``latitude``
    /// alone.
    public var file: String?
    /// Variables of the file, and ``latitude`` where wanted.
    public var variables: [String]

    /// The name that stands for the latitude of each row, which no file needs to bring.
    public static let latitude = "latitude"

    enum CodingKeys: String, CodingKey, CaseIterable { case file, variables }

    /// Reads the part `static:`; `variables` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        file = try values.decodeIfPresent(String.self, forKey: .file)
        variables = try values.decode([String].self, forKey: .variables)
        guard !variables.isEmpty, Set(variables).count == variables.count else {
            throw ConfigurationError(message: "static.variables: name one variable or more, each once")
        }
        guard file != nil || variables == [Self.latitude] else {
            throw ConfigurationError(message: "static: give the file that holds \(variables.joined(separator: ", "))")
        }
    }

    /// - Throws: ``ConfigurationError`` where fields are to be shifted beside others that are not.
    static func requireNoShifts(_ statics: StaticConfiguration?, _ shifts: Bool) throws {
        guard statics != nil, shifts else { return }
        throw ConfigurationError(message: "shifts: static fields tie a world to its places; set shifts to false")
    }
}

/// One field that does not change, and what it is standardised by.
public struct StaticField: Codable, Sendable, Hashable {
    /// Name, such as `orography`.
    public var name: String
    /// Units of `mean` and `deviation`.
    public var units: String
    /// Mean over the grid's points.
    public var mean: Double
    /// Standard deviation over the grid's points, positive.
    public var deviation: Double
}

/// Orography, masks and the like on a model's grid: the file `statics.safetensors` of its folder.
public struct StaticFields: @unchecked Sendable {
    /// What they are.
    public let fields: [StaticField]
    /// Departures from the means in deviations, shape (fields, y, x).
    public let values: Tensor
    private let grid: Grid

    static let file = "statics.safetensors"

    /// Reads and standardises the fields of a configuration.
    ///
    /// - Parameter grid: of the states; its points must be among those of the file
    /// - Throws: `FieldsError`: `missingFile`, `unknownVariable`, `gridMismatch`, `invalidValue` for a value that is missing;
    ///   ``ConfigurationError`` for a field that is the same everywhere.
    public init(_ configuration: StaticConfiguration, on grid: Grid) throws {
        let stored = configuration.variables.filter { $0 != StaticConfiguration.latitude }
        let archive = try configuration.file.flatMap { file in
            stored.isEmpty
                ? nil
                : try Archive.still(contentsOf: URL(fileURLWithPath: file), variables: stored).aligned(with: grid)
        }
        if let archive, archive.variables.count != stored.count {
            throw FieldsError(
                .axes,
                "\(archive.urls[0].path): \(stored.joined(separator: ", ")) have levels; name them one by one: "
                    + archive.variables.map(\.name).joined(separator: ", "))
        }
        let read = try archive?.read(times: 0..<1) ?? []
        var (fields, standardised): ([StaticField], [Double]) = ([], [])
        for name in configuration.variables {
            var units = "degrees_north"
            let field: [Double]
            if let archive, let place = stored.firstIndex(of: name) {
                units = archive.variables[place].units
                field = read[place * grid.count..<(place + 1) * grid.count].map(Double.init)
            } else {
                guard grid.kind == .geographic else {
                    throw ConfigurationError(message: "static.variables: the grid is a plane, without latitudes")
                }
                field = grid.y.values.flatMap { [Double](repeating: $0, count: grid.shape.x) }
            }
            if let hole = field.firstIndex(where: { !$0.isFinite }) {
                throw FieldsError(
                    .invalidValue,
                    "\(configuration.file ?? "static"), variable \(name): missing or not finite at \(grid.y.name) "
                        + "\(grid.y.values[hole / grid.shape.x]), \(grid.x.name) \(grid.x.values[hole % grid.shape.x]); "
                        + "static fields are to be known at every point: fill it, with 0 for a height of the sea")
            }
            let mean = field.reduce(0, +) / Double(field.count)
            let deviation = (field.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(field.count)).squareRoot()
            guard deviation > 1e-9 * max(abs(mean), 1e-30) else {
                throw ConfigurationError(
                    message: "static.variables: \(name) is \(mean) everywhere on the archive's grid and tells nothing; "
                        + "leave it out")
            }
            fields.append(StaticField(name: name, units: units, mean: mean, deviation: deviation))
            standardised += field.map { ($0 - mean) / deviation }
        }
        self.fields = fields
        self.grid = grid
        values = Tensor(standardised, shape: [fields.count, grid.shape.y, grid.shape.x]).to(.float32)
    }

    /// Means over latent cells, those at the end over the points that they have; shape (fields, y', x').
    func averaged(over codec: LatentCodec) -> Tensor {
        let (c, (ny, nx)) = (codec.autoencoder.configuration, grid.shape)
        let cells = c.cells(of: .init(y: ny, x: nx))
        // (y', y): rows that a cell has, each by its share.
        func means(_ cells: Int, of points: Int) -> Tensor {
            let rows = (0..<cells).flatMap { cell -> [Double] in
                let own = cell * c.factor..<min((cell + 1) * c.factor, points)
                return (0..<points).map { own.contains($0) ? 1 / Double(own.count) : 0 }
            }
            return Tensor(rows, shape: [cells, points]).to(.float32)
        }
        return means(cells.y, of: ny).matmul(values).matmul(means(cells.x, of: nx).transpose(0, 1))
    }
}

extension StaticFields {
    /// Writes them into a model folder, with the coordinates of their points; none take away those of an earlier training.
    static func write(_ statics: StaticFields?, to folder: URL) throws {
        let url = folder.appendingPathComponent(Self.file)
        guard let statics else {
            if FileManager.default.fileExists(atPath: url.path) { try? FileManager.default.removeItem(at: url) }
            return
        }
        let grid = statics.grid
        try Safetensors.write(
            [
                "fields": statics.values, "y": Tensor(grid.y.values, shape: [grid.y.count], dtype: .float64),
                "x": Tensor(grid.x.values, shape: [grid.x.count], dtype: .float64),
            ], to: url, metadata: ["names": statics.fields.map(\.name).joined(separator: ",")])
    }

    /// A hash of names and numbers.
    var fingerprint: String {
        let numbers = values.floats().withUnsafeBytes { Data($0) }
        return ContentHash.fingerprint(["fields": "\(fields)", "values": ContentHash.sha256(numbers)])
    }

    /// Reads those of a model folder.
    ///
    /// - Parameters:
    ///   - fields: what the model's card says that they are
    ///   - grid: the model's
    /// - Throws: ``ModelError`` where the file is missing, of other fields or on another grid; `TorchError` for a damaged one.
    init(contentsOf folder: URL, fields: [StaticField], on grid: Grid) throws {
        let url = folder.appendingPathComponent(Self.file)
        let names = fields.map(\.name)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError(
                "\(url.path) is missing: the model was trained beside the static fields \(names.joined(separator: ", ")); "
                    + "copy the file with the folder, or train the denoiser again")
        }
        let tensors = try Safetensors.read(url)
        let advice = "the files are of different models; train the denoiser again"
        guard let values = tensors["fields"], let y = tensors["y"]?.doubles(), let x = tensors["x"]?.doubles(),
            try Safetensors.metadata(url)["names"] == names.joined(separator: ","),
            values.shape == [names.count, y.count, x.count], values.dtype == .float32
        else {
            throw ModelError("\(url.path) does not hold the static fields \(names.joined(separator: ", ")): \(advice)")
        }
        let own = Grid(
            kind: grid.kind, y: Axis(name: grid.y.name, units: grid.y.units, values: y, period: grid.y.period),
            x: Axis(name: grid.x.name, units: grid.x.units, values: x, period: grid.x.period))
        guard own.matches(grid) else {
            throw ModelError("\(url.path): its fields lie on another grid than the model (\(grid.summary)): \(advice)")
        }
        guard values.isfinite().all().itemAsBool() else {
            throw ModelError("\(url.path) holds numbers that are not finite: \(advice)")
        }
        (self.fields, self.values, self.grid) = (fields, values, grid)
    }
}
