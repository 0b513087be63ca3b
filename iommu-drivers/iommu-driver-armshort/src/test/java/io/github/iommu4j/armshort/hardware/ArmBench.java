package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.FaultStatus;
import io.github.iommu4j.core.memory.SparseMemory;

/**
 * A plain unit that is on, with TTBR0 at {@link #ROOT}, access flag and TEX remap on, every domain a client, as Linux's
 * page-table code sets it up.
 */
final class ArmBench {

    static final long ROOT = 0x8000_0000L;
    static final int M = 1, WXN = 1 << 19, UWXN = 1 << 20, EE = 1 << 25, TRE = 1 << 28, AFE = 1 << 29;
    static final int LINUX = M | TRE | AFE;
    static final int PRRR = 0x800B_8204;
    static final int NMRR = 0x4000_4000;

    final SparseMemory memory = new SparseMemory();
    final ArmV7Mmu mmu;
    int pulses;

    ArmBench() {
        this(ArmV7Capabilities.everything());
    }

    ArmBench(ArmV7Capabilities capabilities) {
        this(capabilities, TlbGeometry.DEFAULT);
    }

    ArmBench(ArmV7Capabilities capabilities, TlbGeometry tlb) {
        mmu = ArmV7Mmu.builder(memory)
                .capabilities(capabilities)
                .tlb(tlb)
                .interrupt(() -> pulses++)
                .build();
        set(ArmV7Register.TTBR0, (int) ROOT);
        set(ArmV7Register.PRRR, PRRR);
        set(ArmV7Register.NMRR, NMRR);
        set(ArmV7Register.DACR, 0x5555_5555);
        set(ArmV7Register.SCTLR, LINUX);
    }

    ArmBench set(ArmV7Register register, int value) {
        mmu.registers().write(register.offset(), 4, value);
        return this;
    }

    int get(ArmV7Register register) {
        return (int) mmu.registers().read(register.offset(), 4);
    }

    /** Writes the level-1 descriptor of an address into the table of TTBR0 at {@link #ROOT}. */
    ArmBench level1(long va, int raw) {
        memory.store32(ROOT + (va >>> 20 << 2), raw);
        return this;
    }

    /** Writes a level-2 descriptor of an address into a table. */
    ArmBench level2(long table, long va, int raw) {
        memory.store32(table + (va >>> 12 & 255) * 4, raw);
        return this;
    }

    Translation read(long va) {
        return mmu.translate(DmaRequest.read(0, va));
    }

    Translation write(long va) {
        return mmu.translate(DmaRequest.write(0, va));
    }

    Translation.Ok ok(long va) {
        Translation answer = read(va);
        assertThat(answer).isInstanceOf(Translation.Ok.class);
        return (Translation.Ok) answer;
    }

    /** The permissions an access of a privilege finds, as "rwx" with dashes. */
    String rights(long va, boolean privileged) {
        StringBuilder rights = new StringBuilder();
        for (Access access : new Access[] {Access.READ, Access.WRITE, Access.EXECUTE}) {
            DmaRequest request = DmaRequest.of(0, va, access);
            Translation answer = mmu.translate(privileged ? request.privileged() : request);
            rights.append(answer instanceof Translation.Ok ? "rwx".charAt(access.ordinal()) : '-');
        }
        return rights.toString();
    }

    void faults(Translation answer, FaultStatus status) {
        assertThat(answer).isInstanceOfSatisfying(Translation.Fault.class, fault -> {
            assertThat(fault.name()).isEqualTo(status.name());
            assertThat(fault.code()).isEqualTo(status.code());
            assertThat(fault.recorded()).isTrue();
        });
    }
}
