package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr1;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr2;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Gbpa;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;

/**
 * What every register holds, and when software may change it (IHI 0070 §6.3).
 *
 * <p>The monitor of this object is <em>the</em> register lock: every method must be called with it held, and nothing
 * outside the SMMU (memory, interrupts, MSIs) is called while it is.
 *
 * <p>Updates of CR0 and IRQ_CTRL are acknowledged before the write returns, with exceptions that another thread can see:
 * CMDQEN, EVENTQEN and PRIQEN stay acknowledged while a command, a record or a page request is in flight, an interrupt
 * enable while its MSI is, and SMMUEN until translation is at rest.
 */
final class RegisterState {

    private final Smmuv3Capabilities capabilities;
    private final WritableBits writable;
    private final long[] values = new long[SmmuRegister.values().length];
    private final int[] messagesInFlight = new int[InterruptSource.values().length];
    private boolean commandInFlight;
    private boolean recordInFlight;
    private boolean pageRequestInFlight;
    private boolean serviceFailure;
    private int quiescing;
    private long generation;

    RegisterState(Smmuv3Capabilities capabilities) {
        this.capabilities = capabilities;
        this.writable = new WritableBits(capabilities);
        synchronized (this) {
            reset();
        }
    }

    /** Everything as after a reset; what is in flight ends without a trace. */
    void reset() {
        assertHeld();
        generation++;
        serviceFailure = false;
        for (SmmuRegister register : SmmuRegister.values()) {
            values[register.ordinal()] = IdRegisters.value(register, capabilities);
        }
        set(SmmuRegister.GBPA, Integer.toUnsignedLong(capabilities.gbpaReset()) & writable.mask(SmmuRegister.GBPA));
    }

    /** How often the SMMU was reset: work that began before a reset must not end after it. */
    long generation() {
        assertHeld();
        return generation;
    }

    /** What a read returns. */
    long read(SmmuRegister register) {
        assertHeld();
        long value = values[register.ordinal()];
        return switch (register) {
            case CMDQ_CONS -> withoutUnusedIndexBits(value, commandQueueIndex());
            case EVENTQ_PROD -> withoutUnusedIndexBits(value, eventQueueIndex());
            case PRIQ_PROD -> withoutUnusedIndexBits(value, priQueueIndex());
            default -> value;
        };
    }

    private static long withoutUnusedIndexBits(long value, QueueIndex index) {
        return value & ~Queue.INDEX.mask() | index.position((int) value);
    }

    /**
     * What a write does to the register itself and to its acknowledgement.
     *
     * @param value what is written, in place
     * @param lanes the bits that are written
     */
    void write(SmmuRegister register, long value, long lanes) {
        assertHeld();
        long bits = lanes & writable.mask(register) & ~locked(register, value);
        set(register, values[register.ordinal()] & ~bits | value & bits);
        acknowledge();
    }

    /** The bits that the register's guard protects now. */
    private long locked(SmmuRegister register, long value) {
        return switch (register.guard()) {
            case NONE -> 0;
            case SMMUEN -> lockedBy(Cr0.SMMUEN.mask());
            case CMDQEN -> lockedBy(Cr0.CMDQEN.mask());
            case EVENTQEN -> lockedBy(Cr0.EVENTQEN.mask());
            case PRIQEN -> lockedBy(Cr0.PRIQEN.mask());
            case GERROR_IRQEN -> lockedBy(InterruptSource.GERROR);
            case EVENTQ_IRQEN -> lockedBy(InterruptSource.EVENTQ);
            case PRIQ_IRQEN -> lockedBy(InterruptSource.PRIQ);
            case PER_FIELD ->
                (lockedBy(Cr0.SMMUEN.mask()) & Cr1.TABLE.mask())
                        | (lockedBy(Cr0.CMDQEN.mask() | Cr0.EVENTQEN.mask() | Cr0.PRIQEN.mask()) & Cr1.QUEUE.mask());
            case UPDATE_FLAG -> Gbpa.UPDATE.isSet(value) ? 0 : -1L;
        };
    }

