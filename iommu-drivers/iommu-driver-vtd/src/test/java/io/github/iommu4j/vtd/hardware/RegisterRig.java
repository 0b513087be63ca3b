package io.github.iommu4j.vtd.hardware;

import io.github.iommu4j.api.dma.Endpoints;
import io.github.iommu4j.api.dma.InvalidateRequest;
import io.github.iommu4j.api.dma.PrgResponse;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.vtd.layout.FaultRecord;
import io.github.iommu4j.vtd.layout.InvalidationDescriptor;
import io.github.iommu4j.vtd.layout.PageGroupResponse;
import io.github.iommu4j.vtd.layout.VtdRegister;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A unit with a translation side that only writes down, and everything it says to the outside in lists. */
final class RegisterRig {

    static final long TE = 1L << 31;
    static final long SRTP = 1L << 30;
    static final long WBF = 1L << 27;
    static final long QIE = 1L << 26;
    static final long IRE = 1L << 25;
    static final long SIRTP = 1L << 24;
    static final long CFI = 1L << 23;

    static final int PPF = 2;
    static final int IQE = 0x10;
    static final int ICE = 0x20;
    static final int ITE = 0x40;

    static final long QUEUE = 0x10_0000L;
    static final long WIDE = 0x800;

    final SparseMemory memory;
    final VtdCapabilities capabilities;
    final FakeTranslation translation;
    final Vtd vtd;
    final List<String> messages = new ArrayList<>();
    final List<Interrupt> interrupts = new ArrayList<>();
    final List<InvalidateRequest> invalidations = new ArrayList<>();
    final List<PageGroupResponse> responses = new ArrayList<>();
    final List<PrgResponse> answers = new ArrayList<>();
    Endpoints.Reply reply = Endpoints.Reply.COMPLETED;
    /** What the next message does before it is written down. */
    Runnable onMessage = () -> {};

    /** What a device does before it replies. */
    Consumer<InvalidateRequest> onInvalidation = invalidation -> {};

    private RegisterRig(
            SparseMemory memory, VtdCapabilities capabilities, Set<VtdDeviation> deviations, Choices choices) {
        this.memory = memory;
        this.capabilities = capabilities;
        FakeTranslation[] made = new FakeTranslation[1];
        Vtd.Builder builder = Vtd.builder(memory, capabilities, (ram, caps, others, faults) -> {
            made[0] = new FakeTranslation(faults);
            return made[0];
        });
        vtd = builder.deviations(deviations)
                .msi(this::message)
                .interrupts(interrupts::add)
                .endpoints(new Devices())
                .responses(responses::add)
                .faultCollapsing(choices.collapsing())
                .queueProcessing(choices.processing())
                .build();
        translation = made[0];
    }

    private record Choices(FaultCollapsing collapsing, QueueProcessing processing) {}

    static RegisterRig of(VtdCapabilities capabilities, VtdDeviation... deviations) {
        Set<VtdDeviation> on = EnumSet.noneOf(VtdDeviation.class);
        on.addAll(List.of(deviations));
        Choices choices = new Choices(FaultCollapsing.BY_SOURCE, QueueProcessing.ON_DOORBELL);
        return new RegisterRig(new SparseMemory(), capabilities, on, choices);
    }

    static RegisterRig stepped() {
        Choices choices = new Choices(FaultCollapsing.BY_SOURCE, QueueProcessing.STEPPED);
        return new RegisterRig(new SparseMemory(), Units.FULL, Set.of(), choices);
    }

    static RegisterRig withoutCollapsing(VtdCapabilities capabilities) {
        Choices choices = new Choices(FaultCollapsing.NONE, QueueProcessing.ON_DOORBELL);
        return new RegisterRig(new SparseMemory(), capabilities, Set.of(), choices);
    }

    /** Memory answers only where a test adds some. */
    static RegisterRig withoutMemory(VtdCapabilities capabilities) {
        Choices choices = new Choices(FaultCollapsing.BY_SOURCE, QueueProcessing.ON_DOORBELL);
        return new RegisterRig(SparseMemory.empty(), capabilities, Set.of(), choices);
    }

    private void message(long address, int data) {
        onMessage.run();
        messages.add(String.format("%x %x", address, data));
    }

    /** Messages since the last call of this. */
    List<String> sent() {
        List<String> sent = List.copyOf(messages);
        messages.clear();
        return sent;
    }

    private final class Devices implements Endpoints {
        @Override
        public Reply invalidate(InvalidateRequest invalidation) {
            invalidations.add(invalidation);
            onInvalidation.accept(invalidation);
            return reply;
        }

        @Override
        public void respond(PrgResponse response) {
            answers.add(response);
        }
    }

    long offset(VtdRegister register) {
        return register.offset(capabilities.cap(), capabilities.ecap());
    }

    long read(VtdRegister register) {
        return vtd.registers().read(offset(register), register.width());
    }

    void write(VtdRegister register, long value) {
        vtd.registers().write(offset(register), register.width(), value);
    }

    /** One more command, the way software gives it. */
    void command(long bit) {
        write(VtdRegister.GCMD, read(VtdRegister.GSTS) & 0x96FF_FFFFL | bit);
    }

    /** Clears a sticky command. */
    void cancel(long bit) {
        write(VtdRegister.GCMD, read(VtdRegister.GSTS) & 0x96FF_FFFFL & ~bit);
    }

    /** A record; once F is seen, hardware changes nothing of it any more. */
    FaultRecord fault(int index) {
        long at = offset(VtdRegister.FRCD_LOW) + 16L * index;
        long high = vtd.registers().read(at + 8, 8);
        return new FaultRecord(vtd.registers().read(at, 8), high);
    }

    void free(int index) {
        vtd.registers().write(offset(VtdRegister.FRCD_LOW) + 16L * index + 12, 4, 0x8000_0000L);
    }

    boolean report(int reason, int sid) {
        return translation.faults.report(reason, sid, -1, 0x1000, 0);
    }

    /** A queue of 128 descriptors of 256 bits. */
    void startQueue() {
        write(VtdRegister.IQA, QUEUE | WIDE);
        command(QIE);
    }

    /** Puts descriptors behind the tail and moves it. */
    void submit(InvalidationDescriptor... descriptors) {
        long iqa = read(VtdRegister.IQA);
        int bytes = (iqa & WIDE) != 0 ? 32 : 16;
        long size = 1L << (iqa & 7) + 12;
        long tail = read(VtdRegister.IQT);
        for (InvalidationDescriptor descriptor : descriptors) {
            descriptor.writeTo(memory, (iqa & ~0xFFFL) + tail, bytes);
            tail = tail + bytes & size - 1;
        }
        write(VtdRegister.IQT, tail);
    }

    long status() {
        return read(VtdRegister.FSTS);
    }

    long queueError() {
        return read(VtdRegister.IQERCD) & 0xF;
    }
}
