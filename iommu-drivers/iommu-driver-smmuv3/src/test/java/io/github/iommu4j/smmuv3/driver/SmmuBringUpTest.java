package io.github.iommu4j.smmuv3.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PageAllocator;
import io.github.iommu4j.core.driver.KernelServices;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.smmuv3.hardware.Smmuv3;
import io.github.iommu4j.smmuv3.hardware.Smmuv3Capabilities;
import io.github.iommu4j.smmuv3.layout.IdField;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a unit is probed, brought up and shut down. */
class SmmuBringUpTest {

    /** Registers that answer as told, and note what is written. */
    private static final class Tap implements MmioRegion {
        private final MmioRegion behind;
        private final Map<SmmuRegister, Long> answers = new EnumMap<>(SmmuRegister.class);
        private final List<String> writes = new ArrayList<>();

        Tap(MmioRegion behind) {
            this.behind = behind;
        }

        @Override
        public long size() {
            return behind.size();
        }

        @Override
        public long read(long offset, int width) {
            SmmuRegister register = SmmuRegister.at(offset).orElseThrow();
            Long answer = answers.get(register);
            return answer != null ? answer : behind.read(offset, width);
        }

        @Override
        public void write(long offset, int width, long value) {
            SmmuRegister register = SmmuRegister.at(offset).orElseThrow();
            if (register != SmmuRegister.CMDQ_PROD) {
                writes.add(String.format("%s=%x", register, value));
            }
            behind.write(offset, width, value);
        }

        void answer(IdField field, int value) {
            long raw = answers.computeIfAbsent(
                    field.register(), register -> behind.read(register.offset(), register.width()));
            answers.put(field.register(), field.field().with(raw, value));
        }
    }

    private static SmmuHost.Builder host(SparseMemory memory, KernelLog log) {
        ArenaAllocator arena = new ArenaAllocator(memory, SmmuBench.ARENA, 0x1000_0000L, new PlainLocking());
        return SmmuHost.builder(KernelServices.builder(memory, arena).log(log).build());
    }

    /** The lines that a unit's probe writes. */
    private static List<String> lines(Smmuv3Capabilities capabilities) {
        SparseMemory memory = new SparseMemory();
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        Smmuv3 unit = Smmuv3.builder(memory).capabilities(capabilities).build();
        Smmuv3Driver.start(SmmuBench.UNIT, unit.registers(), host(memory, log).build());
        return log.drain().stream().map(KernelLog.Line::text).toList();
    }

    /** Recorded from Linux 6.1 and 6.12 on two releases of the emulator. */
    @Test
    void theLinesOfTheLogAreThoseThatWereRecorded() {
        assertThat(lines(Smmuv3Capabilities.linuxVirt7()))
                .containsExactly(
                        "arm-smmu-v3 9050000.smmuv3: ias 44-bit, oas 44-bit (features 0x00008305)",
                        "arm-smmu-v3 9050000.smmuv3: allocated 65536 entries for cmdq",
                        "arm-smmu-v3 9050000.smmuv3: allocated 32768 entries for evtq");
        Smmuv3Capabilities stage2 = Smmuv3Capabilities.linuxVirt10().toBuilder()
                .disable(IdField.S1P)
                .build();
        assertThat(lines(stage2)).contains("arm-smmu-v3 9050000.smmuv3: ias 44-bit, oas 44-bit (features 0x00008505)");
    }

    @ParameterizedTest
    @CsvSource({
        "TTENDIAN,1,unknown/unsupported TT endianness!",
        "TTENDIAN,3,'the kernel''s tables are little-endian, the unit reads big-endian ones only'",
        "TTF,1,AArch64 table format not supported!",
        "QUEUES_PRESET,1,embedded implementation not supported",
        "TABLES_PRESET,1,embedded implementation not supported",
        "REL,1,embedded implementation not supported",
        "CMDQS,6,command queue size <= 64 entries not supported",
    })
    void aUnitThatCannotBeDrivenIsRefusedWithEnxio(IdField field, int value, String line) {
        assertRefused(tap -> tap.answer(field, value), line);
    }

    @Test
    void aUnitWithoutStagesOrGranulesIsRefusedWithEnxio() {
        assertRefused(
                tap -> {
                    tap.answer(IdField.S1P, 0);
                    tap.answer(IdField.S2P, 0);
                },
                "no translation support!");
        assertRefused(
                tap -> {
                    tap.answer(IdField.GRAN4K, 0);
                    tap.answer(IdField.GRAN16K, 0);
                    tap.answer(IdField.GRAN64K, 0);
                },
                "the unit has no translation granule");
    }

