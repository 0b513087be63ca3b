package io.github.iommu4j.armshort.halves;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.armshort.halves.RecordedSequences.DescriptorChange;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/** What the library's page-table code writes the hardware walks; and a wrong bit would not go unnoticed. */
class EngineTablesTest {

    private static final int[] QUIRKS = {
        0,
        Setup.NS,
        Setup.NO_PERMS,
        Setup.NO_PERMS | Setup.MTK_EXT,
        Setup.NS | Setup.NO_PERMS | Setup.MTK_EXT,
        Setup.NS | Setup.NO_PERMS | Setup.MTK_EXT | Setup.MTK_TTBR_EXT
    };

    private static List<String> differences(EngineTables tables, DescriptorChange change) {
        return HalvesCheck.run(tables.setup(), tables.memory(change), tables.expected())
                .differences();
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void theHardwareGoesWhereTheEngineWasAskedToMap(@ForAll long seed) {
        int quirks = QUIRKS[(int) Math.floorMod(seed, (long) QUIRKS.length)];
        assertThat(differences(new EngineTables(seed, quirks), DescriptorChange.NONE))
                .isEmpty();
    }

    /** As if one constant of the format were wrong: that bit is flipped in every descriptor of the kind. */
    @Test
    void everyWrongBitOfEveryKindIsNoticed() {
        List<EngineTables> all = new ArrayList<>();
        for (long seed = 0; seed < 12; seed++) {
            all.add(new EngineTables(seed, 0));
        }
        for (DescriptorKind kind : DescriptorKind.values()) {
            for (int left = kind.meaningfulBits(); left != 0; left &= left - 1) {
                int bit = Integer.lowestOneBit(left);
                DescriptorChange change = of -> raw -> of == kind ? raw ^ bit : raw;
                assertThat(all)
                        .as("%s bit %d", kind, Integer.numberOfTrailingZeros(bit))
                        .anyMatch(tables -> !differences(tables, change).isEmpty());
            }
        }
    }

    /** MediaTek's three address bits in every kind, and the NS bits. */
    @Test
    void everyWrongBitOfMediateksIsNoticed() {
        int quirks = QUIRKS[QUIRKS.length - 1];
        List<EngineTables> all = new ArrayList<>();
        for (long seed = 0; seed < 12; seed++) {
            all.add(new EngineTables(seed, quirks));
        }
        int extension = 1 << 9 | 1 << 4 | 1 << 5;
        int[] bits = {extension | 1 << 3, extension | 1 << 19, extension | 1 << 19, extension, extension, 0};
        for (DescriptorKind kind : DescriptorKind.values()) {
            for (int left = bits[kind.ordinal()]; left != 0; left &= left - 1) {
                int bit = Integer.lowestOneBit(left);
                DescriptorChange change = of -> raw -> of == kind ? raw ^ bit : raw;
                assertThat(all)
                        .as("%s bit %d", kind, Integer.numberOfTrailingZeros(bit))
                        .anyMatch(tables -> !differences(tables, change).isEmpty());
            }
        }
    }
}
