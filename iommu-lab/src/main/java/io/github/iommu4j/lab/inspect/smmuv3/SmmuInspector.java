package io.github.iommu4j.lab.inspect.smmuv3;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Explanation;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.api.dma.TranslationUnit;
import io.github.iommu4j.lab.capture.Capture;
import io.github.iommu4j.lab.capture.CaptureException;
import io.github.iommu4j.lab.replay.smmuv3.SmmuMachine;
import io.github.iommu4j.lab.view.Mappings;
import io.github.iommu4j.lab.view.StreamView;
import io.github.iommu4j.smmuv3.layout.ContextDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Lists the streams of a captured machine and what they map. */
public final class SmmuInspector {

    private static final long DESCRIPTOR_BUDGET = 1L << 22;
    private static final long QUESTION_BUDGET = 1L << 21;
    private static final long SMALLEST_PAGE = 1L << 12;
    private static final Set<String> CONFIGURATION_ERRORS = Set.of(
            "C_BAD_STREAMID",
            "C_BAD_STE",
            "C_BAD_CD",
            "C_BAD_SUBSTREAMID",
            "F_STE_FETCH",
            "F_CD_FETCH",
            "F_STREAM_DISABLED",
            "F_VMS_FETCH");

    private final SmmuMachine machine;

    private SmmuInspector(SmmuMachine machine) {
        this.machine = machine;
    }

    /**
     * Inspects a capture.
     *
     * @param capture registers and memory
     * @return its streams, in the order of the stream table
     * @throws CaptureException when the machine cannot be restored
     */
    public static List<StreamView> inspect(Capture capture) throws CaptureException {
        SmmuMachine machine = SmmuMachine.restore(capture);
        SmmuInspector inspector = new SmmuInspector(machine);
        List<StreamView> views = new ArrayList<>();
        for (StreamTable.Entry entry : StreamTable.entries(capture.registers(), machine.memory(), capture.image())) {
            views.addAll(inspector.streams(entry));
        }
        return views;
    }

    private List<StreamView> streams(StreamTable.Entry entry) {
        List<StreamView> views = new ArrayList<>();
        views.add(view(entry, TranslationUnit.NO_SUBSTREAM));
        for (int substream : Substreams.of(entry, machine)) {
            views.add(view(entry, substream));
        }
        return views;
    }

    private StreamView view(StreamTable.Entry entry, int substreamId) {
        StreamView.Kind kind = kind(entry.content().config());
        Explanation explanation = machine.explain(request(entry.streamId(), substreamId));
        Optional<ContextDescriptor> context = contextDescriptor(explanation);
        boolean unread = entry.content().usesStage1() && context.isEmpty();
        String problem = kind == StreamView.Kind.ABORT ? "" : problem(explanation, unread);
        Map<String, String> settings = problem.isEmpty() ? Settings.of(entry.content(), context) : Map.of();
        if (!problem.isEmpty() || kind == StreamView.Kind.ABORT || kind == StreamView.Kind.BYPASS) {
            return new StreamView(
                    entry.streamId(), substreamId, entry.address(), kind, problem, settings, List.of(), false);
        }
        long holeStep = kind == StreamView.Kind.NESTED ? SMALLEST_PAGE : Long.MAX_VALUE;
        Mappings mappings = new Mappings(machine, entry.streamId(), substreamId, holeStep, QUESTION_BUDGET);
        boolean complete = collect(entry, context, mappings);
        return new StreamView(
                entry.streamId(),
                substreamId,
                entry.address(),
                kind,
                problem,
                settings,
                mappings.ranges(),
                !complete || mappings.isExhausted());
    }

    private boolean collect(StreamTable.Entry entry, Optional<ContextDescriptor> context, Mappings mappings) {
        TableReader physical = new TableReader(machine.memory(), address -> address, DESCRIPTOR_BUDGET);
        if (context.isEmpty()) {
            if (entry.content().usesStage2()) {
                physical.visit(Regime.stage2(entry.content()), mappings::region);
            }
            return !physical.isExhausted();
        }
        if (!ContextDescriptor.AA64.isSet(context.get().dw0())) {
            return false;
        }
        TableReader reader = physical;
        if (entry.content().usesStage2()) {
            Regime stage2 = Regime.stage2(entry.content());
            reader = new TableReader(machine.memory(), address -> physical.lookup(stage2, address), DESCRIPTOR_BUDGET);
        }
        long enables = context.get().dw0();
        if (!ContextDescriptor.EPD0.isSet(enables)) {
            reader.visit(Regime.lower(context.get()), mappings::region);
        }
        if (!ContextDescriptor.EPD1.isSet(enables)) {
            reader.visit(Regime.upper(context.get()), mappings::region);
        }
        return !physical.isExhausted() && !reader.isExhausted();
    }

    private static StreamView.Kind kind(int config) {
        return switch (config) {
            case 0b100 -> StreamView.Kind.BYPASS;
            case 0b101 -> StreamView.Kind.STAGE_1;
            case 0b110 -> StreamView.Kind.STAGE_2;
            case 0b111 -> StreamView.Kind.NESTED;
            default -> StreamView.Kind.ABORT;
        };
    }

    private static DmaRequest request(int streamId, int substreamId) {
        DmaRequest request = DmaRequest.of(streamId, 0, Access.READ);
        return substreamId == TranslationUnit.NO_SUBSTREAM ? request : request.withSubstream(substreamId);
    }

    /** @param unread whether a context descriptor is needed and could not be read, whatever the reason */
    private static String problem(Explanation explanation, boolean unread) {
        if (explanation.result() instanceof Translation.Fault fault) {
            return unread || CONFIGURATION_ERRORS.contains(fault.name()) ? fault.name() : "";
        }
        return "";
    }

    /** The context descriptor the hardware model read, if it came that far. */
    private static Optional<ContextDescriptor> contextDescriptor(Explanation explanation) {
        return explanation.fetches().stream()
                .filter(fetch -> fetch.role().equals("CD") && fetch.raw().size() == Long.BYTES)
                .map(fetch -> fetch.raw())
                .map(raw -> new ContextDescriptor(
                        raw.get(0), raw.get(1), raw.get(2), raw.get(3), raw.get(4), raw.get(5), raw.get(6), raw.get(7)))
                .findFirst();
    }
}
