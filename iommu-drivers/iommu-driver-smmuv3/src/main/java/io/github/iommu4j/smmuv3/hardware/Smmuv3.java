package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PageRequestUnit;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.MsiSink;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.IdField;
import org.jspecify.annotations.Nullable;

/**
 * An Arm SMMUv3 (IHI 0070): registers that a guest's own driver programs, queues and tables in memory, translation.
 *
 * <pre>{@code
 * Smmuv3 smmu = Smmuv3.builder(memory).msi(gic).build();
 * bus.mapMmio(0x0905_0000L, smmu.registers());
 * long answer = smmu.translate(streamId, iova, Access.WRITE);   // read it with Translations
 * }</pre>
 *
 * <p>One Non-secure programming interface, one command queue. A guest that writes a register sees the effect when the
 * write returns: enables are acknowledged, queued commands are consumed (unless built with {@link
 * CommandProcessing#STEPPED}).
 *
 * <p><b>Thread-safety:</b> everything may be called from any thread at any time. A translation takes no lock unless it
 * faults and has an event to record. No lock is held while an interrupt line pulses or an MSI is sent, so their
 * receiver may read and write registers, from that thread or another; a line or an MSI must not wait for a CMD_SYNC of
 * this SMMU to complete. An event record is written to memory with only the event queue held, so {@link
 * PhysicalMemory} must not wait for a thread that is inside {@link #registers()}.
 */
public final class Smmuv3 implements PageRequestUnit {

    private final Smmuv3Capabilities capabilities;
    private final Translator translator;
    private final StalledTransactions stalls;
    private final CommandQueue commands;
    private final RegisterFile registers;
    private final Interrupts interrupts;
    private final EndpointCommands endpoints;
    private final PriQueue pageRequests;

    private Smmuv3(Builder builder) {
        PhysicalMemory memory = builder.memory;
        AttributedMsiSink msi =
                builder.msi == null ? (address, data, attributes) -> memory.store32(address, data) : builder.msi;
        capabilities = builder.capabilities;
        CacheEpoch epoch = new CacheEpoch();
        RegisterState state = new RegisterState(capabilities);
        interrupts = new Interrupts(state, capabilities, msi, builder.interrupts);
        EventQueue events = new EventQueue(state, memory, epoch, interrupts);
        stalls = new StalledTransactions(
                capabilities, epoch, events::recordStall, builder.endpoints, builder.stallRecording);
        translator = new Translator(memory, capabilities, builder.caches, epoch, events, stalls);
        endpoints = new EndpointCommands(builder.endpoints);
        pageRequests = new PriQueue(
                capabilities,
                new PriQueue.Surroundings(state, memory, interrupts),
                builder.endpoints,
                translator::pasidOf);
        CommandExecutor executor = new CommandExecutor(
                capabilities, translator.invalidation(), prefetch(translator), endpoints, events, stalls);
        commands = new CommandQueue(state, memory, executor, interrupts, builder.processing);
        registers = new RegisterFile(state, interrupts, commands, translator);
    }

    private static Prefetch prefetch(Translator translator) {
        return new Prefetch() {
            @Override
            public void config(int streamId, int substreamId) {
                translator.prefetchConfig(streamId, substreamId);
            }

            @Override
            public void address(int streamId, int substreamId, long address) {
                translator.prefetchAddress(streamId, substreamId, address);
            }
        };
    }

    /**
     * Starts building an SMMU.
     *
     * @param memory the machine's memory, as the SMMU sees it
     * @return a builder of an SMMU with {@link Smmuv3Capabilities#everything()}, default caches and no interrupt wired
     */
    public static Builder builder(PhysicalMemory memory) {
        return new Builder(memory);
    }

    /**
     * Resets the SMMU: registers to their reset values, translation disabled, caches empty, stalled accesses aborted. Memory
     * stays. What other threads have in flight ends before or after, and leaves nothing in the registers after.
     */
    public void reset() {
        registers.reset();
        endpoints.reset();
        Invalidation caches = translator.invalidation();
        caches.steRange(0, 31);
        for (TlbInvalidation.Scope scope :
                new TlbInvalidation.Scope[] {TlbInvalidation.Scope.NSNH_ALL, TlbInvalidation.Scope.EL2_ALL}) {
            caches.tlb(new TlbInvalidation(scope, 0, 0, 0, 0, -1L, 0, 0, false));
        }
        stalls.terminateAll();
    }

    /**
     * What this SMMU can do.
     *
     * @return the capabilities it was built with
     */
    public Smmuv3Capabilities capabilities() {
        return capabilities;
    }

    /**
     * What the translation path has done so far.
     *
     * @return a snapshot
     */
    public Smmuv3Counters counters() {
        return translator.counters();
    }

    @Override
    public MmioRegion registers() {
        return registers;
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        return translator.translate(streamId, substreamId, iova, accessBits);
    }

    @Override
    public Translation translate(DmaRequest request) {
        return translator.translate(request);
    }

    @Override
    public Explanation explain(DmaRequest request) {
        return translator.explain(request);
    }

    /**
     * A device asks for a page (§8.1). What the queue does not take is answered at once where an answer is due.
     *
     * @param message the request
     */
    @Override
    public void pageRequest(PageRequestMessage message) {
        pageRequests.receive(message);
    }

