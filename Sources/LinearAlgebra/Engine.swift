import COpenBLAS
import COpenBLASKernels

/// The BLAS that serves this process.
///
/// libtorch's `libtorch_cpu.so` carries MKL and exports Fortran symbols of the same names and the same 32-bit integers
/// (`sgemm_`, `dgemm_`, `dpotrf_`, `dsyevd_`, `dgesdd_` …). It exports none of the C functions used here (`cblas_dgemm`,
/// `cblas_dsyrk`, `cblas_dgemv`, `cblas_dtrsm`), so products and substitutions always run in OpenBLAS. LAPACKE calls
/// Fortran names, which the dynamic linker binds to the library that the executable names first, for everybody. The
/// manifest puts libtorch first in a program that holds both: factorisations then run in its MKL, and libtorch's own
/// `sgemm_` does not run in OpenBLAS, whose waiting threads would compete with OpenMP's. A program without libtorch
/// has OpenBLAS alone. Results agree to rounding either way (checked for both orders).
public enum Engine {
    /// OpenBLAS's version and build options.
    public static var description: String { String(cString: openblas_get_config()) }

    /// Kernels that OpenBLAS runs with, by processor: `SkylakeX` is AVX-512, `Haswell` AVX2, `Prescott` SSE3. A processor
    /// that the library does not know gets those of its instructions (see COpenBLASKernels).
    public static var kernels: String { String(cString: openblas_kernels()) }

    /// Threads that OpenBLAS uses for one call; MKL, where it serves factorisations, takes those of the tensor library.
    public static var threads: Int { Int(openblas_get_num_threads()) }

    /// Sets the threads that OpenBLAS uses for one call, for the whole process.
    public static func use(threads: Int) { openblas_set_num_threads(CInt(max(threads, 1))) }
}
