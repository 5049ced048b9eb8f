import Foundation
import Testing
import Torch

@Suite struct SafetensorsTests {
    private let tensors: [String: Tensor] = [
        "a.weight": Random.normal([3, 4], seed: 1, member: 0), "flags": Tensor([true, false, true]),
        "half": Tensor([1.5, -2]).to(.bfloat16), "none": .zeros([0, 2]), "double": Tensor([0.1], dtype: .float64),
        "places": Tensor([1, -2, 3]), "scalar": Tensor(7.0), "view": Random.normal([4, 5], seed: 2, member: 0).T,
        "complex": Tensor(real: Tensor([1.0]), imaginary: Tensor([2.0])).conjugate(), "Ünicode \"x\"/y": Tensor(1),
    ]

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("x.safetensors")
        try Safetensors.write(tensors, to: url, metadata: ["über": "a \"b\"", "n": "1"])
        let back = try Safetensors.read(url)
        #expect(Set(back.keys) == Set(tensors.keys))
        for (name, tensor) in tensors { #expect(back[name]!.isEqual(to: tensor) && back[name]!.dtype == tensor.dtype) }
        #expect(try Safetensors.metadata(url) == ["über": "a \"b\"", "n": "1"])
        #expect(try Safetensors.read(url, names: ["half"]).count == 1)
        #expect(try Safetensors.contents(url).first { $0.name == "view" }?.shape == [5, 4])
        // Nothing else is left in the folder, and an existing file is replaced.
        try Safetensors.write([:], to: url)
        #expect(try Safetensors.read(url).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["x.safetensors"])
    }

    @Test func filesOfThePythonPackageAreRead() throws {
        #expect(try Safetensors.metadata(Fixture.url("model.safetensors")) == ["format": "pt", "class": "Model"])
        #expect(try Fixture.load("model")["label"]!.ints() == [0, 2, 1])
    }

    /// `python write_fixtures.py --check` reads our file with the Python package; skipped where there is none.
    @Test(.enabled(if: pythonWithSafetensors != nil, "set SILLAGE_PYTHON to a Python with torch and safetensors"))
    func thePythonPackageReadsOurFiles() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("ours.safetensors")
        try Safetensors.write(tensors, to: url, metadata: ["n": "1"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: pythonWithSafetensors!)
        process.arguments = [Fixture.url("write_fixtures.py").path, "--check", url.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text.contains("{'n': '1'}") && text.contains("places torch.int64 (3,) [1, -2, 3]"))
        #expect(text.contains("half torch.bfloat16 (2,) [1.5, -2.0]") && text.contains("complex torch.complex64"))
    }

    /// A file of `header` (its length too) and `data`, and what reading it says.
    private func message(_ bytes: [UInt8]) throws -> String {
        let folder = try TemporaryFolder()
        let url = folder.file("bad.safetensors")
        try Data(bytes).write(to: url)
        do {
            _ = try Safetensors.read(url)
            return "no error"
        } catch let error as TorchError {
            #expect(error.message.contains(url.path))
            return error.message
        }
    }

    private func file(_ header: String, data: Int) -> [UInt8] {
        let json = [UInt8](header.utf8)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
            + [UInt8](repeating: 0, count: data)
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "no error"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, "lies at bytes 0..<8 of 7"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "1 bytes after the last tensor"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "needs 12 bytes"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "lies at bytes 8..<0"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "lacks a dtype, shape"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "larger than any memory"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "starts at byte 4 of the data, not at 0"),
        (#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}"#, 4, "type F4"),
        (#"{"a":7}"#, 0, "\"a\" is no object"), (#"[1]"#, 0, "not a JSON object"), (#"{"a""#, 0, "is not JSON"),
        (#"{"__metadata__":{"n":1}}"#, 0, "does not map strings to strings"),
    ])
    func aDamagedHeaderSaysWhere(_ header: String, _ data: Int, _ expected: String) throws {
        #expect(try message(file(header, data: data)).contains(expected))
    }

    @Test func aFileOfAnotherKindSaysSo() throws {
        #expect(try message([1, 2, 3]).contains("has 3 bytes"))
        #expect(try message([UInt8](repeating: 0xff, count: 100)).contains("a header of 18446744073709551615 bytes"))
        let missing = URL(fileURLWithPath: "/nowhere/x.safetensors")
        #expect { try Safetensors.read(missing) } throws: { ($0 as? TorchError)?.kind == .missingFile }
        #expect { try Safetensors.write([:], to: missing) } throws: { ($0 as? TorchError)?.kind == .output }
        #expect { try Safetensors.read(Fixture.url("jvp.safetensors"), names: ["q"]) } throws: {
            ($0 as? TorchError)?.kind == .missingKey
        }
        let wide = ["z": Tensor.zeros([1], dtype: .complex128)]
        #expect { try Safetensors.write(wide, to: missing) } throws: { ($0 as? TorchError)?.kind == .unsupported }
    }
}

/// A Python that has torch and safetensors, named by the environment.
private let pythonWithSafetensors = ProcessInfo.processInfo.environment["SILLAGE_PYTHON"]
