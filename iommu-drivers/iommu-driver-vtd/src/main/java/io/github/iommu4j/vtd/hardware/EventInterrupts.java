package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.MsiSink;
import io.github.iommu4j.vtd.layout.RegisterFields.EventControl;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The event interrupts: FECTL_REG, IECTL_REG, PECTL_REG and the registers of their messages (Intel VT-d §7.3).
 *
 * <p>Whoever causes one calls {@link #raise} with the register lock held, after the cause can be seen in the registers, and
 * {@link #deliver} once no lock is held any more. Messages are not remapped.
 */
final class EventInterrupts {

    private record Message(long address, int data) {}

    private final RegisterState state;
    private final MsiSink sink;
    private final boolean extended;
    /** Guarded by {@link #state}. */
    private final Queue<Message> pending = new ArrayDeque<>();

    EventInterrupts(RegisterState state, VtdCapabilities capabilities, MsiSink sink) {
        this.state = state;
        this.sink = sink;
        this.extended = capabilities.hasExtendedInterruptMode();
    }

    /** An interrupt condition; the register lock is held. */
    void raise(EventSource source) {
        state.setBits(source.control(), EventControl.IP);
        unmasked(source);
    }

    /** Sends what waits unless it is masked; the register lock is held. */
    void unmasked(EventSource source) {
        long control = state.get(source.control());
        if (!EventControl.IP.isSet(control) || EventControl.IM.isSet(control)) {
            return;
        }
        settle(source);
        long upper = extended ? state.get(source.upperAddress()) << 32 : 0;
        pending.add(new Message(upper | state.get(source.address()), (int) state.get(source.data())));
    }

    /** Software has seen to the condition: nothing waits any more; the register lock is held. */
    void settle(EventSource source) {
        state.clearBits(source.control(), EventControl.IP);
    }

    /** Messages that were not sent before a reset are not sent after it; the register lock is held. */
    void reset() {
        pending.clear();
    }

    /** Sends what was raised; no lock is held. */
    void deliver() {
        for (Message message = next(); message != null; message = next()) {
            try {
                sink.write(message.address(), message.data());
            } catch (BusErrorException lost) {
                // Nothing answers at the address that software wrote: the specification has no status for it.
            }
        }
    }

    private @Nullable Message next() {
        synchronized (state) {
            return pending.poll();
        }
    }
}
