import CHDF5
import Foundation

/// The one serial executor around netCDF-C, HDF5 and UDUNITS-2.
///
/// netCDF-C keeps global state and is not thread-safe, and it shares HDF5 with our direct calls, so every call to
/// any of the three goes through `serial`. The lock is recursive: a file operation may use a smaller one.
public enum FileLibrary {
    private static let lock = NSRecursiveLock()

    /// Runs `body` while no other thread is inside the file libraries.
    public static func serial<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        // Thread-safe HDF5 keeps its error printer for each thread; netCDF-C quiets only the one that loads it.
        sillage_h5_silence()
        return try body()
    }
}
