extension Operator {
    fileprivate static let reshape = Operator("aten::reshape")
    fileprivate static let view = Operator("aten::view")
    fileprivate static let permute = Operator("aten::permute")
    fileprivate static let transpose = Operator("aten::transpose", "int")
    fileprivate static let movedim = Operator("aten::movedim", "int")
    fileprivate static let unsqueeze = Operator("aten::unsqueeze")
    fileprivate static let squeeze = Operator("aten::squeeze")
    fileprivate static let squeezeDim = Operator("aten::squeeze", "dim")
    fileprivate static let expand = Operator("aten::expand")
    fileprivate static let flatten = Operator("aten::flatten", "using_ints")
    fileprivate static let unflatten = Operator("aten::unflatten", "int")
    fileprivate static let flip = Operator("aten::flip")
    fileprivate static let roll = Operator("aten::roll")
    fileprivate static let pad = Operator("aten::pad")
    fileprivate static let tile = Operator("aten::tile")
    fileprivate static let repeatInterleave = Operator("aten::repeat_interleave", "self_int")
    fileprivate static let tril = Operator("aten::tril")
    fileprivate static let triu = Operator("aten::triu")
    fileprivate static let diagonal = Operator("aten::diagonal")
    fileprivate static let diagEmbed = Operator("aten::diag_embed")
    fileprivate static let unfold = Operator("aten::unfold")
    fileprivate static let stack = Operator("aten::stack")
    fileprivate static let cat = Operator("aten::cat")
    fileprivate static let meshgrid = Operator("aten::meshgrid", "indexing")
    fileprivate static let chunk = Operator("aten::chunk")
    fileprivate static let split = Operator("aten::split", "Tensor")
    fileprivate static let splitSizes = Operator("aten::split", "sizes")
    fileprivate static let unbind = Operator("aten::unbind", "int")
}

/// How values beyond the edge are made.
public enum PaddingMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Zeros (or another constant).
    case zeros
    /// The other end of a periodic dimension.
    case circular
    /// The value at the edge.
    case replicate
    /// The mirror image, without the edge.
    case reflect

    var name: String { self == .zeros ? "constant" : rawValue }
}

/// Changes of shape. Views share memory with the tensor where libtorch's do.
extension Tensor {
    /// The same elements in row-major order with another shape; one length may be -1.
    public func reshape(_ shape: [Int]) -> Tensor { Operator.reshape(.tensor(self), .ints(shape)) }
    /// The same elements in row-major order with another shape; one length may be -1.
    public func reshape(_ shape: Int...) -> Tensor { reshape(shape) }

    /// As `reshape`, never copying.
    public func view(_ shape: [Int]) -> Tensor { Operator.view(.tensor(self), .ints(shape)) }
    /// As `reshape`, never copying.
    public func view(_ shape: Int...) -> Tensor { view(shape) }

    /// The dimensions in another order.
    public func permute(_ dims: [Int]) -> Tensor { Operator.permute(.tensor(self), .ints(dims)) }
    /// The dimensions in another order.
    public func permute(_ dims: Int...) -> Tensor { permute(dims) }

    /// Exchanges two dimensions, the last two by default.
    public func transpose(_ a: Int = -2, _ b: Int = -1) -> Tensor {
        Operator.transpose(.tensor(self), .int(a), .int(b))
    }

    /// The transpose of the last two dimensions.
    public var T: Tensor { transpose(-2, -1) }

    /// Moves dimension `source` to `destination`; the others keep their order.
    public func movedim(_ source: Int, _ destination: Int) -> Tensor {
        Operator.movedim(.tensor(self), .int(source), .int(destination))
    }

    /// Inserts a dimension of length 1 before `dim`.
    public func unsqueeze(_ dim: Int) -> Tensor { Operator.unsqueeze(.tensor(self), .int(dim)) }

    /// Drops `dim` if its length is 1; without `dim`, every dimension of length 1.
    public func squeeze(_ dim: Int? = nil) -> Tensor {
        guard let dim else { return Operator.squeeze(.tensor(self)) }
        return Operator.squeezeDim(.tensor(self), .int(dim))
    }

    /// Repeats dimensions of length 1 without copying; -1 keeps a length.
    public func expand(_ shape: [Int]) -> Tensor { Operator.expand(.tensor(self), .ints(shape)) }
    /// Repeats dimensions of length 1 without copying; -1 keeps a length.
    public func expand(_ shape: Int...) -> Tensor { expand(shape) }

