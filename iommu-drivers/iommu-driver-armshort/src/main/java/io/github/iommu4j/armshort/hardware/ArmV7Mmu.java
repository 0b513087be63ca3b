package io.github.iommu4j.armshort.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.InterruptLine;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.armshort.layout.ArmV7Fields.Tlbi;
import io.github.iommu4j.armshort.layout.ArmV7Register;
import io.github.iommu4j.armshort.layout.FaultStatus;
import io.github.iommu4j.armshort.layout.RegisterAccess;
import java.util.List;
import java.util.Optional;

/**
 * A unit that translates as the MMU of an ARMv7 processor does with short descriptors (Arm DDI 0406C B3), with the
 * architecture's registers in a window of memory: two table bases, domains, access flag, TEX remap, address spaces.
 *
 * <pre>{@code
 * ArmV7Mmu mmu = ArmV7Mmu.builder(memory).interrupt(line).build();
 * bus.mapMmio(0x0300_0000L, mmu.registers());
 * long answer = mmu.translate(0, iova, Access.WRITE);   // read it with Translations
 * }</pre>
 *
 * <p>It serves one master: stream and substream do not matter, the address space is CONTEXTIDR's. Addresses of more than
 * 32 bits never reach it and abort without a record. A fault's code is its {@link FaultStatus}; it is in DFSR and DFAR
 * (IFSR and IFAR for instruction fetches) when the call returns, and the interrupt line has pulsed. A later fault replaces
 * it.
 *
 * <p><b>Thread-safety:</b> everything may be called from any thread at any time. A translation that is cached and
 * permitted takes no lock. No lock is held while the interrupt line pulses. {@link PhysicalMemory} must not wait for a
 * thread that is inside {@link #registers()}.
 */
public final class ArmV7Mmu implements TranslationUnit {

    private static final int ADDRESS_BITS = 32;
    private static final long ABORTED = Translations.fault(0, FaultResponse.ABORT);

    private final PhysicalMemory memory;
    private final ArmV7RegisterFile file;
    private final Translator translator;
    private final InterruptLine interrupt;
    private final MmioRegion registers = new Window();

    private ArmV7Mmu(Builder builder) {
        memory = builder.memory;
        interrupt = builder.interrupt;
        file = new ArmV7RegisterFile(builder.capabilities);
        translator = new Translator(memory, builder.tlb, file.control(), this::record);
    }

    /**
     * Starts building a unit.
     *
     * @param memory the machine's memory, as the unit sees it
     * @return a builder of a unit with {@link ArmV7Capabilities#everything()}, {@link TlbGeometry#DEFAULT} and no
     *     interrupt wired
     */
    public static Builder builder(PhysicalMemory memory) {
        return new Builder(memory);
    }

    /** Resets the unit: registers to their reset values, translation off, the cache empty. */
    public void reset() {
        synchronized (translator) {
            file.reset();
            translator.control(file.control());
            translator.invalidate(TlbMatch.ALL);
        }
    }

    /**
     * What this unit can do.
     *
     * @return the capabilities it was built with
     */
    public ArmV7Capabilities capabilities() {
        return file.capabilities();
    }

    @Override
    public MmioRegion registers() {
        return registers;
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        long answer = answer(iova, accessBits);
        return answer > 0 ? TlbWord.packed(answer, iova) : answer;
    }

    @Override
    public Translation translate(DmaRequest request) {
        long answer = answer(request.iova(), request.accessBits());
        return answer > 0 ? TlbWord.translation(answer, request.iova()) : fault(answer);
    }

    private long answer(long iova, int access) {
        if (iova >>> ADDRESS_BITS != 0) {
            return ABORTED;
        }
        if (!translator.control().on()) {
            return untranslated(access);
        }
        long answer = translator.translate(0, iova, access);
        if (answer < 0) {
            interrupt.pulse();
        }
        return answer;
    }

    /** SCTLR.M=0: a flat map without checks (B3.2). */
    private static long untranslated(int access) {
        return TlbWord.untranslated(
                Permissions.isInstruction(access) ? MemoryTypes.NON_CACHEABLE : MemoryTypes.STRONGLY_ORDERED);
    }

    private long record(long fault, int streamId, long address, int access) {
        file.record(fault, address, access);
        return recorded(fault);
    }

    private static long recorded(long fault) {
        return Translations.recorded(Translations.fault(FaultWord.status(fault), FaultResponse.ABORT));
    }

