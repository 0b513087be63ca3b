package io.github.iommu4j.smmuv3.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.smmuv3.hardware.CommandProcessing;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.tables.Dice;
import io.github.iommu4j.testkit.machine.DmaJob;
import io.github.iommu4j.testkit.machine.DmaSegment;
import io.github.iommu4j.testkit.machine.DmaTransfer;
import io.github.iommu4j.testkit.machine.FakeDevice;
import io.github.iommu4j.testkit.memory.GuardedMemory;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Devices that cache translations and ask for pages, against software that maps, unmaps and answers as it likes. */
class DeviceProperties {

    private static final int PAGES = 6;
    private static final int STEPS = 80;

    /** One run: the device's memory accesses may only reach pages that are mapped when they happen. */
    private static final class Run {
        private final Dice dice;
        private final DeviceMachine machine;
        private final FakeDevice device;
        private final List<DmaTransfer> transfers = new ArrayList<>();
        private int answered;
        private long nextPage = DeviceMachine.DATA;

        Run(long seed) {
            dice = new Dice(seed);
            Smmuv3Capabilities capabilities = Smmuv3Capabilities.everything().toBuilder()
                    .set(IdField.PPS, dice.below(2))
                    .build();
            machine = new DeviceMachine(capabilities, CommandProcessing.ON_DOORBELL);
            device = FakeDevice.builder(machine.smmu, guarded(), DeviceMachine.STREAM)
                    .translationCache(dice.between(1, 6), machine.smmu::complete)
                    .pageRequests(machine.smmu, 3)
                    .build();
            machine.endpoints.add(DeviceMachine.STREAM, device);
        }

        private PhysicalMemory guarded() {
            return new GuardedMemory(machine.memory, (pa, access) -> {
                boolean mapped = machine.pages.values().stream()
                        .anyMatch(page -> page.pa() == (pa & -4096L) && (page.writable() || access == Access.READ));
                if (!mapped) {
                    throw new AssertionError("access to 0x" + Long.toHexString(pa) + ", which is not mapped");
                }
            });
        }

        private DeviceMachine.Page freshPage() {
            nextPage += 4096;
            return new DeviceMachine.Page(nextPage, dice.below(4) != 0);
        }

        private int somePasid() {
            return dice.between(-1, 3) == 0 ? 1 : dice.pick(-1, 1, 2, 3);
        }

        private void act() {
            int pasid = somePasid();
            long page = dice.below(PAGES);
            switch (dice.below(8)) {
                case 0 -> mapIfFree(pasid, page);
                case 1 -> unmap(pasid, page);
                case 2, 3 -> transfers.add(device.start(job(pasid, page)));
                case 4, 5, 6 -> device.step();
                default -> machine.servePages(this::answer);
            }
        }

        private void mapIfFree(int pasid, long page) {
            if (!machine.pages.containsKey(DeviceMachine.key(pasid, page))) {
                machine.map(pasid, page, freshPage());
            }
        }

        private void unmap(int pasid, long page) {
            if (machine.pages.containsKey(DeviceMachine.key(pasid, page))) {
                machine.unmap(pasid, page);
            }
        }

        private DmaJob job(int pasid, long page) {
            long at = (page << 12) + dice.below(4096);
            int length = dice.between(0, 9000);
            long elsewhere = (long) dice.below(PAGES) << 12;
            DmaJob job = DmaJob.of(
                    dice.oneIn(2) ? DmaSegment.read(at, length) : DmaSegment.write(at, new byte[length]),
                    DmaSegment.copy(at, elsewhere, dice.below(3000)));
            return pasid < 0 ? job : job.withPasid(pasid);
        }

        private int answer(List<PageRequestMessage> group) {
            answered++;
            if (dice.oneIn(6)) {
                return 1;
            }
            for (PageRequestMessage message : group) {
                long page = message.address() >>> 12;
                DeviceMachine.Page known = machine.pages.get(DeviceMachine.key(message.substreamId(), page));
                boolean writes = (message.permissions() & PageRequestMessage.WRITE) != 0;
                if (known == null || writes && !known.writable()) {
                    if (known != null) {
                        machine.unmap(message.substreamId(), page);
                    }
                    machine.map(
                            message.substreamId(),
                            page,
                            new DeviceMachine.Page(freshPage().pa(), true));
                }
            }
            return 2;
        }

        private void finish() {
            for (int i = 0; i < 2000; i++) {
                boolean moved = device.step();
                if (!machine.servePages(this::answer) && !moved) {
                    return;
                }
            }
            throw new AssertionError("no end: " + transfers);
        }

        private void check() {
            assertThat(transfers).allMatch(DmaTransfer::isEnded);
            assertThat(device.staleHits()).isEmpty();
            assertThat(device.unexpectedResponses()).isEmpty();
            assertThat(device.groupsAnswered()).isEqualTo(device.groupsAsked());
            assertThat((long) answered).isLessThanOrEqualTo(device.groupsAsked());
            assertThat(machine.read(0x60)).isEqualTo(machine.read(0x64));
        }
    }

    @Property(tries = 150, shrinking = ShrinkingMode.OFF)
    void nothingStaleIsUsedAndEveryGroupIsAnsweredOnce(@ForAll long seed) {
        Run run = new Run(seed);
        for (int i = 0; i < STEPS; i++) {
            run.act();
        }
        run.finish();
        run.check();
    }

    @Example
    void aDeviceThatForgetsToDropIsCaught() {
        DeviceMachine machine = new DeviceMachine();
        FakeDevice device = FakeDevice.builder(machine.smmu, machine.memory, DeviceMachine.STREAM)
                .translationCache(4, machine.smmu::complete)
                .forgettingInvalidations()
                .build();
        machine.endpoints.add(DeviceMachine.STREAM, device);
        machine.map(1, 3, new DeviceMachine.Page(DeviceMachine.DATA, true));
        device.run(DmaJob.of(DmaSegment.write(0x3010, new byte[] {1, 2})).withPasid(1));
        machine.unmap(2, 3);
        device.run(DmaJob.of(DmaSegment.read(0x3010, 2)).withPasid(1));
        assertThat(device.staleHits()).isEmpty();
        machine.unmap(1, 3);
        DmaTransfer stale = device.run(DmaJob.of(DmaSegment.read(0x3010, 2)).withPasid(1));
        assertThat(stale.data()).containsExactly(1, 2);
        assertThat(device.staleHits()).hasSize(1);
        assertThat(device.staleHits().get(0))
                .hasToString("0x3010 was translated to 0x41000010 after InvalidateRequest(0x5 0x1, 0x3000, 2^12 bytes)"
                        + " had completed");
    }

    @Example
    void aSyncWaitsForADeviceThatAnswersLater() {
        DeviceMachine machine = new DeviceMachine();
        FakeDevice device = FakeDevice.builder(machine.smmu, machine.memory, DeviceMachine.STREAM)
                .translationCache(4, machine.smmu::complete)
                .build();
        machine.endpoints.add(DeviceMachine.STREAM, device);
        device.answerInvalidationsWith(Endpoints.Reply.LATER);
        machine.command(0x40 | (long) DeviceMachine.STREAM << 32, 52);
        machine.command(0x46, 0);
        assertThat(machine.isSynchronised()).isFalse();
        assertThat(device.outstandingInvalidations()).hasSize(1);
        device.answerInvalidations();
        assertThat(machine.isSynchronised()).isTrue();
        assertThat(device.outstandingInvalidations()).isEmpty();
    }
}
