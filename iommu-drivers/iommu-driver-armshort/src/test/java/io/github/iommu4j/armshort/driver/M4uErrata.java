package io.github.iommu4j.armshort.driver;

import io.github.iommu4j.api.Erratum;
import io.github.iommu4j.api.IommuDomain;
import io.github.iommu4j.api.IotlbGather;
import io.github.iommu4j.api.Prot;
import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.armshort.hardware.LarbWiring;
import io.github.iommu4j.armshort.hardware.M4uCapabilities;
import io.github.iommu4j.armshort.hardware.M4uFeature;
import io.github.iommu4j.armshort.layout.M4uLayout;
import io.github.iommu4j.armshort.layout.M4uRegister;
import io.github.iommu4j.core.device.DeviceNode;
import io.github.iommu4j.core.lock.PlainLocking;
import io.github.iommu4j.core.lock.WaitObserver;
import io.github.iommu4j.testkit.errata.ErratumCase;
import io.github.iommu4j.testkit.machine.TestMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The cases of the M4U driver's errata: what the hardware or the log shows. */
final class M4uErrata {

    private static final long IOVA = 0x1234_5000L;
    private static final String HARDWARE = "the hardware half, whose cache only invalidation clears";
    private static final String LOG = "the line about a fault";

    private M4uErrata() {}

    static List<ErratumCase> cases() {
        return List.of(
                new ErratumCase(
                        M4uErratum.FAULT_ADDRESS_KEEPS_FLAGS,
                        "A write faults and a handler is told where.",
                        "the page the access was made to",
                        "0x12345002 is not the page",
                        M4uErrata::faultAddress),
                new ErratumCase(
                        M4uErratum.PA_HIGH_BITS_AFTER_MASK,
                        "A part with 34-bit addresses finds a physical address it may not use.",
                        LOG,
                        "pa 0x80001000 instead of 0x180001000",
                        M4uErrata::highBits),
                new ErratumCase(
                        M4uErratum.SYNC_POLLS_ONE_RANGE,
                        "Two pages are unmapped and synced.",
                        HARDWARE,
                        "0x12346000 still goes to 0x40002000",
                        M4uErrata::twoPages),
                new ErratumCase(
                        M4uErratum.DONE_IS_LEFT_SET,
                        "A page is mapped, used and unmapped.",
                        HARDWARE,
                        "0x12345000 still goes to 0x40001000",
                        M4uErrata::onePage),
                new ErratumCase(
                        M4uErratum.TLB_REGISTERS_UNLOCKED,
                        "Two tasks unmap a page each; one comes between the other's register writes.",
                        HARDWARE,
                        "0x12345000 still goes to 0x40001000",
                        M4uErrata::twoTasks),
                new ErratumCase(
                        M4uErratum.FLUSH_ALL_REACHES_ONE_INSTANCE,
                        "A page is unmapped lazily behind two M4Us and everything is flushed.",
                        HARDWARE,
                        "the second M4U still goes to 0x40001000",
                        M4uErrata::flushAll),
                new ErratumCase(
                        M4uErratum.UNKNOWN_LARB_IS_ZERO,
                        "A fault comes with a larb number the part does not use.",
                        LOG,
                        "blamed on larb 0",
                        M4uErrata::unknownLarb));
    }

    private static M4uMachine.Plan plan(Set<Erratum> errata) {
        M4uMachine.Plan plan = new M4uMachine.Plan();
        plan.errata.addAll(errata);
        return plan;
    }

    private static List<String> faultAddress(Set<Erratum> errata) {
        M4uMachine machine = plan(errata).boot();
        DeviceNode device = machine.running(0, 5);
        List<String> reports = new ArrayList<>();
        machine.domain(device).setFaultHandler((domain, reporter, iova, access) -> {
            if (iova != IOVA) {
                reports.add("0x" + Long.toHexString(iova) + " is not the page");
            }
            return null;
        });
        machine.dma(device, IOVA, Access.WRITE);
        machine.irq.step();
        return reports;
    }

    private static List<String> highBits(Set<Erratum> errata) {
        M4uMachine.Plan plan = plan(errata).mt8183();
        plan.capabilities = M4uCapabilities.mt8183().withAddresses(34, 35).withFeatures(M4uFeature.CHECKS_PA_RANGE);
        plan.platform = new M4uPlatform(
                "mt8192-like",
                plan.platform.layout(),
                Set.of(M4uFlag.IOVA_34_EN, M4uFlag.RESET_AXI),
                plan.platform.regions(),
                plan.platform.larbs());
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.running(0, 5);
        machine.domain(device).map(IOVA, 0x1_8000_1000L, 0x1000, Prot.READ);
        machine.m4u.registers().write(M4uRegister.VLD_PA_RNG.offset(), 4, 0x300);
        machine.log();
        machine.dma(device, IOVA, Access.READ);
        machine.irq.step();
        List<String> log = machine.log();
        return log.get(0).contains("pa 0x180001000,")
                ? List.of()
                : List.of(log.get(0).replaceAll(".*(pa 0x\\w+),.*", "$1 instead of 0x180001000"));
    }

