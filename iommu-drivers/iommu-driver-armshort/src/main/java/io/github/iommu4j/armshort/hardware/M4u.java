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
import io.github.iommu4j.armshort.layout.M4uFault;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.armshort.layout.MasterId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * MediaTek's Multimedia Memory Management Unit, second generation (mt8173 and its kin), with the SMI larbs and the part of
 * the SMI common in front of it: registers, short-descriptor tables with MediaTek's address bits, translation.
 *
 * <pre>{@code
 * M4u m4u = M4u.builder(memory).capabilities(M4uCapabilities.mt8173()).interrupt(line).build();
 * bus.mapMmio(0x1020_5000L, m4u.registers());
 * bus.mapMmio(0x1402_1000L, m4u.larb(0).registers());
 * long answer = m4u.translate(new MasterId(0, 5).id(), iova, Access.WRITE);   // read it with Translations
 * }</pre>
 *
 * <p>A stream id is larb and port as {@link MasterId} packs them; substreams do not matter. A port whose bit in its larb
 * is 0 goes past the M4U: its addresses are physical. A fault's code is that of {@link M4uFault}; the first of each
 * engine is in the registers when the call returns, and the interrupt line has pulsed if it is enabled. {@link
 * FaultResponse#RAZ_WI} says that the access went to {@link #protectAddress}. Ports that do not exist, addresses wider
 * than the part's, and addresses past the M4U beyond the part's physical ones abort without a record.
 *
 * <p>MediaTek publishes no manual: this is what the drivers of Linux 4.6 to 6.1 rely on.
 *
 * <p><b>Thread-safety:</b> everything may be called from any thread at any time. A translation that is cached takes no
 * lock. No lock is held while the interrupt line pulses. {@link PhysicalMemory} must not wait for a thread that is inside
 * {@link #registers()}.
 */
public final class M4u implements TranslationUnit {

    private static final long ABORTED = Translations.fault(0, FaultResponse.ABORT);
    private static final long PAST = TlbWord.untranslated(MemoryTypes.DEFAULT);

    private final PhysicalMemory memory;
    private final M4uCapabilities capabilities;
    private final SmiCommon common = new SmiCommon();
    private final PortRoutes routes = new PortRoutes();
    private final @Nullable SmiLarb[] larbs = new SmiLarb[32];
    private final int inputBits;
    private final M4uRegisterFile file;
    private final M4uFaults faults;
    private final Translator translator;
    private final M4uWindow registers;
    private final InterruptLine interrupt;

    private M4u(Builder builder) {
        memory = builder.memory;
        capabilities = builder.capabilities;
        interrupt = builder.interrupt;
        inputBits = capabilities.inputBits();
        for (LarbWiring wiring : capabilities.larbs()) {
            larbs[wiring.larb()] = new SmiLarb(wiring, capabilities.layout().larbControl(), routes);
        }
        file = new M4uRegisterFile(capabilities, builder.remap());
        faults = new M4uFaults(capabilities, file, common);
        translator = new Translator(memory, builder.tlb, file.control(), faults::record);
        registers = new M4uWindow(file, faults, translator, builder);
    }

    /**
     * Starts building an M4U.
     *
     * @param memory the machine's memory, as other masters see it
     * @return a builder of an mt8173 in ordinary memory mode, with a cache that keeps faults as well, range invalidations
     *     that take effect when polled, and no interrupt wired
     */
    public static Builder builder(PhysicalMemory memory) {
        return new Builder(memory);
    }

    /**
     * Resets the M4U, as when its power is cut: registers to their reset values, the cache empty. Larbs and the common
     * have resets of their own.
     */
    public void reset() {
        registers.reset();
    }

    /**
     * What this M4U can do.
     *
     * @return the capabilities it was built with
     */
    public M4uCapabilities capabilities() {
        return capabilities;
    }

    /**
     * One of the larbs.
     *
     * @param id the larb's id
     * @return the larb
     * @throws IllegalArgumentException when there is none with that id
     */
    public SmiLarb larb(int id) {
        SmiLarb larb = id >>> 5 == 0 ? larbs[id] : null;
        if (larb == null) {
            throw new IllegalArgumentException("no larb " + id);
        }
        return larb;
    }

    /**
     * The SMI common that the larbs hang on.
     *
     * @return the common
     */
    public SmiCommon common() {
        return common;
    }

    @Override
    public MmioRegion registers() {
        return registers;
    }

    /**
     * Where an access that faults is sent while CTRL_REG says "to programmed address": within the buffer named by
     * IVRP_PADDR, the low bits from the access.
     *
     * @param iova the address that faulted
     * @return a physical address of the machine's memory
     */
    public long protectAddress(long iova) {
        synchronized (translator) {
            long buffer = capabilities.layout().ivrp().address(file.get(M4uRegister.IVRP_PADDR));
            return file.format().bus(buffer)
                    | iova & capabilities.layout().ivrp().size() - 1;
        }
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        long answer = answer(streamId, iova, accessBits);
        return answer > 0 ? TlbWord.packed(answer, iova) : answer;
    }

    @Override
    public Translation translate(DmaRequest request) {
        long answer = answer(request.streamId(), request.iova(), request.accessBits());
        return answer > 0 ? TlbWord.translation(answer, request.iova()) : fault(answer);
    }

    private long answer(int streamId, long iova, int access) {
        int route = routes.get(streamId);
        if (!PortRoutes.isThrough(route)) {
            return past(route, iova);
        }
        long address = iova | PortRoutes.bank(route);
        if (address >>> inputBits != 0) {
            return ABORTED;
        }
        long answer = translator.translate(streamId, address, access);
        if (answer < 0 && registers.raises()) {
            interrupt.pulse();
        }
        return answer;
    }

    private long past(int route, long iova) {
        return route == PortRoutes.PAST && iova >>> capabilities.outputBits() == 0 ? PAST : ABORTED;
    }

    private static Translation.Fault fault(long packed) {
        int code = Translations.faultCode(packed);
        String name = M4uFault.of(code).map(Enum::name).orElse("ABORT");
        return new Translation.Fault(code, name, Translations.response(packed), Translations.isRecorded(packed));
    }

    @Override
    public Explanation explain(DmaRequest request) {
        int route = routes.get(request.streamId());
        if (route == PortRoutes.ABSENT) {
            return unwalked(request, ABORTED, "there is no such port");
        }
        MasterId master = MasterId.of(request.streamId());
        String name = "larb " + master.larb() + " port " + master.port();
        if (route == PortRoutes.PAST) {
            long answer = past(route, request.iova());
            String where = answer > 0 ? " goes past the M4U" : " goes past the M4U, to an address nothing has";
            return unwalked(request, answer, name + where);
        }
        long address = request.iova() | PortRoutes.bank(route);
        if (address >>> inputBits != 0) {
            return unwalked(request, ABORTED, "an address of so many bits never arrives");
        }
        return walked(request, address, name);
    }

    private static Explanation unwalked(DmaRequest request, long answer, String conclusion) {
        Translation result = answer > 0 ? TlbWord.translation(answer, request.iova()) : fault(answer);
        return new Explanation(request, List.of(), result, List.of(), conclusion);
    }

    private Explanation walked(DmaRequest request, long address, String name) {
        synchronized (translator) {
            Explainer explainer = new Explainer(memory, translator.control(), address);
            long answer = explainer.walk(request.accessBits());
            String conclusion =
                    name + ", mmu" + common.engine(request.streamId() >>> 5) + ": " + explainer.conclusion();
            if (answer > 0) {
                Translation ok = TlbWord.translation(answer, request.iova());
                return new Explanation(request, explainer.fetches(), ok, List.of(), conclusion);
            }
            M4uFaults.Entry entry =
                    faults.entry(answer, MasterId.of(request.streamId()), address, request.accessBits());
            if (file.protects()) {
                conclusion += "; sent to 0x" + Long.toHexString(protectAddress(address));
            }
            List<Long> event = faults.isFree(entry.engine()) ? entry.words() : List.of();
            return new Explanation(request, explainer.fetches(), fault(faults.answer(entry)), event, conclusion);
        }
    }

    /**
     * Finishes at most one range invalidation.
     *
     * @return {@code false} when none was under way
     */
    @Override
    public boolean step() {
        return registers.finishRange();
    }

    /** Collects what an M4U is made of. Not thread-safe. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private M4uCapabilities capabilities = M4uCapabilities.mt8173();
        private TlbGeometry tlb = TlbGeometry.DEFAULT.keeping(TlbGeometry.Faults.KEPT);
        private Infracfg infracfg = new Infracfg(Infracfg.MemoryMode.ORDINARY);
        InterruptLine interrupt = () -> {};
        RangeCompletion completion = RangeCompletion.ON_POLL;

        private Builder(PhysicalMemory memory) {
            this.memory = memory;
        }

        /**
         * Which part it is.
         *
         * @param value the capabilities
         * @return this
         */
        public Builder capabilities(M4uCapabilities value) {
            capabilities = value;
            return this;
        }

        /**
         * The translation cache.
         *
         * @param value how large it is and whether it keeps faults
         * @return this
         */
        public Builder tlb(TlbGeometry value) {
            tlb = value;
            return this;
        }

        /**
         * The machine's infrastructure block, which says whether there is 4 GiB mode.
         *
         * @param value the block
         * @return this
         * @throws IllegalArgumentException at {@link #build()} when it says so and the part has no address above 4 GiB
         */
        public Builder infracfg(Infracfg value) {
            infracfg = value;
            return this;
        }

        /**
         * The interrupt line: it pulses when the first enabled fault becomes pending.
         *
         * @param value the line
         * @return this
         */
        public Builder interrupt(InterruptLine value) {
            interrupt = value;
            return this;
        }

        /**
         * When range invalidations take effect.
         *
         * @param value when polled or when stepped
         * @return this
         */
        public Builder rangeCompletion(RangeCompletion value) {
            completion = value;
            return this;
        }

        private DescriptorFormat.Remap remap() {
            return infracfg.mode() == Infracfg.MemoryMode.FOUR_GIGABYTES
                    ? DescriptorFormat.Remap.FOUR_GIGABYTES
                    : DescriptorFormat.Remap.NONE;
        }

        /**
         * Makes the M4U, in its reset state.
         *
         * @return a new M4U
         * @throws IllegalArgumentException when the machine is in 4 GiB mode and the part has 32-bit physical addresses
         */
        public M4u build() {
            if (remap() == DescriptorFormat.Remap.FOUR_GIGABYTES && capabilities.outputBits() < 33) {
                throw new IllegalArgumentException("4 GiB mode with physical addresses of 32 bits");
            }
            return new M4u(this);
        }
    }
}
