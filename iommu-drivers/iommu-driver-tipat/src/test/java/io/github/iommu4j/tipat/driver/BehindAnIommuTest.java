package io.github.iommu4j.tipat.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.RequesterId;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.device.PciHardware;
import io.github.iommu4j.core.dmabuf.DmaBuf;
import io.github.iommu4j.core.dmabuf.DmaBufAttachment;
import io.github.iommu4j.core.dmabuf.DmaDirection;
import io.github.iommu4j.core.dmabuf.DmaMapper;
import io.github.iommu4j.core.dmabuf.ScatterList;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.topology.PciFunction;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.testkit.machine.MemoryBytes;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A device whose DMA goes through an IOMMU, then through a window, then to scattered pages. */
final class BehindAnIommuTest {

    private static final long IOVA = 0x4000_0000L;
    private static final RequesterId ID = new RequesterId(0, 0, 5, 0);

    private final MockIommuDriver iommu = new MockIommuDriver("dmar0", MockHost.intel(39));
    private final TestMachine host = TestMachine.builder()
            .hardware(new PciHardware()
                    .rootBus(0, 0)
                    .plug(ID, PciFunction.at(ID).ids(0x1234, 0x11E8).classCode(0xFF00)))
            .iommu(iommu)
            .build()
            .boot(List.of());
    private final DeviceNode node = host.device(ID.toString());
    private final IommuDomain domain = Objects.requireNonNull(
            Objects.requireNonNull(host.core().groupOf(node)).domain());

    /** The device's own DMA mapping: its group's domain, always at the same place. */
    private final DmaMapper mapper = new DmaMapper() {
        @Override
        public ScatterList map(Device device, ScatterList list, DmaDirection direction) {
            domain.map(IOVA, list.segments().get(0).pa(), list.size(), Prot.READ_WRITE);
            return list.mappedAt(List.of(new ScatterList.DmaRange(IOVA, list.size())));
        }

        @Override
        public void unmap(Device device, ScatterList list, DmaDirection direction) {
            domain.unmap(IOVA, list.size());
        }
    };

    private final PatMachine machine =
            new PatMachine(KernelLog.WarnPolicy.THROW, new PlainLocking(), builder -> builder.mapper(mapper));

    @Test
    void P63_theWindowIsMappedForADeviceByItsOwnDmaMapping() {
        DmaBuf exported = machine.pat.export(machine.scattered(3));
        DmaBufAttachment attachment = exported.attach(node);
        ScatterList list = attachment.map(DmaDirection.BIDIRECTIONAL);
        assertThat(list.dmaRanges()).containsExactly(new ScatterList.DmaRange(IOVA, 3 * PatMachine.PAGE));
        FakeDevice device = new FakeDevice(node, iommu, machine.seenBy(node));
        byte[] data = new byte[(int) (3 * PatMachine.PAGE)];
        new Random(9).nextBytes(data);
        device.write(IOVA, data);
        assertThat(device.read(IOVA, data.length)).isEqualTo(data);
        assertThat(MemoryBytes.read(machine.memory, 0x8_8003_0000L, 4))
                .containsExactly(data[0], data[1], data[2], data[3]);
        assertThat(MemoryBytes.read(machine.memory, 0x8_8001_0000L, 2)).containsExactly(data[8192], data[8193]);
        attachment.unmap(list, DmaDirection.BIDIRECTIONAL);
        assertThat(device.read(IOVA, 4)).containsOnly(0);
        attachment.detach();
        exported.put();
        assertThat(machine.leaks()).isEmpty();
        assertThat(host.shutDown()).isEmpty();
    }

    @Test
    void P63_anIommuThatRefusesIsEnomemAndTheWindowStaysEmpty() {
        DmaBuf exported = machine.pat.export(machine.scattered(3));
        DmaBufAttachment attachment = exported.attach(node);
        iommu.failures().failEveryCallFrom(0, Errno.EIO);
        assertThat(PatMachine.errnoOf(() -> attachment.map(DmaDirection.TO_DEVICE)))
                .isEqualTo(Errno.ENOMEM);
        iommu.failures().failNothing();
        assertThat(PatMachine.enabledEntries(machine.hardware)).isZero();
        attachment.detach();
        exported.put();
        assertThat(machine.leaks()).isEmpty();
        assertThat(host.shutDown()).isEmpty();
    }
}
