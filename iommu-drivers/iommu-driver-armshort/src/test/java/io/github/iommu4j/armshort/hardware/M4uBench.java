package io.github.iommu4j.armshort.hardware;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.armshort.layout.LarbControl;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import io.github.iommu4j.armshort.layout.TranslationControl;
import io.github.iommu4j.core.memory.SparseMemory;
import java.util.function.UnaryOperator;

/** An M4U as Linux 6.1 leaves it after the first attach, with its table at {@link #ROOT}, and every port of it on. */
final class M4uBench {

    static final long ROOT = 0x8000_0000L;
    static final long TABLE = 0x8010_0000L;
    /** Larb 0, port 5. */
    static final int MASTER = new MasterId(0, 5).id();

    static final long PROTECT = 0x4000_1000L;
    static final int RANGE = 1, ALL = 2;

    final SparseMemory memory = new SparseMemory();
    final M4u m4u;
    int pulses;

    M4uBench() {
        this(M4uCapabilities.mt8173());
    }

    M4uBench(M4uCapabilities capabilities) {
        this(builder -> builder.capabilities(capabilities));
    }

    M4uBench(UnaryOperator<M4u.Builder> part) {
        m4u = part.apply(M4u.builder(memory)).interrupt(() -> pulses++).build();
        M4uCapabilities capabilities = m4u.capabilities();
        int protection = capabilities.layout().control() == TranslationControl.MT8173 ? 0x50 : 0x20;
        set(M4uRegister.CTRL_REG, protection);
        set(M4uRegister.INT_CONTROL0, 0x6F);
        set(M4uRegister.INT_MAIN_CONTROL, 0x3FFF);
        set(M4uRegister.IVRP_PADDR, capabilities.layout().ivrp().pack(PROTECT));
        set(M4uRegister.PT_BASE_ADDR, (int) ROOT);
        for (LarbWiring larb : capabilities.larbs()) {
            LarbControl control = capabilities.layout().larbControl();
            for (int port = 0; port < larb.ports(); port++) {
                m4u.larb(larb.larb()).registers().write(control.offset(port), 4, control.hasWordForEachPort() ? 1 : -1);
            }
        }
    }

    M4uBench set(M4uRegister register, int value) {
        m4u.registers().write(register.offset(), 4, value);
        return this;
    }

    int get(M4uRegister register) {
        return (int) m4u.registers().read(register.offset(), 4);
    }

    M4uBench level1(long iova, int raw) {
        memory.store32(ROOT + (iova >>> 20 << 2), raw);
        return this;
    }

    /** Writes a level-2 descriptor into the table at {@link #TABLE}, and the table descriptor above it. */
    M4uBench level2(long iova, int raw) {
        level1(iova, (int) TABLE | 9);
        memory.store32(TABLE + (iova >>> 12 & 255) * 4, raw);
        return this;
    }

    Translation read(long iova) {
        return m4u.translate(DmaRequest.read(MASTER, iova));
    }

    Translation write(long iova) {
        return m4u.translate(DmaRequest.write(MASTER, iova));
    }

    long pa(long iova) {
        Translation answer = read(iova);
        assertThat(answer).isInstanceOf(Translation.Ok.class);
        return ((Translation.Ok) answer).pa();
    }

    boolean isMapped(long iova) {
        return read(iova) instanceof Translation.Ok;
    }

    /** A full invalidation, as drivers do it. */
    M4uBench flushAll() {
        return set(m4u.capabilities().layout().invSel().register(), 3).set(M4uRegister.INVALIDATE, ALL);
    }

    /** Starts a range invalidation, without waiting. */
    M4uBench startRange(int first, int last) {
        return set(m4u.capabilities().layout().invSel().register(), 3)
                .set(M4uRegister.INVLD_START_A, first)
                .set(M4uRegister.INVLD_END_A, last)
                .set(M4uRegister.INVALIDATE, RANGE);
    }

    void clearFault() {
        set(M4uRegister.INT_CONTROL0, 0x6F | 1 << 12);
    }
}
