package io.github.iommu4j.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IommuException;
import io.github.iommu4j.api.IommuGroup;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.device.Device;
import io.github.iommu4j.api.device.FwSpec;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.api.fault.FaultEvent.PageRequest;
import io.github.iommu4j.api.fault.FaultEvent.Traits;
import io.github.iommu4j.api.fault.PageResponse;
import io.github.iommu4j.api.fault.PageResponse.Code;
import io.github.iommu4j.api.lock.Locking;
import io.github.iommu4j.core.IommuCore;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.fault.BoundedFaultMemory;
import io.github.iommu4j.core.fault.DeviceFaults;
import io.github.iommu4j.core.fault.FaultMemory;
import io.github.iommu4j.core.fault.FaultOptions;
import io.github.iommu4j.core.fault.UnregisterPolicy;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.ValidatedLocking;
import io.github.iommu4j.core.trace.KernelLog;
import io.github.iommu4j.testkit.machine.ManualTicker;
import io.github.iommu4j.testkit.machine.MockHost;
import io.github.iommu4j.testkit.machine.MockIommuDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A core over a mock IOMMU that takes answers, with devices in groups of their own and a ledger of what they ask. */
final class FaultRig {

    /** Memory that can be made to run out for one purpose. */
    static final class PickyMemory implements FaultMemory {
        final BoundedFaultMemory bounded;

        @Nullable
        Purpose missing;

        PickyMemory(int faults) {
            bounded = FaultMemory.bounded(faults);
        }

        @Override
        public boolean take(Device device, Purpose purpose) {
            return purpose != missing && bounded.take(device, purpose);
        }

        @Override
        public void give(Device device, Purpose purpose) {
            bounded.give(device, purpose);
        }
    }

    final KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
    final ManualTicker clock = new ManualTicker();
    final FaultLedger ledger = new FaultLedger();
    final PickyMemory memory;
    final MockIommuDriver iommu;
    final IommuCore core;
    final BusType bus;
    final DeviceFaults faults;

    private FaultRig(Builder builder) {
        memory = new PickyMemory(builder.capacity);
        FaultOptions options = FaultOptions.asMerged()
                .unregistering(builder.policy)
                .memory(memory)
                .clock(clock);
        IommuCore.Builder description = IommuCore.builder()
                .locking(builder.locking)
                .release(builder.release)
                .log(log)
                .faults(options)
                .firmware(device -> new FwSpec("iommu0", List.of(device.streamId())));
        builder.errata.forEach(description::erratum);
        core = description.build();
        bus = new BusType("platform", builder.locking, new DeferredProbe(builder.locking));
        core.watch(bus);
        iommu = new MockIommuDriver("iommu0", MockHost.intel(48)).withPasids(1 << 20);
        if (builder.answering) {
            iommu.answeringPageRequests(answer ->
                    ledger.answered(answer.request(), answer.response().code()));
        }
        core.register(iommu);
        faults = core.faults();
    }

    static final class Builder {
        private final KernelRelease release;
        private Locking locking = ValidatedLocking.over(new PlainLocking());
        private UnregisterPolicy policy = UnregisterPolicy.REFUSE;
        private Set<Erratum> errata = Set.of();
        private int capacity = 16;
        private boolean answering = true;

        Builder(KernelRelease release) {
            this.release = release;
        }

        Builder locking(Locking newLocking) {
            locking = newLocking;
            return this;
        }

        Builder policy(UnregisterPolicy newPolicy) {
            policy = newPolicy;
            return this;
        }

        Builder errata(Set<Erratum> newErrata) {
            errata = newErrata;
            return this;
        }

        Builder capacity(int faults) {
            capacity = faults;
            return this;
        }

        Builder deaf() {
            answering = false;
            return this;
        }

        FaultRig build() {
            return new FaultRig(this);
        }
    }

    static Builder on(KernelRelease release) {
        return new Builder(release);
    }

    static FaultRig of(KernelRelease release) {
        return on(release).build();
    }

    DeviceNode add(String name) {
        DeviceNode device = bus.add(DeviceNode.Identity.of(name, name.hashCode() & 0xFFFF));
        assertThat(core.groupOf(device)).as("group of " + name).isNotNull();
        return device;
    }

    DeviceNode device(String name) {
        return Objects.requireNonNull(bus.find(name));
    }

    IommuGroup group(Device device) {
        return Objects.requireNonNull(core.groupOf(device));
    }

    /** A domain attached to a device. */
    IommuDomain attach(Device device) {
        IommuDomain domain = core.newPagingDomain(device);
        group(device).attach(domain);
        return domain;
    }

    static PageRequest last(int groupId) {
        return new PageRequest(TranslationUnit.NO_SUBSTREAM, groupId, 1, 0x1000L * groupId, Traits.LAST);
    }

    static PageRequest last(int groupId, int pasid) {
        return new PageRequest(pasid, groupId, 1, 0x1000L * groupId, new Traits(true, true, List.of()));
    }

    static PageRequest partial(int groupId) {
        return new PageRequest(TranslationUnit.NO_SUBSTREAM, groupId, 1, 0x1000L * groupId, Traits.PARTIAL);
    }

    static PageResponse answer(int groupId, Code code) {
        return new PageResponse(TranslationUnit.NO_SUBSTREAM, groupId, code);
    }

    /**
     * Reports as a driver does: what nobody takes is answered by the reporter where the release says so. A device without an
     * IOMMU cannot be answered.
     */
    @Nullable
    Errno report(Device device, PageRequest request) {
        if (request.isLast()) {
            ledger.asked(device, request);
        }
        Errno refusal = faults.report(device, request);
        if (refusal != null && request.isLast() && core.release().reporterAnswersFaultsNobodyTook()) {
            ledger.answered(request, Code.FAILURE);
        } else if (refusal != null && core.groupOf(device) == null) {
            ledger.failed(request);
        }
        return refusal;
    }

    /** Answers a request, and says so. */
    void respond(Device device, PageRequest request, Code code) {
        ledger.means(request);
        int pasid = request.traits().responseNeedsPasid() ? request.pasid() : TranslationUnit.NO_SUBSTREAM;
        faults.respond(device, new PageResponse(pasid, request.groupId(), code));
    }

    static @Nullable Errno errno(Runnable action) {
        Throwable thrown = catchThrowable(action::run);
        if (thrown == null) {
            return null;
        }
        assertThat(thrown).isInstanceOf(IommuException.class);
        return ((IommuException) thrown).errno();
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        log.drain().forEach(line -> lines.add(line.text()));
        return lines;
    }

    List<String> warnings() {
        return lines().stream().filter(line -> line.startsWith("WARNING: ")).toList();
    }

    /** Every request has its one answer, or is listed; nothing is held for devices without any. */
    void requireConservation() {
        assertThat(ledger.violations(faults::pending)).isEmpty();
    }

    /** All devices go: nothing is left. */
    void close() {
        requireConservation();
        core.unregister(iommu);
        assertThat(ledger.violations(faults::pending)).isEmpty();
        assertThat(memory.bounded.used()).as("memory for faults").isZero();
    }
}
