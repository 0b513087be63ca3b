package io.github.iommu4j.armshort.reference;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.Shareability;

/**
 * What becomes of an access.
 *
 * @param fault the cause: level and kind as in "L2 permission"; empty when there is none
 * @param domain the domain of the descriptor; -1 where none is known
 * @param pa the physical address
 * @param sizeLg2 of the region
 * @param rights such as "rw-" for the access's privilege
 * @param type "SO", "Device", or "Normal outer inner" with NC, WBWA, WT, WB
 * @param shareability "non", "inner" or "outer"
 */
public record Verdict(String fault, int domain, long pa, int sizeLg2, String rights, String type, String shareability) {

    static Verdict fault(String fault, int domain) {
        return new Verdict(fault, domain, 0, 0, "", "", "");
    }

    /** Whether the access goes through. */
    public boolean isOk() {
        return fault.isEmpty();
    }

    /** The rights as bits: 1 read, 2 write, 4 execute. */
    public int permissions() {
        return (rights.indexOf('r') >= 0 ? 1 : 0)
                | (rights.indexOf('w') >= 0 ? 2 : 0)
                | (rights.indexOf('x') >= 0 ? 4 : 0);
    }

    /** The type in the library's words. */
    public MemoryAttributes attributes() {
        if (!type.startsWith("Normal")) {
            return new MemoryAttributes(type.equals("SO") ? 0 : 4, Shareability.OUTER);
        }
        String[] words = type.split(" ", 3);
        int bits = nibble(words[1]) * 16 + nibble(words[2]);
        Shareability shared = switch (shareability) {
            case "non" -> Shareability.NON_SHAREABLE;
            case "inner" -> Shareability.INNER;
            default -> Shareability.OUTER;
        };
        return new MemoryAttributes(bits, bits == 0x44 ? Shareability.OUTER : shared);
    }

    private static int nibble(String policy) {
        return switch (policy) {
            case "NC" -> 4;
            case "WBWA" -> 15;
            case "WT" -> 10;
            case "WB" -> 14;
            default -> throw new AssertionError(policy);
        };
    }

    /** DFSR, or IFSR for a fetch, as the table of fault codes gives it. */
    public int faultStatus(Access access) {
        int code = switch (fault) {
            case "L1 translation" -> 0x5;
            case "L2 translation" -> 0x7;
            case "L1 access flag" -> 0x3;
            case "L2 access flag" -> 0x6;
            case "L1 domain" -> 0x9;
            case "L2 domain" -> 0xB;
            case "L1 permission" -> 0xD;
            case "L2 permission" -> 0xF;
            case "L1 abort" -> 0xC;
            case "L2 abort" -> 0xE;
            default -> throw new AssertionError(fault);
        };
        if (access == Access.EXECUTE) {
            return code;
        }
        int write = access == Access.READ ? 0 : 1 << 11;
        return code | write | (domain < 0 ? 0 : domain << 4);
    }
}
