package io.github.iommu4j.tipat.hardware;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.tipat.layout.PatFields.Data1;
import io.github.iommu4j.tipat.layout.PatFields.Data2;
import io.github.iommu4j.tipat.layout.PatFields.Header0;
import io.github.iommu4j.tipat.layout.PatFields.LoggingControl;
import java.util.List;

/**
 * The one error a PAT keeps (SPRUIL1, PAT error logging). The first error is logged and interrupts; further ones are
 * lost until software reads the last register of the log or clears the pending bit. After a pulse of the interrupt the
 * next one comes only when software has written the end of the interrupt.
 *
 * <p>Group and code are not documented and read zero, as does the length of the access, which a translation does not
 * know. The route id is the lower 12 bits of the stream id.
 *
 * <p>Guarded by the registers it belongs to, but for {@link #hasRoom}.
 */
final class ExceptionLog {

    private static final int TYPE_OF_PAT = 5;

    private final int sourceId;
    private int control;
    private int destination;
    private int header0;
    private int data0;
    private int data1;
    private int data2;
    private boolean pending;
    private boolean enabled;
    private boolean awaitsEnd;
    private boolean interrupting;
    private volatile boolean room = true;

    ExceptionLog(int sourceId) {
        this.sourceId = sourceId;
    }

    void reset() {
        control = 0;
        destination = 0;
        header0 = 0;
        data0 = 0;
        data1 = 0;
        data2 = 0;
        pending = false;
        enabled = false;
        awaitsEnd = false;
        interrupting = false;
        room = true;
    }

    /** Whether the next error would be logged. May be asked without a lock. */
    boolean hasRoom() {
        return room;
    }

    /** Logs an error: {@code false} when it is lost. */
    boolean record(int streamId, long address, int accessBits) {
        if (!room) {
            return false;
        }
        header0 = header0();
        data0 = (int) address;
        data1 = data1(address);
        data2 = data2(streamId, accessBits);
        setPending(true);
        return true;
    }

    private int header0() {
        return (int) (Header0.TYPE.of(TYPE_OF_PAT) | Header0.SRC_ID.of(sourceId) | Header0.DEST_ID.of(destination));
    }

    private static int data1(long address) {
        return (int) Data1.ADDR_H.of(address >>> 32);
    }

    private static int data2(int streamId, int accessBits) {
        long word = Data2.ROUTEID.of(streamId & Log2.mask(12));
        word |= Data2.PRIV.of((accessBits & Access.PRIVILEGED_BIT) != 0 ? 1 : 0);
        word |= Data2.READ.of((accessBits & Access.READ_BIT) != 0 ? 1 : 0);
        word |= Data2.WRITE.of((accessBits & Access.WRITE_BIT) != 0 ? 1 : 0);
        return (int) word;
    }

    /** What {@link #record} would write, as pairs of registers: headers, address, who and how long. */
    List<Long> foretell(int streamId, long address, int accessBits) {
        return List.of(
                header0() & Log2.mask(32),
                address & Log2.mask(PatWindow.ADDRESS_BITS),
                data2(streamId, accessBits) & Log2.mask(32));
    }

    int control() {
        return control;
    }

    void setControl(int value) {
        control = value;
        updateRoom();
    }

    int destination() {
        return destination;
    }

    void setDestination(int value) {
        destination = value;
    }

    int loggedHeader0() {
        return header0;
    }

    int loggedData0() {
        return data0;
    }

    int loggedData1() {
        return data1;
    }

    int loggedData2() {
        return data2;
    }

    boolean isPending() {
        return pending;
    }

    void setPending(boolean nowPending) {
        pending = nowPending;
        updateRoom();
    }

    boolean isEnabled() {
        return enabled;
    }

    void setEnabled(boolean nowEnabled) {
        enabled = nowEnabled;
    }

    void endOfInterrupt() {
        awaitsEnd = false;
        interrupting = false;
    }

    private void updateRoom() {
        room = !pending && !LoggingControl.DISABLE_F.isSet(control);
    }

    /** Whether the interrupt line is to be pulsed now; to be asked once after every change. */
    boolean takePulse() {
        boolean interruptsNow = pending && enabled && !LoggingControl.DISABLE_INTR.isSet(control);
        boolean pulse = interruptsNow && !interrupting && !awaitsEnd;
        interrupting = interruptsNow;
        awaitsEnd |= pulse;
        return pulse;
    }
}
