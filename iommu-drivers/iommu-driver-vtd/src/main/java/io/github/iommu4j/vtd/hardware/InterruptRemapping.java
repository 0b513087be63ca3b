package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.InterruptEntry;
import io.github.iommu4j.vtd.layout.InterruptMessage;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Interrupt remapping and posting (Intel VT-d §5.1, §5.2): from a device's write to an interrupt, a posted descriptor or a
 * fault. Takes no lock unless an entry is not cached or a fault is recorded.
 */
final class InterruptRemapping {

    /** Reasons (§5.1.4.1). */
    static final int RESERVED_REQUEST = 0x20;

    static final int INDEX = 0x21;
    static final int NOT_PRESENT = 0x22;
    static final int ENTRY_FETCH = 0x23;
    static final int RESERVED_ENTRY = 0x24;
    static final int COMPATIBILITY_FORMAT = 0x25;
    static final int SOURCE = 0x26;
    static final int DESCRIPTOR_FETCH = 0x27;
    static final int RESERVED_DESCRIPTOR = 0x28;
    static final int MALFORMED = 0x29;

    private final PhysicalMemory memory;
    private final FaultSink faults;
    private final Counts counts;
    private final SourceCheck sources;
    private final int addressBits;
    private final boolean posts;
    private final boolean keepsAll;
    private final boolean compatibilityPasses;
    private final InterruptEntryCache entries = new InterruptEntryCache();
    private final PostedInterrupts posting;
    private volatile InterruptControl control = InterruptControl.RESET;

    /** What it takes part in. */
    record Surroundings(PhysicalMemory memory, FaultSink faults, Counts counts) {}

    InterruptRemapping(Surroundings surroundings, VtdCapabilities capabilities, Set<VtdDeviation> deviations) {
        this.memory = surroundings.memory();
        this.faults = surroundings.faults();
        this.counts = surroundings.counts();
        this.sources = new SourceCheck(deviations);
        this.addressBits = capabilities.hostAddressWidth();
        this.posts = capabilities.postsInterrupts();
        this.keepsAll = capabilities.isCaching();
        this.compatibilityPasses = deviations.contains(VtdDeviation.COMPATIBILITY_FORMAT_PASSES);
        this.posting = new PostedInterrupts(memory);
    }

    /** Interrupts that come later go by this. */
    void control(InterruptControl now) {
        control = now;
    }

    /** The interrupt entry cache. */
    InterruptEntryCache entries() {
        return entries;
    }

    /** Handles one write; nothing is delivered yet. */
    InterruptAnswer remap(InterruptWrite write) {
        InterruptAnswer answer = answer(control, write);
        switch (answer.kind()) {
            case DELIVERED -> counts.interrupt();
            case POSTED -> counts.interruptPosted();
            case BLOCKED -> counts.interruptBlocked();
        }
        return answer;
    }

    private InterruptAnswer answer(InterruptControl now, InterruptWrite write) {
        InterruptMessage message = write.message();
        if (!now.remapping()) {
            return new InterruptAnswer.Delivered(asItIs(message));
        }
        if (write.bytes() != 4) {
            return blocked(write, MALFORMED, 0);
        }
        if (!message.isRemappable()) {
            boolean passes = compatibilityPasses || now.compatible() && !now.isExtended();
            return passes ? new InterruptAnswer.Delivered(asItIs(message)) : blocked(write, COMPATIBILITY_FORMAT, 0);
        }
        if (message.hasReservedBits() || message.address() >>> 32 != 0) {
            return blocked(write, RESERVED_REQUEST, 0);
        }
        if (message.index() >= now.entries() || !Log2.fits(now.entry(message.index()), addressBits)) {
            return blocked(write, INDEX, message.index());
        }
        return byEntry(now, write);
    }

