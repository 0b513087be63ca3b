package io.github.iommu4j.armshort.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.core.device.DeviceNode;
import org.junit.jupiter.api.Test;

/** The mt2712's two M4Us with one table. */
class M4uSharedTableTest {

    private static final long IOVA = 0x1234_5000L;

    private final TwoM4us two = new TwoM4us();

    @Test
    void R270_bothTranslateThroughOneTableAndShareAGroup() {
        DeviceNode one = two.client(0, 1);
        DeviceNode other = two.client(4, 1);
        assertThat(two.group(one)).isSameAs(two.group(other));
        two.resume(one);
        two.resume(other);
        IommuDomain domain = two.domain(one);
        assertThat(two.domain(other)).isSameAs(domain);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ_WRITE);
        assertThat(two.pa(one, IOVA)).isEqualTo(0x4000_1000L);
        assertThat(two.pa(other, IOVA)).isEqualTo(0x4000_1000L);
        domain.unmap(IOVA, 0x1000);
        assertThat(two.dma(one, IOVA, Access.READ)).isInstanceOf(Translation.Fault.class);
        assertThat(two.dma(other, IOVA, Access.READ)).isInstanceOf(Translation.Fault.class);
        two.suspend(one);
        two.suspend(other);
        two.assertNoLeaks();
    }

    @Test
    void R271_aRangeIsInvalidatedOnEveryM4uThatIsOn() {
        DeviceNode one = two.client(0, 1);
        DeviceNode other = two.client(4, 1);
        two.resume(other);
        two.domain(one).map(IOVA, 0x4000_1000L, 0x1000, Prot.READ_WRITE);
        assertThat(two.window(0).drain()).noneMatch(write -> write.startsWith("INVALIDATE"));
        assertThat(two.window(1).drain()).contains("INVALIDATE=0x1");
        two.resume(one);
        two.window(0).drain();
        two.domain(one).flushIotlbAll();
        assertThat(two.window(0).drain()).contains("INVALIDATE=0x2");
        assertThat(two.window(1).drain()).contains("INVALIDATE=0x2");
    }

    @Test
    void R272_theTableOutlivesTheM4uThatMadeIt() {
        DeviceNode one = two.client(0, 1);
        DeviceNode other = two.client(4, 1);
        two.resume(other);
        two.domain(one).map(IOVA, 0x4000_1000L, 0x1000, Prot.READ_WRITE);
        two.remove(one);
        two.removeM4u(0);
        assertThat(two.pa(other, IOVA)).isEqualTo(0x4000_1000L);
        two.domain(other).unmap(IOVA, 0x1000);
        two.suspend(other);
        two.assertNoLeaks();
    }
}
