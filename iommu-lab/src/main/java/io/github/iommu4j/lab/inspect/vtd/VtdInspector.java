package io.github.iommu4j.lab.inspect.vtd;

import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.inspect.vtd.ContextTables.Source;
import io.github.iommu4j.lab.replay.vtd.VtdMachine;
import io.github.iommu4j.lab.view.Mappings;
import io.github.iommu4j.lab.view.StreamView;
import io.github.iommu4j.vtd.hardware.VtdDeviation;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lists the sources of a captured Intel VT-d machine and what they map. What was never accessed is mapped too, even where a unit
 * could not set the accessed bit.
 */
public final class VtdInspector {

    private static final long ENTRY_BUDGET = 1L << 22;
    private static final long QUESTION_BUDGET = 1L << 21;
    private static final long SMALLEST_PAGE = 1L << 12;

    /** Codes of faults that depend on the address or the access; any other stops all traffic of a source. */
    private static final Set<Integer> OF_AN_ADDRESS = Set.of(
            0x04, 0x05, 0x06, 0x07, 0x0C, 0x0E, 0x70, 0x71, 0x72, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x7C, 0x7D,
            0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x90, 0x91);

    private final VtdMachine machine;

    private VtdInspector(VtdMachine machine) {
        this.machine = machine;
    }

    /**
     * Inspects a capture.
     *
     * @param capture registers and memory
     * @return its sources, in the order of the tables
     * @throws CaptureException when the machine cannot be restored
     */
    public static List<StreamView> inspect(Capture capture) throws CaptureException {
        VtdMachine machine = VtdMachine.restore(capture, Set.of(VtdDeviation.UPDATES_WITHOUT_SNOOPING));
        VtdInspector inspector = new VtdInspector(machine);
        List<StreamView> views = new ArrayList<>();
        long rtaddr = capture.registers().require("RTADDR");
        for (Source source : ContextTables.sources(machine.memory(), machine.capabilities(), rtaddr)) {
            views.add(inspector.view(source));
        }
        return views;
    }

    private StreamView view(Source source) {
        Space space = source.space();
        String problem = problem(source);
        boolean walks = problem.isEmpty() && space.kind() != StreamView.Kind.BYPASS;
        long holeStep = space.kind() == StreamView.Kind.NESTED ? SMALLEST_PAGE : Long.MAX_VALUE;
        Mappings mappings = new Mappings(machine, source.sid(), source.pasid(), holeStep, QUESTION_BUDGET);
        boolean complete = !walks || collect(space, mappings);
        return new StreamView(
                source.sid(),
                source.pasid(),
                source.entry(),
                space.kind(),
                problem,
                space.settings(),
                mappings.ranges(),
                !complete || mappings.isExhausted());
    }

    private boolean collect(Space space, Mappings mappings) {
        PagingReader physical = new PagingReader(machine.memory(), address -> address, ENTRY_BUDGET);
        if (space.first().isEmpty()) {
            space.second()
                    .filter(PagingStructure::isLegal)
                    .ifPresent(second -> physical.visitSecond(second, mappings::region));
            return !physical.isExhausted();
        }
        PagingReader reader = space.second()
                .map(second ->
                        new PagingReader(machine.memory(), address -> physical.lookUp(second, address), ENTRY_BUDGET))
                .orElse(physical);
        space.first().filter(PagingStructure::isLegal).ifPresent(first -> reader.visitFirst(first, mappings::region));
        return !physical.isExhausted() && !reader.isExhausted();
    }

    private String problem(Source source) {
        DmaRequest request = DmaRequest.read(source.sid(), 0);
        if (source.pasid() != TranslationUnit.NO_SUBSTREAM) {
            request = request.withSubstream(source.pasid());
        }
        if (machine.explain(request).result() instanceof Translation.Fault fault
                && !OF_AN_ADDRESS.contains(fault.code())) {
            return fault.name();
        }
        return "";
    }
}
