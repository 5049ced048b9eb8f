import Testing
import Torch

@Suite struct OperatorTests {
    /// Every operator family gives PyTorch's values and gradients. Both run the same kernels, so that only the order of
    /// sums may differ: 2e-5 in float32.
    @Test(arguments: elementwiseCases + reductionCases + shapeCases + algebraCases + networkCases)
    func operatorAgreesWithPyTorch(_ operation: OperatorCase) throws {
        let fixture = try Fixture.operators.get()
        func tensors(_ kind: String) -> [Int: Tensor] {
            Dictionary(
                uniqueKeysWithValues: (0..<32).compactMap { place in
                    fixture["\(operation.name).\(kind).\(place)"].map { (place, $0) }
                })
        }
        let inputs = tensors("in").sorted { $0.key < $1.key }.map { _, value in
            let input = value.clone()
            input.requiresGrad = true
            return input
        }
        let expected = tensors("out")
        let outputs = operation.function(inputs)
        try #require(outputs.count == expected.count && !outputs.isEmpty)
        for (place, output) in outputs.enumerated() {
            #expect(output.dtype == expected[place]!.dtype)
            expectClose(output, expected[place]!, 2e-5, "output \(place)")
        }

        let expectedGradients = tensors("grad")
        let differentiable = outputs.filter(\.requiresGrad)
        #expect(differentiable.isEmpty == expectedGradients.isEmpty)
        if differentiable.isEmpty { return }
        let weights = differentiable.map {
            Tensor.arange($0.count, dtype: .float64).cos().reshape($0.shape).to($0.dtype)
        }
        let gradients = grad(of: differentiable, wrt: inputs, gradOutputs: weights, zerosWhereUnused: true)
        for (place, gradient) in gradients.enumerated() {
            let reference = expectedGradients[place] ?? Tensor.zeros(like: gradient)
            expectClose(gradient, reference, 2e-5, "gradient \(place)")
        }
    }

    @Test func everyFixtureIsUsed() throws {
        let names = Set(
            (elementwiseCases + reductionCases + shapeCases + algebraCases + networkCases).map(\.name))
        let written = Set(try Fixture.operators.get().keys.map { String($0.prefix { $0 != "." }) })
        #expect(names == written)
    }
}
