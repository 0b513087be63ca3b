package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.bits.BitField;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.RegisterFields.Fsts;
import io.github.iommu4j.vtd.layout.VtdRegister;

/**
 * Primary fault logging (Intel VT-d §7.2.1): the fault-recording registers, FSTS_REG and its event.
 *
 * <p>Methods without a comment on locking take the register lock themselves.
 */
final class FaultRecording implements FaultSink {

    /** While one of these is set, another is no new event (§11.4, FECTL_REG.IP). */
    private static final long PENDING =
            Fsts.PFO.mask() | Fsts.PPF.mask() | Fsts.IQE.mask() | Fsts.ICE.mask() | Fsts.ITE.mask();

    private final RegisterState state;
    private final EventInterrupts events;
    private final Counts counts;
    private final boolean collapses;
    /** Guarded by {@link #state}, as everything below. */
    private final long[] low;

    private final long[] high;
    private int next;

    FaultRecording(Surroundings surroundings, VtdCapabilities capabilities, FaultCollapsing collapsing) {
        this.state = surroundings.state();
        this.events = surroundings.events();
        this.counts = surroundings.counts();
        this.collapses = collapsing == FaultCollapsing.BY_SOURCE;
        this.low = new long[capabilities.faultRecords()];
        this.high = new long[low.length];
    }

    /** Whom it shares the unit with. */
    record Surroundings(RegisterState state, EventInterrupts events, Counts counts) {}

    @Override
    public boolean report(int reason, int sid, int pasid, long info, long attributes) {
        long page = FaultRecord.FI.inPlace(info);
        long process = pasid == TranslationUnit.NO_SUBSTREAM ? 0 : FaultRecord.PP.mask() | FaultRecord.PV.of(pasid);
        long rest = FaultRecord.F.mask() | attributes | process | FaultRecord.FR.of(reason) | FaultRecord.SID.of(sid);
        boolean written;
        synchronized (state) {
            written = record(page, rest);
        }
        events.deliver();
        return written;
    }

    @Override
    public boolean wouldReport(int sid) {
        synchronized (state) {
            return !state.isSet(VtdRegister.FSTS, Fsts.PFO)
                    && !(collapses && isRecorded(sid))
                    && !FaultRecord.F.isSet(high[next]);
        }
    }

    private boolean record(long page, long rest) {
        if (state.isSet(VtdRegister.FSTS, Fsts.PFO)) {
            counts.faultLost();
            return false;
        }
        if (collapses && isRecorded(FaultRecord.SID.get(rest))) {
            counts.faultCollapsed();
            return false;
        }
        if (FaultRecord.F.isSet(high[next])) {
            state.setBits(VtdRegister.FSTS, Fsts.PFO);
            counts.faultLost();
            return false;
        }
        low[next] = page;
        high[next] = rest;
        long status = state.get(VtdRegister.FSTS);
        if (!Fsts.PPF.isSet(status)) {
            state.set(VtdRegister.FSTS, Fsts.FRI.with(status, next));
            raise(Fsts.PPF);
        }
        next = (next + 1) % low.length;
        counts.faultRecorded();
        return true;
    }

    private boolean isRecorded(long sid) {
        for (long record : high) {
            if (FaultRecord.F.isSet(record) && FaultRecord.SID.get(record) == sid) {
                return true;
            }
        }
        return false;
    }

    /** Sets a status bit, with an event unless one is set already; the register lock is held. */
    void raise(BitField status) {
        boolean pending = (state.get(VtdRegister.FSTS) & PENDING) != 0;
        state.setBits(VtdRegister.FSTS, status);
        if (!pending) {
            events.raise(EventSource.FAULT);
        }
    }

    /** A write to FSTS_REG; the register lock is held. */
    void writeStatus(long value, long lanes) {
        state.write(VtdRegister.FSTS, value, lanes);
        settle();
    }

    /** A write to the upper word of a record: a 1 to F frees it; the register lock is held. */
    void writeRecord(int index, long value) {
        high[index] &= ~FaultRecord.F.inPlace(value);
        for (long record : high) {
            if (FaultRecord.F.isSet(record)) {
                return;
            }
        }
        state.clearBits(VtdRegister.FSTS, Fsts.PPF);
        settle();
    }

    private void settle() {
        if ((state.get(VtdRegister.FSTS) & PENDING) == 0) {
            events.settle(EventSource.FAULT);
        }
    }

    /** One word of a record; the register lock is held. */
    long read(VtdRegister word, int index) {
        return word == VtdRegister.FRCD_LOW ? low[index] : high[index];
    }

    /** The next fault goes to record 0; the register lock is held. */
    void restart() {
        next = 0;
    }
}