    /// Joins dimensions `start` to `end`.
    public func flatten(_ start: Int = 0, _ end: Int = -1) -> Tensor {
        Operator.flatten(.tensor(self), .int(start), .int(end))
    }

    /// Splits dimension `dim` into `sizes`.
    public func unflatten(_ dim: Int, _ sizes: [Int]) -> Tensor {
        Operator.unflatten(.tensor(self), .int(dim), .ints(sizes))
    }

    /// Reverses the order along `dims`.
    public func flip(_ dims: Int...) -> Tensor { Operator.flip(.tensor(self), .ints(dims)) }

    /// Moves elements by `shift` along `dim`; those pushed out come back at the other end.
    public func roll(_ shift: Int, _ dim: Int) -> Tensor {
        Operator.roll(.tensor(self), .ints([shift]), .ints([dim]))
    }
    /// Moves elements along several dimensions; those pushed out come back at the other end.
    public func roll(_ shifts: [Int], _ dims: [Int]) -> Tensor {
        Operator.roll(.tensor(self), .ints(shifts), .ints(dims))
    }

    /// Adds values at the edges.
    ///
    /// - Parameters:
    ///   - padding: numbers before and after, last dimension first: [left, right, top, bottom, …]
    ///   - mode: `.circular`, `.replicate` and `.reflect` pad the last 1 to 3 dimensions of (batch, channels, …)
    ///   - value: the constant of `.zeros`
    public func pad(_ padding: [Int], mode: PaddingMode = .zeros, value: Double = 0) -> Tensor {
        Operator.pad(
            .tensor(self), .ints(padding), .string(mode.name), mode == .zeros ? .double(value) : .none)
    }

    /// Copies the tensor `repeats[d]` times along each dimension.
    public func tile(_ repeats: [Int]) -> Tensor { Operator.tile(.tensor(self), .ints(repeats)) }

    /// Copies each element `repeats` times along `dim`.
    public func repeatInterleave(_ repeats: Int, _ dim: Int) -> Tensor {
        Operator.repeatInterleave(.tensor(self), .int(repeats), .int(dim))
    }

    /// The lower triangle of the last two dimensions.
    public func tril(_ diagonal: Int = 0) -> Tensor { Operator.tril(.tensor(self), .int(diagonal)) }
    /// The upper triangle of the last two dimensions.
    public func triu(_ diagonal: Int = 0) -> Tensor { Operator.triu(.tensor(self), .int(diagonal)) }

    /// The diagonal of the last two dimensions, as the last dimension.
    public func diagonal(_ offset: Int = 0) -> Tensor {
        Operator.diagonal(.tensor(self), .int(offset), .int(-2), .int(-1))
    }

    /// Matrices whose diagonal is the last dimension.
    public func diagEmbed() -> Tensor { Operator.diagEmbed(.tensor(self)) }

    /// Windows of length `size` every `step` along `dim`, as a new last dimension.
    public func unfold(_ dim: Int, size: Int, step: Int) -> Tensor {
        Operator.unfold(.tensor(self), .int(dim), .int(size), .int(step))
    }
}

// MARK: Joining and splitting

extension Tensor {
    /// Tensors of one shape along a new dimension.
    public static func stack(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor {
        Operator.stack(.tensors(tensors), .int(dim))
    }

    /// Tensors one after the other along `dim`.
    public static func cat(_ tensors: [Tensor], _ dim: Int = 0) -> Tensor {
        Operator.cat(.tensors(tensors), .int(dim))
    }

    /// Coordinates of the grid spanned by vectors, first vector along the first dimension.
    public static func meshgrid(_ vectors: [Tensor]) -> [Tensor] {
        Operator.meshgrid.list(.tensors(vectors), .string("ij"))
    }

    /// At most `chunks` pieces of equal length (the last may be shorter).
    public func chunk(_ chunks: Int, _ dim: Int = 0) -> [Tensor] {
        Operator.chunk.list(.tensor(self), .int(chunks), .int(dim))
    }

    /// Pieces of length `size` (the last may be shorter).
    public func split(_ size: Int, _ dim: Int = 0) -> [Tensor] {
        Operator.split.list(.tensor(self), .int(size), .int(dim))
    }

    /// Pieces of the given lengths.
    public func split(_ sizes: [Int], _ dim: Int = 0) -> [Tensor] {
        Operator.splitSizes.list(.tensor(self), .ints(sizes), .int(dim))
    }

    /// The slices along `dim`.
    public func unbind(_ dim: Int = 0) -> [Tensor] { Operator.unbind.list(.tensor(self), .int(dim)) }
}
