package io.github.iommu4j.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.IopfGroup;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.core.fault.FaultMemory.Purpose;
import io.github.iommu4j.core.fault.IopfQueue;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Random programs over two devices; the ledger is asked after each step. */
final class FaultProperties {

    /** One operation: which, on which device, with which group. */
    record Call(int kind, int device, int group) {}

    @Provide
    Arbitrary<List<Call>> programs() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 13),
                        Arbitraries.integers().between(0, 1),
                        Arbitraries.integers().between(0, 3))
                .as(Call::new)
                .list()
                .ofMaxSize(60);
    }

    /** A machine, and what its handlers keep. */
    private static final class Machine {
        final FaultRig rig;
        final Device[] devices = new Device[2];
        final List<IopfGroup> groups = new ArrayList<>();
        final IopfQueue queue;

        Machine(KernelRelease release) {
            rig = FaultRig.on(release).capacity(5).build();
            queue = rig.faults.newQueue("iommu0", (device, request) -> {
                rig.ledger.means(request);
                return request.groupId() == 3 ? Code.INVALID : Code.SUCCESS;
            });
            devices[0] = rig.add("a0");
            devices[1] = rig.add("b0");
        }

        private boolean handlers() {
            return rig.core.release().hasDeviceFaultHandlers();
        }

        void call(Call call, int step) {
            Device device = devices[call.device()];
            switch (call.kind()) {
                case 0, 1 -> rig.report(device, request(call, Traits.LAST));
                case 2, 3 -> rig.report(device, request(call, Traits.PARTIAL));
                case 4 -> queue.add(device);
                case 5 -> queue.remove(device);
                case 6 -> queue.step();
                case 7 -> queue.discardPartial();
                case 8 -> handle(device, call.group());
                case 9 -> unhandle(device);
                case 10 -> answer(device);
                case 11 -> rig.memory.missing = rig.memory.missing == null ? Purpose.values()[call.group()] : null;
                case 12 -> rig.faults.flush(device);
                default -> replug(call, step);
            }
        }

        private PageRequest request(Call call, Traits traits) {
            return new PageRequest(TranslationUnit.NO_SUBSTREAM, call.group(), 1, 0x1000, traits);
        }

        /** A handler that keeps what it gets, refuses group 2, or queues. */
        private void handle(Device device, int group) {
            if (handlers()) {
                rig.faults.register(
                        device,
                        group == 0
                                ? rig.faults.queueing()
                                : (from, event) -> ((PageRequest) event).groupId() == 2 ? Errno.EIO : null);
                return;
            }
            rig.attach(device).setIopfHandler(group == 0 ? queue.handler() : this::keep);
        }

        private @Nullable Errno keep(IopfGroup kept) {
            if (kept.last().groupId() == 2) {
                return Errno.EIO;
            }
            groups.add(kept);
            return null;
        }

        private void unhandle(Device device) {
            if (handlers()) {
                rig.faults.unregister(device);
            } else {
                rig.attach(device).setIopfHandler(null);
            }
        }

        private void answer(Device device) {
            if (!handlers()) {
                if (!groups.isEmpty()) {
                    IopfGroup oldest = groups.remove(0);
                    rig.ledger.means(oldest.last());
                    oldest.respond(Code.SUCCESS);
                }
                return;
            }
            List<PageRequest> pending = rig.faults.pending(device);
            if (!pending.isEmpty() && queue.waiting() == 0) {
                rig.respond(device, pending.get(0), Code.SUCCESS);
            }
        }

        private void replug(Call call, int step) {
            rig.bus.remove(rig.device(devices[call.device()].name()));
            devices[call.device()] = rig.add((call.device() == 0 ? "a" : "b") + (step + 1));
        }
    }

    @Property(tries = 400)
    void F29_randomProgramsKeepTheAccount(@ForAll KernelRelease release, @ForAll("programs") List<Call> program) {
        Machine machine = new Machine(release);
        for (int step = 0; step < program.size(); step++) {
            try {
                machine.call(program.get(step), step);
            } catch (IommuException refusal) {
                assertThat(refusal.getMessage()).isNotBlank();
            }
            assertThat(machine.rig.ledger.violations(machine.rig.faults::pending))
                    .as("after %s", program.get(step))
                    .isEmpty();
        }
        machine.rig.core.unregister(machine.rig.iommu);
        machine.groups.forEach(group -> group.respond(Code.FAILURE));
        machine.queue.free();
        assertThat(machine.rig.ledger.violations(machine.rig.faults::pending)).isEmpty();
        assertThat(machine.rig.memory.bounded.used()).isZero();
    }
}
