package io.github.iommu4j.core.lockdep;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.ExecutionContext;
import io.github.iommu4j.api.lock.LockClass;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reports as text, against files that {@code -Diommu.golden.refresh=true} writes anew. */
final class ReportTextTest {

    private static final Acquisition LOCK = Acquisition.EXCLUSIVE;

    static Set<String> names() {
        return scenarios().keySet();
    }

    private static Map<String, Consumer<LockValidator>> scenarios() {
        Map<String, Consumer<LockValidator>> all = new LinkedHashMap<>();
        all.put("circular-2", ReportTextTest::twoLocks);
        all.put("circular-3", ReportTextTest::vfio2015);
        all.put("recursive", validator -> {
            validator.acquire(mutex(validator, "&group->mutex"), LOCK);
            validator.acquire(mutex(validator, "&group->mutex"), LOCK);
        });
        all.put("irq-inversion", validator -> vtd2019(validator, false));
        all.put("irq-order", validator -> vtd2019(validator, true));
        all.put("inconsistent", validator -> {
            LockMap lock = spin(validator, "&domain->lock");
            single(validator, lock);
            validator.runIn(ExecutionContext.SOFTIRQ, () -> single(validator, lock));
        });
        all.put("wait-context", validator -> {
            validator.acquire(spin(validator, "&iommu->lock"), LOCK);
            validator.acquire(mutex(validator, "&queue->lock"), LOCK);
        });
        all.put("sleep", validator -> {
            validator.acquire(spin(validator, "&iommu->lock"), LOCK);
            validator.mightSleep("the end of a probe");
        });
        all.put(
                "nest-lock",
                validator -> validator.acquire(
                        spin(validator, "&(p->lock)/1"), LOCK.under(spin(validator, "&tbl->large_pool.lock"))));
        all.put("unlock-balance", validator -> validator.release(mutex(validator, "&group->mutex")));
        all.put("pinned", validator -> {
            LockMap lock = mutex(validator, "&group->mutex");
            validator.acquire(lock, LOCK);
            validator.pin(lock);
            validator.release(lock);
        });
        all.put("freed", validator -> {
            LockMap lock = mutex(validator, "&group->mutex");
            validator.acquire(lock, LOCK);
            validator.free(lock);
        });
        all.put("held-at-return", validator -> {
            validator.acquire(mutex(validator, "&group->mutex"), LOCK);
            validator.returns("user space");
        });
        all.put("limit", validator -> validator.acquire(mutex(validator, "&group->mutex"), LOCK.nested(9)));
        return all;
    }

    private static LockMap mutex(LockValidator validator, String name) {
        return validator.map(new LockClass(name), LockKind.MUTEX);
    }

    private static LockMap spin(LockValidator validator, String name) {
        return validator.map(new LockClass(name), LockKind.SPIN);
    }

    private static void single(LockValidator validator, LockMap lock) {
        validator.acquire(lock, LOCK);
        validator.release(lock);
    }

    private static void nested(LockValidator validator, LockMap outer, LockMap inner) {
        validator.acquire(outer, LOCK);
        validator.acquire(inner, LOCK);
        validator.release(inner);
        validator.release(outer);
    }

    private static void twoLocks(LockValidator validator) {
        LockMap domains = spin(validator, "device_domain_lock");
        LockMap iommu = spin(validator, "&(&iommu->lock)->rlock");
        nested(validator, iommu, domains);
        nested(validator, domains, iommu);
    }

    private static void vfio2015(LockValidator validator) {
        LockMap device = mutex(validator, "&group->device_lock");
        LockMap driver = mutex(validator, "driver_lock");
        LockMap bus = validator.map(new LockClass("pci_bus_sem"), LockKind.RW_SEMAPHORE);
        nested(validator, device, driver);
        validator.acquire(driver, LOCK);
        validator.acquire(bus, Acquisition.SHARED);
        validator.acquire(device, LOCK);
    }

    private static void vtd2019(LockValidator validator, boolean edgeLast) {
        LockMap domains = spin(validator, "device_domain_lock");
        LockMap iommu = spin(validator, "&(&iommu->lock)->rlock");
        single(validator, iommu);
        Runnable edge = () -> {
            var state = validator.hardirqsOff();
            nested(validator, domains, iommu);
            validator.hardirqsRestore(state);
        };
        Runnable use = () -> validator.runIn(ExecutionContext.SOFTIRQ, () -> {
            var state = validator.hardirqsOff();
            single(validator, domains);
            validator.hardirqsRestore(state);
        });
        (edgeLast ? use : edge).run();
        (edgeLast ? edge : use).run();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aReportReadsAsItsFile(String name) throws IOException {
        LockTask task = new LockTask("qemu/4986");
        LockValidator validator = LockValidator.builder()
                .policy(ReportPolicy.DISABLE_AFTER_FIRST)
                .traceDepth(0)
                .tasks(() -> task)
                .build();
        Objects.requireNonNull(scenarios().get(name)).accept(validator);
        assertThat(validator.reports()).hasSize(1);
        String text = validator.reports().get(0).toText();
        if (Boolean.getBoolean("iommu.golden.refresh")) {
            Files.writeString(Path.of("src/test/resources/lockdep/" + name + ".txt"), text);
        }
        try (InputStream golden = ReportTextTest.class.getResourceAsStream("/lockdep/" + name + ".txt")) {
            assertThat(golden).as("%s.txt", name).isNotNull();
            assertThat(text).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
