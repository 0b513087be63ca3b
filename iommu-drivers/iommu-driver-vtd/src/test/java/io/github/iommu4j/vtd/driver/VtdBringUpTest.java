package io.github.iommu4j.vtd.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.hardware.Vtd;
import io.github.iommu4j.vtd.hardware.VtdCapabilities;
import io.github.iommu4j.vtd.hardware.VtdFeature;
import io.github.iommu4j.vtd.layout.RegisterFields.Global;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a unit is brought up and shut down. */
class VtdBringUpTest {

    /** Writes but those of the queue's tail. */
    private static List<String> writes(VtdCapabilities capabilities) {
        List<String> writes = new ArrayList<>();
        VtdBench.Plan plan = new VtdBench.Plan();
        plan.capabilities = capabilities;
        plan.functions.clear();
        plan.registers = region -> new RegisterTap(region, (offset, value) -> {
            for (VtdRegister register : VtdRegister.values()) {
                boolean here = register.offset(capabilities.cap(), capabilities.ecap()) == offset;
                boolean pointsToMemory = List.of(VtdRegister.IQA, VtdRegister.IRTA, VtdRegister.RTADDR)
                        .contains(register);
                if (here && (register != VtdRegister.IQT || value == 0)) {
                    writes.add(register + " " + Long.toHexString(pointsToMemory ? value & 0xFFF : value));
                }
            }
        });
        plan.boot();
        return writes;
    }

