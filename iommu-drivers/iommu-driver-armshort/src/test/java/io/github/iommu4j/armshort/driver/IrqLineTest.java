package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.core.lock.PlainLocking;
import org.junit.jupiter.api.Test;

class IrqLineTest {

    private final IrqLine line = new IrqLine(new PlainLocking());
    private int handled;

    @Test
    void aPulseIsRememberedUntilTheHandlerRuns() {
        line.pulse();
        assertThat(line.step()).isFalse();
        line.request(() -> handled++);
        line.pulse();
        assertThat(line.step()).isTrue();
        assertThat(line.step()).isFalse();
        assertThat(handled).isEqualTo(1);
        line.pulse();
        line.free();
        assertThat(line.step()).isFalse();
        line.request(() -> handled++);
        assertThat(line.step()).isTrue();
        assertThat(handled).isEqualTo(2);
    }

    @Test
    void aTakenLineIsEbusy() {
        line.request(() -> {});
        assertThatThrownBy(() -> line.request(() -> {}))
                .isInstanceOfSatisfying(
                        IommuException.class,
                        refusal -> assertThat(refusal.errno()).isEqualTo(Errno.EBUSY));
    }
}
