package com.example.tiny;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.github.iommu4j.testkit.conformance.DriverConformance;
import io.github.iommu4j.testkit.conformance.DriverSubject;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** With a mistake planted, the kit's suite fails; without, it passes. */
class PlantedFaultsTest {

    /** The suite, on a driver with the mistake that {@link #planted} names. */
    static class Planted extends DriverConformance {
        private static Fault planted = Fault.NONE;

        @Override
        protected DriverSubject subject() {
            return new TinySubject(planted);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theKitFindsExactlyWhatIsPlanted(Fault fault) {
        Planted.planted = fault;
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Planted.class))
                .configurationParameter("junit.platform.output.capture.stdout", "false")
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        List<String> failed = summary.getFailures().stream()
                .map(failure -> failure.getTestIdentifier().getDisplayName())
                .toList();
        System.out.println(fault + ": " + summary.getTestsFailedCount() + " of " + summary.getTestsFoundCount()
                + " tests fail: " + failed);
        assertThat(summary.getTestsFoundCount()).isGreaterThan(15);
        if (fault == Fault.NONE) {
            assertThat(failed).isEmpty();
        } else {
            assertThat(failed).isNotEmpty();
        }
    }
}
