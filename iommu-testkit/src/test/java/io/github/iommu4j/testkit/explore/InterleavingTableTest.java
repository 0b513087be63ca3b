package io.github.iommu4j.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.iommu4j.api.lock.LockClass;
import io.github.iommu4j.api.lock.Mutex;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Interleavings as tables, against files that {@code -Diommu.golden.refresh=true} writes anew. */
final class InterleavingTableTest {

    private static final Map<String, Scenario> SCENARIOS = Map.of(
            "deadlock",
            InterleavingTableTest::deadlock,
            "lost-update",
            InterleavingTableTest::lostUpdate,
            "timeout",
            stage -> ExploredTickerTest.poll(stage, ExploredTickerTest.LastLook.MISSING));

    static Set<String> names() {
        return SCENARIOS.keySet();
    }

    private static void deadlock(Stage stage) {
        Mutex group = stage.locking().mutex(new LockClass("&group->mutex"));
        Mutex device = stage.locking().mutex(new LockClass("&dev->mutex"));
        stage.task("writes the type", () -> nested(group, device));
        stage.task("binds a driver", () -> nested(device, group));
    }

    private static void nested(Mutex outer, Mutex inner) {
        outer.lock();
        inner.lock();
        inner.unlock();
        outer.unlock();
    }

    private static void lostUpdate(Stage stage) {
        Shared<Integer> count = stage.shared("count", 0);
        for (String name : new String[] {"one", "other"}) {
            stage.task(name, () -> count.set(count.get() + 1));
        }
        stage.atEnd("both count", () -> {
            if (count.get() != 2) {
                throw new AssertionError("the count is " + count.get());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("names")
    void aTableReadsAsItsFile(String name) throws IOException {
        String text = Interleavings.of(Objects.requireNonNull(SCENARIOS.get(name)))
                .exhaustive()
                .requireFinding()
                .toText();
        if (Boolean.getBoolean("iommu.golden.refresh")) {
            Files.writeString(Path.of("src/test/resources/explore/" + name + ".txt"), text);
        }
        try (InputStream golden = InterleavingTableTest.class.getResourceAsStream("/explore/" + name + ".txt")) {
            assertThat(golden).as("%s.txt", name).isNotNull();
            assertThat(text).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
