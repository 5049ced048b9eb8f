/// The Castagnoli checksum that guards every record of an event file.
///
/// Reflected polynomial 0x82F63B78, initial value and final exclusive or 0xFFFFFFFF; the nine bytes `123456789` give
/// 0xE3069283.
///
/// - Source: RFC 3720, appendix B.4; Castagnoli et al. 1993, IEEE Trans. Communications 41(6).
struct CRC32C {
    private var register: UInt32 = 0xFFFF_FFFF

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { c, _ in c & 1 == 1 ? c >> 1 ^ 0x82F6_3B78 : c >> 1 }
    }

    /// The checksum of `bytes`.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var crc = CRC32C()
        crc.update(bytes)
        return crc.value
    }

    /// The checksum as record files store it, rotated and offset so that the checksum of data which itself holds
    /// checksums stays informative.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let crc = checksum(bytes)
        return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    }

    mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { register = register >> 8 ^ Self.table[Int((register ^ UInt32(byte)) & 0xFF)] }
    }

    var value: UInt32 { register ^ 0xFFFF_FFFF }
}
