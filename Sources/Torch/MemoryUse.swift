import CTorch
import Foundation

/// Bytes of tensors on the CPU; what libraries below the tensors take for themselves is not counted.
public struct MemoryUse: Sendable, Hashable {
    /// The most at once.
    public var peak: Int
    /// What was left at the end: results, and graphs that keep activations.
    public var kept: Int

    /// A use from its numbers.
    public init(peak: Int, kept: Int) { (self.peak, self.kept) = (peak, kept) }

    /// Counts what `body` takes on this thread and in the gradients that it asks for; what an operator's own threads take
    /// for themselves does not count. Nor do tensors that were there before, also where `body` frees them.
    public static func measured<Value, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> (result: Value, use: MemoryUse) {
        Engine.start
        ct_memory_meter_begin()
        let outcome = Result { () throws(Failure) in try body() }
        var (peak, kept) = (0, 0)
        ct_memory_meter_end(&peak, &kept)
        return (try outcome.get(), MemoryUse(peak: peak, kept: kept))
    }
}

extension Engine {
    /// Bytes that this process may take: of the machine, or of the control group that it runs in.
    public static var memoryLimit: Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
        return memoryLimitFiles(groups).compactMap { file in
            // "max" where there is none.
            (try? String(contentsOfFile: file, encoding: .utf8))
                .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }.filter { $0 > 0 }.reduce(machine, min)
    }

    /// The files that may hold a limit, for the text of `/proc/self/cgroup`: of the process' group and of those above it.
    static func memoryLimitFiles(_ groups: String) -> [String] {
        groups.split(separator: "\n").flatMap { line -> [String] in
            // "0::/a/b" in version 2, "4:memory:/a/b" in version 1.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let (root, name): (String, String)
            if parts[1].isEmpty {
                (root, name) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                return []
            }
            let steps = parts[2].split(separator: "/")
            return (0...steps.count).map { n in
                ([root] + steps.prefix(n).map(String.init) + [name]).joined(separator: "/")
            }
        }
    }

    /// Gives memory that was freed and kept in the heap back to the system.
    public static func releaseFreedMemory() { ct_release_freed_memory() }

    /// Bytes of memory that this process holds now, what it freed given back first.
    public static var residentMemory: Int {
        releaseFreedMemory()
        // Linux: pages, the second number.
        let numbers = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return numbers.flatMap { $0.count > 1 ? Int($0[1]) : nil }.map { $0 * sysconf(Int32(_SC_PAGESIZE)) } ?? 0
    }
}
