extension Module {
    /// Parameters and persistent buffers by name, outside the graph, sharing memory with the module.
    public func stateDict() -> [String: Tensor] {
        Dictionary(state.map { ($0.name, $0.tensor.detach()) }, uniquingKeysWith: { first, _ in first })
    }

    /// Copies values into the parameters and buffers of the same names, converting type and device.
    ///
    /// Nothing changes unless everything fits.
    ///
    /// - Parameter strict: whether names that only one side knows are an error
    /// - Returns: the names that only one side knows (empty when strict)
    /// - Throws: `TorchError` of kind `.missingKey`, `.unexpectedKey` or `.shapeMismatch`, naming the tensors.
    @discardableResult
    public func load(_ values: [String: Tensor], strict: Bool = true) throws -> (
        missing: [String], unexpected: [String]
    ) {
        let own = state
        let names = Set(own.map(\.name))
        let missing = own.map(\.name).filter { values[$0] == nil }
        let unexpected = values.keys.filter { !names.contains($0) }.sorted()
        if strict && !(missing.isEmpty && unexpected.isEmpty) {
            var parts: [String] = []
            if !missing.isEmpty { parts.append("it lacks \(listed(missing))") }
            if !unexpected.isEmpty { parts.append("it has \(listed(unexpected)), which the model does not know") }
            throw TorchError(
                missing.isEmpty ? .unexpectedKey : .missingKey,
                "the state does not fit \(type(of: self)): \(parts.joined(separator: "; ")). "
                    + "Check that the configuration is the one that the weights were trained with")
        }
        let wrong = own.compactMap { name, tensor -> String? in
            guard let value = values[name], value.shape != tensor.shape else { return nil }
            return "\(name) is \(value.shape), the model's is \(tensor.shape)"
        }
        if !wrong.isEmpty {
            throw TorchError(
                .shapeMismatch,
                "shapes do not fit \(type(of: self)): \(wrong.prefix(5).joined(separator: "; "))"
                    + (wrong.count > 5 ? " and \(wrong.count - 5) more" : "")
                    + ". Check that the configuration is the one that the weights were trained with")
        }
        withNoGrad {
            for (name, tensor) in own {
                if let value = values[name] { tensor.copyInPlace(value) }
            }
        }
        return (missing, unexpected)
    }
}

/// Some names in quotes, and how many more there are.
func listed(_ names: [String]) -> String {
    names.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
        + (names.count > 5 ? " and \(names.count - 5) more" : "")
}
