package io.github.iommu4j.smmuv3.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.MemoryAttributes;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.api.memory.BusErrorException;
import io.github.iommu4j.api.memory.PhysicalMemory;
import io.github.iommu4j.core.cache.CacheEpoch;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.smmuv3.layout.Command;
import io.github.iommu4j.smmuv3.layout.EventRecord;
import io.github.iommu4j.smmuv3.layout.GlobalError;
import io.github.iommu4j.smmuv3.layout.QueueIndex;
import io.github.iommu4j.smmuv3.layout.SmmuRegister;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The programming interface of an SMMU with everything behind it replaced by a log. */
final class Bench {

    static final long COMMANDS = 0x1000_0000L;
    static final long EVENTS = 0x2000_0000L;

    final SparseMemory ram = new SparseMemory();
    final Set<Long> brokenPages = new HashSet<>();
    /** What happened outside the registers, in order. */
    final List<String> log = new CopyOnWriteArrayList<>();

    final List<ControlState> published = new ArrayList<>();
    /** Of the last MSI. */
    @Nullable
    MemoryAttributes messageAttributes;

    final Set<Long> brokenMsis = new HashSet<>();
    final Smmuv3Capabilities capabilities;
    final CacheEpoch epoch = new CacheEpoch();
    final RegisterState state;
    final Interrupts interrupts;
    final EventQueue events;
    final StalledTransactions stalls;
    final CommandQueue commands;
    final RegisterFile registers;
    final EndpointCommands endpointCommands;
    final PriQueue priQueue;
    /** How devices answer invalidations. */
    Endpoints.Reply reply = Endpoints.Reply.COMPLETED;
    /** What a stream's STE says of automatic answers. */
    PageResponder.Pasid pasidOf = PageResponder.Pasid.OMITTED;
    /** Runs in the middle of every invalidation. */
    Runnable duringInvalidation = () -> {};
    /** Runs before every 64-bit store. */
    Runnable beforeStore = () -> {};
    /** Runs in the middle of every MSI. */
    Runnable duringMessage = () -> {};

    Bench() {
        this(Smmuv3Capabilities.everything(), CommandProcessing.ON_DOORBELL);
    }

    Bench(Smmuv3Capabilities capabilities) {
        this(capabilities, CommandProcessing.ON_DOORBELL);
    }

    Bench(Smmuv3Capabilities capabilities, CommandProcessing processing) {
        this.capabilities = capabilities;
        PhysicalMemory memory = memory();
        Smmuv3Interrupts lines = Smmuv3Interrupts.none()
                .withEventQueue(() -> log.add("line eventq"))
                .withPageRequestQueue(() -> log.add("line priq"))
                .withGlobalError(() -> log.add("line gerror"))
                .withCommandSync(() -> log.add("line sync"))
                .withWakeUp(() -> log.add("sev"));
        state = new RegisterState(capabilities);
        interrupts = new Interrupts(state, capabilities, this::write, lines);
        events = new EventQueue(state, memory, epoch, interrupts);
        stalls = new StalledTransactions(capabilities, epoch, events::recordStall, endpoints(), StallRecording.EVERY);
        endpointCommands = new EndpointCommands(endpoints());
        priQueue = new PriQueue(
                capabilities,
                new PriQueue.Surroundings(state, memory, interrupts),
                endpoints(),
                (streamId, substreamId) -> pasidOf);
        CommandExecutor executor =
                new CommandExecutor(capabilities, invalidation(), prefetch(), endpointCommands, events, stalls);
        commands = new CommandQueue(state, memory, executor, interrupts, processing);
        registers = new RegisterFile(state, interrupts, commands, published::add);
    }

    /** RAM of which some pages answer with an error. */
    private PhysicalMemory memory() {
        return new PhysicalMemory() {
            private long checked(long address) {
                if (brokenPages.contains(address >>> 12)) {
                    throw new BusErrorException(address);
                }
                return address;
            }

            @Override
            public int load32(long address) {
                return ram.load32(checked(address));
            }

            @Override
            public void store32(long address, int value) {
                ram.store32(checked(address), value);
            }

            @Override
            public long load64(long address) {
                return ram.load64(checked(address));
            }

            @Override
            public void store64(long address, long value) {
                beforeStore.run();
                ram.store64(checked(address), value);
            }

            @Override
            public boolean compareAndSet64(long address, long expected, long replacement) {
                return ram.compareAndSet64(checked(address), expected, replacement);
            }
        };
    }

    private void logged(String format, Object... arguments) {
        log.add(String.format(Locale.ROOT, format, arguments));
    }

