package io.github.iommu4j.armshort.reference;

import static io.github.iommu4j.armshort.reference.Bits.joined;
import static io.github.iommu4j.armshort.reference.Bits.number;
import static io.github.iommu4j.armshort.reference.Bits.string;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;

/** One address through tables with MediaTek's address bits. */
public final class ReferenceM4u {

    private final PhysicalMemory memory;
    private final Part part;

    /**
     * What the part has.
     *
     * @param inputBits address bits
     * @param outputBits physical address bits
     * @param tables whether tables may lie above 4 GiB
     * @param fourGigabytes whether memory is seen 4 GiB higher
     */
    public record Part(int inputBits, int outputBits, boolean tables, boolean fourGigabytes) {}

    public ReferenceM4u(PhysicalMemory memory, Part part) {
        this.memory = memory;
        this.part = part;
    }

    /** The physical address, -1 for a translation fault, -2 for a failed read. */
    public long translate(int ptBase, long iova) {
        int low = part.inputBits - 18;
        String high = part.tables ? string(ptBase, 2, 0) : "000";
        long base = joined(high, string(ptBase, 31, low), "0".repeat(low));
        try {
            int first = memory.load32(seen(base) + 4 * number(iova, part.inputBits - 1, 20));
            return switch (string(first, 1, 0)) {
                case "01" -> second(first, iova);
                case "10" -> {
                    int size = Bits.bit(first, 18) ? 24 : 20;
                    yield seen(address(first, size, true) + number(iova, size - 1, 0));
                }
                default -> -1;
            };
        } catch (BusErrorException e) {
            return -2;
        }
    }

    private long second(int table, long iova) {
        int raw = memory.load32(seen(address(table, 10, part.tables)) + 4 * number(iova, 19, 12));
        return switch (string(raw, 1, 0)) {
            case "00" -> -1;
            case "01" -> seen(address(raw, 16, true) + number(iova, 15, 0));
            default -> seen(address(raw, 12, true) + number(iova, 11, 0));
        };
    }

    private long address(int raw, int sizeLg2, boolean extended) {
        String bit34 = part.outputBits > 34 ? string(raw, 5, 5) : "0";
        String bit33 = part.outputBits > 33 ? string(raw, 4, 4) : "0";
        String bit32 = part.outputBits > 32 ? string(raw, 9, 9) : "0";
        String high = extended ? bit34 + bit33 + bit32 : "000";
        return joined(high, string(raw, 31, sizeLg2), "0".repeat(sizeLg2));
    }

    private long seen(long address) {
        return part.fourGigabytes && address >= 0x1_4000_0000L ? address - 0x1_0000_0000L : address;
    }
}
