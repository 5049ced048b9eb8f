import COpenBLAS

/// The BLAS that serves this process.
///
/// libtorch's `libtorch_cpu.so` carries MKL and exports some Fortran symbols with the same names and the same 32-bit
/// integers (`dgemm_`, `dpotrf_`, `dsyevd_`, `dgesdd_` …). It exports none of the C interface used here (`cblas_dgemm`,
/// `cblas_dsyrk`, `cblas_dgemv`, `cblas_dtrsm`), so products and substitutions always run in OpenBLAS. LAPACKE calls
/// Fortran names, which the dynamic linker binds to whichever library was named first; both give the same results to
/// rounding, and the tests hold for either.
public enum Engine {
    /// OpenBLAS's version and build options.
    public static var description: String { String(cString: openblas_get_config()) }

    /// Threads that OpenBLAS uses for one call.
    public static var threads: Int { Int(openblas_get_num_threads()) }

    /// Sets the threads that OpenBLAS uses for one call, for the whole process.
    public static func use(threads: Int) { openblas_set_num_threads(CInt(max(threads, 1))) }
}
