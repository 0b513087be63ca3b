package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.AddressType;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.FaultResponse;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PageRequestUnit;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.Translations;
import io.github.iommu4j.api.memory.MmioRegion;
import io.github.iommu4j.api.memory.MsiSink;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.vtd.layout.InterruptMessage;
import io.github.iommu4j.vtd.layout.PageRequestDescriptor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A remapping unit of Intel VT-d: registers that a guest's own driver programs, tables and queues in memory, DMA remapping,
 * interrupt remapping and posting, page requests.
 *
 * <p>A guest that writes a register sees the effect when the write returns: commands are done, queued descriptors are consumed
 * (unless built with {@link QueueProcessing#STEPPED}).
 *
 * <p><b>Restoring a captured state.</b> A unit comes to a state that GSTS_REG shows by the writes that lead there, in this
 * order: IQA_REG; GCMD_REG with QIE; IRTA_REG; GCMD_REG with QIE and SIRTP; RTADDR_REG; GCMD_REG with the sticky bits so far and
 * SRTP; event and protected memory registers; GCMD_REG with IRE, CFI and TE as they were. The queue begins at 0 and empty then:
 * do not write a captured IQT_REG, which names descriptors that were executed before.
 *
 * <p><b>Thread-safety:</b> everything may be called from any thread at any time. A translation takes no lock unless it faults
 * and has a record to write. No lock is held while a message is sent or a device is told something, so their receivers may read
 * and write registers; they must not wait for a wait descriptor of this unit to complete.
 */
public final class Vtd implements PageRequestUnit {

    private static final long ADVANCED_FAULT_LOG = 1L << 3;
    private static final Translation PROTECTED =
            new Translation.Fault(0, "PROTECTED_MEMORY", FaultResponse.ABORT, false);

    private final VtdCapabilities capabilities;
    private final Endpoints devices;
    private final TranslationSide translation;
    private final InterruptRemapping interrupts;
    private final InterruptObserver observer;
    private final InvalidationQueue queue;
    private final PageRequestQueue pageRequests;
    private final GlobalCommands commands;
    private final RegisterFile registers;
    private final Counts counts = new Counts();
    private volatile ControlState control = ControlState.RESET;

    private Vtd(Builder builder) {
        PhysicalMemory memory = builder.memory;
        Set<VtdDeviation> deviations = builder.deviations;
        capabilities = builder.capabilities;
        devices = builder.devices;
        observer = builder.observer;
        RegisterState state = new RegisterState(capabilities);
        EventInterrupts events =
                new EventInterrupts(state, capabilities, builder.msi == null ? memory::store32 : builder.msi);
        FaultRecording faults = new FaultRecording(
                new FaultRecording.Surroundings(state, events, counts), capabilities, builder.collapsing);
        translation = builder.parts.make(memory, capabilities, deviations, faults);
        interrupts = new InterruptRemapping(
                new InterruptRemapping.Surroundings(memory, faults, counts), capabilities, deviations);
        CacheControl caches = translation.caches();
        queue = new InvalidationQueue(
                new InvalidationQueue.Surroundings(state, memory, faults, events),
                new InvalidationQueue.Executors(
                        new InvalidationRules(capabilities, deviations),
                        new InvalidationExecutor(capabilities, caches, interrupts.entries()),
                        builder.devices,
                        builder.responses),
                new QueueRules(capabilities, deviations, builder.processing),
                counts);
        pageRequests = new PageRequestQueue(
                new PageRequestQueue.Surroundings(state, memory, events, counts, builder.devices),
                translation,
                capabilities);
        commands = new GlobalCommands(
                state,
                capabilities,
                deviations,
                new GlobalCommands.Controlled(this::control, caches, interrupts, queue, faults));
        registers = new RegisterFile(
                state,
                capabilities,
                new RegisterFile.Handlers(
                        commands,
                        new RegisterInvalidation(state, capabilities, deviations, caches),
                        queue,
                        faults,
                        events));
    }

    private void control(ControlState now) {
        control = now;
        translation.control(now);
    }

    /**
     * Starts building a unit.
     *
     * @param memory the machine's memory, as the unit sees it
     * @param capabilities what the unit can do
     * @return a builder
     */
    public static Builder builder(PhysicalMemory memory, VtdCapabilities capabilities) {
        return new Builder(memory, capabilities);
    }

    /** As {@link #builder(PhysicalMemory, VtdCapabilities)}, with another side that translates. */
    static Builder builder(PhysicalMemory memory, VtdCapabilities capabilities, TranslationParts parts) {
        Builder builder = new Builder(memory, capabilities);
        builder.parts = parts;
        return builder;
    }

    /**
     * A warm reset: nothing is translated nor remapped, caches and what was outstanding in queues are empty. FSTS_REG, ICS_REG,
     * PRS_REG, IQERCD_REG and fault records keep what they hold. Memory stays.
     */
    public void reset() {
        commands.reset();
    }

    /**
     * What this unit can do.
     *
     * @return the capabilities it was built with
     */
    public VtdCapabilities capabilities() {
        return capabilities;
    }

    /**
     * What registers, queues and interrupts have done so far.
     *
     * @return a snapshot
     */
    public VtdCounters counters() {
        return counts.snapshot();
    }

    @Override
    public MmioRegion registers() {
        return registers;
    }

    @Override
    public long translate(int streamId, int substreamId, long iova, int accessBits) {
        ControlState now = control;
        long answer = translation.translate(streamId, substreamId, iova, accessBits);
        boolean blocked =
                Translations.isOk(answer) && Translations.pa(answer) == iova && isProtected(now, iova, accessBits);
        return blocked ? Translations.fault(0, FaultResponse.ABORT) : answer;
    }

    @Override
    public Translation translate(DmaRequest request) {
        ControlState now = control;
        Translation answer = translation.translate(request);
        return isProtected(now, request, answer) ? PROTECTED : answer;
    }

    @Override
    public Explanation explain(DmaRequest request) {
        Explanation explanation = translation.explain(request);
        return isProtected(control, request, explanation.result())
                ? new Explanation(
                        request,
                        explanation.fetches(),
                        PROTECTED,
                        List.of(),
                        "not remapped, and in protected memory (PMEN_REG)")
                : explanation;
    }

    private static boolean isProtected(ControlState now, DmaRequest request, Translation answer) {
        return answer.kind() == Translation.Kind.OK
                && ((Translation.Ok) answer).pa() == request.iova()
                && isProtected(now, request.iova(), request.accessBits());
    }

    /**
     * Requests that nothing remaps do not reach protected memory, and nothing is logged of them (§3.15). Of remapped ones, which
     * the specification leaves to page tables, those are blocked too that end at the address they have.
     */
    private static boolean isProtected(ControlState now, long address, int accessBits) {
        return (accessBits >>> Access.ADDRESS_TYPE_SHIFT & 3) == AddressType.UNTRANSLATED.ordinal()
                && !(now.translating() && InterruptMessage.isInterrupt(address))
                && now.protectedMemory().blocks(address);
    }

    /**
     * Consumes at most one descriptor of the invalidation queue, or completes one wait descriptor that was held back by a
     * device. A descriptor that stops the queue with an error counts as something done.
     *
     * @return {@code false} when the queue is empty, disabled or stopped, or another thread is consuming
     */
    @Override
    public boolean step() {
        return queue.step();
    }

    /**
     * A device writes to FEEx_xxxxh: the interrupt goes on to the observer, to a posted descriptor or nowhere.
     *
     * @param write the write, untranslated and without PASID
     * @return what became of it
     */
    public InterruptAnswer remap(InterruptWrite write) {
        InterruptAnswer answer = interrupts.remap(write);
        switch (answer.kind()) {
            case DELIVERED -> observer.deliver(((InterruptAnswer.Delivered) answer).interrupt());
            case POSTED -> ((InterruptAnswer.Posted) answer).notification().ifPresent(observer::deliver);
            case BLOCKED -> {}
        }
        return answer;
    }

    /**
     * A device asks for a page (§7.4). A group whose last request is not queued is answered at once: with success after an
     * overflow, so that the device tries again, with failure when it may not ask.
     *
     * @param message the request; a StreamID beyond 16 bits is nobody's, and is refused
     */
    @Override
    public void pageRequest(PageRequestMessage message) {
        if (message.streamId() >>> 16 == 0) {
            pageRequests.enqueue(PageRequestDescriptor.of(message));
        } else if (message.last() && !message.isStopMarker()) {
            devices.respond(new PrgResponse(
                    message.streamId(), message.substreamId(), message.prgIndex(), PrgResponse.Code.FAILURE));
        }
    }

    /**
     * A device asks for a page, perhaps with private data. Otherwise as {@link #pageRequest(PageRequestMessage)}.
     *
     * @param request the request, as it will stand in the queue
     * @return what the unit did with it
     */
    public PageRequestAnswer pageRequest(PageRequestDescriptor request) {
        return pageRequests.enqueue(request);
    }

    /**
     * A device answers an invalidation that it left for {@link Endpoints.Reply#LATER}. An answer to one that is not outstanding
     * is a completion error: FSTS_REG.ICE.
     *
     * @param invalidation which
     * @param reply the answer; {@link Endpoints.Reply#LATER} changes nothing
     */
    public void complete(InvalidateRequest invalidation, Endpoints.Reply reply) {
        queue.complete(invalidation, reply);
    }

    /** Collects what a unit is made of. Not thread-safe. */
    public static final class Builder {

        private final PhysicalMemory memory;
        private final VtdCapabilities capabilities;
        private final Set<VtdDeviation> deviations = EnumSet.noneOf(VtdDeviation.class);
        private @Nullable MsiSink msi;
        private Endpoints devices = Endpoints.NONE;
        private PageGroupObserver responses = PageGroupObserver.NONE;
        private InterruptObserver observer = InterruptObserver.NONE;
        private FaultCollapsing collapsing = FaultCollapsing.BY_SOURCE;
        private QueueProcessing processing = QueueProcessing.ON_DOORBELL;
        private CacheGeometry caches = CacheGeometry.DEFAULT;
        private TranslationParts parts = this::translator;

        private Builder(PhysicalMemory memory, VtdCapabilities capabilities) {
            this.memory = memory;
            this.capabilities = capabilities;
        }

        private TranslationSide translator(
                PhysicalMemory seen, VtdCapabilities able, Set<VtdDeviation> deviating, FaultSink faults) {
            return new Translator(seen, new Unit(able, new Deviations(deviating)), faults, caches);
        }

        /**
         * How large the caches of translations and of structures are.
         *
         * @param value {@link CacheGeometry#DEFAULT} by default
         * @return this
         */
        public Builder caches(CacheGeometry value) {
            caches = value;
            return this;
        }

        /**
         * What the unit does otherwise than the specification.
         *
         * @param values the deviations; none by default
         * @return this
         */
        public Builder deviations(Set<VtdDeviation> values) {
            deviations.clear();
            deviations.addAll(values);
            return this;
        }

        /**
         * Where the unit's own event messages go. Without a sink every message is a 32-bit store to memory.
         *
         * @param value the sink
         * @return this
         */
        public Builder msi(MsiSink value) {
            msi = value;
            return this;
        }

        /**
         * The devices behind the unit.
         *
         * @param value who invalidates device TLBs and gets answers to page requests
         * @return this
         */
        public Builder endpoints(Endpoints value) {
            devices = value;
            return this;
        }

        /**
         * Who sees page group responses with their private data.
         *
         * @param value the observer
         * @return this
         */
        public Builder responses(PageGroupObserver value) {
            responses = value;
            return this;
        }

        /**
         * Where interrupts of devices go.
         *
         * @param value the observer
         * @return this
         */
        public Builder interrupts(InterruptObserver value) {
            observer = value;
            return this;
        }

        /**
         * What happens to a fault whose source-id a record already has.
         *
         * @param value {@link FaultCollapsing#BY_SOURCE} by default
         * @return this
         */
        public Builder faultCollapsing(FaultCollapsing value) {
            collapsing = value;
            return this;
        }

        /**
         * When invalidation descriptors are consumed.
         *
         * @param value at the doorbell, or by {@link Vtd#step()} only
         * @return this
         */
        public Builder queueProcessing(QueueProcessing value) {
            processing = value;
            return this;
        }

        /**
         * Makes the unit, in its reset state.
         *
         * @return a new unit
         * @throws IllegalArgumentException when CAP_REG announces advanced fault logging (AFL), which is not modelled, or when
         *     CAP_REG.FRO or ECAP_REG.IRO put registers onto others
         */
        public Vtd build() {
            if ((capabilities.cap() & ADVANCED_FAULT_LOG) != 0) {
                throw new IllegalArgumentException(
                        "CAP_REG 0x" + Long.toHexString(capabilities.cap()) + " has AFL, which is not modelled");
            }
            return new Vtd(this);
        }
    }
}
