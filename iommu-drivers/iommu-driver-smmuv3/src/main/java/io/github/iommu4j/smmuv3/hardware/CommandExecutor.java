package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Endpoints.Resumption;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.core.bits.Log2;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.CommandError;
import io.github.iommu4j.smmuv3.layout.CommandOpcode;
import java.util.Optional;

/**
 * What each command does, and which are illegal here (IHI 0070 §4). Reserved bits are ignored.
 *
 * <p>Everything a command asks for is complete when {@link #execute} returns, but for what endpoints put off: CMD_SYNC has
 * only those and event records to wait for.
 */
final class CommandExecutor {

    /** A prefetch is a hint: how many of its addresses are looked at, at most. */
    static final int LONGEST_PREFETCH = 256;

    private static final int STALL_NOT_SUPPORTED = 1;
    private static final int ALL_ADDRESSES = 52;
    private static final int CS_RESERVED = 3;
    private static final int RESP_RESERVED = 3;

    private final Smmuv3Capabilities capabilities;
    private final Invalidation invalidation;
    private final Prefetch prefetch;
    private final EndpointCommands endpoints;
    private final EventQueue events;
    private final StalledTransactions stalls;
    private final TlbiCommands tlbi;

    CommandExecutor(
            Smmuv3Capabilities capabilities,
            Invalidation invalidation,
            Prefetch prefetch,
            EndpointCommands endpoints,
            EventQueue events,
            StalledTransactions stalls) {
        this.capabilities = capabilities;
        this.invalidation = invalidation;
        this.prefetch = prefetch;
        this.endpoints = endpoints;
        this.events = events;
        this.stalls = stalls;
        this.tlbi = new TlbiCommands(capabilities, invalidation);
    }

    /** Whether a command has to wait: a CMD_SYNC does for invalidations that endpoints have not completed. */
    boolean isHeld(Command command) {
        boolean sync = command.opcode().filter(CommandOpcode.SYNC::equals).isPresent();
        return sync && command.cs() != CS_RESERVED && endpoints.isOutstanding();
    }

    /** Executes a command that is not held; the signal of a CMD_SYNC is not given here. */
    CommandError execute(Command command, CommandContext context) {
        Optional<CommandOpcode> opcode = command.opcode();
        if (opcode.isEmpty()) {
            return CommandError.CERROR_ILL;
        }
        return switch (opcode.get()) {
            case PREFETCH_CONFIG, PREFETCH_ADDR -> prefetch(opcode.get(), command, context);
            case CFGI_STE, CFGI_STE_RANGE -> forgetStreams(opcode.get(), command);
            case CFGI_CD, CFGI_CD_ALL -> forgetContexts(opcode.get(), command);
            case ATC_INV -> invalidateAtc(command, context);
            case PRI_RESP -> respond(command, context);
            case RESUME, STALL_TERM -> endStall(opcode.get(), command);
            case SYNC -> sync(command);
            case CFGI_VMS_PIDM, DPTI_ALL, DPTI_PA -> CommandError.CERROR_ILL;
            default -> tlbi.execute(opcode.get(), command, context);
        };
    }

    /** Broadcast TLB maintenance (§3.17.2), in the shape of the TLBI command that does the same; others are nobody's. */
    void broadcast(Command command, CommandContext context) {
        command.opcode().filter(CommandOpcode::isTlbi).ifPresent(opcode -> tlbi.execute(opcode, command, context));
    }

    private CommandError prefetch(CommandOpcode opcode, Command command, CommandContext context) {
        if (command.ssec()) {
            return CommandError.CERROR_ILL;
        }
        int substreamId = command.ssv() ? command.substreamId() : TranslationUnit.NO_SUBSTREAM;
        if (!context.translating() || !isStream(command) || command.ssv() && !isSubstream(command)) {
            return CommandError.CERROR_NONE;
        }
        if (opcode == CommandOpcode.PREFETCH_CONFIG) {
            prefetch.config(command.streamId(), substreamId);
        } else {
            prefetchAddresses(command, substreamId);
        }
        return CommandError.CERROR_NONE;
    }

    private void prefetchAddresses(Command command, int substreamId) {
        int strideLg2 = 12 + command.prefetchStride();
        long count = Math.min(1L << command.prefetchSize(), LONGEST_PREFETCH);
        long address = command.address();
        for (long n = 0; n < count; n++) {
            prefetch.address(command.streamId(), substreamId, address);
            long next = address + (1L << strideLg2);
            if (Long.compareUnsigned(next, address) < 0) {
                return;
            }
            address = next;
        }
    }

    private CommandError forgetStreams(CommandOpcode opcode, Command command) {
        if (command.ssec()) {
            return CommandError.CERROR_ILL;
        }
        if (opcode == CommandOpcode.CFGI_STE_RANGE && command.range() == 31) {
            invalidation.steRange(0, 31);
        } else if (isStream(command) && opcode == CommandOpcode.CFGI_STE) {
            invalidation.ste(command.streamId(), command.leaf());
        } else if (isStream(command)) {
            invalidation.steRange(command.streamId() & -2 << command.range(), command.range());
        }
        return CommandError.CERROR_NONE;
    }

    private CommandError forgetContexts(CommandOpcode opcode, Command command) {
        if (command.ssec() || !capabilities.s1p()) {
            return CommandError.CERROR_ILL;
        }
        if (isStream(command) && opcode == CommandOpcode.CFGI_CD_ALL) {
            invalidation.cdAll(command.streamId());
        } else if (isStream(command) && isSubstream(command)) {
            invalidation.cd(command.streamId(), command.substreamId(), command.leaf());
        }
        return CommandError.CERROR_NONE;
    }

    private CommandError invalidateAtc(Command command, CommandContext context) {
        if (!capabilities.ats() || command.size() > ALL_ADDRESSES) {
            return CommandError.CERROR_ILL;
        }
        if (context.translating()) {
            endpoints.invalidate(command);
        }
        return CommandError.CERROR_NONE;
    }

    private CommandError respond(Command command, CommandContext context) {
        if (!capabilities.pri() || command.resp() == RESP_RESERVED) {
            return CommandError.CERROR_ILL;
        }
        if (context.translating()) {
            endpoints.respond(command);
        }
        return CommandError.CERROR_NONE;
    }

    private CommandError endStall(CommandOpcode opcode, Command command) {
        if (capabilities.stallModel() == STALL_NOT_SUPPORTED || command.ssec()) {
            return CommandError.CERROR_ILL;
        }
        if (opcode == CommandOpcode.STALL_TERM) {
            stalls.terminate(command.streamId());
        } else {
            stalls.resume(command.streamId(), Command.RESUME_STAG.getInt(command.dw1()), resumption(command));
        }
        return CommandError.CERROR_NONE;
    }

    private Resumption resumption(Command resume) {
        if (Command.AC.isSet(resume.dw0())) {
            return Resumption.RETRY;
        }
        return Command.AB.isSet(resume.dw0()) || capabilities.termModel() ? Resumption.ABORT : Resumption.RAZ_WI;
    }

    private CommandError sync(Command command) {
        if (command.cs() == CS_RESERVED) {
            return CommandError.CERROR_ILL;
        }
        if (endpoints.takeTimeOut()) {
            return CommandError.CERROR_ATC_INV_SYNC;
        }
        events.barrier();
        return CommandError.CERROR_NONE;
    }

    private boolean isStream(Command command) {
        return Log2.fits(Integer.toUnsignedLong(command.streamId()), capabilities.sidSize());
    }

    private boolean isSubstream(Command command) {
        return Log2.fits(command.substreamId(), capabilities.ssidSize());
    }
}
