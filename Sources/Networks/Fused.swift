import Torch

extension Tensor {
    /// self + a · b.
    func addcmul(_ a: Tensor, _ b: Tensor) -> Tensor { self + a * b }
}
