package io.github.iommu4j.testkit.machine;

import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PageRequestMessage;
import io.github.iommu4j.api.dma.PageRequestUnit;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A device that does DMA through an IOMMU: a scatter-gather engine, and a buffer with an engine that copies between it and
 * memory, as the emulator's teaching device {@code edu} has.
 *
 * <p>Built with {@link #builder}, it is a whole PCIe endpoint: with {@link Builder#translationCache} it asks for translations
 * (ATS) and keeps them until it is told to drop them; with {@link Builder#pageRequests} it asks for pages (PRI); a stalled
 * access waits for the end of its stall. Give it, or an {@link EndpointMap} of several, to the unit as its {@link Endpoints}.
 *
 * <pre>{@code
 * FakeDevice device = FakeDevice.builder(smmu, memory, 5)
 *         .translationCache(16, smmu::complete)
 *         .pageRequests(smmu, 3)
 *         .build();
 * endpoints.add(5, device);
 * DmaTransfer transfer = device.start(DmaJob.of(DmaSegment.write(0x1000, data)).withPasid(7));
 * while (device.step()) {}
 * }</pre>
 *
 * <p><b>Thread-safety:</b> one thread starts and steps transfers; what the unit calls may come from any thread.
 */
public final class FakeDevice implements Endpoints {

    /** Bytes of the buffer. */
    public static final int BUFFER_SIZE = 4096;

    private final DmaEngine engine;
    private final DeviceTranslations translations;
    private final PageRequestGroups groups;
    private final DeviceStalls stalls;
    private final @Nullable BiConsumer<InvalidateRequest, Reply> completions;
    private final @Nullable PageRequestUnit pages;
    private final int streamId;
    private final byte[] buffer = new byte[BUFFER_SIZE];
    private final List<DmaTransfer> running = new ArrayList<>();
    /** Guarded by itself: invalidations that were answered with {@link Reply#LATER}. */
    private final List<InvalidateRequest> later = new ArrayList<>();

    private volatile Reply reply = Reply.COMPLETED;

    /**
     * A device behind a mock IOMMU: no ATS, no page requests, no stalls.
     *
     * @param device in whose name requests are made
     * @param iommu what stands between
     * @param memory where they go
     */
    public FakeDevice(Device device, MockIommuDriver iommu, PhysicalMemory memory) {
        this(new Builder(new MockUnit(device, iommu), memory, 0));
    }

    private FakeDevice(Builder builder) {
        pages = builder.pages;
        streamId = builder.streamId;
        completions = builder.completions;
        translations = new DeviceTranslations(builder.capacity, builder.forgets);
        groups = new PageRequestGroups();
        groups.enable(pages != null);
        stalls = new DeviceStalls();
        engine = new DmaEngine(
                new DmaEngine.Port(builder.unit, pages, builder.memory, streamId),
                builder.capacity > 0 ? translations : null,
                groups,
                stalls,
                builder.tries);
    }

    /**
     * Starts building a device.
     *
     * @param unit what stands between the device and memory
     * @param memory where translated accesses go
     * @param streamId StreamID or requester ID, unsigned 32 bits
     * @return a builder of a device without ATS and PRI
     */
    public static Builder builder(TranslationUnit unit, PhysicalMemory memory, int streamId) {
        return new Builder(unit, memory, streamId);
    }

    /**
     * Starts a transfer.
     *
     * @param job what is to be done
     * @return the transfer, not begun: {@link #step()} moves it
     */
    public DmaTransfer start(DmaJob job) {
        DmaTransfer transfer = new DmaTransfer(job);
        running.add(transfer);
        return transfer;
    }

    /**
     * Moves each transfer that can move by one piece of at most a page; a transfer whose answer came goes on.
     *
     * @return whether any moved
     */
    public boolean step() {
        boolean moved = false;
        Iterator<DmaTransfer> all = List.copyOf(running).iterator();
        while (all.hasNext()) {
            DmaTransfer transfer = all.next();
            moved |= engine.step(transfer);
            if (transfer.isEnded()) {
                running.remove(transfer);
            }
        }
        answerIdle();
        return moved;
    }

    /**
     * Starts a transfer and steps until it has ended or nothing moves.
     *
     * @param job what is to be done
     * @return the transfer; still waiting where an answer has not come
     */
    public DmaTransfer run(DmaJob job) {
        DmaTransfer transfer = start(job);
        boolean moves = true;
        while (moves && !transfer.isEnded()) {
            moves = step();
        }
        return transfer;
    }

    /**
     * Reads memory. What the IOMMU blocks reads as zeros; the rest goes on.
     *
     * @param iova first address
     * @param length bytes
     * @return what was read, with zeros where reading was blocked
     * @throws IllegalStateException when an access waits for software: use {@link #start}
     */
    public byte[] read(long iova, int length) {
        return finished(run(DmaJob.of(DmaSegment.read(iova, length)).skippingFaults()))
                .data();
    }

    /**
     * Writes memory, where that is not blocked.
     *
     * @param iova first address
     * @param data what is written
     * @throws IllegalStateException when an access waits for software: use {@link #start}
     */
    public void write(long iova, byte[] data) {
        finished(run(DmaJob.of(DmaSegment.write(iova, data)).skippingFaults()));
    }

    private static DmaTransfer finished(DmaTransfer transfer) {
        if (transfer.state() != DmaTransfer.State.DONE) {
            throw new IllegalStateException(transfer.toString());
        }
        return transfer;
    }

    /**
     * Copies memory into the buffer.
     *
     * @param iova first address
     * @param offset first byte of the buffer
     * @param length bytes
     * @throws IllegalArgumentException when the buffer is too small
     */
    public void fetch(long iova, int offset, int length) {
        requireInBuffer(offset, length);
        System.arraycopy(read(iova, length), 0, buffer, offset, length);
    }

    /**
     * Copies the buffer into memory.
     *
     * @param iova first address
     * @param offset first byte of the buffer
     * @param length bytes
     * @throws IllegalArgumentException when the buffer is too small
     */
    public void store(long iova, int offset, int length) {
        requireInBuffer(offset, length);
        write(iova, Arrays.copyOfRange(buffer, offset, offset + length));
    }

    private static void requireInBuffer(int offset, int length) {
        if (offset < 0 || length < 0 || length > BUFFER_SIZE - offset) {
            throw new IllegalArgumentException(length + " bytes at " + offset + " are not in the buffer");
        }
    }

    /** Lets the device ask for pages again, after an answer of {@link PrgResponse.Code#FAILURE} stopped it. */
    public void enablePageRequests() {
        groups.enable(pages != null);
    }

    /** Stops the device from asking for pages: what finds no right fails. */
    public void disablePageRequests() {
        groups.enable(false);
    }

    /**
     * Says that the device has stopped using a PASID: a stop marker follows all page requests sent before.
     *
     * @param pasid 20 bits
     * @throws IllegalStateException when the device asks for no pages
     */
    public void stop(int pasid) {
        if (pages == null) {
            throw new IllegalStateException("the device asks for no pages");
        }
        pages.pageRequest(PageRequestMessage.stopMarker(streamId, pasid));
    }

    /**
     * How the device answers invalidations from now on: {@link Reply#COMPLETED} at first. With {@link Reply#LATER}, {@link
     * #answerInvalidations()} completes them; with the others the device drops nothing.
     *
     * @param value the reply
     */
    public void answerInvalidationsWith(Reply value) {
        reply = value;
    }

    /** Completes every invalidation that was put off and covers nothing in use. */
    public void answerInvalidations() {
        List<InvalidateRequest> done = new ArrayList<>();
        synchronized (later) {
            later.removeIf(request -> !translations.isInUse(request) && done.add(request));
        }
        for (InvalidateRequest request : done) {
            translations.completed(request);
            if (completions != null) {
                completions.accept(request, Reply.COMPLETED);
            }
        }
    }

    private void answerIdle() {
        if (reply != Reply.LATER) {
            answerInvalidations();
        }
    }

    /**
     * The invalidations that were put off and are not answered.
     *
     * @return a copy
     */
    public List<InvalidateRequest> outstandingInvalidations() {
        synchronized (later) {
            return List.copyOf(later);
        }
    }

    /**
     * Uses of translations after the device had said to have dropped them. None, unless it was built to forget that.
     *
     * @return a copy
     */
    public List<StaleHit> staleHits() {
        return translations.staleHits();
    }

    /**
     * How many translations the device keeps.
     *
     * @return 0 to the capacity
     */
    public int translationsCached() {
        return translations.size();
    }

    /** Drops every translation unasked, as a reset or switching ATS off does. */
    public void dropTranslations() {
        translations.clear();
    }

    /**
     * Answers that fit no group of page requests that waits for one. None, when the unit is right.
     *
     * @return a copy
     */
    public List<PrgResponse> unexpectedResponses() {
        return groups.unexpected();
    }

    /**
     * How many groups of page requests were asked for.
     *
     * @return a count
     */
    public long groupsAsked() {
        return groups.asked();
    }

    /**
     * How many groups of page requests were answered.
     *
     * @return a count
     */
    public long groupsAnswered() {
        return groups.answered();
    }

    @Override
    public Reply invalidate(InvalidateRequest request) {
        Reply now = reply;
        if (now == Reply.TIMED_OUT || now == Reply.UNEXPECTED) {
            return now;
        }
        boolean idle = translations.drop(request, now == Reply.COMPLETED);
        if (idle && now == Reply.COMPLETED) {
            return Reply.COMPLETED;
        }
        synchronized (later) {
            later.add(request);
        }
        return now == Reply.COMPLETED && isOver(request) ? Reply.COMPLETED : Reply.LATER;
    }

    /** Whether the use that was in the way has ended meanwhile, unnoticed by the thread that steps. */
    private boolean isOver(InvalidateRequest request) {
        synchronized (later) {
            if (translations.isInUse(request) || !later.remove(request)) {
                return false;
            }
        }
        translations.completed(request);
        return true;
    }

    @Override
    public void respond(PrgResponse response) {
        groups.respond(response);
    }

    @Override
    public void resume(int stream, int tag, Resumption outcome) {
        stalls.resume(tag, outcome);
    }

    /** Collects what a device is made of. Not thread-safe. */
    public static final class Builder {

        private final TranslationUnit unit;
        private final PhysicalMemory memory;
        private final int streamId;
        private int capacity;
        private boolean forgets;
        private @Nullable BiConsumer<InvalidateRequest, Reply> completions;
        private @Nullable PageRequestUnit pages;
        private int tries = 1;

        private Builder(TranslationUnit unit, PhysicalMemory memory, int streamId) {
            this.unit = unit;
            this.memory = memory;
            this.streamId = streamId;
        }

        /**
         * Has the device ask for translations, and keep them.
         *
         * @param translations how many it keeps, 1 or more; the one that was not used for longest goes first
         * @param completed where it says that an invalidation which came amidst a use, or was put off, is complete
         * @return this
         * @throws IllegalArgumentException when {@code translations} is less than 1
         */
        public Builder translationCache(int translations, BiConsumer<InvalidateRequest, Reply> completed) {
            if (translations < 1) {
                throw new IllegalArgumentException("a cache of " + translations + " translations");
            }
            capacity = translations;
            completions = completed;
            return this;
        }

        /**
         * Makes the device forget to drop what it says to have dropped: for showing that {@link FakeDevice#staleHits()} sees it.
         *
         * @return this
         */
        public Builder forgettingInvalidations() {
            forgets = true;
            return this;
        }

        /**
         * Has the device ask for pages it finds no right to, with ATS only.
         *
         * @param takes where requests go
         * @param mostTries how often it asks for the same piece before it gives up, 1 or more
         * @return this
         * @throws IllegalArgumentException when {@code mostTries} is less than 1
         */
        public Builder pageRequests(PageRequestUnit takes, int mostTries) {
            if (mostTries < 1) {
                throw new IllegalArgumentException(mostTries + " tries");
            }
            pages = takes;
            tries = mostTries;
            return this;
        }

        /**
         * Makes the device.
         *
         * @return a new device
         */
        public FakeDevice build() {
            return new FakeDevice(this);
        }
    }
}
