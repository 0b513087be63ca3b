package io.github.iommu4j.lab.replay.smmuv3;

import io.github.iommu4j.api.dma.Access;
import io.github.iommu4j.api.dma.DmaRequest;
import io.github.iommu4j.lab.capture.TranslationRow;
import io.github.iommu4j.lab.verdict.RowOutcome;

/** Judges {@code qemu_translations.csv}: translations the reference made and that still hold. */
final class TranslationJudge {

    private final SmmuMachine machine;

    TranslationJudge(SmmuMachine machine) {
        this.machine = machine;
    }

    RowOutcome judge(TranslationRow row) {
        Access access = (row.walkerPermissions() & 1) != 0 ? Access.READ : Access.WRITE;
        Observation ours = machine.observe(DmaRequest.of(row.streamId(), row.iova(), access));
        RowOutcome outcome =
                Verdicts.compareTranslation(machine, ours, row.pa(), row.bypass() ? -1 : row.permissions());
        if (outcome instanceof RowOutcome.Differs || row.bypass()) {
            return outcome;
        }
        if (ours.permissions() != row.walkerPermissions()) {
            return RowOutcome.differs(
                    "permission",
                    Verdicts.permissions(row.walkerPermissions()),
                    Verdicts.permissions(ours.permissions()));
        }
        return ours.sizeLg2() == row.sizeLg2()
                ? outcome
                : RowOutcome.differs("size", "2^" + row.sizeLg2(), "2^" + ours.sizeLg2());
    }
}