    private InterruptAnswer byEntry(InterruptControl now, InterruptWrite write) {
        int index = write.message().index();
        InterruptEntry entry = entries.lookUp(index);
        if (entry != null) {
            counts.entryHit();
        } else {
            entry = fetch(now, index);
            if (entry == null) {
                return blocked(write, ENTRY_FETCH, index);
            }
        }
        int reason = validate(now, entry);
        if (reason != 0) {
            return blocked(write, entry, reason);
        }
        if (!sources.accepts(entry, write.sid())) {
            return blocked(write, entry, SOURCE);
        }
        return entry.isPosted() ? post(now, write, entry) : new InterruptAnswer.Delivered(remapped(now, entry));
    }

    /** Reads an entry, and keeps it if it is valid; with CAP.CM any entry is kept (§6.1). */
    private @Nullable InterruptEntry fetch(InterruptControl now, int index) {
        counts.entryMiss();
        long begun = entries.epoch();
        try {
            InterruptEntry entry = InterruptEntry.readFrom(memory, now.entry(index));
            if (keepsAll || validate(now, entry) == 0) {
                entries.fill(begun, index, entry);
            }
            return entry;
        } catch (BusErrorException unanswered) {
            return null;
        }
    }

    private int validate(InterruptControl now, InterruptEntry entry) {
        if (!entry.isPresent()) {
            return NOT_PRESENT;
        }
        boolean reserved = entry.hasReservedBits(now.isExtended() ? 1 : 0) || entry.isPosted() && !posts;
        return reserved ? RESERVED_ENTRY : 0;
    }

    private InterruptAnswer post(InterruptControl now, InterruptWrite write, InterruptEntry entry) {
        int vector = InterruptEntry.VECTOR.getInt(entry.q0());
        long outcome = posting.post(entry.postedDescriptor(), vector, InterruptEntry.URG.isSet(entry.q0()));
        if (outcome == PostedInterrupts.UNREACHABLE) {
            return blocked(write, entry, DESCRIPTOR_FETCH);
        }
        if (outcome == PostedInterrupts.INVALID) {
            return blocked(write, entry, RESERVED_DESCRIPTOR);
        }
        Optional<Interrupt> notification = outcome == PostedInterrupts.QUIET
                ? Optional.empty()
                : Optional.of(PostedInterrupts.notification(outcome, now.isExtended()));
        return new InterruptAnswer.Posted(entry.postedDescriptor(), vector, notification);
    }

    private InterruptAnswer blocked(InterruptWrite write, int reason, int index) {
        long info = FaultRecord.INTERRUPT_INDEX.of(index & 0xFFFF);
        boolean recorded = faults.report(reason, write.sid(), TranslationUnit.NO_SUBSTREAM, info, 0);
        return new InterruptAnswer.Blocked(reason, recorded);
    }

    /** A fault that the entry's FPD silences. */
    private InterruptAnswer blocked(InterruptWrite write, InterruptEntry entry, int reason) {
        return InterruptEntry.FPD.isSet(entry.q0())
                ? new InterruptAnswer.Blocked(reason, false)
                : blocked(write, reason, write.message().index());
    }

    private static Interrupt remapped(InterruptControl now, InterruptEntry entry) {
        int dst = InterruptEntry.DST.getInt(entry.q0());
        return new Interrupt(
                now.isExtended() ? dst : dst >>> 8 & 0xFF,
                InterruptEntry.VECTOR.getInt(entry.q0()),
                InterruptEntry.DLM.getInt(entry.q0()),
                new Interrupt.Flags(
                        InterruptEntry.DM.isSet(entry.q0()),
                        InterruptEntry.RH.isSet(entry.q0()),
                        InterruptEntry.TM.isSet(entry.q0())));
    }

    private static Interrupt asItIs(InterruptMessage message) {
        return new Interrupt(
                InterruptMessage.DESTINATION.getInt(message.address()),
                InterruptMessage.VECTOR.getInt(message.data()),
                InterruptMessage.DELIVERY_MODE.getInt(message.data()),
                new Interrupt.Flags(
                        InterruptMessage.DESTINATION_MODE.isSet(message.address()),
                        InterruptMessage.REDIRECTION_HINT.isSet(message.address()),
                        InterruptMessage.TRIGGER_MODE.isSet(message.data())));
    }
}
