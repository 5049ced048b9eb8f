import ArgumentParser
import Fields
import Foundation
import Observing

/// What is to be wrong with the observations, to try methods and quality control on them.
struct DefectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Share of the stations at an instant that are missing: 20%.", valueName: "share"))
    var outage: Share?

    @Option(help: ArgumentHelp("No observations in this time, START/END, both included.", valueName: "period"))
    var outagePeriod: Period?

    @Option(
        help: ArgumentHelp(
            "Added to every value: NAME=VALUE in the variable's units, or with units, '0.5 K'. Repeatable.",
            valueName: "bias"))
    var bias: [String] = []

    @Option(
        help: ArgumentHelp(
            "Standard deviation of what is added to all values of a station: 0.3, '0.3 K', 5%; NAME=… for one variable. "
                + "Repeatable.", valueName: "deviation"))
    var stationBias: [String] = []

    @Option(
        help: ArgumentHelp(
            "Share of the values that are wrong by ten standard deviations of their error: 1%.", valueName: "share"))
    var grossErrors: Share?

    /// The defects in the units of observed variables.
    ///
    /// - Throws: `ValidationError` for a bias that is no number, `FieldsError.units`.
    func defects(of variables: [FieldVariable], calendar: CalendarKind) throws -> Defects {
        Defects(
            outage: outage?.value ?? 0, outagePeriod: outagePeriod?.instants(in: calendar),
            bias: try biases(of: variables), stationBias: try errorSpecifications(stationBias),
            grossErrors: grossErrors?.value ?? 0)
    }

    private func biases(of variables: [FieldVariable]) throws -> [String: Double] {
        var biases: [String: Double] = [:]
        for text in bias {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.count == 2 ? parts[0] : "*"
            guard let quantity = Quantity(argument: parts.last?.trimmingCharacters(in: .whitespaces) ?? "") else {
                throw ValidationError("--bias is '\(text)': give NAME=VALUE, such as t2m=0.5 or 't2m=0.5 K'")
            }
            for variable in variables where name == "*" || [variable.name, variable.standardName].contains(name) {
                biases[variable.name] = try quantity.difference(in: variable.units, option: "--bias \(text)")
            }
            // What is not observed is refused by name.
            if biases[name] == nil, name != "*" { biases[name] = 0 }
        }
        return biases
    }

    /// What is wrong, for the file's attributes, in the words of the options.
    var attributes: [String: String] {
        let options: [(String, String?)] = [
            ("defect_outage", outage.map { "\($0.value)" }),
            ("defect_outage_period", outagePeriod.map(\.description)),
            ("defect_bias", bias.isEmpty ? nil : bias.joined(separator: ", ")),
            ("defect_station_bias", stationBias.isEmpty ? nil : stationBias.joined(separator: ", ")),
            (
                "defect_gross_errors",
                grossErrors.map { "\($0.value) of the values, \(Defects.grossErrorDeviations) deviations" }
            ),
        ]
        return Dictionary(uniqueKeysWithValues: options.compactMap { name, text in text.map { (name, $0) } })
    }
}
