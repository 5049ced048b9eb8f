import Testing
import Torch

@Suite struct TensorTests {
    let x = Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])

    @Test func literalsTakePyTorchsTypes() {
        #expect(x.dtype == .float32 && x.shape == [2, 3] && x.count == 6 && x.rank == 2)
        #expect(Tensor([1, 2]).dtype == .int64 && Tensor([true]).dtype == .bool && Tensor(2).dtype == .int64)
        #expect(Tensor(2.5).dtype == .float32 && Tensor(2.5).shape == [] && Tensor(2.5).item() == 2.5)
        #expect(Tensor([Float(1)]).dtype == .float32 && Tensor([1.0], dtype: .float64).dtype == .float64)
        #expect((Tensor([1, 2]) * 3).dtype == .int64 && (Tensor([1, 2]) * 3.0).dtype == .float32)
        #expect((Tensor([1, 2]) / 2).doubles() == [0.5, 1])
    }

    @Test func creationFillsAsAsked() {
        #expect(Tensor.zeros([2, 2]).floats() == [0, 0, 0, 0])
        #expect(Tensor.ones([2], dtype: .bfloat16).dtype == .bfloat16)
        #expect(Tensor.full([2], 7).ints() == [7, 7] && Tensor.full(like: x, 2).dtype == .float32)
        #expect(Tensor.arange(4).ints() == [0, 1, 2, 3])
        #expect(Tensor.arange(1.0, 2.0, 0.5).floats() == [1, 1.5])
        #expect(Tensor.arange(5, 1, -2).ints() == [5, 3])
        #expect(Tensor.linspace(0, 1, 5, dtype: .float64).doubles() == [0, 0.25, 0.5, 0.75, 1])
        #expect(Tensor.eye(2, 3).floats() == [1, 0, 0, 0, 1, 0])
        #expect(Tensor.empty([0, 3]).floats() == [])
    }

    @Test(arguments: DType.allCases)
    func everyTypeRoundTripsSmallIntegers(_ dtype: DType) {
        let values = dtype == .bool ? [0.0, 1] : [0.0, 1, 2, 3]
        let tensor = Tensor(values).to(dtype)
        #expect(tensor.dtype == dtype && tensor.withUnsafeBytes { $0.count } == values.count * dtype.size)
        let back = dtype.isComplex ? tensor.real : tensor
        #expect(back.doubles() == values)
    }

    @Test func readingBackFollowsViewsAndConjugates() {
        #expect(x.T.floats() == [1, 4, 2, 5, 3, 6])
        #expect(x[.all, 1].floats() == [2, 5])
        let z = Tensor(real: Tensor([1.0, 2]), imaginary: Tensor([3.0, -4]))
        #expect(z.conjugate().imaginary.floats() == [-3, 4])
        #expect(z.conjugate().viewAsReal().floats() == [1, -3, 2, 4])
        #expect(z.abs().square().isClose(to: Tensor([10.0, 20])))
        #expect(z.viewAsReal().viewAsComplex().isEqual(to: z))
    }

    @Test func compoundAssignmentBindsANewTensor() {
        var y = x
        y += 1.0
        y *= x
        y -= x
        y /= x
        #expect(y.floats() == [1, 2, 3, 4, 5, 6] && x.floats() == [1, 2, 3, 4, 5, 6])
    }

    @Test func assigningThroughASubscriptChangesInPlace() {
        let y = x.clone()
        y[0] = Tensor(9.0)
        #expect(y.floats() == [9, 9, 9, 4, 5, 6])
        y[.all, 1...] = Tensor([7.0, 8])
        #expect(y.floats() == [9, 7, 8, 4, 7, 8])
        y[y .> 7.5] = Tensor(0)
        #expect(y.floats() == [0, 7, 0, 4, 7, 0])
        y[Tensor([1]), 0] = Tensor(1.0)
        #expect(y.floats() == [0, 7, 0, 1, 7, 0])
        y[1] += 1.0
        #expect(y.floats() == [0, 7, 0, 2, 8, 1])
    }

    @Test func inPlaceMethodsKeepTheObject() {
        let y = x.clone(), view = y[0]
        y.addInPlace(x, scale: 2).multiplyInPlace(10).addInPlace(1)
        #expect(view.floats() == [31, 61, 91])
        y.fillInPlace(3).lerpInPlace(x, 0.5).multiplyInPlace(x)
        #expect(view.floats() == [2, 5, 9])
        y.copyInPlace(Tensor([1, 2, 3]))
        #expect(y.floats() == [1, 2, 3, 1, 2, 3])
    }

    @Test func comparisonsGiveTruthValues() {
        #expect((x .>= 3).bools() == [false, false, true, true, true, true])
        #expect(((x .> 1) .& (x .!= 4)).sum().itemAsInt() == 4)
        #expect((.!(x .== x)).any().itemAsBool() == false)
        #expect((x .<= x.flip(1)).bools() == [true, true, false, true, true, false])
        #expect(((x .< 2) .| (x .> 5)).bools() == ((x .< 2) .^ (x .> 5)).bools())
    }

    @Test func nanIsFoundAndReplaced() {
        let y = Tensor([1, .nan, .infinity])
        #expect(y.isnan().bools() == [false, true, false] && y.isfinite().bools() == [true, false, false])
        #expect(y.replacingNaN(with: 5).floats() == [1, 5, .infinity])
        #expect(Tensor([1, .nan, 3]).nanmean().item() == 2 && Tensor([1, .nan, 3]).nansum().item() == 4)
    }

    @Test func searchingAndCountingAgreeWithTheirDefinitions() {
        let edges = Tensor([0.0, 1, 2])
        #expect(edges.searchSorted(Tensor([-1.0, 1, 1.5])).ints() == [0, 1, 2])
        #expect(edges.searchSorted(Tensor([1.0]), right: true).ints() == [2])
        #expect(Tensor([1, 1, 3]).bincount(minLength: 5).ints() == [0, 2, 0, 1, 0])
        #expect(Tensor([1, 0]).oneHot(3).ints() == [0, 1, 0, 1, 0, 0])
        #expect(Tensor([0, 3, 0, 1]).nonzero().ints() == [1, 3])
        #expect(x.maskedSelect(x .> 4).floats() == [5, 6])
    }

    @Test func sparseProductsAgreeWithDenseOnesAndCarryGradients() {
        let sparse = Tensor.sparseCSR(
            rowOffsets: [0, 2, 2, 3], columns: [0, 3, 1], values: [1.5, -2, 4], shape: [3, 4])
        let dense = sparse.toDense()
        #expect(dense.floats() == [1.5, 0, 0, -2, 0, 0, 0, 0, 0, 4, 0, 0] && sparse.isSparse)
        let x = Tensor.randn([4, 2], generator: Generator(seed: 1))
        x.requiresGrad = true
        expectClose(sparse.matmul(x), dense.matmul(x))
        let a = grad(of: sparse.matmul(x).square().sum(), wrt: x)
        let b = grad(of: dense.matmul(x).square().sum(), wrt: x)
        expectClose(a, b)
        let v = x[.all, 0].detach()
        v.requiresGrad = true
        expectClose(grad(of: sparse.matmul(v).square().sum(), wrt: v), b[.all, 0])
    }

    @Test func descriptionShowsSmallTensorsWhole() {
        #expect("\(x)" == "[[1, 2, 3], [4, 5, 6]] float32 (2, 3)")
        #expect("\(Tensor([1, -2]))" == "[1, -2] int64 (2)")
        #expect("\(Tensor(1.0e-9))" == "1e-09 float32 ()")
        #expect("\(Tensor(123456.78, dtype: .float64))" == "123457 float64 ()")
        #expect("\(Tensor([0.5, .nan]))" == "[0.5, nan] float32 (2)")
        #expect("\(Tensor.zeros([0]))" == "[] float32 (0)")
        #expect("\(Tensor.ones([1001]))" == "float32 (1001) from 1.0 to 1.0")
    }
}
