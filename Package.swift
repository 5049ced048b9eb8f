// swift-tools-version: 6.1
import Foundation
import PackageDescription

// libtorch is the C++ half of the PyTorch wheel; scripts/bootstrap installs it and links it as `.libtorch`.
// SILLAGE_LIBTORCH names another copy (a folder that holds `include` and `lib`).
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
let libtorch: String = {
    let folder = ProcessInfo.processInfo.environment["SILLAGE_LIBTORCH"] ?? root + "/.libtorch"
    guard FileManager.default.fileExists(atPath: folder + "/include/ATen/ATen.h") else {
        fatalError("libtorch is missing at \(folder): run scripts/bootstrap, or set SILLAGE_LIBTORCH")
    }
    return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
}()

let torchHeaders: [CXXSetting] = [
    .unsafeFlags([
        "-std=c++20", "-O2", "-isystem", libtorch + "/include", "-isystem",
        libtorch + "/include/torch/csrc/api/include",
    ])
]
let torchLibraries: [LinkerSetting] = [
    .unsafeFlags(["-L" + libtorch + "/lib", "-Xlinker", "-rpath", "-Xlinker", libtorch + "/lib"]),
    .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
]

let targets: [Target] = [
    // Engines
    .target(name: "CTorch", cxxSettings: torchHeaders, linkerSettings: torchLibraries),
    .target(name: "Torch", dependencies: ["CTorch"]),
    .systemLibrary(name: "CNetCDF", pkgConfig: "netcdf", providers: [.apt(["libnetcdf-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CUDUnits", providers: [.apt(["libudunits2-dev"])]),
    .target(
        name: "CImages", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("exif")]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3", providers: [.apt(["libfftw3-dev"])]),
    // Linked by name, not through pkg-config or the module map, so that it comes after libtorch in a program that holds
    // both: libtorch's own products then run in its MKL (see LinearAlgebra/Engine.swift).
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .target(name: "COpenBLASKernels"),
    .target(
        name: "LinearAlgebra", dependencies: ["COpenBLAS", "COpenBLASKernels"],
        linkerSettings: [.linkedLibrary("lapacke"), .linkedLibrary("openblas")]),
    .target(name: "Spectral", dependencies: ["CFFTW"]),

    // Science
    .target(
        name: "Fields",
        dependencies: ["CNetCDF", "CHDF5", "CUDUnits", "CCrypto", .product(name: "SwiftCSV", package: "SwiftCSV")]),
    .target(name: "Dynamics", dependencies: ["Spectral"]),
    .target(name: "Observing", dependencies: ["Fields", "Spectral"]),
    .target(name: "Filters", dependencies: ["Dynamics", "LinearAlgebra", "Observing", "Spectral"]),
    .target(name: "Diffusion", dependencies: ["Torch"]),
    .target(name: "Networks", dependencies: ["Torch"]),
    .target(
        name: "Training", dependencies: ["Torch", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
        exclude: ["TensorBoard/events.proto"]),
    .target(
        name: "Models", dependencies: ["Diffusion", "Training", .product(name: "Yams", package: "Yams")]),
    .target(name: "Verification", dependencies: ["Fields", "Spectral", "Dynamics"]),
    .target(name: "Figures", dependencies: [.product(name: "Subprocess", package: "swift-subprocess")]),
    .target(
        name: "Assimilation",
        dependencies: [
            "Diffusion", "Models", "Networks", "Training", "Observing", .product(name: "Yams", package: "Yams"),
        ]),
    .target(
        name: "Imagery",
        dependencies: [
            "CImages", "Diffusion", "Models", "Networks", "Training", .product(name: "SwiftCSV", package: "SwiftCSV"),
        ]),

    // Front
    .executableTarget(
        name: "sillage",
        dependencies: [
            "Assimilation", "Diffusion", "Dynamics", "Fields", "Figures", "Filters", "Imagery", "LinearAlgebra",
            "Models", "Networks", "Observing", "Torch", "Training", "Verification",
            .product(name: "Yams", package: "Yams"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),

    // Experiments
    .target(
        name: "Experiments",
        dependencies: [
            "Dynamics", "Fields", "Filters", "LinearAlgebra",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "notebooks-as-scripts/Shared/Experiments"),
    .target(
        name: "Flows",
        dependencies: [
            "Assimilation", "Dynamics", "Experiments", "Fields", "Models", "Observing", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/Shared/Flows"),
    .target(
        name: "Lorenz63Prior", dependencies: ["Diffusion", "Dynamics", "Networks", "Torch"],
        path: "notebooks-as-scripts/Shared/Lorenz63Prior"),

    .executableTarget(
        name: "era5-uk",
        dependencies: [
            "Assimilation", "Diffusion", "Experiments", "Fields", "Figures", "Filters", "Models", "Observing", "Torch",
            "Training", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/era5-uk",
        resources: [.copy("autoencoder.yaml"), .copy("denoiser.yaml")]),

    .executableTarget(
        name: "exact-posteriors",
        dependencies: [
            "Assimilation", "Diffusion", "Dynamics", "Experiments", "Fields", "Figures", "Lorenz63Prior", "Observing",
            "Torch", "Training", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/exact-posteriors"),

    .executableTarget(
        name: "lorenz63-sda",
        dependencies: [
            "Diffusion", "Dynamics", "Experiments", "Figures", "Filters", "Lorenz63Prior", "Torch", "Training",
            "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/lorenz63-sda"),

    .executableTarget(
        name: "twin-experiments",
        dependencies: [
            "Dynamics", "Experiments", "Figures", "Filters", "LinearAlgebra", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/twin-experiments"),

    .executableTarget(
        name: "worlds",
        dependencies: [
            "Dynamics", "Experiments", "Figures", "Spectral",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/worlds"),

    .executableTarget(
        name: "qg-forecast",
        dependencies: [
            "Assimilation", "Dynamics", "Experiments", "Fields", "Figures", "Flows", "Models", "Observing", "Torch",
            "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/qg-forecast"),

    .executableTarget(
        name: "qg-reanalysis",
        dependencies: [
            "Assimilation", "Dynamics", "Experiments", "Fields", "Figures", "Filters", "Flows", "LinearAlgebra",
            "Observing", "Torch", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/qg-reanalysis"),

    .executableTarget(
        name: "long-trajectories",
        dependencies: [
            "Assimilation", "Diffusion", "Dynamics", "Experiments", "Fields", "Figures", "Flows", "Observing", "Torch",
            "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/long-trajectories"),
    .executableTarget(
        name: "qg-filtering",
        dependencies: [
            "Assimilation", "Dynamics", "Experiments", "Fields", "Figures", "Flows", "Models", "Observing", "Torch",
            "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/qg-filtering"),
    .executableTarget(
        name: "kolmogorov-sda",
        dependencies: [
            "Assimilation", "Diffusion", "Dynamics", "Experiments", "Fields", "Figures", "Models", "Networks",
            "Observing",
            "Spectral", "Torch", "Training", "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/kolmogorov-sda",
        resources: [.copy("autoencoder.yaml"), .copy("denoiser.yaml")]),
    .executableTarget(
        name: "latent-or-pixel",
        dependencies: [
            "Assimilation", "Experiments", "Fields", "Figures", "Flows", "Models", "Networks", "Observing", "Torch",
            "Training",
            "Verification",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], path: "notebooks-as-scripts/latent-or-pixel",
        resources: [.copy("autoencoder.yaml"), .copy("denoiser.yaml")]),

    // Tests
    .testTarget(name: "TorchTests", dependencies: ["Torch"], resources: [.copy("Fixtures")]),
    .testTarget(name: "FieldsTests", dependencies: ["Fields"], resources: [.copy("Fixtures")]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"]),
    .testTarget(name: "SpectralTests", dependencies: ["Spectral"]),
    .testTarget(name: "DynamicsTests", dependencies: ["Dynamics", "Spectral"], exclude: ["Fixtures"]),
    .testTarget(name: "ObservingTests", dependencies: ["Observing", "Spectral"]),
    .testTarget(name: "FiltersTests", dependencies: ["Dynamics", "Filters", "LinearAlgebra"]),
    .testTarget(name: "DiffusionTests", dependencies: ["Diffusion"], exclude: ["Fixtures"]),
    .testTarget(name: "ImageryTests", dependencies: ["Imagery", "Torch"], exclude: ["Fixtures"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks"], exclude: ["Fixtures"]),
    .executableTarget(name: "TrainingProbe", dependencies: ["Training"], path: "Tests/TrainingProbe"),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TrainingProbe"], exclude: ["Fixtures"]),
    .testTarget(
        name: "VerificationTests", dependencies: ["Verification", "Spectral", "Dynamics", "Fields"],
        exclude: ["Fixtures"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models"]),
    .testTarget(name: "AssimilationTests", dependencies: ["Assimilation", "Filters"]),
    .testTarget(
        name: "CommandTests",
        dependencies: [
            "sillage", "era5-uk", "exact-posteriors", "kolmogorov-sda", "latent-or-pixel", "long-trajectories",
            "lorenz63-sda", "qg-filtering", "qg-forecast", "qg-reanalysis", "twin-experiments", "worlds",
            "Assimilation", "Fields", "Imagery",
        ],
        exclude: ["Fixtures"]),
]

let package = Package(
    name: "sillage",
    products: [.executable(name: "sillage", targets: ["sillage"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: targets
)
