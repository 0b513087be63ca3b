package io.github.iommu4j.vtd.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

class FaultRecordingProperties {

    @Property(tries = 1000, shrinking = ShrinkingMode.OFF)
    void recordsAndStatusAreWhatTheAlgorithmSays(@ForAll long seed) {
        Random dice = new Random(seed);
        RegisterRig rig = RegisterRig.of(Units.FULL);
        NaiveFaults naive = new NaiveFaults();
        for (int i = 0; i < 80; i++) {
            int choice = dice.nextInt(10);
            if (choice < 6) {
                int reason = dice.nextInt(256);
                int sid = dice.nextInt(12);
                assertThat(rig.report(reason, sid)).isEqualTo(naive.report(reason, sid));
            } else if (choice < 9) {
                int index = dice.nextInt(8);
                rig.free(index);
                naive.free(index);
            } else {
                rig.write(VtdRegister.FSTS, -1L);
                naive.clearOverflow();
            }
            compare(rig, naive);
        }
    }

    /** FRI means something while PPF is 1 only. */
    private static void compare(RegisterRig rig, NaiveFaults naive) {
        long status = rig.status();
        long visible = (status & 2) != 0 ? status : status & 0xFF;
        assertThat(visible).isEqualTo(naive.status());
        assertThat(rig.read(VtdRegister.FECTL)).isEqualTo(naive.interruptPending ? 0xC000_0000L : 0x8000_0000L);
        for (int index = 0; index < 8; index++) {
            FaultRecord record = rig.fault(index);
            assertThat(record.isFull()).isEqualTo(naive.full[index]);
            if (record.isFull()) {
                assertThat(record.sid()).isEqualTo(naive.sid[index]);
                assertThat(record.reason()).isEqualTo(naive.reason[index]);
            }
        }
    }
}