    private static List<String> stale(M4uMachine machine, DeviceNode device, long iova) {
        long pa = machine.pa(device, iova);
        return pa < 0 ? List.of() : List.of("0x" + Long.toHexString(iova) + " still goes to 0x" + Long.toHexString(pa));
    }

    private static List<String> twoPages(Set<Erratum> errata) {
        M4uMachine machine = plan(errata).boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        domain.map(IOVA + 0x1000, 0x4000_2000L, 0x1000, Prot.READ);
        machine.pa(device, IOVA);
        machine.pa(device, IOVA + 0x1000);
        domain.unmap(IOVA, 0x2000);
        List<String> reports = new ArrayList<>(stale(machine, device, IOVA));
        reports.addAll(stale(machine, device, IOVA + 0x1000));
        return reports;
    }

    private static List<String> onePage(Set<Erratum> errata) {
        M4uMachine machine = plan(errata).boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        machine.pa(device, IOVA);
        domain.unmap(IOVA, 0x1000);
        return stale(machine, device, IOVA);
    }

    /** The first task is held before it writes the end of its range until the second is done, or waits for the lock. */
    private static List<String> twoTasks(Set<Erratum> errata) {
        CountDownLatch secondIsDoneOrWaits = new CountDownLatch(1);
        M4uMachine.Plan plan = plan(errata);
        plan.locking = new PlainLocking(new WaitObserver() {
            @Override
            public void waits(String what) {
                secondIsDoneOrWaits.countDown();
            }

            @Override
            public void resumes(String what) {}
        });
        M4uMachine machine = plan.boot();
        DeviceNode device = machine.running(0, 5);
        IommuDomain domain = machine.domain(device);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        domain.map(0x7000_0000L, 0x4000_2000L, 0x1000, Prot.READ);
        machine.pa(device, IOVA);
        Thread second = new Thread(() -> {
            domain.unmap(0x7000_0000L, 0x1000);
            secondIsDoneOrWaits.countDown();
        });
        AtomicReference<@Nullable Thread> first = new AtomicReference<>(Thread.currentThread());
        machine.window.atWrite(offset -> {
            boolean mine = offset == M4uRegister.INVLD_END_A.offset() && Thread.currentThread() == first.get();
            if (mine && first.compareAndSet(Thread.currentThread(), null)) {
                second.start();
                await(secondIsDoneOrWaits);
            }
        });
        domain.unmap(IOVA, 0x1000);
        join(second);
        return stale(machine, device, IOVA);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the second task neither waits nor ends");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join(60_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> flushAll(Set<Erratum> errata) {
        TwoM4us two = TwoM4us.boot(builder -> {
            TestMachine.Builder with = builder;
            for (Erratum erratum : errata) {
                with = with.erratum(erratum);
            }
            return with;
        });
        DeviceNode one = two.client(0, 1);
        DeviceNode other = two.client(4, 1);
        two.resume(one);
        two.resume(other);
        IommuDomain domain = two.domain(one);
        domain.map(IOVA, 0x4000_1000L, 0x1000, Prot.READ);
        two.pa(one, IOVA);
        two.pa(other, IOVA);
        domain.unmapFast(IOVA, 0x1000, IotlbGather.queued());
        domain.flushIotlbAll();
        if (two.pa(one, IOVA) >= 0) {
            throw new AssertionError("the first M4U was not flushed");
        }
        long pa = two.pa(other, IOVA);
        return pa < 0 ? List.of() : List.of("the second M4U still goes to 0x" + Long.toHexString(pa));
    }

    /** The hardware has a larb more than the driver's table knows. */
    private static List<String> unknownLarb(Set<Erratum> errata) {
        M4uMachine.Plan plan = plan(errata);
        List<LarbWiring> larbs = new ArrayList<>(M4uCapabilities.mt8173().larbs());
        larbs.add(LarbWiring.direct(6, 4, 7));
        plan.capabilities = M4uCapabilities.mt8173().withLarbs(larbs).withLayout(M4uLayout.MT8173);
        M4uMachine machine = plan.boot();
        machine.running(0, 5);
        machine.m4u.larb(6).registers().write(0xF00, 4, 1);
        machine.log();
        machine.m4u.translate(DmaRequest.read(6 << 5, IOVA));
        machine.irq.step();
        List<String> log = machine.log();
        if (log.get(0).contains("(larb ? port 0)")) {
            return List.of();
        }
        return List.of(log.get(0) + ": blamed on larb 0");
    }
}