    @Test
    void theSequenceIsThatOfTheCaptures() {
        VtdCapabilities unit = VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.ESRTPS, VtdFeature.ESIRTPS, VtdFeature.PLMR, VtdFeature.PHMR, VtdFeature.PRS)
                .build();
        assertThat(writes(unit))
                .containsExactly(
                        "IQT 0",
                        "IQA 801",
                        "GCMD 4000000",
                        "IRTA 80f",
                        "GCMD 5000000",
                        "GCMD 6000000",
                        "FEDATA 28",
                        "FEADDR fee00000",
                        "FEUADDR 0",
                        "FECTL 0",
                        "FSTS 83",
                        "RTADDR 400",
                        "GCMD 46000000",
                        "GCMD 86000000");
    }

    @Test
    void theQueueOfPageRequestsIsReadyBeforeRequestsAreTranslated() {
        VtdCapabilities unit = VtdCapabilities.everything().toBuilder()
                .without(VtdFeature.PLMR, VtdFeature.PHMR)
                .build();
        assertThat(writes(unit))
                .containsSubsequence(
                        "GCMD 46000000", "PEDATA 29", "PEADDR fee00000", "PECTL 0", "PQH 0", "PQT 0", "GCMD 86000000");
    }

    @Test
    void protectedMemoryIsOpenedOnceTablesProtectIt() {
        List<String> writes = writes(VtdCapabilities.everything());
        assertThat(writes.subList(writes.size() - 2, writes.size())).containsExactly("GCMD 86000000", "PMEN 0");
    }

    @Test
    void withoutAQueueRegistersInvalidateAndInterruptsAreNotRemapped() {
        VtdCapabilities registersOnly = VtdCapabilities.legacy().toBuilder()
                .without(VtdFeature.QI, VtdFeature.IR, VtdFeature.EIM)
                .build();
        assertThat(writes(registersOnly))
                .containsExactly(
                        "FEDATA 28",
                        "FEADDR fee00000",
                        "FEUADDR 0",
                        "FECTL 0",
                        "FSTS 83",
                        "RTADDR 0",
                        "GCMD 40000000",
                        "CCMD a000000000000000",
                        "IOTLB 9003000000000000",
                        "GCMD 80000000");
    }

    @Test
    void aUnitThatRunsAlreadyIsStoppedFirst() {
        SparseMemory memory = new SparseMemory();
        Vtd unit = Vtd.builder(memory, VtdCapabilities.legacy()).build();
        ArenaAllocator arena = new ArenaAllocator(memory, VtdBench.ARENA, 1 << 24, new PlainLocking());
        VtdHost host =
                VtdHost.builder(KernelServices.builder(memory, arena).build()).build();
        DmarTable table = DmarTable.of(48, DmarUnit.ofEverything("dmar0", unit.registers()));
        IntelIommu.start(table, host);
        List<String> writes = new ArrayList<>();
        RegisterTap tap = new RegisterTap(unit.registers(), (offset, value) -> writes.add(offset + " " + value));
        IntelIommu.start(DmarTable.of(48, DmarUnit.ofEverything("dmar0", tap)), host);
        long gcmd = VtdRegister.GCMD.offset();
        assertThat(writes.subList(0, 3))
                .containsExactly(
                        gcmd + " " + (Global.QIE.mask() | Global.IRE.mask()),
                        gcmd + " " + Global.QIE.mask(),
                        gcmd + " 0");
        assertThat(Global.TE.isSet(unit.registers().read(VtdRegister.GSTS.offset(), 4)))
                .isTrue();
    }

    @Test
    void shuttingDownGivesEverythingBack() {
        for (VtdCapabilities capabilities : List.of(VtdCapabilities.legacy(), VtdCapabilities.everything())) {
            VtdBench.Plan plan = new VtdBench.Plan();
            plan.capabilities = capabilities;
            VtdBench bench = plan.boot();
            bench.iommu.shutDown(bench.core);
            assertThat(bench.arena.live()).isEmpty();
            assertThat(bench.core.groups()).isEmpty();
            assertThat(bench.read(VtdRegister.GSTS) & ~Global.SRTP.mask() & ~Global.SIRTP.mask())
                    .isZero();
            assertThat(bench.dma("0000:00:02.0", 0x1000, Access.READ)).isEqualTo(0x1000);
            assertThat(bench.iommu.step()).isFalse();
        }
    }

    private static Errno refusal(MmioRegion registers, VtdHost host) {
        return VtdBench.errno(
                () -> IntelIommu.start(DmarTable.of(48, DmarUnit.ofEverything("dmar0", registers)), host));
    }

    private static VtdHost host() {
        SparseMemory memory = new SparseMemory();
        ArenaAllocator arena = new ArenaAllocator(memory, VtdBench.ARENA, 1 << 24, new PlainLocking());
        return VtdHost.builder(KernelServices.builder(memory, arena).build()).build();
    }

    /** Registers that are all the same and do nothing. */
    private static MmioRegion constant(long value) {
        return new MmioRegion() {
            @Override
            public long size() {
                return 0x1000;
            }

            @Override
            public long read(long offset, int width) {
                return width == 4 ? value & 0xFFFF_FFFFL : value;
            }

            @Override
            public void write(long offset, int width, long ignored) {}
        };
    }

    @Test
    void aUnitThatIsNotThereHasNoWidthOrDoesNotAnswerIsRefused() {
        assertThat(refusal(constant(-1), host())).isEqualTo(Errno.ENODEV);
        assertThat(refusal(constant(0), host())).isEqualTo(Errno.ENODEV);
        assertThat(refusal(constant(0x400), host())).isEqualTo(Errno.ETIMEDOUT);
    }

    @Test
    void withoutMemoryNoUnitComesUp() {
        for (int n = 0; n < 5; n++) {
            SparseMemory memory = new SparseMemory();
            Vtd unit = Vtd.builder(memory, VtdCapabilities.legacy()).build();
            int room = n;
            ArenaAllocator arena = new ArenaAllocator(memory, VtdBench.ARENA, 1 << 24, new PlainLocking());
            int[] given = new int[1];
            KernelServices kernel = KernelServices.builder(memory, arena)
                    .structures(new PageAllocator() {
                        @Override
                        public long allocate(long size, long alignment) {
                            if (given[0]++ == room) {
                                throw new IommuException(Errno.ENOMEM, "no room");
                            }
                            return arena.allocate(size, alignment);
                        }

                        @Override
                        public void free(long address, long size) {
                            arena.free(address, size);
                        }
                    })
                    .build();
            VtdHost host = VtdHost.builder(kernel).build();
            if (n < 4) {
                assertThat(refusal(unit.registers(), host)).isEqualTo(Errno.ENOMEM);
                assertThat(arena.live()).isEmpty();
            } else {
                IntelIommu.start(DmarTable.of(48, DmarUnit.ofEverything("dmar0", unit.registers())), host);
            }
        }
    }

    @Test
    void scopesAndReservedMemoryMustMakeSense() {
        assertThatThrownBy(() -> new ReservedMemory(0, 0x1000, 0x1800, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ReservedMemory(0, 0x1000, 0xFFF, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DeviceScope(DeviceScope.Kind.ENDPOINT, 0, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
