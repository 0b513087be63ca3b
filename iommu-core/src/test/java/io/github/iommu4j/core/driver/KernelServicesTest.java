package io.github.iommu4j.core.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.iommu4j.api.Errno;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.KernelRelease;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.driver.DeviceFaultReporter;
import io.github.iommu4j.core.device.BusType;
import io.github.iommu4j.core.device.DeferredProbe;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.memory.ArenaAllocator;
import io.github.iommu4j.core.memory.SparseMemory;
import io.github.iommu4j.core.pagetable.CacheMaintenance;
import io.github.iommu4j.core.pagetable.PageTableEnvironment;
import io.github.iommu4j.core.pagetable.PageTableErratum;
import io.github.iommu4j.core.pagetable.PartialUnmap;
import io.github.iommu4j.core.pagetable.TlbInvalidation;
import io.github.iommu4j.core.trace.KernelLog;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class KernelServicesTest {

    private final SparseMemory memory = new SparseMemory();
    private final PlainLocking locking = new PlainLocking();
    private final ArenaAllocator arena = new ArenaAllocator(memory, 0x1_0000, 0x1_0000, locking);

    @Test
    void withoutMoreItIsLinux612AndNobodyHearsOfFaults() {
        KernelServices kernel = KernelServices.builder(memory, arena).build();
        DeviceNode nic =
                new BusType("platform", locking, new DeferredProbe(locking)).add(DeviceNode.Identity.of("nic", 1));

        assertThat(kernel.memory()).isSameAs(memory);
        assertThat(kernel.allocator()).isSameAs(arena);
        assertThat(kernel.structures()).isSameAs(arena);
        assertThat(kernel.release()).isEqualTo(KernelRelease.V6_12);
        assertThat(kernel.caches()).isSameAs(CacheMaintenance.NONE);
        assertThat(kernel.deviceFaults()).isSameAs(DeviceFaultReporter.NONE);
        assertThat(kernel.faults().report(domain(), nic, 0, Access.READ)).isEqualTo(Errno.ENOSYS);
        kernel.lostPageRequests().run();
        assertThatThrownBy(() -> kernel.log().warnOn(true, "it warns")).isInstanceOf(AssertionError.class);
    }

    @Test
    void aDriverFindsWhatItWasMadeOf() {
        ArenaAllocator structures = new ArenaAllocator(memory, 0x4_0000, 0x1_0000, locking);
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        FaultReporter faults = (domain, device, iova, access) -> null;
        DeviceFaultReporter deviceFaults = (device, event) -> Errno.EINVAL;
        Runnable lost = () -> {};

        KernelServices kernel = KernelServices.builder(memory, arena)
                .structures(structures)
                .locking(locking)
                .log(log)
                .release(KernelRelease.V6_1)
                .faults(faults)
                .deviceFaults(deviceFaults)
                .lostPageRequests(lost)
                .build();

        assertThat(kernel.allocator()).isSameAs(arena);
        assertThat(kernel.structures()).isSameAs(structures);
        assertThat(kernel.locking()).isSameAs(locking);
        assertThat(kernel.log()).isSameAs(log);
        assertThat(kernel.release()).isEqualTo(KernelRelease.V6_1);
        assertThat(kernel.faults()).isSameAs(faults);
        assertThat(kernel.deviceFaults()).isSameAs(deviceFaults);
        assertThat(kernel.lostPageRequests()).isSameAs(lost);
    }

    @Test
    void pageTablesStandInTheSameKernel() {
        KernelLog log = new KernelLog(KernelLog.WarnPolicy.RECORD);
        CacheMaintenance caches = new CacheMaintenance() {
            @Override
            public void map(long pa, long size) {}

            @Override
            public void unmap(long pa, long size) {}

            @Override
            public void sync(long pa, long size) {}
        };
        KernelServices kernel = KernelServices.builder(memory, arena)
                .locking(locking)
                .log(log)
                .caches(caches)
                .erratum(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS)
                .build();

        PageTableEnvironment tables = kernel.pageTables(TlbInvalidation.NONE)
                .partialUnmap(PartialUnmap.REFUSED)
                .build();

        assertThat(tables.memory()).isSameAs(memory);
        assertThat(tables.allocator()).isSameAs(arena);
        assertThat(tables.tlb()).isSameAs(TlbInvalidation.NONE);
        assertThat(tables.caches()).isSameAs(caches);
        assertThat(tables.locking()).isSameAs(locking);
        assertThat(tables.log()).isSameAs(log);
        assertThat(tables.partialUnmap()).isEqualTo(PartialUnmap.REFUSED);
        for (PageTableErratum erratum : PageTableErratum.values()) {
            assertThat(tables.has(erratum)).isEqualTo(erratum == PageTableErratum.UNMAP_OF_NOTHING_ROUNDS);
        }
    }

    @Test
    void whatABuilderCollectsLaterChangesNoKernel() {
        KernelServices.Builder builder = KernelServices.builder(memory, arena);
        KernelServices before = builder.build();
        builder.erratum(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS);

        assertThat(before.pageTables(TlbInvalidation.NONE).build().has(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS))
                .isFalse();
        assertThat(builder.build()
                        .pageTables(TlbInvalidation.NONE)
                        .build()
                        .has(PageTableErratum.UNMAP_OF_NOTHING_ROUNDS))
                .isTrue();
    }

    /** Nobody may ask it anything. */
    private static IommuDomain domain() {
        return (IommuDomain) Proxy.newProxyInstance(
                IommuDomain.class.getClassLoader(), new Class<?>[] {IommuDomain.class}, (proxy, method, arguments) -> {
                    throw new AssertionError(method);
                });
    }
}
