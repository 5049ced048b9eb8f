/// Shifts of templates: functionals of a window, by their state in ascending order.
public struct TemplateShifts: Sendable {
    /// Which template.
    public var kinds: [Int]
    /// Which state of the window, ascending.
    public var states: [Int]
    /// Which cell: y · columns + x.
    public var cells: [Int]

    /// Shifts from their numbers.
    ///
    /// - Precondition: of one length, `states` ascending.
    public init(kinds: [Int], states: [Int], cells: [Int]) {
        precondition(kinds.count == states.count && cells.count == states.count, "shifts of three lengths")
        precondition(zip(states, states.dropFirst()).allSatisfy(<=), "states of shifts ascend")
        (self.kinds, self.states, self.cells) = (kinds, states, cells)
    }

    /// How many.
    public var count: Int { kinds.count }
}