    private static Translation.Fault fault(long packed) {
        int code = Translations.faultCode(packed);
        String name = FaultStatus.of(code).map(Enum::name).orElse("ABORT");
        return new Translation.Fault(code, name, Translations.response(packed), Translations.isRecorded(packed));
    }

    @Override
    public Explanation explain(DmaRequest request) {
        if (request.iova() >>> ADDRESS_BITS != 0) {
            return new Explanation(
                    request, List.of(), fault(ABORTED), List.of(), "an address of more than 32 bits never arrives");
        }
        WalkControl now = translator.control();
        int access = request.accessBits();
        if (!now.on()) {
            Translation flat = TlbWord.translation(untranslated(access), request.iova());
            return new Explanation(request, List.of(), flat, List.of(), "SCTLR.M=0: not translated (B3.2)");
        }
        Explainer explainer = new Explainer(memory, now, request.iova());
        long answer = explainer.walk(access);
        if (answer > 0) {
            Translation ok = TlbWord.translation(answer, request.iova());
            return new Explanation(request, explainer.fetches(), ok, List.of(), explainer.conclusion());
        }
        List<Long> event =
                List.of(ArmV7RegisterFile.faultStatus(answer, access) & 0xFFFF_FFFFL, request.iova() & 0xFFFF_FFFFL);
        return new Explanation(request, explainer.fetches(), fault(recorded(answer)), event, explainer.conclusion());
    }

    /**
     * Does nothing: everything a register starts is done when the write returns.
     *
     * @return {@code false}
     */
    @Override
    public boolean step() {
        return false;
    }

    /** The register window: aligned accesses of 32 bits, everything else reads zero and writes nothing. */
    private final class Window implements MmioRegion {

        @Override
        public long size() {
            return ArmV7Register.WINDOW;
        }

        @Override
        public long read(long offset, int width) {
            Optional<ArmV7Register> register = width == 4 ? ArmV7Register.at(offset) : Optional.empty();
            if (register.isEmpty()) {
                return 0;
            }
            synchronized (translator) {
                return file.read(register.get()) & 0xFFFF_FFFFL;
            }
        }

        @Override
        public void write(long offset, int width, long value) {
            Optional<ArmV7Register> register = width == 4 ? ArmV7Register.at(offset) : Optional.empty();
            if (register.isPresent()) {
                synchronized (translator) {
                    write(register.get(), (int) value);
                }
            }
        }

        private void write(ArmV7Register register, int value) {
            long address = Tlbi.MVA.inPlace(value);
            int asid = Tlbi.ASID.getInt(value);
            switch (register) {
                case TLBIALL -> translator.invalidate(TlbMatch.ALL);
                case TLBIMVA -> translator.invalidate(TlbMatch.page(address, asid));
                case TLBIASID -> translator.invalidate(TlbMatch.space(asid));
                case TLBIMVAA -> translator.invalidate(TlbMatch.range(address, address));
                default -> {
                    if (register.access() == RegisterAccess.RW) {
                        file.write(register, value);
                        translator.control(file.control());
                    }
                }
            }
        }
    }

    /** Collects what a unit is made of. Not thread-safe. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private ArmV7Capabilities capabilities = ArmV7Capabilities.everything();
        private TlbGeometry tlb = TlbGeometry.DEFAULT;
        private InterruptLine interrupt = () -> {};

        private Builder(PhysicalMemory memory) {
            this.memory = memory;
        }

        /**
         * What the unit can do.
         *
         * @param value the capabilities
         * @return this
         */
        public Builder capabilities(ArmV7Capabilities value) {
            capabilities = value;
            return this;
        }

        /**
         * The translation cache.
         *
         * @param value how large it is
         * @return this
         * @throws IllegalArgumentException when it is to keep faults, which the architecture forbids
         */
        public Builder tlb(TlbGeometry value) {
            if (value.faults() == TlbGeometry.Faults.KEPT) {
                throw new IllegalArgumentException("VMSAv7 does not let a TLB keep faults");
            }
            tlb = value;
            return this;
        }

        /**
         * The line that pulses at every recorded fault.
         *
         * @param value the line
         * @return this
         */
        public Builder interrupt(InterruptLine value) {
            interrupt = value;
            return this;
        }

        /**
         * Makes the unit, in its reset state.
         *
         * @return a new unit
         */
        public ArmV7Mmu build() {
            return new ArmV7Mmu(this);
        }
    }
}
