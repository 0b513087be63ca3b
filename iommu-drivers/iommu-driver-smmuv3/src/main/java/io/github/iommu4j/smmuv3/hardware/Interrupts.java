package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.InterruptLine;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.RegisterFields.IrqCfg;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts, wired and by message (IHI 0070 §3.18).
 *
 * <p>Whoever causes one calls {@link #raise} or {@link #signal} with the register lock held, after the cause can be
 * seen in the registers, and {@link #deliver} once no lock is held any more: an embedder's interrupt controller may
 * well stop another thread that is reading our registers.
 */
final class Interrupts {

    private record Message(InterruptSource source, long address, int data, int attributes) {}

    private final RegisterState state;
    private final AttributedMsiSink sink;
    private final Smmuv3Interrupts lines;
    private final boolean wakesUp;
    private final boolean sendsMessages;
    private final long addressMask;
    /** Guarded by {@link #state}. */
    private final Queue<Message> pending = new ArrayDeque<>();

    Interrupts(RegisterState state, Smmuv3Capabilities capabilities, AttributedMsiSink sink, Smmuv3Interrupts lines) {
        this.state = state;
        this.sink = sink;
        this.lines = lines;
        this.wakesUp = capabilities.sev();
        this.sendsMessages = capabilities.msi();
        this.addressMask = Log2.mask(capabilities.oasBits());
    }

    /** An occurrence of a source; the register lock is held. */
    void raise(InterruptSource source) {
        if (state.isEnabled(source)) {
            long address = IrqCfg.ADDR.inPlace(state.get(source.address()));
            long attributes = state.get(source.attributes());
            pending.add(new Message(
                    source,
                    address,
                    (int) state.get(source.data()),
                    attributes(IrqCfg.MEM_ATTR.getInt(attributes), IrqCfg.SH.getInt(attributes))));
            state.messagesInFlight(source, 1);
        }
    }

    /** An occurrence of a global error; the register lock is held. */
    void signal(GlobalError error) {
        if (state.activate(error) && error != GlobalError.MSI_GERROR_ABT_ERR) {
            raise(InterruptSource.GERROR);
        }
    }

    /** Sends what was raised; no lock is held. */
    void deliver() {
        for (Message message = next(); message != null; message = next()) {
            try {
                line(message.source()).pulse();
                send(message);
            } finally {
                synchronized (state) {
                    state.messagesInFlight(message.source(), -1);
                }
            }
        }
    }

    private @Nullable Message next() {
        synchronized (state) {
            return pending.poll();
        }
    }

    /** The completion signal of a consumed CMD_SYNC; no lock is held. */
    void completed(Command sync) {
        if (sync.cs() == Command.CS_IRQ) {
            lines.commandSync().pulse();
            int attributes = attributes(Command.MSI_ATTR.getInt(sync.dw0()), Command.MSH.getInt(sync.dw0()));
            send(sync.msiAddress(), sync.msiData(), attributes, GlobalError.MSI_CMDQ_ABT_ERR);
        } else if (sync.cs() == Command.CS_SEV && wakesUp) {
            lines.wakeUp().pulse();
        }
    }

    /** The attributes of a message, from fields that are encoded as STE.MemAttr and STE.SHCFG; 1 is non-shareable here. */
    private static int attributes(int memAttr, int shareability) {
        return MemoryTypes.overridden(memAttr, 0, shareability);
    }

    private void send(Message message) {
        send(
                message.address(),
                message.data(),
                message.attributes(),
                message.source().aborted());
    }

    private void send(long address, int data, int attributes, GlobalError aborted) {
        if (address == 0 || !sendsMessages) {
            return;
        }
        try {
            sink.write(address & addressMask, data, MemoryTypes.unpack(attributes));
        } catch (BusErrorException e) {
            synchronized (state) {
                signal(aborted);
            }
        }
    }

    private InterruptLine line(InterruptSource source) {
        return switch (source) {
            case EVENTQ -> lines.eventQueue();
            case PRIQ -> lines.pageRequestQueue();
            case GERROR -> lines.globalError();
        };
    }
}