    /**
     * A device says what became of an invalidation that it put off with {@link Endpoints.Reply#LATER}. When it was the last
     * outstanding one, a waiting CMD_SYNC goes on before this returns (unless commands are stepped); after {@link
     * Endpoints.Reply#TIMED_OUT} it stops with CERROR_ATC_INV_SYNC. What is not outstanding is ignored.
     *
     * @param request what was asked for
     * @param reply what came back; {@link Endpoints.Reply#LATER} and {@link Endpoints.Reply#UNEXPECTED} leave it outstanding
     */
    public void complete(InvalidateRequest request, Endpoints.Reply reply) {
        endpoints.complete(request, reply);
        commands.doorbell();
    }

    /**
     * A processor broadcasts TLB maintenance (IDR0.BTM, §3.17). It acts as the TLBI command with the same scope would, VMID
     * wildcards included, and is complete when this returns; CMD_SYNC has nothing to do with it. Without BTM, with CR2.PTM=1,
     * and for what is no legal TLBI command nothing happens.
     *
     * @param maintenance a CMD_TLBI_* that does what the processor's instruction does, such as CMD_TLBI_NH_VA for TLBI VAE1IS
     */
    public void broadcast(Command maintenance) {
        commands.broadcast(maintenance);
    }

    /**
     * Enters service failure mode (§12.3), as an SMMU does on an error of its own that it cannot correct: SFM_ERR becomes
     * active, all transactions abort without a record, and the queues stand still. Only {@link #reset()} leaves it;
     * acknowledging SFM_ERR does not.
     */
    public void enterServiceFailureMode() {
        registers.enterServiceFailure();
        interrupts.deliver();
    }

    /**
     * Consumes at most one command. A command that stops the queue with an error counts as something done.
     *
     * @return {@code false} when the queue is empty, disabled or stopped, or another thread is consuming
     */
    @Override
    public boolean step() {
        return commands.step();
    }

    /** Collects what an SMMU is made of. Not thread-safe. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private Smmuv3Capabilities capabilities = Smmuv3Capabilities.everything();
        private @Nullable AttributedMsiSink msi;
        private Smmuv3Interrupts interrupts = Smmuv3Interrupts.none();
        private CacheGeometry caches = CacheGeometry.DEFAULT;
        private CommandProcessing processing = CommandProcessing.ON_DOORBELL;
        private Endpoints endpoints = Endpoints.NONE;
        private StallRecording stallRecording = StallRecording.EVERY;

        private Builder(PhysicalMemory memory) {
            this.memory = memory;
        }

        /**
         * What the SMMU can do, and its implementation defined reset values.
         *
         * @param value the capabilities
         * @return this
         */
        public Builder capabilities(Smmuv3Capabilities value) {
            capabilities = value;
            return this;
        }

        /**
         * Where MSIs go. A guest may have CMD_SYNC write to ordinary memory and poll it (Linux does), so the sink must
         * store what is not for an interrupt controller. Without a sink every MSI is a 32-bit store to memory.
         *
         * @param value the sink
         * @return this
         */
        public Builder msi(MsiSink value) {
            msi = (address, data, attributes) -> value.write(address, data);
            return this;
        }

        /**
         * Where MSIs go, with their memory attributes. Otherwise as {@link #msi(MsiSink)}.
         *
         * @param value the sink
         * @return this
         */
        public Builder attributedMsi(AttributedMsiSink value) {
            msi = value;
            return this;
        }

        /**
         * The wired interrupts.
         *
         * @param value the lines
         * @return this
         */
        public Builder interrupts(Smmuv3Interrupts value) {
            interrupts = value;
            return this;
        }

        /**
         * The caches.
         *
         * @param value how large they are and what they keep
         * @return this
         */
        public Builder caches(CacheGeometry value) {
            caches = value;
            return this;
        }

        /**
         * When commands are consumed.
         *
         * @param value at the doorbell, or by {@link Smmuv3#step()} only
         * @return this
         */
        public Builder commandProcessing(CommandProcessing value) {
            processing = value;
            return this;
        }

        /**
         * The devices behind the SMMU: who drops translations, gets answers to page requests and is told the end of stalls.
         *
         * @param value the devices; called with no lock held
         * @return this
         */
        public Builder endpoints(Endpoints value) {
            endpoints = value;
            return this;
        }

        /**
         * Which stalled accesses software is told of.
         *
         * @param value every one, or not those that repeat one that waits
         * @return this
         */
        public Builder stallRecording(StallRecording value) {
            stallRecording = value;
            return this;
        }

        /**
         * Makes the SMMU, in its reset state.
         *
         * @return a new SMMU
         * @throws IllegalArgumentException when the capabilities announce what translation does not do yet: AArch32 tables
         *     (TTF bit 0); a guest never sees half a feature. Also when they announce stalls and room for none (STALL_MAX=0)
         */
        public Smmuv3 build() {
            refuse(IdField.TTF, (capabilities.get(IdField.TTF) & 1) != 0);
            if (capabilities.stallModel() != 1 && capabilities.stallMax() == 0) {
                throw new IllegalArgumentException(
                        "STALL_MAX=0 leaves no room for the stalls of STALL_MODEL=" + capabilities.stallModel());
            }
            return new Smmuv3(this);
        }

        private void refuse(IdField field, boolean announced) {
            if (announced) {
                throw new IllegalArgumentException(field + "=" + capabilities.get(field) + " is not modelled");
            }
        }
    }
}
