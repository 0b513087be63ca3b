package io.github.iommu4j.lab.replay.vtd;

import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which fault codes the names stand for that the independent walker of the captures gives. */
public final class WalkerNames {

    private static final Map<String, Set<Integer>> CODES = Map.ofEntries(
            Map.entry("ROOT_NOT_PRESENT", Set.of(0x01, 0x39)),
            Map.entry("CTX_NOT_PRESENT", Set.of(0x02, 0x41)),
            Map.entry("CTX_INVALID", Set.of(0x03, 0x43)),
            Map.entry("CTX_RESERVED_BITS", Set.of(0x0B, 0x42)),
            Map.entry("ADDR_BEYOND_MGAW", Set.of(0x04, 0x84)),
            Map.entry("WRITE_PERM", Set.of(0x05, 0x85)),
            Map.entry("READ_PERM", Set.of(0x06, 0x86)),
            Map.entry("SS_NOT_PRESENT", Set.of(0x05, 0x06, 0x79)),
            Map.entry("SS_RESERVED", Set.of(0x0C, 0x7A)),
            Map.entry("EABT", Set.of(0x03, 0x07, 0x70, 0x73, 0x78, 0x7B)),
            Map.entry("PASID_DIR_NOT_PRESENT", Set.of(0x51)),
            Map.entry("PASID_NOT_PRESENT", Set.of(0x59)),
            Map.entry("PASID_BAD_PGTT", Set.of(0x5B)),
            Map.entry("PASID_INVALID", Set.of(0x5B)),
            Map.entry("FS_NOT_PRESENT", Set.of(0x71)),
            Map.entry("FS_RESERVED", Set.of(0x72)),
            Map.entry("FS_NON_CANONICAL", Set.of(0x80)),
            Map.entry("FS_US", Set.of(0x81)));

    private WalkerNames() {}

    /** Whether a code is one that a name stands for. An unknown name stands for none. */
    static boolean standsFor(String name, int code) {
        return CODES.getOrDefault(name.strip(), Set.of()).contains(code);
    }

    /**
     * A name that stands for a code.
     *
     * @param code a fault's code
     * @return the first such name, by the alphabet; none when the walker has no name for it
     */
    public static Optional<String> of(int code) {
        return CODES.entrySet().stream()
                .filter(entry -> entry.getValue().contains(code))
                .map(Map.Entry::getKey)
                .min(Comparator.naturalOrder());
    }
}
