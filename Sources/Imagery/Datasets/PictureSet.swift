import Foundation
import SwiftCSV

/// Photographs on disk with their classes and masks, as people keep them:
///
/// - `ROOT/CLASS/*.jpg`: a folder for each class;
/// - `ROOT/images/*.jpg` with `ROOT/masks/*.png` of the same names;
/// - both: `ROOT/images/CLASS/*.jpg` with `ROOT/masks/CLASS/*.png`;
/// - `ROOT/*.jpg`, without classes, whatever folders stand beside them.
public struct PictureSet: Sendable {
    /// A photograph.
    public struct Entry: Sendable, Hashable {
        /// Its file.
        public var picture: URL
        /// Which of ``PictureSet/classes``; nil without classes.
        public var kind: Int?
        /// The file of its mask, white where something is marked.
        public var mask: URL?

        /// A photograph with what is known of it.
        public init(picture: URL, kind: Int? = nil, mask: URL? = nil) {
            (self.picture, self.kind, self.mask) = (picture, kind, mask)
        }
    }

    /// Names of classes, in order.
    public private(set) var classes: [String]
    /// The photographs, class by class, by name within each.
    public private(set) var entries: [Entry]

    /// A set from its parts.
    public init(classes: [String], entries: [Entry]) { (self.classes, self.entries) = (classes, entries) }

    /// Looks through a folder.
    ///
    /// - Throws: ``ImageError`` where there is no photograph.
    public init(contentsOf root: URL) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.path, isDirectory: &isFolder), isFolder.boolValue else {
            throw ImageError(.missing, "\(root.path): no such folder")
        }
        let images = root.appendingPathComponent("images", isDirectory: true)
        let masks = root.appendingPathComponent("masks", isDirectory: true)
        let hasImages = FileManager.default.fileExists(atPath: images.path)
        let place = hasImages ? images : root
        let own = try PictureFiles.pictures(in: place)
        let folders =
            own.isEmpty ? try PictureFiles.folders(in: place).filter { try !PictureFiles.pictures(in: $0).isEmpty } : []
        func mask(_ picture: URL, _ kind: String?) -> URL? {
            guard hasImages else { return nil }
            let folder = kind.map { masks.appendingPathComponent($0) } ?? masks
            let name = picture.deletingPathExtension().lastPathComponent
            return ["png", "jpg", "jpeg"].map { folder.appendingPathComponent("\(name).\($0)") }
                .first { FileManager.default.fileExists(atPath: $0.path) }
        }
        if folders.isEmpty {
            classes = []
            entries = own.map { Entry(picture: $0, mask: mask($0, nil)) }
        } else {
            classes = folders.map(\.lastPathComponent)
            entries = try folders.enumerated().flatMap { kind, folder in
                try PictureFiles.pictures(in: folder).map {
                    Entry(picture: $0, kind: kind, mask: mask($0, folder.lastPathComponent))
                }
            }
        }
        guard !entries.isEmpty else {
            throw ImageError(
                .missing,
                "\(root.path) holds no photographs: it needs .png or .jpg files, in a folder for each class or without "
                    + "(ROOT/CLASS/*.jpg, ROOT/images/*.jpg with ROOT/masks/*.png, or ROOT/*.jpg)")
        }
    }

    /// The set with masks of a table: two columns, `picture` and `mask`, paths relative to the table.
    ///
    /// - Throws: ``ImageError`` for a table that cannot be read, or files that are missing or of no photograph of the set.
    public func masked(by table: URL) throws -> PictureSet {
        let rows: [[String: String]]
        do {
            let csv = try CSV<Named>(string: String(contentsOf: table, encoding: .utf8), loadColumns: false)
            guard csv.header.contains("picture"), csv.header.contains("mask") else {
                throw ImageError(.unfit, "\(table.path): its first line must name the columns picture and mask")
            }
            rows = csv.rows
        } catch let error as ImageError {
            throw error
        } catch {
            throw ImageError(.unreadable, "\(table.path) cannot be read as a CSV table: \(error.localizedDescription)")
        }
        let folder = table.deletingLastPathComponent()
        var result = self
        let places = Dictionary(
            entries.enumerated().map { ($1.picture.standardizedFileURL.path, $0) },
            uniquingKeysWith: { first, _ in first })
        for (number, row) in rows.enumerated() {
            for column in ["picture", "mask"] where row[column, default: ""].isEmpty {
                throw ImageError(.unfit, "\(table.path), row \(number + 1): the column \(column) is empty")
            }
            let files = ["picture", "mask"].map {
                URL(fileURLWithPath: row[$0] ?? "", relativeTo: folder).standardizedFileURL
            }
            guard FileManager.default.fileExists(atPath: files[1].path) else {
                throw ImageError(.missing, "\(table.path), row \(number + 1): there is no mask \(files[1].path)")
            }
            guard let place = places[files[0].path] else {
                throw ImageError(
                    .unfit, "\(table.path), row \(number + 1): \(files[0].path) is no photograph of the set")
            }
            result.entries[place].mask = files[1]
        }
        return result
    }

    /// Every `count`-th photograph of each class, from the first on, and the others.
    ///
    /// - Precondition: 2 or more.
    public func split(every count: Int) -> (held: PictureSet, others: PictureSet) {
        precondition(count >= 2, "one of \(count) held out")
        var seen: [Int?: Int] = [:]
        var (held, others): ([Entry], [Entry]) = ([], [])
        for entry in entries {
            let place = seen[entry.kind, default: 0]
            seen[entry.kind] = place + 1
            if place.isMultiple(of: count) { held.append(entry) } else { others.append(entry) }
        }
        return (PictureSet(classes: classes, entries: held), PictureSet(classes: classes, entries: others))
    }
}
