package io.github.iommu4j.core.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.iommu4j.core.trace.KernelLog.Level;
import io.github.iommu4j.core.trace.KernelLog.Line;
import io.github.iommu4j.core.trace.KernelLog.WarnPolicy;
import org.junit.jupiter.api.Test;

class KernelLogTest {

    @Test
    void linesAreTakenOnceInOrder() {
        KernelLog log = new KernelLog(WarnPolicy.THROW);
        log.print(Level.INFO, "first");
        log.print(Level.ERR, "second");
        assertThat(log.drain()).containsExactly(new Line(Level.INFO, "first"), new Line(Level.ERR, "second"));
        assertThat(log.drain()).isEmpty();
    }

    @Test
    void aStrictLogFailsTheTestAtABrokenRule() {
        KernelLog log = new KernelLog(WarnPolicy.THROW);
        assertThat(log.warnOn(false, "fine")).isFalse();
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> log.warnOn(true, "broken"))
                .withMessage("broken");
        assertThat(log.drain()).containsExactly(new Line(Level.WARNING, "WARNING: broken"));
    }

    @Test
    void aRecordingLogGoesOn() {
        KernelLog log = new KernelLog(WarnPolicy.RECORD);
        assertThat(log.warnOn(true, "broken")).isTrue();
        assertThat(log.drain()).hasSize(1);
    }

    @Test
    void levelsAreTheKernels() {
        assertThat(Level.ERR.number()).isEqualTo(3);
        assertThat(Level.WARNING.number()).isEqualTo(4);
        assertThat(Level.INFO.number()).isEqualTo(6);
    }
}
