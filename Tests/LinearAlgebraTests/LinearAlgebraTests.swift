import Foundation
import Testing

@testable import LinearAlgebra

/// A deterministic matrix of full rank with elements in −1…1 (a congruential sequence).
func sequence(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Matrix {
    var state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
    return Matrix(rows: rows, columns: columns).mapped { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 11) / Double(1 << 52)
    }
}

/// The greatest absolute difference of two matrices of one shape.
func distance(_ a: Matrix, _ b: Matrix) -> Double {
    (a - b).elements.reduce(0) { max($0, abs($1)) }
}

/// The product by its definition.
func product(_ a: Matrix, _ b: Matrix) -> Matrix {
    var c = Matrix(rows: a.rows, columns: b.columns)
    for i in 0..<a.rows {
        for j in 0..<b.columns {
            for k in 0..<a.columns { c[i, j] += a[i, k] * b[k, j] }
        }
    }
    return c
}

@Suite struct Products {
    @Test(arguments: [(1, 1, 1), (3, 5, 2), (17, 33, 40)])
    func productsAgreeWithTheirDefinition(shape: (Int, Int, Int)) {
        let (m, k, n) = shape
        let (a, b) = (sequence(m, k), sequence(k, n, seed: 2))
        let expected = product(a, b)
        #expect(distance(a * b, expected) < 1e-13)
        #expect(distance(a.transposed.transposedTimes(b), expected) < 1e-13)
        #expect(distance(a.timesTransposed(b.transposed), expected) < 1e-13)
        #expect(distance(a.gram, product(a.transposed, a)) < 1e-13)
        #expect(distance(a.outerGram, product(a, a.transposed)) < 1e-13)
        let v = sequence(k, 1, seed: 3)
        #expect(distance(Matrix(column: a * v.elements), product(a, v)) < 1e-13)
        #expect(distance(Matrix(column: a.transposed.transposedTimes(v.elements)), product(a, v)) < 1e-13)
    }

    @Test func emptyProductsAreZero() {
        #expect((Matrix(rows: 2, columns: 0) * Matrix(rows: 0, columns: 3)) == Matrix(rows: 2, columns: 3))
        #expect((Matrix(rows: 2, columns: 0) * [Double]()) == [0, 0])
    }
}

@Suite struct Factorisations {
    @Test(arguments: [1, 2, 7, 60]) func choleskyRebuildsItsMatrixAndSolves(n: Int) throws {
        var a = sequence(n, n + 3).outerGram
        a.addToDiagonal([Double](repeating: 0.1, count: n))
        let factor = try Cholesky(of: a)
        #expect(distance(factor.lower.outerGram, a) < 1e-12)
        let b = sequence(n, 4, seed: 9)
        #expect(distance(product(a, factor.solve(b)), b) < 1e-9)
        #expect(distance(factor.halfSolve(b).gram, product(b.transposed, factor.solve(b))) < 1e-9)
        let eigen = try SymmetricEigen(of: a)
        #expect(abs(factor.logDeterminant - eigen.values.reduce(0) { $0 + log($1) }) < 1e-9)
    }

