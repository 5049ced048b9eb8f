import Testing
import Torch

@Suite struct EngineTests {
    @Test func thereIsAThreadForEachPhysicalCore() {
        #expect(Engine.physicalCores >= 1 && Engine.threads >= 1)
        #expect(Engine.version.split(separator: ".").count == 3)
    }

    @Test func devicesAreReadFromText() throws {
        #expect(try Device("cpu") == .cpu && "\(Device.cuda(1))" == "cuda:1")
        for text in ["gpu", "cuda:x", "cuda:1:2", "cuda:-1", "", "cuda:99"] {
            #expect { try Device(text) } throws: { ($0 as? TorchError)?.kind == .device }
        }
        if Device.cudaCount == 0 {
            #expect(Device.best == .cpu)
            #expect { try Device("cuda") } throws: { "\($0)".contains("no CUDA device was found") }
        } else {
            #expect(try Device("cuda") == .cuda(0))
        }
    }

    @Test func aGPUAgreesWithTheCPU() throws {
        guard Device.cudaCount > 0 else { return }
        let x = Random.normal([8, 16], seed: 1, member: 0)
        let layer = Generator(seed: 1).use { Linear(16, 4) }
        let expected = layer(x)
        layer.to(.cuda(0))
        let result = layer(x.to(.cuda(0)))
        #expect(result.device == .cuda(0) && layer.weight.requiresGrad)
        expectClose(result.to(.cpu), expected, 1e-4)
    }

    @Test func precisionIsFloat32WithoutHardwareForBFloat16() {
        #expect(Precision.float32.dtype(on: .cuda(0)) == .float32 && Precision.bfloat16.dtype(on: .cpu) == .bfloat16)
        #expect(Precision.auto.dtype(on: .cuda(0)) == .bfloat16)
        #expect(Precision.auto.dtype(on: .cpu) == (Precision.cpuHasBFloat16 ? .bfloat16 : .float32))
    }
}
