package io.github.iommu4j.lab.replay.vtd;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.api.dma.Translation;
import io.github.iommu4j.lab.capture.Expectation;
import io.github.iommu4j.lab.capture.FaultRow;
import io.github.iommu4j.lab.capture.ProbeRow;
import io.github.iommu4j.lab.capture.TranslationRow;
import io.github.iommu4j.lab.capture.UnmappedRow;
import io.github.iommu4j.lab.verdict.RowOutcome;
import io.github.iommu4j.vtd.layout.FaultRecord;
import java.util.List;
import java.util.function.Predicate;

/** Judges the lines of a capture. */
final class Judges {

    private static final String REASON = "reason_";
    private static final long PAGE = -1L << 12;
    private static final int READ_WRITE = 3;
    private static final int READ_REQUEST = 2;

    private final VtdMachine machine;
    private final Reference reference;

    Judges(VtdMachine machine, Reference reference) {
        this.machine = machine;
        this.reference = reference;
    }

    /** A translation that the reference made and that still holds. */
    RowOutcome translation(TranslationRow row) {
        Access access = (row.walkerPermissions() & 1) != 0 ? Access.READ : Access.WRITE;
        DmaRequest request = DmaRequest.of(row.streamId(), row.iova(), access);
        Observation ours = machine.observe(request);
        if (!(ours.answer() instanceof Translation.Ok ok)) {
            return explained(request, theirs -> theirs.isOk() && theirs.pa() == row.pa(), "verdict", "OK", ours.text());
        }
        if (ok.pa() != row.pa()) {
            return explained(request, theirs -> theirs.pa() == row.pa(), "address", hex(row.pa()), hex(ok.pa()));
        }
        if ((ok.permissions() & READ_WRITE) != row.walkerPermissions()) {
            return RowOutcome.differs("permission", row.walkerPermissions(), ok.permissions() & READ_WRITE);
        }
        boolean sameSize = row.bypass() || ok.sizeLg2() == row.sizeLg2();
        return sameSize ? RowOutcome.AGREED : RowOutcome.differs("size", row.sizeLg2(), ok.sizeLg2());
    }

    /** An access that the reference machine was told to do. */
    RowOutcome probe(ProbeRow row) {
        if (row.verdict() == ProbeRow.Verdict.NONE) {
            return RowOutcome.skipped("the reference logged nothing");
        }
        DmaRequest request = DmaRequest.of(row.streamId(), row.iova(), row.access());
        Observation ours = machine.observe(request);
        return switch (row.agreement()) {
            case UNKNOWN -> RowOutcome.skipped("marked as not comparable");
            case YES ->
                row.verdict() == ProbeRow.Verdict.FAULT
                        ? refused(request, ours, reason(row.eventName()))
                        : translated(request, ours, row.pa());
            case NO -> onHit(row, ours);
        };
    }

    private RowOutcome translated(DmaRequest request, Observation ours, long pa) {
        if (ours.isOk() && ours.pa() == pa) {
            return RowOutcome.AGREED;
        }
        return explained(request, theirs -> theirs.isOk() && theirs.pa() == pa, "answer", "OK " + hex(pa), ours.text());
    }

    private RowOutcome refused(DmaRequest request, Observation ours, int reason) {
        if (ours.reason() != reason) {
            return explained(
                    request,
                    theirs -> theirs.reason() == reason,
                    "fault",
                    String.format("0x%02x", reason),
                    ours.text());
        }
        return record(request, ours);
    }

    /** What is recorded must be what was refused; the reference keeps all bits of the address. */
    private RowOutcome record(DmaRequest request, Observation ours) {
        return isRecorded(request, ours)
                ? RowOutcome.AGREED
                : explained(request, other -> isRecorded(request, other), "fault record", request, ours.text());
    }

    private static boolean isRecorded(DmaRequest request, Observation ours) {
        FaultRecord record = ours.fault();
        return record != null
                && record.reason() == ours.reason()
                && record.sid() == request.streamId()
                && record.page() == (request.iova() & PAGE)
                && isRead(record) == (request.access() == Access.READ);
    }

    /** The reference translates from its cache without looking at permissions; the specification's answer is a refusal. */
    private static RowOutcome onHit(ProbeRow row, Observation ours) {
        Expectation specification = row.specification();
        boolean follows = specification.kind() == Expectation.Kind.FAULT
                ? WalkerNames.standsFor(specification.fault(), ours.reason())
                : ours.isOk() && ours.pa() == row.specificationPa();
        if (!follows || row.verdict() == ProbeRow.Verdict.FAULT) {
            return RowOutcome.differs("verdict by the specification", specification, ours.text());
        }
        return RowOutcome.explained(List.of(VtdDeparture.PERMISSION_NOT_CHECKED_ON_HIT));
    }

    /** An access that the independent walker finds refused. */
    RowOutcome unmapped(UnmappedRow row) {
        Observation ours = machine.observe(DmaRequest.of(row.streamId(), row.iova(), row.access()));
        Predicate<Observation> refused =
                any -> WalkerNames.standsFor(row.expected().fault(), any.reason());
        return refused.test(ours)
                ? RowOutcome.AGREED
                : explained(ours.request(), refused, "verdict", row.expected(), ours.text());
    }

    /** A fault that the reference machine reported at some time. */
    RowOutcome fault(FaultRow row) {
        DmaRequest request = DmaRequest.of(row.sourceId(), row.address(), row.access());
        Observation ours = machine.observe(request);
        if (ours.isOk()) {
            return RowOutcome.skipped("the fault predates the image: the address is mapped in it");
        }
        return refused(request, ours, row.reason());
    }

    /** The record that the reference's registers held when they were read. */
    RowOutcome heldRecord(FaultRecord theirs) {
        DmaRequest request = DmaRequest.of(theirs.sid(), theirs.page(), isRead(theirs) ? Access.READ : Access.WRITE);
        Observation ours = machine.observe(request);
        if (sameRecord(ours, theirs)) {
            return RowOutcome.AGREED;
        }
        return explained(request, other -> sameRecord(other, theirs), "record", theirs, ours.text());
    }

    private static boolean sameRecord(Observation ours, FaultRecord theirs) {
        FaultRecord record = ours.fault();
        return record != null
                && record.reason() == theirs.reason()
                && record.sid() == theirs.sid()
                && record.page() == theirs.page()
                && record.requestType() == theirs.requestType()
                && record.hasPasid() == theirs.hasPasid()
                && (!theirs.hasPasid() || record.pasid() == theirs.pasid());
    }

    private RowOutcome explained(
            DmaRequest request, Predicate<Observation> asReference, String what, Object expected, String actual) {
        List<VtdDeparture> departures = reference.explain(request, asReference);
        return departures.isEmpty() ? RowOutcome.differs(what, expected, actual) : RowOutcome.explained(departures);
    }

    private static boolean isRead(FaultRecord record) {
        return record.requestType() == READ_REQUEST;
    }

    private static int reason(String event) {
        return Integer.parseInt(event.substring(REASON.length()));
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
