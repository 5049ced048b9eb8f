import Foundation
import Testing

@testable import Figures

@Suite struct GnuplotTests {
    private let figure = RankHistogramFigure(counts: [1, 2, 3])

    @Test func aMissingGnuplotIsNamedWithTheWayToInstallIt() async throws {
        for program in ["gnuplot-that-is-nowhere", "/nowhere/gnuplot"] {
            let error = try #require(
                await figuresError { _ = try await figure.render(with: Gnuplot(executable: program)) })
            #expect(error.kind == .missingGnuplot)
            #expect(error.message.contains(program))
            #expect(error.message.contains("apt-get install gnuplot-nox"))
        }
    }

    @Test func whatGnuplotComplainsOfIsInTheError() async throws {
        var script = Script()
        script.add("plot no_such_function(x)")
        let error = try #require(await figuresError { _ = try await Gnuplot().draw(script) })
        #expect(error.kind == .drawingFailed)
        #expect(error.message.contains("no_such_function"))
    }

    @Test func aScriptThatDrawsNothingIsAnError() async throws {
        let error = try #require(await figuresError { _ = try await Gnuplot().draw(Script()) })
        #expect(error.kind == .drawingFailed)
    }

    @Test func drawingThatTakesTooLongIsEnded() async throws {
        var script = Script()
        script.add("do for [i = 1:2000000000] { x = i }")
        let gnuplot = Gnuplot(timeout: .milliseconds(200))
        let error = try #require(await figuresError { _ = try await gnuplot.draw(script) })
        // Without the time-out the loop would run for many minutes and end in another error.
        #expect(error.kind == .timedOut)
    }
}