    private static void assertRefused(Consumer<Tap> change, String line) {
        SparseMemory memory = new SparseMemory();
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        Smmuv3 unit = Smmuv3.builder(memory).capabilities(SmmuBench.CAPABLE).build();
        Tap tap = new Tap(unit.registers());
        change.accept(tap);
        SmmuHost host = host(memory, log).build();
        assertThat(SmmuBench.errno(() -> Smmuv3Driver.start(SmmuBench.UNIT, tap, host)))
                .isEqualTo(Errno.ENXIO);
        assertThat(log.drain().stream().map(KernelLog.Line::text)).contains("arm-smmu-v3 9050000.smmuv3: " + line);
    }

    @Test
    void firmwareIsBelievedMoreThanTheRegister() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.host = builder -> builder.option(SmmuOption.NOT_COHERENT);
        SmmuBench bench = plan.boot();
        assertThat(bench.lines()).anyMatch(line -> line.contains("IDR0.COHACC overridden by FW configuration (false)"));
        assertThat(bench.driver.unit().features().has(SmmuFeature.COHERENCY)).isFalse();
    }

    @Test
    void anUnknownOutputSizeIsTakenFor48Bits() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.registers = region -> {
            Tap tap = new Tap(region);
            tap.answer(IdField.OAS, 7);
            return tap;
        };
        SmmuBench bench = plan.boot();
        assertThat(bench.driver.unit().features().oas()).isEqualTo(48);
        assertThat(bench.lines()).anyMatch(line -> line.contains("Truncating to 48-bit"));
    }

    @Test
    void queuesComeBeforeInterruptsAndTranslationLast() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        List<Tap> taps = new ArrayList<>();
        plan.registers = region -> {
            taps.add(new Tap(region));
            return taps.get(0);
        };
        SmmuBench bench = plan.boot();
        List<String> names = taps.get(0).writes.stream()
                .map(write -> write.replaceFirst("(CR0|IRQ_CTRL)=", "$1:").replaceFirst("=.*", ""))
                .toList();
        boolean pri = bench.driver.unit().features().has(SmmuFeature.PRI);
        boolean ats = bench.driver.unit().features().has(SmmuFeature.ATS);
        assertThat(names)
                .containsSubsequence(
                        "CR0:0",
                        "CR1",
                        "CR2",
                        "STRTAB_BASE",
                        "STRTAB_BASE_CFG",
                        "CMDQ_BASE",
                        "CMDQ_CONS",
                        "CR0:8",
                        "EVENTQ_BASE",
                        "EVENTQ_PROD",
                        "EVENTQ_CONS",
                        "CR0:c");
        assertThat(names).containsSubsequence("CR0:c", "IRQ_CTRL:0", "IRQ_CTRL:" + (pri ? 7 : 5));
        assertThat(names.get(names.size() - 1))
                .isEqualTo(pri && ats ? "CR0:1f" : pri ? "CR0:f" : ats ? "CR0:1d" : "CR0:d");
        if (pri) {
            assertThat(names).containsSubsequence("CR0:c", "PRIQ_BASE", "PRIQ_PROD", "PRIQ_CONS", "CR0:e");
        }
    }

    @Test
    void aUnitThatRunsAlreadyIsStopped() {
        SparseMemory memory = new SparseMemory();
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.THROW);
        Smmuv3 unit = Smmuv3.builder(memory).capabilities(SmmuBench.CAPABLE).build();
        unit.registers().write(SmmuRegister.CR0.offset(), 4, 1);
        Smmuv3Driver.start(SmmuBench.UNIT, unit.registers(), host(memory, log).build());
        assertThat(log.drain().stream().map(KernelLog.Line::text))
                .contains("arm-smmu-v3 9050000.smmuv3: SMMU currently enabled! Resetting...");
        assertThat(unit.registers().read(SmmuRegister.GBPA.offset(), 4) & 1L << 20)
                .as("traffic was aborted meanwhile")
                .isNotZero();
    }

    @Test
    void aUnitThatDoesNotAnswerIsGivenUp() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.registers = region -> {
            Tap tap = new Tap(region);
            tap.answers.put(SmmuRegister.CR0ACK, 0x5L);
            return tap;
        };
        assertThat(SmmuBench.errno(plan::boot)).isEqualTo(Errno.ETIMEDOUT);
    }

    /** Queues are on by then; what they write would go into memory that is somebody else's. */
    @ParameterizedTest
    @CsvSource({"CMDQEN, 8", "EVENTQEN, 4", "PRIQEN, 2", "SMMUEN, 1"})
    void aUnitThatIsGivenUpIsOffBeforeItsMemoryGoes(String enable, long stuck) {
        SparseMemory memory = new SparseMemory();
        Smmuv3 unit = Smmuv3.builder(memory).capabilities(SmmuBench.CAPABLE).build();
        MmioRegion behind = unit.registers();
        MmioRegion region = new MmioRegion() {
            @Override
            public long size() {
                return behind.size();
            }

            @Override
            public long read(long offset, int width) {
                long value = behind.read(offset, width);
                return offset == SmmuRegister.CR0ACK.offset() ? value & ~stuck : value;
            }

            @Override
            public void write(long offset, int width, long value) {
                behind.write(offset, width, value);
            }
        };
        ArenaAllocator arena = new ArenaAllocator(memory, SmmuBench.ARENA, 0x1000_0000L, new PlainLocking());
        List<Long> controls = new ArrayList<>();
        PageAllocator watched = new PageAllocator() {
            @Override
            public long allocate(long size, long alignment) {
                return arena.allocate(size, alignment);
            }

            @Override
            public void free(long address, long size) {
                controls.add(behind.read(SmmuRegister.CR0ACK.offset(), 4));
                arena.free(address, size);
            }
        };
        SmmuHost host = SmmuHost.builder(KernelServices.builder(memory, watched).build())
                .queueBytesLg2(12)
                .build();
        assertThat(SmmuBench.errno(() -> Smmuv3Driver.start(SmmuBench.UNIT, region, host)))
                .as("%s is never acknowledged", enable)
                .isEqualTo(Errno.ETIMEDOUT);
        assertThat(arena.live()).isEmpty();
        assertThat(controls).as("CR0 as memory went").isNotEmpty().containsOnly(0L);
    }

    @Test
    void withoutMemoryNothingIsLeft() {
        SparseMemory memory = new SparseMemory();
        Smmuv3 unit = Smmuv3.builder(memory).capabilities(SmmuBench.CAPABLE).build();
        ArenaAllocator small = new ArenaAllocator(memory, SmmuBench.ARENA, 0x1000, new PlainLocking());
        SmmuHost host = SmmuHost.builder(KernelServices.builder(memory, small).build())
                .queueBytesLg2(12)
                .build();
        assertThat(SmmuBench.errno(() -> Smmuv3Driver.start(SmmuBench.UNIT, unit.registers(), host)))
                .isEqualTo(Errno.ENOMEM);
        assertThat(small.live()).isEmpty();
    }

    @Test
    void interruptsAreMessagesWhereTheyHaveSomewhereToGo() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        plan.host = builder -> builder.messages(new MessageVectors(0x808_0040L, 17, 18, 19));
        SmmuBench bench = plan.boot();
        assertThat(bench.read(SmmuRegister.EVENTQ_IRQ_CFG0)).isEqualTo(0x808_0040L);
        assertThat(bench.read(SmmuRegister.EVENTQ_IRQ_CFG1)).isEqualTo(17);
        assertThat(bench.read(SmmuRegister.EVENTQ_IRQ_CFG2)).isEqualTo(1);
        assertThat(bench.read(SmmuRegister.GERROR_IRQ_CFG0)).isEqualTo(0x808_0040L);
        assertThat(bench.read(SmmuRegister.GERROR_IRQ_CFG1)).isEqualTo(18);
    }

    @Test
    void aUnitWithoutPage1IsReadThroughPage0() {
        SmmuBench.Plan plan = new SmmuBench.Plan();
        List<Long> offsets = new ArrayList<>();
        plan.host = builder -> builder.option(SmmuOption.PAGE0_REGISTERS_ONLY);
        plan.registers = region -> new MmioRegion() {
            @Override
            public long size() {
                return region.size();
            }

            @Override
            public long read(long offset, int width) {
                offsets.add(offset);
                return region.read(offset, width);
            }

            @Override
            public void write(long offset, int width, long value) {
                offsets.add(offset);
                region.write(offset, width, value);
            }
        };
        SmmuBench bench = plan.boot();
        bench.driver.step();
        assertThat(offsets).allMatch(offset -> offset < 0x1_0000).contains(0xA8L, 0xACL);
        assertThat(new PageZero(bench.unit.registers()).size()).isEqualTo(0x1_0000);
    }

    @Test
    void disabledBypassIsAParameterOfOldKernels() {
        for (KernelRelease release : new KernelRelease[] {KernelRelease.V6_1, KernelRelease.V6_12}) {
            SmmuBench.Plan plan = new SmmuBench.Plan();
            plan.release = release;
            plan.host = builder -> builder.option(SmmuOption.DETACHED_DEVICES_BYPASS);
            SmmuBench bench = plan.boot();
            assertThat(bench.driver.unit().detachedDevicesPass()).isEqualTo(release == KernelRelease.V6_1);
        }
    }

    @Test
    void shutDownStopsTheUnitAndGivesAllMemoryBack() {
        SmmuBench bench = new SmmuBench.Plan().boot();
        bench.bus.nodes().forEach(bench.bus::remove);
        bench.driver.shutDown(bench.core);
        assertThat(bench.read(SmmuRegister.CR0)).isZero();
        assertThat(bench.read(SmmuRegister.IRQ_CTRL)).isZero();
        assertThat(bench.structures.live()).isEmpty();
    }
}
