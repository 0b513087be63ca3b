package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The model made to depart from the specification in one way or two: what explains an answer must give it. */
final class Reference {

    private final Capture capture;
    private final List<Set<VtdDeparture>> fewestFirst = new ArrayList<>();
    private final Map<Set<VtdDeparture>, VtdMachine> machines = new HashMap<>();

    /** The capture's machine, restored with departures when they are needed. */
    Reference(Capture capture) {
        this.capture = capture;
        List<VtdDeparture> switchable = new ArrayList<>();
        for (VtdDeparture departure : VtdDeparture.values()) {
            if (departure.switchedOn() != null) {
                switchable.add(departure);
                fewestFirst.add(EnumSet.of(departure));
            }
        }
        for (int i = 0; i < switchable.size(); i++) {
            for (int j = 0; j < i; j++) {
                fewestFirst.add(EnumSet.of(switchable.get(j), switchable.get(i)));
            }
        }
    }

    /** The fewest departures with which the model does what the reference did; none when there are none. */
    List<VtdDeparture> explain(DmaRequest request, Predicate<Observation> asReference) {
        for (Set<VtdDeparture> departures : fewestFirst) {
            if (asReference.test(machine(departures).observe(request))) {
                return List.copyOf(departures);
            }
        }
        return List.of();
    }

    private VtdMachine machine(Set<VtdDeparture> departures) {
        return machines.computeIfAbsent(departures, this::restored);
    }

    private VtdMachine restored(Set<VtdDeparture> departures) {
        Set<VtdDeviation> on = EnumSet.noneOf(VtdDeviation.class);
        for (VtdDeparture departure : departures) {
            VtdDeviation deviation = departure.switchedOn();
            if (deviation != null) {
                on.add(deviation);
            }
        }
        try {
            return VtdMachine.restore(capture, on);
        } catch (CaptureException e) {
            throw new AssertionError("the machine was restored without departures before", e);
        }
    }
}