    private long lockedBy(long enables) {
        return ((get(SmmuRegister.CR0) | get(SmmuRegister.CR0ACK)) & enables) != 0 ? -1L : 0;
    }

    private long lockedBy(InterruptSource source) {
        long any = get(SmmuRegister.IRQ_CTRL) | get(SmmuRegister.IRQ_CTRLACK);
        return source.enable().isSet(any) ? -1L : 0;
    }

    /** Lets the acknowledgements follow what was written, as far as nothing in flight holds them back. */
    private void acknowledge() {
        long held = Cr0.SMMUEN.mask()
                | (commandInFlight ? Cr0.CMDQEN.mask() : 0)
                | (recordInFlight ? Cr0.EVENTQEN.mask() : 0)
                | (pageRequestInFlight ? Cr0.PRIQEN.mask() : 0);
        set(SmmuRegister.CR0ACK, get(SmmuRegister.CR0) | get(SmmuRegister.CR0ACK) & held);
        long heldInterrupts = 0;
        for (InterruptSource source : InterruptSource.values()) {
            if (messagesInFlight[source.ordinal()] > 0) {
                heldInterrupts |= source.enable().mask();
            }
        }
        set(SmmuRegister.IRQ_CTRLACK, get(SmmuRegister.IRQ_CTRL) | get(SmmuRegister.IRQ_CTRLACK) & heldInterrupts);
    }

    /**
     * Whether SMMUEN was cleared and is not acknowledged yet. Whoever is told so has translation come to rest and then calls
     * {@link #quiesced}.
     */
    boolean mustQuiesce() {
        assertHeld();
        boolean disabling = Cr0.SMMUEN.isSet(get(SmmuRegister.CR0ACK) & ~get(SmmuRegister.CR0));
        quiescing += disabling ? 1 : 0;
        return disabling;
    }

    /** Translation is at rest: SMMUEN=0 is acknowledged, if it still is 0. */
    void quiesced() {
        assertHeld();
        quiescing--;
        if (quiescing == 0) {
            long others = get(SmmuRegister.CR0ACK) & ~Cr0.SMMUEN.mask();
            set(SmmuRegister.CR0ACK, others | get(SmmuRegister.CR0) & Cr0.SMMUEN.mask());
        }
    }

    /** A command is being fetched or executed, or no longer. */
    void commandInFlight(boolean inFlight) {
        assertHeld();
        commandInFlight = inFlight;
        acknowledge();
    }

    /** A record is being written to memory, or no longer. */
    void recordInFlight(boolean inFlight) {
        assertHeld();
        recordInFlight = inFlight;
        acknowledge();
    }

    /** A page request is being written to memory, or no longer. */
    void pageRequestInFlight(boolean inFlight) {
        assertHeld();
        pageRequestInFlight = inFlight;
        acknowledge();
    }

    /** From now to the next reset nothing translates, and no queue moves (§12.3). */
    void enterServiceFailure() {
        assertHeld();
        serviceFailure = true;
    }

    boolean isInServiceFailure() {
        assertHeld();
        return serviceFailure;
    }

    /** An interrupt is on its way, or has arrived. */
    void messagesInFlight(InterruptSource source, int change) {
        assertHeld();
        messagesInFlight[source.ordinal()] += change;
        acknowledge();
    }

    /** The register as stored. */
    long get(SmmuRegister register) {
        assertHeld();
        return values[register.ordinal()];
    }

    /** Stores without asking a guard: the SMMU's own writes. */
    void set(SmmuRegister register, long value) {
        assertHeld();
        values[register.ordinal()] = value;
    }

    /** Whether a CR0 enable was written and acknowledged. */
    boolean isEnabled(BitField enable) {
        return enable.isSet(get(SmmuRegister.CR0) & get(SmmuRegister.CR0ACK));
    }

