package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.queue.QueueConsumer;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Cr0;
import io.github.iommu4j.smmuv3.layout.RegisterFields.Queue;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import org.jspecify.annotations.Nullable;

/**
 * The command queue (IHI 0070 §3.5, §7.1): 16-byte commands that software produces and the SMMU consumes in order.
 *
 * <p>One thread consumes at a time. It holds no lock while it reads memory, executes and signals, so a guest may ring
 * the doorbell from an interrupt handler on another thread: that leaves the new commands to the consuming thread.
 */
final class CommandQueue implements QueueConsumer.Queue {

    private static final int COMMAND_LG2 = 4;

    /** A command that was taken from the queue's head and is not consumed yet. */
    private record Head(long address, CommandContext context, long generation) {}

    private final RegisterState state;
    private final PhysicalMemory memory;
    private final CommandExecutor executor;
    private final Interrupts interrupts;
    private final CommandProcessing processing;
    private final QueueConsumer consumer;

    CommandQueue(
            RegisterState state,
            PhysicalMemory memory,
            CommandExecutor executor,
            Interrupts interrupts,
            CommandProcessing processing) {
        this.state = state;
        this.memory = memory;
        this.executor = executor;
        this.interrupts = interrupts;
        this.processing = processing;
        this.consumer = new QueueConsumer(state, this);
    }

    /** Consumes at most one command; {@code false} when there was none to consume or another thread is consuming. */
    boolean step() {
        return consumer.step();
    }

    /**
     * Something changed that may let consumption go on. A doorbell that consumption itself rings (a CMD_SYNC whose MSI
     * is a write to CMDQ_PROD) does not prolong it.
     */
    void doorbell() {
        if (processing != CommandProcessing.STEPPED) {
            consumer.doorbell();
        }
    }

    /** TLB maintenance that a processor broadcasts; it is complete when this returns. */
    void broadcast(Command command) {
        CommandContext context;
        synchronized (state) {
            if (!state.takesBroadcasts()) {
                return;
            }
            context = state.commandContext();
        }
        executor.broadcast(command, context);
    }

    @Override
    public int budget() {
        return state.commandQueueIndex().capacity();
    }

    @Override
    public boolean consumeOne() {
        Head head = takeHead();
        if (head == null) {
            return false;
        }
        Command command = null;
        CommandError result = CommandError.CERROR_ABT;
        boolean held = false;
        try {
            command = fetch(head);
            held = command != null && executor.isHeld(command);
            if (command != null && !held) {
                result = executor.execute(command, head.context());
            }
        } finally {
            if (held) {
                putBack();
            } else {
                finish(head, result);
            }
        }
        if (held) {
            return false;
        }
        if (command != null && result == CommandError.CERROR_NONE && isSync(command)) {
            interrupts.completed(command);
        }
        interrupts.deliver();
        return true;
    }

    private @Nullable Command fetch(Head head) {
        try {
            return Command.readFrom(memory, head.address());
        } catch (BusErrorException e) {
            return null;
        }
    }

    private static boolean isSync(Command command) {
        return Command.OPCODE.get(command.dw0()) == CommandOpcode.SYNC.number();
    }

    private @Nullable Head takeHead() {
        synchronized (state) {
            QueueIndex index = state.commandQueueIndex();
            int prod = (int) state.get(SmmuRegister.CMDQ_PROD);
            int cons = (int) state.get(SmmuRegister.CMDQ_CONS);
            boolean runs =
                    state.isEnabled(Cr0.CMDQEN) && !state.isActive(GlobalError.CMDQ_ERR) && !state.isInServiceFailure();
            if (!runs || index.isEmpty(prod, cons) || !index.isConsistent(prod, cons)) {
                return null;
            }
            state.commandInFlight(true);
            long address = state.entryAddress(SmmuRegister.CMDQ_BASE, index, cons, COMMAND_LG2);
            return new Head(address, state.commandContext(), state.generation());
        }
    }

    /** A CMD_SYNC that waits is not consumed, and nothing behind it is; it is fetched anew with the next doorbell. */
    private void putBack() {
        synchronized (state) {
            state.commandInFlight(false);
        }
    }

    /** Moves on, or stops on the command: the reason can be read before the error is active. */
    private void finish(Head head, CommandError result) {
        synchronized (state) {
            if (head.generation() == state.generation()) {
                long cons = state.get(SmmuRegister.CMDQ_CONS);
                if (result == CommandError.CERROR_NONE) {
                    int next = state.commandQueueIndex().next((int) cons);
                    state.set(SmmuRegister.CMDQ_CONS, Queue.INDEX.with(cons, next));
                } else {
                    state.set(SmmuRegister.CMDQ_CONS, Queue.ERR.with(cons, result.code()));
                    interrupts.signal(GlobalError.CMDQ_ERR);
                }
            }
            state.commandInFlight(false);
        }
    }
}
