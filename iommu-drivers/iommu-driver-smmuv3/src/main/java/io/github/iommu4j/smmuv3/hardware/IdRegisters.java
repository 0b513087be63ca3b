package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/** What the constant registers hold (IHI 0070 §6.3.1-6.3.8 and the CoreSight identification registers). */
final class IdRegisters {

    private static final int JEDEC = 1 << 3;

    private IdRegisters() {}

    /** The value after reset; 0 for registers that software writes. */
    static long value(SmmuRegister register, Smmuv3Capabilities capabilities) {
        int value = switch (register) {
            case IDR0 -> capabilities.idr0();
            case IDR1 -> capabilities.idr1();
            case IDR3 -> capabilities.idr3();
            case IDR5 -> capabilities.idr5();
            case IIDR -> capabilities.iidr();
            case AIDR -> capabilities.aidr();
            case CIDR0 -> 0x0D;
            case CIDR1 -> 0xF0;
            case CIDR2 -> 0x05;
            case CIDR3 -> 0xB1;
            default -> peripheral(register, capabilities.iidr());
        };
        return Integer.toUnsignedLong(value);
    }

    /** Implementer, product and revision of IIDR in the shape of PIDR0 to PIDR4. */
    private static int peripheral(SmmuRegister register, int iidr) {
        int product = iidr >>> 20;
        int designer = iidr & 0x7F;
        return switch (register) {
            case PIDR0 -> product & 0xFF;
            case PIDR1 -> product >>> 8 | (designer & 0xF) << 4;
            case PIDR2 -> designer >>> 4 | JEDEC | (iidr >>> 16 & 0xF) << 4;
            case PIDR3 -> (iidr >>> 12 & 0xF) << 4;
            case PIDR4 -> iidr >>> 8 & 0xF;
            default -> 0;
        };
    }
}