    /** Whether interrupts of a source are enabled. */
    boolean isEnabled(InterruptSource source) {
        return source.enable().isSet(get(SmmuRegister.IRQ_CTRL) & get(SmmuRegister.IRQ_CTRLACK));
    }

    boolean isActive(GlobalError error) {
        return ((get(SmmuRegister.GERROR) ^ get(SmmuRegister.GERRORN)) & error.mask()) != 0;
    }

    /** Makes an error active; {@code false} when it already is, and the new occurrence is lost. */
    boolean activate(GlobalError error) {
        if (isActive(error)) {
            return false;
        }
        set(SmmuRegister.GERROR, get(SmmuRegister.GERROR) ^ error.mask());
        return true;
    }

    /** Size of the command queue: LOG2SIZE, capped by IDR1.CMDQS. */
    QueueIndex commandQueueIndex() {
        return index(SmmuRegister.CMDQ_BASE, capabilities.cmdqs());
    }

    /** Size of the event queue: LOG2SIZE, capped by IDR1.EVENTQS. */
    QueueIndex eventQueueIndex() {
        return index(SmmuRegister.EVENTQ_BASE, capabilities.eventqs());
    }

    /** Size of the PRI queue: LOG2SIZE, capped by IDR1.PRIQS. */
    QueueIndex priQueueIndex() {
        return index(SmmuRegister.PRIQ_BASE, capabilities.priqs());
    }

    private QueueIndex index(SmmuRegister base, int largest) {
        return new QueueIndex(Math.min(Queue.LOG2SIZE.getInt(get(base)), largest));
    }

    /**
     * Physical address of a queue entry: the base aligned down to the queue's size and to 32 bytes, truncated to OAS.
     *
     * @param base CMDQ_BASE, EVENTQ_BASE or PRIQ_BASE
     * @param position index register whose low bits name the entry
     * @param entryLg2 log2 of the bytes of an entry
     */
    long entryAddress(SmmuRegister base, QueueIndex index, int position, int entryLg2) {
        int alignment = Math.max(5, index.sizeLg2() + entryLg2);
        long start = Log2.alignDown(Queue.ADDR.inPlace(get(base)), alignment);
        return start + ((long) index.index(position) << entryLg2) & Log2.mask(capabilities.oasBits());
    }

    /** What the translation path needs to know. */
    ControlState control() {
        if (serviceFailure) {
            return ControlState.SERVICE_FAILURE;
        }
        long cr0 = get(SmmuRegister.CR0ACK);
        long cr2 = get(SmmuRegister.CR2);
        return new ControlState(
                isEnabled(Cr0.SMMUEN),
                Cr0.ATSCHK.isSet(cr0),
                Cr2.RECINVSID.isSet(cr2),
                Cr2.E2H.isSet(cr2),
                Cr2.REC_CFG_ATS.isSet(cr2),
                (int) get(SmmuRegister.GBPA),
                get(SmmuRegister.STRTAB_BASE),
                (int) get(SmmuRegister.STRTAB_BASE_CFG));
    }

    /** What the commands need to know. */
    CommandContext commandContext() {
        long cr0 = get(SmmuRegister.CR0ACK);
        int wildcard = Cr0.VMW.getInt(cr0);
        int ignored = wildcard <= 4 ? (int) Log2.mask(wildcard) : 0;
        return new CommandContext(isEnabled(Cr0.SMMUEN), Cr2.E2H.isSet(get(SmmuRegister.CR2)), 0xFFFF & ~ignored);
    }

    /** Whether broadcast TLB maintenance is taken: it exists, and CR2.PTM does not turn it off. */
    boolean takesBroadcasts() {
        return capabilities.btm() && !Cr2.PTM.isSet(get(SmmuRegister.CR2));
    }

    private void assertHeld() {
        assert Thread.holdsLock(this) : "the register lock must be held";
    }
}
