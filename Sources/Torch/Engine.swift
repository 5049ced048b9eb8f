import CTorch
import Foundation

/// The library behind the tensors: threads, determinism, versions.
public enum Engine {
    /// Sets allocator and threads before the first operator runs.
    static let start: Void = {
        ct_keep_freed_memory()
        ct_set_threads(Int32(physicalCores))
    }()

    /// Threads used inside an operator: one a physical core unless set.
    public static var threads: Int {
        get {
            start
            return Int(ct_threads())
        }
        set {
            precondition(newValue > 0, "the number of threads must be positive, not \(newValue)")
            start
            ct_set_threads(Int32(newValue))
        }
    }

    /// Whether operators must give the same bits for the same input; those that cannot then trap.
    public static func setDeterministic(_ deterministic: Bool) {
        check(ct_set_deterministic(deterministic), "setDeterministic")
    }

    /// The version of libtorch, such as "2.13.0".
    public static var version: String { String(cString: ct_version()) }

    /// Physical cores of this machine that the process may use: sibling hyper-threads count once.
    public static let physicalCores: Int = {
        let available = ProcessInfo.processInfo.activeProcessorCount
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return available }
        var cores = Set<String>()
        var socket = ""
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2 else { continue }
            if parts[0] == "physical id" { socket = parts[1] }
            if parts[0] == "core id" { cores.insert(socket + "/" + parts[1]) }
        }
        return cores.isEmpty ? available : min(cores.count, available)
    }()

    /// Flags of the CPU, as Linux names them.
    static let cpuFlags: Set<String> = {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") || $0.hasPrefix("Features") })
        else { return [] }
        return Set(line.split(separator: ":").last?.split(separator: " ").map(String.init) ?? [])
    }()
}

extension Device {
    /// The number of CUDA devices; 0 with a CPU-only libtorch.
    public static var cudaCount: Int {
        Engine.start
        return Int(ct_cuda_device_count())
    }

    /// Waits until the device has done what it was asked to.
    public func synchronize() {
        if case .cuda(let index) = self { check(ct_cuda_synchronize(Int32(index)), "synchronize") }
    }
}

/// The arithmetic of network bodies. Guidance, likelihoods, schedules and statistics stay in float32 whatever it says.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
    case auto, float32, bfloat16

    /// The element type to run a network body in on `device`.
    ///
    /// `auto` takes bfloat16 where the hardware multiplies it: CUDA devices, CPUs with AVX512-BF16 or AMX. Elsewhere
    /// it is emulated, about a hundred times slower, and float32 is taken.
    public func dtype(on device: Device) -> DType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .auto: device == .cpu && !Precision.cpuHasBFloat16 ? .float32 : .bfloat16
        }
    }

    /// Whether this CPU multiplies bfloat16 in hardware.
    public static var cpuHasBFloat16: Bool { !Engine.cpuFlags.isDisjoint(with: ["avx512_bf16", "amx_bf16"]) }
}