    /// In single precision, also where squares of the units are below what it holds.
    @Test("Quadratic forms are those of the solve", arguments: [1, 1e-25]) func quadraticForms(unit: Double) throws {
        let n = 60
        var a = sequence(n, n + 3).outerGram
        a.addToDiagonal([Double](repeating: 0.1, count: n))
        let b = sequence(n, 1_500, seed: 9)
        let expected = product(b.transposed, try Cholesky(of: a).solve(b)).diagonal
        let scaled = Matrix(rows: n, columns: n, elements: a.elements.map { $0 * unit * unit })
        let rows = Matrix(rows: n, columns: 1_500, elements: b.elements.map { $0 * unit * unit })
        let found = try Cholesky(of: scaled).quadraticForms(rows)
        for (x, y) in zip(found, expected) { #expect(abs(x / (unit * unit) - y) < 1e-4 * y) }
    }

    @Test func choleskyNamesThePivotThatIsNotPositive() {
        let a = Matrix([[4, 2, 0], [2, 1, 0], [0, 0, 1]])
        #expect(throws: LinearAlgebraError.notPositiveDefinite(pivot: 1, order: 3)) { try Cholesky(of: a) }
    }

    @Test func notANumberIsRefusedWithItsPlace() {
        var a = Matrix.identity(3)
        a[2, 1] = .nan
        #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try Cholesky(of: a) }
        #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try SymmetricEigen(of: a) }
        #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try SingularValues(of: a) }
    }

    @Test(arguments: [1, 5, 48]) func eigenvectorsDiagonalise(n: Int) throws {
        let a = sequence(n, n).gram
        let eigen = try SymmetricEigen(of: a)
        #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(distance(eigen.apply { $0 }, a) < 1e-12)
        #expect(distance(eigen.vectors.gram, .identity(n)) < 1e-12)
        let root = eigen.apply { max($0, 0).squareRoot() }
        #expect(distance(root * root, a) < 1e-11)
    }

    @Test func theSecondOrderOscillatorHasItsTextbookSpectrum() throws {
        // -u'' on n inner points with fixed ends: λ_k = 2 − 2 cos(kπ/(n+1)).
        let n = 12
        var a = Matrix(diagonal: [Double](repeating: 2, count: n))
        for i in 1..<n { a[i, i - 1] = -1; a[i - 1, i] = -1 }
        let values = try SymmetricEigen(of: a).values
        for (k, value) in values.enumerated() {
            #expect(abs(value - (2 - 2 * cos(Double(k + 1) * .pi / Double(n + 1)))) < 1e-13)
        }
    }

    @Test(arguments: [(5, 3), (3, 5), (40, 40), (2, 60)])
    func singularValuesRebuildTheMatrix(shape: (Int, Int)) throws {
        let a = sequence(shape.0, shape.1)
        let svd = try SingularValues(of: a)
        #expect(zip(svd.values, svd.values.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(distance(svd.left * Matrix(diagonal: svd.values) * svd.rightTransposed, a) < 1e-12)
        #expect(distance(svd.left.gram, .identity(svd.values.count)) < 1e-12)
        #expect(distance(svd.rightTransposed.outerGram, .identity(svd.values.count)) < 1e-12)
    }

    @Test func triangularAndGeneralSystemsAreSolved() throws {
        var a = sequence(9, 9)
        a.addToDiagonal([Double](repeating: 3, count: 9))
        let b = sequence(9, 2, seed: 4)
        #expect(distance(product(a, try a.solve(b)), b) < 1e-12)
        let lower = try Cholesky(of: a.gram).lower
        #expect(distance(product(lower, try lower.solveTriangular(.lower, b)), b) < 1e-12)
        #expect(distance(product(lower.transposed, try lower.solveTriangular(.lower, transposed: true, b)), b) < 1e-12)
        #expect(distance(product(lower.transposed, try lower.transposed.solveTriangular(.upper, b)), b) < 1e-12)
        #expect(throws: LinearAlgebraError.singular(pivot: 1, order: 2)) {
            try Matrix([[1, 2], [2, 4]]).solve(Matrix(column: [1, 1]))
        }
        #expect(throws: LinearAlgebraError.singular(pivot: 1, order: 2)) {
            try Matrix([[1, 0], [2, 0]]).solveTriangular(.lower, Matrix(column: [1, 1]))
        }
    }

    @Test func orthonormalColumnsSpanTheSameSpace() throws {
        let a = sequence(8, 5)
        let q = try a.orthonormalColumns()
        #expect(distance(q.gram, .identity(5)) < 1e-13)
        #expect(distance(product(q, q.transposedTimes(a)), a) < 1e-13)
        let r = q.transposedTimes(a)
        #expect(r.diagonal.allSatisfy { $0 > 0 })
    }

    /// A library older than the processor would take kernels of 2004, five times slower.
    @Test func kernelsAreThoseOfTheProcessor() throws {
        let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let isChosen = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] != nil
        guard flags.contains(" avx2 "), !isChosen, Engine.description.contains("DYNAMIC_ARCH") else { return }
        #expect(Engine.kernels != "Prescott")
        if ["f", "cd", "bw", "dq", "vl"].allSatisfy({ flags.contains(" avx512\($0) ") }), flags.contains("GenuineIntel")
        {
            #expect(Engine.kernels != "Haswell")
        }
    }

    @Test func productsRunInOpenBLAS() {
        #expect(Engine.description.contains("OpenBLAS"))
        #expect(Engine.threads >= 1)
    }
}
