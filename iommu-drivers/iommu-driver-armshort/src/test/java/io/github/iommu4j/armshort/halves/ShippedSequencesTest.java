package io.github.iommu4j.armshort.halves;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.armshort.halves.RecordedSequences.Checkpoint;
import io.github.iommu4j.armshort.halves.RecordedSequences.DescriptorChange;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The recorded sequences that come with the project; and that a wrong bit would not go unnoticed. */
class ShippedSequencesTest {

    private static List<Checkpoint> shipped() throws IOException {
        try (InputStream file =
                Objects.requireNonNull(ShippedSequencesTest.class.getResourceAsStream("v7s-hand-v7s-all.jsonl.gz"))) {
            return RecordedSequences.read(file);
        }
    }

    private static HalvesCheck.Result run(Checkpoint checkpoint, DescriptorChange change) {
        return HalvesCheck.run(checkpoint.setup(), checkpoint.memory(change), checkpoint.expected());
    }

    @Test
    void theHardwareGoesWhereTheKernelSaidItWould() throws IOException {
        List<String> differences = new ArrayList<>();
        int compared = 0;
        int rights = 0;
        for (Checkpoint checkpoint : shipped()) {
            HalvesCheck.Result result = run(checkpoint, DescriptorChange.NONE);
            result.differences().forEach(line -> differences.add(checkpoint.name() + ": " + line));
            compared += result.compared();
            rights += result.rights();
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(500);
        assertThat(rights).isGreaterThan(200);
    }

    /** As if one constant of the format were wrong: that bit is flipped in every descriptor of the kind. */
    @Test
    void everyWrongBitOfEveryKindIsNoticed() throws IOException {
        List<Checkpoint> checkpoints = shipped();
        List<String> unnoticed = new ArrayList<>();
        for (DescriptorKind kind : DescriptorKind.values()) {
            for (int left = kind.meaningfulBits(); left != 0; left &= left - 1) {
                int bit = Integer.lowestOneBit(left);
                DescriptorChange change = of -> raw -> of == kind ? raw ^ bit : raw;
                boolean noticed = checkpoints.stream()
                        .anyMatch(checkpoint ->
                                !run(checkpoint, change).differences().isEmpty());
                if (!noticed) {
                    unnoticed.add(kind + " bit " + Integer.numberOfTrailingZeros(bit));
                }
            }
        }
        assertThat(unnoticed).isEmpty();
    }

    @Test
    void aWrongAddressBitOfEveryKindIsNoticed() throws IOException {
        List<Checkpoint> checkpoints = shipped();
        int[] lowest = {10, 20, 24, 16, 12, 32};
        for (DescriptorKind kind : DescriptorKind.values()) {
            for (int bit = lowest[kind.ordinal()]; bit < 32; bit++) {
                int mask = 1 << bit;
                DescriptorChange change = of -> raw -> of == kind ? raw ^ mask : raw;
                assertThat(checkpoints)
                        .as("%s bit %d", kind, bit)
                        .anyMatch(checkpoint ->
                                !run(checkpoint, change).differences().isEmpty());
            }
        }
    }
}