    private Invalidation invalidation() {
        return new Invalidation() {
            @Override
            public void ste(int streamId, boolean leafOnly) {
                logged("ste 0x%x %s", streamId, leafOnly ? "leaf" : "all");
                duringInvalidation.run();
            }

            @Override
            public void steRange(int streamId, int range) {
                logged("steRange 0x%x %d", streamId, range);
                duringInvalidation.run();
            }

            @Override
            public void cd(int streamId, int substreamId, boolean leafOnly) {
                logged("cd 0x%x 0x%x %s", streamId, substreamId, leafOnly ? "leaf" : "all");
            }

            @Override
            public void cdAll(int streamId) {
                logged("cdAll 0x%x", streamId);
            }

            @Override
            public void tlb(TlbInvalidation request) {
                logged(
                        "%s vmid=0x%x/0x%x asid=0x%x 0x%x-0x%x g=%d l=%d %s",
                        request.scope(),
                        request.vmid(),
                        request.vmidMask(),
                        request.asid(),
                        request.address(),
                        request.lastAddress(),
                        request.granuleLg2(),
                        request.level(),
                        request.leafOnly() ? "leaf" : "all");
                duringInvalidation.run();
            }
        };
    }

    private Endpoints endpoints() {
        return new Endpoints() {
            @Override
            public Reply invalidate(InvalidateRequest request) {
                log.add(request.toString());
                return reply;
            }

            @Override
            public void respond(PrgResponse response) {
                log.add(response.toString());
            }

            @Override
            public void resume(int streamId, int tag, Resumption outcome) {
                logged("resume 0x%x %d %s", streamId, tag, outcome);
            }
        };
    }

    private Prefetch prefetch() {
        return new Prefetch() {
            @Override
            public void config(int streamId, int substreamId) {
                logged("prefetch 0x%x %d", streamId, substreamId);
            }

            @Override
            public void address(int streamId, int substreamId, long address) {
                logged("prefetch 0x%x %d 0x%x", streamId, substreamId, address);
            }
        };
    }

    private void write(long address, int data, MemoryAttributes attributes) {
        messageAttributes = attributes;
        duringMessage.run();
        if (brokenMsis.contains(address)) {
            throw new BusErrorException(address);
        }
        logged("msi 0x%x=0x%x", address, data);
    }

    long read(SmmuRegister register) {
        return registers.read(register.offset(), register.width());
    }

    void write(SmmuRegister register, long value) {
        registers.write(register.offset(), register.width(), value);
    }

    /** A command queue of 2^sizeLg2 entries, enabled along with whatever else is. */
    Bench withCommandQueue(int sizeLg2) {
        write(SmmuRegister.CMDQ_BASE, COMMANDS | sizeLg2);
        write(SmmuRegister.CR0, read(SmmuRegister.CR0) | 8);
        return this;
    }

    /** An event queue of 2^sizeLg2 entries, enabled along with whatever else is. */
    Bench withEventQueue(int sizeLg2) {
        write(SmmuRegister.EVENTQ_BASE, EVENTS | sizeLg2);
        write(SmmuRegister.CR0, read(SmmuRegister.CR0) | 4);
        return this;
    }

    Bench translating() {
        write(SmmuRegister.CR0, read(SmmuRegister.CR0) | 1);
        return this;
    }

    /** Queues commands at PROD and rings. */
    void submit(Command... queued) {
        int prod = (int) read(SmmuRegister.CMDQ_PROD);
        QueueIndex index = new QueueIndex((int) read(SmmuRegister.CMDQ_BASE) & 0x1F);
        for (Command command : queued) {
            command.writeTo(ram, COMMANDS + 16L * index.index(prod));
            prod = index.next(prod);
        }
        write(SmmuRegister.CMDQ_PROD, prod);
    }

    EventRecorder.Outcome event(long number) {
        return events.record(epoch.now(), number, number + 1, number + 2, number + 3);
    }

    EventRecord recordAt(int slot) {
        return EventRecord.readFrom(ram, EVENTS + 32L * slot);
    }

    /** CMDQ_CONS.ERR. */
    int error() {
        return (int) read(SmmuRegister.CMDQ_CONS) >>> 24 & 0x7F;
    }

    boolean isActive(GlobalError error) {
        return ((read(SmmuRegister.GERROR) ^ read(SmmuRegister.GERRORN)) & error.mask()) != 0;
    }

    void acknowledgeErrors() {
        write(SmmuRegister.GERRORN, read(SmmuRegister.GERROR));
    }
}
